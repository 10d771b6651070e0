#include "strategies/cma_es/cma_es.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/study.h"
#include "gtest/gtest.h"
#include "strategies/conformance.h"
#include "strategies/play.h"

namespace sturgeon {
namespace {

StrategyCase Case(const char* name, Value options = Value::Object()) {
  StrategyCase tested = {name, &kCmaEsStrategy, Plugins(), std::move(options)};
  tested.several_objectives = false;
  tested.exhausts = true;
  return tested;
}

INSTANTIATE_TEST_SUITE_P(CmaEs, StrategyConformance,
                         testing::Values(Case("defaults"),
                                         Case("small", Value::Object{{"population", 2}})),
                         StrategyCaseName);

struct Play : StudyPlay {
  explicit Play(StudyConfig config, Value options = Value::Object())
      : StudyPlay(kCmaEsStrategy, std::move(config), std::move(options)) {}
};

double BestOver(int seeds, int d, int trials, const PointLoss& loss, int batch = 1) {
  return BestLossOver(seeds, d, trials, kCmaEsStrategy, loss, batch);
}

// A valley, curved and a thousand times as long as wide.
double Rosenbrock(absl::Span<const double> x) {
  double sum = 0;
  for (size_t i = 0; i + 1 < x.size(); ++i) {
    sum += 100 * std::pow(x[i + 1] - x[i] * x[i], 2) + std::pow(1 - x[i], 2);
  }
  return sum;
}

TEST(CmaEs, ConvergesLinearlyOnASphere) {
  const double after_200 = BestOver(5, 5, 200, ShiftedSphere),
               after_400 = BestOver(5, 5, 400, ShiftedSphere);
  EXPECT_LT(after_200, 1e-2);
  EXPECT_LT(after_400, 1e-3 * after_200);
  EXPECT_LT(BestOver(5, 1, 100, ShiftedSphere), 1e-5);
  EXPECT_LT(BestOver(2, 100, 1000, ShiftedSphere), 0.2 * BestOver(2, 100, 20, ShiftedSphere));
}

TEST(CmaEs, LearnsTheShapeOfAValley) {
  EXPECT_LT(BestOver(5, 4, 1200, Rosenbrock), 1e-3);
  const auto ellipsoid = [](absl::Span<const double> x) {
    double sum = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      double v = 0;  // turned: no coordinate is an axis
      for (size_t k = 0; k < x.size(); ++k) v += (i == k ? 0.2 : -0.6) * (x[k] - 1);
      sum += std::pow(1e4, static_cast<double>(i) / 4) * v * v;
    }
    return sum;
  };
  EXPECT_LT(BestOver(5, 5, 1200, ellipsoid), 1e-3);
}

TEST(CmaEs, ReachesAnOptimumOnTheWall) {
  const auto slope = [](absl::Span<const double> x) {
    double sum = 0;
    for (const double v : x) sum += 5 - v;
    return sum;
  };
  EXPECT_LT(BestOver(5, 5, 300, slope), 0.5);  // at random about 10
  EXPECT_LT(BestOver(5, 2, 100, slope), 1e-3);
}

TEST(CmaEs, BatchesCostLittle) { EXPECT_LT(BestOver(5, 5, 400, ShiftedSphere, 8), 1e-3); }

TEST(CmaEs, OnlyRanksCount) {
  const auto run = [](const PointLoss& loss) {
    return Play(StudyOf(Cube(3))).Run(100, loss).back().point;
  };
  EXPECT_EQ(run(ShiftedSphere),
            run([](absl::Span<const double> x) { return std::log(ShiftedSphere(x)) * 1e30; }));
}

TEST(CmaEs, NoiseDoesNotStopIt) {
  for (int seed = 0; seed < 3; ++seed) {
    Play play(StudyOf(Cube(5), seed));
    RandomStream noise(seed, 0, 0);
    const std::vector<Suggestion> trials = play.Run(
        300, [&noise](absl::Span<const double> x) { return ShiftedSphere(x) + noise.Normal(); });
    double late = 0;
    for (size_t i = 270; i < 300; ++i) late += ShiftedSphere(trials[i].point) / 30;
    EXPECT_LT(late, 3);  // at random it is about 50
    EXPECT_TRUE(play.notes().empty()) << play.notes()[0];
  }
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

TEST(CmaEs, MixedAndConditionalSpaces) {
  for (int seed = 0; seed < 5; ++seed) {
    Play play(StudyOf(Mixed(), seed), Value::Object{{"restarts", "none"}});
    const std::vector<Suggestion> trials = play.Run(400, MixedLoss);
    EXPECT_LT(play.Best(), 0.2) << "seed " << seed;
    // It has settled on the choice and the int, and still tries others.
    int chosen = 0, layers = 0;
    for (size_t i = 300; i < 400; ++i) {
      chosen += trials[i].point[3] == 2;
      layers += trials[i].point[1] == 6;
    }
    for (const int count : {chosen, layers}) {
      EXPECT_GT(count, 50) << "seed " << seed;
      EXPECT_LT(count, 100) << "seed " << seed;
    }
  }
}

TEST(CmaEs, InfeasibleTrialsRankBehind) {
  Play play(StudyOf(Cube(2)));
  for (int i = 0; i < 250; ++i) {
    const Suggestion trial = play.Ask(1).front();
    Outcome outcome = Outcome::Complete({trial.point[0] + trial.point[1]});
    outcome.constraints = {2 - trial.point[0], -1 - trial.point[1]};
    ASSERT_TRUE(play.study().Tell(trial.id, outcome).ok());
  }
  EXPECT_NEAR(play.Best(), 1, 0.1);
}

TEST(CmaEs, WhereTrialsFailItDoesNotStay) {
  Play play(StudyOf(Cube(2)));
  for (int i = 0; i < 150; ++i) {
    const Suggestion trial = play.Ask(1).front();
    const double x = trial.point[0], y = trial.point[1];
    const Outcome outcome = x > 0 ? Outcome::Failed(FailureKind::kOutOfMemory, "too large")
                                  : Outcome::Complete({std::hypot(x - 1, y)});
    ASSERT_TRUE(play.study().Tell(trial.id, outcome).ok());
  }
  EXPECT_NEAR(play.Best(), 1, 0.05);
}

TEST(CmaEs, ADescentThatHasConvergedIsFollowedByAnother) {
  Play play(StudyOf(Cube(2)));
  const std::vector<Suggestion> trials = play.Run(1000, ShiftedSphere);
  ASSERT_FALSE(play.notes().empty());
  EXPECT_TRUE(absl::StartsWith(play.notes()[0], "restart 1, 12 trials a generation"))
      << play.notes()[0];
  Play none(StudyOf(Cube(2)), Value::Object{{"restarts", "none"}});
  none.Run(1000, ShiftedSphere);
  EXPECT_TRUE(none.notes().empty());
}

TEST(CmaEs, LeavesAPlateau) {
  // A wide step in the middle, and a lower one that is out of sight of it.
  const auto steps = [](absl::Span<const double> x) {
    const double r = std::hypot(x[0], x[1]);
    return std::hypot(x[0] - 4, x[1] + 4) < 1 ? 0 : 1 + std::floor(r / 2);
  };
  int found = 0;
  for (int seed = 0; seed < 5; ++seed) {
    Play play(StudyOf(Cube(2), seed));
    play.Run(200, steps);
    EXPECT_FALSE(play.notes().empty()) << "seed " << seed;  // it has started again
    play.Run(1000, steps);
    found += play.Best() == 0;
  }
  EXPECT_GE(found, 4);
}

TEST(CmaEs, RestartsFindWhatOneDescentMisses) {
  // A wide basin and a narrow one that is better.
  const auto two_basins = [](absl::Span<const double> x) {
    return std::min(1 + ShiftedSphere(x), 10 * (std::pow(x[0] + 3, 2) + std::pow(x[1] - 3, 2)));
  };
  int found = 0;
  for (int seed = 0; seed < 5; ++seed) {
    Play play(StudyOf(Cube(2), seed));
    play.Run(3000, two_basins);
    found += play.Best() < 0.1;
  }
  EXPECT_GE(found, 3);
}

TEST(CmaEs, EnqueuedPointsGuideTheSearch) {
  // A narrow funnel far from the middle.
  const auto funnel = [](absl::Span<const double> x) {
    return std::min(10.0 + 1e-3 * ShiftedSphere(x), std::hypot(x[0] - 4.5, x[1] - 4.5, x[2] + 4.5));
  };
  Play play(StudyOf(Cube(3)));
  play.Run(30, funnel);
  ASSERT_TRUE(play.study().Enqueue({4.2, 4.2, -4.2}).ok());
  play.Run(300, funnel);
  EXPECT_LT(play.Best(), 0.01);
}

TEST(CmaEs, FarAwayImportsThatAreWorseChangeLittle) {
  Play play(StudyOf(Cube(3)));
  play.Run(200, ShiftedSphere);
  const double before = play.Best();
  for (int i = 0; i < 100; ++i) {
    Trial trial;
    trial.state = TrialState::kComplete;
    trial.point = {5 - 0.01 * i, -5, 5};
    trial.values = {ShiftedSphere(trial.point)};
    ASSERT_TRUE(play.study().Import(std::move(trial)).ok());
  }
  double worst = 0;
  for (const Suggestion& trial : play.Run(30, ShiftedSphere)) {
    worst = std::max(worst, ShiftedSphere(trial.point));
  }
  EXPECT_LT(worst, 0.1);
  EXPECT_LE(play.Best(), before);
}

// The mean loss of the first 20 trials.
double FirstTrials(Play& play, const PointLoss& loss) {
  double sum = 0;
  for (const Suggestion& trial : play.Run(20, loss)) sum += loss(trial.point) / 20;
  return sum;
}

TEST(CmaEs, GoesOnFromTheHistoryThatAnotherStrategyLeaves) {
  const auto loss = [](absl::Span<const double> x) {
    double sum = 0;
    for (const double v : x) sum += (v - 3) * (v - 3);
    return sum;
  };
  Play fresh(StudyOf(Cube(4))), with_history(StudyOf(Cube(4)));
  RandomStream rng(3, 0, 0);
  for (int i = 0; i < 200; ++i) {
    Trial trial;
    trial.state = TrialState::kComplete;
    for (int k = 0; k < 4; ++k) trial.point.push_back(rng.Uniform(-5, 5));
    trial.values = {loss(trial.point)};
    ASSERT_TRUE(with_history.study().Import(std::move(trial)).ok());
  }
  EXPECT_LT(FirstTrials(with_history, loss), 0.5 * FirstTrials(fresh, loss));
}

TEST(CmaEs, GoesOnFromEarlierStudies) {
  StudyConfig config = StudyOf(Mixed());
  EarlierStudy& earlier = config.warm_start.emplace_back();
  RandomStream rng(3, 0, 0);
  for (int i = 0; i < 300; ++i) {
    std::vector<double> unit(5);
    for (double& u : unit) u = rng.Uniform();
    Point point(5);
    config.space.FromUnit(unit, absl::MakeSpan(point));
    earlier.trials.push_back({point, {1000 + MixedLoss(point)}, true});
  }
  // Infeasible ones do not count as good.
  for (EarlierTrial& trial : earlier.trials) {
    if (trial.point[3] == 0) {
      trial.values = {0};
      trial.feasible = false;
    }
  }
  Play fresh(StudyOf(Mixed())), warm(std::move(config));
  EXPECT_LT(FirstTrials(warm, MixedLoss), 0.7 * FirstTrials(fresh, MixedLoss));
}

TEST(CmaEs, PriorsSayWhereToStartAndAWrongOneIsOvercome) {
  const auto with_prior = [](double value, const char* kind) {
    std::vector<Parameter> parameters = Mixed();
    parameters[0].prior = Prior{value, 0.1};
    parameters[3].prior = Prior{kind, 0.1};
    return StudyOf(std::move(parameters));
  };
  Play fresh(StudyOf(Mixed())), right(with_prior(2e-3, "c")), wrong(with_prior(1, "d"));
  EXPECT_LT(FirstTrials(right, MixedLoss), 0.8 * FirstTrials(fresh, MixedLoss));
  wrong.Run(400, MixedLoss);
  EXPECT_LT(wrong.Best(), 0.3);
}

TEST(CmaEs, AGenerationIsAsLargeAsWhatRunsAtOnce) {
  StudyConfig config = StudyOf(Cube(2));
  config.parallelism = 40;
  Play play(std::move(config)), small(StudyOf(Cube(2)));
  // Nothing has finished when the 40th is drawn, so that both spread as at the start …
  EXPECT_EQ(play.Ask(40).size(), 40);
  // … and the results of 20 are enough for a first step.
  for (const Suggestion& trial : small.Ask(3)) small.Tell(trial, ShiftedSphere(trial.point));
  EXPECT_EQ(small.Ask(3).size(), 3);
}

TEST(CmaEs, LateResultsCountAsIfTheyHadComeInTime) {
  Play late(StudyOf(Cube(3))), in_time(StudyOf(Cube(3)));
  // The first two trials end long after the others; nothing was proposed meanwhile that saw less.
  std::vector<Suggestion> first = late.Ask(7);
  for (size_t i = 2; i < 7; ++i) late.Tell(first[i], ShiftedSphere(first[i].point));
  late.Tell(first[1], ShiftedSphere(first[1].point));
  late.Tell(first[0], ShiftedSphere(first[0].point));
  in_time.Run(7, ShiftedSphere);
  EXPECT_EQ(late.Run(30, ShiftedSphere).back().point, in_time.Run(30, ShiftedSphere).back().point);
}

TEST(CmaEs, SaysWhatItCannotDo) {
  const Plugins plugins;
  StudyConfig config = StudyOf(Cube(1));
  config.objectives = {{"error", Goal::kMinimize}, {"seconds", Goal::kMinimize}};
  const StrategyContext context = {config, plugins, [](absl::string_view) {}};
  const auto two = kCmaEsStrategy.create(Value::Object(), "strategy", context);
  EXPECT_EQ(two.status().message(),
            "strategy: ranks trials by one objective, and the study has 2; leave one, or use the "
            "strategy "
            "nsga2");
  const auto one = kCmaEsStrategy.create(Value::Object{{"population", 1}}, "strategy", context);
  EXPECT_EQ(one.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(one.status().message(), "0 or at least 2")) << one.status();
}

TEST(MirroredNormals, OppositesAndOrthogonal) {
  RandomStream rng(1, 2, 3);
  const std::vector<double> z = MirroredNormals(7, 4, rng);
  const auto dot = [&z](int a, int b) {
    double sum = 0;
    for (int i = 0; i < 4; ++i) sum += z[a * 4 + i] * z[b * 4 + i];
    return sum;
  };
  for (int a = 0; a + 1 < 7; a += 2) {
    for (int i = 0; i < 4; ++i) EXPECT_EQ(z[a * 4 + i], -z[(a + 1) * 4 + i]);
    for (int b = a + 2; b < 7; b += 2) EXPECT_NEAR(dot(a, b), 0, 1e-12);
  }
  // The lengths are those of independent draws: E z_i^2 = 1.
  const std::vector<double> many = MirroredNormals(20000, 3, rng);
  double squares = 0;
  for (const double v : many) squares += v * v;
  EXPECT_NEAR(squares / 60000, 1, 0.02);
}

TEST(SearchDistribution, KeepsNeighboursAndChoicesInReach) {
  const SearchSpace space =
      *SearchSpace::Create({Parameter::Int("n", 0, 9), Parameter::Categorical("c", {"x", "y", "z"}),
                            Parameter::Float("u", 0, 1)});
  const SearchAxes axes(space);
  SearchDistribution distribution(axes, {0.55, 0.5}, {1e-12, 0, 0, 1e-12}, {{1, 0, 0}});
  constexpr int kDraws = 20000;
  int below = 0, above = 0, others = 0;
  RandomStream rng(1, 0, 0);
  for (int i = 0; i < kDraws; ++i) {
    const double z[] = {rng.Normal(), rng.Normal()};
    const SearchPoint point = distribution.Sample(z, rng);
    below += space[0].FromUnit(point.x[0]) < 5;
    above += space[0].FromUnit(point.x[0]) > 5;
    others += point.c[0] != 0;
    EXPECT_NEAR(point.x[1], 0.5, 1e-4);
  }
  EXPECT_NEAR(axes.margin, 1 - std::sqrt(0.73), 1e-12);
  EXPECT_NEAR(below, kDraws * axes.margin / 2, 150);
  EXPECT_NEAR(above, kDraws * axes.margin / 2, 150);
  EXPECT_NEAR(others, kDraws * axes.margin, 200);
}

}  // namespace
}  // namespace sturgeon
