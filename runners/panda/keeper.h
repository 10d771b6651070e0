// Who trains the panda's days: starts the trials, keeps and rebuilds snapshots, writes the diary.
#ifndef STURGEON_RUNNERS_PANDA_KEEPER_H_
#define STURGEON_RUNNERS_PANDA_KEEPER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/checkpoint_store.h"
#include "core/runner.h"
#include "core/study.h"
#include "runners/panda/diary.h"
#include "runners/panda/policy.h"
#include "runners/study_run.h"
#include "runners/trial_options.h"

namespace sturgeon {

// One run of a study; see panda.h. Threads: one.
class Keeper {
 public:
  // `request` must outlive the keeper. Errors: those of StudyRun::Create; InvalidArgument: several
  // objectives. Reads the days that the study has already. `clock` measures the minutes of a day.
  static absl::StatusOr<std::unique_ptr<Keeper>> Create(
      const RunRequest& request, const TrialOptions& options,
      std::function<absl::Time()> clock = &absl::Now);
  const StudyConfig& config() const { return request_.study.config(); }
  const ModelFactory& model() const { return request_.model; }
  const Diary& diary() const { return diary_; }

  // Fresh models have the random numbers that the model of that trial of this study would have, not
  // those of their own trials. Before the first day.
  void SeedLike(int64_t trial) { origin_ = trial; }

  // Trains a day as planned (Plan::kTrain), or makes the trial that takes a day's model for the
  // result (Plan::kTake), and adds it to the diary. Where something was enqueued, or is to be
  // repeated, that is trained in its place. `minutes` (0: none): the day ends after the first step
  // that ends later. nullptr: the run is over (its limits, an error). The day lives until the next
  // call.
  const Day* Train(const Plan& plan, int64_t day, double minutes = 0);
  // Likewise the first day of a model that the strategy proposes; `last_step` as Plan's.
  const Day* TrainProposed(int64_t day, bool last, double minutes = 0);

  // Whether the models can be saved, as far as is known; true before the first day.
  bool can_save() const { return can_save_; }
  // Whether the strategy has ended the last day, by its answer to a report or by its budget.
  bool stopped_by_strategy() const { return stopped_by_strategy_; }

  void Note(absl::string_view line) { request_.study.Note(line); }
  // Whether no day can be trained any more: a limit of the study, its interruption, an error.
  bool over() const { return over_; }
  // Set when the user interrupts the run; nullptr: nobody will.
  const std::atomic<bool>* cancelled() const { return request_.cancelled; }

  absl::StatusOr<RunSummary> Finish() { return run_->Finish(); }

 private:
  Keeper(const RunRequest& request, std::function<absl::Time()> clock)
      : request_(request), clock_(std::move(clock)), diary_(request.study.config()) {}

  absl::Status OpenSnapshots();
  // Trains the days anew whose snapshots are not there, up to that of `trial`.
  void Rebuild(int64_t trial);
  // Makes the snapshot of one trial that of another too, which has not ended.
  void CopySnapshot(int64_t from, int64_t to);
  const Day* Run(Suggestion trial, int64_t last_step, bool last, double minutes,
                 const std::string& why);
  const Day* Record(int64_t trial);

  RunRequest request_;
  const std::function<absl::Time()> clock_;
  Diary diary_;
  std::unique_ptr<CheckpointStore> snapshots_;  // temporary; null: the request has its own
  std::unique_ptr<StudyRun> run_;               // uses those before it
  std::optional<int64_t> origin_;
  bool can_save_ = true;
  bool stopped_by_strategy_ = false;
  bool over_ = false;
};

}  // namespace sturgeon

#endif  // STURGEON_RUNNERS_PANDA_KEEPER_H_
