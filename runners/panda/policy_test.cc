#include "runners/panda/policy.h"

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "core/random.h"
#include "core/space.h"
#include "core/trial.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

const SearchSpace& Space() {
  static const auto* const space = new SearchSpace(*SearchSpace::Create({
      Parameter::Float("learning_rate", 1e-4, 1, Scale::kLog),
      Parameter::Float("momentum", 0.9, 0.999, Scale::kReverseLog),
      Parameter::Float("dropout", 0, 0.5),
  }));
  return *space;
}

PolicyConfig Config(int64_t steps, std::vector<int> nudged = {}) {
  PolicyConfig config;
  config.space = &Space();
  config.max_steps = steps;
  config.steps = steps;
  config.rate = 0;
  config.nudged = std::move(nudged);
  return config;
}

// Plays the study: trains what the policy plans, to losses that the test gives.
class Game {
 public:
  explicit Game(Policy& policy) : policy_(policy) {}

  // Trains the planned day to `loss`; NaN: it fails as not finite.
  Day Play(double loss, FailureKind failure = FailureKind::kNotFinite) {
    const Plan plan = policy_.plan();
    Day day;
    day.trial = static_cast<int64_t>(played.size());
    day.from = plan.from;
    day.point = plan.point;
    if (plan.from.has_value()) day.first_step = played[*plan.from].last_step;
    day.last_step = plan.kind == Plan::kTake ? day.first_step : plan.last_step;
    day.loss = loss;
    if (plan.kind != Plan::kTake) day.losses.assign(day.steps(), loss);
    day.state = plan.last ? TrialState::kComplete : TrialState::kStopped;
    if (std::isnan(loss)) {
      day.state = TrialState::kFailed;
      day.failure = failure;
      day.reason = "on purpose";
      if (failure != FailureKind::kNotFinite) day.last_step = day.first_step;
    }
    played.push_back(day);
    policy_.Add(day);
    return day;
  }

  std::vector<Day> played;

 private:
  Policy& policy_;
};

double PlannedRate(const Policy& policy) { return policy.plan().point[0]; }

TEST(PolicySearch, GoesUpWhileThatHelps) {
  Policy policy(Config(27), {0.0005, 0.9, 0});
  Game game(policy);
  EXPECT_EQ(policy.plan().kind, Plan::kTrain);
  EXPECT_EQ(policy.plan().last_step, 1);
  EXPECT_DOUBLE_EQ(PlannedRate(policy), 0.0005);
  game.Play(0.8);
  EXPECT_DOUBLE_EQ(PlannedRate(policy), 0.005);
  game.Play(0.4);
  EXPECT_DOUBLE_EQ(PlannedRate(policy), 0.05);
  game.Play(0.2);
  EXPECT_DOUBLE_EQ(PlannedRate(policy), 0.5);
  game.Play(kNaN);
  // Half a decade from 0.05 towards 0.005, its better neighbour.
  EXPECT_DOUBLE_EQ(PlannedRate(policy), 0.05 / std::sqrt(10));
  EXPECT_FALSE(policy.plan().from.has_value());
  game.Play(0.25);
  // Trial 2 it is; the others are of no more use.
  EXPECT_EQ(policy.tip(), 2);
  EXPECT_EQ(policy.plan().from, 2);
  EXPECT_DOUBLE_EQ(PlannedRate(policy), 0.05);
  EXPECT_EQ(policy.plan().last_step, 2);
  EXPECT_EQ(policy.TakeLines(), std::vector<std::string>(
                                    {"learning_rate 0.05 is the best for a first day (0.0005: 0.8, "
                                     "0.005: 0.4, 0.01581: 0.25, 0.05: 0.2, 0.5: not finite); "
                                     "going on from trial 2"}));
}

