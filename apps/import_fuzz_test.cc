// Whatever a file holds, it is trials that the study can take, which come back from an export of
// them, or an error that names the file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "apps/import_file.h"
#include "apps/trial_csv.h"
#include "core/json.h"
#include "core/result.h"
#include "core/result_reader.h"
#include "core/space.h"
#include "core/study_config.h"

namespace sturgeon {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

StudyConfig MakeConfig() {
  StudyConfig config;
  absl::StatusOr<SearchSpace> space = SearchSpace::Create({
      Parameter::Float("x", 0, 1),
      Parameter::Int("n", 1, 9),
      Parameter::Categorical("kind", {"a", 1, "1", Value(), true}),
      Parameter::Float("y", 0, 1).When("kind", {"a"}),
  });
  Require(space.ok());
  config.space = *std::move(space);
  config.metrics = {"value"};
  return config;
}

void Check(absl::string_view text, const std::string& path, const StudyConfig* config) {
  const absl::StatusOr<ImportedFile> file = ReadImport(text, path, config);
  if (!file.ok()) {
    Require(absl::StartsWith(file.status().message(), path));
    return;
  }
  std::string csv = CsvHeader(file->config);
  for (const Trial& trial : file->trials) {
    Require(CheckImported(file->config, trial).ok());
    absl::StrAppend(&csv, CsvRow(file->config, trial));
  }
  const absl::StatusOr<ImportedFile> again = ReadImport(csv, "again.csv", &file->config);
  Require(again.ok() && again->trials.size() == file->trials.size());
  for (size_t i = 0; i < again->trials.size(); ++i) {
    Require(WriteJson(TrialToValue(file->config, again->trials[i])) ==
            WriteJson(TrialToValue(file->config, file->trials[i])));
  }
}

}  // namespace
}  // namespace sturgeon

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto* const config = new sturgeon::StudyConfig(sturgeon::MakeConfig());
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  sturgeon::Check(text, "fuzz.csv", config);
  sturgeon::Check(text, "fuzz.jsonl", config);
  sturgeon::Check(text, "fuzz.json", nullptr);
  return 0;
}
