#include "strategies/coarse_to_fine/coarse_to_fine.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/study.h"
#include "gtest/gtest.h"
#include "samplers/grid/grid.h"
#include "samplers/latin_hypercube/latin_hypercube.h"
#include "samplers/sobol/sobol.h"
#include "samplers/uniform/uniform.h"
#include "strategies/conformance.h"
#include "strategies/random/random.h"

namespace sturgeon {
namespace {

Plugins TestPlugins() {
  Plugins plugins;
  EXPECT_TRUE(plugins.samplers.Add(kGridSampler).ok());
  EXPECT_TRUE(plugins.samplers.Add(kLatinHypercubeSampler).ok());
  EXPECT_TRUE(plugins.samplers.Add(kSobolSampler).ok());
  EXPECT_TRUE(plugins.samplers.Add(kUniformSampler).ok());
  EXPECT_TRUE(plugins.strategies.Add(kCoarseToFineStrategy).ok());
  EXPECT_TRUE(plugins.strategies.Add(kRandomStrategy).ok());
  return plugins;
}

StrategyCase Case(const char* name, Value options = Value::Object()) {
  StrategyCase c = {name, &kCoarseToFineStrategy, TestPlugins(), std::move(options)};
  c.several_objectives = false;
  return c;
}

INSTANTIATE_TEST_SUITE_P(
    CoarseToFine, StrategyConformance,
    testing::Values(Case("defaults"),
                    Case("latin_hypercube",
                         Value::Object{{"sampler", "latin_hypercube"}, {"rounds", 3}}),
                    Case("many_rounds", Value::Object{{"rounds", 12}, {"trials_per_round", 4}}),
                    Case("one_round", Value::Object{{"rounds", 1}})),
    StrategyCaseName);

// A study of one strategy whose trials run one after another.
class Play {
 public:
  // The loss of a point; NaN makes the trial fail.
  using Loss = std::function<double(const Suggestion&)>;

  Play(std::vector<Parameter> parameters, int64_t trials, Value options = Value::Object(),
       uint64_t seed = 1, const char* strategy = "coarse_to_fine") {
    StudyConfig config;
    absl::StatusOr<SearchSpace> space = SearchSpace::Create(std::move(parameters));
    EXPECT_TRUE(space.ok()) << space.status();
    config.space = *std::move(space);
    config.trials = trials;
    config.seed = seed;
    StudyHooks hooks;
    hooks.on_note = [this](absl::string_view line) { notes_.emplace_back(line); };
    auto study = Study::Create(std::move(config), {strategy, std::move(options)}, plugins_, hooks);
    EXPECT_TRUE(study.ok()) << study.status();
    study_ = *std::move(study);
  }

  std::vector<Suggestion> Ask(int count) {
    auto suggestions = study_->Ask(count);
    EXPECT_TRUE(suggestions.ok()) << suggestions.status();
    return *std::move(suggestions);
  }
  void Tell(const Suggestion& trial, double loss) {
    const absl::Status told =
        study_->Tell(trial.id, std::isnan(loss) ? Outcome::Failed(FailureKind::kError, "diverged")
                                                : Outcome::Complete({loss}));
    EXPECT_TRUE(told.ok()) << told;
  }
  // Runs so many more trials and returns them.
  std::vector<Suggestion> Run(int trials, const Loss& loss) {
    std::vector<Suggestion> run;
    for (int i = 0; i < trials; ++i) {
      run.push_back(Ask(1).front());
      Tell(run.back(), loss(run.back()));
    }
    return run;
  }

  double Best() const { return study_->Best()->values[0]; }
  const std::vector<std::string>& notes() const { return notes_; }
  Study& study() { return *study_; }

 private:
  const Plugins plugins_ = TestPlugins();
  std::vector<std::string> notes_;
  std::unique_ptr<Study> study_;
};

struct Interval {
  double low = 1e300, high = -1e300;
  double width() const { return high - low; }
};

Interval RangeOf(const std::vector<Suggestion>& trials, const char* name) {
  Interval range;
  for (const Suggestion& trial : trials) {
    const double v = trial.Number(name);
    if (std::isnan(v)) continue;
    range.low = std::min(range.low, v);
    range.high = std::max(range.high, v);
  }
  return range;
}

std::set<std::string> ChoicesOf(const std::vector<Suggestion>& trials, const char* name) {
  std::set<std::string> choices;
  for (const Suggestion& trial : trials) {
    if (trial.Get(name).is_string()) choices.insert(trial.Get(name).string());
  }
  return choices;
}

std::vector<Parameter> Cube(int dimensions, double low, double high) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < dimensions; ++i) {
    parameters.push_back(Parameter::Float(absl::StrCat("x", i), low, high));
  }
  return parameters;
}

