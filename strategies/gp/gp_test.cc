#include "strategies/gp/gp.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "core/plugins.h"
#include "core/random.h"
#include "core/space.h"
#include "core/study.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "gtest/gtest.h"
#include "samplers/sobol/sobol.h"
#include "strategies/conformance.h"

namespace sturgeon {
namespace {

Plugins TestPlugins() {
  Plugins plugins;
  EXPECT_TRUE(plugins.samplers.Add(kSobolSampler).ok());
  EXPECT_TRUE(plugins.strategies.Add(kGpStrategy).ok());
  return plugins;
}

StrategyCase Case() {
  StrategyCase c = {"default", &kGpStrategy, TestPlugins()};
  c.exhausts = true;
  c.trials = 16;
  return c;
}

INSTANTIATE_TEST_SUITE_P(Gp, StrategyConformance, testing::Values(Case()), StrategyCaseName);

using Function = std::function<Outcome(const Suggestion&)>;

// Runs a study of so many trials, `pending` of them at a time.
std::unique_ptr<Study> RunStudy(StudyConfig config, const Function& function, int trials,
                                int pending = 1) {
  static const auto* const plugins = new Plugins(TestPlugins());
  auto study = Study::Create(std::move(config), {"gp", Value::Object()}, *plugins);
  EXPECT_TRUE(study.ok()) << study.status();
  if (!study.ok()) return nullptr;
  for (int i = 0; i < trials; i += pending) {
    auto suggestions = (*study)->Ask(pending);
    EXPECT_TRUE(suggestions.ok()) << suggestions.status();
    for (const Suggestion& s : *suggestions) {
      EXPECT_TRUE((*study)->Tell(s.id, function(s)).ok());
    }
  }
  return *std::move(study);
}

StudyConfig Config(std::vector<Parameter> parameters) {
  StudyConfig config;
  config.space = *SearchSpace::Create(std::move(parameters));
  config.seed = 5;
  return config;
}

double Square(double x) { return x * x; }

TEST(GpTest, FindsTheMinimumOfASmoothFunction) {
  const auto study = RunStudy(
      Config({Parameter::Float("x", -5, 10), Parameter::Float("y", 0, 15)}),
      [](const Suggestion& s) {
        const double x = s.Number("x"), y = s.Number("y");
        const double branin = Square(y - 5.1 / (4 * M_PI * M_PI) * x * x + 5 / M_PI * x - 6) +
                              10 * (1 - 1 / (8 * M_PI)) * std::cos(x) + 10;
        return Outcome::Complete({branin});
      },
      30);
  EXPECT_LT(study->Best()->values[0], 0.42);  // the least is 0.3979
}

// Once a trial runs where a valley's floor is expected, one more beside it promises nothing.
TEST(GpTest, ABatchVisitsBothOfTwoValleys) {
  for (int seed = 0; seed < 4; ++seed) {
    StudyConfig config = Config({Parameter::Float("x", 0, 1)});
    config.seed = seed;
    const auto study = RunStudy(
        std::move(config),
        [](const Suggestion& s) {  // least at 0.25 and at 0.75
          return Outcome::Complete({std::cos(4 * M_PI * s.Number("x")) + 0.1 * s.Number("x")});
        },
        8, 8);
    const auto batch = study->Ask(4);
    ASSERT_TRUE(batch.ok()) << batch.status();
    int below = 0;
    for (const Suggestion& s : *batch) below += s.Number("x") < 0.5;
    EXPECT_GT(below, 0) << "seed " << seed;
    EXPECT_LT(below, 4) << "seed " << seed;
  }
}

TEST(GpTest, OptimisesIntegersAndCategoriesAsWhatTheyAre) {
  const auto study = RunStudy(
      Config({Parameter::Int("n", 0, 20), Parameter::Categorical("c", {"a", "b", "c", "d"}),
              Parameter::Float("x", 0, 1)}),
      [](const Suggestion& s) {
        const double penalty = s.Get("c") == Value("c") ? 0 : 1;
        return Outcome::Complete(
            {0.01 * Square(s.Number("n") - 13) + penalty + Square(s.Number("x") - 0.3)});
      },
      35);
  const Trial best = *study->Best();
  EXPECT_EQ(best.point[0], 13);
  EXPECT_EQ(best.point[1], 2);
  EXPECT_NEAR(best.point[2], 0.3, 0.05);
}

TEST(GpTest, LearnsWhichBranchOfAConditionalSpaceIsBest) {
  const auto study = RunStudy(
      Config({Parameter::Categorical("model", {"a", "b", "c"}),
              Parameter::Float("a.x", 0, 1).When("model", {"a"}),
              Parameter::Float("b.x", 0, 1).When("model", {"b"}),
              Parameter::Float("b.y", 0, 1).When("model", {"b"}),
              Parameter::Int("c.n", 1, 50).When("model", {"c"})}),
      [](const Suggestion& s) {
        double loss = 2;
        if (s.Get("model") == Value("a")) loss = 1 + s.Number("a.x");
        if (s.Get("model") == Value("b")) {
          loss = Square(s.Number("b.x") - 0.8) + Square(s.Number("b.y") - 0.1);
        }
        return Outcome::Complete({loss});
      },
      35);
  EXPECT_LT(study->Best()->values[0], 0.002);
}

// Three models, of which one has nothing to tune, so that it has a single point.
StudyConfig ThreeBranches() {
  return Config({Parameter::Categorical("model", {"steady", "sharp", "fixed"}),
                 Parameter::Float("a", 0, 1).When("model", {"steady"}),
                 Parameter::Float("b", 0, 1).When("model", {"sharp"}),
                 Parameter::Float("c", 0, 1).When("model", {"sharp"})});
}

std::vector<int> TrialsByModel(const Study& study) {
  std::vector<int> counts(3);
  for (const Trial& trial : study.Trials()) ++counts[static_cast<int>(trial.point[0])];
  return counts;
}

TEST(GpTest, GivesABranchThatLooksPoorItsShareOfTrials) {
  for (const int pending : {1, 4}) {
    const auto study = RunStudy(
        ThreeBranches(),
        [](const Suggestion& s) {
          if (s.Get("model") == Value("steady"))
            return Outcome::Complete({0.2 + 0.01 * s.Number("a")});
          return Outcome::Complete({s.Get("model") == Value("fixed") ? 0.5 : 1 + s.Number("b")});
        },
        40, pending);
    const std::vector<int> counts = TrialsByModel(*study);
    EXPECT_GE(counts[1], 9) << pending << " pending";   // 1.5 √40
    EXPECT_GE(counts[0], 15) << pending << " pending";  // the better one still has most
    // The branch of one point is owed trials that it cannot have.
    EXPECT_EQ(counts[2], 1) << pending << " pending";
  }
}

TEST(GpTest, BranchesThatShareMostParametersAreOwedNothing) {
  const auto study = RunStudy(
      Config({Parameter::Categorical("optimizer", {"plain", "heavy"}), Parameter::Float("a", 0, 1),
              Parameter::Float("b", 0, 1),
              Parameter::Float("c", 0, 1).When("optimizer", {"heavy"})}),
      [](const Suggestion& s) {
        const double value = s.Number("a") + s.Number("b");
        return Outcome::Complete({s.Get("optimizer") == Value("plain") ? value : 3 + value});
      },
      40);
  int heavy = 0;
  for (const Trial& trial : study->Trials()) heavy += trial.point[0] == 1;
  EXPECT_LT(heavy, 9);
}

TEST(GpTest, ABeliefAboutTheBranchesTakesThePlaceOfTheirShares) {
  StudyConfig config = ThreeBranches();
  std::vector<Parameter> parameters = config.space.parameters();
  parameters[0] = Parameter(parameters[0]).Prior("steady", 0.05);
  const auto study = RunStudy(
      Config(std::move(parameters)),
      [](const Suggestion& s) {
        return Outcome::Complete({s.Get("model") == Value("steady") ? s.Number("a") : 1.0});
      },
      40);
  EXPECT_LT(TrialsByModel(*study)[1], 9);
}

TEST(GpTest, StaysFeasibleOnceItKnowsTheConstraint) {
  const auto study = RunStudy(
      Config({Parameter::Float("x", 0, 1), Parameter::Float("y", 0, 1)}),
      [](const Suggestion& s) {
        const double x = s.Number("x"), y = s.Number("y");
        Outcome outcome = Outcome::Complete({x + y});
        outcome.constraints = {0.5 - x * y * 4};  // x y >= 1/8
        return outcome;
      },
      30);
  const Trial best = *study->Best();
  EXPECT_TRUE(best.feasible());
  EXPECT_LT(best.values[0], 0.72);  // 2 sqrt(1/8) = 0.7071
}

TEST(GpTest, AvoidsWhereTrialsFail) {
  int failed = 0;
  const auto study = RunStudy(
      Config({Parameter::Float("x", 0, 1), Parameter::Float("y", 0, 1)}),
      [&](const Suggestion& s) {
        const double x = s.Number("x"), y = s.Number("y");
        if (x > 0.6) {
          ++failed;
          return Outcome::Failed(FailureKind::kOutOfMemory, "too large");
        }
        return Outcome::Complete({Square(x - 0.45) + Square(y - 0.5) * x});
      },
      16);
  EXPECT_LT(study->Best()->values[0], 1e-3);
  EXPECT_LE(failed, 5);  // two fifths of the space fail
}

TEST(GpTest, SpreadsOverTheFrontOfTwoObjectives) {
  StudyConfig config = Config({Parameter::Float("x", 0, 1), Parameter::Float("y", 0, 1)});
  config.objectives = {{"f", Goal::kMinimize}, {"g", Goal::kMaximize}};
  const auto study = RunStudy(
      std::move(config),
      [](const Suggestion& s) {
        const double x = s.Number("x"), y = s.Number("y");
        return Outcome::Complete({x + Square(y - 0.7), -(Square(1 - x) + Square(y - 0.7))});
      },
      30);
  const std::vector<Trial> front = study->ParetoFront();
  EXPECT_GE(front.size(), 8u);
  double least = 1, most = 0;
  for (const Trial& trial : front) {
    least = std::min(least, trial.point[0]);
    most = std::max(most, trial.point[0]);
    EXPECT_NEAR(trial.point[1], 0.7, 0.25);
  }
  EXPECT_LT(least, 0.2);
  EXPECT_GT(most, 0.8);
}

TEST(GpTest, ABatchIsSpread) {
  const auto study = RunStudy(
      Config({Parameter::Float("x", 0, 1)}),
      [](const Suggestion& s) { return Outcome::Complete({std::sin(12 * s.Number("x"))}); }, 24, 8);
  const std::vector<Trial> trials = study->Trials();
  for (size_t i = 16; i < trials.size(); ++i) {
    for (size_t j = i + 1; j < trials.size(); ++j) EXPECT_NE(trials[i].point, trials[j].point);
  }
  EXPECT_LT(study->Best()->values[0], -0.999);
}

// One outlier, or values near the greatest doubles, must not blind the model.
TEST(GpTest, OutliersDoNoHarm) {
  for (const double huge : {1e6, 1e300}) {
    const auto study = RunStudy(
        Config({Parameter::Float("x", 0, 1), Parameter::Float("y", 0, 1)}),
        [&](const Suggestion& s) {
          const double x = s.Number("x"), y = s.Number("y");
          if (x > 0.8) return Outcome::Complete({huge});
          return Outcome::Complete({Square(x - 0.3) + Square(y - 0.6)});
        },
        30);
    EXPECT_LT(study->Best()->values[0], 5e-3) << huge;
  }
}

TEST(GpTest, BelievesAPriorAtFirstAndTheDataInTheEnd) {
  const auto loss = [](const Suggestion& s) {
    return Outcome::Complete({Square(s.Number("x") - 0.8) + 0.1 * Square(s.Number("y") - 0.5)});
  };
  const auto right = RunStudy(
      Config({Parameter::Float("x", 0, 1).Prior(0.8, 0.05), Parameter::Float("y", 0, 1)}), loss, 4);
  EXPECT_EQ(right->Trials()[0].point[0], 0.8);
  const auto wrong =
      RunStudy(Config({Parameter::Float("x", 0, 1).Prior(0.1, 0.05), Parameter::Float("y", 0, 1)}),
               loss, 40);
  EXPECT_LT(wrong->Best()->values[0], 1e-3);
}

TEST(GpTest, StartsWhereAnEarlierStudyWasGood) {
  StudyConfig config = Config(
      {Parameter::Float("x", 0, 1), Parameter::Float("y", 0, 1), Parameter::Float("z", 0, 1)});
  const auto loss = [](double x, double y, double z, double shift) {
    return Square(x - 0.7 - shift) + Square(y - 0.2 + shift) + Square(z - 0.9);
  };
  EarlierStudy earlier{"earlier", {}};
  RandomStream rng(1, 0, kFirstPluginStream);
  for (int i = 0; i < 60; ++i) {
    const double x = rng.Uniform(), y = rng.Uniform(), z = rng.Uniform();
    earlier.trials.push_back({{x, y, z}, {100 * loss(x, y, z, 0) + 7}});
  }
  const auto best_of = [&](const StudyConfig& c, int trials) {
    return RunStudy(
               c,
               [&](const Suggestion& s) {
                 return Outcome::Complete(
                     {loss(s.Number("x"), s.Number("y"), s.Number("z"), 0.03)});
               },
               trials)
        ->Best()
        ->values[0];
  };
  const double cold = best_of(config, 8);
  config.warm_start = {earlier};
  const double warm = best_of(config, 8);
  EXPECT_LT(warm, 0.5 * cold);
  // One that says the opposite is overruled.
  for (EarlierTrial& trial : config.warm_start[0].trials) trial.values[0] *= -1;
  EXPECT_LT(best_of(config, 30), 5e-3);
}

}  // namespace
}  // namespace sturgeon
