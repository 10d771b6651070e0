#include "strategies/pbt/pbt.h"

#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/option_schema.h"
#include "core/plugins.h"
#include "core/space.h"
#include "core/study.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "core/value.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "samplers/sobol/sobol.h"
#include "samplers/uniform/uniform.h"
#include "strategies/conformance.h"
#include "strategies/grid/grid.h"
#include "strategies/pbt/trainings.h"
#include "strategies/random/random.h"
#include "strategies/tpe/tpe.h"

namespace sturgeon {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;

Plugins TestPlugins() {
  Plugins plugins;
  EXPECT_TRUE(plugins.samplers.Add(kUniformSampler).ok());
  EXPECT_TRUE(plugins.samplers.Add(kSobolSampler).ok());
  EXPECT_TRUE(plugins.strategies.Add(kGridStrategy).ok());
  EXPECT_TRUE(plugins.strategies.Add(kRandomStrategy).ok());
  EXPECT_TRUE(plugins.strategies.Add(kTpeStrategy).ok());
  EXPECT_TRUE(plugins.strategies.Add(kPbtStrategy).ok());
  return plugins;
}

Value Options(absl::string_view text) { return *ParseAssignments(text); }

StrategyCase Case(std::string name, absl::string_view options) {
  StrategyCase made = {std::move(name), &kPbtStrategy, TestPlugins()};
  made.options = Options(options);
  made.max_steps = 9;
  made.several_objectives = false;
  made.repeats = true;
  return made;
}

// Which has no more points than the space, and may need to know how many trials there will be.
StrategyCase OverGrid() {
  StrategyCase made = Case("over_grid", "population=3,over=grid");
  made.unplanned = false;
  return made;
}

INSTANTIATE_TEST_SUITE_P(
    Pbt, StrategyConformance,
    testing::Values(Case("defaults", ""), Case("eager", "population=2,quantile=0.5,resample=1"),
                    Case("by_chance", "population=6,interval=1,over=random,explore=perturb"),
                    OverGrid()),
    StrategyCaseName);

// A study of a learning rate, which may change in mid-training, and a width, which may not.
StudyConfig Config(int64_t max_steps) {
  StudyConfig config;
  config.space = *SearchSpace::Create({Parameter::Float("learning_rate", 1e-4, 1, Scale::kLog),
                                       Parameter::Int("units", 1, 1 << 20)});
  config.settable = {"learning_rate"};
  config.max_steps = max_steps;
  config.unit = "epoch";
  config.objectives = {{"error", Goal::kMinimize}};
  config.seed = 1;
  return config;
}

class Play {
 public:
  explicit Play(absl::string_view options, StudyConfig config = Config(4))
      : plugins_(TestPlugins()) {
    StudyHooks hooks;
    hooks.on_note = [this](absl::string_view line) { notes_.emplace_back(line); };
    auto study = Study::Create(std::move(config), {"pbt", Options(options)}, plugins_, hooks);
    EXPECT_TRUE(study.ok()) << study.status();
    study_ = *std::move(study);
  }

