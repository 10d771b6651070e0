#include "strategies/tpe/tpe.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/random.h"
#include "strategies/tpe/mixture.h"
#include "strategies/tpe/split.h"

namespace sturgeon {
namespace {

using Eigen::ArrayXd;
using Eigen::ArrayXXd;
using tpe::Axis;
using tpe::Member;
using tpe::Mixture;
using tpe::Split;
using tpe::Worth;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr uint32_t kRepairStream = kFirstPluginStream;

// Of the trials that are not good, so many of the best are kept whole, since the border of the good
// region is where the densities must be right, and so many of the others stand for them all.
constexpr size_t kNear = 128;
constexpr size_t kFar = 256;
// A branch with fewer results than this is sampled evenly.
constexpr int64_t kFewest = 2;

// A trial's place in a mixture.
struct Kernel {
  const std::vector<double>* row;
  double weight;
};

Mixture MakeMixture(absl::Span<const Axis> axes, absl::Span<const int> columns,
                    absl::Span<const Kernel> kernels, int own, const TpeOptions& options) {
  const auto m = static_cast<int>(kernels.size());
  const auto d = static_cast<int>(axes.size());
  // The first component is uniform: its centres are NaN.
  ArrayXXd centres = ArrayXXd::Constant(m + 1, d, kNaN);
  ArrayXXd widths = ArrayXXd::Ones(m + 1, d);
  ArrayXd weights(m + 1);
  weights(0) = options.prior_weight;
  for (int k = 0; k < m; ++k) {
    weights(k + 1) = kernels[k].weight;
    for (int j = 0; j < d; ++j) centres(k + 1, j) = (*kernels[k].row)[columns[j]];
  }
  const double sigma = options.bandwidth * std::pow(std::max(m, 1), -1.0 / (own + 4));
  for (int j = 0; j < d; ++j) {
    double width = sigma;
    const auto levels = static_cast<double>(axes[j].levels);
    if (axes[j].kind == Axis::Kind::kCategorical) {
      width = levels / (levels + 2 * (m + 1));
    } else if (axes[j].kind == Axis::Kind::kOrdinal) {
      width = std::max(width, 1 / levels);
    }
    widths.col(j).tail(m) = width;
  }
  Mixture mixture;
  mixture.Build(axes, std::move(centres), std::move(widths), std::move(weights));
  return mixture;
}

}  // namespace

// Parameters that are always active together, and the trials in which they were.
struct TpeStrategy::Group {
  std::vector<int> parameters;
  Split split;
};

TpeStrategy::~TpeStrategy() = default;

const Schema<TpeOptions>& TpeStrategy::OptionSchema() {
  using Options = TpeOptions;
  static const auto* const schema = new Schema<Options>(
      Schema<Options>()
          .Add("startup_trials", &Options::startup_trials,
               "So many trials with values come before the first that is learnt from them.",
               Between(1, 100000))
          .Add("sampler", &Options::sampler,
               "Where the trials at the start lie: a sampler, with options of its own.")
          .Add("candidates", &Options::candidates,
               "So many points are drawn where the good trials are, and the best is proposed.",
               Between(1, 10000))
          .Add("gamma", &Options::gamma, "The share of trials that count as good.",
               Between(0.001, 0.5))
          .Add("max_good", &Options::max_good, "No more trials than these count as good.",
               Between(1, 100))
          .Add("bandwidth", &Options::bandwidth,
               "How far a trial's kernel reaches, as a share of a parameter's own scale, before it "
               "shrinks with their number.",
               Between(0.001, 1.0))
          .Add("prior_weight", &Options::prior_weight,
               "What the uniform density counts, in trials: the more, the wider is the search.",
               Between(0.001, 1000.0)));
  return *schema;
}

absl::StatusOr<std::unique_ptr<Strategy>> TpeStrategy::Create(TpeOptions options,
                                                              const StrategyContext& context) {
  const StudyConfig& study = context.study;
  if (study.objectives.size() != 1) {
    return absl::InvalidArgumentError(absl::StrCat("is for one objective, and the study has ",
                                                   study.objectives.size(), "; leave one"));
  }
  SamplerContext sampling;
  sampling.dimensions = std::max(study.space.size(), 1);  // a space may be empty
  sampling.seed = study.seed;
  sampling.count = options.startup_trials;
  sampling.levels = study.space.Levels();
  sampling.levels.resize(sampling.dimensions);
  auto sampler = context.plugins.samplers.Create(options.sampler, sampling);
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
  const auto together = [this](int i, int j) {
    const std::optional<Condition>& a = space_[i].condition;
    const std::optional<Condition>& b = space_[j].condition;
    if (!a.has_value() || !b.has_value()) return a.has_value() == b.has_value();
    return a->parent == b->parent && a->in == b->in && a->min == b->min && a->max == b->max;
  };
  for (const int i : space_.order()) {
    auto group = std::find_if(groups_.begin(), groups_.end(),
                              [&](const Group& one) { return together(one.parameters[0], i); });
    if (group == groups_.end()) {
      group = groups_.insert(group, {{}, Split(options_.max_good + kNear, kFar)});
    }
    group->parameters.push_back(i);
  }
}

TpeStrategy::Row TpeStrategy::Coordinates(absl::Span<const double> point) const {
  Row row(point.size(), kNaN);
  for (size_t i = 0; i < point.size(); ++i) {
    if (!std::isnan(point[i])) row[i] = Axis(space_[i]).Coordinate(point[i]);
  }
  return row;
}

absl::Status TpeStrategy::Tell(absl::Span<const Trial* const> finished) {
  for (const Trial* trial : finished) {
    tried_.Add(trial->point);
    Worth worth;
    worth.id = trial->id;
    if (trial->values.empty()) {
      worth.kind = Worth::kFailed;
    } else {
      ++measured_;
      worth.loss = study_.objectives[0].Loss(trial->values[0]);
      for (const double c : trial->constraints) worth.violation += std::max(c, 0.0);
      worth.kind = worth.violation > 0                     ? Worth::kInfeasible
                   : trial->state == TrialState::kComplete ? Worth::kComplete
                                                           : Worth::kStopped;
    }
    const auto row = std::make_shared<const Row>(Coordinates(trial->point));
    for (Group& group : groups_) {
      if (!std::isnan((*row)[group.parameters[0]])) group.split.Add({worth, row});
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Proposal>> TpeStrategy::Ask(const AskRequest& request) {
  std::vector<Proposal> proposals;
  std::vector<Row> pending;
  tried_.SetPending(request.pending);
  for (const PendingTrial& trial : request.pending) pending.push_back(Coordinates(trial.point));
  for (int64_t id = request.first_id; id < request.first_id + request.count; ++id) {
    absl::StatusOr<Point> wanted = measured_ < options_.startup_trials
                                       ? StartupPoint(id)
                                       : absl::StatusOr<Point>(Propose(id, pending));
    if (!wanted.ok()) return wanted.status();
    RandomStream rng(study_.seed, id, kRepairStream);
    std::optional<Point> point = tried_.Untried(*wanted, rng);
    if (!point.has_value()) break;
    tried_.AddPending(*point);
    pending.push_back(Coordinates(*point));
    proposals.emplace_back().point = *std::move(point);
  }
  return proposals;
}

absl::StatusOr<Point> TpeStrategy::StartupPoint(int64_t id) const {
  std::vector<double> unit(std::max(space_.size(), 1));
  absl::Status status = sampler_->Sample(id, absl::MakeSpan(unit));
  if (!status.ok()) return status;
  unit.resize(space_.size());
  Point point(space_.size());
  space_.FromUnit(unit, absl::MakeSpan(point));
  return point;
}

Point TpeStrategy::Propose(int64_t id, absl::Span<const Row> pending) const {
  RandomStream rng(study_.seed, id, kProposalStream);
  Row row(space_.size(), kNaN);
  Point point(space_.size(), kNaN);
  for (const Group& group : groups_) {
    if (!space_.IsActive(group.parameters[0], point)) continue;
    Decide(group, pending, rng, row);
    for (const int p : group.parameters) point[p] = Axis(space_[p]).Value(row[p]);
  }
  return point;
}

void TpeStrategy::Decide(const Group& group, absl::Span<const Row> pending, RandomStream& rng,
                         Row& row) const {
  // The columns of both mixtures: what is decided, then what is to be.
  std::vector<int> columns, given, own;
  std::vector<Axis> axes;
  for (int i = 0; i < space_.size(); ++i) {
    if (!std::isnan(row[i])) columns.push_back(i);
  }
  const size_t decided = columns.size();
  columns.insert(columns.end(), group.parameters.begin(), group.parameters.end());
  Row x;
  for (size_t j = 0; j < columns.size(); ++j) {
    (j < decided ? given : own).push_back(static_cast<int>(j));
    axes.emplace_back(space_[columns[j]]);
    x.push_back(row[columns[j]]);
  }

  const Split& split = group.split;
  const int64_t n = split.measured();
  const auto share =
      static_cast<int64_t>(std::ceil(options_.gamma * static_cast<double>(split.size())));
  const int64_t m = n < kFewest ? 0 : std::min({share, n, static_cast<int64_t>(options_.max_good)});
  std::vector<Kernel> good, bad;
  double sum = 0;
  for (const Member& member : split.best()) {
    const auto k = static_cast<double>(good.size() + 1);
    if (static_cast<int64_t>(good.size()) < m) {
      good.push_back({member.unit.get(), std::log(static_cast<double>(m) + 0.5) - std::log(k)});
      sum += good.back().weight;
    } else {
      bad.push_back({member.unit.get(), 1});
    }
  }
  for (Kernel& kernel : good) kernel.weight *= static_cast<double>(m) / sum;
  for (const Member& member : split.rest()) {
    bad.push_back({member.unit.get(), split.rest_weight()});
  }
  for (const Row& running : pending) {
    if (!std::isnan(running[group.parameters[0]])) bad.push_back({&running, 1});
  }

  const auto d = static_cast<int>(own.size());
  const Mixture l = MakeMixture(axes, columns, good, d, options_);
  const Mixture g = MakeMixture(axes, columns, bad, d, options_);
  ArrayXd l_given = l.log_weights(), g_given = g.log_weights();
  l.AddLogKernels(given, x, l_given);
  g.AddLogKernels(given, x, g_given);
  const ArrayXd odds = (l_given - l_given.maxCoeff()).exp();
  const double total = odds.sum();

  double most = -std::numeric_limits<double>::infinity();
  Row best = x;
  for (int c = 0; c < options_.candidates; ++c) {
    double u = rng.Uniform() * total;
    int k = 0;
    while (k + 1 < odds.size() && u >= odds(k)) u -= odds(k++);
    l.Draw(k, own, rng, absl::MakeSpan(x));
    ArrayXd log_l = l_given, log_g = g_given;
    l.AddLogKernels(own, x, log_l);
    g.AddLogKernels(own, x, log_g);
    const double score = tpe::LogSumExp(log_l) - tpe::LogSumExp(log_g);
    if (score > most || c == 0) {
      most = score;
      best = x;
    }
  }
  for (const int j : own) row[columns[j]] = best[j];
}

}  // namespace sturgeon
