#include "strategies/rungs.h"

#include <deque>
#include <optional>
#include <vector>

#include "core/study_config.h"
#include "core/trial.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

StudyConfig Training(int64_t max_steps, int64_t trials = 0) {
  StudyConfig study;
  study.max_steps = max_steps;
  study.trials = trials;
  study.unit = "epoch";
  return study;
}

std::vector<int64_t> Steps(int eta, int64_t min_steps, const StudyConfig& study) {
  const absl::StatusOr<Rungs> rungs = Rungs::Create(eta, min_steps, study);
  EXPECT_TRUE(rungs.ok()) << rungs.status();
  std::vector<int64_t> steps;
  for (int k = 0; rungs.ok() && k < rungs->size(); ++k) steps.push_back(rungs->steps(k));
  return steps;
}

TEST(Rungs, GrowByEtaWhereTheTrainingIsAPowerOfIt) {
  EXPECT_THAT(Steps(3, 1, Training(27)), ElementsAre(1, 3, 9, 27));
  EXPECT_THAT(Steps(3, 3, Training(27)), ElementsAre(3, 9, 27));
  EXPECT_THAT(Steps(2, 1, Training(16)), ElementsAre(1, 2, 4, 8, 16));
  EXPECT_THAT(Steps(4, 5, Training(80)), ElementsAre(5, 20, 80));
}

TEST(Rungs, OtherwiseByAFactorNearEta) {
  EXPECT_THAT(Steps(3, 1, Training(52)), ElementsAre(1, 3, 7, 19, 52));
  EXPECT_THAT(Steps(3, 1, Training(2)), ElementsAre(1, 2));
  EXPECT_THAT(Steps(3, 1, Training(5)), ElementsAre(1, 5));
  EXPECT_THAT(Steps(3, 9, Training(10)), ElementsAre(9, 10));
  EXPECT_THAT(Steps(100, 1, Training(3)), ElementsAre(1, 3));
  EXPECT_THAT(Steps(2, 1, Training(3)), ElementsAre(1, 2, 3));
}

TEST(Rungs, AreFourByDefaultAndFewerForFewTrials) {
  EXPECT_THAT(Steps(3, 0, Training(27)), ElementsAre(1, 3, 9, 27));
  EXPECT_THAT(Steps(3, 0, Training(52)), ElementsAre(2, 6, 18, 52));
  EXPECT_THAT(Steps(3, 0, Training(100000)), ElementsAre(3704, 11112, 33334, 100000));
  // 1 + 3 + 9 + 27 = 40, and so on down.
  EXPECT_EQ(Steps(3, 0, Training(81, 40)).size(), 4);
  EXPECT_THAT(Steps(3, 0, Training(81, 39)), ElementsAre(9, 27, 81));
  EXPECT_THAT(Steps(3, 0, Training(81, 13)), ElementsAre(9, 27, 81));
  EXPECT_THAT(Steps(3, 0, Training(81, 12)), ElementsAre(27, 81));
  EXPECT_THAT(Steps(3, 0, Training(81, 1)), ElementsAre(27, 81));
  // What was asked for stays.
  EXPECT_EQ(Steps(3, 1, Training(81, 1)).size(), 5);
}

TEST(Rungs, SayWhatWouldBeRight) {
  EXPECT_THAT(Rungs::Create(3, 0, Training(0)).status().message(),
              HasSubstr("how long a full training is is not known"));
  EXPECT_THAT(Rungs::Create(3, 0, Training(1)).status().message(),
              HasSubstr("a full training has one step"));
  const absl::Status status = Rungs::Create(3, 27, Training(27)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("min_steps: 27 is not below a full training of 27"));
}

TEST(Rungs, KnowHowFarABudgetReaches) {
  const Rungs rungs = *Rungs::Create(3, 2, Training(18));  // 2, 6, 18
  EXPECT_EQ(rungs.RungOf(1), -1);
  EXPECT_EQ(rungs.RungOf(2), 0);
  EXPECT_EQ(rungs.RungOf(5), 0);
  EXPECT_EQ(rungs.RungOf(6), 1);
  EXPECT_EQ(rungs.RungOf(18), 2);
  EXPECT_EQ(rungs.RungOf(100), 2);
  EXPECT_EQ(rungs.RungOf(std::nullopt), 2);
  EXPECT_EQ(rungs.budget(1), 6);
  EXPECT_EQ(rungs.budget(2), std::nullopt);
  EXPECT_EQ(rungs.Describe(Training(18)), "2, 6, 18 epochs");
}

