#include "strategies/pbt/explore.h"

#include <cmath>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/random.h"
#include "core/space.h"
#include "core/study_config.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

using testing::AnyOf;
using testing::DoubleNear;
using testing::UnorderedElementsAre;

StudyConfig StudyOf(std::vector<Parameter> parameters, std::vector<std::string> settable) {
  StudyConfig config;
  config.space = *SearchSpace::Create(std::move(parameters));
  config.settable = std::move(settable);
  return config;
}

// What a parameter becomes over many trials.
std::set<double> Outcomes(const Explorer& explorer, const Point& point, int parameter) {
  std::set<double> values;
  for (int trial = 0; trial < 300; ++trial) {
    RandomStream rng(1, trial, 0);
    const std::optional<Point> changed = explorer.Explore(point, rng);
    if (changed.has_value()) values.insert((*changed)[parameter]);
  }
  return values;
}

TEST(Explorer, MovesByAStepOnTheParametersOwnScale) {
  const StudyConfig config =
      StudyOf({Parameter::Float("lr", 1e-4, 1, Scale::kLog), Parameter::Float("dropout", 0, 0.5),
               Parameter::Float("momentum", 0.9, 0.999, Scale::kReverseLog)},
              {"lr", "dropout", "momentum"});
  const Explorer explorer(config, 0.25, 0);
  for (int trial = 0; trial < 50; ++trial) {
    RandomStream rng(1, trial, 0);
    const std::optional<Point> changed = explorer.Explore(Point{1e-2, 0.25, 0.99}, rng);
    ASSERT_TRUE(changed.has_value());
    EXPECT_THAT((*changed)[0], AnyOf(DoubleNear(1e-3, 1e-9), DoubleNear(1e-1, 1e-9)));
    EXPECT_THAT((*changed)[1], AnyOf(DoubleNear(0.125, 1e-9), DoubleNear(0.375, 1e-9)));
    const double root = std::sqrt(10);  // a quarter of two decades
    EXPECT_THAT((*changed)[2],
                AnyOf(DoubleNear(1 - 0.01 * root, 1e-9), DoubleNear(1 - 0.01 / root, 1e-9)));
  }
}

TEST(Explorer, AtTheBorderThereIsOneWay) {
  const StudyConfig config = StudyOf({Parameter::Float("x", 0, 1)}, {"x"});
  const Explorer explorer(config, 0.25, 0);
  EXPECT_THAT(Outcomes(explorer, {1.0}, 0), UnorderedElementsAre(0.75));
  EXPECT_THAT(Outcomes(explorer, {0.0}, 0), UnorderedElementsAre(0.25));
  EXPECT_THAT(Outcomes(explorer, {0.875}, 0), UnorderedElementsAre(0.625, 1.0));
}

TEST(Explorer, DiscreteNumbersGoToANeighbourAtLeast) {
  const StudyConfig config =
      StudyOf({Parameter::Int("layers", 1, 4),
               Parameter::Int("batch", 16, 512, Scale::kLog).Factor(2), Parameter::Int("n", 0, 99)},
              {"layers", "batch", "n"});
  const Explorer explorer(config, 0.1, 0);
  EXPECT_THAT(Outcomes(explorer, {2, 16, 50}, 0), UnorderedElementsAre(1, 3));
  EXPECT_THAT(Outcomes(explorer, {4, 16, 50}, 0), UnorderedElementsAre(3));
  EXPECT_THAT(Outcomes(explorer, {2, 16, 50}, 1), UnorderedElementsAre(32));
  EXPECT_THAT(Outcomes(explorer, {2, 64, 50}, 1), UnorderedElementsAre(32, 128));
  EXPECT_THAT(Outcomes(explorer, {2, 64, 50}, 2), UnorderedElementsAre(40, 60));
}