TEST(PolicySearch, GoesDownWhereUpDoesNotHelp) {
  Policy policy(Config(27), {0.2, 0.9, 0});
  Game game(policy);
  game.Play(0.9);
  EXPECT_DOUBLE_EQ(PlannedRate(policy), 1);  // 2 is not in the space
  game.Play(0.9);                            // equal is not better
  EXPECT_DOUBLE_EQ(PlannedRate(policy), 0.02);
  game.Play(0.2);
  EXPECT_DOUBLE_EQ(PlannedRate(policy), 0.002);
  game.Play(0.3);
  EXPECT_DOUBLE_EQ(PlannedRate(policy), 0.02 / std::sqrt(10));
  game.Play(0.19);
  EXPECT_EQ(policy.tip(), 4);
}

TEST(PolicySearch, AFirstDayThatIsNotFiniteLeavesNoWayButDown) {
  Policy policy(Config(27), {0.2, 0.9, 0});
  Game game(policy);
  game.Play(kNaN);
  EXPECT_DOUBLE_EQ(PlannedRate(policy), 0.02);
  game.Play(kNaN);
  EXPECT_DOUBLE_EQ(PlannedRate(policy), 0.002);
  game.Play(0.3);
  EXPECT_DOUBLE_EQ(PlannedRate(policy), 0.0002);
  game.Play(0.5);
  // Its only neighbour that trained is 0.0002.
  EXPECT_DOUBLE_EQ(PlannedRate(policy), 0.002 / std::sqrt(10));
}

TEST(PolicySearch, EndsTheTrainingWhereNoRateTrains) {
  Policy policy(Config(27), {0.002, 0.9, 0});
  Game game(policy);
  game.Play(kNaN);
  EXPECT_DOUBLE_EQ(PlannedRate(policy), 0.0002);
  game.Play(kNaN);
  EXPECT_DOUBLE_EQ(PlannedRate(policy), 0.0001);  // the lowest there is
  game.Play(kNaN);
  EXPECT_EQ(policy.plan().kind, Plan::kOver);
  EXPECT_EQ(policy.TakeLines(), std::vector<std::string>({"over: no learning rate from 0.0001 to "
                                                          "0.002 trains this model for a day"}));
}

TEST(PolicySearch, TakesNoMoreThanItsShare) {
  Policy policy(Config(10), {0.0001, 0.9, 0});  // 3 of 10 days
  Game game(policy);
  game.Play(0.5);
  game.Play(0.4);
  game.Play(0.3);
  EXPECT_EQ(policy.tip(), 2);
  EXPECT_EQ(policy.plan().from, 2);
}

TEST(PolicySearch, ShortTrainingsDoWithout) {
  Policy policy(Config(7), {0.1, 0.9, 0});
  Game game(policy);
  game.Play(0.5);
  EXPECT_EQ(policy.plan().from, 0);
  EXPECT_DOUBLE_EQ(PlannedRate(policy), 0.1);
}

// Through the search: trial 0 wins with 0.5.
void Settle(Game& game) {
  game.Play(0.5);  // 0.02
  game.Play(0.6);  // 0.2
  game.Play(0.7);  // 0.002
  game.Play(0.6);  // 0.0632: the better neighbour is 0.2
}

TEST(PolicyCoolDown, FallsLinearlyToTheEndOfTheBudget) {
  Policy policy(Config(14), {0.02, 0.9, 0});
  Game game(policy);
  Settle(game);
  EXPECT_EQ(policy.tip(), 0);
  // 4 spent; it cools once 0.4 * 14 = 5.6 are.
  game.Play(0.45);
  EXPECT_DOUBLE_EQ(PlannedRate(policy), 0.02);
  game.Play(0.41);
  // 8 days are left: the rate goes 8/9, 7/9 … 1/9 of where it was.
  for (int left = 8; left > 0; --left) {
    EXPECT_NEAR(PlannedRate(policy), 0.02 * left / 9, 1e-12);
    EXPECT_EQ(policy.plan().last, left == 1);
    game.Play(0.3 + 0.01 * left);
  }
  EXPECT_EQ(policy.plan().kind, Plan::kOver);
  EXPECT_EQ(game.played.back().last_step, 11);  // 3 of 14 led nowhere
  EXPECT_EQ(game.played.back().state, TrialState::kComplete);
}

