#include "strategies/brackets.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sturgeon {

std::vector<BracketKind> HyperbandCycle(const Rungs& rungs) {
  std::vector<BracketKind> cycle;
  const int64_t kinds = rungs.size();
  for (int s = rungs.top(); s >= 0; --s) {
    int64_t size = kinds;
    for (int k = 0; k < s; ++k) size *= rungs.eta();
    cycle.push_back({rungs.top() - s, (size + s) / (s + 1)});
  }
  return cycle;
}

absl::StatusOr<std::unique_ptr<Strategy>> BracketStrategy::Create(
    absl::string_view name, Rungs rungs, std::vector<BracketKind> cycle, const PluginSpec& over,
    double random_share, const StrategyContext& context) {
  absl::Status status = CheckOneObjective(context.study);
  if (!status.ok()) return status;
  std::unique_ptr<BracketStrategy> strategy(
      new BracketStrategy(std::move(rungs), std::move(cycle), context));
  context.note(absl::StrCat(
      name, ": rungs at ", strategy->rungs_.Describe(context.study), "; brackets of ",
      absl::StrJoin(
          strategy->series_, ", ",
          [](std::string* out, const Series& series) { absl::StrAppend(out, series.kind.size); }),
      " configurations"));
  auto searcher = Searcher::Create(over, random_share, strategy->history_, context);
  if (!searcher.ok()) return searcher.status();
  strategy->searcher_ = *std::move(searcher);
  return std::unique_ptr<Strategy>(std::move(strategy));
}

BracketStrategy::BracketStrategy(Rungs rungs, std::vector<BracketKind> cycle,
                                 const StrategyContext& context)
    : rungs_(std::move(rungs)), history_(rungs_, context.study), series_at_(rungs_.size(), -1) {
  for (const BracketKind& kind : cycle) {
    series_at_[kind.lowest] = static_cast<int>(series_.size());
    series_.push_back({kind, {}, 0});
  }
}

absl::Status BracketStrategy::Tell(absl::Span<const Trial* const> finished) {
  for (const Trial* trial : finished) {
    const RungHistory::Change change = history_.Add(*trial);
    searcher_->Told(change);
    const Configuration* const one = change.configuration;
    const int lowest = rungs_.RungOf(one->first->budget);
    if (lowest < 0 || series_at_[lowest] < 0) continue;
    Series& series = series_[series_at_[lowest]];
    auto place =
        std::lower_bound(series.begun.begin(), series.begun.end(), one, RungHistory::ById());
    if (trial == one->first) place = series.begun.insert(place, one);
    const auto bracket = static_cast<size_t>((place - series.begun.begin()) / series.kind.size);
    series.closed = std::min(series.closed, bracket);
  }
  return absl::OkStatus();
}

bool BracketStrategy::BracketDue(const Series& series, size_t age, const Batch& batch,
                                 std::vector<const Configuration*> members,
                                 std::vector<Due>& due) const {
  auto alive = static_cast<int64_t>(members.size());  // so many may be at the rung
  for (int k = series.kind.lowest; k < rungs_.top(); ++k) {
    std::vector<Standing> standings;
    for (const Configuration* one : members) {
      if (one->results[k] == nullptr) return false;
      standings.push_back(history_.StandingOf(*one, k));
    }
    std::sort(standings.begin(), standings.end());
    alive = std::max<int64_t>(1, alive / rungs_.eta());
    // Those that have gone on are of the best; more so when a repeated trial came late.
    members.clear();
    std::vector<const Configuration*> others;
    for (const Standing& standing : standings) {
      const Configuration* const one = history_.Find(standing.id);
      if (one->highest > k || batch.going_on.contains(one)) {
        members.push_back(one);
      } else if (!standing.out) {
        others.push_back(one);
      }
    }
    for (const Configuration* one : others) {
      if (static_cast<int64_t>(members.size()) >= alive) break;
      members.push_back(one);
      due.push_back({age, one, k + 1});
    }
    if (members.empty()) return true;
  }
  return std::all_of(members.begin(), members.end(), [this](const Configuration* one) {
    return one->results[rungs_.top()] != nullptr;
  });
}

