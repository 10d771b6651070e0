#include "samplers/sobol/sobol.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "samplers/conformance.h"
#include "samplers/discrepancy.h"
#include "samplers/sobol/directions.h"

namespace sturgeon {
namespace {

Value Scramble(bool scramble) {
  Value options = Value::Object();
  options.Set("scramble", scramble);
  return options;
}

std::vector<SamplerCase> Cases() {
  SamplerCase scrambled{"scrambled", &kSobolSampler};
  scrambled.max_dimensions = kSobolDimensions;
  SamplerCase plain = scrambled;
  plain.name = "plain";
  plain.options = Scramble(false);
  plain.uses_seed = false;
  plain.uniform = false;  // not over the seeds
  return {scrambled, plain};
}

INSTANTIATE_TEST_SUITE_P(Sobol, SamplerConformance, testing::ValuesIn(Cases()), SamplerCaseName);

SamplerContext Context(int dimensions, uint64_t seed = 0) {
  SamplerContext context;
  context.dimensions = dimensions;
  context.seed = seed;
  return context;
}

// Polynomials over GF(2) are bit sets; this is a * b modulo one of that degree.
uint32_t MultiplyModulo(uint32_t a, uint32_t b, uint32_t modulus, int degree) {
  uint32_t product = 0;
  for (; b != 0; b >>= 1) {
    if (b & 1) product ^= a;
    a <<= 1;
    if (a >> degree & 1) a ^= modulus;
  }
  return product;
}

TEST(SobolDirections, PolynomialsArePrimitiveAndDistinctAndInitialNumbersValid) {
  std::set<uint32_t> polynomials;
  for (int j = 1; j < kSobolDimensions; ++j) {
    const SobolPolynomial& row = SobolPolynomialOf(j);
    const int s = row.degree;
    ASSERT_LT(row.coefficients, 1 << (s - 1)) << j;
    const uint32_t polynomial = 1 << s | row.coefficients << 1 | 1;
    EXPECT_TRUE(polynomials.insert(polynomial).second) << j;
    // Primitive: the powers of x run through all 2^s - 1 non-zero residues before they return to 1.
    const uint32_t x = s == 1 ? 1 : 2;
    uint32_t power = x;
    int order = 1;
    for (; power != 1; power = MultiplyModulo(power, x, polynomial, s)) ++order;
    EXPECT_EQ(order, (1 << s) - 1) << j;
    for (int i = 0; i < s; ++i) {
      EXPECT_EQ(row.initial[i] % 2, 1) << j;
      EXPECT_LT(row.initial[i], 2 << i) << j;
    }
  }
}

TEST(SobolSampler, UnscrambledPointsAreSobolsOwn) {
  // Rows of scipy.stats.qmc.Sobol(d, scramble=False, bits=32) of SciPy 1.17.1.
  EXPECT_EQ(SamplePoints(kSobolSampler, Scramble(false), Context(4), 0, 8),
            std::vector<double>({0,     0,     0,     0,      //
                                 0.5,   0.5,   0.5,   0.5,    //
                                 0.75,  0.25,  0.25,  0.25,   //
                                 0.25,  0.75,  0.75,  0.75,   //
                                 0.375, 0.375, 0.625, 0.875,  //
                                 0.875, 0.875, 0.125, 0.375,  //
                                 0.625, 0.125, 0.875, 0.625,  //
                                 0.125, 0.625, 0.375, 0.125}));
  // And point 1,000 of 256 dimensions, in multiples of 2^-32.
  const std::vector<double> far =
      SamplePoints(kSobolSampler, Scramble(false), Context(256), 1000, 1);
  EXPECT_EQ(far[63] * 0x1p32, 1916796928);
  EXPECT_EQ(far[127] * 0x1p32, 2336227328);
  EXPECT_EQ(far[255] * 0x1p32, 1069547520);
}

// Whether each box of the sizes 2^-a x 2^-b, a + b = m - t, in dimensions j and k holds exactly 2^t
// of the 2^m `points`.
void ExpectNet(const std::vector<double>& points, int dimensions, int j, int k, int m, int t) {
  for (int a = 0; a <= m - t; ++a) {
    const int b = m - t - a;
    std::vector<int> counts(1 << (m - t));
    for (size_t i = 0; i < points.size(); i += dimensions) {
      const int column = static_cast<int>(std::ldexp(points[i + j], a));
      const int row = static_cast<int>(std::ldexp(points[i + k], b));
      ++counts[column << b | row];
    }
    EXPECT_EQ(*std::min_element(counts.begin(), counts.end()), 1 << t)
        << "dimensions " << j << " and " << k << ", boxes 2^-" << a << " x 2^-" << b;
  }
}

TEST(SobolSampler, EveryPairOfDimensionsIsANet) {
  constexpr int kDimensions = 12;
  constexpr int m = 10;
  for (bool scramble : {false, true}) {
    for (int64_t first : {0, 1 << m, 5 << m}) {
      const std::vector<double> points =
          SamplePoints(kSobolSampler, Scramble(scramble), Context(kDimensions, 3), first, 1 << m);
      for (int k = 1; k < kDimensions; ++k) {
        for (int j = 0; j < k; ++j) {
          // Sobol's bound: t is the sum of the degrees, each less one (van der Corput's counts 1).
          const int t =
              SobolPolynomialOf(k).degree - 1 + (j == 0 ? 0 : SobolPolynomialOf(j).degree - 1);
          ExpectNet(points, kDimensions, j, k, m, t);
        }
      }
    }
  }
}

TEST(SobolSampler, EveryDimensionIsPerfectlyStratified) {
  constexpr int n = 256;
  const std::vector<double> points =
      SamplePoints(kSobolSampler, Scramble(true), Context(kSobolDimensions), 2 * n, n);
  for (int j = 0; j < kSobolDimensions; ++j) {
    std::set<int> strata;
    for (int i = 0; i < n; ++i)
      strata.insert(static_cast<int>(points[i * kSobolDimensions + j] * n));
    EXPECT_EQ(strata.size(), n) << j;
  }
}

TEST(SobolSampler, IsMoreEvenThanUniformPoints) {
  // The expected square is ((5/4)^d - (13/12)^d) / n for independent uniform points.
  constexpr int kSeeds = 40;
  for (int dimensions : {2, 5, 10}) {
    for (int n : {25, 64, 256}) {
      double mean_square = 0;
      for (uint64_t seed = 0; seed < kSeeds; ++seed) {
        const std::vector<double> points =
            SamplePoints(kSobolSampler, Scramble(true), Context(dimensions, seed), 0, n);
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
