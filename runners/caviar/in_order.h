// Caviar's deterministic mode: the study hears of trials in the order of their ids, whatever the
// order in which they end.
//
// The calls that the study gets are a function of the study, the schedule and its width alone:
//   1. the schedule says how many trials are asked for;
//   2. the oldest trial that has not been told, the head, makes its reports;
//   3. the head is told, the next one becomes the head; go on with 1.
// What other trials report or end with in the meantime is held back until they are the head. The
// head's own reports need not be held back: they are live.
//
// Let w be the width and let trials count from 0.
//   window  As many are asked for, one by one, as make w trials under way. So trial n is asked for
//           when exactly the trials up to n - w have been told, and n - w + 1 … n - 1 are pending.
//   rounds  Trials are asked for w at once, when all have been told. So a trial sees all rounds
//           before its own, and nothing of its own.
//
// Stopping early. A decision is a function of the reports as the study hears them, thus as
// deterministic as the rest. A trial that trained on while its reports were held back may turn out
// to have been stopped some steps ago: it ends there, its values are those of that step, and what
// it reported later never was. Only its time was spent in vain: about that of the trials before it.
#ifndef STURGEON_RUNNERS_CAVIAR_IN_ORDER_H_
#define STURGEON_RUNNERS_CAVIAR_IN_ORDER_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "core/strategy.h"
#include "core/study.h"
#include "core/trial.h"
#include "runners/study_run.h"

namespace sturgeon {

enum class Schedule { kWindow, kRounds };

class InOrder {
 public:
  // `run` must outlive this; nobody else asks or tells its study meanwhile.
  InOrder(StudyRun& run, Schedule schedule, int width);

  // Runs trials until none is left. Called by as many threads as trials are to run at once.
  void Work();

 private:
  struct Report {
    int64_t step;
    std::vector<double> metrics;
  };
  // A trial that was asked for and has not been told.
  struct Slot {
    explicit Slot(Suggestion suggestion) : trial(std::move(suggestion)) {}

    const Suggestion trial;
    std::vector<Report> held;            // reports that the study has not heard
    std::optional<Outcome> outcome;      // once it has ended
    std::atomic<bool> abandoned{false};  // it has ended, but its worker does not know yet
  };

  // Asks for what the schedule wants now.
  void Ask() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Hands the head's reports to the study, tells it if it has ended, and so on with the next.
  void Advance() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PassReports(Slot& head) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<Decision> OnReport(Slot& slot, int64_t step, absl::Span<const double> metrics)
      ABSL_LOCKS_EXCLUDED(mutex_);

  StudyRun& run_;
  const Schedule schedule_;
  const int width_;

  absl::Mutex mutex_;                                                    // taken before the run's
  std::deque<std::shared_ptr<Slot>> under_way_ ABSL_GUARDED_BY(mutex_);  // in the order of ids
  std::deque<std::shared_ptr<Slot>> waiting_ ABSL_GUARDED_BY(mutex_);    // not begun
  bool no_more_ ABSL_GUARDED_BY(mutex_) = false;  // nothing to ask for before a trial has ended
};

}  // namespace sturgeon

#endif  // STURGEON_RUNNERS_CAVIAR_IN_ORDER_H_
