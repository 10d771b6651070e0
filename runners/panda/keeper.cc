#include "runners/panda/keeper.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sturgeon {

absl::StatusOr<std::unique_ptr<Keeper>> Keeper::Create(const RunRequest& request,
                                                       const TrialOptions& options,
                                                       std::function<absl::Time()> clock) {
  if (request.study.config().objectives.size() != 1) {
    return absl::InvalidArgumentError(absl::StrCat("panda watches one objective; the study has ",
                                                   request.study.config().objectives.size(),
                                                   ": try another runner"));
  }
  std::unique_ptr<Keeper> keeper(new Keeper(request, std::move(clock)));
  if (request.checkpoints == nullptr) {
    absl::Status status = keeper->OpenSnapshots();
    if (!status.ok()) return status;
  }
  absl::StatusOr<std::unique_ptr<StudyRun>> run = StudyRun::Create(keeper->request_, options);
  if (!run.ok()) return run.status();
  keeper->run_ = *std::move(run);
  for (const Trial& trial : request.study.Trials()) {
    if (trial.finished() && request.study.space().Validate(trial.point).ok()) {
      keeper->diary_.Add(trial);
    }
  }
  return keeper;
}

absl::Status Keeper::OpenSnapshots() {
  CheckpointOptions options;
  options.study = config().name;
  options.note = [this](absl::string_view line) { Note(line); };
  absl::StatusOr<std::unique_ptr<CheckpointStore>> store = CheckpointStore::OpenTemporary(options);
  if (!store.ok()) return store.status();
  snapshots_ = *std::move(store);
  request_.checkpoints = snapshots_.get();
  return absl::OkStatus();
}

void Keeper::Rebuild(int64_t trial) {
  if (!can_save_) return;
  const std::vector<const Day*> chain = diary_.Chain(trial);
  size_t first = chain.size();
  while (first > 0 && !request_.checkpoints->Has(chain[first - 1]->trial)) --first;
  if (first == chain.size()) return;
  int64_t steps = 0;
  for (size_t i = first; i < chain.size(); ++i) steps += chain[i]->steps();
  Note(absl::StrCat("the snapshot of trial ", trial, " is not there: training the ", steps, " ",
                    request_.model.unit(), steps == 1 ? "" : "s", " before it once more"));
  for (size_t i = first; i < chain.size(); ++i) {
    const Day& day = *chain[i];
    Suggestion again;
    again.id = day.trial;
    again.point = day.point;
    again.budget = day.last_step;
    again.resume_from = day.from;
    again.origin = origin_;
    if (day.from.has_value() && !origin_.has_value()) again.origin = chain.front()->trial;
    again.space = &config().space;
    const Outcome outcome = run_->Execute(
        again,
        [](int64_t, absl::Span<const double>) -> absl::StatusOr<Decision> {
          return Decision::kContinue;
        },
        /*abandoned=*/nullptr);
    const bool same = outcome.state != TrialState::kFailed &&
                      config().objectives.front().Loss(outcome.values.front()) == day.loss;
    if (!same && outcome.failure != FailureKind::kCancelled) {
      Note(absl::StrCat("trial ", day.trial, " did not come to the same once more (",
                        outcome.state == TrialState::kFailed ? outcome.reason
                                                             : FourDigits(outcome.values.front()),
                        "); going on with what it came to"));
    }
    if (outcome.state == TrialState::kFailed) return;
  }
}

