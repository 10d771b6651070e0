#include "samplers/discrepancy.h"

#include <cmath>
#include <limits>
#include <vector>

#include "core/random.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

TEST(CenteredL2Discrepancy, OfCentredPointsInOneDimension) {
  // With one dimension and n points at the middles of n equal cells, the square is 1 / (12 n^2).
  for (int n : {1, 2, 4, 9}) {
    std::vector<double> points;
    for (int i = 0; i < n; ++i) points.push_back((i + 0.5) / n);
    EXPECT_NEAR(CenteredL2Discrepancy(points, 1), 1 / (n * std::sqrt(12.0)), 1e-8) << n;
  }
}

TEST(CenteredL2Discrepancy, AgreesWithAnotherImplementation) {
  // scipy.stats.qmc.discrepancy(..., method="CD") of SciPy 1.17.1, which gives the square: 0.048.
  EXPECT_NEAR(CenteredL2Discrepancy({0.1, 0.9, 0.5, 0.25, 0.7, 0.6}, 2), std::sqrt(0.048), 1e-12);
}

TEST(CenteredL2Discrepancy, DoesNotChangeWhenAnAxisIsMirrored) {
  RandomStream rng(1, 0, kFirstPluginStream);
  std::vector<double> points;
  for (int i = 0; i < 60; ++i) points.push_back(rng.Uniform());
  const double before = CenteredL2Discrepancy(points, 3);
  for (size_t i = 1; i < points.size(); i += 3) points[i] = 1 - points[i];
  EXPECT_NEAR(CenteredL2Discrepancy(points, 3), before, 1e-12);
}

TEST(CenteredL2Discrepancy, OfUniformPointsIsWhatTheoryExpects) {
  // The expected square over n independent uniform points is ((5/4)^d - (13/12)^d) / n.
  constexpr int kSeeds = 400;
  constexpr int kPoints = 16;
  constexpr int kDimensions = 2;
  double mean = 0;
  for (int seed = 0; seed < kSeeds; ++seed) {
    RandomStream rng(seed, 0, kFirstPluginStream);
    std::vector<double> points(kPoints * kDimensions);
    for (double& x : points) x = rng.Uniform();
    mean += std::pow(CenteredL2Discrepancy(points, kDimensions), 2) / kSeeds;
  }
  const double expected =
      (std::pow(5.0 / 4, kDimensions) - std::pow(13.0 / 12, kDimensions)) / kPoints;
  EXPECT_NEAR(mean / expected, 1, 0.1);
}

TEST(MinimumDistance, IsThatOfTheNearestPair) {
  EXPECT_DOUBLE_EQ(MinimumDistance({0, 0, 0.3, 0.4, 0.9, 0.9}, 2), 0.5);
  EXPECT_EQ(MinimumDistance({0.5, 0.5}, 2), std::numeric_limits<double>::infinity());
}

}  // namespace
}  // namespace sturgeon
