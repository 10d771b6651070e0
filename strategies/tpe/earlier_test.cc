#include "strategies/tpe/earlier.h"

#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/random.h"
#include "core/space.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "gtest/gtest.h"
#include "strategies/tpe/mixture.h"
#include "strategies/tpe/split.h"

namespace sturgeon::tpe {
namespace {

double Bowl(const Point& point, double bottom) {
  double sum = 0;
  for (const double x : point) sum += (x - bottom) * (x - bottom);
  return sum;
}

Point RandomPoint(int64_t id, uint32_t stream) {
  RandomStream rng(1, id, stream);
  return {rng.Uniform(), rng.Uniform()};
}

class EarlierTest : public testing::Test {
 protected:
  EarlierTest() {
    study_.space = *SearchSpace::Create({Parameter::Float("x", 0, 1), Parameter::Float("y", 0, 1)});
    for (const Parameter& p : study_.space.parameters()) axes_.emplace_back(p);
  }

  // A study whose losses are least at (bottom, bottom).
  EarlierStudy Study(double bottom, int trials) {
    EarlierStudy study;
    for (int i = 0; i < trials; ++i) {
      const Point point = RandomPoint(i, 0);
      const double loss = Bowl(point, bottom);
      study.trials.push_back(
          {point, {study_.objectives[0].goal == Goal::kMinimize ? loss : -loss}});
    }
    return study;
  }

  // What this study's trials, least at (0.3, 0.3), say of an earlier one.
  double AgreementAfter(int trials, double bottom) {
    std::vector<Earlier> earlier;
    earlier.emplace_back(Study(bottom, 60), study_, axes_);
    Evidence evidence;
    for (int i = 0; i < trials; ++i) {
      auto record = std::make_shared<Record>();
      record->id = i;
      record->row = RandomPoint(i, 1);
      record->losses = {Bowl(record->row, 0.3)};
      evidence.Add(std::move(record), earlier);
    }
    return evidence.Agreement(0);
  }

  StudyConfig study_;
  std::vector<Axis> axes_;
};

TEST_F(EarlierTest, KnowsItsBestAndPrefersThem) {
  for (const Goal goal : {Goal::kMinimize, Goal::kMaximize}) {
    study_.objectives[0].goal = goal;
    const Earlier earlier(Study(0.3, 60), study_, axes_);
    ASSERT_EQ(earlier.best().size(), 6);
    for (size_t k = 1; k < 6; ++k) {
      EXPECT_LE(Bowl(earlier.best()[k - 1]->row, 0.3), Bowl(earlier.best()[k]->row, 0.3));
    }
    EXPECT_GT(earlier.Score({0.3, 0.3}), earlier.Score({0.8, 0.8}));
  }
}

TEST_F(EarlierTest, WhatIsInfeasibleIsNotAmongTheBest) {
  EarlierStudy study = Study(0.3, 60);
  for (size_t i = 0; i < study.trials.size(); i += 2) study.trials[i].feasible = false;
  const Earlier earlier(study, study_, axes_);
  for (const Record* record : earlier.best()) EXPECT_EQ(record->id % 2, 1);
}

TEST_F(EarlierTest, AgreementIsWhatComesTrue) {
  EXPECT_EQ(AgreementAfter(0, 0.3), 1);
  EXPECT_GT(AgreementAfter(40, 0.3), 0.5);
  EXPECT_LT(AgreementAfter(10, 0.9), 0.3);
  EXPECT_LT(AgreementAfter(40, 0.9), 0.1);
  // However many trials there are, a bounded number of them is compared.
  EXPECT_GT(AgreementAfter(2000, 0.3), 0.5);
}

}  // namespace
}  // namespace sturgeon::tpe