// Rungs of 1, 3 and 9 epochs.
class History : public testing::Test {
 protected:
  const Trial& Make(int64_t id, std::optional<int64_t> budget, std::optional<int64_t> from,
                    std::optional<double> value) {
    Trial& trial = trials_.emplace_back();
    trial.id = id;
    trial.point = {0.5};
    trial.budget = budget;
    trial.resume_from = from;
    trial.state = value.has_value() ? TrialState::kStopped : TrialState::kFailed;
    if (value.has_value()) trial.values = {*value};
    return trial;
  }
  std::vector<int64_t> AtMost(int rung) const {
    std::vector<int64_t> ids;
    for (const Configuration* one : history_.AtMost(rung)) ids.push_back(one->id());
    return ids;
  }

  std::deque<Trial> trials_;
  const StudyConfig study_ = Training(9);
  const Rungs rungs_ = *Rungs::Create(3, 1, study_);
  RungHistory history_{rungs_, study_};
};

TEST_F(History, FollowsAConfigurationThroughItsTrials) {
  history_.Add(Make(0, 1, std::nullopt, 0.9));
  history_.Add(Make(1, 1, std::nullopt, 0.8));
  const RungHistory::Change change = history_.Add(Make(2, 3, 1, 0.5));
  EXPECT_EQ(change.configuration->id(), 1);
  EXPECT_EQ(change.rung, 1);
  EXPECT_EQ(change.before, nullptr);
  EXPECT_THAT(AtMost(0), ElementsAre(0));
  EXPECT_THAT(AtMost(1), ElementsAre(1));
  history_.Add(Make(3, std::nullopt, 2, std::nullopt));
  EXPECT_THAT(AtMost(2), ElementsAre(1));
  EXPECT_EQ(history_.Find(3)->id(), 1);
  EXPECT_EQ(history_.Find(3)->highest, 2);
  EXPECT_EQ(history_.Find(4), nullptr);
  EXPECT_EQ(history_.ResumedBy({4, {}, 3, 0})->id(), 0);
  EXPECT_EQ(history_.ResumedBy({4, {}, 1, std::nullopt}), nullptr);
}

TEST_F(History, ARepeatedTrialTakesThePlaceOfTheOneThatFailed) {
  history_.Add(Make(0, 1, std::nullopt, 0.9));
  const Trial& failed = Make(1, 3, 0, std::nullopt);
  const Trial& repeated = Make(2, 3, 0, 0.6);
  const Trial& late = Make(3, 3, 0, 0.7);
  for (const bool in_order : {true, false}) {
    RungHistory history(rungs_, study_);
    history.Add(trials_[0]);
    history.Add(in_order ? failed : late);
    const RungHistory::Change change = history.Add(repeated);
    EXPECT_EQ(change.before, in_order ? &failed : &late);
    history.Add(in_order ? late : failed);
    EXPECT_EQ(history.Find(0)->results[1], &repeated);
  }
}

TEST_F(History, ATrialOfAnUnknownOneBeginsAConfiguration) {
  EXPECT_EQ(history_.Add(Make(7, 3, 5, 0.5)).configuration->id(), 7);
  EXPECT_THAT(AtMost(1), ElementsAre(7));
  // Below the lowest rung there is nothing to compare.
  EXPECT_EQ(history_.Add(Make(8, 0, std::nullopt, 0.5)).rung, -1);
  EXPECT_EQ(history_.Find(8)->highest, -1);
}

TEST_F(History, OrdersByFeasibilityViolationLossAndAge) {
  const auto standing = [this](const Trial& trial) {
    const RungHistory::Change change = history_.Add(trial);
    return history_.StandingOf(*change.configuration, change.rung);
  };
  Trial& infeasible = const_cast<Trial&>(Make(0, 3, std::nullopt, 0.1));
  infeasible.constraints = {-1, 0.5};
  Trial& early = const_cast<Trial&>(Make(1, 3, std::nullopt, 0.2));
  early.reports.Add(2, {0.2});
  Trial& ended = const_cast<Trial&>(Make(2, 3, std::nullopt, 0.2));
  ended.reports.Add(2, {0.3});
  ended.reports.Add(3, {0.2});
  const Standing best = standing(ended);
  const Standing equal = standing(Make(3, 3, std::nullopt, 0.2));
  const Standing worse = standing(Make(4, 3, std::nullopt, 0.9));
  const Standing violating = standing(infeasible);
  const Standing stopped = standing(early);
  const Standing failed = standing(Make(5, 3, std::nullopt, std::nullopt));
  EXPECT_TRUE(best < equal && equal < worse && worse < violating && violating < stopped);
  EXPECT_TRUE(violating < failed);
  EXPECT_FALSE(violating.out);
  EXPECT_TRUE(stopped.out);
  EXPECT_TRUE(failed.out);
}

}  // namespace
}  // namespace sturgeon
