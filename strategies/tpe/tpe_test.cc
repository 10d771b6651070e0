#include "strategies/tpe/tpe.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/random.h"
#include "core/study.h"
#include "gtest/gtest.h"
#include "samplers/sobol/sobol.h"
#include "strategies/conformance.h"

namespace sturgeon {
namespace {

Plugins TestPlugins() {
  Plugins plugins;
  EXPECT_TRUE(plugins.samplers.Add(kSobolSampler).ok());
  EXPECT_TRUE(plugins.strategies.Add(kTpeStrategy).ok());
  return plugins;
}

StrategyCase Defaults() {
  StrategyCase defaults = {"defaults", &kTpeStrategy, TestPlugins()};
  defaults.exhausts = true;
  return defaults;
}

// Everything learnt, and everything forgotten.
StrategyCase Drifting() {
  StrategyCase drifting = Defaults();
  drifting.name = "drifting";
  drifting.options = Value(Value::Object{{"startup_trials", 1},
                                         {"start_at_default", false},
                                         {"candidates", 4},
                                         {"half_life", 10},
                                         {"max_good", 3}});
  drifting.trials = 24;
  return drifting;
}

INSTANTIATE_TEST_SUITE_P(Tpe, StrategyConformance, testing::Values(Defaults(), Drifting()),
                         StrategyCaseName);

// A study of tpe, and how its trials end.
class Play {
 public:
  using Loss = std::function<double(const Suggestion&)>;

  explicit Play(std::vector<Parameter> parameters, uint64_t seed = 1, StudyConfig config = {}) {
    config.space = *SearchSpace::Create(std::move(parameters));
    config.seed = seed;
    auto study = Study::Create(std::move(config), {"tpe"}, plugins_);
    EXPECT_TRUE(study.ok()) << study.status();
    study_ = *std::move(study);
  }

  std::vector<Suggestion> Ask(int count) {
    auto suggestions = study_->Ask(count);
    EXPECT_TRUE(suggestions.ok()) << suggestions.status();
    return *std::move(suggestions);
  }
  void Tell(const Suggestion& trial, Outcome outcome) {
    EXPECT_TRUE(study_->Tell(trial.id, std::move(outcome)).ok());
  }
  // Trials one after another.
  std::vector<Suggestion> Run(int count, const Loss& loss) {
    std::vector<Suggestion> all;
    for (int i = 0; i < count; ++i) {
      for (const Suggestion& trial : Ask(1)) {
        Tell(trial, Outcome::Complete({loss(trial)}));
        all.push_back(trial);
      }
    }
    return all;
  }
  Study& study() { return *study_; }

 private:
  const Plugins plugins_ = TestPlugins();
  std::unique_ptr<Study> study_;
};

std::vector<Parameter> Cube(int dimensions) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < dimensions; ++i) {
    parameters.push_back(Parameter::Float(absl::StrCat("x", i), 0, 1));
  }
  return parameters;
}

double Square(double x) { return x * x; }

double Bowl(const Suggestion& trial) {
  double sum = 0;
  for (const double x : trial.point) sum += Square(x - 0.3);
  return sum;
}

TEST(Tpe, FindsTheBottomOfABowl) {
  for (const uint64_t seed : {1, 2, 3}) {
    Play play(Cube(4), seed);
    play.Run(80, Bowl);
    // The best of 80 random points lies near 0.06 (median).
    EXPECT_LT(play.study().Best()->values[0], 0.02) << "seed " << seed;
  }
}

TEST(Tpe, LearnsOfEveryKindOfParameter) {
  Play play({Parameter::Float("rate", 1e-5, 1, Scale::kLog), Parameter::Int("layers", 1, 8),
             Parameter::Int("units", 1, 1024, Scale::kLog),
             Parameter::Categorical("kind", {"a", "b", "c", "d"})});
  const auto trials = play.Run(100, [](const Suggestion& trial) {
    return Square(std::log10(trial.point[0]) + 3) + Square((trial.point[1] - 6) / 2) +
           Square(std::log2(trial.point[2]) - 6) + (trial.point[3] == 2 ? 0 : 2);
  });
  EXPECT_LT(play.study().Best()->values[0], 0.5);
  int right = 0;
  for (size_t i = 60; i < trials.size(); ++i) right += trials[i].point[3] == 2 ? 1 : 0;
  EXPECT_GT(right, 24);  // of 40; by chance 10
}