// The geometric mean, over seeds, of the best of 60 trials, relative to random search's; and how
// often it is the better one.
struct Comparison {
  double ratio;
  int wins;
};
constexpr int kSeeds = 20;
Comparison AgainstRandom(const std::function<Play::Loss(int seed)>& make_loss, double low,
                         double high) {
  double log_ratio = 0;
  int wins = 0;
  for (int seed = 0; seed < kSeeds; ++seed) {
    double best[2];
    for (const bool ours : {false, true}) {
      Play play(Cube(4, low, high), 60, Value::Object(), seed, ours ? "coarse_to_fine" : "random");
      play.Run(60, make_loss(seed));
      best[ours] = play.Best();
    }
    log_ratio += std::log(best[1] / best[0]) / kSeeds;
    wins += best[1] < best[0];
  }
  return {std::exp(log_ratio), wins};
}

// Measured over 200 seeds (docs/strategies.md): 0.05 and 0.1.
TEST(CoarseToFine, BeatsRandomSearchClearlyOnSmoothObjectives) {
  const Comparison sphere = AgainstRandom(
      [](int seed) {
        return [seed](const Suggestion& trial) {
          double sum = 0;
          for (int i = 0; i < 4; ++i) {
            const double optimum = 0.15 + 0.07 * ((seed * 7 + i * 3) % 11);
            sum += (trial.point[i] - optimum) * (trial.point[i] - optimum);
          }
          return sum;
        };
      },
      0, 1);
  EXPECT_LT(sphere.ratio, 0.25);
  EXPECT_GE(sphere.wins, 18);

  const Comparison rosenbrock = AgainstRandom(
      [](int) {
        return [](const Suggestion& trial) {
          double sum = 0;
          for (int i = 0; i < 3; ++i) {
            const double a = trial.point[i], b = trial.point[i + 1];
            sum += 100 * (b - a * a) * (b - a * a) + (1 - a) * (1 - a);
          }
          return sum;
        };
      },
      -2, 2);
  EXPECT_LT(rosenbrock.ratio, 0.4);
  EXPECT_GE(rosenbrock.wins, 18);
}

TEST(CoarseToFine, DoesNotLoseToRandomSearchWhereThereAreManyMinima) {
  const Comparison rastrigin = AgainstRandom(
      [](int seed) {
        return [seed](const Suggestion& trial) {
          double sum = 0;
          for (int i = 0; i < 4; ++i) {
            const double z = trial.point[i] - (-3.1 + 0.6 * ((seed * 7 + i * 3) % 11));
            sum += z * z + 10 * (1 - std::cos(6.283185307179586 * z));
          }
          return sum;
        };
      },
      -5.12, 5.12);
  EXPECT_LT(rastrigin.ratio, 0.8);
}

TEST(CoarseToFine, EveryRoundsBoxIsSmallerAndHoldsTheOptimum) {
  Play play(Cube(2, 0, 1), 60);
  const Play::Loss loss = [](const Suggestion& trial) {
    return std::hypot(trial.point[0] - 0.37, trial.point[1] - 0.61);
  };
  double widest = 1;
  for (int round = 0; round < 5; ++round) {
    const std::vector<Suggestion> trials = play.Run(12, loss);
    for (const auto& [name, optimum] : {std::pair("x0", 0.37), std::pair("x1", 0.61)}) {
      const Interval range = RangeOf(trials, name);
      EXPECT_LE(range.width(), widest) << "round " << round;
      EXPECT_LT(range.low, optimum) << "round " << round;
      EXPECT_GT(range.high, optimum) << "round " << round;
    }
    widest *= 0.6;
  }
  // On it goes, in the last box.
  for (const Suggestion& trial : play.Run(50, loss)) {
    EXPECT_NEAR(trial.point[0], 0.37, 0.6 * 0.6 * 0.6 * 0.6);
  }
  EXPECT_EQ(play.notes().size(), 5);
}

