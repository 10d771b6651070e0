#include "strategies/nsga2/nsga2.h"

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
#include "samplers/sobol/sobol.h"
#include "samplers/uniform/uniform.h"
#include "strategies/conformance.h"
#include "strategies/pareto.h"
#include "strategies/random/random.h"

namespace sturgeon {
namespace {

Plugins TestPlugins() {
  Plugins plugins;
  EXPECT_TRUE(plugins.samplers.Add(kGridSampler).ok());
  EXPECT_TRUE(plugins.samplers.Add(kSobolSampler).ok());
  EXPECT_TRUE(plugins.samplers.Add(kUniformSampler).ok());
  EXPECT_TRUE(plugins.strategies.Add(kNsga2Strategy).ok());
  EXPECT_TRUE(plugins.strategies.Add(kRandomStrategy).ok());
  return plugins;
}

StrategyCase Case(const char* name, Value options = Value::Object()) {
  StrategyCase c = {name, &kNsga2Strategy, TestPlugins(), std::move(options)};
  c.exhausts = true;
  return c;
}

INSTANTIATE_TEST_SUITE_P(
    Nsga2, StrategyConformance,
    testing::Values(Case("defaults"),
                    Case("small", Value::Object{{"population_size", 6}, {"sampler", "uniform"}}),
                    Case("mutation_only", Value::Object{{"startup_trials", 3},
                                                        {"crossover_probability", 0},
                                                        {"mutation_probability", 0.5}})),
    StrategyCaseName);

using Objectives = std::function<Values(const Suggestion&)>;

StudyConfig Config(std::vector<Parameter> parameters, int objectives, int64_t trials,
                   uint64_t seed = 1) {
  StudyConfig config;
  absl::StatusOr<SearchSpace> space = SearchSpace::Create(std::move(parameters));
  EXPECT_TRUE(space.ok()) << space.status();
  config.space = *std::move(space);
  config.objectives.clear();
  for (int k = 0; k < objectives; ++k) {
    config.objectives.push_back({absl::StrCat("f", k), Goal::kMinimize});
  }
  config.trials = trials;
  config.seed = seed;
  return config;
}

std::vector<Parameter> Cube(int dimensions) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < dimensions; ++i) {
    parameters.push_back(Parameter::Float(absl::StrCat("x", i), 0, 1));
  }
  return parameters;
}

std::unique_ptr<Study> Make(const StudyConfig& config, const char* strategy = "nsga2",
                            Value options = Value::Object()) {
  static const auto* const plugins = new Plugins(TestPlugins());
  auto study = Study::Create(config, {strategy, std::move(options)}, *plugins);
  EXPECT_TRUE(study.ok()) << study.status();
  return *std::move(study);
}

// Runs trials one after another; returns those that the study has in the end.
std::vector<Trial> Tune(const StudyConfig& config, const Objectives& objectives,
                        const char* strategy = "nsga2", Value options = Value::Object()) {
  const auto study = Make(config, strategy, std::move(options));
  for (int64_t i = 0; i < config.trials; ++i) {
    const auto suggestions = study->Ask(1);
    EXPECT_TRUE(suggestions.ok()) << suggestions.status();
    if (suggestions->empty()) break;
    const Suggestion& trial = suggestions->front();
    EXPECT_TRUE(study->Tell(trial.id, Outcome::Complete(objectives(trial))).ok());
  }
  return study->Trials();
}

// ZDT1 with its optima where `optimum` says; the front is f1 = 1 - sqrt(f0).
Objectives Zdt1(double optimum) {
  return [optimum](const Suggestion& trial) {
    double sum = 0;
    for (size_t i = 1; i < trial.point.size(); ++i) sum += std::abs(trial.point[i] - optimum);
    const double g = 1 + 9 * sum / static_cast<double>(trial.point.size() - 1);
    return Values{trial.point[0], g * (1 - std::sqrt(trial.point[0] / g))};
  };
}

double HypervolumeOf(const std::vector<Trial>& trials, std::vector<double> reference) {
  std::vector<double> losses;
  for (const Trial& trial : trials) {
    losses.insert(losses.end(), trial.values.begin(), trial.values.end());
  }
  return Hypervolume(losses, reference);
}

