// For tests and benchmarks: trainings whose best hyperparameters change on the way, as formulas,
// and studies of them.
#ifndef STURGEON_STRATEGIES_PBT_TRAININGS_H_
#define STURGEON_STRATEGIES_PBT_TRAININGS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/option_schema.h"
#include "core/plugins.h"
#include "core/space.h"

namespace sturgeon {

struct Training {
  using State = std::vector<double>;

  std::string name;
  SearchSpace space;
  int64_t max_steps = 0;
  State start;
  // One step under the hyperparameters; `step` counts from 1.
  std::function<void(const Point& point, int64_t step, State& state)> train;
  std::function<double(const State& state)> loss;  // may be infinite or NaN
  double noise = 0;  // of a loss as it is measured: a factor exp(noise z)
};

// Gradient descent on a quadratic with noisy gradients (Zhang et al., "Which algorithmic choices
// matter at which batch sizes?", NeurIPS 2019): with curvatures h_i and the noise's variance h_i
// s², the expected loss ½ Σ h_i v_i follows from
//   v_i <- (1 - learning_rate h_i)² v_i + learning_rate² h_i s²,
// so the learning rate should be large first and then fall.
Training NoisyQuadratic(uint64_t seed);

// A loss that a step lowers by a share of at most r: r exp(-Σ_j ((u_j - c_j(t)) / 0.2)²), u the
// point in unit coordinates, with optima c_j that wander through the unit cube as the training goes
// on.
Training WanderingOptimum(uint64_t seed, int dimensions);

// Runs a study in which `workers` train at the same time, every step taking equally long, until
// `steps` have been trained in all. The loss, without noise, of the full training that seems best;
// infinite if there is none.
absl::StatusOr<double> BestOfStudy(const Training& training, const PluginSpec& strategy,
                                   const Plugins& plugins, int64_t steps, int workers,
                                   uint64_t seed);

// The least loss that a training under constant hyperparameters comes to, on a grid of `points` for
// each.
double BestConstant(const Training& training, int points);

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_PBT_TRAININGS_H_
