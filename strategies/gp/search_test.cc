#include "strategies/gp/search.h"

#include <cmath>
#include <vector>

#include "absl/types/span.h"
#include "core/random.h"
#include "core/space.h"
#include "gtest/gtest.h"
#include "strategies/gp/minimize.h"

namespace sturgeon::gp {
namespace {

TEST(MinimizeTest, StaysWithinBoundsAndFindsTheEdge) {
  const std::vector<double> lower = {-2, 0.5}, upper = {2, 2};
  int calls = 0;
  const Minimum minimum = MinimizeWithin(
      lower, upper, {-9, 1.5}, 100, [&](absl::Span<const double> x, absl::Span<double> gradient) {
        ++calls;
        EXPECT_GE(x[0], -2);
        EXPECT_GE(x[1], 0.5);
        gradient[0] = 2 * (x[0] - 1);
        gradient[1] = 2 * x[1];
        return (x[0] - 1) * (x[0] - 1) + x[1] * x[1];
      });
  EXPECT_NEAR(minimum.x[0], 1, 1e-4);
  EXPECT_NEAR(minimum.x[1], 0.5, 1e-6);
  EXPECT_LE(calls, 100);
}

TEST(MinimizeTest, KeepsTheBestWhenTheFunctionBreaks) {
  int calls = 0;
  const Minimum minimum = MinimizeWithin(
      {0.0}, {1.0}, {0.5}, 100, [&](absl::Span<const double> x, absl::Span<double> gradient) {
        gradient[0] = 1;
        return ++calls == 1 ? x[0] : NAN;
      });
  EXPECT_EQ(minimum.x[0], 0.5);
  EXPECT_EQ(minimum.value, 0.5);
}

// Highest where x = 0.3, n = 7, c = b and z = 0.9.
double Height(const SearchSpace& space, absl::Span<const double> unit) {
  const double n = space[1].FromUnit(unit[1]);
  const bool b = space[2].FromUnit(unit[2]) == 1;
  double height = -std::pow(unit[0] - 0.3, 2) - 0.01 * std::pow(n - 7, 2);
  height += b ? 1 - std::pow(unit[3] - 0.9, 2) : 0;
  return height;
}

TEST(SearchTest, FindsTheTopOfAMixedConditionalSpace) {
  const SearchSpace space = *SearchSpace::Create(
      {Parameter::Float("x", 0, 1), Parameter::Int("n", 1, 12),
       Parameter::Categorical("c", {"a", "b"}), Parameter::Float("z", 0, 1).When("c", {"b"})});
  const AcquisitionFunction function = {
      [&](const Matrix& unit) {
        Vector values(unit.rows());
        for (Eigen::Index i = 0; i < unit.rows(); ++i) {
          const Vector row = unit.row(i);
          values[i] = Height(space, absl::MakeConstSpan(row.data(), row.size()));
        }
        return values;
      },
      [&](absl::Span<const double> unit, absl::Span<double> gradient) {
        gradient[0] = -2 * (unit[0] - 0.3);
        gradient[1] = gradient[2] = 0;
        gradient[3] = std::isnan(unit[3]) ? 0 : -2 * (unit[3] - 0.9);
        return Height(space, unit);
      }};
  RandomStream rng(1, 2, kFirstPluginStream);
  const std::vector<Found> found = Maximize(space, function, Matrix(0, 4), SearchEffort(), rng);
  ASSERT_GE(found.size(), 2u);
  EXPECT_NEAR(found[0].unit[0], 0.3, 1e-4);
  EXPECT_EQ(space[1].FromUnit(found[0].unit[1]), 7);
  EXPECT_EQ(space[2].FromUnit(found[0].unit[2]), 1);
  EXPECT_NEAR(found[0].unit[3], 0.9, 1e-4);
  for (size_t i = 1; i < found.size(); ++i) EXPECT_GE(found[i - 1].value, found[i].value);
}

TEST(SearchTest, ASpaceOfConstantsHasItsOnePoint) {
  const SearchSpace space = *SearchSpace::Create({Parameter::Int("n", 4, 4)});
  const AcquisitionFunction function = {
      [](const Matrix& unit) { return Vector(Vector::Zero(unit.rows())); },
      [](absl::Span<const double>, absl::Span<double>) { return 0.0; }};
  RandomStream rng(1, 2, kFirstPluginStream);
  const std::vector<Found> found = Maximize(space, function, Matrix(0, 1), SearchEffort(), rng);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(space[0].FromUnit(found[0].unit[0]), 4);
}

}  // namespace
}  // namespace sturgeon::gp
