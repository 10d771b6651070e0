#include "stopping/wilcoxon/signed_rank.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace sturgeon {
namespace {

TEST(SignedRank, AllPositive) {
  EXPECT_DOUBLE_EQ(SignedRankPValue({3}), 0.5);
  EXPECT_DOUBLE_EQ(SignedRankPValue({3, 1, 2, 9}), 1.0 / 16);
  EXPECT_DOUBLE_EQ(SignedRankPValue({3, 1, 2, 9, 5}), 1.0 / 32);
}

TEST(SignedRank, NoneIsPositive) {
  EXPECT_EQ(SignedRankPValue({}), 1);
  EXPECT_EQ(SignedRankPValue({0, 0}), 1);
  EXPECT_EQ(SignedRankPValue({-1, -2, -3}), 1);
}

TEST(SignedRank, CountsSubsetsOfTheRanks) {
  // Ranks 1 2 3 4, the first negative: W = 9. Of 16 subsets, {1 2 3 4} and {2 3 4} reach it.
  EXPECT_DOUBLE_EQ(SignedRankPValue({-1, 2, 3, 4}), 2.0 / 16);
  // The second negative: W = 8; {1 3 4} as well.
  EXPECT_DOUBLE_EQ(SignedRankPValue({1, -2, 3, 4}), 3.0 / 16);
  // The greatest negative: W = 6; of 0 … 10, symmetric round 5, there are 1 1 1 2 2 2 2 2 1 1 1.
  EXPECT_DOUBLE_EQ(SignedRankPValue({1, 2, 3, -4}), 7.0 / 16);
}

TEST(SignedRank, EqualOnesShareTheirRanks) {
  // Ranks 1.5 1.5 3; W = 4.5. Subsets with at least that: {1.5 3} twice and all three.
  EXPECT_DOUBLE_EQ(SignedRankPValue({1, -1, 2}), 3.0 / 8);
}

TEST(SignedRank, ZerosTakeTheirRanksAway) {
  // Ranks 1.5 1.5 for the zeros, 3 4 5 for the others. W = 9 of 3 4 5: {4 5}, {3 4 5}.
  EXPECT_DOUBLE_EQ(SignedRankPValue({0, 0, -1, 2, 3}), 2.0 / 8);
  // W = 7 of 3 4 5: {3 4}, {3 5}, {4 5}, all. Without the zeros' ranks W would be 3 of 1 2 3, and
  // {3} would reach it too.
  EXPECT_DOUBLE_EQ(SignedRankPValue({0, 0, 1, 2, -3}), 4.0 / 8);
}

TEST(SignedRank, TheNormalTailTakesOverSmoothly) {
  // The same share of negative differences, on both sides of the limit.
  const auto differences = [](int n) {
    std::vector<double> d;
    for (int i = 1; i <= n; ++i) d.push_back(i % 3 == 0 ? -i : i);
    return d;
  };
  // The sum of 1 … 50 is 1275, that of the negative ones 408; W = 867, z = (867 - 637.5) / 103.6.
  EXPECT_NEAR(SignedRankPValue(differences(50)), 0.5 * std::erfc(229 / 103.59 / std::sqrt(2)),
              5e-4);
  // 51: 1326, 459, W = 867, mean 663, variance 51 52 103 / 24.
  EXPECT_NEAR(SignedRankPValue(differences(51)),
              0.5 * std::erfc((867 - 0.5 - 663) / std::sqrt(2 * 51.0 * 52 * 103 / 24)), 1e-12);
}

}  // namespace
}  // namespace sturgeon
