#include "strategies/successive_halving/successive_halving.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "strategies/conformance.h"
#include "strategies/rung_play.h"

namespace sturgeon {
namespace {

using ::testing::ElementsAre;

StrategyCase Case(const char* over) {
  StrategyCase made = {absl::StrCat("over_", over), &kSuccessiveHalvingStrategy,
                       SearchersForTests(), Value(Value::Object{{"over", over}, {"min_steps", 1}})};
  made.several_objectives = false;
  made.max_steps = RungPlay::kEpochs;
  made.exhausts = true;
  made.trials = 36;
  return made;
}

INSTANTIATE_TEST_SUITE_P(SuccessiveHalving, StrategyConformance,
                         testing::Values(Case("random"), Case("tpe")), StrategyCaseName);

// Over random, with rungs of 1, 3 and 9 epochs: brackets of 9 configurations.
class Scripted : public testing::Test {
 protected:
  RungPlay play_{kSuccessiveHalvingStrategy, {}};
};

TEST_F(Scripted, SaysItsRungs) {
  EXPECT_THAT(play_.notes(), ElementsAre("successive_halving: rungs at 1, 3, 9 epochs; brackets of "
                                         "9 configurations"));
}

TEST_F(Scripted, OneAfterAnother) {
  for (int64_t id = 0; id < 9; ++id) {
    EXPECT_EQ(play_.Ask(), "new@1");
    play_.Tell(id, 0.1 * static_cast<double>((id * 4) % 9));  // 0, 7, 5 are the best, in this order
  }
  for (const char* expected : {"0@3", "7@3", "5@3"}) {
    EXPECT_EQ(play_.Ask(), expected);
    play_.Tell(expected[0] == '0'   ? 9
               : expected[0] == '7' ? 10
                                    : 11,
               expected[0] == '7' ? 0.01 : 0.02);
  }
  EXPECT_EQ(play_.Ask(), "10@end");  // of 0.02, 0.01 and 0.02
  play_.Tell(12, 0.005);
  // The next bracket.
  for (int64_t id = 13; id < 22; ++id) {
    EXPECT_EQ(play_.Ask(), "new@1");
    play_.Tell(id, static_cast<double>(id));
  }
  EXPECT_EQ(play_.Ask(), "13@3");
}

TEST_F(Scripted, NobodyWaitsForALateResult) {
  EXPECT_EQ(play_.Ask(9), "new@1 new@1 new@1 new@1 new@1 new@1 new@1 new@1 new@1");
  for (int64_t id = 1; id < 9; ++id) play_.Tell(id, 0.1 * static_cast<double>(id));
  // Trial 0 is late; the next bracket begins.
  EXPECT_EQ(play_.Ask(10), "new@1 new@1 new@1 new@1 new@1 new@1 new@1 new@1 new@1 new@1");
  for (int64_t id = 9; id < 18; ++id) play_.Tell(id, static_cast<double>(id));
  // The second bracket is complete at its first rung, the first still is not.
  EXPECT_EQ(play_.Ask(1), "9@3");  // trial 19
  play_.Tell(0, 0.25);
  // The older one first.
  EXPECT_EQ(play_.Ask(6), "1@3 2@3 0@3 10@3 11@3 new@1");  // 20 … 25
  play_.Resume();
  EXPECT_EQ(play_.Ask(), "new@1");  // 26
  play_.Tell(20, 0.5);
  play_.Tell(21, 0.4);
  EXPECT_EQ(play_.Ask(), "new@1");  // 22 is out
  play_.Tell(22, 0.6);
  EXPECT_EQ(play_.Ask(), "21@end");
}

TEST_F(Scripted, WhatFailsIsOutAndDoesNotHoldUpTheRest) {
  EXPECT_EQ(play_.Ask(9), "new@1 new@1 new@1 new@1 new@1 new@1 new@1 new@1 new@1");
  for (int64_t id = 0; id < 7; ++id) play_.Tell(id, std::nullopt);
  play_.Tell(7, 0.5);
  play_.Tell(8, 0.4);
  EXPECT_EQ(play_.Ask(3), "8@3 7@3 new@1");  // 9, 10: there is no third
  play_.Tell(9, std::nullopt);
  play_.Tell(10, 0.3, /*last_step=*/2);  // stopped by a rule
  // Nothing is left of the first bracket. The second has one, and ends with none.
  EXPECT_EQ(play_.Ask(8), "new@1 new@1 new@1 new@1 new@1 new@1 new@1 new@1");
  for (int64_t id = 11; id < 20; ++id) play_.Tell(id, std::nullopt);
  EXPECT_EQ(play_.Ask(), "new@1");
  // A trial that the study repeats after its bracket was over revives it.
  EXPECT_EQ(play_.Repeat(9), 21);
  play_.Tell(21, 0.2);
  EXPECT_EQ(play_.Ask(), "21@end");
  play_.Resume();
  EXPECT_EQ(play_.Ask(), "new@1");
}

TEST(SuccessiveHalving, TheBracketBegunGoesOnWhenAGridHasEnded) {
  RungPlay play(kSuccessiveHalvingStrategy, {{"over", "grid"}, {"configurations", 4}},
                {Parameter::Int("x", 1, 6)});
  EXPECT_EQ(play.Ask(10), "new@1 new@1 new@1 new@1 new@1 new@1");
  for (int64_t id = 0; id < 6; ++id) play.Tell(id, 0.1 * static_cast<double>(id));
  EXPECT_EQ(play.Ask(10), "0@3 4@3");  // of four one, and of the two that were left
  EXPECT_EQ(play.Ask(), "");           // until one of them ends
  play.Tell(6, 0.3);
  play.Tell(7, 0.3);
  EXPECT_EQ(play.Ask(10), "6@end 7@end");
  play.Tell(8, 0.2);
  play.Resume();
  EXPECT_EQ(play.Ask(), "");
  play.Tell(9, 0.2);
  EXPECT_EQ(play.Ask(), "");
}

}  // namespace
}  // namespace sturgeon
