#include "strategies/start.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "strategies/pareto.h"

namespace sturgeon {
namespace {

constexpr int64_t kEndless = 1 << 30;  // a sampler of so many points does not end

}  // namespace

SamplerContext SamplingOf(const StudyConfig& study, int64_t count) {
  SamplerContext sampling;
  sampling.dimensions = std::max(study.space.size(), 1);  // a space may be empty
  sampling.seed = study.seed;
  sampling.count = count;
  sampling.levels = study.space.Levels();
  sampling.levels.resize(sampling.dimensions);
  return sampling;
}

absl::Status MustGoOn(const Sampler& sampler, absl::string_view name) {
  if (sampler.size() >= kEndless) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the sampler ", name, " ends after ",
                                                 sampler.size(),
                                                 " points; take one that goes on, such as sobol"));
}

absl::StatusOr<std::unique_ptr<Sampler>> MakeEndlessSampler(const PluginSpec& spec,
                                                            const SamplerRegistry& samplers,
                                                            const StudyConfig& study,
                                                            int64_t count) {
  auto sampler = samplers.Create(spec, SamplingOf(study, count));
  if (!sampler.ok()) return sampler.status();
  absl::Status status = MustGoOn(**sampler, spec.name);
  if (!status.ok()) return status;
  return sampler;
}

absl::StatusOr<std::vector<double>> SampleUnit(const Sampler& sampler, const SearchSpace& space,
                                               int64_t index) {
  std::vector<double> unit(std::max(space.size(), 1));
  absl::Status status = sampler.Sample(index, absl::MakeSpan(unit));
  if (!status.ok()) return status;
  unit.resize(space.size());
  return unit;
}

Point BelievedPoint(const SearchSpace& space) {
  Point point(space.size());
  for (int i = 0; i < space.size(); ++i) {
    point[i] = space[i].prior.has_value() ? space[i].PriorNumber() : space[i].DefaultNumber();
  }
  space.Canonicalize(absl::MakeSpan(point));
  return point;
}

double DrawFromPrior(const Parameter& parameter, RandomStream& rng) {
  const double best = parameter.PriorNumber(), width = parameter.prior->width;
  if (parameter.is_categorical()) {
    const auto others = static_cast<uint64_t>(parameter.Levels()) - 1;
    double choice = best;
    if (others > 0 && rng.Uniform() < width) {
      choice = static_cast<double>(rng.Below(others));
      if (choice >= best) choice += 1;
    }
    return parameter.ToUnit(choice);
  }
  const double centre = parameter.ToUnit(best);
  while (true) {  // at least a third of the draws are within
    const double u = centre + width * rng.Normal();
    if (u >= 0 && u <= 1) return u;
  }
}

std::vector<const EarlierTrial*> RankedTrials(const EarlierStudy& earlier,
                                              const StudyConfig& study) {
  const int m = static_cast<int>(study.objectives.size());
  std::vector<double> losses, violations;
  for (const EarlierTrial& trial : earlier.trials) {
    for (int k = 0; k < m; ++k) losses.push_back(study.objectives[k].Loss(trial.values[k]));
    violations.push_back(trial.feasible ? 0 : 1);
  }
  // One loss orders the infeasible trials, too; of several no front of theirs is better than
  // another.
  if (m == 1) violations.clear();
  const std::vector<int> ranks = NondominatedRanks(losses, m, violations);
  std::vector<int> order(earlier.trials.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    if (earlier.trials[a].feasible != earlier.trials[b].feasible) return earlier.trials[a].feasible;
    return ranks[a] < ranks[b];
  });
  std::vector<const EarlierTrial*> ranked;
  for (const int i : order) ranked.push_back(&earlier.trials[i]);
  return ranked;
}

std::vector<Point> BestOfEarlierStudies(const StudyConfig& study, size_t limit) {
  std::vector<std::vector<const EarlierTrial*>> studies;
  size_t longest = 0;
  for (const EarlierStudy& earlier : study.warm_start) {
    studies.push_back(RankedTrials(earlier, study));
    longest = std::max(longest, studies.back().size());
  }
  std::vector<Point> best;
  for (size_t rank = 0; rank < longest; ++rank) {
    for (const std::vector<const EarlierTrial*>& ranked : studies) {
      if (rank < ranked.size() && best.size() < limit) best.push_back(ranked[rank]->point);
    }
  }
  return best;
}

}  // namespace sturgeon
