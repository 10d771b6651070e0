// Who trains the panda's days: starts the trials, keeps and rebuilds snapshots, writes the diary.
#ifndef STURGEON_RUNNERS_PANDA_KEEPER_H_
#define STURGEON_RUNNERS_PANDA_KEEPER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
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
  // objectives. Reads the days that the study has already.
  static absl::StatusOr<std::unique_ptr<Keeper>> Create(const RunRequest& request,
                                                        const TrialOptions& options);
  const StudyConfig& config() const { return request_.study.config(); }
  const Diary& diary() const { return diary_; }

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
  bool over() const { return over_; }

  absl::StatusOr<RunSummary> Finish() { return run_->Finish(); }

 private:
  explicit Keeper(const RunRequest& request) : request_(request), diary_(request.study.config()) {}

  absl::Status OpenSnapshots();
  // Trains the days anew whose snapshots are not there, up to that of `trial`.
  void Rebuild(int64_t trial);
  const Day* Run(const Suggestion& trial, int64_t last_step, bool last, double minutes,
                 const std::string& why);
  const Day* Record(int64_t trial);

  RunRequest request_;
  Diary diary_;
  std::unique_ptr<CheckpointStore> snapshots_;  // temporary; null: the request has its own
  std::unique_ptr<StudyRun> run_;               // uses those before it
  bool can_save_ = true;
  bool stopped_by_strategy_ = false;
  bool over_ = false;
};

}  // namespace sturgeon

#endif  // STURGEON_RUNNERS_PANDA_KEEPER_H_
