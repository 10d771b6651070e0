#include "strategies/asha/asha.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sturgeon {

const Schema<AshaOptions>& AshaStrategy::OptionSchema() {
  static const auto* const schema = [] {
    auto* const made = new Schema<AshaOptions>();
    AddRungOptions(*made);
    made->Add("patience", &AshaOptions::patience,
              "A rung promotes nothing before it has eta^patience results, fewer near the top: "
              "eta^1 at the last but one. 1: as soon as it can.",
              Between(1, 20));
    made->Add("brackets", &AshaOptions::brackets,
              "At how many of the rungs, from the lowest, new configurations start, in hyperband's "
              "proportions. 0: at all; 1: at the lowest alone.",
              AtLeast(0));
    return made;
  }();
  return *schema;
}

absl::StatusOr<std::unique_ptr<Strategy>> AshaStrategy::Create(AshaOptions options,
                                                               const StrategyContext& context) {
  absl::Status status = CheckOneObjective(context.study);
  if (!status.ok()) return status;
  absl::StatusOr<Rungs> rungs = Rungs::Create(options.eta, options.min_steps, context.study);
  if (!rungs.ok()) return rungs.status();
  std::unique_ptr<AshaStrategy> strategy(new AshaStrategy(options, *std::move(rungs), context));
  context.note(absl::StrCat("asha: rungs at ", strategy->rungs_.Describe(context.study),
                            "; the best 1 / ", options.eta, " of each goes on"));
  auto searcher = Searcher::Create(options.over, 0, strategy->history_, context);
  if (!searcher.ok()) return searcher.status();
  strategy->searcher_ = *std::move(searcher);
  return std::unique_ptr<Strategy>(std::move(strategy));
}

AshaStrategy::AshaStrategy(const AshaOptions& options, Rungs rungs, const StrategyContext& context)
    : rungs_(std::move(rungs)),
      history_(rungs_, context.study),
      standings_(rungs_.size(), asha::Standings(rungs_.eta())),
      starts_(HyperbandCycle(rungs_)) {
  for (int k = 0; k < rungs_.top(); ++k) {
    const int power = std::min(options.patience, rungs_.top() - k);
    first_promotion_.push_back(std::pow(rungs_.eta(), power));
  }
  if (options.brackets > 0 && options.brackets < rungs_.size()) starts_.resize(options.brackets);
  for (const BracketKind& kind : starts_) cycle_ += kind.size;
}

int AshaStrategy::StartOf(int64_t begun) const {
  int64_t place = begun % cycle_;
  size_t k = 0;
  while (place >= starts_[k].size) place -= starts_[k++].size;
  return starts_[k].lowest;
}

absl::Status AshaStrategy::Tell(absl::Span<const Trial* const> finished) {
  for (const Trial* trial : finished) {
    const RungHistory::Change change = history_.Add(*trial);
    const Configuration& one = *change.configuration;
    searcher_->Told(change);
    if (change.rung < 0 || one.results[change.rung] != trial) continue;
    asha::Standings& standings = standings_[change.rung];
    if (change.before != nullptr) {
      standings.Remove(history_.StandingOf(one, change.rung, *change.before));
    }
    standings.Add(history_.StandingOf(one, change.rung), one.highest == change.rung);
    for (int k = 0; k < change.rung; ++k) {
      if (one.results[k] != nullptr) standings_[k].GoneOn(history_.StandingOf(one, k));
    }
  }
  return absl::OkStatus();
}

void AshaStrategy::Promote(const Configuration& configuration, int rung, Batch& batch) const {
  Proposal& proposal = batch.proposals.emplace_back();
  proposal.point = configuration.first->point;
  proposal.budget = rungs_.budget(rung);
  proposal.resume_from = configuration.results[rung - 1]->id;
  batch.going_on.insert(&configuration);
  ++batch.running[rung];
  PendingTrial& trial = batch.pending.emplace_back();
  trial.id = batch.next_id++;
  trial.point = configuration.first->point;
  trial.budget = proposal.budget;
  trial.resume_from = proposal.resume_from;
}

void AshaStrategy::PromoteTheBest(bool patient, Batch& batch) const {
  for (int k = rungs_.top() - 1; k >= 0; --k) {
    if (patient && static_cast<double>(standings_[k].size()) < first_promotion_[k]) continue;
    for (const Standing& standing : standings_[k].waiting()) {
      if (batch.full()) return;
      if (!standings_[k].IsTop(standing)) break;
      const Configuration* const one = history_.Find(standing.id);
      if (!batch.going_on.contains(one)) Promote(*one, k + 1, batch);
    }
  }
}

void AshaStrategy::PromoteLoneRungs(Batch& batch) const {
  for (int k = rungs_.top() - 1; k >= 0 && !batch.full(); --k) {
    if (standings_[k + 1].alive() > 0 || batch.running[k + 1] > 0) return;
    for (const Standing& standing : standings_[k].waiting()) {
      const Configuration* const one = history_.Find(standing.id);
      if (batch.going_on.contains(one)) continue;
      Promote(*one, k + 1, batch);
      break;
    }
  }
}

absl::Status AshaStrategy::Begin(const AskRequest& request, Batch& batch) const {
  const auto wanted = static_cast<int>(batch.count - batch.proposals.size());
  absl::StatusOr<std::vector<Point>> points =
      searcher_->Propose(batch.next_id, wanted, batch.pending);
  if (!points.ok()) return points.status();
  auto begun = static_cast<int64_t>(history_.size());
  for (const PendingTrial& trial : request.pending) begun += history_.ResumedBy(trial) == nullptr;
  for (Point& point : *points) {
    const int rung = StartOf(begun++);
    Proposal& proposal = batch.proposals.emplace_back();
    proposal.point = std::move(point);
    proposal.budget = rungs_.budget(rung);
    ++batch.running[rung];
    ++batch.next_id;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Proposal>> AshaStrategy::Ask(const AskRequest& request) {
  Batch batch;
  batch.next_id = request.first_id;
  batch.count = static_cast<size_t>(request.count);
  batch.pending.assign(request.pending.begin(), request.pending.end());
  batch.running.resize(rungs_.size());
  for (const PendingTrial& trial : request.pending) {
    const Configuration* const resumed = history_.ResumedBy(trial);
    if (resumed != nullptr) batch.going_on.insert(resumed);
    const int rung = rungs_.RungOf(trial.budget);
    if (rung >= 0) ++batch.running[rung];
  }

  PromoteTheBest(/*patient=*/true, batch);
  if (!batch.full()) {
    absl::Status status = Begin(request, batch);
    if (!status.ok()) return status;
  }
  // There is nothing more to begin: what could be promoted need not wait for other results.
  if (!batch.full()) PromoteTheBest(/*patient=*/false, batch);
  if (!batch.full()) PromoteLoneRungs(batch);
  return std::move(batch.proposals);
}

}  // namespace sturgeon
