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
  std::set<double> down, up;
  for (int trial = 0; trial < 50; ++trial) {
    RandomStream rng(1, trial, 0);
    const std::optional<Point> changed = explorer.Explore(Point{1e-2, 0.25, 0.99}, rng);
    ASSERT_TRUE(changed.has_value());
    // An eighth to three eighths of the scale, to either side.
    for (int i = 0; i < 3; ++i) {
      const double u = config.space[i].ToUnit((*changed)[i]);
      EXPECT_GE(std::abs(u - 0.5), 0.125 - 1e-9);
      EXPECT_LE(std::abs(u - 0.5), 0.375 + 1e-9);
      (u < 0.5 ? down : up).insert(u);
    }
  }
  EXPECT_GT(down.size(), 50);
  EXPECT_GT(up.size(), 50);
}

TEST(Explorer, AtTheBorderThereIsOneWay) {
  const StudyConfig config = StudyOf({Parameter::Float("x", 0, 1)}, {"x"});
  const Explorer explorer(config, 0.2, 0);
  for (const double x : Outcomes(explorer, {1}, 0)) EXPECT_TRUE(x >= 0.7 && x <= 0.9) << x;
  for (const double x : Outcomes(explorer, {0}, 0)) EXPECT_TRUE(x >= 0.1 && x <= 0.3) << x;
  const std::set<double> near = Outcomes(explorer, {0.95}, 0);
  EXPECT_EQ(*near.rbegin(), 1) << "it does not jump over the border";
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
  for (const double n : Outcomes(explorer, {2, 64, 50}, 2)) {
    EXPECT_TRUE((n >= 35 && n <= 45) || (n >= 55 && n <= 65)) << n;
  }
}

TEST(Explorer, DrawsAnewAsOftenAsItSays) {
  const StudyConfig config = StudyOf(
      {Parameter::Float("x", 0, 1), Parameter::Categorical("c", {"a", "b", "c"})}, {"x", "c"});
  const Explorer explorer(config, 0.2, 0.25);
  int anew = 0, other = 0;
  constexpr int kTrials = 4000;
  for (int trial = 0; trial < kTrials; ++trial) {
    RandomStream rng(2, trial, 0);
    const Point changed = *explorer.Explore(Point{0.5, 1}, rng);
    anew += std::abs(changed[0] - 0.5) < 0.1 || std::abs(changed[0] - 0.5) > 0.3 ? 1 : 0;
    other += changed[1] != 1 ? 1 : 0;
  }
  // Of those drawn anew six tenths lie where a step does not lead; 4 standard deviations.
  EXPECT_NEAR(anew, kTrials * 0.25 * 0.6, 90);
  EXPECT_NEAR(other, kTrials * 0.25, 110);
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

TEST(Explorer, AdoptsWhatMayChange) {
  const double none = std::nan("");
  const StudyConfig config = StudyOf({Parameter::Float("lr", 0, 1), Parameter::Int("units", 8, 64),
                                      Parameter::Categorical("decay", {"none", "step"}),
                                      Parameter::Float("rate", 0.5, 1).When("decay", {"step"}),
                                      Parameter::Categorical("optimizer", {"sgd", "adam"}),
                                      Parameter::Float("beta", 0, 1).When("optimizer", {"adam"})},
                                     {"lr", "decay", "rate", "beta"});
  const Explorer explorer(config, 0.1, 0.5);
  RandomStream rng(1, 0, 0);
  const auto adopt = [&](const Point& point, const Point& wanted) {
    const std::optional<Point> changed = explorer.Adopt(point, wanted, rng);
    EXPECT_TRUE(!changed.has_value() || config.space.Validate(*changed).ok());
    return changed;
  };
  // The units and the optimizer stay, and with it that there is no beta.
  const Point from = {0.5, 9, 0, none, 0, none};
  EXPECT_THAT(*adopt(from, {0.1, 32, 1, 0.7, 1, 0.2}),
              testing::ElementsAre(0.1, 9, 1, 0.7, 0, testing::IsNan()));
  EXPECT_THAT(*adopt({0.5, 9, 1, 0.7, 1, 0.2}, {0.5, 9, 0, none, 0, none}),
              testing::ElementsAre(0.5, 9, 0, testing::IsNan(), 1, 0.2));
  EXPECT_FALSE(adopt(from, {0.5, 32, 0, none, 1, 0.2}).has_value()) << "it is the same";
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
