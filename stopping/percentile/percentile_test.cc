#include "stopping/percentile/percentile.h"

#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "stopping/conformance.h"
#include "stopping/testing.h"

namespace sturgeon {
namespace {

INSTANTIATE_TEST_SUITE_P(Percentile, StoppingRuleConformance,
                         testing::Values(StoppingRuleCase{"percentile", &kPercentileRule}),
                         StoppingRuleCaseName);

TEST(Percentile, KeepsTheBestFewPerCent) {
  const StudyConfig config = OneMetric();
  const std::vector<Trial> trials = {CompleteTrial(0, {5}), CompleteTrial(1, {2}),
                                     CompleteTrial(2, {3}), CompleteTrial(3, {1}),
                                     CompleteTrial(4, {4})};
  // Of 1 2 3 4 5: the quantile 0.25 is 2; 0.1 lies 0.4 of the way from 1 to 2; 0 is the best.
  const auto quarter = MakeRule(kPercentileRule, config, "");
  TellTrials(quarter.get(), trials);
  EXPECT_EQ(Judge(*quarter, {2}), std::nullopt);
  EXPECT_EQ(Judge(*quarter, {2.5}),
            "value 2.5 up to step 1 is above 2, the value of the best 25 % of 5 trials");
  const auto tenth = MakeRule(kPercentileRule, config, "percentile=10");
  TellTrials(tenth.get(), trials);
  EXPECT_EQ(Judge(*tenth, {1.39}), std::nullopt);
  EXPECT_NE(Judge(*tenth, {1.41}), std::nullopt);
  const auto none = MakeRule(kPercentileRule, config, "percentile=0");
  TellTrials(none.get(), trials);
  EXPECT_EQ(Judge(*none, {1}), std::nullopt);
  EXPECT_NE(Judge(*none, {1.01}), std::nullopt);
  const auto all = MakeRule(kPercentileRule, config, "percentile=100");
  TellTrials(all.get(), trials);
  EXPECT_EQ(Judge(*all, {5}), std::nullopt);
  EXPECT_NE(Judge(*all, {5.01}), std::nullopt);
}

TEST(Percentile, OfAMetricToMaximizeTheBestAreTheHighest) {
  const StudyConfig config = OneMetric(Goal::kMaximize);
  const auto rule = MakeRule(kPercentileRule, config, "");
  const std::vector<Trial> trials = {CompleteTrial(0, {5}), CompleteTrial(1, {2}),
                                     CompleteTrial(2, {3}), CompleteTrial(3, {1}),
                                     CompleteTrial(4, {4})};
  TellTrials(rule.get(), trials);
  EXPECT_EQ(Judge(*rule, {4}), std::nullopt);
  EXPECT_EQ(Judge(*rule, {3.5}),
            "value 3.5 up to step 1 is below 4, the value of the best 25 % of 5 trials");
}

}  // namespace
}  // namespace sturgeon
