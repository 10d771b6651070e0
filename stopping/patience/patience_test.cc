#include "stopping/patience/patience.h"

#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "stopping/conformance.h"
#include "stopping/testing.h"

namespace sturgeon {
namespace {

INSTANTIATE_TEST_SUITE_P(Patience, StoppingRuleConformance,
                         testing::Values(StoppingRuleCase{"patience", &kPatienceRule}),
                         StoppingRuleCaseName);

TEST(Patience, StopsWhatHasNotImprovedForSoManySteps) {
  const StudyConfig config = OneMetric();
  const auto rule = MakeRule(kPatienceRule, config, "patience=3");
  EXPECT_EQ(Judge(*rule, {5, 4, 4, 4}), std::nullopt);
  EXPECT_EQ(Judge(*rule, {5, 4, 4, 4, 4}), "value has not improved for 3 steps on 4 at step 2");
  EXPECT_EQ(Judge(*rule, {5, 4, 6, 7, 3.9}), std::nullopt);
  EXPECT_NE(Judge(*rule, {5, 6, 7, 8}), std::nullopt);
}

TEST(Patience, SmallChangesAreNoImprovement) {
  const StudyConfig config = OneMetric(Goal::kMaximize);
  const auto rule = MakeRule(kPatienceRule, config, "patience=2,min_delta=0.5");
  // 1.5 is not more than 0.5 better than 1; 1.75 is.
  EXPECT_NE(Judge(*rule, {1, 1.25, 1.5}), std::nullopt);
  EXPECT_EQ(Judge(*rule, {1, 1.25, 1.75}), std::nullopt);
  EXPECT_EQ(Judge(*rule, {1, 1.25, 1.75, 2.25}), std::nullopt);
  EXPECT_EQ(Judge(*rule, {1, 1.25, 1.75, 2, 2.25}),
            "value has not improved for 2 steps on 1.75 at step 3");
}

TEST(Patience, CountsStepsNotReports) {
  const StudyConfig config = OneMetric();
  const auto rule = MakeRule(kPatienceRule, config, "patience=10");
  ReportLog reports;
  const Point point = {0.5};
  reports.Add(5, {1});
  reports.Add(10, {2});
  EXPECT_EQ(rule->ShouldStop({0, point, reports}), std::nullopt);
  reports.Add(15, {2});
  EXPECT_EQ(rule->ShouldStop({0, point, reports}),
            "value has not improved for 10 steps on 1 at step 5");
}

}  // namespace
}  // namespace sturgeon
