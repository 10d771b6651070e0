#include "strategies/tpe/density_ratio.h"

#include <cmath>
#include <limits>
#include <vector>

#include "absl/types/span.h"
#include "core/random.h"
#include "core/space.h"
#include "gtest/gtest.h"

namespace sturgeon::tpe {
namespace {

using Row = std::vector<double>;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

class DensityRatioTest : public testing::Test {
 protected:
  double MeanDraw(DensityRatio& ratio, Row row, int column) {
    RandomStream rng(1, 0, 0);
    double sum = 0;
    for (int i = 0; i < 1000; ++i) {
      ratio.Draw(rng, absl::MakeSpan(row));
      sum += row[column] / 1000;
    }
    return sum;
  }

  const SearchSpace space_ =
      *SearchSpace::Create({Parameter::Float("x", 0, 1), Parameter::Float("y", 0, 1)});
  const std::vector<Axis> axes_ = {Axis(space_[0]), Axis(space_[1])};
};

TEST_F(DensityRatioTest, IsHighWhereGoodTrialsAreAndOthersAreNot) {
  const Row good = {0.2, 0.2}, other = {0.8, 0.8}, empty = {0.2, 0.8};
  DensityRatio ratio(axes_, {0, 1}, 0);
  ratio.Fit({{&good, 1}}, {{&other, 1}}, {}, empty);
  EXPECT_GT(ratio.Score(good), ratio.Score(empty));
  EXPECT_GT(ratio.Score(empty), ratio.Score(other));
  EXPECT_LT(MeanDraw(ratio, empty, 0), 0.4);
}

TEST_F(DensityRatioTest, EmptyRegionsStayNearZeroHoweverManyTrialsThereAre) {
  std::vector<Row> rows(500, {0.9, 0.9});
  const Row good = {0.1, 0.1}, empty = {0.1, 0.9};
  std::vector<Kernel> others;
  for (const Row& row : rows) others.push_back({&row, 200});
  DensityRatio ratio(axes_, {0, 1}, 0);
  ratio.Fit({{&good, 1}}, others, {}, good);
  // With the same prior weight in both it would be ln 50,000.
  EXPECT_NEAR(ratio.Score(empty), std::log(std::sqrt(1e5)), 2);
  EXPECT_GT(ratio.Score(good), ratio.Score(empty));
}

TEST_F(DensityRatioTest, WhatIsDecidedSaysWhichTrialsCount) {
  const Row a = {0.1, 0.2}, b = {0.9, 0.8};
  DensityRatio ratio(axes_, {0, 1}, 1);
  RatioOptions options;
  options.prior_weight = 0.01;
  ratio.Fit({{&a, 1}, {&b, 1}}, {}, options, Row{0.1, kNaN});
  EXPECT_LT(MeanDraw(ratio, {0.1, kNaN}, 1), 0.4);
  ratio.Fit({{&a, 1}, {&b, 1}}, {}, options, Row{0.9, kNaN});
  EXPECT_GT(MeanDraw(ratio, {0.9, kNaN}, 1), 0.6);
  // Columns in another order.
  DensityRatio swapped(axes_, {1, 0}, 1);
  swapped.Fit({{&a, 1}, {&b, 1}}, {}, options, Row{kNaN, 0.8});
  EXPECT_GT(MeanDraw(swapped, {kNaN, 0.8}, 0), 0.6);
}

TEST(DensityRatio, BeliefsCountByTheirWeight) {
  const SearchSpace space = *SearchSpace::Create(
      {Parameter::Float("x", 0, 1).Prior(0.9, 0.05), Parameter::Float("y", 0, 1),
       Parameter::Categorical("c", {"a", "b", "c"}).Prior("b", 0.1)});
  const std::vector<Axis> axes = {Axis(space[0]), Axis(space[1]), Axis(space[2])};
  DensityRatio ratio(axes, {0, 1, 2}, 0);
  for (const double weight : {0.0, 1000.0}) {
    RatioOptions options;
    options.belief_weight = weight;
    Row row = {0.5, 0.5, 0};
    ratio.Fit({}, {}, options, row);
    RandomStream rng(1, 0, 0);
    double x = 0, y = 0, b = 0;
    for (int i = 0; i < 2000; ++i) {
      ratio.Draw(rng, absl::MakeSpan(row));
      x += row[0] / 2000;
      y += row[1] / 2000;
      b += row[2] == 1 ? 1.0 / 2000 : 0;
    }
    EXPECT_NEAR(y, 0.5, 0.04);
    EXPECT_NEAR(x, weight > 0 ? 0.9 : 0.5, 0.04);
    EXPECT_NEAR(b, weight > 0 ? 0.9 : 1 / 3.0, 0.05);
  }
}

}  // namespace
}  // namespace sturgeon::tpe
