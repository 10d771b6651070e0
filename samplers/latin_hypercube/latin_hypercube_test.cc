#include "samplers/latin_hypercube/latin_hypercube.h"

#include <cmath>
#include <set>
#include <vector>

#include "gtest/gtest.h"
#include "samplers/conformance.h"
#include "samplers/discrepancy.h"

namespace sturgeon {
namespace {

Value Options(int size, bool centred, int maximin_swaps) {
  Value options = Value::Object();
  options.Set("size", size);
  options.Set("centred", centred);
  options.Set("maximin_swaps", maximin_swaps);
  return options;
}

INSTANTIATE_TEST_SUITE_P(
    LatinHypercube, SamplerConformance,
    testing::Values(SamplerCase{"by_count", &kLatinHypercubeSampler},
                    SamplerCase{"sixteen", &kLatinHypercubeSampler, Options(16, false, 0)},
                    SamplerCase{"centred", &kLatinHypercubeSampler, Options(0, true, 0)},
                    SamplerCase{"of_one_point", &kLatinHypercubeSampler, Options(1, false, 0)},
                    SamplerCase{"maximin", &kLatinHypercubeSampler, Options(20, false, 100)}),
    SamplerCaseName);

SamplerContext Context(int dimensions, int64_t count, uint64_t seed = 0) {
  SamplerContext context;
  context.dimensions = dimensions;
  context.count = count;
  context.seed = seed;
  return context;
}

// The strata of one design of n points, each of which must hold one point along every axis.
void ExpectLatin(const std::vector<double>& design, int dimensions) {
  const size_t n = design.size() / dimensions;
  for (int j = 0; j < dimensions; ++j) {
    std::set<int> strata;
    for (size_t i = 0; i < n; ++i) {
      strata.insert(static_cast<int>(design[i * dimensions + j] * static_cast<double>(n)));
    }
    EXPECT_EQ(strata.size(), n) << "dimension " << j;
  }
}

TEST(LatinHypercubeSampler, EveryDesignHasAPointInEachStratum) {
  constexpr int kSize = 25;
  for (const Value& options : {Options(0, false, 0), Options(0, true, 0), Options(0, false, 500)}) {
    const SamplerContext context = Context(4, kSize);
    for (int design = 0; design < 3; ++design) {
      ExpectLatin(SamplePoints(kLatinHypercubeSampler, options, context, kSize * design, kSize), 4);
    }
  }
}

TEST(LatinHypercubeSampler, LaterDesignsAreFresh) {
  const SamplerContext context = Context(2, 30);
  const Value options = Options(0, true, 0);
  EXPECT_NE(SamplePoints(kLatinHypercubeSampler, options, context, 0, 30),
            SamplePoints(kLatinHypercubeSampler, options, context, 30, 30));
}

TEST(LatinHypercubeSampler, CentredPointsStandInTheMiddles) {
  for (double x : SamplePoints(kLatinHypercubeSampler, Options(0, true, 0), Context(3, 8), 0, 8)) {
    EXPECT_EQ(x * 16 - 2 * std::floor(x * 8), 1) << x;
  }
}

TEST(LatinHypercubeSampler, SizeOverridesThePlannedNumber) {
  ExpectLatin(SamplePoints(kLatinHypercubeSampler, Options(10, false, 0), Context(2, 1000), 0, 10),
              2);
}

TEST(LatinHypercubeSampler, MaximinNeverBringsPointsNearer) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const SamplerContext context = Context(3, 30, seed);
    double nearest = 0;
    for (int swaps : {0, 10, 100, 1000}) {
      const double next = MinimumDistance(
          SamplePoints(kLatinHypercubeSampler, Options(0, true, swaps), context, 0, 30), 3);
      // The first hundred swaps are the same, so more of them only improve the design.
      EXPECT_GE(next, nearest * (1 - 1e-12)) << swaps << " swaps, seed " << seed;
      nearest = next;
    }
  }
}

TEST(LatinHypercubeSampler, MaximinMovesTheNearestPointsApart) {
  double before = 0;
  double after = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const SamplerContext context = Context(3, 30, seed);
    const auto nearest = [&](int swaps) {
      return MinimumDistance(
          SamplePoints(kLatinHypercubeSampler, Options(0, true, swaps), context, 0, 30), 3);
    };
    before += nearest(0);
    after += nearest(3000);
  }
  EXPECT_GT(after, 2 * before);
}

TEST(LatinHypercubeSampler, IsMoreEvenThanUniformPoints) {
  // The expected square of independent uniform points is ((5/4)^d - (13/12)^d) / n.
  constexpr int kSeeds = 40;
  for (int dimensions : {2, 5}) {
    for (int n : {16, 64}) {
      double mean_square = 0;
      for (uint64_t seed = 0; seed < kSeeds; ++seed) {
        const std::vector<double> points = SamplePoints(kLatinHypercubeSampler, Value::Object(),
                                                        Context(dimensions, n, seed), 0, n);
        mean_square += std::pow(CenteredL2Discrepancy(points, dimensions), 2) / kSeeds;
      }
      const double of_uniform =
          (std::pow(5.0 / 4, dimensions) - std::pow(13.0 / 12, dimensions)) / n;
      EXPECT_LT(mean_square, 0.7 * of_uniform) << n << " points in " << dimensions;
    }
  }
}

TEST(LatinHypercubeSampler, BadSizesAreErrors) {
  for (int size : {-1, 65537}) {
    const auto sampler =
        kLatinHypercubeSampler.create(Options(size, false, 0), "sampler", Context(2, 10));
    EXPECT_EQ(sampler.status().code(), absl::StatusCode::kInvalidArgument) << sampler.status();
  }
}

}  // namespace
}  // namespace sturgeon