TEST(Tpe, SearchesABranchThatIsSeldomGoodWhereItIsBest) {
  Play play({Parameter::Categorical("model", {"good", "bad"}),
             Parameter::Float("x", 0, 1).When("model", {"good"}),
             Parameter::Float("y", 0, 1).When("model", {"bad"})});
  const auto trials = play.Run(120, [](const Suggestion& trial) {
    return trial.point[0] == 0 ? Square(trial.point[1] - 0.8) : 0.1 + Square(trial.point[2] - 0.2);
  });
  int good = 0, bad = 0, near = 0;
  for (size_t i = 40; i < trials.size(); ++i) {
    if (trials[i].point[0] == 0) {
      ++good;
    } else {
      ++bad;
      near += std::abs(trials[i].point[2] - 0.2) < 0.2 ? 1 : 0;
    }
  }
  EXPECT_GT(good, 3 * bad);
  EXPECT_GT(bad, 0);
  EXPECT_GE(2 * near, bad);  // by chance 0.4
}

TEST(Tpe, ABranchThatNeedsTuningIsGivenTheTrials) {
  // At first sight `plain` is better; where it is best, `fine` is.
  int found = 0;
  for (const uint64_t seed : {1, 2, 3, 4, 5}) {
    Play play({Parameter::Categorical("model", {"plain", "fine"}),
               Parameter::Float("x", 0, 1).When("model", {"plain"}),
               Parameter::Float("y", 0, 1).When("model", {"fine"}),
               Parameter::Float("z", 0, 1).When("model", {"fine"})},
              seed);
    play.Run(80, [](const Suggestion& trial) {
      if (trial.point[0] == 0) return 0.3 + 0.1 * Square(trial.point[1] - 0.5);
      return 4 * (Square(trial.point[2] - 0.8) + Square(trial.point[3] - 0.2));
    });
    found += play.study().Best()->point[0] == 1 ? 1 : 0;
  }
  EXPECT_GE(found, 4);
}

TEST(Tpe, RunningTrialsKeepOthersAway) {
  // How far from the bottom ten proposals lie while thirty trials run at a point.
  const auto distance = [](double x) {
    double sum = 0;
    for (const uint64_t seed : {1, 2, 3}) {
      Play play(Cube(2), seed);
      play.Run(30, Bowl);
      for (int i = 0; i < 30; ++i) EXPECT_TRUE(play.study().Enqueue(Point{x, x}).ok());
      play.Ask(30);
      for (const Suggestion& trial : play.Ask(10)) sum += std::sqrt(Bowl(trial)) / 30;
    }
    return sum;
  };
  EXPECT_GT(distance(0.3), 1.2 * distance(0.9));
}

TEST(Tpe, ABatchIsWhatSingleTrialsAreWhileNoneEnds) {
  Play singles(Cube(3)), batches(Cube(3));
  singles.Run(20, Bowl);
  batches.Run(20, Bowl);
  const std::vector<Suggestion> batch = batches.Ask(6);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(batch[i].point, singles.Ask(1)[0].point);
}

TEST(Tpe, ConstraintsBoundTheSearch) {
  Play play(Cube(2));
  int feasible = 0;
  for (int i = 0; i < 80; ++i) {
    for (const Suggestion& trial : play.Ask(1)) {
      Outcome outcome = Outcome::Complete({-trial.point[0]});
      outcome.constraints = {trial.point[0] + trial.point[1] - 0.9};
      feasible += i >= 40 && outcome.constraints[0] <= 0 ? 1 : 0;
      play.Tell(trial, std::move(outcome));
    }
  }
  EXPECT_LT(play.study().Best()->values[0], -0.75);
  EXPECT_GT(feasible, 16);  // of 40; unconstrained, nearly none would be
}

TEST(Tpe, TriesEveryPointOfASmallSpaceOnce) {
  Play play({Parameter::Int("i", 1, 6), Parameter::Categorical("c", {"a", "b", "c"})});
  std::set<Point> seen;
  for (const Suggestion& trial : play.Run(40, Bowl)) seen.insert(trial.point);
  EXPECT_EQ(seen.size(), 18);
  EXPECT_EQ(play.study().counts().total(), 18);
}

TEST(Tpe, StartsAtTheDefaults) {
  Play play({Parameter::Float("x", 0, 1).Default(0.125), Parameter::Float("y", 0, 1).Prior(0.75),
             Parameter::Categorical("c", {"a", "b"}).Default("b")});
  EXPECT_EQ(play.Ask(1)[0].point, (Point{0.125, 0.75, 1}));
}

