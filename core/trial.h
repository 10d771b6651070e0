// Trials: one assignment of the hyperparameters, and what came of it.
//
// A trial's life: it starts `running` (proposed by a strategy, enqueued by the user, or imported;
// one that is enqueued in a storage is `waiting` until a worker takes it) and ends exactly once, as
//   complete  trained to the end: the objective's values are there;
//   stopped   a strategy or rule ended it early, or its budget was less than a full training; its
//             values are the last reported ones;
//   failed    with a kind of failure and a reason in words; it has no values.
// What has ended never changes.
#ifndef STURGEON_CORE_TRIAL_H_
#define STURGEON_CORE_TRIAL_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/space.h"

namespace sturgeon {

enum class TrialState : uint8_t { kWaiting, kRunning, kComplete, kStopped, kFailed };

enum class FailureKind : uint8_t {
  kNone,
  kError,        // the model returned an error
  kException,    // the model threw
  kExitCode,     // its process exited with a code other than 0
  kSignal,       // its process was killed
  kTimeout,      // it ran past its time limit
  kOutOfMemory,  // it ran past its memory limit
  kLostWorker,   // who ran it fell silent
  kNotFinite,    // it reported NaN or an infinity
  kCancelled,    // the user interrupted the study
};

absl::string_view TrialStateName(TrialState state);      // "waiting", "running", "complete", …
absl::string_view FailureKindName(FailureKind failure);  // "not_finite", …; "" for kNone
std::optional<TrialState> TrialStateFromName(absl::string_view name);
std::optional<FailureKind> FailureKindFromName(absl::string_view name);

// What a running trial reported: a row of metrics at each step, in the order of
// StudyConfig::metrics.
class ReportLog {
 public:
  size_t size() const { return width_ == 0 ? 0 : data_.size() / width_; }
  bool empty() const { return data_.empty(); }
  int64_t step(size_t i) const { return static_cast<int64_t>(data_[i * width_]); }
  absl::Span<const double> values(size_t i) const {
    return absl::MakeConstSpan(data_).subspan(i * width_ + 1, width_ - 1);
  }
  // Every row must have as many values as the first.
  void Add(int64_t step, absl::Span<const double> values) {
    width_ = values.size() + 1;
    data_.push_back(static_cast<double>(step));
    data_.insert(data_.end(), values.begin(), values.end());
  }

 private:
  // One array for all rows (step, values…): studies with many reports stay small.
  std::vector<double> data_;
  size_t width_ = 0;
};

using Values = absl::InlinedVector<double, 2>;  // one an objective

struct Trial {
  int64_t id = 0;
  TrialState state = TrialState::kRunning;
  FailureKind failure = FailureKind::kNone;
  Point point;
  // How far it is trained, counted in the model's steps from the start of the training that it goes
  // on with; nullopt: to the end.
  std::optional<int64_t> budget;
  std::optional<int64_t> resume_from;  // the trial whose checkpoint it starts from
  Values values;  // in the order of StudyConfig::objectives; empty unless it has any
  std::vector<double> constraints;  // feasible where all are <= 0
  ReportLog reports;
  std::string reason;  // why it failed or was stopped
  double started = 0;  // seconds since 1970
  double seconds = 0;  // from its start to its end

  bool finished() const { return state != TrialState::kRunning && state != TrialState::kWaiting; }
  bool feasible() const {
    for (const double c : constraints) {
      if (!(c <= 0)) return false;
    }
    return true;
  }
};

// How a trial ended, as its runner tells it.
struct Outcome {
  TrialState state = TrialState::kComplete;
  Values values;
  std::vector<double> constraints;
  FailureKind failure = FailureKind::kNone;
  std::string reason;

  static Outcome Complete(Values values) {
    Outcome outcome;
    outcome.values = std::move(values);
    return outcome;
  }
  static Outcome Stopped(Values values, std::string reason) {
    Outcome outcome = Complete(std::move(values));
    outcome.state = TrialState::kStopped;
    outcome.reason = std::move(reason);
    return outcome;
  }
  static Outcome Failed(FailureKind failure, std::string reason) {
    Outcome outcome;
    outcome.state = TrialState::kFailed;
    outcome.failure = failure;
    outcome.reason = std::move(reason);
    return outcome;
  }
};

}  // namespace sturgeon

#endif  // STURGEON_CORE_TRIAL_H_
