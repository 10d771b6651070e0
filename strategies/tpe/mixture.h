// A mixture of product kernels over some parameters, each centred at a trial: the Parzen estimator.
//
//   p(x) = Σ_k w_k Π_j κ_j(x_j; c_kj, σ_kj),   Σ w_k = 1,
//
// in unit coordinates. κ is relative to the uniform distribution, so that 1 means "no opinion" for
// every kind of parameter alike:
//   continuum    the normal density of mean c and deviation σ, truncated to [0, 1];
//   ordinal      the mass of that normal over the share [a, b] of x's value, divided by b - a;
//   categorical  σ + (1 - σ) L where x is c, σ elsewhere; L the number of choices: σ is the chance
//                of drawing from all choices alike.
// A centre that is NaN, because the parameter was inactive in the trial, has κ = 1.
//
// Shapes: centres and widths [m, d] column-major (a component a row); points [d], a categorical
// coordinate being the index of its choice. Cost: Build O(m d), LogDensity O(m d) a point, in
// vectorised loops. Determinism: the order of the components matters in the last bits.
#ifndef STURGEON_STRATEGIES_TPE_MIXTURE_H_
#define STURGEON_STRATEGIES_TPE_MIXTURE_H_

#include <vector>

#include "Eigen/Core"
#include "absl/types/span.h"
#include "core/random.h"
#include "core/space.h"

namespace sturgeon::tpe {

// A parameter as a density sees it.
struct Axis {
  enum class Kind { kContinuum, kOrdinal, kCategorical };
  Kind kind = Kind::kContinuum;
  int64_t levels = 0;  // 0: a continuum
  const Parameter* parameter = nullptr;

  explicit Axis(const Parameter& p);

  // The coordinate of a value, and back; a categorical's is the index of its choice.
  double Coordinate(double value) const;
  double Value(double coordinate) const;
  // The share [low, high] of the unit interval that an ordinal coordinate's value owns.
  struct Share {
    double low, high;
  };
  Share ShareOf(double coordinate) const;
};

class Mixture {
 public:
  // Components in the rows of the arrays; weights need not sum to 1.
  void Build(absl::Span<const Axis> axes, Eigen::ArrayXXd centres, Eigen::ArrayXXd widths,
             Eigen::ArrayXd weights);

  int size() const { return static_cast<int>(weights_.size()); }

  // What a point says of each component, on some of the axes: the log of Π κ_j, added to `log`.
  void AddLogKernels(absl::Span<const int> on, absl::Span<const double> point,
                     Eigen::ArrayXd& log) const;
  // log w.
  const Eigen::ArrayXd& log_weights() const { return log_weights_; }

  // Draws the coordinates `on` some axes from component k. NaN centres: uniform.
  void Draw(int k, absl::Span<const int> on, RandomStream& rng, absl::Span<double> point) const;

 private:
  absl::Span<const Axis> axes_;
  Eigen::ArrayXXd centres_, widths_, inverse_;
  Eigen::ArrayXXd log_norms_;  // of truncated normals: -ln Z, and for continua -ln(σ √2π Z)
  Eigen::ArrayXd weights_, log_weights_;
};

// ln Σ e^v, stable. -∞ for an empty array.
double LogSumExp(const Eigen::ArrayXd& v);

}  // namespace sturgeon::tpe

#endif  // STURGEON_STRATEGIES_TPE_MIXTURE_H_
