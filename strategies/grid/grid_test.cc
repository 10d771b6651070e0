#include "strategies/grid/grid.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "core/plugins.h"
#include "core/study.h"
#include "gtest/gtest.h"
#include "strategies/conformance.h"

namespace sturgeon {
namespace {

StrategyCase Case(const char* name, Value options = Value::Object()) {
  StrategyCase grid = {name, &kGridStrategy, {}, std::move(options)};
  grid.exhausts = true;
  grid.unplanned = false;
  return grid;
}

StrategyCase Lexicographic() {
  StrategyCase grid = Case("lexicographic", Value::Object{{"order", "lexicographic"}});
  grid.uses_seed = false;
  return grid;
}

INSTANTIATE_TEST_SUITE_P(Grid, StrategyConformance,
                         testing::Values(Case("shuffled"), Lexicographic()), StrategyCaseName);

struct Made {
  std::unique_ptr<StudyConfig> config;
  Plugins plugins;
  std::unique_ptr<Strategy> strategy;
  std::string note;
};

absl::StatusOr<Made> TryMake(std::vector<Parameter> parameters, int64_t trials,
                             Value options = Value::Object(), uint64_t seed = 3) {
  Made made;
  made.config = std::make_unique<StudyConfig>();
  absl::StatusOr<SearchSpace> space = SearchSpace::Create(std::move(parameters));
  if (!space.ok()) return space.status();
  made.config->space = *std::move(space);
  made.config->trials = trials;
  made.config->seed = seed;
  std::string note;
  auto strategy = kGridStrategy.create(
      options, "strategy grid",
      {*made.config, made.plugins, [&](absl::string_view line) { note = std::string(line); }});
  if (!strategy.ok()) return strategy.status();
  made.strategy = *std::move(strategy);
  made.note = note;
  return made;
}

std::vector<Point> All(Strategy* strategy, int64_t first_id = 0) {
  std::vector<Point> points;
  while (true) {
    const auto proposals = strategy->Ask({first_id, 7, {}});
    EXPECT_TRUE(proposals.ok()) << proposals.status();
    if (!proposals.ok() || proposals->empty()) return points;
    for (const Proposal& proposal : *proposals) points.push_back(proposal.point);
    first_id += static_cast<int64_t>(proposals->size());
  }
}

std::set<double> Column(const std::vector<Point>& points, int i) {
  std::set<double> values;
  for (const Point& point : points) values.insert(point[i]);
  return values;
}

TEST(GridStrategy, ContinuousParametersGetTheMiddlesOfTheirScale) {
  auto made =
      TryMake({Parameter::Float("x", 0, 1), Parameter::Float("y", 1e-4, 1, Scale::kLog)}, 9);
  ASSERT_TRUE(made.ok()) << made.status();
  const std::vector<Point> points = All(made->strategy.get());
  ASSERT_EQ(points.size(), 9);
  const std::set<double> x = Column(points, 0), y = Column(points, 1);
  ASSERT_EQ(x.size(), 3);
  ASSERT_EQ(y.size(), 3);
  EXPECT_DOUBLE_EQ(*x.begin(), 1.0 / 6);
  EXPECT_DOUBLE_EQ(*x.rbegin(), 5.0 / 6);
  EXPECT_NEAR(*y.begin(), std::pow(10, -4 + 4.0 / 6), 1e-12);
  EXPECT_NEAR(*std::next(y.begin()), 1e-2, 1e-12);
  EXPECT_EQ(std::set<Point>(points.begin(), points.end()).size(), 9);
}

TEST(GridStrategy, ItIsTheFinestGridWithinTheTrials) {
  for (const int64_t trials : {1, 2, 5, 60, 61, 100, 1000}) {
    auto made = TryMake(
        {Parameter::Float("a", 0, 1), Parameter::Float("b", 0, 1), Parameter::Int("c", 1, 3)},
        trials);
    ASSERT_TRUE(made.ok()) << made.status();
    const std::vector<Point> points = All(made->strategy.get());
    EXPECT_LE(points.size(), trials);
    // Refining any continuous axis by one value would be too many.
    const auto size = static_cast<int64_t>(points.size());
    for (int i = 0; i < 2; ++i) {
      const auto values = static_cast<int64_t>(Column(points, i).size());
      EXPECT_GT(size / values * (values + 1), trials) << trials << " trials, parameter " << i;
    }
  }
}

TEST(GridStrategy, ChoicesComeFirstAndMoreImportantTiersBeforeOthers) {
  auto made = TryMake({Parameter::Float("late", 0, 1).Tier(3), Parameter::Float("early", 0, 1),
                       Parameter::Categorical("kind", {"a", "b", "c"}).Tier(4)},
                      3 * 2 * 3);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->note, "grid of 18 points; values of each parameter: late 2, early 3, kind 3");
}

TEST(GridStrategy, WhatTheTrialsDoNotReachStaysAtItsDefault) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < 20; ++i) {
    parameters.push_back(Parameter::Float("x" + std::to_string(i), 0, 10).Default(3.0));
  }
  parameters.push_back(Parameter::Categorical("c", {"a", "b", "c"}).Tier(4).Default("c"));
  auto made = TryMake(std::move(parameters), 24);
  ASSERT_TRUE(made.ok()) << made.status();
  const std::vector<Point> points = All(made->strategy.get());
  EXPECT_EQ(points.size(), 3 * 2 * 2 * 2);
  for (const Point& point : points) {
    for (int i = 3; i < 20; ++i) EXPECT_EQ(point[i], 3.0);
  }
  auto tiny = TryMake({Parameter::Categorical("c", {"a", "b", "c"}).Default("c")}, 2);
  ASSERT_TRUE(tiny.ok()) << tiny.status();
  EXPECT_EQ(Column(All(tiny->strategy.get()), 0), (std::set<double>{0, 2}));
}

