// What a point is worth trying, given the posterior at it, on a logarithmic scale that keeps its
// slope where the value itself would be 0 in floating point (Ament et al., "Unexpected improvements
// to expected improvement for Bayesian optimization", arXiv 2310.20708).
#ifndef STURGEON_STRATEGIES_GP_ACQUISITION_H_
#define STURGEON_STRATEGIES_GP_ACQUISITION_H_

namespace sturgeon::gp {

// A score and its derivatives by the posterior's mean and variance. Higher is better.
struct Score {
  double value, by_mean, by_variance;
};

// ln E[max(best - f, 0)], f ~ N(mean, variance): ln σ + ln(φ(z) + z Φ(z)), z = (best - mean) / σ.
Score LogExpectedImprovement(double mean, double variance, double best);

// ln P(f <= threshold) = ln Φ((threshold - mean) / σ).
Score LogProbabilityBelow(double mean, double variance, double threshold);

}  // namespace sturgeon::gp

#endif  // STURGEON_STRATEGIES_GP_ACQUISITION_H_
