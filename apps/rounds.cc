#include "apps/rounds.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/file.h"
#include "core/json.h"
#include "core/result_reader.h"
#include "core/space_json.h"
#include "core/value_reader.h"

namespace sturgeon {
namespace {

// Stopping rules whose answer is a function of the trial's own reports.
constexpr const char* kLonelyRules[] = {"patience", "threshold"};

absl::Status Invalid(std::string message) { return absl::InvalidArgumentError(std::move(message)); }

}  // namespace

std::string RoundsFolder::TaskPath(int round, int index) const {
  return absl::StrCat(path_, "/round_", round, "/trial_", index, ".json");
}

std::string RoundsFolder::RoundPath(int round) const {
  return absl::StrCat(path_, "/round_", round, ".json");
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
    reader.ForEach("trials", add);
    absl::Status status = reader.Finish();
    if (!status.ok()) return status;
  }
  if (rounds > 0) finished.firsts.push_back(static_cast<int64_t>(trials.size()));
  for (int i = 0; i < (rounds > 0 ? width_ : 0); ++i) {
    const std::string path = ResultPathOf(TaskPath(rounds - 1, i));
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
      const std::string path = TimesPathOf(TaskPath(round, i));
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

}  // namespace sturgeon