TEST(PolicyRollBack, ALossThatIsNotFiniteCutsTheRateToATenth) {
  Policy policy(Config(27), {0.02, 0.9, 0});
  Game game(policy);
  Settle(game);
  game.Play(0.4);   // trial 4
  game.Play(kNaN);  // trial 5
  EXPECT_EQ(policy.plan().from, 4);
  EXPECT_DOUBLE_EQ(PlannedRate(policy), 0.002);
  EXPECT_EQ(policy.plan().last_step, 3);
  const std::vector<std::string> lines = policy.TakeLines();
  EXPECT_EQ(lines.back(),
            "trial 5 failed (on purpose): back to trial 4, step 2, learning_rate 0.02 → 0.002");
  // It goes on at that rate.
  game.Play(0.38);
  EXPECT_EQ(policy.plan().from, 6);
  EXPECT_DOUBLE_EQ(PlannedRate(policy), 0.002);
}

TEST(PolicyRollBack, ABlowUpCutsTheRateToAThirdAndTheNextGoesFurtherBack) {
  Policy policy(Config(27), {0.03, 0.9, 0});
  Game game(policy);
  Settle(game);
  game.Play(0.4);  // trial 4, from 0
  game.Play(0.3);  // trial 5, from 4
  // Best 0.3, first 0.5: 0.4 is the most that is taken for noise.
  game.Play(0.39);
  EXPECT_EQ(policy.plan().from, 6);
  game.Play(0.41);  // trial 7
  EXPECT_EQ(policy.plan().from, 6);
  EXPECT_NEAR(PlannedRate(policy), 0.01, 1e-12);
  game.Play(0.6);  // trial 8: the snapshot of 6 is no good either
  EXPECT_EQ(policy.plan().from, 5);
  EXPECT_NEAR(PlannedRate(policy), 0.01 / 3, 1e-12);
}

TEST(PolicyNudge, IsTrainedBesideThePlanAndKeptIfBetterByMoreThanTheNoise) {
  Policy policy(Config(50, {2}), {0.02, 0.9, 0.2});
  Game game(policy);
  Settle(game);
  game.Play(0.46);
  game.Play(0.42);
  // Two days without: now the same day is trained twice, from trial 5.
  EXPECT_EQ(policy.plan().from, 5);
  EXPECT_DOUBLE_EQ(policy.plan().point[2], 0.2);
  game.Play(0.39);
  EXPECT_EQ(policy.plan().from, 5);
  EXPECT_DOUBLE_EQ(policy.plan().point[2], 0.25);  // a tenth of [0, 0.5]
  // Fewer than five losses: the noise is half a percent of 0.42.
  game.Play(0.387);
  policy.TakeLines();
  EXPECT_EQ(policy.plan().from, 7);
  EXPECT_DOUBLE_EQ(policy.plan().point[2], 0.25);
  game.Play(0.37);
  game.Play(0.36);
  // The arm has won, but others were never tried.
  game.Play(0.350);
  EXPECT_DOUBLE_EQ(policy.plan().point[2], 0.2);
  // Losses 0.5 0.46 0.42 0.387 0.37 0.36: second differences 0, 0.007, 0.016, 0.007; their median
  // 0.007 / (0.6745 sqrt(6)) = 0.00424.
  game.Play(0.346);
  EXPECT_EQ(policy.plan().from, 10);  // better, but not by enough
  EXPECT_DOUBLE_EQ(policy.plan().point[2], 0.25);
  EXPECT_EQ(policy.TakeLines(),
            std::vector<std::string>({"nudge dropped: dropout 0.25 → 0.2: loss 0.346 against 0.35, "
                                      "better by 0.004, the noise is 0.004237"}));
}

TEST(PolicyNudge, MovesTheRateUpwardsAloneWhileTheCurveFalls) {
  Policy policy(Config(100, {0}), {0.02, 0.9, 0});
  Game game(policy);
  Settle(game);
  double loss = 0.5;
  for (int i = 0; i < 25; ++i) {
    const double before = game.played.back().point[0];
    game.Play(loss *= 0.97);
    EXPECT_GE(policy.plan().point[0], std::min(before, 0.02));
  }
}

