#include "strategies/tpe/split.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include "core/random.h"
#include "core/trial.h"
#include "gtest/gtest.h"

namespace sturgeon::tpe {
namespace {

std::shared_ptr<const Record> At(int64_t id, Values losses, Record::Class kind = Record::kComplete,
                                 double violation = 0) {
  auto record = std::make_shared<Record>();
  record->id = id;
  record->kind = kind;
  record->violation = violation;
  if (kind != Record::kFailed) record->losses = std::move(losses);
  return record;
}

struct Division {
  std::vector<int64_t> good, others;  // ids
  double weight = 0;                  // of all others
};

Division Divide(const Split& split, int count) {
  std::vector<const Record*> good;
  std::vector<Split::Weighted> others;
  split.Divide(count, &good, &others);
  Division division;
  for (const Record* record : good) division.good.push_back(record->id);
  for (const Split::Weighted& one : others) {
    division.others.push_back(one.record->id);
    division.weight += one.weight;
  }
  return division;
}

using Ids = std::vector<int64_t>;

TEST(Split, RanksWhatRanToItsEndBeforeTheStoppedTheInfeasibleAndTheFailed) {
  for (const int objectives : {1, 2}) {
    Split split(objectives, {});
    const auto losses = [objectives](double loss) { return Values(objectives, loss); };
    split.Add(At(0, {}, Record::kFailed));
    split.Add(At(1, losses(-7), Record::kInfeasible, 2));
    split.Add(At(2, losses(5), Record::kInfeasible, 1));
    split.Add(At(3, losses(-9), Record::kStopped));
    split.Add(At(4, losses(3)));
    split.Add(At(5, losses(1)));
    EXPECT_EQ(Divide(split, 100).good, (Ids{5, 4, 3, 2, 1}));
    EXPECT_EQ(Divide(split, 100).others, (Ids{0}));
    EXPECT_EQ(Divide(split, 2).good, (Ids{5, 4}));
    EXPECT_EQ(Divide(split, 0).others.size(), 6);
    EXPECT_EQ(split.size(), 6);
    EXPECT_EQ(split.measured(), 5);
  }
}

TEST(Split, WhatRepeatsABetterResultIsNeitherGoodNorOther) {
  Split split(1, {});
  for (const int64_t id : {2, 0, 1}) split.Add(At(id, {1.0}));
  split.Add(At(3, {2.0}));
  split.Add(At(4, {3.0}));
  const Division division = Divide(split, 2);
  EXPECT_EQ(division.good, (Ids{0, 3}));
  EXPECT_EQ(division.others, (Ids{4}));
  EXPECT_EQ(division.weight, 1);
}

TEST(Split, IsAFunctionOfTheSetOfTrials) {
  for (const int objectives : {1, 2, 3}) {
    SCOPED_TRACE(objectives);
    std::vector<std::shared_ptr<const Record>> records;
    for (int64_t id = 0; id < 600; ++id) {
      RandomStream rng(1, id, 0);
      Values losses;
      for (int m = 0; m < objectives; ++m) losses.push_back(rng.Uniform());
      const auto kind = rng.Below(10) == 0 ? Record::kFailed : Record::kComplete;
      records.push_back(At(id, std::move(losses), kind));
    }
    const Split::Limits limits = {40, 60};
    Split forwards(objectives, limits), backwards(objectives, limits), mixed(objectives, limits);
    for (const auto& record : records) forwards.Add(record);
    for (auto record = records.rbegin(); record != records.rend(); ++record) {
      backwards.Add(*record);
    }
    for (size_t i = 0; i < records.size(); ++i) mixed.Add(records[i * 77 % records.size()]);
    const Division expected = Divide(forwards, 20);
    EXPECT_EQ(expected.good.size(), 20);
    EXPECT_NEAR(expected.weight, 580, 1e-9);
    EXPECT_LE(expected.others.size(), 100);
    for (const Split* other : {&backwards, &mixed}) {
      const Division division = Divide(*other, 20);
      EXPECT_EQ(division.good, expected.good);
      EXPECT_EQ(division.others, expected.others);
      EXPECT_EQ(division.weight, expected.weight);
    }
  }
}

TEST(Split, TheOthersAreAnEvenSample) {
  constexpr int kFar = 400, kTrials = 20000;
  Split split(1, {1, kFar});
  for (int64_t id = 0; id < kTrials; ++id) split.Add(At(id, {static_cast<double>(id)}));
  int early = 0;
  for (const int64_t id : Divide(split, 1).others) early += id < kTrials / 2 ? 1 : 0;
  EXPECT_NEAR(early, kFar / 2, 5 * std::sqrt(kFar / 4.0));  // five standard deviations
}

TEST(Split, OfSeveralObjectivesTheFrontThatDominatesMostIsGood) {
  Split split(2, {});
  // A front of four, of which 1 and 2 are close together, and behind it another.
  split.Add(At(0, {0.0, 1.0}));
  split.Add(At(1, {0.50, 0.51}));
  split.Add(At(2, {0.51, 0.50}));
  split.Add(At(3, {1.0, 0.0}));
  split.Add(At(4, {0.6, 0.6}));
  split.Add(At(5, {2.0, 2.0}));
  Division division = Divide(split, 3);
  std::sort(division.good.begin(), division.good.end());
  EXPECT_TRUE(division.good == (Ids{0, 1, 3}) || division.good == (Ids{0, 2, 3}));
  division = Divide(split, 5);
  EXPECT_EQ(division.good.back(), 4);
  EXPECT_EQ(division.others, (Ids{5}));
}

}  // namespace
}  // namespace sturgeon::tpe
