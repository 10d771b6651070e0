#include "core/dominance.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

using ::testing::ElementsAre;

TEST(Dominates, NeedsOneStrictlyBetterLoss) {
  EXPECT_TRUE(Dominates({1, 2}, {1, 3}));
  EXPECT_FALSE(Dominates({1, 2}, {1, 2}));
  EXPECT_FALSE(Dominates({1, 3}, {2, 2}));
  EXPECT_FALSE(Dominates({1, 3}, {1, 2}));
}

TEST(NondominatedSet, OfOneObjectiveTheEarliestOfTheBestStays) {
  NondominatedSet best;
  EXPECT_TRUE(best.empty());
  best.Add(4, {2});
  best.Add(3, {1});
  best.Add(5, {1});
  EXPECT_THAT(best.ids(), ElementsAre(3));
  best.Add(1, {1});
  EXPECT_THAT(best.ids(), ElementsAre(1));
}

TEST(NondominatedSet, OfSeveralAllThatNoneDominatesStay) {
  NondominatedSet front;
  front.Add(0, {1, 3});
  front.Add(1, {3, 1});
  front.Add(2, {3, 3});
  front.Add(3, {1, 3});
  EXPECT_THAT(front.ids(), ElementsAre(0, 1, 3));
  front.Add(4, {1, 1});
  EXPECT_THAT(front.ids(), ElementsAre(4));
}

}  // namespace
}  // namespace sturgeon
