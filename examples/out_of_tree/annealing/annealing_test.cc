#include "annealing/annealing.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/plugins.h"
#include "core/space.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "gtest/gtest.h"
#include "strategies/conformance.h"

namespace sturgeon {
namespace {

std::vector<StrategyCase> AnnealingCases() {
  StrategyCase defaults{"defaults", &annealing::kAnnealingStrategy, {}};
  defaults.several_objectives = false;
  StrategyCase without_warmup = defaults;
  without_warmup.name = "without_warmup";
  without_warmup.options.Set("warmup", 1);
  return {defaults, without_warmup};
}

INSTANTIATE_TEST_SUITE_P(Annealing, StrategyConformance, testing::ValuesIn(AnnealingCases()),
                         StrategyCaseName);

}  // namespace
}  // namespace sturgeon

namespace annealing {
namespace {

using sturgeon::Parameter;
using sturgeon::Point;
using sturgeon::Scale;
using sturgeon::SearchSpace;
using sturgeon::Trial;
using sturgeon::TrialState;
using sturgeon::Value;

// An annealing over a study of its own, told what the test likes.
class Walk {
 public:
  Walk(std::vector<Parameter> parameters, uint64_t seed, int64_t trials, const Value& options) {
    config_.space = *SearchSpace::Create(std::move(parameters));
    config_.seed = seed;
    config_.trials = trials;
    auto made = kAnnealingStrategy.create(
        options, "annealing",
        {config_, plugins_, [this](absl::string_view line) { notes_.emplace_back(line); }});
    EXPECT_TRUE(made.ok()) << made.status();
    strategy_ = *std::move(made);
  }

  Point Ask(int64_t id) { return strategy_->Ask({id, 1, {}})->front().point; }

  void Tell(Trial trial) {
    const Trial* const finished[] = {&trial};
    EXPECT_TRUE(strategy_->Tell(finished).ok());
  }
  void Tell(int64_t id, Point point, double loss) {
    Trial trial;
    trial.id = id;
    trial.state = TrialState::kComplete;
    trial.point = std::move(point);
    trial.values = {loss};
    Tell(trial);
  }

  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;

