#include "runners/caviar/in_order.h"

#include <utility>

namespace sturgeon {

InOrder::InOrder(StudyRun& run, Schedule schedule, int width)
    : run_(run), schedule_(schedule), width_(width) {
  absl::MutexLock lock(&mutex_);
  Ask();
}

void InOrder::Work() {
  const auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !waiting_.empty() || no_more_;
  };
  for (;;) {
    std::shared_ptr<Slot> slot;
    {
      // A wait for the head to end. Its token tells it to when the run is cancelled.
      absl::MutexLock lock(&mutex_, absl::Condition(&ready));
      if (waiting_.empty()) return;
      slot = std::move(waiting_.front());
      waiting_.pop_front();
    }
    Outcome outcome = run_.Execute(
        slot->trial,
        [&](int64_t step, absl::Span<const double> metrics) {
          return OnReport(*slot, step, metrics);
        },
        &slot->abandoned);
    absl::MutexLock lock(&mutex_);
    // What was decided in the meantime, from earlier reports, counts.
    if (slot->outcome.has_value()) continue;
    slot->outcome = std::move(outcome);
    Advance();
  }
}

void InOrder::Ask() {
  const auto wanted = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (schedule_ == Schedule::kRounds) return under_way_.empty() ? width_ : 0;
    return static_cast<int>(under_way_.size()) < width_ ? 1 : 0;
  };
  while (!no_more_ && wanted() > 0) {
    std::vector<Suggestion> trials = run_.Ask(wanted());
    no_more_ = trials.empty();
    for (Suggestion& trial : trials) {
      under_way_.push_back(std::make_shared<Slot>(std::move(trial)));
      waiting_.push_back(under_way_.back());
    }
  }
}

void InOrder::Advance() {
  while (!under_way_.empty()) {
    Slot& head = *under_way_.front();
    PassReports(head);
    if (!head.outcome.has_value()) return;
    // It may be repeated, or the strategy go on from its result, though there was nothing to try.
    no_more_ = false;
    run_.Tell(head.trial.id, *std::move(head.outcome));
    under_way_.pop_front();
    Ask();
  }
}

void InOrder::PassReports(Slot& head) {
  const std::vector<Report> held = std::exchange(head.held, {});
  for (const Report& report : held) {
    const absl::StatusOr<Decision> decision =
        run_.study().Report(head.trial.id, report.step, report.metrics);
    if (!decision.ok()) return run_.Fail(decision.status());
    std::optional<Outcome> outcome =
        run_.trial_runner().AfterReport(head.trial, report.step, report.metrics, *decision);
    if (outcome.has_value()) {
      head.outcome = std::move(outcome);
      head.abandoned = true;
      return;
    }
  }
}

absl::StatusOr<Decision> InOrder::OnReport(Slot& slot, int64_t step,
                                           absl::Span<const double> metrics) {
  absl::MutexLock lock(&mutex_);
  if (slot.outcome.has_value()) return Decision::kStop;
  if (under_way_.front().get() == &slot) return run_.study().Report(slot.trial.id, step, metrics);
  slot.held.push_back({step, {metrics.begin(), metrics.end()}});
  return Decision::kContinue;
}

}  // namespace sturgeon
