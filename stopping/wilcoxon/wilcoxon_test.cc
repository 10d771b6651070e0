#include "stopping/wilcoxon/wilcoxon.h"

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "stopping/conformance.h"
#include "stopping/testing.h"

namespace sturgeon {
namespace {

StoppingRuleCase WilcoxonCase() {
  StoppingRuleCase rule_case{"wilcoxon", &kWilcoxonRule};
  rule_case.several_objectives = false;
  return rule_case;
}

INSTANTIATE_TEST_SUITE_P(Wilcoxon, StoppingRuleConformance, testing::Values(WilcoxonCase()),
                         StoppingRuleCaseName);

TEST(Wilcoxon, StopsWhatIsWorseFoldByFold) {
  const StudyConfig config = OneMetric();
  const auto rule = MakeRule(kWilcoxonRule, config, "");
  // The value of a trial is told beside its folds: their mean.
  std::vector<Trial> trials = {CompleteTrial(0, {5, 1, 4, 2, 3}),
                               CompleteTrial(1, {6, 2, 5, 3, 4})};
  trials[0].values = {3};
  trials[1].values = {4};
  TellTrials(rule.get(), trials);
  // Three differences above 0: p = 1/8; four: 1/16.
  EXPECT_EQ(Judge(*rule, {6, 3, 7}), std::nullopt);
  EXPECT_EQ(Judge(*rule, {6, 3, 7, 6}),
            "value is worse than that of the best trial, 0, on the 4 steps so far (p = 0.0625)");
  // With -1 among 2 3 4 it is 1/8; with -1 among 2 3 4 5 it is 2/32.
  EXPECT_EQ(Judge(*rule, {4, 3, 7, 6}), std::nullopt);
  EXPECT_NE(Judge(*rule, {4, 3, 7, 6, 8}), std::nullopt);
  const auto strict = MakeRule(kWilcoxonRule, config, "p_threshold=0.01");
  TellTrials(strict.get(), trials);
  EXPECT_EQ(Judge(*strict, {6, 3, 7, 6, 8}), std::nullopt);
}

TEST(Wilcoxon, ATrialThatIsBetterOnAverageGoesOn) {
  const StudyConfig config = OneMetric(Goal::kMaximize);
  const auto rule = MakeRule(kWilcoxonRule, config, "p_threshold=0.5");
  const std::vector<Trial> trials = {CompleteTrial(0, {5, 5, 5, 5, 5})};
  TellTrials(rule.get(), trials);
  // Worse by 1 2 3 4 and better by 100: p = 10/32, but on average it is better by 18.
  EXPECT_EQ(Judge(*rule, {4, 3, 2, 1}),
            "value is worse than that of the best trial, 0, on the 4 steps so far (p = 0.0625)");
  EXPECT_EQ(Judge(*rule, {4, 3, 2, 1, 105}), std::nullopt);
}

TEST(Wilcoxon, ComparesWithTheBestFeasibleCompleteTrialAtCommonSteps) {
  const StudyConfig config = OneMetric();
  const auto rule = MakeRule(kWilcoxonRule, config, "");
  std::vector<Trial> trials = {CompleteTrial(0, {3, 3, 3, 3}), CompleteTrial(1, {1, 1, 1, 1}),
                               CompleteTrial(2, {0, 0, 0, 0}), CompleteTrial(3, {3, 3, 3, 3})};
  trials[1].constraints = {1};
  trials[2].state = TrialState::kStopped;
  TellTrials(rule.get(), trials);
  EXPECT_EQ(Judge(*rule, {2, 2, 2, 2}), std::nullopt);
  EXPECT_EQ(Judge(*rule, {4, 4, 4, 4}),
            "value is worse than that of the best trial, 0, on the 4 steps so far (p = 0.0625)");
  // A fold whose value is not finite is no pair.
  EXPECT_EQ(Judge(*rule, {4, std::numeric_limits<double>::quiet_NaN(), 4, 4}), std::nullopt);
}

}  // namespace
}  // namespace sturgeon
