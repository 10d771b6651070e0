#include "strategies/tpe/tpe.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>

#include "core/random.h"
#include "core/study_config.h"
#include "strategies/start.h"

namespace sturgeon {
namespace {

using tpe::Kernel;
using tpe::Record;
using tpe::Split;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr uint32_t kRepairStream = kFirstPluginStream;
constexpr uint32_t kBeliefStream = kFirstPluginStream + 1;

constexpr int kMostFirstPoints = 3;  // of earlier studies
constexpr double kBeliefTrials = 2;
constexpr double kEarlierTrials = 5;
constexpr double kHalfKnown = 10;  // after so many trials the two weigh half of that
constexpr double kLeastAge = 1e-3;

// A group that was tried less often is sampled evenly.
constexpr int64_t kFewest = 2;

}  // namespace

const Schema<TpeOptions>& TpeStrategy::OptionSchema() {
  using Options = TpeOptions;
  static const auto* const schema = new Schema<Options>(
      Schema<Options>()
          .Add("startup_trials", &Options::startup_trials,
               "So many trials must have values before it learns from them.", Between(1, 100000))
          .Add("sampler", &Options::sampler,
               "Where the trials at the start lie: a sampler, with options of its own.")
          .Add("start_at_default", &Options::start_at_default,
               "Whether the first trial has the parameters' defaults (or the middle of their "
               "scales), or what they are believed to be best at.")
          .Add("candidates", &Options::candidates,
               "So many points are drawn where the good trials are, and the best is proposed.",
               Between(1, 10000))
          .Add("gamma", &Options::gamma, "The share of trials that count as good.",
               Between(0.001, 0.5))
          .Add("max_good", &Options::max_good, "No more trials than these count as good.",
               Between(1, 100))
          .Add("bandwidth", &Options::bandwidth,
               "How far a trial's kernel reaches at first, as a share of a parameter's own scale.",
               Between(0.001, 1.0))
          .Add("prior_weight", &Options::prior_weight,
               "What the uniform density counts, in trials: the more, the wider is the search.",
               Between(0.001, 1000.0))
          .Add("explore_branches", &Options::explore_branches,
               "With probability so many / trials, a category on which other parameters depend is "
               "drawn anew, seldom tried choices first.",
               Between(0.0, 1000.0))
          .Add("half_life", &Options::half_life,
               "After so many newer trials one counts half, for an objective that drifts. 0: all "
               "count alike.",
               AtLeast(0.0)));
  return *schema;
}

absl::StatusOr<std::unique_ptr<Strategy>> TpeStrategy::Create(TpeOptions options,
                                                              const StrategyContext& context) {
  const StudyConfig& study = context.study;
  auto sampler =
      context.plugins.samplers.Create(options.sampler, SamplingOf(study, options.startup_trials));
  if (!sampler.ok()) return sampler.status();
  return std::unique_ptr<Strategy>(
      new TpeStrategy(std::move(options), *std::move(sampler), context));
}

TpeStrategy::TpeStrategy(TpeOptions options, std::unique_ptr<Sampler> sampler,
                         const StrategyContext& context)
    : options_(std::move(options)),
      study_(context.study),
      space_(context.study.space),
      sampler_(std::move(sampler)),
      tried_(context.study) {
  for (const Parameter& parameter : space_.parameters()) {
    axes_.emplace_back(parameter);
    if (parameter.prior.has_value()) belief_weight_ = kBeliefTrials;
  }

  const auto together = [this](int i, int j) {
    const std::optional<Condition>& a = space_[i].condition;
    const std::optional<Condition>& b = space_[j].condition;
    if (!a.has_value() || !b.has_value()) return a.has_value() == b.has_value();
    return a->parent == b->parent && a->in == b->in && a->min == b->min && a->max == b->max;
  };
  Split::Limits limits;
  limits.near += options_.max_good;
  const auto objectives = static_cast<int>(study_.objectives.size());
  for (const int i : space_.order()) {
    auto group = std::find_if(groups_.begin(), groups_.end(),
                              [&](const Group& one) { return together(one.parameters[0], i); });
    if (group == groups_.end()) group = groups_.insert(group, {{}, {}, Split(objectives, limits)});
    group->parameters.push_back(i);
    bool branches = false;
    for (int child = 0; child < space_.size(); ++child) branches |= space_.parent(child) == i;
    if (branches && space_[i].is_categorical()) group->branchings.push_back(i);
  }

  for (const EarlierStudy& study : study_.warm_start) {
    if (!study.trials.empty()) earlier_.emplace_back(study, study_, axes_);
  }
  // The best of each earlier study, then the second best …, without repetition.
  const auto start_with = [this](Point point) {
    if (std::find(first_points_.begin(), first_points_.end(), point) == first_points_.end()) {
      first_points_.push_back(std::move(point));
    }
  };
  for (size_t k = 0; k < kMostFirstPoints; ++k) {
    for (const tpe::Earlier& one : earlier_) {
      if (k >= one.best().size() || first_points_.size() >= kMostFirstPoints) continue;
      const Row& row = one.best()[k]->row;
      Point point(space_.size(), kNaN);
      for (int i = 0; i < space_.size(); ++i) {
        if (!std::isnan(row[i])) point[i] = axes_[i].Value(row[i]);
      }
      start_with(std::move(point));
    }
  }
  if (options_.start_at_default) start_with(BelievedPoint(space_));
}

absl::Status TpeStrategy::Tell(absl::Span<const Trial* const> finished) {
  for (const Trial* trial : finished) {
    tried_.Add(trial->point);
    newest_ = std::max(newest_, trial->id);
    auto record = std::make_shared<Record>();
    record->id = trial->id;
    record->row = tpe::RowOf(axes_, trial->point);
    if (trial->values.empty()) {
      record->kind = Record::kFailed;
    } else {
      ++measured_;
      for (size_t m = 0; m < trial->values.size(); ++m) {
        record->losses.push_back(study_.objectives[m].Loss(trial->values[m]));
      }
      for (const double c : trial->constraints) record->violation += std::max(c, 0.0);
      record->kind = record->violation > 0                   ? Record::kInfeasible
                     : trial->state == TrialState::kComplete ? Record::kComplete
                                                             : Record::kStopped;
    }
    for (Group& group : groups_) {
      if (!std::isnan(record->row[group.parameters[0]])) group.split.Add(record);
    }
    evidence_.Add(std::move(record), earlier_);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Proposal>> TpeStrategy::Ask(const AskRequest& request) {
  std::vector<Proposal> proposals;
  std::vector<Row> running;
  tried_.SetPending(request.pending);
  for (const PendingTrial& trial : request.pending) {
    running.push_back(tpe::RowOf(axes_, trial.point));
  }
  for (int64_t id = request.first_id; id < request.first_id + request.count; ++id) {
    absl::StatusOr<Point> wanted = measured_ < options_.startup_trials
                                       ? StartupPoint(id)
                                       : absl::StatusOr<Point>(Propose(id, running));
    if (!wanted.ok()) return wanted.status();
    RandomStream rng(study_.seed, id, kRepairStream);
    std::optional<Point> point = tried_.Untried(*wanted, rng);
    if (!point.has_value()) break;
    tried_.AddPending(*point);
    running.push_back(tpe::RowOf(axes_, *point));
    proposals.emplace_back().point = *std::move(point);
  }
  return proposals;
}

absl::StatusOr<Point> TpeStrategy::StartupPoint(int64_t id) const {
  if (id < static_cast<int64_t>(first_points_.size())) return first_points_[id];
  const absl::StatusOr<std::vector<double>> unit =
      SampleUnit(*sampler_, space_, id % sampler_->size());
  if (!unit.ok()) return unit.status();
  Point point(space_.size());
  for (int i = 0; i < space_.size(); ++i) point[i] = space_[i].FromUnit((*unit)[i]);
  // Every other trial follows the beliefs, as far as there are any.
  if (belief_weight_ > 0 && id % 2 == 1) {
    RandomStream rng(study_.seed, id, kBeliefStream);
    for (int i = 0; i < space_.size(); ++i) {
      if (space_[i].prior.has_value()) point[i] = axes_[i].Value(axes_[i].DrawBelief(rng));
    }
  }
  space_.Canonicalize(absl::MakeSpan(point));
  return point;
}

Point TpeStrategy::Propose(int64_t id, absl::Span<const Row> running) const {
  RandomStream rng(study_.seed, id, kProposalStream);
  Row row(space_.size(), kNaN);
  Point point(space_.size(), kNaN);
  for (const Group& group : groups_) {
    if (!space_.IsActive(group.parameters[0], point)) continue;
    Decide(group, running, rng, row);
    for (const int i : group.parameters) point[i] = axes_[i].Value(row[i]);
  }
  return point;
}

double TpeStrategy::Age(int64_t id) const {
  if (options_.half_life == 0) return 1;
  const double age = static_cast<double>(newest_ - id) / options_.half_life;
  return std::max(std::exp2(-age), kLeastAge);
}

void TpeStrategy::ExploreBranches(const Group& group, absl::Span<const Kernel> trials,
                                  RandomStream& rng, Row& row) const {
  const auto n = static_cast<double>(std::max<int64_t>(group.split.size(), 1));
  if (rng.Uniform() >= std::min(0.5, options_.explore_branches / n)) return;
  const int branching = group.branchings[rng.Below(group.branchings.size())];
  std::vector<double> odds(axes_[branching].levels, 1);
  for (const Kernel& trial : trials) {
    odds[static_cast<size_t>((*trial.row)[branching])] += trial.weight;
  }
  double total = 0;
  for (double& one : odds) total += one = 1 / (one * one);
  double u = rng.Uniform() * total;
  size_t choice = 0;
  while (choice + 1 < odds.size() && u >= odds[choice]) u -= odds[choice++];
  row[branching] = static_cast<double>(choice);
}

void TpeStrategy::Decide(const Group& group, absl::Span<const Row> running, RandomStream& rng,
                         Row& row) const {
  const Split& split = group.split;
  const auto n = static_cast<double>(split.size());
  int count = 0;
  if (split.measured() >= kFewest) {
    count = static_cast<int>(std::min<double>(std::ceil(options_.gamma * n), options_.max_good));
  }
  std::vector<const Record*> best;
  std::vector<Split::Weighted> rest;
  split.Divide(count, &best, &rest);

  std::vector<Kernel> good, others;
  const auto m = static_cast<double>(best.size());
  double sum = 0;
  for (const Record* record : best) {
    const auto k = static_cast<double>(good.size() + 1);
    const double weight = study_.objectives.size() == 1 ? std::log(m + 0.5) - std::log(k) : 1;
    good.push_back({&record->row, weight * Age(record->id)});
    sum += weight;
  }
  for (Kernel& kernel : good) kernel.weight *= m / sum;
  const double unknown = kHalfKnown / (kHalfKnown + n);
  for (size_t e = 0; e < earlier_.size(); ++e) {
    const auto& their_best = earlier_[e].best();
    const double weight = kEarlierTrials * unknown * evidence_.Agreement(static_cast<int>(e)) /
                          static_cast<double>(earlier_.size() * their_best.size());
    for (const Record* record : their_best) {
      const bool active = !std::isnan(record->row[group.parameters[0]]);
      if (active && weight > 0) good.push_back({&record->row, weight});
    }
  }
  for (const Split::Weighted& one : rest) {
    others.push_back({&one.record->row, one.weight * Age(one.record->id)});
  }
  for (const Row& one : running) {
    if (!std::isnan(one[group.parameters[0]])) others.push_back({&one, 1});
  }

  if (!group.branchings.empty()) {
    std::vector<Kernel> all = good;
    all.insert(all.end(), others.begin(), others.end());
    ExploreBranches(group, all, rng, row);
  }
  std::vector<int> columns;
  for (int i = 0; i < space_.size(); ++i) {
    if (!std::isnan(row[i])) columns.push_back(i);
  }
  const auto decided = static_cast<int>(columns.size());
  for (const int i : group.parameters) {
    if (std::isnan(row[i])) columns.push_back(i);
  }
  tpe::RatioOptions options;
  options.bandwidth = options_.bandwidth;
  options.prior_weight = options_.prior_weight;
  options.belief_weight = belief_weight_ * unknown;
  options.trials = n;
  tpe::DensityRatio ratio(axes_, std::move(columns), decided);
  ratio.Fit(good, others, options, row);

  double most = -std::numeric_limits<double>::infinity();
  Row best_row;
  for (int c = 0; c < options_.candidates; ++c) {
    ratio.Draw(rng, absl::MakeSpan(row));
    const double score = ratio.Score(row);
    if (score > most || c == 0) {
      most = score;
      best_row = row;
    }
  }
  row = std::move(best_row);
}

}  // namespace sturgeon
