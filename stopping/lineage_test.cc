#include "stopping/lineage.h"

#include <optional>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stopping/testing.h"

namespace sturgeon {
namespace {

using ::testing::ElementsAre;

TEST(Lineage, ACurveBeginsWithThoseThatTheTrialGoesOnFrom) {
  const StudyConfig config = OneMetric();
  const auto watch = Watch::Create({}, config);
  ASSERT_TRUE(watch.ok()) << watch.status();
  std::vector<Trial> trials = {CompleteTrial(0, {9, 8, 7}), CompleteTrial(1, {}),
                               CompleteTrial(2, {})};
  // Trial 1 goes on after step 2 of trial 0, whose step 3 is none of its own.
  trials[1].resume_from = 0;
  trials[1].reports.Add(3, {6});
  trials[1].reports.Add(4, {5});
  trials[2].reports.Add(1, {100});
  Lineage lineage;
  for (const Trial& trial : trials) {
    const Trial* const added[] = {&trial};
    lineage.Add(added);
  }
  ReportLog reports;
  reports.Add(5, {4});
  Curve curve = lineage.CurveOf(*watch, reports, 1);
  EXPECT_THAT(curve.steps, ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(curve.losses, ElementsAre(9, 8, 6, 5, 4));
  curve = lineage.CurveOf(*watch, reports, std::nullopt);
  EXPECT_THAT(curve.losses, ElementsAre(4));
  // Nothing is known of the trial that it goes on from.
  curve = lineage.CurveOf(*watch, reports, 7);
  EXPECT_THAT(curve.losses, ElementsAre(4));
  curve = lineage.CurveOf(*watch, ReportLog(), 1);
  EXPECT_THAT(curve.losses, ElementsAre(9, 8, 6, 5));
}

}  // namespace
}  // namespace sturgeon