  const SearchSpace& space() const { return config_.space; }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  sturgeon::StudyConfig config_;
  const sturgeon::Plugins plugins_;
  std::vector<std::string> notes_;
  std::unique_ptr<sturgeon::Strategy> strategy_;
};

Value Options(int warmup, double step) {
  Value options;
  options.Set("warmup", warmup);
  options.Set("step", step);
  return options;
}

// A walk at x = 0.2 with loss 0, whose first temperature takes a step up by 1 every second time;
// it moves so little that its proposals show where it is.
class WalkAtPointTwo : public Walk {
 public:
  WalkAtPointTwo(uint64_t seed, int64_t trials)
      : Walk({Parameter::Float("x", 0, 1)}, seed, trials, Options(2, 1e-9)) {
    Tell(0, {0.7}, 1);
    Tell(1, {0.2}, 0);
  }
};

TEST(Annealing, TakesEveryStepDown) {
  WalkAtPointTwo walk(1, 100);
  EXPECT_NEAR(walk.Ask(2)[0], 0.2, 1e-6);
  walk.Tell(2, {0.9}, -1e-3);
  EXPECT_NEAR(walk.Ask(3)[0], 0.9, 1e-6);
}

TEST(Annealing, TakesStepsUpWithBoltzmannsProbability) {
  constexpr int kWalks = 2000;
  for (const auto& [up, probability] : {std::pair(1.0, 0.5), std::pair(2.0, 0.25)}) {
    int taken = 0;
    for (int seed = 0; seed < kWalks; ++seed) {
      WalkAtPointTwo walk(seed, 1'000'000);
      walk.Tell(2, {0.9}, up);
      taken += walk.Ask(3)[0] > 0.5;
    }
    EXPECT_NEAR(taken / double{kWalks}, probability, 0.05) << up;  // 4.5 standard deviations
  }
}

TEST(Annealing, TakesNoStepsUpOnceItIsCold) {
  for (int seed = 0; seed < 100; ++seed) {
    WalkAtPointTwo walk(seed, 50);
    walk.Tell(50, {0.9}, 0.1);
    EXPECT_NEAR(walk.Ask(51)[0], 0.2, 1e-6);
  }
}

TEST(Annealing, DoesNotWalkToTrialsThatFailedOrAreInfeasible) {
  WalkAtPointTwo walk(1, 100);
  Trial trial;
  trial.id = 2;
  trial.point = {0.9};
  trial.state = TrialState::kFailed;
  walk.Tell(trial);
  trial.id = 3;
  trial.state = TrialState::kComplete;
  trial.values = {-5};
  trial.constraints = {0.1};
  walk.Tell(trial);
  EXPECT_NEAR(walk.Ask(4)[0], 0.2, 1e-6);
}

TEST(Annealing, SaysWhereItStarts) {
  WalkAtPointTwo walk(1, 100);
  walk.Ask(2);
  EXPECT_EQ(walk.notes(), std::vector<std::string>{"annealing from 0 at temperature 1.4427"});
}

TEST(Annealing, StepsShrinkAsItCools) {
  const auto mean_step = [](int64_t id) {
    double sum = 0;
    for (int seed = 0; seed < 400; ++seed) {
      Walk walk({Parameter::Float("x", 0, 1)}, seed, 1000, Options(1, 0.1));
      walk.Tell(0, {0.5}, 0);
      sum += std::abs(walk.Ask(id)[0] - 0.5);
    }
    return sum / 400;
  };
  const double first = mean_step(1);
  EXPECT_NEAR(first, 0.1 * std::sqrt(2 / M_PI), 0.01);  // E|N(0, 1)| = sqrt(2 / pi)
  EXPECT_NEAR(mean_step(1000) / first, std::sqrt(1e-3), 0.003);
}

TEST(Annealing, SeldomProposesThePointWhereItIs) {
  // Cold: a category changes with probability 0.3 sqrt(0.001) a step, were it not for the rule.
  int repeated = 0;
  for (int seed = 0; seed < 300; ++seed) {
    Walk walk({Parameter::Categorical("c", {"a", "b", "c", "d"})}, seed, 100, Options(1, 0.3));
    walk.Tell(0, {2}, 0);
    repeated += walk.Ask(100)[0] == 2;
  }
  EXPECT_LT(repeated, 300 / 2);  // what remains is the draw of the same choice, 1 in 4
}

// A conditional and mixed landscape with a narrow best region.
std::vector<Parameter> Landscape() {
  std::vector<Parameter> parameters;
  parameters.push_back(Parameter::Float("rate", 1e-5, 1, Scale::kLog));
  parameters.push_back(Parameter::Int("layers", 1, 8));
  parameters.push_back(Parameter::Categorical("optimizer", {"sgd", "adam", "lbfgs"}));
  parameters.push_back(
      Parameter::Float("momentum", 0.5, 0.999, Scale::kReverseLog).When("optimizer", {"sgd"}));
  return parameters;
}

double Loss(const SearchSpace& space, const Point& point) {
  std::vector<double> unit(space.size());
  space.ToUnit(point, absl::MakeSpan(unit));
  double loss = std::pow(unit[0] - 0.62, 2) + std::pow(unit[1] - 0.4, 2) / 2;
  loss += point[2] == 0 ? std::pow(unit[3] - 0.8, 2) : 0.1;
  return loss + 0.01 * (1 - std::cos(12 * M_PI * unit[0]));  // ripples
}

double BestOf(int trials, uint64_t seed, const Value& options) {
  Walk walk(Landscape(), seed, trials, options);
  double best = 1e300;
  for (int id = 0; id < trials; ++id) {
    const Point point = walk.Ask(id);
    const double loss = Loss(walk.space(), point);
    best = std::min(best, loss);
    walk.Tell(id, point, loss);
  }
  return best;
}

TEST(Annealing, BeatsRandomSearch) {
  std::vector<double> annealed, random;
  for (uint64_t seed = 0; seed < 21; ++seed) {
    annealed.push_back(BestOf(100, seed, Value::Object()));
    random.push_back(BestOf(100, seed, Options(100, 0)));  // nothing but the warm-up
  }
  std::sort(annealed.begin(), annealed.end());
  std::sort(random.begin(), random.end());
  EXPECT_LT(annealed[10], random[10] / 3) << annealed[10] << " against " << random[10];
}

}  // namespace
}  // namespace annealing
