#include "samplers/grid/grid.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "samplers/conformance.h"

namespace sturgeon {
namespace {

Value Options(int64_t points_per_dimension, const std::string& order) {
  Value options = Value::Object();
  options.Set("points_per_dimension", points_per_dimension);
  options.Set("order", order);
  return options;
}

SamplerCase Case(std::string name, Value options) {
  SamplerCase grid{std::move(name), &kGridSampler, std::move(options)};
  grid.uniform = false;
  grid.honours_levels = true;
  return grid;
}

std::vector<SamplerCase> Cases() {
  SamplerCase by_count = Case("by_count", Value::Object());
  by_count.needs_count = true;
  SamplerCase lexicographic = Case("lexicographic", Options(0, "lexicographic"));
  lexicographic.needs_count = true;
  lexicographic.uses_seed = false;
  SamplerCase three = Case("three_a_dimension", Options(3, "spread"));
  three.max_dimensions = 39;  // 3^39 < 2^63 < 3^40
  return {by_count, lexicographic, three};
}

INSTANTIATE_TEST_SUITE_P(Grid, SamplerConformance, testing::ValuesIn(Cases()), SamplerCaseName);

SamplerContext Context(int dimensions, int64_t count, std::vector<int64_t> levels = {}) {
  SamplerContext context;
  context.dimensions = dimensions;
  context.count = count;
  context.levels = std::move(levels);
  return context;
}

// The number of distinct values along each dimension of the whole grid, whose points must differ.
std::vector<size_t> Cells(const SamplerContext& context, const Value& options = Value::Object()) {
  const auto sampler = kGridSampler.create(options, "grid", context);
  EXPECT_TRUE(sampler.ok()) << sampler.status();
  if (!sampler.ok()) return {};
  const int64_t n = (*sampler)->size();
  const std::vector<double> points = SamplePoints(**sampler, context, 0, n);
  std::vector<std::set<double>> values(context.dimensions);
  std::set<std::vector<double>> distinct;
  for (size_t i = 0; i < points.size(); i += context.dimensions) {
    distinct.emplace(points.begin() + i, points.begin() + i + context.dimensions);
    for (int j = 0; j < context.dimensions; ++j) values[j].insert(points[i + j]);
  }
  EXPECT_EQ(distinct.size(), n);
  std::vector<size_t> cells;
  for (const std::set<double>& of_dimension : values) cells.push_back(of_dimension.size());
  return cells;
}

using Sizes = std::vector<size_t>;

TEST(GridSampler, FiveByFiveTriesFiveValuesOfTheImportantParameter) {
  EXPECT_EQ(Cells(Context(2, 25)), Sizes({5, 5}));
}

TEST(GridSampler, LaysOutTheLargestBalancedGridThatFits) {
  EXPECT_EQ(Cells(Context(2, 24)), Sizes({5, 4}));
  EXPECT_EQ(Cells(Context(2, 19)), Sizes({4, 4}));
  EXPECT_EQ(Cells(Context(6, 60)), Sizes({2, 2, 2, 2, 2, 1}));
  EXPECT_EQ(Cells(Context(3, 1)), Sizes({1, 1, 1}));
  EXPECT_EQ(Cells(Context(1, 1000)), Sizes({1000}));
}

TEST(GridSampler, LevelsLimitTheCellsAndLeaveMoreForTheOthers) {
  EXPECT_EQ(Cells(Context(3, 60, {0, 2, 0})), Sizes({6, 2, 5}));
  EXPECT_EQ(Cells(Context(2, 100, {3, 4})), Sizes({3, 4}));
}

TEST(GridSampler, WithoutACountLevelsAloneMakeAGrid) {
  EXPECT_EQ(Cells(Context(3, 0, {2, 3, 4})), Sizes({2, 3, 4}));
}

TEST(GridSampler, PointsAreTheMiddlesOfTheCellsInLexicographicOrder) {
  EXPECT_EQ(SamplePoints(kGridSampler, Options(2, "lexicographic"), Context(2, 0), 0, 4),
            std::vector<double>({0.25, 0.25, 0.25, 0.75, 0.75, 0.25, 0.75, 0.75}));
}

TEST(GridSampler, AFewSpreadPointsLieAllOverTheGrid) {
  // Of 8 x 8 points, any 8 in a row have tried at least 5 of the 8 values of each dimension; in
  // lexicographic order the first dimension would have seen one.
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SamplerContext context = Context(2, 64);
    context.seed = seed;
    const std::vector<double> points =
        SamplePoints(kGridSampler, Value::Object(), context, 0, context.count);
    for (int first = 0; first + 8 <= 64; ++first) {
      for (int j = 0; j < 2; ++j) {
        std::set<double> values;
        for (int i = first; i < first + 8; ++i) values.insert(points[2 * i + j]);
        EXPECT_GE(values.size(), 5) << "points from " << first << ", dimension " << j;
      }
    }
  }
}

TEST(GridSampler, CountsBeyondAnyMemoryAreFine) {
  const SamplerContext context = Context(10, int64_t{1} << 60);
  const auto sampler = kGridSampler.create(Value::Object(), "grid", context);
  ASSERT_TRUE(sampler.ok()) << sampler.status();
  EXPECT_EQ((*sampler)->size(), int64_t{1} << 60);  // 64 cells in each dimension
  SamplePoints(**sampler, context, (*sampler)->size() - 1, 1);
}

TEST(GridSampler, BadOptionsAndContextsAreErrors) {
  const auto unknown_order =
      kGridSampler.create(Options(2, "sprd"), "the sampler", Context(2, 10)).status();
  EXPECT_TRUE(absl::StrContains(unknown_order.message(), "lexicographic")) << unknown_order;
  const auto negative = kGridSampler.create(Options(-1, "spread"), "the sampler", Context(2, 10));
  EXPECT_EQ(negative.status().code(), absl::StatusCode::kInvalidArgument);
  const auto no_count = kGridSampler.create(Value::Object(), "the sampler", Context(2, 0)).status();
  EXPECT_TRUE(absl::StrContains(no_count.message(), "points_per_dimension")) << no_count;
  const auto levels = kGridSampler.create(Value::Object(), "grid", Context(3, 9, {2, 2})).status();
  EXPECT_EQ(levels.code(), absl::StatusCode::kInvalidArgument) << levels;
}

}  // namespace
}  // namespace sturgeon
