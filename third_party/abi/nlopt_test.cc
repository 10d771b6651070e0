#include <nlopt.h>

#include <memory>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

// f(x, y) = (1 - x)^2 + 100 (y - x^2)^2, whose least value for x <= 1/2 is 1/4, at (1/2, 1/4).
double Rosenbrock(unsigned, const double* x, double* gradient, void*) {
  const double valley = x[1] - x[0] * x[0];
  if (gradient != nullptr) {
    gradient[0] = -2.0 * (1.0 - x[0]) - 400.0 * x[0] * valley;
    gradient[1] = 200.0 * valley;
  }
  return (1.0 - x[0]) * (1.0 - x[0]) + 100.0 * valley * valley;
}

class NloptTest : public testing::TestWithParam<nlopt_algorithm> {};

TEST_P(NloptTest, FindsTheMinimumOnABound) {
  const std::unique_ptr<nlopt_opt_s, void (*)(nlopt_opt)> search(nlopt_create(GetParam(), 2),
                                                                 &nlopt_destroy);
  ASSERT_NE(search, nullptr);
  const std::vector<double> lower = {-2.0, -2.0};
  const std::vector<double> upper = {0.5, 2.0};
  ASSERT_GT(nlopt_set_min_objective(search.get(), &Rosenbrock, nullptr), 0);
  ASSERT_GT(nlopt_set_lower_bounds(search.get(), lower.data()), 0);
  ASSERT_GT(nlopt_set_upper_bounds(search.get(), upper.data()), 0);
  ASSERT_GT(nlopt_set_ftol_rel(search.get(), 1e-12), 0);
  ASSERT_GT(nlopt_set_maxeval(search.get(), 1000), 0);

  std::vector<double> x = {-1.5, 1.5};
  double least = 0.0;
  ASSERT_GT(nlopt_optimize(search.get(), x.data(), &least), 0);
  EXPECT_NEAR(least, 0.25, 1e-6);
  EXPECT_THAT(
      x, testing::ElementsAre(testing::DoubleNear(0.5, 1e-4), testing::DoubleNear(0.25, 1e-4)));
}

INSTANTIATE_TEST_SUITE_P(Algorithms, NloptTest, testing::Values(NLOPT_LD_LBFGS, NLOPT_LD_SLSQP),
                         [](const auto& algorithm) {
                           return algorithm.param == NLOPT_LD_LBFGS ? "Lbfgs" : "Slsqp";
                         });

}  // namespace
}  // namespace sturgeon
