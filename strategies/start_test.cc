#include "strategies/start.h"

#include <cmath>
#include <vector>

#include "core/option_schema.h"
#include "core/plugins.h"
#include "core/random.h"
#include "core/space.h"
#include "core/study_config.h"
#include "gtest/gtest.h"
#include "samplers/grid/grid.h"
#include "samplers/sobol/sobol.h"

namespace sturgeon {
namespace {

StudyConfig Config(std::vector<Parameter> parameters) {
  StudyConfig config;
  config.space = *SearchSpace::Create(std::move(parameters));
  return config;
}

TEST(StartTest, RefusesASamplerThatEndsAndNamesOneThatDoesNot) {
  Plugins plugins;
  ASSERT_TRUE(plugins.samplers.Add(kGridSampler).ok());
  ASSERT_TRUE(plugins.samplers.Add(kSobolSampler).ok());
  const StudyConfig config = Config({Parameter::Float("x", 0, 1)});
  EXPECT_TRUE(MakeEndlessSampler({"sobol"}, plugins.samplers, config, 10).ok());
  const auto grid = MakeEndlessSampler({"grid"}, plugins.samplers, config, 10);
  ASSERT_FALSE(grid.ok());
  EXPECT_EQ(grid.status().message(),
            "the sampler grid ends after 10 points; take one that goes on, such as sobol");
}

TEST(StartTest, SamplesASpaceWithoutParameters) {
  Plugins plugins;
  ASSERT_TRUE(plugins.samplers.Add(kSobolSampler).ok());
  const StudyConfig config = Config({});
  const auto sampler = MakeEndlessSampler({"sobol"}, plugins.samplers, config, 0);
  ASSERT_TRUE(sampler.ok()) << sampler.status();
  const auto unit = SampleUnit(**sampler, config.space, 3);
  ASSERT_TRUE(unit.ok()) << unit.status();
  EXPECT_TRUE(unit->empty());
}

TEST(StartTest, BelievesPriorsBeforeDefaults) {
  const StudyConfig config =
      Config({Parameter::Float("x", 0, 10).Default(2.0), Parameter::Float("y", 0, 10).Prior(7.0),
              Parameter::Categorical("c", {"a", "b"}).Prior("b", 0.1),
              Parameter::Float("z", 0, 1).When("c", {"a"})});
  const Point point = BelievedPoint(config.space);
  EXPECT_EQ(point[0], 2);
  EXPECT_EQ(point[1], 7);
  EXPECT_EQ(point[2], 1);
  EXPECT_TRUE(std::isnan(point[3]));
}

TEST(StartTest, DrawsFollowThePrior) {
  const StudyConfig config =
      Config({Parameter::Float("x", 0, 1).Prior(0.9, 0.1),
              Parameter::Categorical("c", {"a", "b", "c", "d"}).Prior("b", 0.3),
              Parameter::Categorical("one", {"a"}).Prior("a", 0.3)});
  RandomStream rng(1, 2, kFirstPluginStream);
  constexpr int kDraws = 20000;
  double sum = 0;
  std::vector<int> counts(4);
  for (int i = 0; i < kDraws; ++i) {
    const double x = DrawFromPrior(config.space[0], rng);
    ASSERT_GE(x, 0);
    ASSERT_LE(x, 1);
    sum += x;
    ++counts[static_cast<size_t>(config.space[1].FromUnit(DrawFromPrior(config.space[1], rng)))];
    EXPECT_EQ(config.space[2].FromUnit(DrawFromPrior(config.space[2], rng)), 0);
  }
  EXPECT_NEAR(sum / kDraws, 0.8712, 0.003);  // of the normal cut at 1: 0.9 - 0.1 φ(1) / Φ(1)
  EXPECT_NEAR(counts[1] / static_cast<double>(kDraws), 0.7, 0.02);
  for (const int other : {0, 2, 3}) {
    EXPECT_NEAR(counts[other] / static_cast<double>(kDraws), 0.1, 0.01);
  }
}

TEST(StartTest, TakesTheBestOfEachEarlierStudyInTurn) {
  StudyConfig config = Config({Parameter::Float("x", 0, 9)});
  config.objectives = {{"accuracy", Goal::kMaximize}};
  config.warm_start = {
      {"first", {{{0}, {0.5}}, {{1}, {0.9}, false}, {{2}, {0.7}}, {{3}, {0.95}, false}}},
      {"second", {{{4}, {0.1}}}}};
  EXPECT_EQ(BestOfEarlierStudies(config, 9), (std::vector<Point>{{2}, {4}, {0}, {3}, {1}}));
  EXPECT_EQ(BestOfEarlierStudies(config, 3), (std::vector<Point>{{2}, {4}, {0}}));
  EXPECT_TRUE(BestOfEarlierStudies(config, 0).empty());
}

TEST(StartTest, RanksSeveralObjectivesByFronts) {
  StudyConfig config = Config({Parameter::Float("x", 0, 9)});
  config.objectives = {{"error", Goal::kMinimize}, {"seconds", Goal::kMinimize}};
  // Trial 3 would dominate all, but is infeasible.
  config.warm_start = {
      {"earlier", {{{0}, {3, 3}}, {{1}, {1, 4}}, {{2}, {2, 2}}, {{3}, {0, 0}, false}}}};
  EXPECT_EQ(BestOfEarlierStudies(config, 9), (std::vector<Point>{{1}, {2}, {0}, {3}}));
}

}  // namespace
}  // namespace sturgeon
