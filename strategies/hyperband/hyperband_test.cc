#include "strategies/hyperband/hyperband.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "strategies/conformance.h"
#include "strategies/rung_play.h"

namespace sturgeon {
namespace {

using ::testing::ElementsAre;

StrategyCase Case(const char* over) {
  StrategyCase made = {absl::StrCat("over_", over), &kHyperbandStrategy, SearchersForTests(),
                       Value(Value::Object{{"over", over}, {"min_steps", 1}})};
  made.several_objectives = false;
  made.max_steps = RungPlay::kEpochs;
  made.exhausts = true;
  made.trials = 36;
  return made;
}

INSTANTIATE_TEST_SUITE_P(Hyperband, StrategyConformance,
                         testing::Values(Case("random"), Case("tpe")), StrategyCaseName);

// Rungs of 1, 3 and 9 epochs: ⌈3 / 3 · 9⌉ start at 1, ⌈3 / 2 · 3⌉ at 3, 3 / 1 · 1 at 9.
TEST(Hyperband, SaysItsRungs) {
  EXPECT_THAT(RungPlay(kHyperbandStrategy, {}).notes(),
              ElementsAre("hyperband: rungs at 1, 3, 9 epochs; brackets of 9, 5, 3 "
                          "configurations"));
}

// Three kinds of bracket, and the first again; trial n is worth n, so that the earlier is better.
TEST(Hyperband, GoesThroughItsBrackets) {
  RungPlay play(kHyperbandStrategy, {});
  int64_t id = 0;
  const auto expect = [&](const char* proposal, int times) {
    for (int i = 0; i < times; ++i) {
      EXPECT_EQ(play.Ask(), proposal) << "trial " << id;
      play.Tell(id, static_cast<double>(id));
      ++id;
    }
  };
  expect("new@1", 9);   // 0 … 8
  expect("0@3", 1);     // 9
  expect("1@3", 1);     // 10
  expect("2@3", 1);     // 11
  expect("9@end", 1);   // 12
  expect("new@3", 5);   // 13 … 17
  expect("13@end", 1);  // 18
  expect("new@end", 3);
  expect("new@1", 9);  // 22 … 30
  play.Resume();
  expect("22@3", 1);
}

TEST(Hyperband, OpensTheNextBracketWhileResultsAreOut) {
  RungPlay play(kHyperbandStrategy, {});
  std::string expected = "new@1 new@1 new@1 new@1 new@1 new@1 new@1 new@1 new@1";
  absl::StrAppend(&expected, " new@3 new@3 new@3 new@3 new@3 new@end new@end new@end new@1");
  EXPECT_EQ(play.Ask(18), expected);
  for (int64_t id = 9; id < 14; ++id) play.Tell(id, static_cast<double>(-id));
  EXPECT_EQ(play.Ask(2), "13@end new@1");
  for (int64_t id = 0; id < 9; ++id) play.Tell(id, static_cast<double>(-id));
  play.Resume();
  EXPECT_EQ(play.Ask(4), "8@3 7@3 6@3 new@1");
}

}  // namespace
}  // namespace sturgeon
