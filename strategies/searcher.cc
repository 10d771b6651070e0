#include "strategies/searcher.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"
#include "core/plugins.h"
#include "core/random.h"
#include "strategies/median.h"

namespace sturgeon {
namespace {

// Far from the streams of the inner strategy, which draws for the same trials.
constexpr uint32_t kShareStream = 0x52756e00;
constexpr uint32_t kRandomStream = kShareStream + 1;
constexpr uint32_t kRepairStream = kShareStream + 2;

double Finite(double v) {
  constexpr double kMost = std::numeric_limits<double>::max();
  return std::min(std::max(v, -kMost), kMost);
}

std::string WithoutDigits(absl::string_view line) {
  std::string kept(line);
  kept.erase(std::remove_if(kept.begin(), kept.end(), absl::ascii_isdigit), kept.end());
  return kept;
}

StudyConfig WithoutSteps(StudyConfig study) {
  study.max_steps = 0;
  return study;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Searcher>> Searcher::Create(PluginSpec inner, double random_share,
                                                           const RungHistory& history,
                                                           const StrategyContext& context) {
  std::unique_ptr<Searcher> searcher(
      new Searcher(std::move(inner), random_share, history, context));
  absl::Status status = searcher->Renew();
  if (!status.ok()) return status;
  return searcher;
}

Searcher::Searcher(PluginSpec inner, double random_share, const RungHistory& history,
                   const StrategyContext& context)
    : spec_(std::move(inner)),
      random_share_(random_share),
      history_(history),
      study_(context.study),
      inner_study_(WithoutSteps(context.study)),
      context_{inner_study_, context.plugins,
               [this, note = context.note](absl::string_view line) {
                 if (noted_.insert(WithoutDigits(line)).second) note(line);
               }},
      tried_(context.study) {}

absl::Status Searcher::Renew() {
  auto made = context_.plugins.strategies.Create(spec_, context_, "over");
  if (!made.ok()) return made.status();
  inner_ = *std::move(made);
  views_.clear();
  told_.clear();
  return absl::OkStatus();
}

void Searcher::Told(const RungHistory::Change& change) {
  tried_.Add(change.configuration->first->point);
  changed_.insert(change.configuration);
}

Searcher::Offsets Searcher::OffsetsFrom(int lowest) const {
  const size_t objectives = study_.objectives.size();
  const int top = history_.rungs().top();
  Offsets offsets(top + 1, Values(objectives, 0.0));
  for (int k = top - 1; k >= lowest; --k) {
    std::vector<std::vector<double>> gains(objectives);
    for (int at = k + 1; at <= top; ++at) {
      for (const Configuration* one : history_.AtMost(at)) {
        const Trial* const before = one->results[k];
        const Trial* const after = one->results[k + 1];
        if (before == nullptr || after == nullptr) continue;
        if (history_.StandingOf(*one, k).out || history_.StandingOf(*one, k + 1).out) continue;
        for (size_t m = 0; m < objectives; ++m) {
          gains[m].push_back(Finite(after->values[m] - before->values[m]));
        }
      }
    }
    offsets[k] = offsets[k + 1];
    for (size_t m = 0; m < objectives; ++m) {
      if (!gains[m].empty()) offsets[k][m] = Finite(offsets[k][m] + Median(std::move(gains[m])));
    }
  }
  return offsets;
}

Trial Searcher::View(const Configuration& configuration, const Offsets& offsets) const {
  const int rung = configuration.highest;
  const Trial& result = *configuration.results[rung];
  Trial view;
  view.id = configuration.id();
  view.point = configuration.first->point;
  view.state = result.state;
  view.failure = result.failure;
  view.constraints = result.constraints;
  view.reason = result.reason;
  if (!result.values.empty()) {
    if (!history_.StandingOf(configuration, rung).out) view.state = TrialState::kComplete;
    view.values = result.values;
    for (size_t m = 0; m < view.values.size(); ++m) {
      view.values[m] = Finite(view.values[m] + offsets[rung][m]);
    }
  }
  return view;
}

absl::Status Searcher::Refresh() {
  if (changed_.empty()) return absl::OkStatus();
  const int top = history_.rungs().top();
  int lowest = top;
  size_t count = history_.AtMost(top).size();
  while (lowest > 0 && count + history_.AtMost(lowest - 1).size() <= kMostTold) {
    count += history_.AtMost(--lowest).size();
  }
  // What has reached the top stays as it is; anything else that comes may change what was told.
  bool fresh = lowest != lowest_;
  for (const Configuration* one : changed_) {
    fresh |= told_.contains(one->id()) || (one->highest > lowest && lowest < top);
  }

  RungHistory::Ordered news;
  if (fresh) {
    absl::Status status = told_.empty() ? absl::OkStatus() : Renew();
    if (!status.ok()) return status;
    for (int k = lowest; k <= top; ++k) {
      news.insert(history_.AtMost(k).begin(), history_.AtMost(k).end());
    }
  } else {
    for (const Configuration* one : changed_) {
      if (one->highest >= lowest) news.insert(one);
    }
  }
  lowest_ = lowest;
  changed_.clear();
  const Offsets offsets = OffsetsFrom(lowest);
  std::vector<const Trial*> told;
  for (const Configuration* one : news) {
    told.push_back(&views_.emplace_back(View(*one, offsets)));
    told_.insert(one->id());
  }
  return told.empty() ? absl::OkStatus() : inner_->Tell(told);
}

Point Searcher::RandomPoint(int64_t id) const {
  const SearchSpace& space = study_.space;
  RandomStream rng(study_.seed, id, kRandomStream);
  Point point(space.size());
  for (double& u : point) u = rng.Uniform();
  space.FromUnit(point, absl::MakeSpan(point));
  return point;
}

absl::StatusOr<std::vector<Point>> Searcher::Propose(int64_t first_id, int count,
                                                     absl::Span<const PendingTrial> pending) {
  absl::Status status = Refresh();
  if (!status.ok()) return status;
  // To the inner strategy each configuration that runs and of which it knows nothing is a trial.
  std::vector<PendingTrial> running;
  absl::flat_hash_set<int64_t> seen;
  for (const PendingTrial& trial : pending) {
    const Configuration* const resumed = history_.ResumedBy(trial);
    const int64_t id = resumed == nullptr ? trial.id : resumed->id();
    if (told_.contains(id) || !seen.insert(id).second) continue;
    running.push_back({id, trial.point});
  }
  std::sort(running.begin(), running.end(),
            [](const PendingTrial& a, const PendingTrial& b) { return a.id < b.id; });
  tried_.SetPending(pending);

  std::vector<Point> points;
  points.reserve(count);  // `running` refers to them
  for (int64_t id = first_id; id < first_id + count; ++id) {
    Point wanted;
    if (RandomStream(study_.seed, id, kShareStream).Uniform() < random_share_) {
      wanted = RandomPoint(id);
    } else {
      auto proposals = inner_->Ask({id, 1, running});
      if (!proposals.ok()) return proposals.status();
      if (proposals->empty()) break;
      wanted = std::move(proposals->front().point);
    }
    RandomStream rng(study_.seed, id, kRepairStream);
    std::optional<Point> point = tried_.Untried(wanted, rng);
    if (!point.has_value()) break;
    tried_.AddPending(*point);
    points.push_back(*std::move(point));
    running.push_back({id, points.back()});
  }
  return points;
}

}  // namespace sturgeon
