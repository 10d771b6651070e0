#include "core/ped_anova.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "core/random.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

std::vector<uint32_t> AllRows(const ForestData& data) {
  std::vector<uint32_t> rows(data.rows);
  std::iota(rows.begin(), rows.end(), 0u);
  return rows;
}

// One axis, uniform.
ForestData Uniform(size_t rows, uint64_t seed) {
  ForestData data;
  data.axes.resize(1);
  data.rows = rows;
  for (size_t row = 0; row < rows; ++row) data.x.push_back(RandomStream(seed, row, 0).Uniform());
  data.y.resize(rows);
  return data;
}

// Three of four choices are never good: g = (1, 0, 0, 0), b = 1/4 each.
TEST(PedAnova, OfCategoriesIsPearsonsDivergence) {
  ForestData data = Uniform(4000, 1);
  data.axes[0].categories = 4;
  for (size_t row = 0; row < data.rows; ++row) {
    data.x[row] = (static_cast<double>(row % 4) + 0.5) / 4;
  }
  std::vector<uint8_t> good;
  for (size_t row = 0; row < data.rows; ++row) good.push_back(row % 4 == 0 ? 1 : 0);
  const double divergence = 0.75 * 0.75 / 0.25 + 3 * 0.25;
  EXPECT_NEAR(PedAnova(data, 0, AllRows(data), good), divergence, 0.01);
}

TEST(PedAnova, SeesWhereTheGoodOnesLie) {
  const ForestData data = Uniform(2000, 2);
  std::vector<uint8_t> good;
  for (const double u : data.x) good.push_back(u < 0.25 ? 1 : 0);
  // As above but for the kernels, which blur the border.
  EXPECT_NEAR(PedAnova(data, 0, AllRows(data), good), 3, 0.8);
}

// Goods that are drawn by lot: 0 on average, however few.
TEST(PedAnova, OfChanceIsZeroOnAverage) {
  for (const int categories : {0, 5}) {
    for (const uint64_t few : {4, 10, 50}) {
      double sum = 0, magnitude = 0;
      constexpr int kStudies = 400;
      for (uint64_t seed = 0; seed < kStudies; ++seed) {
        ForestData data = Uniform(100, 10 + seed);
        data.axes[0].categories = categories;
        std::vector<uint8_t> good(100, 0);
        std::fill_n(good.begin(), few, uint8_t{1});
        const double value = PedAnova(data, 0, AllRows(data), good);
        sum += value;
        magnitude += std::abs(value);
      }
      // Four standard errors or so.
      EXPECT_LT(std::abs(sum), 4 * 1.5 * magnitude / std::sqrt(kStudies)) << categories << few;
    }
  }
}

// All good trials have it, and half of the others; but its values are the same.
TEST(PedAnova, BeingThereIsNoValue) {
  ForestData data = Uniform(2000, 3);
  std::vector<uint8_t> good;
  for (size_t row = 0; row < data.rows; ++row) {
    good.push_back(row % 4 == 0 ? 1 : 0);
    if (row % 2 == 1) data.x[row] = std::numeric_limits<double>::quiet_NaN();
  }
  EXPECT_NEAR(PedAnova(data, 0, AllRows(data), good), 0, 0.02);
}

TEST(PedAnova, IsZeroWhereAllAreGoodOrNone) {
  const ForestData data = Uniform(20, 4);
  EXPECT_EQ(PedAnova(data, 0, AllRows(data), std::vector<uint8_t>(20, 1)), 0);
  EXPECT_EQ(PedAnova(data, 0, AllRows(data), std::vector<uint8_t>(20, 0)), 0);
}

}  // namespace
}  // namespace sturgeon
