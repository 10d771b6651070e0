// How far a study is, while it runs: one line that is redrawn in place on a terminal, and plain
// lines now and then elsewhere.
//
//   Progress progress(stderr, {60, absl::Minutes(10), objectives}, InterruptFlag());
//   hooks.on_finish = [&](const Trial& trial) { progress.Finished(trial); };
//   …
//   progress.End();
#ifndef STURGEON_APPS_PROGRESS_H_
#define STURGEON_APPS_PROGRESS_H_

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/study_config.h"
#include "core/trial.h"

namespace sturgeon {

// What a line of progress tells.
struct ProgressState {
  int64_t done = 0;   // trials that ended, failed ones too, but not those that were cut off
  int64_t found = 0;  // of these, they had ended before this run
  int64_t failed = 0;
  int64_t planned = 0;  // 0: there is no limit
  std::optional<double> best;
  int64_t best_trial = 0;
  absl::Duration elapsed;
  absl::Duration time_limit = absl::InfiniteDuration();
  // How the best came down: each that was better than those before, and `done` with it.
  struct Improvement {
    int64_t done = 0;
    double value = 0;
  };
  std::vector<Improvement> improvements;
  bool sparkline = false;  // the line may have one
};

// "23 of 60 trials, best 0.1213 (trial 17), 31s left, 1.2 trials/s, 1 failed", without what does
// not fit into `width` columns. Where there is room left, a sparkline of the best so far follows
// the best: "best 0.1213 (trial 17) █▅▃▃▂▁▁▁".
std::string ProgressLine(const ProgressState& state, int width);

// Threads: every method may be called from any thread.
class Progress {
 public:
  struct Plan {
    int64_t trials = 0;  // 0: no limit
    absl::Duration time_limit = absl::InfiniteDuration();
    std::vector<Objective> objectives;
    bool notes_alone = false;  // the trials' progress is shown by somebody else
  };

  // Writes to `out`, which stays the caller's. Says so when `interrupted` (not null) becomes true.
  Progress(std::FILE* out, Plan plan, const std::atomic<bool>* interrupted);
  ~Progress() { End(); }

  void Finished(const Trial& trial);
  // A trial that had ended before this run: it counts, but says nothing of the pace.
  void Found(const Trial& trial);

  // Prints a line that stays.
  void Note(absl::string_view line);

  // Takes the redrawn line away. Nothing is printed from then on.
  void End();

 private:
  // Redraws and looks for an interrupt until the end.
  void Tick();
  void Count(const Trial& trial) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Write(absl::string_view line) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Draw() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  std::FILE* const out_;
  const bool live_;
  const Plan plan_;
  const std::atomic<bool>* const interrupted_;
  const absl::Time start_;

  absl::Mutex mutex_;
  ProgressState state_ ABSL_GUARDED_BY(mutex_);
  absl::Time next_line_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  bool drawn_ ABSL_GUARDED_BY(mutex_) = false;  // the cursor stands on a line to be redrawn
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread ticker_;  // the last member: it uses the others
};

}  // namespace sturgeon

#endif  // STURGEON_APPS_PROGRESS_H_
