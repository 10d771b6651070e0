#include "core/result.h"

#include <string>
#include <utility>
#include <vector>

#include "core/importance.h"
#include "core/space_json.h"

namespace sturgeon {
namespace {

Value NumberList(absl::Span<const double> numbers) {
  return Value::List(numbers.begin(), numbers.end());
}

}  // namespace

Value TrialToValue(const StudyConfig& config, const Trial& trial) {
  Value value;
  value.Set("id", trial.id);
  value.Set("state", std::string(TrialStateName(trial.state)));
  value.Set("params", PointToValue(config.space, trial.point));
  if (!trial.values.empty()) value.Set("values", NumberList(trial.values));
  if (!trial.constraints.empty()) value.Set("constraints", NumberList(trial.constraints));
  if (!trial.reports.empty()) {
    Value::List reports;
    for (size_t i = 0; i < trial.reports.size(); ++i) {
      Value::List row = {trial.reports.step(i)};
      for (const double v : trial.reports.values(i)) row.emplace_back(v);
      reports.emplace_back(std::move(row));
    }
    value.Set("reports", std::move(reports));
  }
  if (trial.failure != FailureKind::kNone) {
    value.Set("failure", std::string(FailureKindName(trial.failure)));
  }
  if (!trial.reason.empty()) value.Set("reason", trial.reason);
  value.Set("started", trial.started);
  value.Set("seconds", trial.seconds);
  return value;
}

Value ResultToValue(const Study& study, const PluginSpec& strategy) {
  const StudyConfig& config = study.config();
  const std::vector<Trial> trials = study.Trials();
  Value value;
  value.Set("study", config.name);
  value.Set("seed", static_cast<int64_t>(config.seed));
  value.Set("strategy", ToValue(strategy));
  Value::List objectives;
  for (const Objective& objective : config.objectives) {
    Value entry;
    entry.Set("metric", objective.metric);
    entry.Set("goal", std::string(GoalName(objective.goal)));
    objectives.push_back(std::move(entry));
  }
  value.Set("objectives", std::move(objectives));
  Value::List constraints;
  for (const MetricConstraint& constraint : config.constraints) {
    Value entry;
    entry.Set("metric", constraint.metric);
    entry.Set(constraint.at_least ? "at_least" : "at_most", constraint.bound);
    constraints.push_back(std::move(entry));
  }
  if (!constraints.empty()) value.Set("constraints", std::move(constraints));
  value.Set("metrics", Value::List(config.metrics.begin(), config.metrics.end()));
  if (config.objectives.size() == 1) {
    const std::optional<Trial> best = study.Best();
    value.Set("best", best.has_value() ? TrialToValue(config, *best) : Value());
  } else {
    Value::List front;
    for (const Trial& trial : study.ParetoFront()) front.push_back(TrialToValue(config, trial));
    value.Set("pareto", std::move(front));
  }
  Value::List list;
  for (const Trial& trial : trials) {
    if (trial.finished()) list.push_back(TrialToValue(config, trial));
  }
  value.Set("trials", std::move(list));
  const std::vector<double> effects = MainEffects(config, trials);
  Value importance = Value::Object();
  for (int i = 0; i < config.space.size(); ++i) importance.Set(config.space[i].name, effects[i]);
  value.Set("importance", std::move(importance));
  return value;
}

}  // namespace sturgeon