const Day* Keeper::Train(const Plan& plan, int64_t day, double minutes) {
  Proposal proposal;
  proposal.point = plan.point;
  proposal.resume_from = plan.from;
  if (!plan.last && minutes <= 0) proposal.budget = plan.last_step;
  if (plan.from.has_value() && plan.kind == Plan::kTrain) Rebuild(*plan.from);
  const std::optional<Suggestion> trial = run_->AskFor(proposal);
  if (!trial.has_value()) {
    over_ = true;
    return nullptr;
  }
  const bool ours = !trial->retry_of.has_value() && trial->resume_from == plan.from &&
                    SamePoint(trial->point, plan.point);
  if (!ours) {
    const Day* const before =
        trial->resume_from.has_value() ? diary_.Find(*trial->resume_from) : nullptr;
    const int64_t behind = before == nullptr ? 0 : before->last_step;
    return Run(*trial, trial->budget.value_or(behind + day), /*last=*/false, minutes,
               trial->retry_of.has_value() ? absl::StrCat("trial ", *trial->retry_of, " once more")
                                           : "enqueued");
  }
  if (plan.kind == Plan::kTake) {
    const Day& taken = *diary_.Find(*plan.from);
    Outcome outcome = Outcome::Complete({config().objectives.front().Loss(taken.loss)});
    const absl::StatusOr<Trial> before = request_.study.Get(taken.trial);
    if (before.ok()) outcome.constraints = before->constraints;
    CopySnapshot(taken.trial, trial->id);
    run_->Tell(trial->id, std::move(outcome));
    return Record(trial->id);
  }
  return Run(*trial, plan.last_step, plan.last, minutes, plan.why);
}

void Keeper::CopySnapshot(int64_t from, int64_t to) {
  if (snapshots_ != nullptr) return;  // they end with the run
  absl::StatusOr<Checkpoint> checkpoint = request_.checkpoints->Load(from);
  if (!checkpoint.ok()) return;  // it is trained once more where somebody wants it
  checkpoint->trial = to;
  const absl::Status kept = request_.checkpoints->Save(*std::move(checkpoint), /*paused=*/false);
  if (!kept.ok()) request_.checkpoints->NoteOnce(kept);
}

const Day* Keeper::TrainProposed(int64_t day, bool last, double minutes) {
  const std::vector<Suggestion> trials = run_->Ask(1);
  if (trials.empty()) {
    over_ = true;
    return nullptr;
  }
  const Suggestion& trial = trials.front();
  const int64_t last_step = std::min(day, trial.budget.value_or(day));
  const Day* const first =
      Run(trial, last_step, last && !trial.budget.has_value(), minutes,
          absl::StrCat("first day, ", DescribeChange(config().space, {}, trial.point)));
  // What it wanted no more of is not trained on.
  if (first != nullptr && trial.budget.has_value()) {
    stopped_by_strategy_ |= first->last_step >= *trial.budget;
  }
  return first;
}

const Day* Keeper::Run(Suggestion trial, int64_t last_step, bool last, double minutes,
                       const std::string& why) {
  if (origin_.has_value()) trial.origin = origin_;
  const int64_t max_steps = request_.model.max_steps();
  const absl::Time evening =
      minutes > 0 ? clock_() + absl::Minutes(minutes) : absl::InfiniteFuture();
  int64_t step = 0;
  bool finite = true, stopped = false;
  const ReportFunction report = [&](int64_t at,
                                    absl::Span<const double> metrics) -> absl::StatusOr<Decision> {
    step = at;
    finite = std::all_of(metrics.begin(), metrics.end(),
                         [](double metric) { return std::isfinite(metric); });
    absl::StatusOr<Decision> decision = request_.study.Report(trial.id, at, metrics);
    if (!decision.ok() || !finite) return decision;
    stopped = *decision != Decision::kContinue;
    const bool night = at >= last_step || clock_() >= evening;
    return night && !stopped ? Decision::kPause : *decision;
  };
  Outcome outcome = run_->Execute(trial, report, /*abandoned=*/nullptr);
  // A model of one step may have nothing to report.
  const bool full = step == 0 || step >= max_steps;
  if (outcome.state != TrialState::kFailed) {
    if (finite && (full || !stopped)) {
      outcome.state = full || last ? TrialState::kComplete : TrialState::kStopped;
      outcome.reason = full || last ? "" : why;
    }
    if (!full) can_save_ = request_.checkpoints->Has(trial.id);
  }
  over_ |= outcome.failure == FailureKind::kCancelled;
  stopped_by_strategy_ = stopped && !full;
  run_->Tell(trial.id, std::move(outcome));
  return Record(trial.id);
}

const Day* Keeper::Record(int64_t trial) {
  const absl::StatusOr<Trial> ended = request_.study.Get(trial);
  if (!ended.ok() || !ended->finished()) {
    over_ = true;
    return nullptr;
  }
  return &diary_.Add(*ended);
}

}  // namespace sturgeon
