#include "apps/study_plot.h"

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/json.h"
#include "core/space.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

StudyConfig Config(Goal goal = Goal::kMinimize) {
  StudyConfig config;
  config.space = *SearchSpace::Create({
      Parameter::Float("rate", 1e-4, 1, Scale::kLog),
      Parameter::Categorical("optimizer", {Value("sgd"), Value("adam")}),
      Parameter::Float("beta2", 0.9, 0.999, Scale::kReverseLog).When("optimizer", {Value("adam")}),
  });
  config.objectives = {{"error", goal}};
  config.metrics = {"loss", "error"};
  config.unit = "epoch";
  return config;
}

Trial Make(int64_t id, TrialState state, double value, Point point = {0.1, 0, NAN}) {
  Trial trial;
  trial.id = id;
  trial.state = state;
  trial.values = {value};
  trial.point = std::move(point);
  return trial;
}

// The points of the series of that name.
std::vector<std::pair<double, double>> Of(const TextPlot& plot, const std::string& name) {
  std::vector<std::pair<double, double>> points;
  for (const PlotSeries& series : plot.series) {
    if (series.name != name) continue;
    for (const PlotPoint& point : series.points) points.emplace_back(point.x, point.y);
  }
  return points;
}

using Pair = std::pair<double, double>;

TEST(ValuePlot, HistoryHasEveryTrialWhereItBelongs) {
  for (const double sign : {1.0, -1.0}) {
    const StudyConfig config = Config(sign > 0 ? Goal::kMinimize : Goal::kMaximize);
    ValuePlot history(config, 0, std::nullopt);
    history.Add(Make(0, TrialState::kComplete, sign * 5));
    history.Add(Make(1, TrialState::kStopped, sign * 1));
    Trial infeasible = Make(2, TrialState::kComplete, sign * 0.5);
    infeasible.constraints = {1};
    history.Add(infeasible);
    history.Add(Make(4, TrialState::kComplete, sign * 3));
    history.Add(Make(3, TrialState::kComplete, sign * 4));  // it may come later
    history.Add(Make(5, TrialState::kComplete, sign * 6));
    history.Add(Make(6, TrialState::kComplete, NAN));
    Trial failed = Make(7, TrialState::kFailed, 0);
    failed.values.clear();
    history.Add(failed);

    const TextPlot plot = history.Plot();
    EXPECT_THAT(Of(plot, "complete"), SizeIs(4));
    EXPECT_THAT(Of(plot, "stopped early"), ElementsAre(Pair(1, sign * 1)));
    EXPECT_THAT(Of(plot, "infeasible"), ElementsAre(Pair(2, sign * 0.5)));
    EXPECT_THAT(Of(plot, "best so far"),
                ElementsAre(Pair(0, sign * 5), Pair(3, sign * 4), Pair(4, sign * 3)));
    EXPECT_EQ(plot.y.name, "error");
  }
}

TEST(ValuePlot, TheWorstTenthDoesNotDecideHowFarTheAxisGoes) {
  const StudyConfig config = Config();
  ValuePlot history(config, 0, std::nullopt);
  for (int i = 0; i < 20; ++i) history.Add(Make(i, TrialState::kComplete, i == 7 ? 1e9 : i));
  const TextPlot plot = history.Plot();
  EXPECT_EQ(plot.focus.low, 0);
  EXPECT_EQ(plot.focus.high, 18);
}

TEST(ValuePlot, SlicesAreOnTheParametersOwnScale) {
  const StudyConfig config = Config();
  ValuePlot rate(config, 0, 0), optimizer(config, 0, 1), beta2(config, 0, 2);
  for (ValuePlot* slice : {&rate, &optimizer, &beta2}) {
    slice->Add(Make(0, TrialState::kComplete, 5, {0.1, 0, NAN}));
    slice->Add(Make(1, TrialState::kComplete, 3, {0.2, 1, 0.99}));
    slice->Add(Make(2, TrialState::kRunning, 0, {}));
  }
  TextPlot plot = rate.Plot();
  EXPECT_EQ(plot.x.scale, Scale::kLog);
  EXPECT_EQ(plot.x.least.low, 1e-4);
  EXPECT_EQ(plot.x.least.high, 1);
  EXPECT_THAT(Of(plot, "complete"), ElementsAre(Pair(0.1, 5), Pair(0.2, 3)));
  EXPECT_THAT(Of(plot, "best"), ElementsAre(Pair(0.2, 3)));
  plot = optimizer.Plot();
  EXPECT_THAT(plot.x.choices, ElementsAre("sgd", "adam"));
  EXPECT_THAT(Of(plot, "complete"), ElementsAre(Pair(0, 5), Pair(1, 3)));
  plot = beta2.Plot();
  EXPECT_EQ(plot.x.scale, Scale::kReverseLog);
  EXPECT_THAT(Of(plot, "complete"), ElementsAre(Pair(0.99, 3)));  // where it was active
}

TEST(CurvePlot, SomeTrialsHaveLinesAndTheOthersDots) {
  const StudyConfig config = Config();
  CurvePlot curves(config, 1, "error", {1, 0});
  for (int64_t id = 0; id < 3; ++id) {
    Trial trial = Make(id, TrialState::kComplete, 1);
    trial.reports.Add(1, {7, 0.5 + id});
    trial.reports.Add(2, {7, NAN});
    trial.reports.Add(3, {7, 0.25 + id});
    curves.Add(trial);
  }
  const TextPlot plot = curves.Plot();
  EXPECT_THAT(Of(plot, "trial 0"), ElementsAre(Pair(1, 0.5), Pair(3, 0.25)));
  EXPECT_THAT(Of(plot, "trial 1"), ElementsAre(Pair(1, 1.5), Pair(3, 1.25)));
  EXPECT_THAT(Of(plot, "other trials"), ElementsAre(Pair(1, 2.5), Pair(3, 2.25)));
  EXPECT_EQ(plot.series.back().name, "trial 1");  // the first is on top,
  EXPECT_EQ(plot.series.back().mark, '1');
  EXPECT_EQ(plot.x.name, "epoch");
  EXPECT_EQ(plot.focus.high, 1.5);
}

TEST(CurvePlot, AnyNumberOfCurvesFindsRoom) {
  const StudyConfig config = Config();
  CurvePlot curves(config, 0, "loss", {});
  for (int64_t id = 0; id < 1000; ++id) {
    Trial trial = Make(id, TrialState::kComplete, 1);
    for (int step = 1; step <= 1500; ++step) trial.reports.Add(step, {1.0 * id, 0});
    curves.Add(trial);
  }
  const std::vector<Pair> dots = Of(curves.Plot(), "other trials");
  EXPECT_LE(dots.size(), 400000u);
  EXPECT_GE(dots.size(), 200000u);
  EXPECT_EQ(dots.front().second, 0);  // evenly
  EXPECT_EQ(dots.back().second, 999);
  EXPECT_NEAR(dots[dots.size() / 2].second, 500, 5);
}

TEST(PlotToValue, HasTheAxesAndThePoints) {
  const StudyConfig config = Config();
  ValuePlot slice(config, 0, 1);
  slice.Add(Make(0, TrialState::kComplete, 5, {0.1, 1, 0.99}));
  EXPECT_EQ(WriteJson(PlotToValue(slice.Plot())),
            R"({"x": {"name": "optimizer", "choices": ["sgd", "adam"]}, "y": {"name": "error"}, )"
            R"("series": [{"name": "complete", "points": [[1.0, 5.0]]}, )"
            R"({"name": "best", "points": [[1.0, 5.0]]}]})");
}

}  // namespace
}  // namespace sturgeon
