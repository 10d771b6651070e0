#include "runners/study_run.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "core/checkpoint_store.h"

namespace sturgeon {

absl::StatusOr<std::unique_ptr<IsolatedModel>> StudyRun::Isolate(const RunRequest& request,
                                                                 const TrialOptions& options) {
  if (options.isolation != "process") return nullptr;
  if (request.source == nullptr) {
    return absl::FailedPreconditionError(
        "isolation=process: workers cannot make the model anew; RunRequest::source must say "
        "which plugin it is, with which options");
  }
  WorkerLimits limits;
  limits.call_time = TrialOptions::Limit(options.trial_timeout);
  limits.memory_bytes = options.memory_limit << 20;
  limits.cpu_time = TrialOptions::Limit(options.cpu_limit);
  return IsolatedModel::Make(request.model, *request.source, request.study.config().seed, limits,
                             StopToken(request.cancelled, absl::Now() + request.time_limit));
}

absl::StatusOr<std::unique_ptr<StudyRun>> StudyRun::Create(const RunRequest& request,
                                                           const TrialOptions& options) {
  const StudyConfig& study = request.study.config();
  // What is wrong with the request is found before a process is started for it.
  absl::StatusOr<TrialRunner> trial_runner =
      TrialRunner::Create(study, request.model, request.fixed, request.checkpoints);
  if (!trial_runner.ok()) return trial_runner.status();
  absl::StatusOr<std::unique_ptr<IsolatedModel>> isolated = Isolate(request, options);
  if (!isolated.ok()) return isolated.status();
  if (*isolated != nullptr) {
    trial_runner = TrialRunner::Create(study, **isolated, request.fixed, request.checkpoints);
  }
  if (!trial_runner.ok()) return trial_runner.status();
  std::unique_ptr<StudyRun> run(
      new StudyRun(request, *std::move(isolated), *std::move(trial_runner), options));
  run->CleanUp();
  return run;
}

StudyRun::StudyRun(const RunRequest& request, std::unique_ptr<IsolatedModel> isolated,
                   TrialRunner trial_runner, const TrialOptions& options)
    : request_(request),
      isolated_(std::move(isolated)),
      trial_runner_(std::move(trial_runner)),
      trial_timeout_(TrialOptions::Limit(options.trial_timeout)),
      start_(absl::Now()),
      limits_(request.cancelled, start_ + request.time_limit),
      stop_(&limits_, &failed_) {}

void StudyRun::Work() {
  {
    absl::MutexLock lock(&mutex_);
    ++active_;
  }
  while (const std::optional<Suggestion> trial = AskOrWait()) {
    const ReportFunction report = [&](int64_t step, absl::Span<const double> metrics) {
      return study().Report(trial->id, step, metrics);
    };
    Tell(trial->id, Execute(*trial, report, /*abandoned=*/nullptr));
  }
  absl::MutexLock lock(&mutex_);
  --active_;
}

std::optional<Suggestion> StudyRun::AskOrWait() {
  for (;;) {
    int64_t seen = 0;
    {
      absl::MutexLock lock(&mutex_);
      seen = started_;
    }
    std::vector<Suggestion> trials = Ask(1);
    if (!trials.empty()) return std::move(trials.front());
    // Whoever ends a trial asks again. Only if that brings one there may be more.
    const auto news = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return over_ || active_ == 0 || started_ != seen;
    };
    absl::MutexLock lock(&mutex_);
    --active_;
    mutex_.Await(absl::Condition(&news));
    ++active_;
    if (started_ == seen) return std::nullopt;
  }
}

std::optional<int64_t> StudyRun::Room() const {
  if (request_.trials == 0) return std::nullopt;
  return std::max<int64_t>(0, request_.trials - study().counts().total());
}

std::vector<Suggestion> StudyRun::Ask(int count) {
  return StartTrials([&] { return study().Ask(count, request_.trials); });
}

std::optional<Suggestion> StudyRun::AskFor(const Proposal& proposal) {
  std::vector<Suggestion> trials = StartTrials([&]() -> absl::StatusOr<std::vector<Suggestion>> {
    absl::StatusOr<std::optional<Suggestion>> trial = study().AskFor(proposal, request_.trials);
    if (!trial.ok()) return trial.status();
    std::vector<Suggestion> started;
    if (trial->has_value()) started.push_back(**std::move(trial));
    return started;
  });
  if (trials.empty()) return std::nullopt;
  return std::move(trials.front());
}