std::vector<BracketStrategy::Due> BracketStrategy::AllDue(const Batch& batch, bool all) {
  std::vector<Due> due;
  for (size_t s = 0; s < series_.size(); ++s) {
    Series& series = series_[s];
    const auto size = static_cast<size_t>(series.kind.size);
    // No bracket that has come to its end has a running trial, or one after a running trial.
    auto told = series.begun.begin() + static_cast<ptrdiff_t>(series.closed * size);
    auto running = batch.begun[s].begin();
    for (size_t bracket = series.closed; told != series.begun.end(); ++bracket) {
      std::vector<const Configuration*> members;
      size_t begun = 0;
      for (; begun < size; ++begun) {
        const bool more = running != batch.begun[s].end();
        if (told == series.begun.end() && !more) break;
        if (told == series.begun.end() || (more && *running < (*told)->id())) {
          ++running;
        } else {
          members.push_back(*told++);
        }
      }
      if (members.size() < begun || (begun < size && !all)) continue;
      const bool ended =
          BracketDue(series, bracket * series_.size() + s, batch, std::move(members), due);
      if (ended && begun == size && bracket == series.closed) ++series.closed;
    }
  }
  std::stable_sort(due.begin(), due.end(),
                   [](const Due& a, const Due& b) { return a.age < b.age; });
  return due;
}

void BracketStrategy::Promote(absl::Span<const Due> due, Batch& batch) const {
  for (const Due& one : due) {
    if (batch.full()) return;
    Proposal& proposal = batch.proposals.emplace_back();
    proposal.point = one.configuration->first->point;
    proposal.budget = rungs_.budget(one.rung);
    proposal.resume_from = one.configuration->results[one.rung - 1]->id;
    PendingTrial& trial = batch.pending.emplace_back();
    trial.id = batch.next_id++;
    trial.point = one.configuration->first->point;
    trial.budget = proposal.budget;
    trial.resume_from = proposal.resume_from;
    batch.going_on.insert(one.configuration);
  }
}

size_t BracketStrategy::NextSeries(const Batch& batch) const {
  size_t next = 0, age_of_next = 0;
  for (size_t s = 0; s < series_.size(); ++s) {
    const size_t begun = series_[s].begun.size() + batch.begun[s].size();
    const size_t age = begun / static_cast<size_t>(series_[s].kind.size) * series_.size() + s;
    if (s > 0 && age >= age_of_next) continue;
    next = s;
    age_of_next = age;
  }
  return next;
}

absl::StatusOr<std::vector<Proposal>> BracketStrategy::Ask(const AskRequest& request) {
  Batch batch;
  batch.next_id = request.first_id;
  batch.count = static_cast<size_t>(request.count);
  batch.pending.assign(request.pending.begin(), request.pending.end());
  batch.begun.resize(series_.size());
  for (const PendingTrial& trial : request.pending) {
    const Configuration* const resumed = history_.ResumedBy(trial);
    if (resumed != nullptr) {
      batch.going_on.insert(resumed);
      continue;
    }
    const int rung = rungs_.RungOf(trial.budget);
    if (rung >= 0 && series_at_[rung] >= 0) batch.begun[series_at_[rung]].push_back(trial.id);
  }

  Promote(AllDue(batch, /*all=*/false), batch);
  if (batch.full()) return std::move(batch.proposals);
  const int wanted = request.count - static_cast<int>(batch.proposals.size());
  absl::StatusOr<std::vector<Point>> points =
      searcher_->Propose(batch.next_id, wanted, batch.pending);
  if (!points.ok()) return points.status();
  for (Point& point : *points) {
    const size_t s = NextSeries(batch);
    batch.begun[s].push_back(batch.next_id++);
    Proposal& proposal = batch.proposals.emplace_back();
    proposal.point = std::move(point);
    proposal.budget = rungs_.budget(series_[s].kind.lowest);
  }
  if (!batch.full()) Promote(AllDue(batch, /*all=*/true), batch);
  return std::move(batch.proposals);
}

}  // namespace sturgeon