  // The next trial, in words: "new to 1", "0 to 2" (goes on from trial 0), "copy of 0 to 2".
  std::string Ask() {
    const auto trials = study_->Ask(1);
    EXPECT_TRUE(trials.ok()) << trials.status();
    const Suggestion& trial = trials->front();
    suggestions_.push_back(trial);
    const std::string to =
        trial.budget.has_value() ? " to " + std::to_string(*trial.budget) : " to the end";
    if (!trial.resume_from.has_value()) return "new" + to;
    const Point& from = suggestions_[*trial.resume_from].point;
    return (from == trial.point ? "" : "copy of ") + std::to_string(*trial.resume_from) + to;
  }
  void Tell(int64_t id, double error) {
    const absl::Status status = study_->Tell(id, Outcome::Complete({error}));
    EXPECT_TRUE(status.ok()) << status;
  }
  void Fail(int64_t id) {
    EXPECT_TRUE(study_->Tell(id, Outcome::Failed(FailureKind::kNotFinite, "diverged")).ok());
  }
  std::vector<std::string> Ask(int count) {
    std::vector<std::string> words;
    for (int i = 0; i < count; ++i) words.push_back(Ask());
    return words;
  }
  const Suggestion& trial(int64_t id) const { return suggestions_[id]; }
  Study& study() { return *study_; }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  Plugins plugins_;
  std::vector<std::string> notes_;
  std::unique_ptr<Study> study_;
  std::vector<Suggestion> suggestions_;
};

// Four members, three turns each: with four results at a step, one is copied and one is replaced.
TEST(Pbt, TheWorstCopiesTheBestAtEachStep) {
  Play play("population=4,interval=1,resample=0");
  EXPECT_THAT(play.Ask(4), ElementsAre("new to 1", "new to 1", "new to 1", "new to 1"));
  play.Tell(0, 0.4);
  play.Tell(1, 0.1);
  play.Tell(2, 0.9);
  play.Tell(3, 0.3);
  EXPECT_THAT(play.Ask(4), ElementsAre("0 to 2", "1 to 2", "copy of 1 to 2", "3 to 2"));
  // The width is what the weights were trained for; the learning rate is about a tenth of four
  // decades away.
  EXPECT_EQ(play.trial(6).Number("units"), play.trial(1).Number("units"));
  const double factor =
      play.trial(6).Number("learning_rate") / play.trial(1).Number("learning_rate");
  EXPECT_THAT(std::abs(std::log10(factor)), AllOf(testing::Ge(0.2), testing::Le(0.6)));
  ASSERT_EQ(play.notes().size(), 1);
  EXPECT_THAT(play.notes()[0],
              AllOf(HasSubstr("trial 6: a copy of trial 1 at epoch 1 (0.1) instead of trial 2 "
                              "(0.9): learning_rate "),
                    testing::Not(HasSubstr("units"))));

  play.Tell(4, 0.5);  // trained on, and worse than all
  play.Tell(5, 0.2);
  play.Tell(6, 0.05);
  play.Tell(7, 0.3);
  EXPECT_THAT(play.Ask(4), ElementsAre("copy of 6 to 3", "5 to 3", "6 to 3", "7 to 3"));
  play.Tell(8, 0.04);
  play.Tell(9, 0.03);
  play.Tell(10, 0.02);
  play.Tell(11, 0.01);
  EXPECT_THAT(play.Ask(4), ElementsAre("copy of 11 to the end", "9 to the end", "10 to the end",
                                       "11 to the end"));
  for (int id = 12; id < 16; ++id) play.Tell(id, 0.01 * id);
  EXPECT_EQ(play.study().counts().stopped, 12);
  EXPECT_EQ(play.study().counts().complete, 4) << "four models were trained to the end";
  EXPECT_EQ(play.study().Best()->id, 12);

  // New members, compared with the former ones: of eight results at a step two are replaced.
  EXPECT_THAT(play.Ask(4), ElementsAre("new to 1", "new to 1", "new to 1", "new to 1"));
  play.Tell(16, 0.2);
  play.Tell(17, 0.5);
  play.Tell(18, 0.8);
  play.Tell(19, 0.05);
  EXPECT_THAT(play.Ask(2), ElementsAre("16 to 2", "17 to 2"));
  EXPECT_THAT(play.Ask(), AnyOf("copy of 19 to 2", "copy of 1 to 2"));
  EXPECT_EQ(play.Ask(), "19 to 2");
}

// Two at a time: who comes first is compared with who has come.
TEST(Pbt, NobodyWaits) {
  Play play("population=4,interval=2");
  EXPECT_THAT(play.Ask(2), ElementsAre("new to 2", "new to 2"));
  play.Tell(1, 0.9);
  EXPECT_EQ(play.Ask(), "new to 2");
  play.Tell(2, 0.3);
  EXPECT_EQ(play.Ask(), "new to 2");
  play.Tell(3, 0.2);
  EXPECT_EQ(play.Ask(), "1 to the end") << "of three results none is replaced";
  play.Tell(0, 0.1);
  EXPECT_EQ(play.Ask(), "0 to the end");
  EXPECT_EQ(play.Ask(), "2 to the end") << "trial 1 is the worst of four, and under way";
  EXPECT_EQ(play.Ask(), "3 to the end");
  EXPECT_EQ(play.Ask(), "new to 2");
}

TEST(Pbt, AMemberThatFailsContinuesAsACopy) {
  Play play("population=2,interval=1,resample=0");
  EXPECT_THAT(play.Ask(2), ElementsAre("new to 1", "new to 1"));
  play.Fail(0);
  play.Tell(1, 0.2);
  EXPECT_EQ(play.Ask(), "new to 1") << "there is nothing that it could go back to";
  play.Tell(2, 0.1);
  EXPECT_THAT(play.Ask(2), ElementsAre("1 to 2", "2 to 2"));
  play.Tell(3, 0.2);
  play.Fail(4);
  EXPECT_EQ(play.Ask(), "3 to 3");
  EXPECT_EQ(play.Ask(), "copy of 2 to 2") << "the best of the step that it started from";
  EXPECT_THAT(play.notes(), ElementsAre(HasSubstr("trial 6: a copy of trial 2 at epoch 1 (0.1): "
                                                  "learning_rate")));
  play.Fail(6);
  EXPECT_EQ(play.Ask(), "copy of 2 to 2");
  EXPECT_NE(play.trial(7).point, play.trial(6).point) << "not the same mistake again";
  play.Tell(7, 0.1);
  EXPECT_EQ(play.Ask(), "7 to 3");
}

// A stopping rule ends trials before their budget.
TEST(Pbt, WhatIsStoppedBeforeItsBudgetIsReplaced) {
  Play play("population=2,interval=2");
  play.Ask(2);
  for (const int64_t step : {1, 2}) {
    EXPECT_TRUE(play.study().Report(0, step, {0.5}).ok());
  }
  play.Tell(0, 0.5);
  EXPECT_TRUE(play.study().Report(1, 1, {0.4}).ok());
  EXPECT_TRUE(play.study().Tell(1, Outcome::Stopped({0.4}, "by the rule median")).ok());
  EXPECT_EQ(play.Ask(), "new to 2");
  EXPECT_EQ(play.Ask(), "0 to the end");
}

TEST(Pbt, TheInfeasibleAreReplacedFirst) {
  Play play("population=4,interval=2");
  play.Ask(4);
  const double excess[] = {0, 2, 0, 1};
  for (int64_t id = 0; id < 4; ++id) {
    Outcome outcome = Outcome::Complete({id == 1 ? 0.1 : 0.5});
    outcome.constraints = {excess[id]};
    EXPECT_TRUE(play.study().Tell(id, std::move(outcome)).ok());
  }
  EXPECT_THAT(play.Ask(4),
              ElementsAre("0 to the end", "copy of 0 to the end", "2 to the end", "3 to the end"));
}

TEST(Pbt, EnqueuedTrialsAreNoMembers) {
  Play play("population=2,interval=2");
  EXPECT_TRUE(play.study().Enqueue(Point{0.5, 7}).ok());
  EXPECT_THAT(play.Ask(3), ElementsAre("new to the end", "new to 2", "new to 2"));
  for (int64_t id = 0; id < 3; ++id) play.Tell(id, 0.1);
  EXPECT_THAT(play.Ask(3), ElementsAre("1 to the end", "2 to the end", "new to 2"));
}

TEST(Pbt, SizesFollowTheStudy) {
  // How many members begin before one goes on.
  const auto members = [](int64_t trials, int parallelism) {
    StudyConfig config = Config(27);  // in stretches of 3
    config.trials = trials;
    config.parallelism = parallelism;
    Play play("", std::move(config));
    for (int64_t id = 0;; ++id) {
      const std::string next = play.Ask();
      if (next != "new to 3") return id;
      play.Tell(id, 0.5);
    }
  };
  EXPECT_EQ(members(90, 1), 10);
  EXPECT_EQ(members(90, 16), 16);
  EXPECT_EQ(members(9, 1), 4);
  EXPECT_EQ(members(100000, 1), 40);
  EXPECT_EQ(members(0, 1), 20);
}

TEST(Pbt, TheLastStretchTakesWhatIsLeft) {
  Play play("population=1,interval=4", Config(11));
  EXPECT_EQ(play.Ask(), "new to 4");
  play.Tell(0, 0.5);
  EXPECT_EQ(play.Ask(), "0 to the end");
}

TEST(Pbt, RefusesWhatItCannotDo) {
  const auto error = [](StudyConfig config, absl::string_view options = "") {
    const Plugins plugins = TestPlugins();
    const auto study = Study::Create(std::move(config), {"pbt", Options(options)}, plugins);
    EXPECT_EQ(study.status().code(), absl::StatusCode::kInvalidArgument) << study.status();
    return std::string(study.status().message());
  };
  EXPECT_THAT(error(Config(0)), HasSubstr("is of unknown length"));
  EXPECT_THAT(error(Config(1)), AllOf(HasSubstr("has one step"), HasSubstr("two at least")));
  EXPECT_THAT(error(Config(9), "interval=5"), HasSubstr("it must be 4 at most"));
  StudyConfig config = Config(9);
  config.settable = {};
  EXPECT_THAT(error(config), HasSubstr("none of this study's can be changed then"));
  config = Config(9);
  config.objectives.push_back({"seconds", Goal::kMinimize});
  EXPECT_THAT(error(config), HasSubstr("nsga2"));
  EXPECT_THAT(error(Config(9), "over=no_such"), HasSubstr("no_such"));
  EXPECT_THAT(error(Config(9), "over=pbt"), HasSubstr("unknown length"));
  EXPECT_THAT(error(Config(9), "explore=pertrub"), HasSubstr("pertrub"));
}

// Where the best of four parameters wander, chance is too slow.
TEST(Pbt, LearnsWhatGains) {
  const Plugins plugins = TestPlugins();
  double log_ratio = 0;
  constexpr int kSeeds = 3;
  for (int seed = 0; seed < kSeeds; ++seed) {
    const Training training = WanderingOptimum(seed, 4);
    const auto best = [&](absl::string_view options) {
      const auto found = BestOfStudy(training, {"pbt", Options(options)}, plugins,
                                     30 * training.max_steps, 2, seed);
      EXPECT_TRUE(found.ok()) << found.status();
      return found.ok() ? *found : 1;
    };
    log_ratio += std::log(best("") / best("explore=perturb,over=random")) / kSeeds;
  }
  EXPECT_LT(std::exp(log_ratio), 0.5);
}

// What no constant learning rate reaches, and so no search for one, a schedule does.
TEST(Pbt, FindsASchedule) {
  const Plugins plugins = TestPlugins();
  double log_ratio = 0;
  constexpr int kSeeds = 5;
  for (int seed = 0; seed < kSeeds; ++seed) {
    const Training training = NoisyQuadratic(seed);
    const double constant = BestConstant(training, 1000);
    const auto found = BestOfStudy(training, {"pbt"}, plugins, 30 * training.max_steps, 2, seed);
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_LT(*found, constant) << "seed " << seed;
    log_ratio += std::log(*found / constant) / kSeeds;
  }
  EXPECT_LT(std::exp(log_ratio), 0.7);
}

}  // namespace
}  // namespace sturgeon