// Who looks at a study tells its trials to a strategy of their own, in any portions.
TEST(CoarseToFine, TheRoundsAreKnownFromTheTrials) {
  Play play({Parameter::Float("rate", 1e-6, 1, Scale::kLog),
             Parameter::Categorical("way", {"left", "right", "back"})},
            60, Value::Object{{"rounds", 3}});
  play.Run(45, [](const Suggestion& trial) {
    return std::abs(std::log10(trial.Number("rate")) + 4) + trial.point[1];
  });
  const Plugins plugins = TestPlugins();
  const StudyConfig& config = play.study().config();
  auto strategy = plugins.strategies.Create({"coarse_to_fine", Value::Object{{"rounds", 3}}},
                                            {config, plugins, [](absl::string_view) {}});
  ASSERT_TRUE(strategy.ok()) << strategy.status();
  EXPECT_TRUE((*strategy)->Rounds().empty());
  const std::vector<Trial> trials = play.study().Trials();
  for (const Trial& trial : trials) {
    const Trial* const one = &trial;
    ASSERT_TRUE((*strategy)->Tell({&one, 1}).ok());
  }
  const std::vector<SearchRound> rounds = (*strategy)->Rounds();
  ASSERT_EQ(rounds.size(), 3u);
  ASSERT_EQ(rounds[0].box.size(), 2u);
  EXPECT_DOUBLE_EQ(rounds[0].box[0][0], 1e-6);
  EXPECT_DOUBLE_EQ(rounds[0].box[0][1], 1);
  EXPECT_EQ(rounds[0].box[1], (std::vector<double>{0, 1, 2}));
  for (size_t r = 1; r < rounds.size(); ++r) {
    EXPECT_EQ(rounds[r].first_trial, static_cast<int64_t>(20 * r));
    EXPECT_LT(rounds[r].box[0][1] / rounds[r].box[0][0],
              rounds[r - 1].box[0][1] / rounds[r - 1].box[0][0]);
    EXPECT_LE(rounds[r].box[1].size(), rounds[r - 1].box[1].size());
    // The trials of the round lie in its box.
    for (const Trial& trial : trials) {
      if (trial.id / 20 != static_cast<int64_t>(r)) continue;
      EXPECT_GE(trial.point[0], rounds[r].box[0][0] * (1 - 1e-12));
      EXPECT_LE(trial.point[0], rounds[r].box[0][1] * (1 + 1e-12));
      EXPECT_TRUE(std::count(rounds[r].box[1].begin(), rounds[r].box[1].end(), trial.point[1]));
    }
  }
}

TEST(CoarseToFine, TheBoxIsDrawnOnTheParametersOwnScale) {
  Play play({Parameter::Float("rate", 1e-6, 1, Scale::kLog),
             Parameter::Float("momentum", 0.9, 0.9999, Scale::kReverseLog)},
            60);
  play.Run(48, [](const Suggestion& trial) {
    return std::abs(std::log10(trial.Number("rate")) + 4) +
           std::abs(std::log10(1 - trial.Number("momentum")) + 3);
  });
  const std::vector<Suggestion> last = play.Run(12, [](const Suggestion&) { return 1; });
  const Interval rate = RangeOf(last, "rate"), momentum = RangeOf(last, "momentum");
  EXPECT_GT(rate.low, 1e-5);
  EXPECT_LT(rate.high, 1e-3);
  EXPECT_GT(momentum.low, 0.996);
  EXPECT_LT(momentum.high, 0.9997);
}

TEST(CoarseToFine, ABoxIsMovedNotCutAtTheBorder) {
  Play play(Cube(1, 0, 1), 60, Value::Object{{"rounds", 3}, {"trials_per_round", 20}});
  const Play::Loss loss = [](const Suggestion& trial) { return 1 - trial.point[0]; };
  play.Run(40, loss);
  const Interval last = RangeOf(play.Run(40, loss), "x0");
  EXPECT_LE(last.high, 1);
  EXPECT_GT(last.high, 0.98);
  // At least (0.6 / 2)^2 wide.
  EXPECT_GT(last.width(), 0.8 * 0.09);
}

// The first round saw a hollow at 0.3; in its box the loss falls towards the wall.
TEST(CoarseToFine, ABoxThatShrankOntoAWallRecentres) {
  Play play(Cube(1, 0, 1), 60, Value::Object{{"rounds", 3}, {"trials_per_round", 20}});
  play.Run(20, [](const Suggestion& trial) { return 10 + std::abs(trial.point[0] - 0.3); });
  const Play::Loss falls = [](const Suggestion& trial) { return 1 - trial.point[0]; };
  const Interval second = RangeOf(play.Run(20, falls), "x0");
  const Interval third = RangeOf(play.Run(20, falls), "x0");
  EXPECT_LT(second.high, 0.7);
  EXPECT_GT(third.high, second.high);
  EXPECT_GT(third.low, second.low);
}

