#include "stopping/median/median.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "stopping/conformance.h"
#include "stopping/testing.h"

namespace sturgeon {
namespace {

INSTANTIATE_TEST_SUITE_P(Median, StoppingRuleConformance,
                         testing::Values(StoppingRuleCase{"median", &kMedianRule}),
                         StoppingRuleCaseName);

// At step 1: 10 8 6 4, at step 2: 5 9 3 1.
std::vector<Trial> Four() {
  return {CompleteTrial(0, {10, 5}), CompleteTrial(1, {8, 9}), CompleteTrial(2, {6, 3}),
          CompleteTrial(3, {4, 1})};
}

TEST(Median, StopsWhatIsStrictlyWorseThanTheMedian) {
  const StudyConfig config = OneMetric();
  const auto rule = MakeRule(kMedianRule, config, "warmup_trials=4");
  const std::vector<Trial> trials = Four();
  TellTrials(rule.get(), trials);
  // The median of 4 6 8 10 is 7, that of 1 3 5 9 is 4.
  EXPECT_EQ(Judge(*rule, {7}), std::nullopt);
  EXPECT_EQ(Judge(*rule, {7.5}), "value 7.5 up to step 1 is above 7, the median of 4 trials");
  EXPECT_EQ(Judge(*rule, {7.5, 4}), std::nullopt);
  EXPECT_EQ(Judge(*rule, {7, 4.5}), "value 4.5 up to step 2 is above 4, the median of 4 trials");
  // Its best value so far counts, not its last.
  EXPECT_EQ(Judge(*rule, {4, 100}), std::nullopt);
  // Nobody has got to step 3.
  EXPECT_EQ(Judge(*rule, {100, 100, 100}), std::nullopt);
}

TEST(Median, MaximizesToo) {
  const StudyConfig config = OneMetric(Goal::kMaximize);
  const auto rule = MakeRule(kMedianRule, config, "warmup_trials=3");
  const std::vector<Trial> trials = {CompleteTrial(0, {0.1}), CompleteTrial(1, {0.9}),
                                     CompleteTrial(2, {0.5})};
  TellTrials(rule.get(), trials);
  EXPECT_EQ(Judge(*rule, {0.5}), std::nullopt);
  EXPECT_EQ(Judge(*rule, {0.4}), "value 0.4 up to step 1 is below 0.5, the median of 3 trials");
}

TEST(Median, OfAveragesOrOfBestValues) {
  const StudyConfig config = OneMetric();
  const std::vector<Trial> trials = Four();
  // Averages up to step 2: 7.5 8.5 4.5 2.5, their median is 6.
  const auto average = MakeRule(kMedianRule, config, "warmup_trials=4,against=average");
  TellTrials(average.get(), trials);
  EXPECT_EQ(Judge(*average, {7, 6}), std::nullopt);
  EXPECT_NE(Judge(*average, {7, 6.5}), std::nullopt);
  // Best values up to step 2: 5 8 3 1, their median is 4.
  const auto best = MakeRule(kMedianRule, config, "warmup_trials=4,against=best");
  TellTrials(best.get(), trials);
  EXPECT_EQ(Judge(*best, {7, 4}), std::nullopt);
  EXPECT_NE(Judge(*best, {7, 4.25}), std::nullopt);
}

TEST(Median, LeavesTheFirstShareOfATrainingAlone) {
  StudyConfig config = OneMetric();
  config.max_steps = 40;
  const std::vector<Trial> trials = {CompleteTrial(0, {4, 4, 4, 4}),
                                     CompleteTrial(1, {4, 4, 4, 4})};
  const auto stops_at = [&](const char* options) -> size_t {
    const auto rule = MakeRule(kMedianRule, config, options);
    TellTrials(rule.get(), trials);
    std::vector<double> losses;
    while (losses.size() < 4) {
      losses.push_back(5);
      if (Judge(*rule, losses).has_value()) return losses.size();
    }
    return 0;
  };
  EXPECT_EQ(stops_at("warmup_trials=2"), 3);  // a twentieth of 40 steps
  EXPECT_EQ(stops_at("warmup_trials=2,warmup_share=0"), 1);
  EXPECT_EQ(stops_at("warmup_trials=2,warmup_steps=1"), 3);
  EXPECT_EQ(stops_at("warmup_trials=2,warmup_steps=3"), 4);
  EXPECT_EQ(stops_at("warmup_trials=2,warmup_share=0.5"), 0);
  config.max_steps = 0;  // not known
  EXPECT_EQ(stops_at("warmup_trials=2"), 1);
}

TEST(Median, WaitsForEnoughCompleteTrials) {
  const StudyConfig config = OneMetric();
  const auto rule = MakeRule(kMedianRule, config, "warmup_trials=3");
  std::vector<Trial> trials = Four();
  trials[1].state = TrialState::kStopped;
  trials[2].state = TrialState::kFailed;
  TellTrials(rule.get(), trials);
  EXPECT_EQ(Judge(*rule, {1000}), std::nullopt);
  const std::vector<Trial> more = {CompleteTrial(4, {20})};
  TellTrials(rule.get(), more);
  // The median of 4 10 20; at step 2 there are still only two.
  EXPECT_EQ(Judge(*rule, {10}), std::nullopt);
  EXPECT_NE(Judge(*rule, {11}), std::nullopt);
  EXPECT_EQ(Judge(*rule, {11, 1000}), std::nullopt);
}

}  // namespace
}  // namespace sturgeon
