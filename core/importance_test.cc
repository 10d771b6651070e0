#include "core/importance.h"

#include <cmath>
#include <limits>
#include <vector>

#include "core/random.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

StudyConfig Config(Goal goal = Goal::kMinimize) {
  StudyConfig config;
  config.space = *SearchSpace::Create(
      {Parameter::Float("strong", 0, 1), Parameter::Float("weak", 0, 1),
       Parameter::Float("none", 0, 1), Parameter::Categorical("choice", {"a", "b", "c"}),
       Parameter::Float("sub", 0, 1).When("choice", {"c"})});
  config.objectives = {{"value", goal}};
  return config;
}

std::vector<Trial> Trials(const StudyConfig& config, int count, uint64_t seed) {
  std::vector<Trial> trials;
  for (int i = 0; i < count; ++i) {
    RandomStream rng(seed, i, 0);
    Trial trial;
    trial.id = i;
    trial.state = TrialState::kComplete;
    trial.point.resize(5);
    Point unit(5);
    for (double& u : unit) u = rng.Uniform();
    config.space.FromUnit(unit, absl::MakeSpan(trial.point));
    const double loss = std::pow(trial.point[0] - 0.4, 2) * 10 + 0.3 * trial.point[1] +
                        (trial.point[3] == 1 ? 0.8 : 0.0) + 0.05 * rng.Normal();
    trial.values = {config.objectives[0].Loss(loss)};
    trials.push_back(trial);
  }
  return trials;
}

TEST(MainEffects, RanksParametersByWhatTheyDo) {
  for (const Goal goal : {Goal::kMinimize, Goal::kMaximize}) {
    const StudyConfig config = Config(goal);
    const std::vector<double> effects = MainEffects(config, Trials(config, 200, 1));
    EXPECT_GT(effects[0], 0.35);
    EXPECT_GT(effects[0], effects[3]);
    EXPECT_GT(effects[3], effects[1]);
    EXPECT_LT(effects[2], 0.05);
    for (const double effect : effects) {
      EXPECT_GE(effect, 0);
      EXPECT_LE(effect, 1);
    }
  }
}

TEST(MainEffects, AnInertParameterGetsLittleEvenFromFewTrials) {
  const StudyConfig config = Config();
  double sum = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    sum += MainEffects(config, Trials(config, 24, seed))[2];
  }
  EXPECT_LT(sum / 50, 0.08);
}

TEST(MainEffects, FailedTrialsCountAsWorstAndRunningOnesNotAtAll) {
  const StudyConfig config = Config();
  std::vector<Trial> trials = Trials(config, 100, 2);
  for (Trial& trial : trials) {
    trial.values = {0.0};
    if (trial.point[2] > 0.5) {
      trial.state = TrialState::kFailed;
      trial.values.clear();
    }
  }
  Trial running = trials[0];
  running.state = TrialState::kRunning;
  running.values.clear();
  trials.push_back(running);
  const double effect = MainEffects(config, trials)[2];
  EXPECT_GT(effect, 0.8);

  // Trials that were cut off say nothing, wherever they lie.
  for (int i = 0; i < 50; ++i) {
    trials.push_back(trials[i]);
    trials.back().state = TrialState::kFailed;
    trials.back().failure = FailureKind::kCancelled;
    trials.back().values.clear();
  }
  EXPECT_EQ(MainEffects(config, trials)[2], effect);
}

TEST(MainEffects, SaysNothingWithoutEvidence) {
  const StudyConfig config = Config();
  for (const int count : {0, 7}) {
    for (const double effect : MainEffects(config, Trials(config, count, 3))) EXPECT_EQ(effect, 0);
  }
  std::vector<Trial> equal = Trials(config, 50, 3);
  for (Trial& trial : equal) trial.values = {1.0};
  for (const double effect : MainEffects(config, equal)) EXPECT_EQ(effect, 0);
}

}  // namespace
}  // namespace sturgeon