TEST(CoarseToFine, FailedTrialsDoNotCountAndLeaveTheBoxWider) {
  const auto second_round = [](const Play::Loss& loss) {
    Play play(Cube(1, 0, 1), 40, Value::Object{{"rounds", 2}, {"shrink", 0.3}});
    play.Run(20, loss);
    return RangeOf(play.Run(20, loss), "x0");
  };
  const auto hollow = [](const Suggestion& trial) { return std::abs(trial.point[0] - 0.2); };
  const Interval all = second_round(hollow);
  const Interval half = second_round(
      [&](const Suggestion& trial) { return trial.point[0] > 0.5 ? std::nan("") : hollow(trial); });
  EXPECT_LT(half.low, 0.2);
  EXPECT_GT(half.high, 0.2);
  EXPECT_LT(half.high, 0.6);
  EXPECT_GT(half.width(), all.width());
  const Interval none = second_round([](const Suggestion&) { return std::nan(""); });
  EXPECT_GT(none.width(), 0.9);
}

TEST(CoarseToFine, InfeasibleTrialsRankBehindFeasibleOnes) {
  Play play(Cube(1, 0, 1), 40, Value::Object{{"rounds", 2}});
  for (int i = 0; i < 20; ++i) {
    const Suggestion trial = play.Ask(1).front();
    Outcome outcome = Outcome::Complete({trial.point[0]});  // best at 0 …
    outcome.constraints = {0.7 - trial.point[0]};           // … but feasible from 0.7 on
    ASSERT_TRUE(play.study().Tell(trial.id, outcome).ok());
  }
  const Interval second = RangeOf(play.Run(20, [](const Suggestion&) { return 0; }), "x0");
  EXPECT_GT(second.low, 0.35);
  EXPECT_GT(second.high, 0.9);
}

std::vector<Parameter> Mixed() {
  return {Parameter::Categorical("optimizer", {"sgd", "momentum", "adam"}),
          Parameter::Float("beta2", 0.99, 0.9999, Scale::kReverseLog).When("optimizer", {"adam"}),
          Parameter::Float("nesterov", 0, 1).When("optimizer", {"momentum"}),
          Parameter::Int("layers", 1, 16), Parameter::Int("units", 8, 1024, Scale::kLog)};
}

double MixedLoss(const Suggestion& trial) {
  const double optimizer = trial.Get("optimizer") == Value("adam")  ? 0
                           : trial.Get("optimizer") == Value("sgd") ? 3
                                                                    : 30;
  const double beta2 = trial.Number("beta2");
  return optimizer + (std::isnan(beta2) ? 0 : std::abs(std::log10(1 - beta2) + 3)) +
         0.1 * std::abs(trial.Number("layers") - 9) +
         0.1 * std::abs(std::log2(trial.Number("units")) - 6);
}

TEST(CoarseToFine, ChoicesGoFromTheWorstOnAndTheLastOneStays) {
  Play play(Mixed(), 80, Value::Object{{"rounds", 4}});
  EXPECT_EQ(ChoicesOf(play.Run(20, MixedLoss), "optimizer").size(), 3);
  // 3 x 0.6 = 1.8: two choices stay at least.
  EXPECT_EQ(ChoicesOf(play.Run(20, MixedLoss), "optimizer"),
            (std::set<std::string>{"adam", "sgd"}));
  play.Run(20, MixedLoss);
  EXPECT_EQ(ChoicesOf(play.Run(20, MixedLoss), "optimizer"), (std::set<std::string>{"adam"}));
}

TEST(CoarseToFine, AnIntsNeighboursStayInReach) {
  Play play(Mixed(), 80, Value::Object{{"rounds", 8}, {"shrink", 0.3}});
  play.Run(70, MixedLoss);
  const std::vector<Suggestion> last = play.Run(30, MixedLoss);
  std::set<double> layers, units;
  for (const Suggestion& trial : last) {
    layers.insert(trial.Number("layers"));
    units.insert(trial.Number("units"));
  }
  EXPECT_GE(layers.size(), 2);
  EXPECT_LE(layers.size(), 3);
  EXPECT_GE(units.size(), 2);
}

TEST(CoarseToFine, TheNotesTellWhereEachRoundLooks) {
  Play play(Mixed(), 80, Value::Object{{"rounds", 4}});
  play.Run(80, MixedLoss);
  ASSERT_EQ(play.notes().size(), 4);
  EXPECT_EQ(play.notes()[0], "round 1 of 4, 20 trials: the whole space");
  EXPECT_TRUE(
      absl::StartsWith(play.notes()[1], "round 2 of 4, 20 trials: optimizer sgd|adam, beta2 0.99"))
      << play.notes()[1];
  // What no choice that is left activates is not spoken of.
  EXPECT_FALSE(absl::StrContains(play.notes()[1], "nesterov")) << play.notes()[1];
  EXPECT_TRUE(absl::StrContains(play.notes()[3], "optimizer adam, ")) << play.notes()[3];
  EXPECT_TRUE(absl::StrContains(play.notes()[3], " … ")) << play.notes()[3];
}

