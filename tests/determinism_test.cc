// Section 5 of the design, for every strategy that is linked in: deterministic caviar makes the
// same study on any number of threads and with any timing, and a window of width 1 is the
// sequential runner.
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/model.h"
#include "core/option_schema.h"
#include "core/plugins.h"
#include "core/random.h"
#include "core/runner.h"
#include "core/space.h"
#include "core/study.h"
#include "gtest/gtest.h"
#include "runners/testing.h"

namespace sturgeon {
namespace {

constexpr int kTrials = 40;
constexpr int kSteps = 3;

const Plugins& AllPlugins() {
  static const auto* const plugins = new absl::StatusOr<Plugins>(Plugins::FromLinked());
  EXPECT_TRUE(plugins->ok()) << plugins->status();
  return **plugins;
}

SearchSpace Mixed() {
  return *SearchSpace::Create({
      Parameter::Float("learning_rate", 1e-4, 1, Scale::kLog),
      Parameter::Float("momentum", 0.9, 0.999, Scale::kReverseLog),
      Parameter::Int("layers", 1, 4),
      Parameter::Categorical("optimizer", {"sgd", "adam"}),
      Parameter::Float("beta2", 0.99, 0.9999, Scale::kReverseLog).When("optimizer", {"adam"}),
  });
}

SearchSpace Finite() {
  return *SearchSpace::Create({
      Parameter::Int("batch_size", 16, 256, Scale::kLog).Factor(2),
      Parameter::Float("dropout", 0, 0.5).Step(0.1),
      Parameter::Categorical("activation", {"relu", "tanh", "gelu"}),
  });
}

// A few steps, each of which takes a time that depends on `timing`; some trials fail. The metric is
// a function of the assignment and the trial's seed.
LambdaModel Jittery(uint64_t timing, int64_t steps) {
  return LambdaModel({{"value", Goal::kMinimize}}, steps, [timing](const LambdaModel::Step& step) {
    Dawdle(timing, step);
    if (step.step == 2 && step.seed % 16 == 0) throw "thrown on purpose";
    double value = RandomStream(step.seed, step.step, 0).Uniform();
    for (const Value::Field& field : step.assignment.object()) {
      if (field.value.is_number()) value += field.value.number();
    }
    return std::vector<double>{value};
  });
}

// The trials of a study as text; nothing if the strategy refuses the space.
std::string RunStudy(const std::string& strategy, const SearchSpace& space,
                     const PluginSpec& runner, uint64_t timing,
                     const std::vector<PluginSpec>& stopping = {}) {
  StudyConfig config;
  config.space = space;
  config.trials = kTrials;
  config.settable = space.Names();
  // Some rules want to see four steps before they stop anything.
  config.max_steps = stopping.empty() ? kSteps : 2 * kSteps;
  config.seed = 11;
  config.stopping = stopping;
  auto study = Study::Create(config, {strategy}, AllPlugins());
  if (!study.ok()) {
    EXPECT_EQ(study.status().code(), absl::StatusCode::kInvalidArgument) << study.status();
    return "";
  }
  auto made = AllPlugins().runners.Create(runner, RunnerContext());
  EXPECT_TRUE(made.ok()) << made.status();
  if (!made.ok()) return "";
  const LambdaModel model = Jittery(timing, config.max_steps);
  RunRequest request = {**study, model};
  request.trials = kTrials;
  const absl::StatusOr<RunSummary> summary = (*made)->Run(request);
  EXPECT_TRUE(summary.ok()) << summary.status();
  return DescribeTrials(**study);
}

PluginSpec Caviar(absl::string_view schedule, int width, int threads) {
  return {"caviar", *ParseAssignments(absl::StrCat("deterministic=true,schedule=", schedule,
                                                   ",width=", width, ",parallelism=", threads))};
}

class Determinism : public testing::TestWithParam<std::string> {};

TEST_P(Determinism, TheStudyIsTheSameForAnyNumberOfThreadsAndTiming) {
  int studies = 0;
  for (const SearchSpace& space : {Mixed(), Finite()}) {
    for (const char* schedule : {"window", "rounds"}) {
      for (const int width : {3, 8}) {
        const std::string expected =
            RunStudy(GetParam(), space, Caviar(schedule, width, 1), /*timing=*/0);
        if (expected.empty()) continue;
        ++studies;
        for (const int threads : {2, 8}) {
          ASSERT_EQ(RunStudy(GetParam(), space, Caviar(schedule, width, threads), threads),
                    expected)
              << schedule << " of width " << width << ", " << threads << " threads";
        }
      }
    }
  }
  EXPECT_GT(studies, 0) << "the strategy refuses every space";
}

TEST_P(Determinism, AWindowOfWidthOneIsTheSequentialRunner) {
  for (const SearchSpace& space : {Mixed(), Finite()}) {
    EXPECT_EQ(RunStudy(GetParam(), space, Caviar("window", 1, 8), /*timing=*/1),
              RunStudy(GetParam(), space, {"sequential"}, /*timing=*/2));
  }
}

// Likewise for every stopping rule.
class StoppingDeterminism : public testing::TestWithParam<std::string> {};

TEST_P(StoppingDeterminism, TheStudyIsTheSameForAnyNumberOfThreadsAndTiming) {
  PluginSpec rule = {GetParam()};
  if (rule.name == "threshold") rule.options.Set("at_most", 2);
  if (rule.name == "patience") rule.options.Set("patience", 1);
  for (const char* schedule : {"window", "rounds"}) {
    const std::string expected =
        RunStudy("random", Mixed(), Caviar(schedule, 4, 1), /*timing=*/0, {rule});
    EXPECT_TRUE(absl::StrContains(expected, rule.name + ": ")) << expected;
    for (const int threads : {2, 8}) {
      ASSERT_EQ(RunStudy("random", Mixed(), Caviar(schedule, 4, threads), threads, {rule}),
                expected)
          << schedule << ", " << threads << " threads";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(StoppingRules, StoppingDeterminism,
                         testing::ValuesIn(AllPlugins().stopping_rules.Names()),
                         [](const auto& tested) { return tested.param; });

INSTANTIATE_TEST_SUITE_P(Strategies, Determinism,
                         testing::ValuesIn(AllPlugins().strategies.Names()),
                         [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace sturgeon
