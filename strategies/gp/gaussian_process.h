// Gaussian-process regression over the features of points: the marginal likelihood's
// hyperparameters and the posterior.
//
//   k(z, z') = σ² (1 + √5 r + 5/3 r²) exp(-√5 r),   r² = Σ_g |z_g - z'_g|² / ℓ_g²
// Matérn 5/2 with a length scale for each group g of features (encoding.h), and y = f(z) + noise of
// variance ν. Rasmussen and Williams, "Gaussian processes for machine learning" (2006), chapters 2
// and 5. Values y are expected with mean 0 and variance about 1.
//
// Priors, on logarithms: ℓ ~ N(ln length + ½ ln d, length_sd²), σ² ~ N(0,
// signal_sd²), ν ~ N(ln noise, noise_sd²), and the warping's ln a, ln b ~ N(0, warping_sd²).
//
// Shapes: n points, d parameters, c columns of features. Deterministic; no threads; no errors: a
// matrix that is not numerically positive definite gets jitter until it is.
// Cost: a step of Fit O(n³ + n² c); construction O(n³); Predict O(n²) a point; Append O(n²).
#ifndef STURGEON_STRATEGIES_GP_GAUSSIAN_PROCESS_H_
#define STURGEON_STRATEGIES_GP_GAUSSIAN_PROCESS_H_

#include "absl/types/span.h"
#include "strategies/gp/encoding.h"

namespace sturgeon::gp {

struct Hyperparameters {
  Vector log_lengths;     // ln ℓ, [groups]
  double log_signal = 0;  // ln σ²
  double log_noise = 0;   // ln ν
  Vector warping;         // ln a, ln b of each group, [2 groups]; empty: none
};

struct Priors {
  double length = 0.5, length_sd = 1.0;
  double signal_sd = 1.0;
  double noise = 1e-3, noise_sd = 2.0;
  bool warp = false;
  double warping_sd = 0.5;
};

// The hyperparameters before any data: every prior's middle.
Hyperparameters PriorMiddle(const Encoding& encoding, const Priors& priors);

// The mode of the posterior of the hyperparameters, by at most `evaluations` steps from `start`.
// `value`, if not null, gets the negative logarithm of the posterior density there, up to a
// constant.
Hyperparameters Fit(const Encoding& encoding, const Matrix& unit, const Vector& y,
                    const Priors& priors, const Hyperparameters& start, int evaluations,
                    double* value = nullptr);

class GaussianProcess {
 public:
  // `encoding` must outlive this. unit [n, d], y [n].
  GaussianProcess(const Encoding& encoding, Hyperparameters hyperparameters, const Matrix& unit,
                  const Vector& y);

  // The mean and variance of f at unit [m, d].
  void Predict(const Matrix& unit, Vector* mean, Vector* variance) const;

  // Likewise at one point, with the gradients by its unit coordinates, [d].
  void Predict(absl::Span<const double> unit, double* mean, double* variance,
               absl::Span<double> mean_gradient, absl::Span<double> variance_gradient) const;

  // Adds a point whose value is the mean at it, and returns that: the mean stays, the variance
  // shrinks (Desautels et al., "Parallelizing exploration-exploitation tradeoffs", JMLR 2014, call
  // it hallucination).
  double AppendAtMean(absl::Span<const double> unit);

 private:
  Matrix Covariances(const Matrix& features) const;  // of the data and others, [n, m]

  const Encoding& encoding_;
  Hyperparameters hyperparameters_;
  Vector scale_;  // 1 / ℓ of each column
  double signal_, noise_;
  Matrix features_;  // [n, c], scaled
  Vector norms_;     // their squared norms
  Matrix factor_;    // L of K + νI = L Lᵀ
  Vector alpha_;     // (K + νI)⁻¹ y
  Vector y_;
};

}  // namespace sturgeon::gp

#endif  // STURGEON_STRATEGIES_GP_GAUSSIAN_PROCESS_H_
