// The diary of a model that is babysat: its days, and how they follow each other.
//
// A day is a trial of the study: a stretch of training that goes on from the snapshot of an earlier
// day (Trial::resume_from), or begins afresh. So the days are a tree, and the model as it is after
// a day is what the chain of days from the root has made of it. Everything here is read off the
// trials: a study that is attached again has the same diary.
#ifndef STURGEON_RUNNERS_PANDA_DIARY_H_
#define STURGEON_RUNNERS_PANDA_DIARY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "core/space.h"
#include "core/study_config.h"
#include "core/trial.h"

namespace sturgeon {

struct Day {
  int64_t trial = 0;
  std::optional<int64_t> from;  // the day it went on from; nullopt: it began afresh
  Point point;                  // the hyperparameters of the day
  int64_t first_step = 0;       // it trained the steps first_step + 1 … last_step
  int64_t last_step = 0;
  double loss = 0;             // at its end, less is better; NaN: it has none
  std::vector<double> losses;  // after each of its steps, as far as they were reported
  TrialState state = TrialState::kStopped;
  FailureKind failure = FailureKind::kNone;
  std::string reason;  // Trial::reason

  int64_t steps() const { return last_step - first_step; }
  bool ended_well() const;
  // It was cut off, or its worker was lost: that says nothing about the model.
  bool interrupted() const;
};

class Diary {
 public:
  // `study` must outlive the diary.
  explicit Diary(const StudyConfig& study) : study_(study) {}

  // Adds a trial that has ended; the days before it come first. The reference lives until the next
  // call.
  const Day& Add(const Trial& trial);

  const std::vector<Day>& days() const { return days_; }  // in the order of their trials
  const Day* Find(int64_t trial) const;                   // nullptr: there is none
  // The days that made the model what it is after `trial`, the first one first.
  std::vector<const Day*> Chain(int64_t trial) const;
  // All steps that were trained, whatever became of them.
  int64_t steps() const { return steps_; }

 private:
  const StudyConfig& study_;
  std::vector<Day> days_;
  absl::flat_hash_map<int64_t, size_t> index_;
  int64_t steps_ = 0;
};

// "learning_rate 0.02, momentum 0.9": what `point` has otherwise than `before`; all of it where
// `before` is empty. "": nothing.
std::string DescribeChange(const SearchSpace& space, absl::Span<const double> before,
                           absl::Span<const double> point);

// Four digits that count.
std::string FourDigits(double value);

}  // namespace sturgeon

#endif  // STURGEON_RUNNERS_PANDA_DIARY_H_
