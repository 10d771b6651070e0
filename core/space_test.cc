#include "core/space.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "core/random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

SearchSpace Space(std::vector<Parameter> parameters) {
  absl::StatusOr<SearchSpace> space = SearchSpace::Create(std::move(parameters));
  EXPECT_TRUE(space.ok()) << space.status();
  return space.ok() ? *std::move(space) : SearchSpace();
}

std::string Error(std::vector<Parameter> parameters) {
  const absl::StatusOr<SearchSpace> space = SearchSpace::Create(std::move(parameters));
  EXPECT_EQ(space.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(space.status().message());
}

// The largest distance between the empirical distribution of `sample` and the uniform one on [0,
// 1].
double KolmogorovDistance(std::vector<double> sample) {
  std::sort(sample.begin(), sample.end());
  double distance = 0;
  const auto n = static_cast<double>(sample.size());
  for (size_t i = 0; i < sample.size(); ++i) {
    distance = std::max({distance, sample[i] - static_cast<double>(i) / n,
                         static_cast<double>(i + 1) / n - sample[i]});
  }
  return distance;
}

// Each scale samples uniformly in its own coordinate, computed here from the formula of the scale.
TEST(Scales, SampleUniformlyInTheirOwnCoordinate) {
  struct Case {
    Parameter parameter;
    std::function<double(double)> coordinate;  // value -> [0, 1]
  };
  const std::vector<Case> cases = {
      {Parameter::Float("x", -3, 5), [](double v) { return (v + 3) / 8; }},
      {Parameter::Float("x", 1e-4, 1, Scale::kLog),
       [](double v) { return (std::log10(v) + 4) / 4; }},
      {Parameter::Float("x", 1e-300, 1e300, Scale::kLog),
       [](double v) { return (std::log10(v) + 300) / 600; }},
      {Parameter::Float("x", 0.9, 0.999, Scale::kReverseLog),
       [](double v) { return (std::log10(1 - v) + 1) / -2; }},
      {Parameter::Float("x", -9, 0.9, Scale::kReverseLog),
       [](double v) { return (std::log10(1 - v) - 1) / -2; }},
  };
  constexpr int kDraws = 20000;
  for (const Case& c : cases) {
    RandomStream rng(5, 0, 0);
    std::vector<double> coordinates;
    for (int i = 0; i < kDraws; ++i) {
      const double v = c.parameter.FromUnit(rng.Uniform());
      ASSERT_GE(v, c.parameter.low);
      ASSERT_LE(v, c.parameter.high);
      coordinates.push_back(c.coordinate(v));
    }
    // 1.95 / sqrt(n) is the 0.1 % point.
    EXPECT_LT(KolmogorovDistance(coordinates), 1.95 / std::sqrt(kDraws))
        << ScaleName(c.parameter.scale) << " " << c.parameter.low;
  }
}

// With r uniform in [-3, -1] and v = 1 - 10^r: an average over 1,000 to 2,000 steps matters as much
// as one over 10 to 20, and gets as many trials.
TEST(Scales, ReverseLogCaresForAveragesNotForDifferences) {
  const Parameter momentum = Parameter::Float("beta", 0.9, 0.9995, Scale::kReverseLog);
  const Parameter linear = Parameter::Float("beta", 0.9, 0.9995);
  const auto share = [](const Parameter& p, double low, double high) {
    return p.ToUnit(high) - p.ToUnit(low);
  };
  EXPECT_NEAR(share(momentum, 0.999, 0.9995), share(momentum, 0.9, 0.95), 1e-9);
  EXPECT_NEAR(share(momentum, 0.999, 0.9995), std::log(2) / std::log(200), 1e-9);
  EXPECT_LT(share(linear, 0.999, 0.9995), 0.0051);
  RandomStream rng(1, 0, 0);
  int in_the_tail = 0;
  for (int i = 0; i < 10000; ++i) in_the_tail += momentum.FromUnit(rng.Uniform()) > 0.999;
  EXPECT_NEAR(in_the_tail, 10000 * std::log(2) / std::log(200), 150);
}

TEST(Scales, DiscreteValuesGetEqualSharesAndLogIntsTheirsInTheLogarithm) {
  struct Case {
    Parameter parameter;
    std::map<double, double> share;
  };
  std::vector<Case> cases = {
      {Parameter::Int("n", 1, 4), {{1, .25}, {2, .25}, {3, .25}, {4, .25}}},
      {Parameter::Int("n", 10, 40).Step(10), {{10, .25}, {20, .25}, {30, .25}, {40, .25}}},
      {Parameter::Float("x", 0, 1).Step(0.25), {{0, .2}, {.25, .2}, {.5, .2}, {.75, .2}, {1, .2}}},
      {Parameter::Int("n", 16, 128, Scale::kLog).Factor(2),
       {{16, .25}, {32, .25}, {64, .25}, {128, .25}}},
      {Parameter::Categorical("c", {"a", "b"}), {{0, .5}, {1, .5}}},
      {Parameter::Int("n", 1, 3, Scale::kLog),
       {{1, std::log(3.0) / std::log(7)},
        {2, std::log(5.0 / 3) / std::log(7)},
        {3, std::log(7.0 / 5) / std::log(7)}}},
  };
  for (const Case& c : cases) {
    std::map<double, int> counts;
    constexpr int kDraws = 100000;
    for (int i = 0; i < kDraws; ++i) ++counts[c.parameter.FromUnit((i + 0.5) / kDraws)];
    EXPECT_EQ(counts.size(), c.share.size());
    for (const auto& [value, share] : c.share) {
      EXPECT_NEAR(counts[value], share * kDraws, 2) << c.parameter.name << " " << value;
    }
  }
}

TEST(Parameter, UnitCubeAndBackIsTheIdentity) {
  const std::vector<Parameter> parameters = {
      Parameter::Float("a", -1, 1),
      Parameter::Float("b", 1e-8, 1e3, Scale::kLog),
      Parameter::Float("c", 0, 0.99999, Scale::kReverseLog),
      Parameter::Float("d", 0, 1).Step(0.1),
      Parameter::Int("e", -5, 1000000),
      Parameter::Int("f", 1, 100000, Scale::kLog),
      Parameter::Int("g", 3, 3000, Scale::kLog).Factor(10),
      Parameter::Categorical("h", {"x", 1, 2.5, true, Value()}),
      Parameter::Float("i", 2, 2),
      Parameter::Int("j", 7, 7, Scale::kLog),
      Parameter::Float("k", 0.1, 100, Scale::kLog).Factor(10),
  };
  RandomStream rng(3, 0, 0);
  for (const Parameter& p : parameters) {
    for (int i = 0; i < 2000; ++i) {
      const double v = p.FromUnit(rng.Uniform());
      const double u = p.ToUnit(v);
      ASSERT_GE(u, 0) << p.name;
      ASSERT_LE(u, 1) << p.name;
      if (p.Levels() > 0) {
        ASSERT_EQ(p.FromUnit(u), v) << p.name;
      } else {
        // The relative error counts where the scale lives: in v, or in 1 - v.
        const double scale = p.scale == Scale::kReverseLog ? 1 - v : std::max(std::abs(v), 1e-9);
        ASSERT_NEAR(p.FromUnit(u), v, 1e-10 * scale + 1e-15) << p.name;
      }
      ASSERT_TRUE(p.is_categorical() || p.FromValue(v).ok()) << p.name << " " << v;
      ASSERT_EQ(*p.FromValue(p.ToValue(v)), v) << p.name;
    }
    EXPECT_EQ(p.FromUnit(-1), p.FromUnit(0)) << p.name;
    EXPECT_EQ(p.FromUnit(2), p.FromUnit(1)) << p.name;
  }
  EXPECT_EQ(parameters[0].Levels(), 0);
  EXPECT_EQ(parameters[3].Levels(), 11);
  EXPECT_EQ(parameters[4].Levels(), 1000006);
  EXPECT_EQ(parameters[6].Levels(), 4);
  EXPECT_EQ(parameters[7].Levels(), 5);
  EXPECT_EQ(parameters[8].Levels(), 1);
}

TEST(Parameter, RefusesValuesThatAreNotItsOwn) {
  const auto error = [](const Parameter& p, const Value& value) {
    const absl::StatusOr<double> number = p.FromValue(value);
    EXPECT_FALSE(number.ok());
    return std::string(number.status().message());
  };
  EXPECT_EQ(error(Parameter::Float("x", 0, 1), 1.5), "1.5 is out of range; it must be in [0, 1]");
  EXPECT_EQ(error(Parameter::Float("x", 0, 1), "a"), "expected a number, got a string");
  EXPECT_EQ(error(Parameter::Int("n", 0, 9), 1.5), "expected an integer, got 1.5");
  EXPECT_EQ(error(Parameter::Categorical("c", {"a", 2}), "b"),
            "\"b\" is no choice; the choices are \"a\", 2");
  EXPECT_EQ(error(Parameter::Int("n", 16, 64, Scale::kLog).Factor(2), 20),
            "20 is off the grid of factor 2 from 16; the nearest value is 16");
  EXPECT_FALSE(Parameter::Float("x", 0, 1).FromValue(kNaN).ok());
}

// The levels' shares lie side by side from 0 to 1, and FromUnit gives a share's value.
TEST(Parameter, SharesOfLevelsFillTheUnitInterval) {
  for (const Parameter& p :
       {Parameter::Int("linear", -2, 5), Parameter::Int("log", 1, 40, Scale::kLog),
        Parameter::Int("factor", 1, 64, Scale::kLog).Factor(2),
        Parameter::Float("step", 0, 1).Step(0.1), Parameter::Int("constant", 3, 3, Scale::kLog),
        Parameter::Categorical("choice", {"a", "b", "c"})}) {
    SCOPED_TRACE(p.name);
    double end = 0;
    for (int64_t k = 0; k < p.Levels(); ++k) {
      const double value = p.Level(k);
      EXPECT_EQ(p.LevelOf(value), k);
      const Parameter::Share share = p.ShareOf(value);
      EXPECT_NEAR(share.low, end, 1e-12);
      EXPECT_EQ(p.FromUnit(0.999 * share.low + 0.001 * share.high), value);
      EXPECT_EQ(p.FromUnit(0.001 * share.low + 0.999 * share.high), value);
      end = share.high;
    }
    EXPECT_EQ(end, 1);
  }
}

TEST(SearchSpace, NamesThePlaceAndTheRemedyOfEveryMistake) {
  EXPECT_EQ(Error({Parameter::Float("x", 2, 1)}),
            "parameters[0] (x): low 2 is above high 1; swap them");
  EXPECT_THAT(Error({Parameter::Float("x", 0, 1, Scale::kLog)}),
              StartsWith("parameters[0] (x): a log scale needs low > 0, got 0"));
  EXPECT_THAT(Error({Parameter::Float("x", 0.9, 1, Scale::kReverseLog)}),
              HasSubstr("needs high < 1"));
  EXPECT_THAT(Error({Parameter::Int("n", 1, 3, Scale::kReverseLog)}), HasSubstr("is for floats"));
  EXPECT_THAT(Error({Parameter::Float("x", 0, kNaN)}), HasSubstr("finite"));
  EXPECT_THAT(Error({Parameter::Float("x", -1e308, 1e308)}), HasSubstr("overflows"));
  EXPECT_THAT(Error({Parameter::Float("x", 0, 1).Step(2)}), HasSubstr("larger than the range"));
  EXPECT_THAT(Error({Parameter::Float("x", 0, 1).Step(-0.1)}), HasSubstr("must be positive"));
  EXPECT_THAT(Error({Parameter::Float("x", 1, 2, Scale::kLog).Step(0.1)}), HasSubstr("\"factor\""));
  EXPECT_THAT(Error({Parameter::Int("n", 1, 8, Scale::kLog).Factor(0.5)}), HasSubstr("above 1"));
  EXPECT_THAT(Error({Parameter::Float("", 0, 1)}), HasSubstr("\"name\" is missing"));
  EXPECT_THAT(Error({Parameter::Float("x", 0, 1), Parameter::Float("x", 0, 1)}),
              StartsWith("parameters[1] (x): the name is taken by parameters[0]"));
  EXPECT_THAT(Error({Parameter::Categorical("c", {})}), HasSubstr("at least one value"));
  EXPECT_THAT(Error({Parameter::Categorical("c", {"a", "a"})}), HasSubstr("given twice"));
  EXPECT_THAT(Error({Parameter::Float("x", 0, 1).Tier(5)}), HasSubstr("tier 5 is out of range"));
  EXPECT_THAT(Error({Parameter::Float("x", 0, 1).Default(2)}),
              HasSubstr("default: 2 is out of range"));
  EXPECT_THAT(Error({Parameter::Float("x", 0, 1).Prior(2)}),
              HasSubstr("prior: value: 2 is out of range"));
  EXPECT_THAT(Error({Parameter::Categorical("c", {"a"}).Prior("b")}),
              HasSubstr("prior: value: \"b\" is no choice"));
  for (const double width : {0.0, -0.1, 1.1, kNaN}) {
    EXPECT_THAT(Error({Parameter::Float("x", 0, 1).Prior(0.5, width)}),
                HasSubstr("more than 0 and at most 1"));
  }
  EXPECT_THAT(Error({Parameter::Categorical("opt", {"sgd"}),
                     Parameter::Float("x", 0, 1).When("optt", {"sgd"})}),
              HasSubstr("condition: unknown parameter \"optt\"; did you mean \"opt\"?"));
  EXPECT_THAT(Error({Parameter::Categorical("opt", {"sgd"}),
                     Parameter::Float("x", 0, 1).When("opt", {"adam"})}),
              HasSubstr("\"adam\" is no choice"));
  EXPECT_THAT(Error({Parameter::Categorical("opt", {"sgd"}),
                     Parameter::Float("x", 0, 1).WhenBetween("opt", 1, 2)}),
              HasSubstr("list its choices in \"in\""));
  EXPECT_THAT(
      Error({Parameter::Int("n", 1, 3), Parameter::Float("x", 0, 1).WhenBetween("n", 4, 9)}),
      HasSubstr("no value of n lies between"));
  EXPECT_THAT(Error({Parameter::Categorical("a", {1, 2}).When("b", {1}),
                     Parameter::Categorical("b", {1, 2}).When("a", {1})}),
              HasSubstr("depends on itself"));
}

// model -> optimizer -> beta2, given children first; and a condition on a number.
SearchSpace Nested() {
  return Space(
      {Parameter::Float("beta2", 0.9, 0.999, Scale::kReverseLog).When("optimizer", {"adam"}),
       Parameter::Categorical("optimizer", {"sgd", "adam"}).When("model", {"mlp"}),
       Parameter::Categorical("model", {"mlp", "forest"}), Parameter::Int("layers", 1, 3),
       Parameter::Int("units_2", 8, 64).WhenBetween("layers", 2, std::nullopt)});
}

TEST(Conditions, DecideWhatIsActive) {
  const SearchSpace space = Nested();
  Point point(5);
  space.FromUnit({0.5, 0.9, 0.1, 0.1, 0.5}, absl::MakeSpan(point));
  EXPECT_TRUE(std::isfinite(point[0]));
  EXPECT_EQ(point[1], 1);
  EXPECT_TRUE(std::isnan(point[4]));
  EXPECT_TRUE(space.Validate(point).ok());
  // The grandparent turns both off.
  space.FromUnit({0.5, 0.9, 0.9, 0.9, 0.5}, absl::MakeSpan(point));
  EXPECT_TRUE(std::isnan(point[0]));
  EXPECT_TRUE(std::isnan(point[1]));
  EXPECT_TRUE(std::isfinite(point[4]));
  EXPECT_TRUE(space.Validate(point).ok());
  Point unit(5);
  space.ToUnit(point, absl::MakeSpan(unit));
  EXPECT_TRUE(std::isnan(unit[0]));
  EXPECT_EQ(unit[2], 0.75);

  point[0] = 0.95;
  EXPECT_THAT(std::string(space.Validate(point).message()), HasSubstr("beta2: must be left out"));
  point = {kNaN, kNaN, 0, 1, kNaN};
  EXPECT_THAT(std::string(space.Validate(point).message()),
              HasSubstr("optimizer: the value is missing"));
  space.Canonicalize(absl::MakeSpan(point));
  EXPECT_TRUE(space.Validate(point).ok());
  EXPECT_EQ(point[1], 0);
}

TEST(SearchSpace, ValidatesPoints) {
  const SearchSpace space = Nested();
  EXPECT_FALSE(space.Validate({1, 2}).ok());
  EXPECT_FALSE(space.Validate({kNaN, kNaN, 2, 1, kNaN}).ok());    // no third choice
  EXPECT_FALSE(space.Validate({kNaN, kNaN, 0.5, 1, kNaN}).ok());  // no index
  EXPECT_FALSE(space.Validate({kNaN, kNaN, 1, 1.5, kNaN}).ok());
  EXPECT_FALSE(space.Validate({kNaN, kNaN, 1, 4, 8}).ok());
  EXPECT_TRUE(space.Validate({kNaN, kNaN, 1, 3, 8}).ok());
  EXPECT_TRUE(space.Validate(space.Default()).ok());
}

TEST(SearchSpace, DefaultsAreTheMiddleUnlessSaid) {
  const SearchSpace space =
      Space({Parameter::Float("a", 1e-4, 1, Scale::kLog), Parameter::Float("b", 0, 1).Default(0.9),
             Parameter::Categorical("c", {"x", "y"}).Default("y")});
  EXPECT_THAT(space.Default(), ElementsAre(DoubleNear(1e-2, 1e-12), 0.9, 1));
  EXPECT_EQ(space[0].tier, 1);
}

TEST(SearchSpace, CountsItsPoints) {
  EXPECT_EQ(
      Space({Parameter::Int("a", 1, 3), Parameter::Categorical("b", {1, 2})}).CountPoints(100), 6);
  EXPECT_EQ(Space({Parameter::Float("a", 0, 1)}).CountPoints(100), std::nullopt);
  EXPECT_EQ(Space({Parameter::Int("a", 1, 11), Parameter::Int("b", 1, 11)}).CountPoints(100),
            std::nullopt);
  // sgd: 1; adam: 3 values of k; forest: 1. Layers 1: 1; 2 and 3: 2 each.
  const SearchSpace space =
      Space({Parameter::Categorical("model", {"mlp", "forest"}),
             Parameter::Categorical("optimizer", {"sgd", "adam"}).When("model", {"mlp"}),
             Parameter::Int("k", 1, 3).When("optimizer", {"adam"}), Parameter::Int("layers", 1, 3),
             Parameter::Int("u", 1, 2).WhenBetween("layers", 2, 3)});
  EXPECT_EQ(space.CountPoints(1000), (1 + 3 + 1) * (1 + 2 + 2));
}

TEST(Parameter, APriorIsAValueAndAWidth) {
  const Parameter rate = Parameter::Float("x", 1e-4, 1, Scale::kLog).Prior(0.01);
  EXPECT_EQ(rate.PriorNumber(), 0.01);
  EXPECT_EQ(rate.prior->width, Prior().width);
  const Parameter choice = Parameter::Categorical("c", {"a", "b"}).Prior("b", 0.3);
  EXPECT_EQ(choice.PriorNumber(), 1);
  EXPECT_EQ(choice.prior->width, 0.3);
  EXPECT_TRUE(std::isnan(Parameter::Float("x", 0, 1).PriorNumber()));
}

TEST(Fix, ResolvesConditionsOnWhatIsFixed) {
  const SearchSpace space = Nested();
  absl::StatusOr<SearchSpace::Fixed> fixed = space.Fix({{"optimizer", "adam"}});
  ASSERT_TRUE(fixed.ok()) << fixed.status();
  EXPECT_THAT(fixed->space.Names(), ElementsAre("beta2", "model", "layers", "units_2"));
  EXPECT_EQ(fixed->space[0].condition->parent, "model");  // what the fixed parent hung on
  EXPECT_EQ(*fixed->values.Find("optimizer"), Value("adam"));

  fixed = space.Fix({{"model", "forest"}, {"layers", 2}});
  ASSERT_TRUE(fixed.ok());
  EXPECT_THAT(fixed->space.Names(), ElementsAre("units_2"));
  EXPECT_FALSE(fixed->space[0].condition.has_value());

  const SearchSpace with_prior =
      Space({Parameter::Int("n", 1, 3), Parameter::Float("x", 0, 1).Prior(0.25, 0.1)});
  EXPECT_EQ(with_prior.Fix({{"n", 2}})->space[0].PriorNumber(), 0.25);

  EXPECT_THAT(std::string(space.Fix({{"modle", "forest"}}).status().message()),
              HasSubstr("did you mean \"model\"?"));
  EXPECT_FALSE(space.Fix({{"layers", 9}}).ok());
}

}  // namespace
}  // namespace sturgeon
