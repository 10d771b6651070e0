#include "strategies/bohb/bohb.h"

#include <cstdint>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "strategies/conformance.h"
#include "strategies/rung_play.h"

namespace sturgeon {
namespace {

using ::testing::ElementsAre;

StrategyCase Case() {
  StrategyCase made = {"defaults", &kBohbStrategy, SearchersForTests(),
                       Value(Value::Object{{"min_steps", 1}})};
  made.several_objectives = false;
  made.max_steps = RungPlay::kEpochs;
  made.exhausts = true;
  made.trials = 36;
  return made;
}

INSTANTIATE_TEST_SUITE_P(Bohb, StrategyConformance, testing::Values(Case()), StrategyCaseName);

TEST(Bohb, HasTheBracketsOfHyperband) {
  RungPlay play(kBohbStrategy, {});
  EXPECT_THAT(play.notes(),
              ElementsAre("bohb: rungs at 1, 3, 9 epochs; brackets of 9, 5, 3 configurations"));
  EXPECT_EQ(play.Ask(9), "new@1 new@1 new@1 new@1 new@1 new@1 new@1 new@1 new@1");
  for (int64_t id = 0; id < 9; ++id) play.Tell(id, static_cast<double>(-id));
  EXPECT_EQ(play.Ask(4), "8@3 7@3 6@3 new@3");
}

// With a share of 0 it is hyperband over tpe, and with 1 over nothing.
TEST(Bohb, DrawsAShareAtRandom) {
  const auto points = [](double share) {
    RungPlay play(kBohbStrategy, {{"random_share", share}});
    std::vector<double> drawn;
    for (int64_t id = 0; id < 60; ++id) {
      play.Ask();
      const double x = play.trial(id).point[0];
      drawn.push_back(x);
      play.Tell(id, (x - 0.3) * (x - 0.3));
    }
    return drawn;
  };
  const auto near = [](const std::vector<double>& drawn) {
    int count = 0;
    for (const double x : drawn) count += x > 0.2 && x < 0.4;
    return count;
  };
  const int model = near(points(0)), mixed = near(points(1.0 / 3)), random = near(points(1));
  EXPECT_GT(model, mixed);
  EXPECT_GT(mixed, random);
}

}  // namespace
}  // namespace sturgeon
