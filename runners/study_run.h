// One run of a study: its limits, its end and its summary. What all runners in this process have in
// common; a runner adds who works, and in which order the study hears of it.
//
// The plainest runner:
//
//   auto run = StudyRun::Create(request, TrialOptions());
//   if (!run.ok()) return run.status();
//   (*run)->Work();              // or in several threads at once
//   return (*run)->Finish();
#ifndef STURGEON_RUNNERS_STUDY_RUN_H_
#define STURGEON_RUNNERS_STUDY_RUN_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/runner.h"
#include "core/stop_token.h"
#include "core/strategy.h"
#include "core/study.h"
#include "core/trial.h"
#include "runners/isolation/isolated_model.h"
#include "runners/trial_options.h"
#include "runners/trial_run.h"

namespace sturgeon {

// Threads: every method may be called from any thread at any time, Finish after all others.
class StudyRun {
 public:
  // The clock of the time limit starts here. `request` must outlive the run. InvalidArgument: the
  // study and the model do not fit together. With isolation=process also FailedPrecondition: the
  // request does not say what its model was made from, or this program does not serve as a worker;
  // and why a worker cannot load the model.
  static absl::StatusOr<std::unique_ptr<StudyRun>> Create(const RunRequest& request,
                                                          const TrialOptions& options);

  // Runner::Isolated, by the same options; with the errors of Create.
  static absl::StatusOr<std::unique_ptr<IsolatedModel>> Isolate(const RunRequest& request,
                                                                const TrialOptions& options);

  // Asks for a trial, runs it and tells what came of it, until there is no other. Where there is
  // none now but other workers have trials, whose results may bring some (the members of a rung, a
  // failed trial to repeat), it waits for them.
  void Work();

  // The parts of Work, for runners with an order of their own.
  //
  // Starts up to `count` trials, as far as the run's limits allow. None: there will be no other.
  std::vector<Suggestion> Ask(int count);
  // Likewise one trial, by Study::AskFor. nullopt: there will be no other.
  std::optional<Suggestion> AskFor(const Proposal& proposal);
  // Runs a trial; calls the study only through `report`. The trial is cut off as well when
  // `abandoned` is set (nullptr: it never is).
  Outcome Execute(const Suggestion& trial, const ReportFunction& report,
                  const std::atomic<bool>* abandoned);
  void Tell(int64_t id, Outcome outcome);

  // Ends the run by an error of the study or its strategy: nothing more is asked for, trials that
  // run are cut off, and Finish returns the first such error. Ask, Execute and Tell do so.
  void Fail(absl::Status status);

  // How many trials the limit leaves room for; nullopt: there is no limit.
  std::optional<int64_t> Room() const;

  Study& study() const { return request_.study; }
  const TrialRunner& trial_runner() const { return trial_runner_; }

  absl::StatusOr<RunSummary> Finish();

 private:
  StudyRun(const RunRequest& request, std::unique_ptr<IsolatedModel> isolated,
           TrialRunner trial_runner, const TrialOptions& options);

  // Starts trials by `start`, as far as the run's limits allow.
  using StartFunction = std::function<absl::StatusOr<std::vector<Suggestion>>()>;
  std::vector<Suggestion> StartTrials(const StartFunction& start);

  // Waits while a user has the study paused, and the run may still go on.
  void WaitWhilePaused() ABSL_LOCKS_EXCLUDED(mutex_);

  // One trial for a worker, once there is one; nullopt: there will be none.
  std::optional<Suggestion> AskOrWait() ABSL_LOCKS_EXCLUDED(mutex_);

  // Tells the store of checkpoints, if there is one, how a trial has ended; all those of which it
  // does not know and the study does (another process may have told).
  void CleanUpAfter(const Trial& trial);
  void CleanUp();
  void FailLocked(absl::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const RunRequest& request_;
  const std::unique_ptr<IsolatedModel> isolated_;  // nullptr: trials train in this process
  const TrialRunner trial_runner_;
  const absl::Duration trial_timeout_;
  const absl::Time start_;
  std::atomic<bool> failed_{false};
  const StopToken limits_;  // cancellation and the time limit
  const StopToken stop_;    // these, and an error

  absl::Mutex mutex_;  // taken before the study's
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  bool over_ ABSL_GUARDED_BY(mutex_) = false;    // nothing more is asked for
  int64_t started_ ABSL_GUARDED_BY(mutex_) = 0;  // trials
  int active_ ABSL_GUARDED_BY(mutex_) = 0;       // workers that do not wait
  bool told_pause_ ABSL_GUARDED_BY(mutex_) = false;
  RunSummary summary_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sturgeon

#endif  // STURGEON_RUNNERS_STUDY_RUN_H_
