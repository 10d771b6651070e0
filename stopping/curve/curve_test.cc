#include "stopping/curve/curve.h"

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "stopping/conformance.h"
#include "stopping/curve/extrapolation.h"
#include "stopping/testing.h"

namespace sturgeon {
namespace {

INSTANTIATE_TEST_SUITE_P(Curve, StoppingRuleConformance,
                         testing::Values(StoppingRuleCase{"curve", &kCurveRule}),
                         StoppingRuleCaseName);

// So many steps of a curve that falls from `end` + 1 towards `end`.
std::vector<double> Falling(double end, int steps) {
  std::vector<double> curve;
  for (int t = 1; t <= steps; ++t) curve.push_back(end + 1.0 / t);
  return curve;
}

TEST(CurveRule, StopsWhereTheChanceToBeatTheBestIsBelowTheOption) {
  const StudyConfig config = OneMetric();
  const std::vector<Trial> trials = {CompleteTrial(0, Falling(0.5, 20)),
                                     CompleteTrial(1, Falling(0.2, 20))};
  const std::vector<double> curve = Falling(0.4, 10);
  const std::vector<int64_t> steps = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  const std::optional<Forecast> forecast = Extrapolate(steps, curve, 20, 0.25);
  ASSERT_TRUE(forecast.has_value());
  for (const double factor : {0.99, 1.01}) {
    const auto rule =
        MakeRule(kCurveRule, config, absl::StrCat("chance=", forecast->chance * factor));
    TellTrials(rule.get(), trials);
    EXPECT_EQ(Judge(*rule, curve).has_value(), factor > 1);
  }
  const auto rule = MakeRule(kCurveRule, config, "");
  TellTrials(rule.get(), trials);
  const std::optional<std::string> why = Judge(*rule, Falling(1.4, 10));
  ASSERT_TRUE(why.has_value());
  EXPECT_TRUE(absl::StartsWith(*why, "value 1.5 after step 10 heads for 1.4")) << *why;
  EXPECT_TRUE(absl::StrContains(*why, "; the chance to beat 0.25 is ")) << *why;
}

TEST(CurveRule, GoesByTheStudysFullTraining) {
  StudyConfig config = OneMetric();
  const std::vector<Trial> trials = {CompleteTrial(0, {2, 1.5, 1.2, 1.1, 1.0, 0.9})};
  // Six steps are all that is known of: a trial at step 6 is at its end.
  const auto unknown = MakeRule(kCurveRule, config, "");
  TellTrials(unknown.get(), trials);
  EXPECT_EQ(Judge(*unknown, {9, 8.5, 8.4, 8.35, 8.34, 8.33}), std::nullopt);
  config.max_steps = 8;
  const auto known = MakeRule(kCurveRule, config, "");
  TellTrials(known.get(), trials);
  EXPECT_NE(Judge(*known, {9, 8.5, 8.4, 8.35, 8.34, 8.33}), std::nullopt);
}

TEST(CurveRule, OnlyCompleteAndFeasibleTrialsSetTheBar) {
  const StudyConfig config = OneMetric();
  const auto rule = MakeRule(kCurveRule, config, "");
  std::vector<Trial> trials = {CompleteTrial(0, Falling(0.2, 20)),
                               CompleteTrial(1, Falling(0.2, 20))};
  trials[0].state = TrialState::kStopped;
  trials[1].constraints = {1};
  TellTrials(rule.get(), trials);
  EXPECT_EQ(Judge(*rule, Falling(1.4, 10)), std::nullopt);
  const std::vector<Trial> more = {CompleteTrial(2, Falling(0.2, 20))};
  TellTrials(rule.get(), more);
  EXPECT_NE(Judge(*rule, Falling(1.4, 10)), std::nullopt);
}

TEST(CurveRule, SeesTheCurveOfTheTrialThatItGoesOnFrom) {
  StudyConfig config = OneMetric();
  config.max_steps = 20;
  const auto rule = MakeRule(kCurveRule, config, "");
  std::vector<Trial> trials = {CompleteTrial(0, Falling(0.2, 20)),
                               CompleteTrial(1, Falling(1.4, 9))};
  trials[1].state = TrialState::kStopped;
  TellTrials(rule.get(), trials);
  const Point point = {0.5};
  ReportLog reports;
  reports.Add(10, {1.5});
  EXPECT_EQ(rule->ShouldStop({5, point, reports}), std::nullopt);
  EXPECT_EQ(rule->ShouldStop({5, point, reports, 1}), Judge(*rule, Falling(1.4, 10)));
  EXPECT_NE(rule->ShouldStop({5, point, reports, 1}), std::nullopt);
}

}  // namespace
}  // namespace sturgeon
