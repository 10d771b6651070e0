#include "strategies/gp/acquisition.h"

#include <algorithm>
#include <cmath>

#include "gtest/gtest.h"

namespace sturgeon::gp {
namespace {

double Density(double f, double mean, double variance) {
  return std::exp(-0.5 * (f - mean) * (f - mean) / variance) / std::sqrt(2 * M_PI * variance);
}

// ∫ g(f) N(f; mean, variance) df below `high`, by the midpoint rule.
template <typename G>
double Integral(double mean, double variance, double high, G g) {
  const double sigma = std::sqrt(variance), low = std::min(mean, high) - 12 * sigma;
  const int steps = 200000;
  const double width = (high - low) / steps;
  double sum = 0;
  for (int i = 0; i < steps; ++i) {
    const double f = low + (i + 0.5) * width;
    sum += g(f) * Density(f, mean, variance) * width;
  }
  return sum;
}

TEST(AcquisitionTest, IsTheLogarithmOfTheIntegral) {
  for (const double mean : {-2.0, 0.0, 1.0, 3.0}) {
    for (const double variance : {0.1, 1.0, 4.0}) {
      const double best = 0.5;
      const double ei = Integral(mean, variance, best, [&](double f) { return best - f; });
      EXPECT_NEAR(LogExpectedImprovement(mean, variance, best).value, std::log(ei), 1e-5);
      const double below = Integral(mean, variance, best, [](double) { return 1.0; });
      EXPECT_NEAR(LogProbabilityBelow(mean, variance, best).value, std::log(below), 1e-5);
    }
  }
}

// Where the improvement itself underflows, its logarithm has a value and a slope.
TEST(AcquisitionTest, HasAValueAndASlopeFarOut) {
  double last_improvement = 0, last_probability = 0;
  for (const double z : {5.0, 19.9, 20.1, 100.0, 1e4, 1e8}) {
    const Score improvement = LogExpectedImprovement(z, 1, 0);
    const Score probability = LogProbabilityBelow(z, 1, 0);
    // ln φ(z) less the logarithm of z², and of z, for large z.
    const double log_density = -0.5 * z * z - 0.5 * std::log(2 * M_PI);
    EXPECT_NEAR(improvement.value, log_density - 2 * std::log(z), 3 / (z * z) + 1e-8 * z * z);
    EXPECT_NEAR(probability.value, log_density - std::log(z), 1 / (z * z) + 1e-8 * z * z);
    EXPECT_LT(improvement.value, last_improvement);
    EXPECT_LT(probability.value, last_probability);
    EXPECT_LT(improvement.by_mean, -0.9 * z);
    EXPECT_LT(probability.by_mean, -0.9 * z);
    last_improvement = improvement.value;
    last_probability = probability.value;
  }
}

TEST(AcquisitionTest, DerivativesAreThoseOfTheValue) {
  const double h = 1e-6;
  for (const double mean : {-3.0, -0.2, 0.9, 1.1, 4.0, 30.0}) {
    for (const double variance : {0.5, 2.0}) {
      for (const auto function : {LogExpectedImprovement, LogProbabilityBelow}) {
        const Score score = function(mean, variance, 0);
        const double by_mean =
            (function(mean + h, variance, 0).value - function(mean - h, variance, 0).value) /
            (2 * h);
        const double by_variance =
            (function(mean, variance + h, 0).value - function(mean, variance - h, 0).value) /
            (2 * h);
        EXPECT_NEAR(score.by_mean, by_mean, 1e-5 * (1 + std::abs(by_mean)));
        EXPECT_NEAR(score.by_variance, by_variance, 1e-5 * (1 + std::abs(by_variance)));
      }
    }
  }
}

}  // namespace
}  // namespace sturgeon::gp
