#include "stopping/curve/extrapolation.h"

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "Eigen/Cholesky"
#include "Eigen/Core"
#include "core/random.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

std::vector<int64_t> Steps(int64_t n) {
  std::vector<int64_t> steps;
  for (int64_t t = 1; t <= n; ++t) steps.push_back(t);
  return steps;
}

std::vector<double> Losses(int64_t n, const std::function<double(double)>& curve) {
  std::vector<double> losses;
  for (int64_t t = 1; t <= n; ++t) losses.push_back(curve(static_cast<double>(t)));
  return losses;
}

// The same model another way: as a Gaussian process over the losses and the end, with the
// covariance 1e5 + 4 psi psi' + s^2, 1e5 being nearly flat.
Forecast ByGaussianProcess(const std::vector<double>& t, const std::vector<double>& y, double last,
                           double bound) {
  struct Shape {
    std::function<double(double)> phi;
    double prior;
  };
  std::vector<Shape> shapes;
  for (const double g : {0.1, 0.3, 0.6, 1.0, 1.5, 2.5}) {
    shapes.push_back({[g](double x) { return std::pow(x, -g); }, 1.0 / 18});
  }
  for (const double share : {1.0, 2.0, 4.0, 8.0, 16.0, 32.0}) {
    shapes.push_back({[=](double x) { return std::exp(-x * share / last); }, 1.0 / 18});
    if (share == 1) continue;
    for (const int g : {2, 4}) {
      shapes.push_back(
          {[=](double x) { return 1 / (1 + std::pow(x * share / last, g)); }, 1.0 / 30});
    }
  }
  const auto n = static_cast<Eigen::Index>(t.size());
  double least = y[0], most = y[0];
  for (const double value : y) {
    least = std::min(least, value);
    most = std::max(most, value);
  }
  const double range = most - least, end = y.back();
  Eigen::VectorXd z(n), psi(n);
  for (Eigen::Index i = 0; i < n; ++i) z[i] = (y[i] - end) / range;
  double sum = 0, mean = 0, chance = 0;
  for (const Shape& shape : shapes) {
    const double at_last = shape.phi(last);
    for (Eigen::Index i = 0; i < n; ++i) {
      psi[i] = (shape.phi(t[i]) - at_last) / (shape.phi(t[0]) - at_last);
    }
    for (const double s : {0.003, 0.01, 0.03, 0.1, 0.3}) {
      constexpr double kFlat = 1e5;
      Eigen::MatrixXd k = 4 * psi * psi.transpose();
      k.array() += kFlat;
      k.diagonal().array() += s * s;
      const Eigen::LLT<Eigen::MatrixXd> cholesky(k);
      const Eigen::VectorXd solved = cholesky.solve(z);
      // At the end psi is 0.
      const Eigen::VectorXd with_end = Eigen::VectorXd::Constant(n, kFlat);
      const double predicted = with_end.dot(solved);
      const double variance =
          kFlat - with_end.dot(cholesky.solve(with_end)) + s * s + 1 - t.back() / last;
      const Eigen::MatrixXd lower = cholesky.matrixL();
      const double log_likelihood = -0.5 * z.dot(solved) - lower.diagonal().array().log().sum();
      const double weight = shape.prior * std::exp(log_likelihood);
      sum += weight;
      mean += weight * predicted;
      chance +=
          weight * 0.5 * std::erfc((predicted - (bound - end) / range) / std::sqrt(2 * variance));
    }
  }
  return {end + range * mean / sum, chance / sum};
}

TEST(Extrapolate, IsTheGaussianProcessOfTheModel) {
  // Five losses of steps 3, 4, 6, 7, 9 of 20; 9 / 4 is below 3, so all count.
  const std::vector<int64_t> steps = {3, 4, 6, 7, 9};
  const std::vector<double> t = {3, 4, 6, 7, 9};
  for (const std::vector<double>& y :
       {std::vector<double>{5, 4.1, 3.4, 3.25, 3.1}, std::vector<double>{5, 4.8, 4.5, 4.6, 4.3},
        std::vector<double>{1, 2, 1.5, 1.75, 1.6}}) {
    for (const double below : {0.0, 0.2, 0.6}) {
      const double bound = y.back() - below;
      const auto forecast = Extrapolate(steps, y, 20, bound);
      ASSERT_TRUE(forecast.has_value());
      const Forecast expected = ByGaussianProcess(t, y, 20, bound);
      EXPECT_NEAR(forecast->mean, expected.mean, 2e-3);
      EXPECT_NEAR(forecast->chance, expected.chance, 1e-3);
    }
  }
}

TEST(Extrapolate, FindsTheEndOfCurvesOfItsFamilies) {
  const std::vector<std::function<double(double)>> curves = {
      [](double t) { return 0.2 + 0.8 * std::pow(t, -1); },
      [](double t) { return 0.2 + 0.8 * std::pow(t, -0.3); },
      [](double t) { return 0.2 + 0.8 * std::exp(-t / 25); },
      [](double t) { return 0.2 + 0.8 / (1 + std::pow(t / 12.5, 4)); }};
  for (const auto& curve : curves) {
    const auto forecast = Extrapolate(Steps(20), Losses(20, curve), 50, 0);
    ASSERT_TRUE(forecast.has_value());
    EXPECT_NEAR(forecast->mean, curve(50), 0.03);
  }
}

