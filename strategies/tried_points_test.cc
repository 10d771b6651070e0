#include "strategies/tried_points.h"

#include <cmath>
#include <optional>
#include <set>
#include <vector>

#include "core/random.h"
#include "core/space.h"
#include "core/study_config.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

StudyConfig Config(std::vector<Parameter> parameters) {
  StudyConfig config;
  config.space = *SearchSpace::Create(std::move(parameters));
  return config;
}

TEST(TriedPointsTest, GivesTheWantedPointUntilItIsTried) {
  const StudyConfig config = Config({Parameter::Float("x", 0, 1), Parameter::Int("n", 1, 9)});
  TriedPoints tried(config);
  RandomStream rng(1, 2, 3);
  const Point wanted = {0.5, 4};
  EXPECT_EQ(tried.Untried(wanted, rng), wanted);
  EXPECT_EQ(tried.Left(), std::nullopt);
  tried.Add(wanted);
  EXPECT_TRUE(tried.Contains(wanted));
  const std::optional<Point> other = tried.Untried(wanted, rng);
  ASSERT_TRUE(other.has_value());
  EXPECT_NE(*other, wanted);
  EXPECT_TRUE(config.space.Validate(*other).ok());
}

TEST(TriedPointsTest, PendingPointsCountUntilTheyAreReplaced) {
  const StudyConfig config = Config({Parameter::Int("n", 1, 2)});
  TriedPoints tried(config);
  RandomStream rng(1, 2, 3);
  const Point one = {1}, two = {2};
  const PendingTrial pending[] = {{7, one}};
  tried.SetPending(pending);
  EXPECT_EQ(tried.Left(), 1);
  EXPECT_EQ(tried.Untried(one, rng), two);
  tried.AddPending(two);
  EXPECT_EQ(tried.Left(), 0);
  EXPECT_EQ(tried.Untried(one, rng), std::nullopt);
  tried.SetPending({});
  EXPECT_EQ(tried.Left(), 2);
}

// Whatever is wanted, each point of a finite conditional space comes exactly once.
TEST(TriedPointsTest, ExhaustsAFiniteSpaceWithoutADuplicate) {
  const StudyConfig config = Config({Parameter::Categorical("kind", {"a", "b", "c"}),
                                     Parameter::Int("n", 1, 5, Scale::kLog).When("kind", {"a"}),
                                     Parameter::Float("x", 0, 1).Step(0.25).When("kind", {"b"})});
  TriedPoints tried(config);
  RandomStream rng(1, 2, 3);
  std::set<std::vector<double>> seen;
  for (int i = 0; i < 11; ++i) {
    std::optional<Point> point = tried.Untried(config.space.Default(), rng);
    ASSERT_TRUE(point.has_value()) << i;
    EXPECT_TRUE(config.space.Validate(*point).ok());
    tried.Add(*point);
    for (double& v : *point) v = std::isnan(v) ? -1 : v;
    EXPECT_TRUE(seen.insert(*point).second);
  }
  EXPECT_EQ(tried.Left(), 0);
  EXPECT_EQ(tried.Untried(config.space.Default(), rng), std::nullopt);
}

TEST(TriedPointsTest, AStudyMayAllowDuplicates) {
  StudyConfig config = Config({Parameter::Int("n", 1, 1)});
  config.allow_duplicates = true;
  TriedPoints tried(config);
  RandomStream rng(1, 2, 3);
  tried.Add(Point{1});
  EXPECT_EQ(tried.Untried(Point{1}, rng), Point{1});
}

TEST(TriedPointsTest, ZerosAndNansAreEqualWhateverTheirBits) {
  const StudyConfig config = Config({Parameter::Float("x", -1, 1), Parameter::Float("y", -1, 1)});
  TriedPoints tried(config);
  tried.Add(Point{0.0, std::nan("1")});
  EXPECT_TRUE(tried.Contains(Point{-0.0, -std::nan("2")}));
}

}  // namespace
}  // namespace sturgeon
