#include "apps/trial_task.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/file.h"
#include "core/json.h"
#include "core/model.h"
#include "core/result.h"
#include "core/runner.h"
#include "core/strategy.h"
#include "core/study.h"
#include "core/study_spec.h"
#include "core/trial.h"
#include "core/value_reader.h"
#include "runners/study_run.h"

namespace sturgeon {
namespace {

constexpr char kIdle[] = "idle";

// What a trial's own study asks, which has one trial and knows it.
class NoStrategy final : public Strategy {
 public:
  struct Options {};
  static const Schema<Options>& OptionSchema() {
    static const auto* const schema = new Schema<Options>();
    return *schema;
  }
  static absl::StatusOr<std::unique_ptr<Strategy>> Create(Options, const StrategyContext&) {
    return std::unique_ptr<Strategy>(std::make_unique<NoStrategy>());
  }
  absl::StatusOr<std::vector<Proposal>> Ask(const AskRequest&) override {
    return std::vector<Proposal>();
  }
  absl::Status Tell(absl::Span<const Trial* const>) override { return absl::OkStatus(); }
};
constexpr StrategyPlugin kNoStrategy = MakeStrategyPlugin<NoStrategy>("none", "Proposes nothing");

std::optional<Goal> GoalOf(const ModelFactory& model, const std::string& metric) {
  for (const Metric& known : model.metrics()) {
    if (known.name == metric) return known.goal;
  }
  return std::nullopt;
}

}  // namespace

const Schema<TrialOptions>& LimitsSchema() {
  static const auto* const schema = [] {
    auto* const made = new Schema<TrialOptions>();
    AddTrialOptions(*made);
    return made;
  }();
  return *schema;
}

Value Idle() { return Value::Object{{kIdle, true}}; }

bool IsIdle(const Value& value) {
  const Value* const idle = value.Find(kIdle);
  return idle != nullptr && idle->is_bool() && idle->boolean();
}

std::string ResultPathOf(const std::string& task) {
  return absl::StrCat(absl::StripSuffix(task, ".json"), ".result.json");
}

std::string TimesPathOf(const std::string& task) {
  return absl::StrCat(absl::StripSuffix(task, ".json"), ".times.json");
}

absl::StatusOr<std::optional<TrialTask>> TaskFromValue(const Value& value,
                                                       const std::string& source) {
  if (IsIdle(value)) return std::optional<TrialTask>();
  TrialTask task;
  ObjectReader reader(value, source);
  task.id = reader.Required<int64_t>("trial");
  task.seed = static_cast<uint64_t>(reader.Required<int64_t>("seed"));
  if (const Value* const model = reader.Find("model")) {
    reader.Note(ReadValue(*model, reader.Place("model"), &task.model));
  } else {
    reader.Required<std::string>("model");
  }
  task.params = reader.Object("params");
  task.fixed = reader.Object("fixed");
  reader.ForEach("objectives", [&](const Value& entry, const std::string& where) {
    const auto objective = ObjectiveFromValue(entry, where);
    if (objective.ok()) {
      task.objectives.push_back({objective->metric, objective->goal.value_or(Goal::kMinimize)});
    }
    return objective.status();
  });
  reader.ForEach("constraints", [&](const Value& entry, const std::string& where) {
    auto constraint = ConstraintFromValue(entry, where);
    if (constraint.ok()) task.constraints.push_back(*std::move(constraint));
    return constraint.status();
  });
  reader.ForEach("metrics", [&](const Value& entry, const std::string& where) {
    return ReadValue(entry, where, &task.metrics.emplace_back());
  });
  if (const Value* const stopping = reader.Find("stopping")) {
    auto rules = StoppingFromValue(*stopping, reader.Place("stopping"));
    reader.Note(rules.status());
    if (rules.ok()) task.stopping = *std::move(rules);
  }
  task.limits = reader.Object("limits");
  absl::Status status = reader.Finish();
  if (!status.ok()) return status;
  return std::optional<TrialTask>(std::move(task));
}

Value ToValue(const std::optional<TrialTask>& task) {
  if (!task.has_value()) return Idle();
  Value value;
  value.Set("trial", task->id);
  value.Set("seed", static_cast<int64_t>(task->seed));
  value.Set("model", ToValue(task->model));
  value.Set("params", task->params);
  if (!task->fixed.object().empty()) value.Set("fixed", task->fixed);
  Value::List list;
  for (const Objective& objective : task->objectives) {
    list.push_back(ToValue(objective));
  }
  value.Set("objectives", std::exchange(list, {}));
  for (const MetricConstraint& constraint : task->constraints) {
    list.push_back(ToValue(constraint));
  }
  if (!list.empty()) value.Set("constraints", std::exchange(list, {}));
  value.Set("metrics", Value::List(task->metrics.begin(), task->metrics.end()));
  for (const PluginSpec& rule : task->stopping) list.push_back(ToValue(rule));
  if (!list.empty()) value.Set("stopping", std::exchange(list, {}));
  value.Set("limits", task->limits);
  return value;
}

absl::StatusOr<TrialResult> RunTask(const std::optional<TrialTask>& task, const Plugins& plugins,
                                    const std::string& source) {
  if (!task.has_value()) return TrialResult{Idle(), Idle()};
  const absl::StatusOr<std::unique_ptr<ModelFactory>> model =
      plugins.models.Create(task->model, {task->seed}, absl::StrCat(source, ": model"));
  if (!model.ok()) return model.status();
  absl::StatusOr<TrialOptions> options =
      LimitsSchema().Parse(task->limits, absl::StrCat(source, ": limits"));
  if (options.ok()) {
    const absl::Status fit = CheckTrialOptions(*options);
    if (!fit.ok()) options = fit;
  }
  if (!options.ok()) return options.status();

  // A study of this trial alone: nothing is left to tune.
  StudyConfig config;
  config.name = "trial";
  config.seed = task->seed;
  config.objectives = task->objectives;
  config.constraints = task->constraints;
  config.metrics = task->metrics;
  for (const std::string& metric : config.metrics) {
    config.metric_goals.push_back(GoalOf(**model, metric));
  }
  config.max_steps = (*model)->max_steps();
  config.unit = (*model)->unit();
  config.stopping = task->stopping;
  Plugins own = plugins;
  own.strategies = StrategyRegistry();
  absl::Status status = own.strategies.Add(kNoStrategy);
  if (!status.ok()) return status;
  const absl::StatusOr<std::unique_ptr<Study>> study =
      Study::Create(std::move(config), {kNoStrategy.name}, own);
  if (!study.ok()) return study.status();

  Value assignment = task->params;
  for (const Value::Field& field : task->fixed.object()) assignment.Set(field.name, field.value);
  RunRequest request = {**study, **model, std::move(assignment)};
  request.source = &task->model;
  const absl::StatusOr<std::unique_ptr<StudyRun>> run = StudyRun::Create(request, *options);
  if (!run.ok()) return run.status();
  std::optional<Suggestion> trial = (*run)->AskFor({});
  if (trial.has_value()) {
    trial->origin = task->id;  // whose seed the model has
    const ReportFunction report = [&](int64_t step, absl::Span<const double> metrics) {
      return (*study)->Report(trial->id, step, metrics);
    };
    (*run)->Tell(trial->id, (*run)->Execute(*trial, report, /*abandoned=*/nullptr));
  }
  const absl::StatusOr<RunSummary> summary = (*run)->Finish();
  if (!summary.ok()) return summary.status();
  absl::StatusOr<Trial> ended = (*study)->Get(0);
  if (!ended.ok()) return ended.status();
  TrialResult result;
  result.times =
      Value::Object{{"started", ended->started}, {"seconds", std::exchange(ended->seconds, 0)}};
  ended->id = task->id;
  const Value all = TrialToValue((*study)->config(), *ended);
  for (const Value::Field& field : all.object()) {
    if (field.name == "started" || field.name == "seconds") continue;
    result.result.Set(field.name, field.name == "params" ? task->params : field.value);
  }
  return result;
}

absl::Status RunTaskFile(const std::string& path, const Plugins& plugins) {
  const absl::StatusOr<Value> value = ReadJsonFile(path);
  if (!value.ok()) return value.status();
  const auto task = TaskFromValue(*value, path);
  if (!task.ok()) return task.status();
  const absl::StatusOr<TrialResult> result = RunTask(*task, plugins, path);
  if (!result.ok()) return result.status();
  absl::Status status = WriteFile(ResultPathOf(path), WriteJsonPretty(result->result) + "\n");
  if (!status.ok()) return status;
  return WriteFile(TimesPathOf(path), WriteJson(result->times) + "\n");
}

}  // namespace sturgeon
