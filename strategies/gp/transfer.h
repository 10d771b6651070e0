// What earlier studies on other data say of this one: a mean function for its Gaussian process.
//
//   m(x) = Σ_s b_s μ_s(x),   b = argmin_{b >= 0} Σ_i (y_i - m(x_i))² + λ Σ_s (b_s - 1/S)²
// where μ_s is the posterior mean of a process of its own over the trials of earlier study s (its
// losses standardised, so that only their shape counts), and y are this study's. λ is worth three
// trials: before there are results an earlier study is believed, and one that contradicts them soon
// gets the weight 0. What b leaves over is modelled by this study's own process, so a wrong belief
// costs a few trials and no more.
//
// Relatives: the ranking-weighted ensemble of Feurer, Letham, Bakshy (arXiv 1802.02219) and
// stacking of residuals (Golovin et al., "Google Vizier", KDD 2017); least squares with a prior is
// used for the weights because it is smooth in the data and needs no sampling.
#ifndef STURGEON_STRATEGIES_GP_TRANSFER_H_
#define STURGEON_STRATEGIES_GP_TRANSFER_H_

#include <vector>

#include "absl/types/span.h"
#include "core/study_config.h"
#include "strategies/gp/encoding.h"
#include "strategies/gp/gaussian_process.h"

namespace sturgeon::gp {

class TransferMean {
 public:
  // The mean function of objective `objective`. Earlier studies with fewer than three trials are
  // left out. `encoding` must outlive this. Cost: a fit a study (at most 200 trials of each).
  TransferMean(const StudyConfig& study, int objective, const Encoding& encoding,
               const Priors& priors);

  bool empty() const { return models_.empty(); }

  // Sets the weights by this study's standardised values y [n] at unit [n, d].
  void Weigh(const Matrix& unit, const Vector& y);

  Vector At(const Matrix& unit) const;  // [n]
  // At one point; adds the gradient by its unit coordinates to `gradient`.
  double At(absl::Span<const double> unit, absl::Span<double> gradient) const;

  // The unit coordinates of each earlier study's best trial, [studies, d].
  const Matrix& best() const { return best_; }

 private:
  std::vector<GaussianProcess> models_;
  Vector weights_;
  Matrix best_;
};

}  // namespace sturgeon::gp

#endif  // STURGEON_STRATEGIES_GP_TRANSFER_H_
