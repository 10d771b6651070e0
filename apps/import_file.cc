#include "apps/import_file.h"

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "apps/trial_csv.h"
#include "core/json.h"
#include "core/result_reader.h"

namespace sturgeon {
namespace {

absl::StatusOr<std::vector<Trial>> TrialsFromLines(const StudyConfig& config,
                                                   absl::string_view text,
                                                   const std::string& path) {
  std::vector<Trial> trials;
  size_t number = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    const std::string where = absl::StrCat(path, ": line ", number);
    const absl::StatusOr<Value> value = ParseJson(line, where);
    if (!value.ok()) return value.status();
    absl::StatusOr<Trial> trial = TrialFromValue(config, *value, where);
    if (!trial.ok()) return trial.status();
    trials.push_back(*std::move(trial));
  }
  return trials;
}

}  // namespace

absl::StatusOr<ImportedFile> ReadImport(absl::string_view text, const std::string& path,
                                        const StudyConfig* config) {
  ImportedFile file;
  if (config != nullptr) file.config = *config;
  absl::StatusOr<std::vector<Trial>> trials = std::vector<Trial>();
  if (absl::EndsWith(path, ".json")) {
    const absl::StatusOr<Value> result = ParseJson(text, path);
    if (!result.ok()) return result.status();
    if (config == nullptr) {
      absl::StatusOr<StudyConfig> read = StudyConfigFromResult(*result, path);
      if (!read.ok()) return read.status();
      file.config = *std::move(read);
      if (const Value* strategy = result->Find("strategy")) file.strategy = *strategy;
    }
    trials = TrialsFromResult(file.config, *result, path);
  } else if (absl::EndsWith(path, ".jsonl") || absl::EndsWith(path, ".csv")) {
    if (config == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat(path,
                       ": such a file does not say what its study is; give the study file "
                       "(--study=FILE), or add to a study that is there (--append)"));
    }
    trials = absl::EndsWith(path, ".csv") ? TrialsFromCsv(file.config, text, path)
                                          : TrialsFromLines(file.config, text, path);
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": its name ends with none of .json, .jsonl and .csv"));
  }
  if (!trials.ok()) return trials.status();
  file.trials = *std::move(trials);
  std::map<int64_t, int64_t> numbers;  // of those before, by their ids in the file
  for (Trial& trial : file.trials) {
    if (trial.resume_from.has_value()) {
      const auto from = numbers.find(*trial.resume_from);
      trial.resume_from.reset();
      if (from != numbers.end()) trial.resume_from = from->second;
    }
    const auto number = static_cast<int64_t>(numbers.size());
    file.renumbered |= trial.id != number;
    numbers.emplace(trial.id, number);
    trial.id = number;
  }
  return file;
}

}  // namespace sturgeon
