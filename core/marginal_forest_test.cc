#include "core/marginal_forest.h"

#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <vector>

#include "core/random.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

ForestData Uniform(size_t axes, size_t rows, uint64_t seed,
                   const std::function<double(const std::vector<double>&)>& f) {
  ForestData data;
  data.axes.resize(axes);
  data.rows = rows;
  data.x.resize(axes * rows);
  for (size_t row = 0; row < rows; ++row) {
    RandomStream rng(seed, row, 0);
    std::vector<double> u(axes);
    for (size_t axis = 0; axis < axes; ++axis) data.x[axis * rows + row] = u[axis] = rng.Uniform();
    data.y.push_back(f(u));
  }
  return data;
}

std::vector<uint32_t> AllRows(const ForestData& data) {
  std::vector<uint32_t> rows(data.rows);
  std::iota(rows.begin(), rows.end(), 0u);
  return rows;
}

MarginalTree Grow(const ForestData& data, uint64_t seed, uint32_t min_leaf = 1) {
  RandomStream rng(seed, 0, 0);
  return MarginalTree(data, Bootstrap(AllRows(data), data.rows, &rng), min_leaf, &rng);
}

double Wave(const std::vector<double>& u) {
  return std::sin(6 * u[0]) + 3 * u[1] * u[2] + (u[3] < 0.3 ? 1 : 0) * u[0];
}

// What the tree says of itself is what its predictions say.
TEST(MarginalTree, MarginalsAreThoseOfItsPredictions) {
  ForestData data = Uniform(4, 60, 1, Wave);
  data.axes[3].categories = 5;
  data.axes[1].borders = {0.25, 0.5, 0.75};
  const MarginalTree tree = Grow(data, 2);
  EXPECT_GT(tree.leaves(), 20u);

  constexpr int kPoints = 200000;
  double mean = 0, square = 0, without = 0, pair = 0;
  std::vector<double> conditional(4, 0.0);
  for (int i = 0; i < kPoints; ++i) {
    RandomStream rng(3, i, 0);
    // Two points for each set of axes that they share.
    std::vector<double> a(4), b(4);
    for (int j = 0; j < 4; ++j) {
      a[j] = rng.Uniform();
      b[j] = rng.Uniform();
    }
    const double f = tree.Predict(a);
    mean += f / kPoints;
    square += f * f / kPoints;
    for (int j = 0; j < 4; ++j) {
      std::vector<double> c = b;
      c[j] = a[j];
      conditional[j] += f * tree.Predict(c) / kPoints;
    }
    std::vector<double> c = a;
    c[0] = b[0];
    without += f * tree.Predict(c) / kPoints;
    std::vector<double> d = b;
    d[0] = a[0];
    d[3] = a[3];
    pair += f * tree.Predict(d) / kPoints;
  }
  EXPECT_NEAR(tree.mean(), mean, 0.01);
  const double variance = square - mean * mean;
  EXPECT_NEAR(tree.Variance(), variance, 0.02 * variance);
  std::vector<double> main(4);
  for (int j = 0; j < 4; ++j) {
    main[j] = tree.MainVariance(j);
    EXPECT_NEAR(main[j], conditional[j] - mean * mean, 0.02 * variance) << j;
  }
  EXPECT_NEAR(tree.PairVariance(0, 3, main[0], main[3]), pair - mean * mean - main[0] - main[3],
              0.03 * variance);
  EXPECT_NEAR(tree.PairVariance(3, 0, main[3], main[0]), tree.PairVariance(0, 3, main[0], main[3]),
              1e-12);
  EXPECT_NEAR(tree.TotalVariance(0), square - without, 0.02 * variance);
}

TEST(MarginalTree, OfTwoAxesEffectsAddUp) {
  const ForestData data =
      Uniform(2, 80, 4, [](const std::vector<double>& u) { return u[0] + u[0] * u[1] * 4; });
  const MarginalTree tree = Grow(data, 5);
  const double p = tree.MainVariance(0), q = tree.MainVariance(1);
  const double pair = tree.PairVariance(0, 1, p, q);
  EXPECT_NEAR(p + q + pair, tree.Variance(), 1e-12);
  EXPECT_NEAR(tree.TotalVariance(0), p + pair, 1e-12);
  EXPECT_NEAR(tree.TotalVariance(1), q + pair, 1e-12);
}

TEST(MarginalTree, CutsDiscreteAxesAtTheirBordersAlone) {
  ForestData data =
      Uniform(1, 40, 6, [](const std::vector<double>& u) { return std::floor(u[0] * 4); });
  for (double& u : data.x) u = (std::floor(u * 4) + 0.5) / 4;
  data.axes[0].borders = {0.25, 0.5, 0.75};
  const MarginalTree tree = Grow(data, 7);
  EXPECT_EQ(tree.Main(0).edges, (std::vector<double>{0, 0.25, 0.5, 0.75, 1}));
  EXPECT_NEAR(tree.MainVariance(0), 1.25, 1e-12);  // of 0, 1, 2, 3
}

TEST(MarginalTree, FindsSubsetsOfChoices) {
  ForestData data = Uniform(
      1, 200, 8, [](const std::vector<double>& u) { return static_cast<int>(u[0] * 6) % 2; });
  data.axes[0].categories = 6;
  const MarginalTree tree = Grow(data, 9);
  EXPECT_EQ(tree.leaves(), 2u);
  EXPECT_NEAR(tree.MainVariance(0), 0.25, 1e-12);
}

TEST(MarginalTree, WhatIsInactiveDoesNotMatter) {
  ForestData data = Uniform(2, 300, 10, [](const std::vector<double>& u) { return u[0]; });
  for (size_t row = 0; row < data.rows; ++row) {
    if (data.at(0, row) < 0.5) data.x[data.rows + row] = std::numeric_limits<double>::quiet_NaN();
  }
  const MarginalTree tree = Grow(data, 11);
  EXPECT_LT(tree.MainVariance(1), 0.02 * tree.Variance());
}

TEST(MarginalTree, KeepsLeavesLarge) {
  const ForestData data = Uniform(4, 200, 12, Wave);
  constexpr uint32_t kMinLeaf = 10;
  EXPECT_LE(Grow(data, 13, kMinLeaf).leaves(), 20u);
  EXPECT_GT(Grow(data, 13, kMinLeaf).leaves(), 5u);
}

TEST(MarginalTree, OfEqualValuesIsOneLeaf) {
  const ForestData data = Uniform(2, 20, 14, [](const std::vector<double>&) { return 3.0; });
  const MarginalTree tree = Grow(data, 15);
  EXPECT_EQ(tree.leaves(), 1u);
  EXPECT_EQ(tree.mean(), 3.0);
  EXPECT_EQ(tree.Variance(), 0.0);
  EXPECT_EQ(tree.TotalVariance(0), 0.0);
}

TEST(MarginalTree, IsAFunctionOfTheStream) {
  const ForestData data = Uniform(4, 100, 16, Wave);
  EXPECT_EQ(Grow(data, 17).MainVariance(0), Grow(data, 17).MainVariance(0));
  EXPECT_NE(Grow(data, 17).MainVariance(0), Grow(data, 18).MainVariance(0));
}

}  // namespace
}  // namespace sturgeon
