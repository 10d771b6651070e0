// A study as rounds of trials that know nothing of each other, and the files between them: what the
// actions of a `tuning_experiment` pass on (experiments/rounds.bzl, which has the same names).
//
//   FOLDER/round_2/trial_0.json  what to train, and beside it what came of it: apps/trial_task.h
//   FOLDER/round_2.json          all results of the round, once the next one is proposed
//
// A round that the strategy had too few proposals for has idle tasks, whose results are idle too.
//
// Determinism: tasks and rounds are functions of the study, its width and the results. Threads:
// none of it is shared.
#ifndef STURGEON_APPS_ROUNDS_H_
#define STURGEON_APPS_ROUNDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "apps/trial_task.h"
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

}  // namespace sturgeon

#endif  // STURGEON_APPS_ROUNDS_H_
