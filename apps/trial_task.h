// A trial that is an action of its own: a file that says what to train, and two of what came of it.
//
//   trial_0.json         the task
//   trial_0.result.json  what came of it
//   trial_0.times.json   when it began, and how long it took
//
// A task says what decides a trial's outcome and nothing else, and a result has no times in it: so
// a build system that keys actions by their inputs runs again what may come out otherwise, and
// nothing else.
//
// Determinism: a result is a function of its task and the model. Threads: none of it is shared.
#ifndef STURGEON_APPS_TRIAL_TASK_H_
#define STURGEON_APPS_TRIAL_TASK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/option_schema.h"
#include "core/plugins.h"
#include "core/study_config.h"
#include "core/value.h"
#include "runners/trial_options.h"

namespace sturgeon {

// What a trial is to train, and on which terms.
struct TrialTask {
  int64_t id = 0;     // with the study's seed, the seed of its model
  uint64_t seed = 0;  // the study's
  PluginSpec model;
  Value params = Value::Object();  // the active parameters of its point
  Value fixed = Value::Object();   // the values that the study does not tune
  std::vector<Objective> objectives;
  std::vector<MetricConstraint> constraints;
  std::vector<std::string> metrics;
  std::vector<PluginSpec> stopping;
  Value limits = Value::Object();  // TrialOptions
};

// nullopt: an idle task.
absl::StatusOr<std::optional<TrialTask>> TaskFromValue(const Value& value,
                                                       const std::string& source);
Value ToValue(const std::optional<TrialTask>& task);

// The options of TrialOptions.
const Schema<TrialOptions>& LimitsSchema();

// What stands in the place of a task where a round has none, and of its result and its times.
Value Idle();
bool IsIdle(const Value& value);

// Of a task's path: where its result, and its times, stand.
std::string ResultPathOf(const std::string& task);
std::string TimesPathOf(const std::string& task);

// A trial that has ended, and when.
struct TrialResult {
  Value result;
  Value times;
};

// Trains. Whatever the model does is a result, also that its process crashed. Errors, which begin
// with `source`: there is no such model, or it cannot be made (its data is missing, say).
absl::StatusOr<TrialResult> RunTask(const std::optional<TrialTask>& task, const Plugins& plugins,
                                    const std::string& source);

// The same with files.
absl::Status RunTaskFile(const std::string& path, const Plugins& plugins);

}  // namespace sturgeon

#endif  // STURGEON_APPS_TRIAL_TASK_H_
