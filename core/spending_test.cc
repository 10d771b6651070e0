#include "core/spending.h"

#include <limits>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

StudyConfig Config() {
  StudyConfig config;
  config.metrics = {"error", "dollars"};
  config.objectives = {{"error", Goal::kMinimize}};
  config.max_steps = 9;
  config.unit = "epoch";
  config.budget.cost_metric = "dollars";
  return config;
}

struct Row {
  int64_t step;
  double error, dollars;
};

Trial Make(int64_t id, TrialState state, const std::vector<Row>& rows) {
  Trial trial;
  trial.id = id;
  trial.state = state;
  trial.seconds = 10;
  for (const Row& row : rows) trial.reports.Add(row.step, {row.error, row.dollars});
  if (state != TrialState::kFailed && !rows.empty()) trial.values = {rows.back().error};
  return trial;
}

void ExpectSpent(const Spent& spent, int64_t steps, double seconds, double cost) {
  EXPECT_EQ(spent.steps, steps);
  EXPECT_DOUBLE_EQ(spent.seconds, seconds);
  EXPECT_DOUBLE_EQ(spent.cost, cost);
}

TEST(SpendingTest, ATrialThatGoesOnSpendsWhatIsNew) {
  const StudyConfig config = Config();
  Spending spending(config);
  Trial first = Make(0, TrialState::kStopped, {{1, .9, 1}, {2, .8, 2}, {3, .7, 3}});
  first.budget = 3;
  EXPECT_EQ(spending.PlannedSteps(3, std::nullopt), 3);
  spending.Add(first);
  EXPECT_EQ(spending.PlannedSteps(9, 0), 6);
  EXPECT_EQ(spending.PlannedSteps(std::nullopt, 0), 6);
  EXPECT_EQ(spending.PlannedSteps(100, std::nullopt), 9);

  Trial second = Make(1, TrialState::kStopped, {{4, .6, 4}, {5, .5, 5}});
  second.resume_from = 0;
  ExpectSpent(spending.Of(second), 2, 10, 2);
  // Its checkpoint was lost: it trained from the start.
  Trial again = Make(1, TrialState::kStopped, {{1, .9, 1}, {2, .8, 2}, {3, .7, 3}, {4, .6, 4}});
  again.resume_from = 0;
  ExpectSpent(spending.Of(again), 4, 10, 4 - 0);
  // A metric that counts anew in each trial.
  Trial anew = Make(1, TrialState::kStopped, {{4, .6, 1}, {5, .5, 2}});
  anew.resume_from = 0;
  ExpectSpent(spending.Of(anew), 2, 10, 2);
  Trial one = Make(1, TrialState::kStopped, {{4, .6, 4}});
  one.resume_from = 0;
  ExpectSpent(spending.Of(one), 1, 10, 1);
}

TEST(SpendingTest, ReportsMayLieApart) {
  const StudyConfig config = Config();
  const Spending spending(config);
  EXPECT_EQ(spending.Of(Make(0, TrialState::kComplete, {{3, .9, 1}, {6, .8, 2}, {9, .7, 3}})).steps,
            9);
  EXPECT_EQ(spending.Of(Make(0, TrialState::kComplete, {{9, .7, 3}})).steps, 9);
  // From 0 on, as some count.
  EXPECT_EQ(spending.Of(Make(0, TrialState::kComplete, {{0, .9, 1}, {1, .8, 2}})).steps, 1);
}

TEST(SpendingTest, WithoutReportsItIsWhatWasPlanned) {
  const StudyConfig config = Config();
  Spending spending(config);
  Trial paused = Make(0, TrialState::kStopped, {});
  paused.budget = 3;
  ExpectSpent(spending.Of(paused), 3, 10, 0);
  spending.Add(paused);
  Trial rest = Make(1, TrialState::kComplete, {});
  rest.resume_from = 0;
  ExpectSpent(spending.Of(rest), 6, 10, 0);
  ExpectSpent(spending.Of(Make(2, TrialState::kFailed, {})), 0, 10, 0);
  // What reports its steps and has none took a model as it was.
  spending.Add(Make(3, TrialState::kStopped, {{1, .9, 1}, {2, .8, 2}}));
  Trial taken = Make(4, TrialState::kComplete, {});
  taken.resume_from = 3;
  ExpectSpent(spending.Of(taken), 0, 10, 0);

  StudyConfig unknown = Config();
  unknown.max_steps = 0;
  const Spending blind(unknown);
  EXPECT_EQ(blind.PlannedSteps(std::nullopt, std::nullopt), 0);
  EXPECT_EQ(blind.Of(Make(0, TrialState::kComplete, {})).steps, 1);
}

TEST(SpendingTest, ImprovementsStandAgainstWhatWasSpent) {
  const StudyConfig config = Config();
  Spending spending(config);
  spending.Add(Make(0, TrialState::kComplete, {{1, .9, 1}, {2, .8, 2}}));
  spending.Add(Make(1, TrialState::kStopped, {{1, .1, 1}}));    // no full training
  spending.Add(Make(2, TrialState::kComplete, {{1, .85, 1}}));  // worse
  spending.Add(Make(3, TrialState::kFailed, {{1, .1, kNaN}}));
  spending.Add(Make(4, TrialState::kComplete, {{1, .5, 1}}));
  ExpectSpent(spending.total(), 6, 50, 5);
  ASSERT_EQ(spending.improvements().size(), 2u);
  EXPECT_EQ(spending.improvements()[0].trial, 0);
  EXPECT_EQ(spending.improvements()[1].trial, 4);
  EXPECT_EQ(spending.improvements()[1].value, .5);
  ExpectSpent(spending.improvements()[0].spent, 2, 10, 2);
  ExpectSpent(spending.improvements()[1].spent, 6, 50, 5);
}

TEST(SpendingTest, SaysWhatIsUsedUp) {
  StudyConfig config = Config();
  Spent spent;
  spent.steps = 20;
  spent.seconds = 30;
  spent.cost = 2.5;
  EXPECT_EQ(UsedUp(spent, config), std::nullopt);
  config.budget.cost = 2.5;
  EXPECT_EQ(UsedUp(spent, config), "all of its 2.5 of dollars");
  config.budget.seconds = 30;
  EXPECT_EQ(UsedUp(spent, config), "all of its 30 seconds of training");
  config.budget.steps = 20;
  EXPECT_EQ(UsedUp(spent, config), "all of its 20 epochs");
  config.budget = {21, 31, 2.6, "dollars"};
  EXPECT_EQ(UsedUp(spent, config), std::nullopt);
}

}  // namespace
}  // namespace sturgeon
