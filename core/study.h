// The study: the one driver between strategies, models, runners and users.
//
// It owns the trials, numbers them, checks every value that passes in either direction, and calls
// its strategy one call at a time.
//
//   StudyConfig config;
//   config.space = *SearchSpace::Create({Parameter::Float("learning_rate", 1e-4, 1, Scale::kLog)});
//   auto study = Study::Create(std::move(config), {"random"}, plugins);
//   for (int i = 0; i < 100; ++i) {
//     auto trials = (*study)->Ask(1);
//     const double error = TrainAndValidate(trials->front().Number("learning_rate"));
//     (*study)->Tell(trials->front().id, Outcome::Complete({error}));
//   }
//   std::optional<Trial> best = (*study)->Best();
//
// Threads: every method may be called from any thread at any time.
#ifndef STURGEON_CORE_STUDY_H_
#define STURGEON_CORE_STUDY_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "core/option_schema.h"
#include "core/strategy.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "core/value.h"

namespace sturgeon {

struct Plugins;

// What Ask hands out: a trial to run.
struct Suggestion {
  int64_t id = 0;
  Point point;
  std::optional<int64_t> budget;       // how far to train; nullopt: to the end
  std::optional<int64_t> resume_from;  // the trial whose checkpoint it starts from
  const SearchSpace* space = nullptr;  // the study's

  // The value of a float or an int; NaN if there is no such parameter or it is inactive.
  double Number(absl::string_view name) const;
  // The value of any parameter; null if there is no such parameter or it is inactive.
  Value Get(absl::string_view name) const;
};

// Called as things happen, one call at a time, without the study's lock: a hook may ask the study
// questions, but must not call Ask, Report or Tell.
struct StudyHooks {
  std::function<void(const Trial&)> on_start;
  std::function<void(const Trial&)> on_finish;
  std::function<void(absl::string_view)> on_note;  // a line from the strategy
};

class Study {
 public:
  // InvalidArgument: the config is wrong, the strategy is unknown, or it refuses the config.
  // `plugins` must outlive the study.
  static absl::StatusOr<std::unique_ptr<Study>> Create(StudyConfig config,
                                                       const PluginSpec& strategy,
                                                       const Plugins& plugins,
                                                       StudyHooks hooks = {});

  const StudyConfig& config() const { return config_; }
  const SearchSpace& space() const { return config_.space; }

  // Starts up to `count` trials: first what was enqueued, then what the strategy proposes. Fewer
  // than asked for, possibly none: the strategy has nothing more to try. Internal: the strategy
  // broke its contract.
  absl::StatusOr<std::vector<Suggestion>> Ask(int count);

  // A running trial's metrics at a step, [metrics], and what the strategy says to that.
  // InvalidArgument: a wrong number of values, a step not above the last one. FailedPrecondition:
  // the trial does not run. A value that is not finite is recorded, and the answer is kStop.
  absl::StatusOr<Decision> Report(int64_t id, int64_t step, absl::Span<const double> values);

  // Ends a running trial. A value that is not finite makes it failed (kNotFinite). InvalidArgument:
  // a wrong number of values. NotFound: no such trial. FailedPrecondition: it has ended already.
  absl::Status Tell(int64_t id, Outcome outcome);

  // Puts a point in front of the strategy's proposals. InvalidArgument: not a point of the space.
  absl::Status Enqueue(Point point);
  // Likewise by names; an active parameter that is not given gets its default.
  absl::Status Enqueue(const Value& assignment);

  // Adds a trial that finished elsewhere; its id is replaced by the next free one, which is
  // returned.
  absl::StatusOr<int64_t> Import(Trial trial);

  // The best complete and feasible trial of a study with one objective (the earliest of equals).
  std::optional<Trial> Best() const;
  // The nondominated complete and feasible trials, in the order of their ids.
  std::vector<Trial> ParetoFront() const;

  // How many trials there are, and in which states.
  struct Counts {
    int64_t running = 0, complete = 0, stopped = 0, failed = 0;
    int64_t total() const { return running + complete + stopped + failed; }
  };
  Counts counts() const;

  // A copy of a trial, or of all of them. NotFound: no such trial.
  absl::StatusOr<Trial> Get(int64_t id) const;
  std::vector<Trial> Trials() const;

 private:
  Study(StudyConfig config, StudyHooks hooks);

  absl::StatusOr<Trial*> FindRunning(int64_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Trial& Start(Point point) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckOutcome(const Outcome& outcome) const;
  // Counts a trial that has just ended and tells the strategy.
  absl::Status Finished(const Trial& trial) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void UpdateFront(const Trial& trial) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Hands what the strategy said, then the trials, to the hooks.
  void CallHooks(const std::function<void(const Trial&)>& hook,
                 absl::Span<const Trial* const> trials) ABSL_LOCKS_EXCLUDED(mutex_);

  const StudyConfig config_;
  const StudyHooks hooks_;

  mutable absl::Mutex mutex_;
  std::unique_ptr<Strategy> strategy_ ABSL_GUARDED_BY(mutex_);
  // A deque: trials never move, and one that has ended never changes.
  std::deque<Trial> trials_ ABSL_GUARDED_BY(mutex_);
  std::deque<Point> queue_ ABSL_GUARDED_BY(mutex_);
  absl::btree_map<int64_t, Trial*> running_ ABSL_GUARDED_BY(mutex_);
  // What the strategy is shown of running_; rebuilt when that has changed.
  std::vector<PendingTrial> pending_ ABSL_GUARDED_BY(mutex_);
  bool pending_stale_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<int64_t> front_ ABSL_GUARDED_BY(mutex_);  // nondominated; one objective: the best
  Counts counts_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> notes_
      ABSL_GUARDED_BY(mutex_);  // said by the strategy, not yet handed on

  absl::Mutex hooks_mutex_;  // one hook at a time
};

}  // namespace sturgeon

#endif  // STURGEON_CORE_STUDY_H_
