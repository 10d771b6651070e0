#include "stopping/watch.h"

#include <limits>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

StudyConfig Config() {
  StudyConfig config;
  config.objectives = {{"accuracy", Goal::kMaximize}};
  config.metrics = {"loss", "accuracy"};
  return config;
}

ReportLog Reports(const std::vector<int64_t>& steps) {
  ReportLog reports;
  for (const int64_t step : steps) reports.Add(step, {1.0 / static_cast<double>(step), 0.5});
  return reports;
}

// After which of the reports the rule looks.
std::vector<int64_t> Looks(int64_t warmup_steps, int64_t interval,
                           const std::vector<int64_t>& steps) {
  WatchOptions options;
  options.warmup_steps = warmup_steps;
  options.interval = interval;
  const auto watch = Watch::Create(options, Config());
  EXPECT_TRUE(watch.ok()) << watch.status();
  std::vector<int64_t> looks;
  for (size_t n = 1; watch.ok() && n <= steps.size(); ++n) {
    if (watch->Due(Reports({steps.begin(), steps.begin() + static_cast<int64_t>(n)}))) {
      looks.push_back(steps[n - 1]);
    }
  }
  return looks;
}

TEST(Watch, LooksAfterTheWarmupAtIntervals) {
  EXPECT_THAT(Looks(0, 1, {1, 2, 3}), ElementsAre(1, 2, 3));
  EXPECT_THAT(Looks(2, 1, {1, 2, 3, 4}), ElementsAre(3, 4));
  EXPECT_THAT(Looks(0, 3, {1, 2, 3, 4, 5, 6, 7}), ElementsAre(3, 6));
  EXPECT_THAT(Looks(1, 3, {1, 2, 3, 4, 5, 6, 7}), ElementsAre(4, 7));
}

TEST(Watch, LooksAtTheFirstReportAtOrAfterAnIntervalsEnd) {
  EXPECT_THAT(Looks(0, 10, {7, 14, 21, 28, 30}), ElementsAre(14, 21, 30));
  // A trial that goes on from another's checkpoint begins beyond the warm-up.
  EXPECT_THAT(Looks(4, 1, {10, 11}), ElementsAre(10, 11));
  EXPECT_THAT(Looks(0, 1, {}), ElementsAre());
}

TEST(Watch, TheCurveHasLossesAndLeavesOutWhatIsNotFinite) {
  const auto watch = Watch::Create({}, Config());
  ASSERT_TRUE(watch.ok()) << watch.status();
  ReportLog reports;
  reports.Add(1, {9, 0.25});
  reports.Add(3, {9, std::numeric_limits<double>::quiet_NaN()});
  reports.Add(4, {9, 0.75});
  reports.Add(5, {9, 0.75});
  const Curve curve = watch->CurveOf(reports);
  EXPECT_THAT(curve.steps, ElementsAre(1, 4, 5));
  EXPECT_THAT(curve.losses, ElementsAre(-0.25, -0.75, -0.75));
  EXPECT_EQ(curve.BestIndex(), 1);
  EXPECT_EQ(curve.Best(), -0.75);
  EXPECT_EQ(watch->Value(-0.75), 0.75);
  EXPECT_STREQ(watch->worse(), "below");
}

TEST(Watch, TheGoalIsTheStudysOrTheModelsOrGiven) {
  StudyConfig config = Config();
  WatchOptions options;
  options.metric = "loss";
  EXPECT_THAT(Watch::Create(options, config).status().message(), HasSubstr("goal=minimize"));
  EXPECT_TRUE(Watch::Create(options, config, WatchGoal::kAny).ok());

  config.metric_goals = {Goal::kMaximize, Goal::kMinimize};
  EXPECT_STREQ(Watch::Create(options, config)->worse(), "below");
  // What is given overrules the model, but not the study.
  options.goal = "minimize";
  EXPECT_STREQ(Watch::Create(options, config)->worse(), "above");
  options.metric = "accuracy";
  EXPECT_THAT(Watch::Create(options, config).status().message(),
              HasSubstr("the goal of accuracy is to maximize, not to minimize"));
  options.goal = "maximize";
  EXPECT_STREQ(Watch::Create(options, config)->worse(), "below");
}

TEST(Watch, AnUnknownMetricNamesTheKnown) {
  WatchOptions options;
  options.metric = "acuracy";
  const absl::Status status = Watch::Create(options, Config()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("accuracy"));
}

}  // namespace
}  // namespace sturgeon