TEST(Explorer, DrawsAnewAsOftenAsItSays) {
  const StudyConfig config = StudyOf(
      {Parameter::Float("x", 0, 1), Parameter::Categorical("c", {"a", "b", "c"})}, {"x", "c"});
  const Explorer explorer(config, 0.125, 0.25);
  int anew = 0, other = 0;
  constexpr int kTrials = 4000;
  for (int trial = 0; trial < kTrials; ++trial) {
    RandomStream rng(2, trial, 0);
    const Point changed = *explorer.Explore(Point{0.5, 1}, rng);
    anew += changed[0] != 0.375 && changed[0] != 0.625 ? 1 : 0;
    other += changed[1] != 1 ? 1 : 0;
  }
  EXPECT_NEAR(anew, kTrials * 0.25, 120);  // more than four standard deviations
  EXPECT_NEAR(other, kTrials * 0.25, 120);
}

TEST(Explorer, SomethingChangesEvenIfChanceSaysNo) {
  const StudyConfig config = StudyOf({Parameter::Categorical("c", {"a", "b", "c"})}, {"c"});
  EXPECT_THAT(Outcomes(Explorer(config, 0.1, 0), {1}, 0), UnorderedElementsAre(0, 2));
}

TEST(Explorer, OnlyWhatMayChangeDoes) {
  const StudyConfig config = StudyOf({Parameter::Float("lr", 0, 1), Parameter::Int("units", 8, 64),
                                      Parameter::Float("constant", 2, 2)},
                                     {"lr", "constant", "not_in_the_space"});
  const Explorer explorer(config, 0.1, 0.5);
  EXPECT_TRUE(explorer.CanChange());
  EXPECT_THAT(Outcomes(explorer, {0.5, 9, 2}, 1), UnorderedElementsAre(9));
  EXPECT_THAT(Outcomes(explorer, {0.5, 9, 2}, 2), UnorderedElementsAre(2));

  const StudyConfig fixed =
      StudyOf({Parameter::Int("units", 8, 64), Parameter::Float("constant", 2, 2)}, {"constant"});
  const Explorer none(fixed, 0.1, 0.5);
  EXPECT_FALSE(none.CanChange());
  RandomStream rng(1, 0, 0);
  EXPECT_FALSE(none.Explore(Point{9, 2}, rng).has_value());
}

std::vector<Parameter> Decay() {
  return {Parameter::Categorical("decay", {"none", "step", "cosine"}),
          Parameter::Float("rate", 0.5, 1).When("decay", {"step"}),
          Parameter::Float("constant", 3, 3).When("decay", {"step"})};
}

TEST(Explorer, ConditionsHoldWhateverChanges) {
  const StudyConfig config = StudyOf(Decay(), {"decay", "rate", "constant"});
  const Explorer explorer(config, 0.1, 0.5);
  const double none = std::nan("");
  std::set<double> decays;
  for (const Point& point : {Point{0, none, none}, Point{1, 0.75, 3}, Point{2, none, none}}) {
    for (int trial = 0; trial < 200; ++trial) {
      RandomStream rng(3, trial, 0);
      const std::optional<Point> changed = explorer.Explore(point, rng);
      ASSERT_TRUE(changed.has_value());
      EXPECT_TRUE(config.space.Validate(*changed).ok()) << config.space.Validate(*changed);
      decays.insert((*changed)[0]);
    }
  }
  EXPECT_THAT(decays, UnorderedElementsAre(0, 1, 2));
}

// A parameter that cannot change in mid-training cannot appear in mid-training either.
TEST(Explorer, WhatDecidesWhetherAFixedParameterIsThereIsFixed) {
  const StudyConfig config = StudyOf(Decay(), {"decay", "constant"});
  EXPECT_FALSE(Explorer(config, 0.1, 0.5).CanChange());
  const StudyConfig rate = StudyOf(Decay(), {"decay", "rate"});
  const Explorer explorer(rate, 0.1, 0.5);
  EXPECT_THAT(Outcomes(explorer, {1, 0.75, 3}, 0), UnorderedElementsAre(1));
  RandomStream rng(1, 0, 0);
  EXPECT_FALSE(explorer.Explore(Point{0, std::nan(""), std::nan("")}, rng).has_value())
      << "the rate is not active";
}

}  // namespace
}  // namespace sturgeon
