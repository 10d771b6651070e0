#include "apps/result_file.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/json.h"
#include "core/result_reader.h"

namespace sturgeon {

absl::StatusOr<ResultFile> ReadResultFile(const std::string& path) {
  const absl::StatusOr<Value> value = ReadJsonFile(path);
  if (!value.ok()) return value.status();
  ResultFile result;
  absl::StatusOr<StudyConfig> config = StudyConfigFromResult(*value, path);
  if (!config.ok()) return config.status();
  result.config = *std::move(config);
  if (const Value* const strategy = value->Find("strategy")) result.strategy = *strategy;
  absl::StatusOr<std::vector<Trial>> trials = TrialsFromResult(result.config, *value, path);
  if (!trials.ok()) return trials.status();
  result.trials = *std::move(trials);
  Value::List best;
  if (const Value* const front = value->Find("pareto"); front != nullptr && front->is_list()) {
    best = front->list();
  } else if (const Value* const one = value->Find("best"); one != nullptr && !one->is_null()) {
    best.push_back(*one);
  }
  for (const Value& entry : best) {
    absl::StatusOr<Trial> trial =
        TrialFromValue(result.config, entry, absl::StrCat(path, ": the best trial"));
    if (!trial.ok()) return trial.status();
    result.best.push_back(*std::move(trial));
  }
  return result;
}

std::optional<double> MetricOf(const StudyConfig& config, const Trial& trial,
                               absl::string_view metric) {
  for (size_t k = 0; k < config.objectives.size() && k < trial.values.size(); ++k) {
    if (config.objectives[k].metric == metric) return trial.values[k];
  }
  const auto found = std::find(config.metrics.begin(), config.metrics.end(), metric);
  if (found == config.metrics.end() || trial.reports.empty()) return std::nullopt;
  return trial.reports.values(trial.reports.size() - 1)[found - config.metrics.begin()];
}

}  // namespace sturgeon