TEST(GridStrategy, AFiniteSpaceIsEnumeratedWithoutDuplicates) {
  for (const NamedSpace& named : StrategyTestSpaces()) {
    const std::optional<int64_t> count = named.space.CountPoints(10000);
    if (!count.has_value()) continue;
    for (const int64_t trials : {int64_t{0}, *count, 3 * *count}) {
      for (const char* order : {"shuffled", "lexicographic"}) {
        SCOPED_TRACE(named.name);
        auto made = TryMake(named.space.parameters(), trials, Value::Object{{"order", order}});
        ASSERT_TRUE(made.ok()) << made.status();
        std::set<std::string> distinct;
        const std::vector<Point> points = All(made->strategy.get());
        for (const Point& point : points) {
          EXPECT_TRUE(named.space.Validate(point).ok());
          distinct.insert(absl::StrJoin(point, " "));
        }
        EXPECT_EQ(points.size(), *count);
        EXPECT_EQ(distinct.size(), *count);
      }
    }
  }
}

TEST(GridStrategy, EveryPointKnowsItsNumber) {
  for (const NamedSpace& named : StrategyTestSpaces()) {
    SCOPED_TRACE(named.name);
    const SpaceGrid grid(named.space, std::vector<int64_t>(named.space.size(), 3));
    const double last = std::min(grid.size(), 9007199254740992.0) - 1;
    for (int i = 0; i < 200; ++i) {
      const auto index = static_cast<int64_t>(last * i / 199);
      const Point point = grid.At(index);
      ASSERT_TRUE(named.space.Validate(point).ok()) << named.space.Validate(point);
      EXPECT_EQ(grid.IndexOf(point), index);
    }
  }
}

TEST(GridStrategy, LexicographicOrderVariesTheFirstParameterSlowest) {
  auto made = TryMake({Parameter::Int("a", 1, 2), Parameter::Categorical("b", {"x", "y", "z"})}, 6,
                      Value::Object{{"order", "lexicographic"}});
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(All(made->strategy.get()),
            (std::vector<Point>{{1, 0}, {1, 1}, {1, 2}, {2, 0}, {2, 1}, {2, 2}}));
}

TEST(GridStrategy, AShuffledPrefixCoversEveryAxis) {
  // 8^4 points, of which 1 in 16 are seen: lexicographic order would know one value of `a`.
  for (uint64_t seed = 0; seed < 20; ++seed) {
    auto made = TryMake({Parameter::Int("a", 1, 8), Parameter::Int("b", 1, 8),
                         Parameter::Int("c", 1, 8), Parameter::Int("d", 1, 8)},
                        4096, Value::Object(), seed);
    ASSERT_TRUE(made.ok()) << made.status();
    const auto proposals = made->strategy->Ask({0, 256, {}});
    ASSERT_TRUE(proposals.ok());
    for (int i = 0; i < 4; ++i) {
      std::vector<int> count(9);
      for (const Proposal& proposal : *proposals) ++count[static_cast<int>(proposal.point[i])];
      for (int value = 1; value <= 8; ++value) {
        // 32 are expected; five standard deviations are 26.
        EXPECT_NEAR(count[value], 32, 26) << "seed " << seed;
      }
    }
  }
}

TEST(GridStrategy, APointThatWasEnqueuedIsNotProposedAgain) {
  Plugins plugins;
  ASSERT_TRUE(plugins.strategies.Add(kGridStrategy).ok());
  StudyConfig config;
  config.space = *SearchSpace::Create({Parameter::Int("a", 1, 5)});
  config.trials = 5;
  auto study = Study::Create(std::move(config), {"grid"}, plugins);
  ASSERT_TRUE(study.ok()) << study.status();
  Trial imported;
  imported.point = {2};
  imported.state = TrialState::kFailed;
  ASSERT_TRUE((*study)->Import(imported).ok());
  ASSERT_TRUE((*study)->Enqueue(Point{4}).ok());
  std::multiset<double> seen;
  while (true) {
    const auto suggestions = (*study)->Ask(1);
    ASSERT_TRUE(suggestions.ok()) << suggestions.status();
    if (suggestions->empty()) break;
    seen.insert(suggestions->front().point[0]);  // and none of them ever ends
  }
  EXPECT_EQ(seen, (std::multiset<double>{1, 3, 4, 5}));
}

TEST(GridStrategy, WithoutABudgetAContinuumIsAnErrorThatSaysWhatToGive) {
  const auto unplanned = TryMake({Parameter::Int("a", 1, 5), Parameter::Float("rate", 0, 1)}, 0);
  ASSERT_EQ(unplanned.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(unplanned.status().message(), "rate has a continuum of values"))
      << unplanned.status();
  EXPECT_TRUE(absl::StrContains(unplanned.status().message(), "points_per_parameter"));

  auto given = TryMake({Parameter::Int("a", 1, 5), Parameter::Float("rate", 0, 1)}, 0,
                       Value::Object{{"points_per_parameter", 3}});
  ASSERT_TRUE(given.ok()) << given.status();
  EXPECT_EQ(All(given->strategy.get()).size(), 9);
}

TEST(GridStrategy, AGridBeyondCountingIsAnError) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < 60; ++i) parameters.push_back(Parameter::Float(std::to_string(i), 0, 1));
  const auto made = TryMake(std::move(parameters), 100, Value::Object{{"points_per_parameter", 2}});
  ASSERT_EQ(made.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(made.status().message(), "points")) << made.status();
}

}  // namespace
}  // namespace sturgeon
