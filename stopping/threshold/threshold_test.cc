#include "stopping/threshold/threshold.h"

#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "core/option_schema.h"
#include "gtest/gtest.h"
#include "stopping/conformance.h"
#include "stopping/testing.h"

namespace sturgeon {
namespace {

StoppingRuleCase ThresholdCase() {
  StoppingRuleCase rule_case{"threshold", &kThresholdRule, *ParseAssignments("at_most=2")};
  rule_case.uses_goal = false;
  return rule_case;
}

INSTANTIATE_TEST_SUITE_P(Threshold, StoppingRuleConformance, testing::Values(ThresholdCase()),
                         StoppingRuleCaseName);

TEST(Threshold, StopsWhatLeavesTheBounds) {
  for (const Goal goal : {Goal::kMinimize, Goal::kMaximize}) {
    const StudyConfig config = OneMetric(goal);
    const auto rule = MakeRule(kThresholdRule, config, "at_least=1,at_most=3,warmup_steps=1");
    EXPECT_EQ(Judge(*rule, {100}), std::nullopt);
    EXPECT_EQ(Judge(*rule, {100, 3}), std::nullopt);
    EXPECT_EQ(Judge(*rule, {100, 3.5}), "value 3.5 after step 2 is above 3");
    EXPECT_EQ(Judge(*rule, {100, 1}), std::nullopt);
    EXPECT_EQ(Judge(*rule, {100, 2, 0.5}), "value 0.5 after step 3 is below 1");
    // What was outside and has come back goes on.
    EXPECT_EQ(Judge(*rule, {100, 5, 2}), std::nullopt);
  }
}

TEST(Threshold, WantsABoundThatLeavesRoom) {
  const StudyConfig config = OneMetric();
  for (const char* options : {"", "at_least=3,at_most=2"}) {
    const auto rule = kThresholdRule.create(*ParseAssignments(options), "threshold", {config});
    EXPECT_EQ(rule.status().code(), absl::StatusCode::kInvalidArgument) << options;
  }
  EXPECT_TRUE(absl::StrContains(
      kThresholdRule.create(Value::Object{}, "threshold", {config}).status().message(), "at_most"));
}

}  // namespace
}  // namespace sturgeon
