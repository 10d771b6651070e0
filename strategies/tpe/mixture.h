// A mixture of product kernels over some parameters, each centred at a trial: the Parzen estimator.
//
//   p(x) = Σ_k w_k Π_j κ_j(x_j; c_kj, σ_kj),   Σ w_k = 1,
//
// in unit coordinates. κ is relative to the uniform distribution, so that 1 means "no opinion" for
// every kind of parameter alike:
//   continuum    the normal density of mean c and deviation σ, truncated to [0, 1];
//   ordinal      the mass of that normal over the share [a, b] of x's value, divided by b - a;
//   categorical  σ + (1 - σ) L where x is c, σ elsewhere; L is the number of choices, and σ the
//                chance of a draw from all choices alike.
// Where a centre is NaN, because the parameter was inactive in the trial, κ = 1.
//
// Shapes: centres and widths [m, d], a component a row; points [d], a categorical coordinate being
// the index of its choice. Precision: single, in vectorised loops, Φ within 3e-4. Cost: Build O(m
// d), AddLogKernels O(m d). Determinism: sums are in the order of the components.
#ifndef STURGEON_STRATEGIES_TPE_MIXTURE_H_
#define STURGEON_STRATEGIES_TPE_MIXTURE_H_

#include <cstdint>
#include <vector>

#include "Eigen/Core"
#include "absl/types/span.h"
#include "core/random.h"
#include "core/space.h"

namespace sturgeon::tpe {

// A parameter as a density sees it. The parameter must outlive it.
struct Axis {
  enum class Kind { kContinuum, kOrdinal, kCategorical };

  explicit Axis(const Parameter& p);

  // The coordinate of a value, and back: a categorical's is the index of its choice.
  double Coordinate(double value) const;
  double Value(double coordinate) const;
  // The coordinate of the value that u of [0, 1] stands for.
  double FromUniform(double u) const;
  // The width that stands for the parameter's prior, which it must have; a coordinate drawn from
  // it.
  double BeliefWidth() const;
  double DrawBelief(RandomStream& rng) const;

  Kind kind = Kind::kContinuum;  // of very many levels, too
  int64_t levels = 0;            // 0: a continuum
  const Parameter* parameter = nullptr;
};

// The coordinates of a point; inactive parameters stay NaN.
std::vector<double> RowOf(absl::Span<const Axis> axes, absl::Span<const double> point);

class Mixture {
 public:
  // Weights need not sum to 1. The axes must outlive the mixture.
  void Build(absl::Span<const Axis> axes, Eigen::ArrayXXf centres, Eigen::ArrayXXf widths,
             const Eigen::ArrayXf& weights);

  int size() const { return static_cast<int>(log_weights_.size()); }
  const Eigen::ArrayXf& log_weights() const { return log_weights_; }

  // Adds ln Π_j κ_j of each component, over the axes first … last - 1, to `log` [m].
  void AddLogKernels(int first, int last, absl::Span<const double> point,
                     Eigen::ArrayXf& log) const;

  // Draws the coordinates first … last - 1 from component k.
  void Draw(int k, int first, int last, RandomStream& rng, absl::Span<double> point) const;

 private:
  absl::Span<const Axis> axes_;
  Eigen::ArrayXXf centres_, widths_;
  // Numeric: 1 / σ and ln of what the kernel is divided by; categorical: ln κ at the centre's
  // choice and elsewhere. All 0 where there is no opinion.
  Eigen::ArrayXXf first_, second_;
  Eigen::ArrayXXf opinion_;  // 0 or 1: a product is vectorised where a selection is not
  Eigen::ArrayXf log_weights_;
};

// ln Σ e^v. At least one element; some finite.
float LogSumExp(const Eigen::ArrayXf& v);

}  // namespace sturgeon::tpe

#endif  // STURGEON_STRATEGIES_TPE_MIXTURE_H_
