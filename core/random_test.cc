#include "core/random.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <set>
#include <vector>

#include "gtest/gtest.h"

namespace sturgeon {
namespace {

using Words = std::array<uint32_t, 4>;

// The known answers that come with the Random123 library.
TEST(Philox, GivesTheKnownAnswers) {
  EXPECT_EQ(Philox4x32({0, 0, 0, 0}, {0, 0}),
            (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(Philox4x32({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RandomStream, IsAFunctionOfSeedTrialAndStream) {
  const auto draws = [](uint64_t seed, uint64_t trial, uint32_t stream) {
    RandomStream rng(seed, trial, stream);
    return std::vector<uint64_t>{rng(), rng(), rng(), rng(), rng()};
  };
  EXPECT_EQ(draws(1, 2, 3), draws(1, 2, 3));
  std::set<std::vector<uint64_t>> distinct;
  for (uint64_t seed : {0u, 1u}) {
    for (uint64_t trial : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 32}) {
      for (uint32_t stream : {0u, 1u, 16u}) distinct.insert(draws(seed, trial, stream));
    }
  }
  EXPECT_EQ(distinct.size(), 18u);
}

TEST(RandomStream, UniformFillsTheUnitIntervalEvenly) {
  constexpr int kDraws = 100000, kBins = 50;
  RandomStream rng(7, 0, 0);
  std::vector<int> bins(kBins);
  for (int i = 0; i < kDraws; ++i) {
    const double u = rng.Uniform();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    ++bins[static_cast<int>(u * kBins)];
  }
  double chi_squared = 0;
  for (const int count : bins) {
    chi_squared += std::pow(count - kDraws / kBins, 2) / (kDraws / kBins);
  }
  EXPECT_LT(chi_squared, 85);  // 49 degrees of freedom: the 0.1 % point
}

TEST(RandomStream, BelowCoversItsRangeWithoutBias) {
  RandomStream rng(7, 1, 0);
  std::vector<int> counts(6);
  for (int i = 0; i < 60000; ++i) ++counts[rng.Below(6)];
  for (const int count : counts) EXPECT_NEAR(count, 10000, 400);
  EXPECT_EQ(rng.Below(1), 0u);
  for (int i = 0; i < 100; ++i)
    EXPECT_LT(rng.Below((uint64_t{1} << 63) + 1), (uint64_t{1} << 63) + 1);
}

TEST(RandomStream, NormalHasTheMomentsOfANormal) {
  RandomStream rng(7, 2, 0);
  double sum = 0, squares = 0, fourth = 0;
  constexpr int kDraws = 200000;
  for (int i = 0; i < kDraws; ++i) {
    const double z = rng.Normal();
    sum += z;
    squares += z * z;
    fourth += z * z * z * z;
  }
  EXPECT_NEAR(sum / kDraws, 0, 0.01);
  EXPECT_NEAR(squares / kDraws, 1, 0.015);
  EXPECT_NEAR(fourth / kDraws, 3, 0.1);
}

TEST(RandomStream, ShuffleGivesEveryOrderItsShare) {
  std::vector<int> first_places(4);
  for (uint64_t trial = 0; trial < 8000; ++trial) {
    std::vector<int> items = {0, 1, 2, 3};
    RandomStream(3, trial, 0).Shuffle(absl::MakeSpan(items));
    ++first_places[items[0]];
    EXPECT_EQ(std::accumulate(items.begin(), items.end(), 0), 6);
  }
  for (const int count : first_places) EXPECT_NEAR(count, 2000, 160);
}

}  // namespace
}  // namespace sturgeon
