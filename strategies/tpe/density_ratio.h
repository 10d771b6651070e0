// l / g: where good trials are dense and others are not.
//
// l is a mixture (mixture.h) of a kernel for each good trial, g of one for each other trial; both
// have a uniform component, and l may have one of what the user believes (Parameter::prior). With m
// kernels in a mixture, d parameters to be decided, and n trials so far, a kernel's deviation is
//   σ = bandwidth · m^(-1 / (d + 4)) · √(20 / max(n, 20)),
// the first power being Scott's, the second what lets the search converge; it is at least the share
// of a value of a discrete parameter, and a categorical one is smoothed by s = L / (L + 4 (m + 1)).
// With W_l and W_g the weights of all kernels, the uniform component weighs prior_weight in l, and
// prior_weight √(W_g / W_l) in g. Equal weights would make whatever is far from all trials look
// good, as W_g grows; equal shares of the whole would never look there.
//
// Some of the parameters may be decided already: then l and g are the densities of the others given
// those, a kernel counting as much as it agrees with them.
#ifndef STURGEON_STRATEGIES_TPE_DENSITY_RATIO_H_
#define STURGEON_STRATEGIES_TPE_DENSITY_RATIO_H_

#include <cstdint>
#include <vector>

#include "Eigen/Core"
#include "absl/types/span.h"
#include "core/random.h"
#include "strategies/tpe/mixture.h"

namespace sturgeon::tpe {

struct Kernel {
  const std::vector<double>* row;  // coordinates of all parameters; inactive: NaN
  double weight;
};

struct RatioOptions {
  double bandwidth = 0.2;
  double prior_weight = 0.5;
  double belief_weight = 0;  // of the component of the parameters' priors, in l
  double trials = 0;         // n
};

class DensityRatio {
 public:
  // `axes` are those of all parameters; `columns` the indices of those that take part, of which the
  // first `decided` are decided.
  DensityRatio(absl::Span<const Axis> axes, std::vector<int> columns, int decided);

  // `row`, of all parameters, holds what is decided.
  void Fit(absl::Span<const Kernel> good, absl::Span<const Kernel> others,
           const RatioOptions& options, absl::Span<const double> row);

  // Draws the parameters that are not decided from l, into `row`.
  void Draw(RandomStream& rng, absl::Span<double> row);

  // ln l - ln g, up to a constant.
  double Score(absl::Span<const double> row);

 private:
  Mixture MakeMixture(absl::Span<const Kernel> kernels, const RatioOptions& options,
                      double prior_weight, double belief_weight) const;
  void Gather(absl::Span<const double> row);

  const std::vector<int> columns_;
  const int decided_;
  std::vector<Axis> axes_;  // of the columns
  Mixture good_, others_;
  Eigen::ArrayXf good_given_,
      others_given_;  // ln of the components' weights, given what is decided
  Eigen::ArrayXf odds_, log_;
  std::vector<double> x_;  // the columns of a row
};

}  // namespace sturgeon::tpe

#endif  // STURGEON_STRATEGIES_TPE_DENSITY_RATIO_H_