TEST(Tpe, ARightPriorHelpsAndAWrongOneIsNoDisaster) {
  const auto best = [](double belief, int trials) {
    double sum = 0;
    for (const uint64_t seed : {1, 2, 3}) {
      std::vector<Parameter> parameters;
      for (int i = 0; i < 4; ++i) {
        parameters.push_back(Parameter::Float(absl::StrCat("x", i), 0, 1).Prior(belief, 0.1));
      }
      Play play(std::move(parameters), seed);
      play.Run(trials, Bowl);
      sum += play.study().Best()->values[0] / 3;
    }
    return sum;
  };
  // Not quite where the bottom is, which is 0.3.
  EXPECT_LT(best(0.35, 10), 0.3 * best(0.9, 10));
  EXPECT_LT(best(0.9, 80), 0.03);
}

// The bowl of an earlier study, with its bottom elsewhere.
StudyConfig After(double bottom) {
  StudyConfig config;
  EarlierStudy& earlier = config.warm_start.emplace_back();
  for (int64_t i = 0; i < 100; ++i) {
    RandomStream rng(5, i, 0);
    EarlierTrial& trial = earlier.trials.emplace_back();
    double loss = 0;
    for (int j = 0; j < 4; ++j) {
      trial.point.push_back(rng.Uniform());
      loss += Square(trial.point.back() - bottom);
    }
    trial.values = {1000 * loss};
  }
  return config;
}

TEST(Tpe, LearnsFromAnEarlierStudyAsFarAsItAgrees) {
  const auto best = [](const StudyConfig& config, int trials) {
    double sum = 0;
    for (const uint64_t seed : {1, 2, 3}) {
      Play play(Cube(4), seed, config);
      play.Run(trials, Bowl);
      sum += play.study().Best()->values[0] / 3;
    }
    return sum;
  };
  EXPECT_LT(best(After(0.35), 15), 0.6 * best({}, 15));
  EXPECT_LT(best(After(0.9), 80), 0.03);
}

TEST(Tpe, AnEarlierStudysBestIsTriedFirst) {
  const StudyConfig config = After(0.6);
  Play play(Cube(4), 1, config);
  const Point first = play.Ask(1)[0].point;
  double least = 4;
  for (const EarlierTrial& trial : config.warm_start[0].trials) {
    least = std::min(least, trial.values[0] / 1000);
  }
  double loss = 0;
  for (const double x : first) loss += Square(x - 0.6);
  EXPECT_NEAR(loss, least, 1e-9);
}

TEST(Tpe, SpreadsOverTheFrontOfTwoObjectives) {
  // The front is y = 0, from x = 0, where the first loss is least, to x = 1.
  StudyConfig config;
  config.objectives = {{"first", Goal::kMinimize}, {"second", Goal::kMaximize}};
  Play play(Cube(4), 1, config);
  for (int i = 0; i < 100; ++i) {
    for (const Suggestion& trial : play.Ask(1)) {
      double away = 0;
      for (int j = 1; j < 4; ++j) away += trial.point[j];
      play.Tell(trial, Outcome::Complete({trial.point[0] + away, -(1 - trial.point[0] + away)}));
    }
  }
  int low = 0, middle = 0, high = 0;
  for (const Trial& trial : play.study().ParetoFront()) {
    if (trial.point[1] + trial.point[2] + trial.point[3] > 0.5) continue;  // 1.5 on average
    ++(trial.point[0] < 1 / 3.0 ? low : trial.point[0] < 2 / 3.0 ? middle : high);
  }
  EXPECT_GE(low, 2);
  EXPECT_GE(middle, 2);
  EXPECT_GE(high, 2);
}

TEST(Tpe, WhatItCannotDoIsSaidAtOnce) {
  const Plugins plugins = TestPlugins();
  StudyConfig config;
  config.space = *SearchSpace::Create(Cube(1));
  const auto error = [&](Value options) {
    return std::string(
        Study::Create(config, {"tpe", std::move(options)}, plugins).status().message());
  };
  EXPECT_TRUE(absl::StrContains(error(Value::Object{{"gamma", 0.0}}), "gamma: 0.0 is out of range"))
      << error(Value::Object{{"gamma", 0.0}});
  EXPECT_TRUE(absl::StrContains(error(Value::Object{{"sampler", "sobel"}}), "\"sobol\""));
}

}  // namespace
}  // namespace sturgeon