TEST(Nsga2, ComesNearTheWholeFront) {
  for (uint64_t seed = 0; seed < 3; ++seed) {
    const StudyConfig config = Config(Cube(6), 2, 1500, seed);
    const double ours = HypervolumeOf(Tune(config, Zdt1(0.4)), {1.1, 1.1});
    const double random = HypervolumeOf(Tune(config, Zdt1(0.4), "random"), {1.1, 1.1});
    // 0.8767 is all there is: 1.21 less the third below the front.
    EXPECT_GT(ours, 0.8);
    EXPECT_LT(ours, 0.8767);
    EXPECT_LT(random, 0.6);
  }
}

TEST(Nsga2, OneObjectiveIsJustOneFront) {
  const auto sphere = [](const Suggestion& trial) {
    double sum = 0;
    for (const double x : trial.point) sum += (x - 0.3) * (x - 0.3);
    return Values{sum};
  };
  const auto best = [](const std::vector<Trial>& trials) {
    double least = 1e9;
    for (const Trial& trial : trials) least = std::min(least, trial.values[0]);
    return least;
  };
  for (uint64_t seed = 0; seed < 3; ++seed) {
    const StudyConfig config = Config(Cube(5), 1, 300, seed);
    EXPECT_LT(best(Tune(config, sphere)), 0.2 * best(Tune(config, sphere, "random")));
  }
}

// Every category has one right choice.
TEST(Nsga2, FindsTheRightCategories) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < 10; ++i) {
    parameters.push_back(
        Parameter::Categorical(absl::StrCat("c", i), {"a", "b", "c", "d", "e", "f"}));
  }
  const auto wrong = [](const Suggestion& trial) {
    double count = 0;
    for (size_t i = 0; i < trial.point.size(); ++i) {
      count += trial.point[i] == static_cast<double>(i % 6) ? 0 : 1;
    }
    return Values{count};
  };
  const StudyConfig config = Config(std::move(parameters), 1, 500);
  double best = 10;
  for (const Trial& trial : Tune(config, wrong)) best = std::min(best, trial.values[0]);
  EXPECT_LE(best, 2);  // by chance, 500 trials get five or six wrong
}

TEST(Nsga2, InfeasibleTrialsAreLeftBehind) {
  // Best at 0, feasible from 0.6 on: without the constraint nothing would be found there.
  const StudyConfig config = Config(Cube(2), 1, 120);
  const auto study = Make(config);
  int feasible = 0;
  for (int64_t i = 0; i < config.trials; ++i) {
    const Suggestion trial = study->Ask(1)->front();
    Outcome outcome = Outcome::Complete({trial.point[0]});
    outcome.constraints = {0.6 - trial.point[0]};
    if (i >= 60) feasible += outcome.constraints[0] <= 0 ? 1 : 0;
    ASSERT_TRUE(study->Tell(trial.id, outcome).ok());
  }
  EXPECT_GE(feasible, 40);
  EXPECT_LT(study->Best()->values[0], 0.63);
}

TEST(Nsga2, AFiniteSpaceIsTriedOncePointByPoint) {
  StudyConfig config =
      Config({Parameter::Int("a", 0, 3), Parameter::Categorical("b", {"x", "y", "z"}),
              Parameter::Int("c", 1, 2).When("b", {"z"})},
             2, 100);
  const auto objectives = [](const Suggestion& trial) {
    return Values{trial.point[0], trial.point[1]};
  };
  const std::vector<Trial> trials = Tune(config, objectives);
  std::set<std::string> points;
  for (const Trial& trial : trials) {
    points.insert(absl::StrCat(trial.point[0], " ", trial.point[1], " ",
                               std::isnan(trial.point[2]) ? 0 : trial.point[2]));
  }
  EXPECT_EQ(trials.size(), 16);
  EXPECT_EQ(points.size(), 16);
  config.allow_duplicates = true;
  EXPECT_EQ(Tune(config, objectives).size(), 100);
}

