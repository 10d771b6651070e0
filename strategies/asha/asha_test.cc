#include "strategies/asha/asha.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/plugins.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "strategies/conformance.h"
#include "strategies/rung_play.h"

namespace sturgeon {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

StrategyCase Case(const char* name, Value::Object options) {
  options.push_back({"min_steps", 1});
  StrategyCase made = {name, &kAshaStrategy, SearchersForTests(), Value(std::move(options))};
  made.several_objectives = false;
  made.max_steps = RungPlay::kEpochs;
  made.exhausts = true;
  made.trials = 36;
  return made;
}

INSTANTIATE_TEST_SUITE_P(Asha, StrategyConformance,
                         testing::Values(Case("over_random", {{"over", "random"}}),
                                         Case("of_the_paper_over_tpe",
                                              {{"over", "tpe"}, {"patience", 1}, {"brackets", 1}})),
                         StrategyCaseName);

// The paper's, over random, with rungs of 1, 3 and 9 epochs.
class Scripted : public testing::Test {
 protected:
  RungPlay play_{kAshaStrategy, {{"over", "random"}, {"patience", 1}, {"brackets", 1}}};
};

TEST_F(Scripted, SaysItsRungs) {
  EXPECT_THAT(play_.notes(),
              ElementsAre("asha: rungs at 1, 3, 9 epochs; the best 1 / 3 of each goes on"));
}

TEST_F(Scripted, PromotesTheBestThirdOfARungFromTheTopDown) {
  const double losses[] = {0.5, 0.4, 0.6};
  for (int64_t id = 0; id < 3; ++id) {
    EXPECT_EQ(play_.Ask(), "new@1");
    play_.Tell(id, losses[id]);
  }
  EXPECT_EQ(play_.Ask(), "1@3");  // trial 3; the best of three
  play_.Tell(3, 0.3);
  EXPECT_EQ(play_.Ask(), "new@1");  // one result at 3 epochs is not enough
  play_.Tell(4, 0.45);
  EXPECT_EQ(play_.Ask(), "new@1");
  play_.Tell(5, 0.1);
  EXPECT_EQ(play_.Ask(), "5@3");  // trial 6; of six the best two, of which 1 has gone on
  play_.Tell(6, 0.35);
  EXPECT_EQ(play_.Ask(), "new@1");
  play_.Tell(7, 0.2);
  EXPECT_EQ(play_.Ask(), "7@3");  // trial 8; now 5 and 7 are the best two of seven
  play_.Tell(8, 0.32);
  EXPECT_EQ(play_.Ask(), "3@end");  // trial 9; at 3 epochs there are 0.3, 0.35 and 0.32
  play_.Tell(9, 0.25);
  EXPECT_EQ(play_.Ask(), "new@1");  // of seven at 1 epoch three have gone on
  play_.Tell(10, 0.9);
  EXPECT_EQ(play_.Ask(), "new@1");
  play_.Tell(11, 0.9);
  // Of nine the best three, 0.1, 0.2 and 0.4, have gone on.
  EXPECT_EQ(play_.Ask(), "new@1");
}

TEST_F(Scripted, NeverWaitsAndPromotesNothingTwice) {
  EXPECT_EQ(play_.Ask(6), "new@1 new@1 new@1 new@1 new@1 new@1");
  play_.Tell(4, 0.3);
  EXPECT_EQ(play_.Ask(2), "new@1 new@1");  // 6, 7
  play_.Tell(2, 0.2);
  play_.Tell(0, 0.1);
  EXPECT_EQ(play_.Ask(2), "0@3 new@1");    // 8, 9: of three results one
  EXPECT_EQ(play_.Ask(2), "new@1 new@1");  // 10, 11: 0 is going on
  play_.Tell(1, 0.5);
  play_.Tell(3, 0.6);
  play_.Tell(5, 0.7);
  EXPECT_EQ(play_.Ask(2), "2@3 new@1");  // 12, 13: of six results two
  play_.Resume();
  EXPECT_EQ(play_.Ask(), "new@1");  // 0 and 2 still run
}

TEST_F(Scripted, OfEqualsTheEarlierGoesOn) {
  EXPECT_EQ(play_.Ask(3), "new@1 new@1 new@1");
  for (const int64_t id : {2, 1, 0}) play_.Tell(id, 0.5);
  EXPECT_EQ(play_.Ask(2), "0@3 new@1");
}

TEST_F(Scripted, WhatFailsCountsAndIsOut) {
  EXPECT_EQ(play_.Ask(3), "new@1 new@1 new@1");
  play_.Tell(0, std::nullopt);
  play_.Tell(1, std::nullopt);
  play_.Tell(2, 0.5);
  EXPECT_EQ(play_.Ask(), "2@3");  // trial 3
  play_.Tell(3, std::nullopt);    // at the second rung
  EXPECT_EQ(play_.Ask(3), "new@1 new@1 new@1");
  for (const int64_t id : {4, 5, 6}) play_.Tell(id, std::nullopt);
  // The best two of six: one has gone on (and failed), all others are out.
  EXPECT_EQ(play_.Ask(), "new@1");  // 7
  play_.Tell(7, 0.9);
  EXPECT_EQ(play_.Ask(), "7@3");  // 8
  play_.Tell(8, 0.4, /*last_step=*/2);
  EXPECT_EQ(play_.Ask(2), "new@1 new@1");  // 9, 10
  play_.Tell(9, 0.1);
  play_.Tell(10, 0.2);
  EXPECT_EQ(play_.Ask(2), "9@3 10@3");  // 11, 12: with 2 the best three of nine
  play_.Tell(11, 0.15);
  // Of three at 3 epochs one failed, and one was stopped by a rule before it was there.
  EXPECT_EQ(play_.Ask(), "11@end");
  play_.Resume();
  EXPECT_EQ(play_.Ask(), "new@1");
}

TEST_F(Scripted, ARepeatedTrialTakesThePlaceOfTheOneThatFailed) {
  EXPECT_EQ(play_.Ask(3), "new@1 new@1 new@1");
  for (int64_t id = 0; id < 3; ++id) play_.Tell(id, 0.1 * static_cast<double>(id));
  EXPECT_EQ(play_.Ask(), "0@3");
  play_.Tell(3, std::nullopt);
  EXPECT_EQ(play_.Ask(), "new@1");  // 4; 0 does not go on again by itself
  EXPECT_EQ(play_.Repeat(3), 5);
  EXPECT_EQ(play_.Ask(), "new@1");  // 6
  play_.Tell(5, 0.05);
  EXPECT_EQ(play_.Ask(4), "new@1 new@1 new@1 new@1");
  for (const int64_t id : {4, 6, 7, 8, 9, 10}) play_.Tell(id, 0.01);
  EXPECT_EQ(play_.Ask(3), "4@3 6@3 new@1");  // 11, 12: with 0 the best three of nine
  play_.Tell(11, 0.2);
  play_.Tell(12, 0.2);
  EXPECT_EQ(play_.Ask(), "5@end");  // 0.05 is the best of three at 3 epochs
}

TEST_F(Scripted, InfeasibleOnesStandBehindTheFeasible) {
  EXPECT_EQ(play_.Ask(3), "new@1 new@1 new@1");
  play_.trial(0).constraints = {0.1};
  play_.trial(1).constraints = {0.2};
  play_.trial(2).constraints = {-0.1};
  play_.Tell(0, 0.1);
  play_.Tell(1, 0.01);
  play_.Tell(2, 0.9);
  EXPECT_EQ(play_.Ask(3), "2@3 new@1 new@1");
  play_.Tell(4, std::nullopt);
  play_.Tell(5, std::nullopt);
  EXPECT_EQ(play_.Ask(), "new@1");
  play_.Tell(6, std::nullopt);
  // It does not keep the bound, but with more training it may.
  EXPECT_EQ(play_.Ask(), "0@3");
}

TEST_F(Scripted, FullTrainingsThatTheUserWantsAreResultsOfTheTop) {
  play_.Enqueue({0.25});
  EXPECT_EQ(play_.Ask(3), "new@1 new@1 new@1");
  for (int64_t id = 0; id < 4; ++id) play_.Tell(id, 0.1);
  EXPECT_EQ(play_.Ask(2), "1@3 new@1");
}

TEST(Asha, ARungWaitsForAsManyResultsAsTakeOneToTheTop) {
  RungPlay play(kAshaStrategy, {{"over", "random"}, {"brackets", 1}});
  for (int64_t id = 0; id < 9; ++id) {
    EXPECT_EQ(play.Ask(), "new@1") << id;
    play.Tell(id, 1.0 - 0.1 * static_cast<double>(id));
  }
  play.Resume();
  EXPECT_EQ(play.Ask(4), "8@3 7@3 6@3 new@1");  // 9, 10, 11, 12
  play.Tell(9, 0.1);
  play.Tell(10, 0.05);
  EXPECT_EQ(play.Ask(), "new@1");  // two results at 3 epochs
  play.Tell(11, 0.2);
  EXPECT_EQ(play.Ask(), "10@end");
  // From then on it goes on with each third.
  play.Tell(12, 0.01);
  EXPECT_EQ(play.Ask(2), "12@3 new@1");
}

TEST(Asha, SomeStartAtHigherRungsAsHyperbandsDo) {
  RungPlay play(kAshaStrategy, {{"over", "random"}});
  EXPECT_EQ(play.Ask(9), "new@1 new@1 new@1 new@1 new@1 new@1 new@1 new@1 new@1");
  EXPECT_EQ(play.Ask(3), "new@3 new@3 new@3");
  play.Tell(3, 0.5);
  play.Resume();
  EXPECT_EQ(play.Ask(6), "new@3 new@3 new@end new@end new@end new@1");

  RungPlay two(kAshaStrategy, {{"over", "random"}, {"brackets", 2}});
  two.Ask(9);
  EXPECT_EQ(two.Ask(6), "new@3 new@3 new@3 new@3 new@3 new@1");
}

TEST(Asha, WhatStartsAtARungIsRankedWithThoseThatCameToIt) {
  RungPlay play(kAshaStrategy, {{"over", "random"}});
  play.Ask(14);
  for (int64_t id = 0; id < 9; ++id) play.Tell(id, 0.5 + 0.01 * static_cast<double>(id));
  EXPECT_EQ(play.Ask(3), "0@3 1@3 2@3");                   // 14, 15, 16
  for (int64_t id = 9; id < 14; ++id) play.Tell(id, 0.3);  // started at 3 epochs
  for (const int64_t id : {14, 15, 16}) play.Tell(id, 0.1 * static_cast<double>(id - 13));
  EXPECT_EQ(play.Ask(3), "14@end 15@end new@end");  // of eight results 0.1 and 0.2
}

TEST(Asha, WhatIsDueStillGoesOnWhenAGridHasEnded) {
  RungPlay play(kAshaStrategy, {{"over", "grid"}}, {Parameter::Int("x", 1, 7)});
  EXPECT_EQ(play.Ask(10), "new@1 new@1 new@1 new@1 new@1 new@1 new@1");
  for (int64_t id = 0; id < 7; ++id) play.Tell(id, 0.1 * static_cast<double>(id));
  EXPECT_EQ(play.Ask(10), "0@3 1@3");
  EXPECT_EQ(play.Ask(), "");  // until one of them ends
  play.Tell(7, 0.05);
  play.Tell(8, 0.02);
  // Two are too few for a third of them, but else nothing would be trained to the end.
  EXPECT_EQ(play.Ask(10), "8@end");
  EXPECT_EQ(play.Ask(), "");
  play.Resume();
  EXPECT_EQ(play.Ask(), "");
  play.Tell(9, std::nullopt);
  EXPECT_EQ(play.Ask(10), "7@end");
  play.Tell(10, 0.01);
  EXPECT_EQ(play.Ask(10), "");
}

TEST(Asha, NamesWhatIsWrong) {
  Plugins plugins = SearchersForTests();
  EXPECT_TRUE(plugins.strategies.Add(kAshaStrategy).ok());
  StudyConfig study;
  study.max_steps = 9;
  const auto error = [&](Value::Object options) {
    return std::string(
        plugins.strategies
            .Create({"asha", Value(std::move(options))}, {study, plugins, [](absl::string_view) {}})
            .status()
            .message());
  };
  EXPECT_THAT(error({{"over", "tpee"}}),
              AllOf(HasSubstr("over"), HasSubstr("tpee"), HasSubstr("\"tpe\"")));
  EXPECT_THAT(error({{"min_steps", 9}}),
              HasSubstr("min_steps: 9 is not below a full training of 9"));
  EXPECT_THAT(error({{"over", Value::Object{{"name", "tpe"}, {"gamma", 2}}}}), HasSubstr("gamma"));
  EXPECT_THAT(error({{"over", "asha"}}), HasSubstr("over asha: trains many"));
  EXPECT_THAT(error({{"eta", 1}}), HasSubstr("eta"));
}

}  // namespace
}  // namespace sturgeon
