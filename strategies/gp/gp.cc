#include "strategies/gp/gp.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/random.h"
#include "core/sampler.h"
#include "strategies/gp/encoding.h"
#include "strategies/gp/gaussian_process.h"
#include "strategies/gp/search.h"
#include "strategies/gp/surrogate.h"
#include "strategies/history.h"
#include "strategies/start.h"
#include "strategies/tried_points.h"

namespace sturgeon {
namespace {

constexpr uint32_t kSearchStream = kFirstPluginStream;
constexpr int kMinStartup = 3, kMaxStartup = 10;
// Of n trials each branch of a conditional space is due 1.5 √n, all of one parameter 4.5 √n at
// most.
constexpr double kBranchShare = 1.5, kBranchesShare = 4.5;

// A look at a point costs O(n²): past 200 trials the search looks at fewer.
gp::SearchEffort Effort(int trials) {
  gp::SearchEffort effort;
  if (trials <= 200) return effort;
  const double share = std::max(200.0 / trials, 0.3);
  effort.random = static_cast<int>(effort.random * share);
  effort.mutations = static_cast<int>(effort.mutations * share);
  effort.children = static_cast<int>(effort.children * share);
  effort.ascents = 2;
  effort.evaluations = 20;
  return effort;
}

using gp::Vector;

}  // namespace

class GpStrategy::Implementation {
 public:
  Implementation(const GpOptions& options, const StrategyContext& context,
                 std::unique_ptr<Sampler> sampler)
      : study_(context.study),
        space_(context.study.space),
        sampler_(std::move(sampler)),
        surrogate_(study_, MakePriors(options)),
        history_(study_),
        tried_(study_),
        startup_(options.startup_trials > 0
                     ? options.startup_trials
                     : std::clamp(static_cast<int>(surrogate_.encoding().groups().size()) + 1,
                                  kMinStartup, kMaxStartup)) {
    std::vector<int> own(space_.size());  // how many parameters have a condition on this one
    for (const Parameter& p : space_.parameters()) {
      if (p.condition.has_value()) ++own[*space_.Find(p.condition->parent)];
    }
    for (int i = 0; i < space_.size(); ++i) {
      const Parameter& p = space_[i];
      // Where branches share most of their parameters, one tells of the other: an optimizer, say,
      // that has a momentum or has none.
      const bool apart = own[i] > space_.size() - 1 - own[i];
      if (apart && p.is_categorical() && !p.condition.has_value() && !p.prior.has_value()) {
        branching_.push_back(i);
      }
    }
  }

  absl::StatusOr<std::vector<Proposal>> Ask(const AskRequest& request) {
    tried_.SetPending(request.pending);
    std::vector<Vector> pending;
    int64_t lowest_pending = request.first_id;
    for (const PendingTrial& trial : request.pending) {
      lowest_pending = std::min(lowest_pending, trial.id);
      pending.push_back(Unit(trial.point));
    }
    std::vector<Proposal> proposals;
    bool updated = false;
    for (int i = 0; i < request.count; ++i) {
      const int64_t id = request.first_id + i;
      RandomStream rng(study_.seed, id, kSearchStream);
      std::optional<Point> point;
      if (id < startup_ || history_.measured() < kMinStartup) {
        absl::StatusOr<Point> design = Design(id);
        if (!design.ok()) return design.status();
        point = tried_.Untried(*design, rng);
      } else {
        if (!updated) surrogate_.Update(history_, pending, lowest_pending);
        updated = true;
        point = Best(pending, rng);
      }
      if (!point.has_value()) break;
      tried_.AddPending(*point);
      pending.push_back(Unit(*point));
      if (updated && i + 1 < request.count) surrogate_.Append(pending.back());
      proposals.push_back({*std::move(point), {}, {}});
    }
    return proposals;
  }

  absl::Status Tell(absl::Span<const Trial* const> finished) {
    surrogate_.Changed(history_.Add(finished));
    for (const Trial* trial : finished) tried_.Add(trial->point);
    return absl::OkStatus();
  }

 private:
  static gp::Priors MakePriors(const GpOptions& options) {
    gp::Priors priors;
    priors.warp = options.input_warping;
    return priors;
  }

  Vector Unit(absl::Span<const double> point) const {
    Vector unit(space_.size());
    space_.ToUnit(point, absl::MakeSpan(unit.data(), unit.size()));
    return unit;
  }

  Point FromUnit(const Vector& unit) const {
    Point point(space_.size());
    for (int i = 0; i < space_.size(); ++i) {
      point[i] = std::isnan(unit[i]) ? unit[i] : space_[i].FromUnit(unit[i]);
    }
    return point;
  }

  // What is believed good first: by the user, by earlier studies; then the sampler's points.
  absl::StatusOr<Point> Design(int64_t id) const {
    if (id == 0) return BelievedPoint(space_);
    if (id - 1 < surrogate_.earlier_best().rows()) {
      return FromUnit(surrogate_.earlier_best().row(id - 1));
    }
    const absl::StatusOr<std::vector<double>> unit = SampleUnit(*sampler_, space_, id - 1);
    if (!unit.ok()) return unit.status();
    Point point(space_.size());
    space_.FromUnit(*unit, absl::MakeSpan(point));
    return point;
  }