TEST(Extrapolate, AHigherBoundIsMoreLikelyMet) {
  const std::vector<double> losses =
      Losses(10, [](double t) { return 0.3 + 0.5 / t + 0.01 * std::sin(3 * t); });
  double last = 0;
  for (double bound = -0.5; bound < 1; bound += 0.05) {
    const double chance = Extrapolate(Steps(10), losses, 40, bound)->chance;
    EXPECT_GE(chance, last);
    last = chance;
  }
  EXPECT_LT(Extrapolate(Steps(10), losses, 40, -0.5)->chance, 0.01);
  EXPECT_GT(last, 0.99);
}

TEST(Extrapolate, UnitsDoNotMatter) {
  const auto curve = [](double t) { return 0.3 + 0.5 / t + 0.01 * std::sin(3 * t); };
  const std::vector<double> losses = Losses(12, curve);
  const Forecast plain = *Extrapolate(Steps(12), losses, 30, 0.31);
  std::vector<double> scaled;
  for (const double loss : losses) scaled.push_back(1024 * loss - 7);
  const Forecast other = *Extrapolate(Steps(12), scaled, 30, 1024 * 0.31 - 7);
  EXPECT_NEAR(other.chance, plain.chance, 1e-9);
  EXPECT_NEAR(other.mean, 1024 * plain.mean - 7, 1e-6);
  std::vector<int64_t> steps = Steps(12);
  for (int64_t& step : steps) step *= 1000;
  EXPECT_NEAR(Extrapolate(steps, losses, 30000, 0.31)->chance, plain.chance, 1e-9);
}

TEST(Extrapolate, WhatIsLongPastDoesNotCount) {
  const auto curve = [](double t) { return 0.3 + 0.5 / t; };
  std::vector<double> losses = Losses(16, curve);
  const Forecast plain = *Extrapolate(Steps(16), losses, 30, 0.31);
  losses[0] = 1000;
  losses[2] = -1000;
  EXPECT_EQ(Extrapolate(Steps(16), losses, 30, 0.31)->chance, plain.chance);
  losses[3] = 1000;  // step 4 = 16 / 4
  EXPECT_NE(Extrapolate(Steps(16), losses, 30, 0.31)->chance, plain.chance);
}

TEST(Extrapolate, AStandstillIsExpectedToLast) {
  const std::vector<double> losses(6, 0.5);
  EXPECT_EQ(Extrapolate(Steps(6), losses, 20, 0.499)->chance, 0);
  EXPECT_EQ(Extrapolate(Steps(6), losses, 20, 0.501)->chance, 1);
  EXPECT_EQ(Extrapolate(Steps(6), std::vector<double>(6, 0.0), 20, -1e-9)->chance, 0);
}

TEST(Extrapolate, SaysNothingWhereThereIsNothingToSay) {
  EXPECT_FALSE(Extrapolate(Steps(3), {3, 2, 1}, 10, 0).has_value());
  EXPECT_FALSE(Extrapolate(Steps(4), {4, 3, 2, 1}, 4, 0).has_value());
  EXPECT_FALSE(Extrapolate({0, 1, 2, 3}, {4, 3, 2, 1}, 10, 0).has_value());
  constexpr double kHuge = std::numeric_limits<double>::max();
  EXPECT_FALSE(Extrapolate(Steps(4), {kHuge, -kHuge, 0, 1}, 10, 0).has_value());
  EXPECT_TRUE(Extrapolate(Steps(4), {kHuge, kHuge / 2, 0, 1}, 10, 0).has_value());
}

// Of trials that are said to beat a bound with a chance below 5 %, at most about so many do, on
// curves of the families with noise.
TEST(Extrapolate, IsCalibrated) {
  int unlikely = 0, met = 0, met_all = 0;
  for (int64_t i = 0; i < 400; ++i) {
    RandomStream rng(1, i, 1000);
    const double end = 0.2 + 0.2 * rng.Uniform(), drop = 0.5 * rng.Uniform();
    const double g = 0.3 + 1.5 * rng.Uniform(), u = 2 + 10 * rng.Uniform();
    const auto curve = [&](double t) {
      return end + drop * (i % 2 == 0 ? std::pow(t, -g) : std::exp(-t / u)) + 0.005 * rng.Normal();
    };
    const std::vector<double> losses = Losses(27, curve);
    const std::vector<double> seen(losses.begin(), losses.begin() + 8);
    const bool below = losses.back() < 0.28;
    met_all += below;
    if (Extrapolate(Steps(8), seen, 27, 0.28)->chance < 0.05) {
      ++unlikely;
      met += below;
    }
  }
  EXPECT_GT(unlikely, 40);
  EXPECT_GT(met_all, 80);
  EXPECT_LE(met, unlikely / 20);
}

}  // namespace
}  // namespace sturgeon