TEST(PolicyNudge, AParameterThatTheModelRefusesIsLeftAlone) {
  Policy policy(Config(50, {2, 1}), {0.02, 0.95, 0.2});
  Game game(policy);
  Settle(game);
  game.Play(0.46);
  game.Play(0.42);
  game.Play(0.39);
  EXPECT_DOUBLE_EQ(policy.plan().point[2], 0.25);
  game.Play(kNaN, FailureKind::kError);
  EXPECT_EQ(policy.plan().from, 6);
  game.Play(0.37);
  game.Play(0.36);
  game.Play(0.35);
  EXPECT_DOUBLE_EQ(policy.plan().point[2], 0.2);
  EXPECT_GT(policy.plan().point[1], 0.95);
}

TEST(PolicyPlateau, IsNudgedAndThenCooled) {
  Policy policy(Config(60, {2}), {0.02, 0.9, 0.2});
  Game game(policy);
  Settle(game);
  game.Play(0.4);
  game.Play(0.4);
  game.Play(0.4);
  game.Play(0.4);  // the nudge of every third day
  EXPECT_EQ(policy.plan().from, 6);
  // 0.5 0.4 0.4 0.4: there was progress.
  EXPECT_DOUBLE_EQ(PlannedRate(policy), 0.02);
  game.Play(0.4);
  // 0.5 0.4, and three days no better: a nudge, before its time.
  game.Play(0.4);
  EXPECT_EQ(policy.plan().why, "nudge against a plateau, dropout 0.2 → 0.15");
  EXPECT_DOUBLE_EQ(PlannedRate(policy), 0.02);
  game.Play(0.4);
  // It has not helped. 11 days are spent; without a plateau it would cool after 24.
  const int64_t spent = static_cast<int64_t>(game.played.size());
  EXPECT_LT(PlannedRate(policy), 0.02);
  EXPECT_NEAR(PlannedRate(policy), 0.02 * (60 - spent) / (61 - spent), 1e-12);
}

TEST(PolicyEnd, TakesAnEarlierDayIfTheLastIsWorseByMoreThanTheNoise) {
  Policy policy(Config(5), {0.02, 0.9, 0});
  Game game(policy);
  game.Play(0.5);
  game.Play(0.4);
  game.Play(0.3);
  game.Play(0.32);
  EXPECT_TRUE(policy.plan().last);
  game.Play(0.34);
  ASSERT_EQ(policy.plan().kind, Plan::kTake);
  EXPECT_EQ(policy.plan().from, 2);
  game.Play(0.3);
  EXPECT_EQ(policy.plan().kind, Plan::kOver);
}

TEST(PolicyEnd, TakesTheBestDayIfTheLastOneFails) {
  Policy policy(Config(4), {0.02, 0.9, 0});
  Game game(policy);
  game.Play(0.5);
  game.Play(0.4);
  game.Play(0.3);
  game.Play(kNaN);
  ASSERT_EQ(policy.plan().kind, Plan::kTake);
  EXPECT_EQ(policy.plan().from, 2);
}

TEST(PolicyUser, ADayThatWasNotPlannedIsGoneOnFrom) {
  Policy policy(Config(27), {0.02, 0.9, 0});
  Game game(policy);
  Settle(game);
  Day day = game.played[0];
  day.trial = 99;
  day.from = 0;
  day.first_step = 1;
  day.last_step = 3;
  day.point[0] = 0.07;
  day.loss = 0.45;
  policy.Add(day);
  EXPECT_EQ(policy.plan().from, 99);
  EXPECT_EQ(policy.plan().last_step, 4);
  EXPECT_DOUBLE_EQ(PlannedRate(policy), 0.07);
}