void StudyRun::WaitWhilePaused() {
  while (study().paused() && !stop_.stop_requested()) {
    bool tell = false;
    {
      absl::MutexLock lock(&mutex_);
      if (over_) return;
      tell = !std::exchange(told_pause_, true);
    }
    if (tell) study().Note("the study is paused: no trial starts until it is resumed");
    absl::SleepFor(absl::Milliseconds(100));
  }
  bool tell = false;
  {
    absl::MutexLock lock(&mutex_);
    tell = std::exchange(told_pause_, false) && !over_;
  }
  if (tell && !stop_.stop_requested()) study().Note("the study goes on");
}

std::vector<Suggestion> StudyRun::StartTrials(const StartFunction& start) {
  WaitWhilePaused();
  // Held while the study is asked, so that no two callers fill the same room.
  absl::MutexLock lock(&mutex_);
  const auto end = [this](RunEnd why) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    summary_.end = why;
    over_ = true;
    return std::vector<Suggestion>();
  };
  if (over_) return {};
  if (Room() == 0 && !study().retries()) return end(RunEnd::kTrials);
  if (limits_.cancelled()) return end(RunEnd::kCancelled);
  if (limits_.past_deadline()) return end(RunEnd::kTimeLimit);
  // A trial that still runs may fail and be repeated, or its result be what the strategy needs to
  // go on: whoever runs it asks again. (It may end while the strategy is asked, which knows nothing
  // of it.)
  const bool some_run = study().retries() || study().counts().running > 0;
  absl::StatusOr<std::vector<Suggestion>> trials = start();
  if (!trials.ok()) {
    FailLocked(trials.status());
    return {};
  }
  if (trials->empty()) {
    summary_.end = Room() == 0               ? RunEnd::kTrials
                   : study().out_of_budget() ? RunEnd::kBudget
                                             : RunEnd::kExhausted;
    over_ = !some_run;
  }
  started_ += static_cast<int64_t>(trials->size());
  if (request_.checkpoints != nullptr) {
    for (const Suggestion& trial : *trials) {
      for (const std::optional<int64_t>& from : {trial.retry_of, trial.resume_from}) {
        if (from.has_value()) request_.checkpoints->Want(*from);
      }
    }
  }
  return *std::move(trials);
}

Outcome StudyRun::Execute(const Suggestion& trial, const ReportFunction& report,
                          const std::atomic<bool>* abandoned) {
  const StopToken stop(&stop_, abandoned);
  const auto run = [&] { return trial_runner_.Run(trial, stop, trial_timeout_, report); };
  absl::StatusOr<Outcome> outcome = isolated_ == nullptr ? run() : isolated_->WithWorker(stop, run);
  if (outcome.ok()) return *std::move(outcome);
  Fail(outcome.status());
  return Outcome::Failed(FailureKind::kError, std::string(outcome.status().message()));
}

void StudyRun::Tell(int64_t id, Outcome outcome) {
  const bool cut_off = outcome.failure == FailureKind::kCancelled;
  absl::Status status = study().Tell(id, std::move(outcome));
  // What it has become: one whose budget was less than a full training is stopped.
  const absl::StatusOr<Trial> trial = study().Get(id);
  const TrialState state = trial.ok() ? trial->state : TrialState::kFailed;
  if (trial.ok()) CleanUpAfter(*trial);
  absl::MutexLock lock(&mutex_);
  summary_.complete += state == TrialState::kComplete;
  summary_.stopped += state == TrialState::kStopped;
  summary_.failed += state == TrialState::kFailed;
  if (cut_off) {
    over_ = true;
    summary_.end = limits_.cancelled() ? RunEnd::kCancelled : RunEnd::kTimeLimit;
  }
  if (!status.ok()) FailLocked(std::move(status));
}

void StudyRun::Fail(absl::Status status) {
  absl::MutexLock lock(&mutex_);
  FailLocked(std::move(status));
}

void StudyRun::FailLocked(absl::Status status) {
  status_.Update(std::move(status));
  over_ = true;
  failed_ = true;
}

void StudyRun::CleanUpAfter(const Trial& trial) {
  if (request_.checkpoints == nullptr || !trial.finished()) return;
  request_.checkpoints->Ended(trial, study().config(),
                              study().retries() && trial.failure != FailureKind::kCancelled);
}

void StudyRun::CleanUp() {
  if (request_.checkpoints == nullptr) return;
  for (const int64_t id : request_.checkpoints->Unended()) {
    const absl::StatusOr<Trial> trial = study().Get(id);
    if (trial.ok()) CleanUpAfter(*trial);
  }
}

absl::StatusOr<RunSummary> StudyRun::Finish() {
  CleanUp();
  absl::MutexLock lock(&mutex_);
  if (!status_.ok()) return status_;
  summary_.elapsed = absl::Now() - start_;
  return summary_;
}

}  // namespace sturgeon
