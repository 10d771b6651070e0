#include "hill_climbing/hill_climbing.h"

#include <cmath>
#include <limits>

#include "core/random.h"

namespace hill_climbing {

using namespace sturgeon;  // NOLINT(google-build-using-namespace)

// [START options]
const Schema<Options>& HillClimbing::OptionSchema() {
  static const auto* const schema = new Schema<Options>(
      Schema<Options>().Add("step", &Options::step,
                            "Standard deviation of a step in the unit cube.", Between(1e-6, 1.0)));
  return *schema;
}

absl::StatusOr<std::unique_ptr<Strategy>> HillClimbing::Create(Options options,
                                                               const StrategyContext& context) {
  if (context.study.objectives.size() != 1) {
    return absl::InvalidArgumentError("needs a study with one objective");
  }
  return std::unique_ptr<Strategy>(new HillClimbing(options, context.study));
}
// [END options]

// [START ask]
absl::StatusOr<std::vector<Proposal>> HillClimbing::Ask(const AskRequest& request) {
  const SearchSpace& space = study_.space;
  std::vector<Proposal> proposals(request.count);
  for (int i = 0; i < request.count; ++i) {
    RandomStream rng(study_.seed, request.first_id + i, kProposalStream);
    std::vector<double> unit(space.size(), std::numeric_limits<double>::quiet_NaN());
    if (!best_.values.empty()) space.ToUnit(best_.point, absl::MakeSpan(unit));
    for (double& u : unit) {
      // What the best trial does not have (or all, before there is one) is drawn uniformly.
      u = std::isnan(u) ? rng.Uniform() : u + options_.step * rng.Normal();
    }
    proposals[i].point.resize(space.size());
    space.FromUnit(unit, absl::MakeSpan(proposals[i].point));  // clamps to [0, 1]
  }
  return proposals;
}
// [END ask]

// [START tell]
absl::Status HillClimbing::Tell(absl::Span<const Trial* const> finished) {
  const Objective& objective = study_.objectives[0];
  for (const Trial* trial : finished) {
    if (trial->state != TrialState::kComplete || !trial->feasible()) continue;
    if (!best_.values.empty()) {
      const double loss = objective.Loss(trial->values[0]);
      const double least = objective.Loss(best_.values[0]);
      // Of equals the earliest, in whatever order they are told.
      if (loss > least || (loss == least && trial->id > best_.id)) continue;
    }
    best_ = *trial;
  }
  return absl::OkStatus();
}
// [END tell]

}  // namespace hill_climbing
