#include "strategies/differential_evolution/differential_evolution.h"

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
#include "core/plugins.h"
#include "core/study.h"
#include "gtest/gtest.h"
#include "strategies/conformance.h"
#include "strategies/play.h"

namespace sturgeon {
namespace {

StrategyCase Case(const char* name, Value options = Value::Object()) {
  StrategyCase tested = {name, &kDifferentialEvolutionStrategy, Plugins(), std::move(options)};
  tested.several_objectives = false;
  tested.exhausts = true;
  return tested;
}

INSTANTIATE_TEST_SUITE_P(DifferentialEvolution, StrategyConformance,
                         testing::Values(Case("defaults"),
                                         Case("small", Value::Object{{"population", 4}})),
                         StrategyCaseName);

struct Play : StudyPlay {
  explicit Play(StudyConfig config, Value options = Value::Object())
      : StudyPlay(kDifferentialEvolutionStrategy, std::move(config), std::move(options)) {}
};

double BestOver(int seeds, int d, int trials, const PointLoss& loss) {
  return BestLossOver(seeds, d, trials, kDifferentialEvolutionStrategy, loss);
}

TEST(DifferentialEvolution, Converges) {
  EXPECT_LT(BestOver(5, 4, 400, ShiftedSphere), 0.01);
  EXPECT_LT(BestOver(5, 4, 1000, ShiftedSphere), 1e-6);
}

TEST(DifferentialEvolution, LeavesLocalMinima) {
  const auto rastrigin = [](absl::Span<const double> x) {
    double sum = 0;
    for (const double v : x) {
      sum += (v - 1.1) * (v - 1.1) + 10 * (1 - std::cos(6.283185307179586 * (v - 1.1)));
    }
    return sum;
  };
  // The second best minimum is 1.
  EXPECT_LT(BestOver(5, 3, 1500, rastrigin), 0.5);
}

std::vector<Parameter> Mixed() {
  return {Parameter::Float("rate", 1e-5, 1, Scale::kLog), Parameter::Int("layers", 1, 8),
          Parameter::Int("units", 8, 1024, Scale::kLog),
          Parameter::Categorical("kind", {"a", "b", "c", "d"}),
          Parameter::Float("of_c", 0, 1).When("kind", {"c"})};
}

double MixedLoss(absl::Span<const double> x) {
  return std::abs(std::log10(x[0]) + 2.7) + 0.3 * std::abs(x[1] - 6) +
         0.5 * std::abs(std::log2(x[2] / 100)) +
         (x[3] == 2 ? std::abs(x[4] - 0.8) : 1 + 0.5 * x[3]);
}

TEST(DifferentialEvolution, MixedAndConditionalSpaces) {
  for (int seed = 0; seed < 5; ++seed) {
    Play play(StudyOf(Mixed(), seed));
    play.Run(500, MixedLoss);
    EXPECT_LT(play.Best(), 0.2) << "seed " << seed;
  }
}

TEST(DifferentialEvolution, TheFirstTrialsFillEveryParametersRange) {
  Play play(StudyOf(Cube(3)));
  std::vector<std::set<int>> strata(3);
  for (const Suggestion& trial : play.Run(12, ShiftedSphere)) {
    for (int i = 0; i < 3; ++i) {
      strata[i].insert(static_cast<int>((trial.point[i] + 5) / 10 * 12));
    }
  }
  for (const std::set<int>& one : strata) EXPECT_EQ(one.size(), 12);
}

TEST(DifferentialEvolution, AnImportedTrialBecomesAMember) {
  const auto funnel = [](absl::Span<const double> x) {
    return std::min(10.0 + 1e-3 * ShiftedSphere(x), std::hypot(x[0] - 4.5, x[1] - 4.5));
  };
  Play play(StudyOf(Cube(2)));
  play.Run(24, funnel);
  Trial trial;
  trial.state = TrialState::kComplete;
  trial.point = {4.2, 4.2};
  trial.values = {funnel(trial.point)};
  ASSERT_TRUE(play.study().Import(std::move(trial)).ok());
  play.Run(400, funnel);
  EXPECT_LT(play.Best(), 0.01);
}

TEST(DifferentialEvolution, InfeasibleTrialsRankBehindAndFailedOnesDoNotCount) {
  Play play(StudyOf(Cube(2)));
  for (int i = 0; i < 400; ++i) {
    const Suggestion trial = play.Ask(1).front();
    Outcome outcome = Outcome::Complete({trial.point[0] + trial.point[1]});
    outcome.constraints = {2 - trial.point[0], -1 - trial.point[1]};
    if (trial.point[1] > 3) outcome = Outcome::Failed(FailureKind::kTimeout, "too long");
    ASSERT_TRUE(play.study().Tell(trial.id, outcome).ok());
  }
  EXPECT_NEAR(play.Best(), 1, 0.1);
}

TEST(DifferentialEvolution, BeginsWithTheBestOfEarlierStudies) {
  StudyConfig config = StudyOf(Cube(2));
  config.warm_start.resize(2);
  for (int i = 0; i < 20; ++i) {
    const double v = 0.1 * i;
    config.warm_start[0].trials.push_back({{v, 1}, {100 - v}, true});
    config.warm_start[1].trials.push_back({{v, 2}, {v}, i > 0});
  }
  Play play(std::move(config));
  const std::vector<Suggestion> trials = play.Run(12, ShiftedSphere);
  EXPECT_NEAR(trials[0].point[0], 1.9, 1e-9);
  EXPECT_NEAR(trials[0].point[1], 1, 1e-9);
  EXPECT_NEAR(trials[1].point[0], 0.1, 1e-9);  // the better one is infeasible
  EXPECT_NEAR(trials[1].point[1], 2, 1e-9);
  EXPECT_NEAR(trials[4].point[0], 1.7, 1e-9);
  // Half of the population, not more.
  EXPECT_NE(trials[6].point[1], 1);
}

TEST(DifferentialEvolution, PriorsSayWhereToStart) {
  std::vector<Parameter> parameters = Mixed();
  parameters[0].prior = Prior{2e-3, 0.1};
  parameters[3].prior = Prior{"c", 0.1};
  Play play(StudyOf(std::move(parameters)));
  int near = 0, chosen = 0;
  for (const Suggestion& trial : play.Run(12, MixedLoss)) {
    near += trial.point[0] > 2e-4 && trial.point[0] < 2e-2;
    chosen += trial.point[3] == 2;
  }
  EXPECT_GE(near, 9);
  EXPECT_GE(chosen, 9);
}

TEST(DifferentialEvolution, SaysWhatItCannotDo) {
  const Plugins plugins;
  StudyConfig config = StudyOf(Cube(1));
  const StrategyContext context = {config, plugins, [](absl::string_view) {}};
  const auto three =
      kDifferentialEvolutionStrategy.create(Value::Object{{"population", 3}}, "strategy", context);
  EXPECT_EQ(three.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(three.status().message(), "0 or at least 4")) << three.status();
  config.objectives = {{"error", Goal::kMinimize}, {"seconds", Goal::kMinimize}};
  const auto two = kDifferentialEvolutionStrategy.create(Value::Object(), "strategy", context);
  EXPECT_EQ(two.status().message(),
            "strategy: compares trials by one objective, and the study has 2; leave one, or use "
            "the strategy nsga2");
}

}  // namespace
}  // namespace sturgeon