// The population is one of the set of trials: a result that comes hundreds of trials late leads to
// the state that it would have led to in time.
TEST(Nsga2, AVeryLateResultIsTakenInItsPlace) {
  const StudyConfig config = Config(Cube(3), 2, 300);
  const Objectives objectives = Zdt1(0.4);
  const auto late = Make(config);
  std::vector<Suggestion> held_back;
  for (int64_t i = 0; i < config.trials; ++i) {
    const Suggestion trial = late->Ask(1)->front();
    if (i == 3 || i == 150) {
      held_back.push_back(trial);
      continue;
    }
    ASSERT_TRUE(late->Tell(trial.id, Outcome::Complete(objectives(trial))).ok());
  }
  for (const Suggestion& trial : held_back) {
    ASSERT_TRUE(late->Tell(trial.id, Outcome::Complete(objectives(trial))).ok());
  }
  const auto in_time = Make(config);
  for (Trial& trial : late->Trials()) ASSERT_TRUE(in_time->Import(std::move(trial)).ok());
  const auto a = late->Ask(10), b = in_time->Ask(10);
  for (int i = 0; i < 10; ++i) EXPECT_EQ((*a)[i].point, (*b)[i].point);
}

TEST(Nsga2, StartsWithTheBestOfEarlierStudies) {
  StudyConfig config = Config(Cube(2), 2, 100);
  config.warm_start = {{"one", {{{0.1, 0.1}, {5, 5}}, {{0.2, 0.2}, {1, 1}}}},
                       {"two", {{{0.3, 0.3}, {-9, -9}, false}, {{0.4, 0.4}, {7, 7}}}},
                       {"none", {}}};
  const auto study = Make(config);
  const auto trials = study->Ask(8);
  ASSERT_TRUE(trials.ok());
  EXPECT_EQ((*trials)[0].point, (Point{0.2, 0.2}));
  EXPECT_EQ((*trials)[2].point, (Point{0.4, 0.4}));  // feasible before infeasible
  EXPECT_EQ((*trials)[4].point, (Point{0.1, 0.1}));
  EXPECT_EQ((*trials)[6].point, (Point{0.3, 0.3}));
}

TEST(Nsga2, HalfOfTheStartFollowsThePriors) {
  const StudyConfig config =
      Config({Parameter::Float("rate", 1e-6, 1, Scale::kLog).Prior(1e-5, 0.02),
              Parameter::Categorical("optimizer", {"sgd", "adam", "lion"}).Prior("lion", 0.1),
              Parameter::Float("free", 0, 1)},
             1, 400);
  const auto study = Make(config, "nsga2", Value::Object{{"startup_trials", 40}});
  const auto trials = study->Ask(40);
  ASSERT_TRUE(trials.ok());
  EXPECT_NEAR(trials->front().Number("rate"), 1e-5, 1e-12);
  EXPECT_EQ(trials->front().Get("optimizer"), Value("lion"));
  int near[2] = {0, 0}, lions[2] = {0, 0}, large[2] = {0, 0};
  for (int i = 0; i < 40; ++i) {
    const Suggestion& trial = (*trials)[i];
    near[i % 2] += std::abs(std::log10(trial.Number("rate")) + 5) < 0.48 ? 1 : 0;  // 4 widths
    lions[i % 2] += trial.Get("optimizer") == Value("lion") ? 1 : 0;
    large[i % 2] += trial.Number("free") > 0.5 ? 1 : 0;
  }
  EXPECT_EQ(near[0], 20);
  EXPECT_LE(near[1], 7);
  EXPECT_GE(lions[0], 15);
  EXPECT_LE(lions[1], 10);
  EXPECT_NEAR(large[0], 10, 4);
  EXPECT_NEAR(large[1], 10, 4);
}

TEST(Nsga2, AWrongPriorDoesNotRuinTheStudy) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < 3; ++i) {
    parameters.push_back(Parameter::Float(absl::StrCat("x", i), 0, 1).Prior(1.0, 0.05));
  }
  const auto sphere = [](const Suggestion& trial) {
    double sum = 0;
    for (const double x : trial.point) sum += (x - 0.2) * (x - 0.2);
    return Values{sum};
  };
  double best = 1e9;
  for (const Trial& trial : Tune(Config(std::move(parameters), 1, 200), sphere)) {
    best = std::min(best, trial.values[0]);
  }
  EXPECT_LT(best, 0.01);
}

TEST(Nsga2, ASamplerThatEndsIsRefused) {
  const Plugins plugins = TestPlugins();
  const absl::Status status =
      Study::Create(Config(Cube(2), 1, 50), {"nsga2", Value::Object{{"sampler", "grid"}}}, plugins)
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(status.message(), "such as sobol")) << status;
}

}  // namespace
}  // namespace sturgeon
