#include "apps/rounds.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "core/file.h"
#include "core/json.h"
#include "core/result.h"
#include "core/result_reader.h"
#include "core/runner.h"
#include "core/space_json.h"
#include "core/strategy.h"
#include "core/value_reader.h"
#include "runners/study_run.h"
#include "runners/trial_options.h"

namespace sturgeon {
namespace {

constexpr char kIdle[] = "idle";
// Stopping rules whose answer is a function of the trial's own reports.
constexpr const char* kLonelyRules[] = {"patience", "threshold"};

absl::Status Invalid(std::string message) { return absl::InvalidArgumentError(std::move(message)); }

Value Idle() { return Value::Object{{kIdle, true}}; }

bool IsIdle(const Value& value) {
  const Value* const idle = value.Find(kIdle);
  return idle != nullptr && idle->is_bool() && idle->boolean();
}

absl::Status ReadObject(ObjectReader* reader, absl::string_view field, Value* object) {
  const Value* const found = reader->Find(field);
  if (found == nullptr) return absl::OkStatus();
  if (!found->is_object()) {
    return Invalid(
        absl::StrCat(reader->Place(field), ": expected an object, got ", KindName(found->kind())));
  }
  *object = *found;
  return absl::OkStatus();
}

template <typename Read>
void ForEach(ObjectReader* reader, absl::string_view field, Read read) {
  const Value* const list = reader->Find(field);
  if (list == nullptr) return;
  if (!list->is_list()) {
    return reader->Note(Invalid(
        absl::StrCat(reader->Place(field), ": expected a list, got ", KindName(list->kind()))));
  }
  for (size_t i = 0; i < list->list().size(); ++i) {
    reader->Note(read(list->list()[i], absl::StrCat(reader->Place(field), "[", i, "]")));
  }
}

const Schema<TrialOptions>& LimitsSchema() {
  static const auto* const schema = [] {
    auto* const made = new Schema<TrialOptions>();
    AddTrialOptions(*made);
    return made;
  }();
  return *schema;
}

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

std::string RoundsFolder::TaskPath(int round, int index) const {
  return absl::StrCat(path_, "/round_", round, "/trial_", index, ".json");
}

std::string RoundsFolder::RoundPath(int round) const {
  return absl::StrCat(path_, "/round_", round, ".json");
}

std::string RoundsFolder::ResultPath(const std::string& task) {
  return absl::StrCat(absl::StripSuffix(task, ".json"), ".result.json");
}

std::string RoundsFolder::TimesPath(const std::string& task) {
  return absl::StrCat(absl::StripSuffix(task, ".json"), ".times.json");
}

absl::StatusOr<FinishedRounds> RoundsFolder::Read(const StudyConfig& study, int rounds) const {
  FinishedRounds finished;
  std::vector<Trial>& trials = finished.trials;
  const auto add = [&](const Value& result, const std::string& where) {
    absl::StatusOr<Trial> trial = TrialFromValue(study, result, where);
    if (!trial.ok()) return trial.status();
    if (trial->id != static_cast<int64_t>(trials.size())) {
      return Invalid(absl::StrCat(where, ": this is trial ", trial->id, ", where trial ",
                                  trials.size(), " should be"));
    }
    trials.push_back(*std::move(trial));
    return absl::OkStatus();
  };
  for (int round = 0; round < rounds - 1; ++round) {
    finished.firsts.push_back(static_cast<int64_t>(trials.size()));
    const std::string path = RoundPath(round);
    const absl::StatusOr<Value> value = ReadJsonFile(path);
    if (!value.ok()) return value.status();
    ObjectReader reader(*value, path);
    ForEach(&reader, "trials", add);
    absl::Status status = reader.Finish();
    if (!status.ok()) return status;
  }
  if (rounds > 0) finished.firsts.push_back(static_cast<int64_t>(trials.size()));
  for (int i = 0; i < (rounds > 0 ? width_ : 0); ++i) {
    const std::string path = ResultPath(TaskPath(rounds - 1, i));
    absl::StatusOr<Value> value = ReadJsonFile(path);
    if (!value.ok()) return value.status();
    if (IsIdle(*value)) continue;
    absl::Status status = add(*value, path);
    if (!status.ok()) return status;
    finished.last.push_back(*std::move(value));
  }
  return finished;
}

absl::Status RoundsFolder::ReadTimes(int rounds, std::vector<Trial>* trials) const {
  size_t next = 0;
  for (int round = 0; round < rounds; ++round) {
    for (int i = 0; i < width_; ++i) {
      const std::string path = TimesPath(TaskPath(round, i));
      const absl::StatusOr<Value> value = ReadJsonFile(path);
      if (!value.ok()) return value.status();
      if (IsIdle(*value)) continue;
      if (next == trials->size()) {
        return Invalid(absl::StrCat(path, ": there are times of more trials than results"));
      }
      ObjectReader reader(*value, path);
      Trial& trial = (*trials)[next++];
      trial.started = reader.Required<double>("started");
      trial.seconds = reader.Required<double>("seconds");
      absl::Status status = reader.Finish();
      if (!status.ok()) return status;
    }
  }
  if (next == trials->size()) return absl::OkStatus();
  return Invalid(absl::StrCat(path_, ": there are ", trials->size(), " results and ", next,
                              " times of trials"));
}

absl::Status RoundsFolder::WriteRound(int round, Value::List results) const {
  const Value value = Value::Object{{"trials", std::move(results)}};
  return WriteFile(RoundPath(round), WriteJsonPretty(value) + "\n");
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
  reader.Note(ReadObject(&reader, "params", &task.params));
  reader.Note(ReadObject(&reader, "fixed", &task.fixed));
  ForEach(&reader, "objectives", [&](const Value& entry, const std::string& where) {
    const auto objective = ObjectiveFromValue(entry, where);
    if (objective.ok()) {
      task.objectives.push_back({objective->metric, objective->goal.value_or(Goal::kMinimize)});
    }
    return objective.status();
  });
  ForEach(&reader, "constraints", [&](const Value& entry, const std::string& where) {
    auto constraint = ConstraintFromValue(entry, where);
    if (constraint.ok()) task.constraints.push_back(*std::move(constraint));
    return constraint.status();
  });
  ForEach(&reader, "metrics", [&](const Value& entry, const std::string& where) {
    return ReadValue(entry, where, &task.metrics.emplace_back());
  });
  if (const Value* const stopping = reader.Find("stopping")) {
    auto rules = StoppingFromValue(*stopping, reader.Place("stopping"));
    reader.Note(rules.status());
    if (rules.ok()) task.stopping = *std::move(rules);
  }
  reader.Note(ReadObject(&reader, "limits", &task.limits));
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
    list.emplace_back(Value::Object{{"metric", objective.metric},
                                    {"goal", std::string(GoalName(objective.goal))}});
  }
  value.Set("objectives", std::exchange(list, {}));
  for (const MetricConstraint& constraint : task->constraints) {
    list.emplace_back(
        Value::Object{{"metric", constraint.metric},
                      {constraint.at_least ? "at_least" : "at_most", constraint.bound}});
  }
  if (!list.empty()) value.Set("constraints", std::exchange(list, {}));
  value.Set("metrics", Value::List(task->metrics.begin(), task->metrics.end()));
  for (const PluginSpec& rule : task->stopping) list.push_back(ToValue(rule));
  if (!list.empty()) value.Set("stopping", std::exchange(list, {}));
  value.Set("limits", task->limits);
  return value;
}

absl::Status PlanRounds(int width, const std::string& source, StudySpec* spec, Value* limits) {
  const auto refuse = [&](absl::string_view field, absl::string_view why) {
    return Invalid(absl::StrCat(source, ": ", field, ": ", why));
  };
  if (spec->time_limit != absl::InfiniteDuration()) {
    return refuse("time_limit", "a build's result rests on no clock; its rounds say when it ends");
  }
  if (spec->budget.limited()) {
    return refuse("budget", "trials of a round cannot share one; rounds say when the study ends");
  }
  for (const PluginSpec& rule : spec->stopping) {
    const auto* const found =
        std::find(std::begin(kLonelyRules), std::end(kLonelyRules), rule.name);
    if (found != std::end(kLonelyRules)) continue;
    return refuse("stopping", absl::StrCat(rule.name,
                                           " looks at other trials, which an action of "
                                           "its own cannot; these do not: ",
                                           absl::StrJoin(kLonelyRules, ", ")));
  }
  if (spec->runner.name != "caviar" && spec->runner.name != "sequential") {
    return refuse("runner", absl::StrCat(spec->runner.name,
                                         " does not run the trials of a strategy; the actions of a "
                                         "build do as caviar does"));
  }
  // A crash costs its trial, not the build.
  *limits = Value::Object{{"isolation", "process"}};
  for (const OptionInfo& option : LimitsSchema().info()) {
    const Value* const given = spec->runner.options.Find(option.name);
    if (given != nullptr) limits->Set(option.name, *given);
  }
  spec->runner = {"caviar", *limits};
  spec->runner.options.Set("deterministic", true).Set("schedule", "rounds").Set("width", width);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::optional<TrialTask>>> ProposeRound(Study& study,
                                                                   const StudySpec& spec,
                                                                   const Value& fixed,
                                                                   const Value& limits, int width) {
  const StudyConfig& config = study.config();
  const absl::StatusOr<std::vector<Suggestion>> suggestions = study.Ask(width);
  if (!suggestions.ok()) return suggestions.status();
  std::vector<std::optional<TrialTask>> tasks(width);
  for (size_t i = 0; i < suggestions->size(); ++i) {
    const Suggestion& suggestion = (*suggestions)[i];
    if (suggestion.budget.has_value() || suggestion.resume_from.has_value()) {
      return Invalid(absl::StrCat(
          spec.strategy.name,
          " trains trials in parts and goes on with some of them, which actions of a build cannot: "
          "each of them is trained in one go, and knows none of the others; take a strategy that "
          "decides by finished rounds, such as random, tpe, gp or cma_es, or `bazel run` the "
          "study"));
    }
    TrialTask task;
    task.id = suggestion.id;
    task.seed = config.seed;
    task.model = spec.model;
    task.params = PointToValue(config.space, suggestion.point);
    task.fixed = fixed;
    task.objectives = config.objectives;
    task.constraints = config.constraints;
    task.metrics = config.metrics;
    task.stopping = config.stopping;
    task.limits = limits;
    tasks[i] = std::move(task);
  }
  return tasks;
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

}  // namespace sturgeon
