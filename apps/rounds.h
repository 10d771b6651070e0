// A study as rounds of trials that know nothing of each other, and the files between them: what the
// actions of a `tuning_experiment` pass on (experiments/rounds.bzl, which has the same names).
//
//   FOLDER/round_2/trial_0.json         what to train                      written by propose
//   FOLDER/round_2/trial_0.result.json  what came of it                    written by trial
//   FOLDER/round_2/trial_0.times.json   when it began, how long it took    written by trial
//   FOLDER/round_2.json                 all results of the round           written by the next
//   propose
//
// A task says what decides a trial's outcome and nothing else, and a result has no times in it: so
// a build system that keys actions by their inputs runs again what may come out otherwise, and
// nothing else. A round that the strategy had too few proposals for has idle tasks, whose results
// are idle too.
//
// Determinism: tasks, results and rounds are functions of the study, its width and the models.
// Threads: none of it is shared.
#ifndef STURGEON_APPS_ROUNDS_H_
#define STURGEON_APPS_ROUNDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/option_schema.h"
#include "core/plugins.h"
#include "core/study.h"
#include "core/study_config.h"
#include "core/study_spec.h"
#include "core/trial.h"
#include "core/value.h"

namespace sturgeon {

struct FinishedRounds {
  std::vector<Trial> trials;
  std::vector<int64_t> firsts;  // the ids of the rounds' first trials
  Value::List last;             // the results of the last round, as they stand in its file
};

class RoundsFolder {
 public:
  RoundsFolder(std::string path, int width) : path_(std::move(path)), width_(width) {}

  int width() const { return width_; }
  std::string TaskPath(int round, int index) const;
  std::string RoundPath(int round) const;
  // Of a task's path: where its result, and its times, stand.
  static std::string ResultPath(const std::string& task);
  static std::string TimesPath(const std::string& task);

  // The trials of the rounds below `rounds`, without their times: those of the last out of its
  // results, the others out of the rounds' files. InvalidArgument names the file: it is none of
  // these, or not of this study.
  absl::StatusOr<FinishedRounds> Read(const StudyConfig& study, int rounds) const;
  // Gives the trials, all of the rounds below `rounds`, their times.
  absl::Status ReadTimes(int rounds, std::vector<Trial>* trials) const;

  // The file of a round, out of its results.
  absl::Status WriteRound(int round, Value::List results) const;

 private:
  const std::string path_;
  const int width_;
};

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

// A study that is to run in rounds: its runner is caviar with schedule=rounds, whose results it
// will have. InvalidArgument: it cannot, and why: it rests on measured times, a stopping rule looks
// at other trials, its runner does something else than to run trials. `source` names the study.
absl::Status PlanRounds(int width, const std::string& source, StudySpec* spec, Value* limits);

// The tasks of a round. `study` has been told the rounds before. InvalidArgument: the strategy
// trains in parts, or wants trials to go on from others.
absl::StatusOr<std::vector<std::optional<TrialTask>>> ProposeRound(Study& study,
                                                                   const StudySpec& spec,
                                                                   const Value& fixed,
                                                                   const Value& limits, int width);

// A trial that has ended, and when.
struct TrialResult {
  Value result;
  Value times;
};

// Trains. Whatever the model does is a result, also that its process crashed. Errors: there is no
// such model, or it cannot be made (its data is missing, say).
absl::StatusOr<TrialResult> RunTask(const std::optional<TrialTask>& task, const Plugins& plugins,
                                    const std::string& source);

}  // namespace sturgeon

#endif  // STURGEON_APPS_ROUNDS_H_
