#include "strategies/gp/gaussian_process.h"

#include <cmath>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "core/random.h"
#include "core/space.h"
#include "gtest/gtest.h"
#include "strategies/gp/encoding.h"

namespace sturgeon::gp {
namespace {

SearchSpace MixedSpace() {
  return *SearchSpace::Create({Parameter::Float("x", 0, 1), Parameter::Float("y", 0, 1),
                               Parameter::Categorical("c", {"a", "b", "c"}),
                               Parameter::Float("z", 0, 1).When("c", {"a"}),
                               Parameter::Int("constant", 3, 3)});
}

// Random points, [n, d] of unit coordinates.
Matrix Points(const SearchSpace& space, int n, uint64_t seed) {
  RandomStream rng(seed, 0, kFirstPluginStream);
  Matrix unit(n, space.size());
  Point point(space.size());
  for (int i = 0; i < n; ++i) {
    for (double& u : point) u = rng.Uniform();
    space.FromUnit(point, absl::MakeSpan(point));
    space.ToUnit(point, absl::MakeSpan(point));
    unit.row(i) = Eigen::Map<Eigen::RowVectorXd>(point.data(), point.size());
  }
  return unit;
}

Vector Function(const Matrix& unit) {
  Vector y(unit.rows());
  for (Eigen::Index i = 0; i < unit.rows(); ++i) {
    y[i] = std::sin(5 * unit(i, 0)) + unit(i, 2) * unit(i, 1) +
           (std::isnan(unit(i, 3)) ? 0.3 : unit(i, 3));
  }
  return y;
}

absl::Span<const double> Flat(const Vector& v) { return absl::MakeConstSpan(v.data(), v.size()); }

TEST(EncodingTest, DistancesAreThoseOfTheParameters) {
  const SearchSpace space = MixedSpace();
  const Encoding encoding(space);
  ASSERT_EQ(encoding.groups().size(), 4u);  // the constant has none
  Matrix unit(4, 5), z;
  const double inactive = NAN;
  unit << 0.1, 0.2, 1.0 / 6, 0.25, 0.5,  //
      0.4, 0.2, 1.0 / 6, 0.75, 0.5,      //
      0.1, 0.2, 0.5, inactive, 0.5,      //
      0.1, 0.2, 5.0 / 6, inactive, 0.5;
  encoding.Encode(unit, Vector(), &z);
  const auto distance = [&](int group, int a, int b) {
    const Encoding::Group& g = encoding.groups()[group];
    return (z.row(a) - z.row(b)).segment(g.first, g.size).squaredNorm();
  };
  EXPECT_NEAR(distance(0, 0, 1), 0.09, 1e-12);
  EXPECT_NEAR(distance(2, 0, 1), 0, 1e-12);
  EXPECT_NEAR(distance(2, 0, 2), 1, 1e-12);
  EXPECT_NEAR(distance(2, 2, 3), 1, 1e-12);
  EXPECT_NEAR(distance(3, 0, 1), 2 - 2 * std::cos(0.5), 1e-12);
  EXPECT_NEAR(distance(3, 0, 2), 1, 1e-12);
  EXPECT_NEAR(distance(3, 1, 2), 1, 1e-12);
  EXPECT_NEAR(distance(3, 2, 3), 0, 1e-12);
}

TEST(GaussianProcessTest, InterpolatesAndIsUnsureElsewhere) {
  const SearchSpace space = MixedSpace();
  const Encoding encoding(space);
  const Matrix unit = Points(space, 30, 1), others = Points(space, 30, 2);
  Hyperparameters h = PriorMiddle(encoding, Priors());
  h.log_noise = std::log(1e-6);
  const GaussianProcess process(encoding, h, unit, Function(unit));
  Vector mean, variance;
  process.Predict(unit, &mean, &variance);
  EXPECT_LT((mean - Function(unit)).cwiseAbs().maxCoeff(), 0.01);
  const double known = variance.maxCoeff();
  process.Predict(others, &mean, &variance);
  EXPECT_GT(variance.minCoeff(), known);
}

// The gradient that the fit follows: its result cannot be bettered nearby.
TEST(GaussianProcessTest, FitsTheModeOfTheHyperparameters) {
  const SearchSpace space = MixedSpace();
  const Encoding encoding(space);
  const Matrix unit = Points(space, 40, 3);
  Vector y = Function(unit);
  y.array() -= y.mean();
  for (const bool warp : {false, true}) {
    Priors priors;
    priors.warp = warp;
    double start_value, value, nearby;
    const Hyperparameters start = PriorMiddle(encoding, priors);
    Fit(encoding, unit, y, priors, start, 1, &start_value);
    const Hyperparameters mode = Fit(encoding, unit, y, priors, start, 200, &value);
    EXPECT_LT(value, start_value);
    for (const double step : {-0.05, 0.05}) {
      for (size_t g = 0; g < encoding.groups().size(); ++g) {
        Hyperparameters h = mode;
        h.log_lengths[g] += step;
        Fit(encoding, unit, y, priors, h, 1, &nearby);
        EXPECT_GT(nearby, value - 1e-3);
      }
      Hyperparameters h = mode;
      h.log_signal += step;
      Fit(encoding, unit, y, priors, h, 1, &nearby);
      EXPECT_GT(nearby, value - 1e-3);
      h = mode;
      if (warp) {
        h.warping[0] += step;
        Fit(encoding, unit, y, priors, h, 1, &nearby);
        EXPECT_GT(nearby, value - 1e-3);
      }
    }
  }
}

TEST(GaussianProcessTest, GradientsAreThoseOfThePrediction) {
  const SearchSpace space = MixedSpace();
  const Encoding encoding(space);
  const Matrix unit = Points(space, 25, 4);
  for (const bool warp : {false, true}) {
    Priors priors;
    priors.warp = warp;
    Hyperparameters h = PriorMiddle(encoding, priors);
    if (warp) h.warping << 0.3, -0.2, 0.5, 0.1, 0, 0, -0.4, 0.2;
    const GaussianProcess process(encoding, h, unit, Function(unit));
    Vector at(5);
    at << 0.3, 0.6, 1.0 / 6, 0.4, 0.5;
    double mean, variance;
    std::vector<double> by_mean(5), by_variance(5);
    process.Predict(Flat(at), &mean, &variance, absl::MakeSpan(by_mean),
                    absl::MakeSpan(by_variance));
    Vector batch_mean, batch_variance;
    process.Predict(at.transpose(), &batch_mean, &batch_variance);
    EXPECT_NEAR(mean, batch_mean[0], 1e-9);
    EXPECT_NEAR(variance, batch_variance[0], 1e-9);
    for (const int i : {0, 1, 3}) {
      const double step = 1e-6;
      Matrix two(2, 5);
      two.rowwise() = at.transpose();
      two(0, i) -= step;
      two(1, i) += step;
      process.Predict(two, &batch_mean, &batch_variance);
      EXPECT_NEAR(by_mean[i], (batch_mean[1] - batch_mean[0]) / (2 * step), 1e-4);
      EXPECT_NEAR(by_variance[i], (batch_variance[1] - batch_variance[0]) / (2 * step), 1e-4);
    }
    EXPECT_EQ(by_mean[2], 0);
    EXPECT_EQ(by_mean[4], 0);
  }
}

TEST(GaussianProcessTest, APendingPointLeavesTheMeanAndShrinksTheVariance) {
  const SearchSpace space = MixedSpace();
  const Encoding encoding(space);
  const Matrix unit = Points(space, 20, 5), others = Points(space, 50, 6);
  GaussianProcess process(encoding, PriorMiddle(encoding, Priors()), unit, Function(unit));
  Vector mean, variance, later_mean, later_variance;
  process.Predict(others, &mean, &variance);
  process.AppendAtMean(Flat(others.row(0)));
  process.Predict(others, &later_mean, &later_variance);
  EXPECT_LT((mean - later_mean).cwiseAbs().maxCoeff(), 1e-8);
  EXPECT_LT(later_variance[0], 0.5 * variance[0]);
  EXPECT_LT((later_variance - variance).maxCoeff(), 1e-9);
}

TEST(GaussianProcessTest, RepeatedPointsDoNotBreakIt) {
  const SearchSpace space = MixedSpace();
  const Encoding encoding(space);
  Matrix unit(12, 5);
  for (int i = 0; i < 12; ++i) unit.row(i) = Points(space, 1, 7);
  Vector y(12);
  for (int i = 0; i < 12; ++i) y[i] = i % 2 == 0 ? 1 : -1;
  const Hyperparameters h =
      Fit(encoding, unit, y, Priors(), PriorMiddle(encoding, Priors()), 40, nullptr);
  const GaussianProcess process(encoding, h, unit, y);
  Vector mean, variance;
  process.Predict(unit, &mean, &variance);
  EXPECT_NEAR(mean[0], 0, 1e-6);
}

}  // namespace
}  // namespace sturgeon::gp
