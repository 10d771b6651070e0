#include "core/result.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/importance.h"
#include "core/json.h"
#include "core/space_json.h"
#include "core/study_spec.h"

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
  value.Set("params",
            trial.point.empty() ? Value::Object() : PointToValue(config.space, trial.point));
  if (trial.budget.has_value()) value.Set("budget", *trial.budget);
  if (trial.resume_from.has_value()) value.Set("resume_from", *trial.resume_from);
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

Value ResultHead(const StudyConfig& config, const Value& strategy, const std::vector<Trial>& best) {
  Value value;
  value.Set("study", config.name);
  value.Set("seed", static_cast<int64_t>(config.seed));
  if (!strategy.is_null()) value.Set("strategy", strategy);
  Value::List objectives;
  for (const Objective& objective : config.objectives) {
    objectives.push_back(ToValue(objective));
  }
  value.Set("objectives", std::move(objectives));
  Value::List constraints;
  for (const MetricConstraint& constraint : config.constraints) {
    constraints.push_back(ToValue(constraint));
  }
  if (!constraints.empty()) value.Set("constraints", std::move(constraints));
  value.Set("metrics", Value::List(config.metrics.begin(), config.metrics.end()));
  if (config.max_steps > 0) {
    value.Set("max_steps", config.max_steps);
    value.Set("unit", config.unit);
    value.Set("settable", Value::List(config.settable.begin(), config.settable.end()));
  }
  if (config.trials > 0) value.Set("planned", config.trials);
  value.Set("space", ToValue(config.space));
  if (config.objectives.size() == 1) {
    value.Set("best", best.empty() ? Value() : TrialToValue(config, best.front()));
  } else {
    Value::List front;
    for (const Trial& trial : best) front.push_back(TrialToValue(config, trial));
    value.Set("pareto", std::move(front));
  }
  return value;
}

Value ResultTail(const StudyConfig& config, absl::Span<const Trial> trials,
                 const Spending& spending) {
  const absl::StatusOr<ImportanceReport> report = Importance(config, trials);
  Value importance = Value::Object();
  for (int i = 0; i < config.space.size(); ++i) {
    importance.Set(config.space[i].name, report.ok() ? report->parameters[i].importance : 0.0);
  }
  const auto set_spent = [&](const Spent& spent, Value* value) {
    value->Set("steps", spent.steps);
    value->Set("seconds", spent.seconds);
    if (!config.budget.cost_metric.empty()) value->Set("cost", spent.cost);
  };
  Value spent;
  set_spent(spending.total(), &spent);
  Value tail = Value::Object{{"importance", std::move(importance)}, {"spent", std::move(spent)}};
  if (config.objectives.size() > 1) return tail;
  Value::List progress;
  for (const Spending::Improvement& improvement : spending.improvements()) {
    Value entry = Value::Object{{"trial", improvement.trial}, {"value", improvement.value}};
    set_spent(improvement.spent, &entry);
    progress.push_back(std::move(entry));
  }
  tail.Set("progress", std::move(progress));
  return tail;
}

Value ResultToValue(const Study& study, const PluginSpec& strategy) {
  const StudyConfig& config = study.config();
  const std::vector<Trial> trials = study.Trials();
  Value value = ResultHead(config, ToValue(strategy), study.ParetoFront());
  Spending spending(config);
  Value::List list;
  for (const Trial& trial : trials) {
    if (!trial.finished()) continue;
    list.push_back(TrialToValue(config, trial));
    spending.Add(trial);
  }
  value.Set("trials", std::move(list));
  const Value tail = ResultTail(config, trials, spending);
  for (const Value::Field& field : tail.object()) value.Set(field.name, field.value);
  return value;
}

absl::Status ResultWriter::Begin(const Value& head) {
  // A list that fits into a line stands on one, as WriteJsonPretty has it: wait for the second
  // trial.
  std::string text = "{";
  const char* separator = "\n  ";
  for (const Value::Field& field : head.object()) {
    absl::StrAppend(&text, std::exchange(separator, ",\n  "), WriteJson(field.name), ": ",
                    WriteJsonPretty(field.value, 2));
  }
  return sink_(absl::StrCat(text, separator, "\"trials\": "));
}

absl::Status ResultWriter::Add(Value trial) {
  if (open_) return sink_(absl::StrCat(",\n    ", WriteJsonPretty(trial, 4)));
  waiting_.push_back(std::move(trial));
  const std::string list = WriteJsonPretty(waiting_, 2);
  if (!absl::StrContains(list, '\n')) return absl::OkStatus();
  open_ = true;
  waiting_.clear();
  // All but the end of the list, "\n  ]".
  return sink_(list.substr(0, list.size() - 4));
}

absl::Status ResultWriter::End(const Value& tail) {
  std::string text = open_ ? "\n  ]" : WriteJsonPretty(waiting_, 2);
  for (const Value::Field& field : tail.object()) {
    absl::StrAppend(&text, ",\n  ", WriteJson(field.name), ": ", WriteJsonPretty(field.value, 2));
  }
  return sink_(absl::StrCat(text, "\n}\n"));
}

}  // namespace sturgeon
