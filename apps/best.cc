// sturgeon best: the best trial of a stored study, or its Pareto front.

#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "apps/stored_study.h"
#include "apps/trial_table.h"
#include "core/json.h"
#include "core/result.h"
#include "gflags/gflags.h"
#include "terminal/text.h"

namespace sturgeon {
namespace {

// A line for each thing that is known of the trial.
std::string Details(const StudyConfig& config, const Trial& trial) {
  std::vector<std::pair<std::string, std::string>> lines;
  for (size_t k = 0; k < config.objectives.size(); ++k) {
    lines.emplace_back(Printable(config.objectives[k].metric), ShortNumber(trial.values[k]));
  }
  for (size_t c = 0; c < config.constraints.size() && c < trial.constraints.size(); ++c) {
    lines.emplace_back(Printable(config.constraints[c].metric),
                       ShortNumber(config.constraints[c].MetricOf(trial.constraints[c])));
  }
  for (int i = 0; i < config.space.size(); ++i) {
    lines.emplace_back(Printable(config.space[i].name), ShowValue(config.space[i], trial.point[i]));
  }
  int names = 0, values = 0;
  for (const auto& line : lines) {
    names = std::max(names, TextColumns(line.first));
    values = std::max(values, TextColumns(line.second));
  }
  std::string text;
  for (const auto& [name, value] : lines) {
    absl::StrAppend(&text, "  ", name, std::string(names - TextColumns(name) + 2, ' '),
                    std::string(values - TextColumns(value), ' '), value, "\n");
  }
  return text;
}

std::string Text(const StudyConfig& config, std::vector<Trial> best) {
  if (config.objectives.size() == 1) {
    return absl::StrCat(Printable(config.name), ": the best is trial ", best[0].id, ", which took ",
                        ShortDuration(absl::Seconds(best[0].seconds)), "\n",
                        Details(config, best[0]));
  }
  std::string text = absl::StrCat(Printable(config.name), ": Pareto front of ", best.size(),
                                  best.size() == 1 ? " trial\n" : " trials\n");
  int64_t highest = 0;
  for (const Trial& trial : best) highest = std::max(highest, trial.id);
  std::stable_sort(best.begin(), best.end(), [&](const Trial& a, const Trial& b) {
    return config.objectives[0].Loss(a.values[0]) < config.objectives[0].Loss(b.values[0]);
  });
  const TrialTable table(config, highest, ShownWidth(STDOUT_FILENO));
  text += table.Header();
  for (const Trial& trial : best) text += table.Row(trial);
  if (table.left_out() > 0) {
    absl::StrAppend(&text, "(", table.left_out(), " more parameters: --format=json)\n");
  }
  return text;
}

int Run(const std::vector<std::string>&, const Plugins& plugins) {
  const absl::Status known = CheckFormat();
  if (!known.ok()) return Complain(known, kExitUsage);
  const absl::StatusOr<StoredStudy> stored = OpenStored(plugins.storages);
  if (!stored.ok()) return Complain(stored.status(), kExitUsage);
  Storage& storage = *stored->storage;
  const StudyRecord& study = stored->study;
  const absl::StatusOr<std::vector<int64_t>> numbers = BestTrials(storage, study);
  if (!numbers.ok()) return Complain(numbers.status(), kExitFailed);
  absl::StatusOr<std::vector<Trial>> best = ReadTrials(storage, study.id, *numbers);
  if (!best.ok()) return Complain(best.status(), kExitFailed);
  const StudyConfig& config = study.config;
  const bool single = config.objectives.size() == 1;
  if (FLAGS_format == "json") {
    Value json;
    if (!single) json = Value::List();
    for (const Trial& trial : *best) {
      if (single) {
        json = TrialToValue(config, trial);
      } else {
        json.list().push_back(TrialToValue(config, trial));
      }
    }
    if (!Print(WriteJsonPretty(json) + "\n")) return kExitFailed;
  }
  if (best->empty()) {
    return Complain(absl::StrCat(config.name, " has no best trial: no complete trial ",
                                 config.constraints.empty() ? "yet" : "keeps every constraint"),
                    kExitFailed);
  }
  if (FLAGS_format == "json") return kExitDone;
  return Print(Text(config, *std::move(best))) ? kExitDone : kExitFailed;
}

constexpr CommandFlag kFlags[] = {kStorageFlag, kStudyNameFlag, kFormatFlag};

}  // namespace

const Command kBestCommand = {
    "best",    "Shows the best trial of a study, or its Pareto front.",
    "[flags]", "sturgeon best --study_name=digits",
    kFlags,    0,
    &Run,
};

}  // namespace sturgeon
