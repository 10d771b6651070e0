#include "strategies/tpe/mixture.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "absl/types/span.h"
#include "core/random.h"
#include "core/space.h"
#include "gtest/gtest.h"

namespace sturgeon::tpe {
namespace {

using Eigen::ArrayXf;
using Eigen::ArrayXXf;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

struct Component {
  float weight, centre, width;
};

Mixture OneAxis(const std::vector<Axis>& axes, const std::vector<Component>& components) {
  const auto m = static_cast<int>(components.size());
  ArrayXXf centres(m, 1), widths(m, 1);
  ArrayXf weights(m);
  for (int k = 0; k < m; ++k) {
    weights(k) = components[k].weight;
    centres(k, 0) = components[k].centre;
    widths(k, 0) = components[k].width;
  }
  Mixture mixture;
  mixture.Build(axes, centres, widths, weights);
  return mixture;
}

double Density(const Mixture& mixture, double x) {
  ArrayXf log = mixture.log_weights();
  mixture.AddLogKernels(0, 1, {x}, log);
  return std::exp(LogSumExp(log));
}

TEST(Mixture, AContinuumsDensityIntegratesToOne) {
  const Parameter p = Parameter::Float("x", 0, 1);
  const std::vector<Axis> axes = {Axis(p)};
  const Mixture mixture =
      OneAxis(axes, {{1, kNaN, 1}, {2, 0.02F, 0.05F}, {1, 0.5F, 0.3F}, {0.5F, 1, 0.01F}});
  constexpr int kSteps = 100000;
  double sum = 0;
  for (int i = 0; i < kSteps; ++i) sum += Density(mixture, (i + 0.5) / kSteps) / kSteps;
  EXPECT_NEAR(sum, 1, 1e-3);
  EXPECT_GT(Density(mixture, 0.02), Density(mixture, 0.9));
}

TEST(Mixture, ADiscreteDensitySumsToOneOverTheSharesOfItsValues) {
  for (const Parameter& p :
       {Parameter::Int("i", 3, 11), Parameter::Int("l", 1, 40, Scale::kLog),
        Parameter::Int("f", 1, 64, Scale::kLog).Factor(2), Parameter::Float("s", 0, 1).Step(0.25),
        Parameter::Categorical("c", {"a", "b", "c", "d"})}) {
    SCOPED_TRACE(p.name);
    const std::vector<Axis> axes = {Axis(p)};
    const Axis& axis = axes[0];
    // Every value once, by walking the unit interval.
    std::vector<double> values;
    for (int i = 0; i < 10000; ++i) {
      const double value = p.FromUnit((i + 0.5) / 10000);
      if (values.empty() || value != values.back()) values.push_back(value);
    }
    ASSERT_EQ(static_cast<int64_t>(values.size()), p.Levels());
    const auto first = static_cast<float>(axis.Coordinate(values[0]));
    const auto second = static_cast<float>(axis.Coordinate(values[1]));
    const Mixture mixture = OneAxis(axes, {{1, kNaN, 1}, {3, first, 0.1F}, {1, second, 0.4F}});
    double sum = 0;
    for (const double value : values) {
      EXPECT_EQ(axis.Value(axis.Coordinate(value)), value);
      double share = 1.0 / static_cast<double>(p.Levels());
      if (axis.kind == Axis::Kind::kOrdinal) {
        const Parameter::Share owned = p.ShareOf(value);
        share = owned.high - owned.low;
      }
      sum += share * Density(mixture, axis.Coordinate(value));
    }
    EXPECT_NEAR(sum, 1, 1e-3);
    EXPECT_GT(Density(mixture, first), Density(mixture, axis.Coordinate(values.back())));
  }
}

TEST(Mixture, DrawsFollowTheDensity) {
  const Parameter x = Parameter::Float("x", 0, 1), i = Parameter::Int("i", 1, 5),
                  c = Parameter::Categorical("c", {"a", "b", "c"});
  for (const Parameter& p : {x, i, c}) {
    SCOPED_TRACE(p.name);
    const std::vector<Axis> axes = {Axis(p)};
    const float centre = p.is_categorical() ? 1 : 0.3F;
    const Mixture mixture = OneAxis(axes, {{1, centre, 0.25F}});
    constexpr int kDraws = 20000, kBins = 15;  // a multiple of the levels
    std::vector<double> expected(kBins), drawn(kBins);
    for (int b = 0; b < kBins; ++b) {
      for (int k = 0; k < 20; ++k) {
        const double u = (b + (k + 0.5) / 20) / kBins;
        expected[b] += Density(mixture, axes[0].Coordinate(p.FromUnit(u))) / kBins / 20;
      }
    }
    RandomStream rng(1, 2, 3);
    double point[1];
    for (int n = 0; n < kDraws; ++n) {
      mixture.Draw(0, 0, 1, rng, absl::MakeSpan(point));
      // A discrete value's mass is spread over its share.
      const double u = p.is_categorical() ? (point[0] + rng.Uniform()) / 3
                       : p.Levels() > 0   ? point[0] + (rng.Uniform() - 0.5) / 5
                                          : point[0];
      drawn[std::min(static_cast<int>(u * kBins), kBins - 1)] += 1.0 / kDraws;
    }
    for (int b = 0; b < kBins; ++b) {
      EXPECT_NEAR(drawn[b], expected[b], 5 * std::sqrt(expected[b] / kDraws) + 1e-3) << b;
    }
  }
}

TEST(Mixture, WhatIsInactiveHasNoOpinion) {
  const Parameter a = Parameter::Float("a", 0, 1), b = Parameter::Float("b", 0, 1);
  const std::vector<Axis> axes = {Axis(a), Axis(b)};
  ArrayXXf centres(1, 2), widths = ArrayXXf::Constant(1, 2, 0.1F);
  centres << 0.5F, kNaN;
  Mixture mixture;
  mixture.Build(axes, centres, widths, ArrayXf::Ones(1));
  ArrayXf one = ArrayXf::Zero(1), both = ArrayXf::Zero(1);
  mixture.AddLogKernels(0, 1, {0.45, 0.9}, one);
  mixture.AddLogKernels(0, 2, {0.45, 0.9}, both);
  EXPECT_EQ(one(0), both(0));
  EXPECT_GT(one(0), 0);
}

}  // namespace
}  // namespace sturgeon::tpe
