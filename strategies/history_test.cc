#include "strategies/history.h"

#include <cmath>
#include <utility>
#include <vector>

#include "core/space.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

StudyConfig Config() {
  StudyConfig config;
  config.space = *SearchSpace::Create({Parameter::Float("x", 0, 10),
                                       Parameter::Float("y", 0, 1).When("kind", {"a"}),
                                       Parameter::Categorical("kind", {"a", "b"})});
  config.objectives = {{"error", Goal::kMinimize}, {"accuracy", Goal::kMaximize}};
  return config;
}

Trial Complete(int64_t id, Point point, Values values) {
  Trial trial;
  trial.id = id;
  trial.state = TrialState::kComplete;
  trial.point = std::move(point);
  trial.values = std::move(values);
  return trial;
}

TEST(HistoryTest, HoldsUnitCoordinatesAndLosses) {
  const StudyConfig config = Config();
  History history(config);
  const Trial trial = Complete(0, {5, NAN, 1}, {0.25, 0.5});
  const Trial* const told[] = {&trial};
  EXPECT_EQ(history.Add(told), 0);
  ASSERT_EQ(history.size(), 1);
  EXPECT_DOUBLE_EQ(history.unit(0)[0], 0.5);
  EXPECT_TRUE(std::isnan(history.unit(0)[1]));
  EXPECT_DOUBLE_EQ(history.unit(0)[2], 0.75);
  EXPECT_EQ(history.losses(0)[0], 0.25);
  EXPECT_EQ(history.losses(0)[1], -0.5);
}

TEST(HistoryTest, IsAFunctionOfTheSetOfTrials) {
  const StudyConfig config = Config();
  std::vector<Trial> trials;
  for (int i = 0; i < 6; ++i) {
    trials.push_back(Complete(i, {static_cast<double>(i), 0.5, 0}, {1.0 * i, 2.0}));
  }
  History in_order(config), shuffled(config);
  for (const int i : {0, 1, 2, 3, 4, 5}) {
    const Trial* const told[] = {&trials[i]};
    EXPECT_EQ(in_order.Add(told), i);
  }
  const Trial* const late[] = {&trials[3], &trials[5]};
  EXPECT_EQ(shuffled.Add(late), 0);
  const Trial* const first[] = {&trials[1], &trials[4]};
  EXPECT_EQ(shuffled.Add(first), 0);
  const Trial* const rest[] = {&trials[2], &trials[0]};
  shuffled.Add(rest);
  ASSERT_EQ(shuffled.size(), 6);
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(shuffled.id(i), in_order.id(i));
    EXPECT_EQ(shuffled.unit(i), in_order.unit(i));
    EXPECT_EQ(shuffled.losses(i), in_order.losses(i));
  }
}

TEST(HistoryTest, RanksTheMeasuredThenTheFeasibleThenTheBetter) {
  StudyConfig config = Config();
  config.objectives = {{"error", Goal::kMinimize}};
  Trial failed = Complete(0, {1, 0.5, 0}, {});
  failed.state = TrialState::kFailed;
  Trial infeasible = Complete(1, {1, 0.5, 0}, {0.1});
  infeasible.constraints = {-3, 0.5, 0.25};
  const Trial good = Complete(2, {1, 0.5, 0}, {1});
  const Trial equal = Complete(3, {1, 0.5, 0}, {1});
  History history(config);
  const Trial* const told[] = {&failed, &infeasible, &good, &equal};
  history.Add(told);
  EXPECT_EQ(history.measured(), 3);
  EXPECT_TRUE(history.failed(0));
  EXPECT_DOUBLE_EQ(history.violation(1), 0.75);
  EXPECT_EQ(history.constraints(1), absl::MakeConstSpan(infeasible.constraints));
  EXPECT_TRUE(history.constraints(2).empty());
  EXPECT_FALSE(history.feasible(1));
  EXPECT_TRUE(history.feasible(2));
  for (const auto& [better, worse] : {std::pair(2, 3), std::pair(3, 1), std::pair(1, 0)}) {
    EXPECT_TRUE(history.Better(better, worse));
    EXPECT_FALSE(history.Better(worse, better));
  }
  EXPECT_FALSE(history.Better(2, 2));
}

}  // namespace
}  // namespace sturgeon
