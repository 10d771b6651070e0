#include "strategies/gp/warping.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace sturgeon::gp {
namespace {

Vector Of(const std::vector<double>& y) { return Eigen::Map<const Vector>(y.data(), y.size()); }

void ExpectStandard(const Vector& z) {
  EXPECT_NEAR(z.mean(), 0, 1e-9);
  EXPECT_NEAR(z.squaredNorm() / static_cast<double>(z.size()), 1, 1e-9);
}

TEST(WarpingTest, KeepsTheOrderOfFiniteValuesOfAnySize) {
  for (const std::vector<double>& y :
       {std::vector<double>{1, 2, 3, 4}, std::vector<double>{-1e308, -1, 0, 1, 2, 1e308},
        std::vector<double>{5, 5, 5, 5, 5, 1e300},
        std::vector<double>{1e-310, 2e-310, 3e-310, 0, 1}, std::vector<double>{2, 1},
        std::vector<double>{0, 1e-9, 2e-9, 3e-9, 1e9}}) {
    const Vector z = PowerTransformed(Of(y));
    ASSERT_TRUE(z.allFinite());
    ExpectStandard(z);
    for (size_t i = 0; i < y.size(); ++i) {
      for (size_t j = 0; j < y.size(); ++j) {
        if (y[i] <= y[j]) {
          EXPECT_LE(z[i], z[j]);
        }
      }
    }
  }
}

TEST(WarpingTest, EqualValuesBecomeZero) {
  EXPECT_EQ(PowerTransformed(Of({7, 7, 7})), Of({0, 0, 0}));
  EXPECT_EQ(PowerTransformed(Of({7})), Of({0}));
  EXPECT_EQ(PowerTransformed(Vector()).size(), 0);
}

// The quantiles of a log-normal distribution: as good as normal afterwards.
TEST(WarpingTest, TakesTheSkewOut) {
  std::vector<double> y, normal;
  for (int i = -20; i <= 20; ++i) {
    normal.push_back(i / 8.0);
    y.push_back(std::exp(2 * normal.back()));
  }
  const Vector z = PowerTransformed(Of(y)), plain = Standardized(Of(y));
  EXPECT_LT(std::abs(z.array().cube().mean()), 0.5 * plain.array().cube().mean());
}

// One outlier leaves the others apart.
TEST(WarpingTest, AnOutlierDoesNotSetTheScale) {
  std::vector<double> y;
  for (int i = 0; i < 20; ++i) y.push_back(0.05 * i);
  y.push_back(1e12);
  const Vector z = PowerTransformed(Of(y));
  EXPECT_GT(z[19] - z[0], 0.01);
}

}  // namespace
}  // namespace sturgeon::gp
