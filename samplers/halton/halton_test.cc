#include "samplers/halton/halton.h"

#include <cmath>
#include <set>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "samplers/conformance.h"
#include "samplers/discrepancy.h"

namespace sturgeon {
namespace {

Value Scramble(bool scramble) {
  Value options = Value::Object();
  options.Set("scramble", scramble);
  return options;
}

std::vector<SamplerCase> Cases() {
  SamplerCase scrambled{"scrambled", &kHaltonSampler};
  scrambled.max_dimensions = kHaltonDimensions;
  SamplerCase plain = scrambled;
  plain.name = "plain";
  plain.options = Scramble(false);
  plain.uses_seed = false;
  plain.uniform = false;  // not over the seeds
  return {scrambled, plain};
}

INSTANTIATE_TEST_SUITE_P(Halton, SamplerConformance, testing::ValuesIn(Cases()), SamplerCaseName);

SamplerContext Context(int dimensions, uint64_t seed = 0) {
  SamplerContext context;
  context.dimensions = dimensions;
  context.seed = seed;
  return context;
}

TEST(HaltonSampler, UnscrambledPointsAreRadicalInverses) {
  const std::vector<double> points =
      SamplePoints(kHaltonSampler, Scramble(false), Context(3), 0, 6);
  const std::vector<double> expected = {0.,     0.,     0.,      //
                                        1. / 2, 1. / 3, 1. / 5,  //
                                        1. / 4, 2. / 3, 2. / 5,  //
                                        3. / 4, 1. / 9, 3. / 5,  //
                                        1. / 8, 4. / 9, 4. / 5,  //
                                        5. / 8, 7. / 9, 1. / 25};
  EXPECT_EQ(points, expected);
  // The 256th prime is 1,619.
  EXPECT_DOUBLE_EQ(
      SamplePoints(kHaltonSampler, Scramble(false), Context(kHaltonDimensions), 1, 1).back(),
      1. / 1619);
}

// b^m points put one into each b^-m-th of an axis, and 2^a 3^c points one into each box of the
// sides 2^-a and 3^-c.
TEST(HaltonSampler, ScramblingKeepsTheStratification) {
  for (uint64_t seed = 0; seed < 5; ++seed) {
    for (const auto& [dimension, n] : {std::pair(0, 256), std::pair(1, 243), std::pair(3, 343)}) {
      const std::vector<double> points =
          SamplePoints(kHaltonSampler, Scramble(true), Context(4, seed), 3 * n, n);
      std::set<int> strata;
      for (int i = 0; i < n; ++i) strata.insert(static_cast<int>(points[4 * i + dimension] * n));
      EXPECT_EQ(strata.size(), n) << "dimension " << dimension;
    }
    constexpr int kColumns = 8;
    constexpr int kRows = 27;
    const std::vector<double> points =
        SamplePoints(kHaltonSampler, Scramble(true), Context(2, seed), 0, kColumns * kRows);
    std::set<std::pair<int, int>> boxes;
    for (size_t i = 0; i < points.size(); i += 2) {
      boxes.emplace(static_cast<int>(points[i] * kColumns),
                    static_cast<int>(points[i + 1] * kRows));
    }
    EXPECT_EQ(boxes.size(), kColumns * kRows);
  }
}

TEST(HaltonSampler, ScramblingBreaksTheLinesOfHighDimensions) {
  // The correlation of the last two of 50 dimensions, over 100 points.
  const auto correlation = [](bool scramble) {
    constexpr int n = 100;
    constexpr int d = 50;
    const std::vector<double> points =
        SamplePoints(kHaltonSampler, Scramble(scramble), Context(d), 0, n);
    double x = 0, y = 0, xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < points.size(); i += d) {
      const double a = points[i + d - 2];
      const double b = points[i + d - 1];
      x += a / n;
      y += b / n;
      xx += a * a / n;
      yy += b * b / n;
      xy += a * b / n;
    }
    return std::abs(xy - x * y) / std::sqrt((xx - x * x) * (yy - y * y));
  };
  EXPECT_GT(correlation(false), 0.99);
  EXPECT_LT(correlation(true), 0.3);
}

TEST(HaltonSampler, IsMoreEvenThanUniformPoints) {
  // The expected square is ((5/4)^d - (13/12)^d) / n for independent uniform points.
  constexpr int kSeeds = 40;
  for (int dimensions : {2, 5}) {
    for (int n : {25, 64, 200}) {
      double mean_square = 0;
      for (uint64_t seed = 0; seed < kSeeds; ++seed) {
        const std::vector<double> points =
            SamplePoints(kHaltonSampler, Scramble(true), Context(dimensions, seed), 0, n);
        mean_square += std::pow(CenteredL2Discrepancy(points, dimensions), 2) / kSeeds;
      }
      const double of_uniform =
          (std::pow(5.0 / 4, dimensions) - std::pow(13.0 / 12, dimensions)) / n;
      EXPECT_LT(mean_square, 0.7 * of_uniform) << n << " points in " << dimensions;
    }
  }
}

}  // namespace
}  // namespace sturgeon