TEST(PolicyUser, ADayThatWasNotPlannedAndHasBlownUpIsLeft) {
  Policy policy(Config(27), {0.02, 0.9, 0});
  Game game(policy);
  Settle(game);
  const int64_t before = *policy.tip();
  policy.TakeLines();
  Day day = game.played[before];
  day.trial = 99;
  day.from = before;
  day.first_step = day.last_step;
  ++day.last_step;
  day.point[0] = 1;
  day.loss = 50;
  policy.Add(day);
  EXPECT_EQ(policy.plan().from, before);
  EXPECT_DOUBLE_EQ(PlannedRate(policy), game.played[before].point[0]);
  EXPECT_EQ(policy.TakeLines(), std::vector<std::string>(
                                    {"trial 99, which was not planned, has blown up (loss 50 after "
                                     "0.5): back to trial 0"}));
}

TEST(PolicyUser, GoesOnFromWhereTheUserHasGone) {
  Policy policy(Config(27), {0.02, 0.9, 0});
  Game game(policy);
  Settle(game);
  game.Play(0.45);
  EXPECT_EQ(policy.tip(), 4);
  Point point = game.played[0].point;
  policy.GoOnFrom(0, point);
  EXPECT_EQ(policy.tip(), 0);
  EXPECT_EQ(policy.plan().from, 0);
  EXPECT_EQ(policy.plan().last_step, 2);
  EXPECT_TRUE(SamePoint(policy.plan().point, point));
  point[0] = 0.07;
  policy.GoOnFrom(0, point);
  EXPECT_DOUBLE_EQ(PlannedRate(policy), 0.07);
}

TEST(PolicyUser, ADayThatWasCutOffIsTrainedAgainWithWhatIsLeft) {
  Policy policy(Config(5), {0.02, 0.9, 0});
  Game game(policy);
  game.Play(0.5);
  game.Play(kNaN, FailureKind::kLostWorker);
  EXPECT_EQ(policy.plan().from, 0);
  EXPECT_DOUBLE_EQ(PlannedRate(policy), 0.02);
}

// Whatever happens: the budget is kept, the training ends, and a policy that hears of all days
// plans what the old one did.
TEST(Policy, KeepsItsBudgetAndIsAFunctionOfWhatItWasTold) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    RandomStream rng(seed, 0, 0);
    PolicyConfig config = Config(static_cast<int64_t>(1 + rng.Below(60)), {0, 1, 2});
    config.day = static_cast<int64_t>(1 + rng.Below(4));
    if (rng.Below(3) == 0) config.max_steps = std::max<int64_t>(1, config.steps / 2);
    if (rng.Below(4) == 0) config.rate.reset();
    const Point start = {std::pow(10, -4 * rng.Uniform()), 0.95, 0.1};
    Policy policy(config, start);
    Game game(policy);
    int64_t steps = 0;
    int complete = 0;
    while (policy.plan().kind != Plan::kOver) {
      ASSERT_LT(game.played.size(), 200) << seed;
      const Plan& plan = policy.plan();
      ASSERT_TRUE(Space().Validate(plan.point).ok()) << Space().Validate(plan.point);
      ASSERT_LE(plan.last_step, config.max_steps);
      const bool takes = plan.kind == Plan::kTake;
      if (!takes) {
        ASSERT_GT(plan.last_step, plan.from.has_value() ? game.played[*plan.from].last_step : 0);
      }
      const double loss = takes                ? game.played[*plan.from].loss
                          : rng.Below(12) == 0 ? kNaN
                                               : rng.Uniform() * (rng.Below(9) == 0 ? 9 : 1);
      const Day day = game.Play(loss);
      steps += day.steps();
      complete += day.state == TrialState::kComplete;
      Policy other(config, start);
      for (const Day& told : game.played) other.Add(told);
      ASSERT_EQ(other.plan().kind, policy.plan().kind);
      ASSERT_EQ(other.plan().why, policy.plan().why);
      ASSERT_TRUE(SamePoint(other.plan().point, policy.plan().point));
    }
    EXPECT_LE(steps, config.steps) << seed;
    if (policy.tip().has_value()) {
      EXPECT_GE(complete, 1) << seed;
    }
  }
}

}  // namespace
}  // namespace sturgeon