TEST(CoarseToFine, ALongSpaceMakesAShortNote) {
  Play play(Cube(100, 0, 1), 40, Value::Object{{"rounds", 2}});
  play.Run(40, [](const Suggestion& trial) { return trial.point[0]; });
  EXPECT_TRUE(absl::EndsWith(play.notes()[1], ", and 88 more")) << play.notes()[1];
}

TEST(CoarseToFine, DoesNotWaitAndMovesTheBoxWhenLateTrialsEnd) {
  Play play(Cube(1, 0, 1), 40, Value::Object{{"rounds", 2}, {"keep", 0.1}, {"shrink", 0.3}});
  std::vector<Suggestion> late, told;
  for (const Suggestion& trial : play.Ask(20)) {
    (trial.point[0] > 0.8 ? late : told).push_back(trial);
  }
  ASSERT_GE(late.size(), 2);
  const auto loss = [](const Suggestion& trial) { return std::abs(trial.point[0] - 0.9); };
  // In the order of distance from 0.2 until the late ones come.
  for (const Suggestion& trial : told) play.Tell(trial, 5 + std::abs(trial.point[0] - 0.2));
  const Interval early = RangeOf(play.Ask(8), "x0");
  EXPECT_LT(early.high, 0.6);
  for (const Suggestion& trial : late) play.Tell(trial, loss(trial));
  const Interval after = RangeOf(play.Ask(8), "x0");
  EXPECT_GT(after.low, 0.6);
  // The round's first box, and the one that all of its results made.
  ASSERT_EQ(play.notes().size(), 3);
  EXPECT_TRUE(absl::StartsWith(play.notes()[2], "round 2 of 2, 20 trials: x0 0."))
      << play.notes()[2];
}

TEST(CoarseToFine, WithinARoundABatchIsWhatSingleTrialsAre) {
  const auto loss = [](const Suggestion& trial) { return std::abs(trial.point[0] - 0.3); };
  Play singles(Cube(3, 0, 1), 60), batches(Cube(3, 0, 1), 60);
  for (int round = 0; round < 5; ++round) {
    const std::vector<Suggestion> batch = batches.Ask(12);
    const std::vector<Suggestion> one_by_one = singles.Run(12, loss);
    ASSERT_EQ(batch.size(), 12);
    for (int i = 0; i < 12; ++i) EXPECT_EQ(batch[i].point, one_by_one[i].point);
    // Told in another order.
    for (int i = 11; i >= 0; --i) batches.Tell(batch[i], loss(batch[i]));
  }
}

TEST(CoarseToFine, FewTrialsMakeFewerRounds) {
  Play play(Cube(2, 0, 1), 24);
  play.Run(24, [](const Suggestion& trial) { return trial.point[0]; });
  // Of 8 trials each, not of 4.
  EXPECT_EQ(play.notes().size(), 3);
}

absl::Status CreateError(StudyConfig config, Value options) {
  const Plugins plugins = TestPlugins();
  config.space = *SearchSpace::Create(Cube(2, 0, 1));
  return Study::Create(std::move(config), {"coarse_to_fine", std::move(options)}, plugins).status();
}

TEST(CoarseToFine, WhatItCannotDoIsSaidAtOnce) {
  StudyConfig two;
  two.objectives = {{"error", Goal::kMinimize}, {"seconds", Goal::kMinimize}};
  EXPECT_EQ(CreateError(two, Value::Object()).message(),
            "strategy coarse_to_fine: shrinks to the best trials of one objective, and the study "
            "has 2; leave one, or use the strategy nsga2");
  StudyConfig one;
  one.trials = 60;
  const absl::Status grid = CreateError(one, Value::Object{{"sampler", "grid"}});
  EXPECT_EQ(grid.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(grid.message(), "ends after")) << grid;
  const absl::Status unknown = CreateError(one, Value::Object{{"sampler", "sobel"}});
  EXPECT_TRUE(absl::StrContains(unknown.message(), "\"sobol\"")) << unknown;
  const absl::Status range = CreateError(one, Value::Object{{"shrink", 1.5}});
  EXPECT_EQ(range.message(),
            "strategy coarse_to_fine: shrink: 1.5 is out of range; it must be in [0.1, 1]");
}

}  // namespace
}  // namespace sturgeon
