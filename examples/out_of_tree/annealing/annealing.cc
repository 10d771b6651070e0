#include "annealing/annealing.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/random.h"

namespace annealing {

using sturgeon::Parameter;
using sturgeon::Point;
using sturgeon::RandomStream;

namespace {

constexpr uint32_t kAcceptStream = sturgeon::kFirstPluginStream;

// Folds the line at 0 and at 1, so that nothing piles up at the borders.
double Reflect(double u) { return std::abs(std::remainder(u, 2.0)); }

bool Same(const Point& a, const Point& b) {
  return std::equal(a.begin(), a.end(), b.begin(),
                    [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

}  // namespace

const sturgeon::Schema<AnnealingOptions>& AnnealingStrategy::OptionSchema() {
  static const auto* const schema = new sturgeon::Schema<AnnealingOptions>(
      sturgeon::Schema<AnnealingOptions>()
          .Add("warmup", &AnnealingOptions::warmup, "Random trials before the walk starts.",
               sturgeon::AtLeast(1))
          .Add("step", &AnnealingOptions::step,
               "Standard deviation of the first steps, in the unit cube.",
               sturgeon::Between(0.0, 1.0))
          .Add("cooling", &AnnealingOptions::cooling,
               "The last temperature, as a share of the first.", sturgeon::Between(1e-12, 1.0))
          .Add("trials", &AnnealingOptions::trials,
               "Trials until the last temperature, where the study does not plan a number.",
               sturgeon::AtLeast(1)));
  return *schema;
}

absl::StatusOr<std::unique_ptr<sturgeon::Strategy>> AnnealingStrategy::Create(
    AnnealingOptions options, const sturgeon::StrategyContext& context) {
  if (context.study.objectives.size() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("takes one objective, and the study has ", context.study.objectives.size()));
  }
  return std::unique_ptr<sturgeon::Strategy>(new AnnealingStrategy(options, context));
}

AnnealingStrategy::AnnealingStrategy(const AnnealingOptions& options,
                                     const sturgeon::StrategyContext& context)
    : options_(options),
      study_(context.study),
      note_(context.note),
      planned_(static_cast<double>(study_.trials > 0 ? study_.trials : options.trials)) {}

double AnnealingStrategy::Cooled(int64_t trial) const {
  return std::pow(options_.cooling, std::min(1.0, static_cast<double>(trial) / planned_));
}

absl::StatusOr<std::vector<sturgeon::Proposal>> AnnealingStrategy::Ask(
    const sturgeon::AskRequest& request) {
  if (!walked_) Walk();
  std::vector<sturgeon::Proposal> proposals(request.count);
  for (int i = 0; i < request.count; ++i) proposals[i].point = Propose(request.first_id + i);
  return proposals;
}

absl::Status AnnealingStrategy::Tell(absl::Span<const sturgeon::Trial* const> finished) {
  for (const sturgeon::Trial* trial : finished) {
    if (trial->state != sturgeon::TrialState::kComplete || !trial->feasible()) continue;
    const auto behind =
        std::upper_bound(results_.begin(), results_.end(), trial->id,
                         [](int64_t id, const Result& result) { return id < result.id; });
    const double loss = study_.objectives[0].Loss(trial->values[0]);
    results_.insert(behind, {trial->id, loss, trial->point});
    walked_ = false;
  }
  return absl::OkStatus();
}

void AnnealingStrategy::Walk() {
  walked_ = true;
  const auto warmup = static_cast<size_t>(options_.warmup);
  if (results_.size() < warmup) return;
  std::vector<double> losses;
  for (size_t i = 0; i < warmup; ++i) losses.push_back(results_[i].loss);
  at_ = std::min_element(losses.begin(), losses.end()) - losses.begin();
  const auto median = losses.begin() + static_cast<ptrdiff_t>(warmup / 2);
  std::nth_element(losses.begin(), median, losses.end());
  const double first_temperature = (*median - results_[at_].loss) / std::log(2.0);
  if (!started_) {
    note_(absl::StrCat("annealing from ", study_.objectives[0].Loss(results_[at_].loss),
                       " at temperature ", first_temperature));
  }
  started_ = true;
  for (size_t i = warmup; i < results_.size(); ++i) {
    const double up = results_[i].loss - results_[at_].loss;
    const double temperature = first_temperature * Cooled(results_[i].id);
    RandomStream rng(study_.seed, results_[i].id, kAcceptStream);
    if (up <= 0 || rng.Uniform() < std::exp(-up / temperature)) at_ = i;
  }
}

Point AnnealingStrategy::Propose(int64_t trial) const {
  const sturgeon::SearchSpace& space = study_.space;
  RandomStream rng(study_.seed, trial, sturgeon::kProposalStream);
  std::vector<double> unit(space.size());
  Point point(space.size());
  if (!started_) {
    for (double& u : unit) u = rng.Uniform();
    space.FromUnit(unit, absl::MakeSpan(point));
    return point;
  }
  const Point& current = results_[at_].point;
  const double width = options_.step * std::sqrt(Cooled(trial));
  space.ToUnit(current, absl::MakeSpan(unit));
  for (int i = 0; i < space.size(); ++i) {
    const Parameter& parameter = space[i];
    if (std::isnan(unit[i])) {
      unit[i] = rng.Uniform();
    } else if (parameter.is_categorical()) {
      if (rng.Uniform() < width) unit[i] = rng.Uniform();
    } else {
      const auto levels = static_cast<double>(parameter.Levels());
      const double least = levels > 0 ? 0.5 / levels : 0;
      unit[i] = Reflect(unit[i] + std::max(width, least) * rng.Normal());
    }
  }
  space.FromUnit(unit, absl::MakeSpan(point));
  if (space.size() > 0 && Same(point, current)) {
    unit[rng.Below(space.size())] = rng.Uniform();
    space.FromUnit(unit, absl::MakeSpan(point));
  }
  return point;
}

}  // namespace annealing