  // A choice of a parameter that conditions are on: the part of the space where it holds.
  struct Branch {
    int parameter;
    double choice;
  };

  bool Holds(const Branch& branch, double unit) const {
    return !std::isnan(unit) && space_[branch.parameter].FromUnit(unit) == branch.choice;
  }

  // The branches that have had less than they are due, the most neglected first. A few points of a
  // branch say little of its best, and the model, which knows the branch that it has refined, would
  // leave it at them.
  std::vector<Branch> Due(const std::vector<Vector>& pending) const {
    const double root = std::sqrt(static_cast<double>(history_.size() + pending.size()));
    std::vector<std::pair<double, Branch>> behind;
    for (const int i : branching_) {
      const int choices = static_cast<int>(space_[i].Levels());
      const double owed = std::min(kBranchShare, kBranchesShare / choices) * root;
      for (int c = 0; c < choices; ++c) {
        const Branch branch = {i, static_cast<double>(c)};
        int had = 0;
        for (int t = 0; t < history_.size(); ++t) had += Holds(branch, history_.unit(t)[i]);
        for (const Vector& unit : pending) had += Holds(branch, unit[i]);
        if (had < owed) behind.push_back({had / owed, branch});
      }
    }
    std::stable_sort(behind.begin(), behind.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<Branch> due;
    for (const auto& [share, branch] : behind) due.push_back(branch);
    return due;
  }

  // The untried point that is worth most, in the first branch due that has one; nullopt: every
  // point has been tried.
  std::optional<Point> Best(const std::vector<Vector>& pending, RandomStream& rng) const {
    for (const Branch& branch : Due(pending)) {
      for (const gp::Found& f : Search(&branch, rng)) {
        Point point = FromUnit(f.unit);
        if (!tried_.Contains(point)) return point;
      }
    }
    const std::vector<gp::Found> found = Search(nullptr, rng);
    for (const gp::Found& f : found) {
      Point point = FromUnit(f.unit);
      if (!tried_.Contains(point)) return point;
    }
    return tried_.Untried(found.empty() ? space_.Default() : FromUnit(found.front().unit), rng);
  }

  // Where the acquisition function is highest, in `branch` if there is one. Empty only with it.
  std::vector<gp::Found> Search(const Branch* branch, RandomStream& rng) const {
    const gp::AcquisitionFunction function = {
        [&](const gp::Matrix& unit) {
          Vector values = surrogate_.Values(unit);
          for (Eigen::Index i = 0; branch != nullptr && i < values.size(); ++i) {
            if (!Holds(*branch, unit(i, branch->parameter))) {
              values[i] = -std::numeric_limits<double>::infinity();
            }
          }
          return values;
        },
        [&](absl::Span<const double> unit, absl::Span<double> gradient) {
          return surrogate_.Value(unit, gradient);
        }};
    return gp::Maximize(space_, function, surrogate_.anchors(), Effort(history_.size()), rng);
  }

  const StudyConfig& study_;
  const SearchSpace& space_;
  const std::unique_ptr<Sampler> sampler_;
  gp::Surrogate surrogate_;
  History history_;
  TriedPoints tried_;
  const int startup_;
  std::vector<int> branching_;  // parameters whose choices are owed shares
};

const Schema<GpOptions>& GpStrategy::OptionSchema() {
  using Options = GpOptions;
  static const auto* const schema = new Schema<Options>(
      Schema<Options>()
          .Add("startup_trials", &Options::startup_trials,
               "How many trials cover the space before the model is asked; 0: one more than there "
               "are parameters, but between 3 and 10.",
               AtLeast(0))
          .Add("sampler", &Options::sampler,
               "Where the first trials lie: a sampler, with options of its own.")
          .Add("input_warping", &Options::input_warping,
               "Whether each numeric parameter's scale is bent by a Kumaraswamy distribution that "
               "is learnt; for objectives that change at one end of a scale only."));
  return *schema;
}

absl::StatusOr<std::unique_ptr<Strategy>> GpStrategy::Create(GpOptions options,
                                                             const StrategyContext& context) {
  auto sampler = MakeEndlessSampler(options.sampler, context.plugins.samplers, context.study,
                                    options.startup_trials);
  if (!sampler.ok()) return sampler.status();
  return std::unique_ptr<Strategy>(new GpStrategy(
      std::make_unique<Implementation>(std::move(options), context, *std::move(sampler))));
}

GpStrategy::GpStrategy(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
GpStrategy::~GpStrategy() = default;

absl::StatusOr<std::vector<Proposal>> GpStrategy::Ask(const AskRequest& request) {
  return implementation_->Ask(request);
}
absl::Status GpStrategy::Tell(absl::Span<const Trial* const> finished) {
  return implementation_->Tell(finished);
}

}  // namespace sturgeon
