#include "core/study.h"

#include <atomic>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/option_schema.h"
#include "core/plugins.h"
#include "core/random.h"
#include "core/result.h"
#include "core/stopping_rule.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// What the strategy under the study saw, and how it is to behave.
struct Script {
  std::vector<int64_t> told;
  std::vector<std::vector<int64_t>> pending;
  std::vector<int64_t> first_ids;
  int proposals = 1 << 30;  // then it is exhausted
  bool too_many = false;
  bool invalid = false;
  std::optional<int64_t> budget, resume_from;  // of what it proposes
  double stop_above = std::numeric_limits<double>::infinity();
  std::atomic<int> inside{0};  // calls that are under way
  std::atomic<bool> overlapped{false};
};

Script* script = nullptr;

struct Busy {
  Busy() {
    if (++script->inside > 1) script->overlapped = true;
  }
  ~Busy() { --script->inside; }
};

struct NoOptions {};

class ScriptedStrategy : public Strategy {
 public:
  explicit ScriptedStrategy(const StrategyContext& context) : context_(context) {}
  static const Schema<NoOptions>& OptionSchema() {
    static const auto* const schema = new Schema<NoOptions>();
    return *schema;
  }
  static absl::StatusOr<std::unique_ptr<Strategy>> Create(NoOptions,
                                                          const StrategyContext& context) {
    context.note("hello");
    return std::unique_ptr<Strategy>(new ScriptedStrategy(context));
  }

  absl::StatusOr<std::vector<Proposal>> Ask(const AskRequest& request) override {
    Busy busy;
    script->first_ids.push_back(request.first_id);
    script->pending.emplace_back();
    for (const PendingTrial& trial : request.pending) {
      script->pending.back().push_back(trial.id);
      EXPECT_EQ(trial.budget, script->budget);
    }
    std::vector<Proposal> proposals;
    const int count = std::min(request.count, script->proposals);
    for (int i = 0; i < count + (script->too_many ? 1 : 0); ++i) {
      RandomStream rng(context_.study.seed, request.first_id + i, kProposalStream);
      Point unit(context_.study.space.size()), point(unit.size());
      for (double& u : unit) u = rng.Uniform();
      context_.study.space.FromUnit(unit, absl::MakeSpan(point));
      if (script->invalid) point[0] = 99;
      proposals.push_back({std::move(point), script->budget, script->resume_from});
      context_.note("proposed");
    }
    script->proposals -= count;
    return proposals;
  }
  absl::Status Tell(absl::Span<const Trial* const> finished) override {
    Busy busy;
    for (const Trial* trial : finished) script->told.push_back(trial->id);
    return absl::OkStatus();
  }
  Decision OnReport(const RunningTrial& trial) override {
    Busy busy;
    const double last = trial.reports.values(trial.reports.size() - 1)[0];
    return last > script->stop_above ? Decision::kStop : Decision::kContinue;
  }

 private:
  const StrategyContext context_;
};

constexpr StrategyPlugin kScripted = MakeStrategyPlugin<ScriptedStrategy>("scripted", "For tests.");

// Stops what reports more than the option `above`; says how many trials it was told of.
struct AboveOptions {
  double above = 1;
};

class AboveRule : public StoppingRule {
 public:
  explicit AboveRule(AboveOptions options) : options_(options) {}
  static const Schema<AboveOptions>& OptionSchema() {
    static const auto* const schema = new Schema<AboveOptions>(
        Schema<AboveOptions>().Add("above", &AboveOptions::above, "What is too much."));
    return *schema;
  }
  static absl::StatusOr<std::unique_ptr<StoppingRule>> Create(AboveOptions options,
                                                              const StoppingRuleContext& context) {
    if (context.study.objectives.size() > 1) {
      return absl::InvalidArgumentError("needs a study with one objective");
    }
    return std::unique_ptr<StoppingRule>(new AboveRule(options));
  }

  absl::Status Tell(absl::Span<const Trial* const> finished) override {
    Busy busy;
    told_ += finished.size();
    return absl::OkStatus();
  }
  std::optional<std::string> ShouldStop(const RunningTrial& trial) const override {
    Busy busy;
    const double last = trial.reports.values(trial.reports.size() - 1)[0];
    if (!(last > options_.above)) return std::nullopt;
    return absl::StrCat(last, " is above ", options_.above, "; told of ", told_);
  }

 private:
  const AboveOptions options_;
  size_t told_ = 0;
};

constexpr StoppingRulePlugin kAbove = MakeStoppingRulePlugin<AboveRule>("above", "For tests.");

class StudyTest : public ::testing::Test {
 protected:
  StudyTest() {
    script = &script_;
    EXPECT_TRUE(plugins_.strategies.Add(kScripted).ok());
    EXPECT_TRUE(plugins_.stopping_rules.Add(kAbove).ok());
  }

  static StudyConfig Config(std::vector<Objective> objectives = {Objective()}) {
    StudyConfig config;
    config.space =
        *SearchSpace::Create({Parameter::Float("x", 0, 1), Parameter::Categorical("c", {"a", "b"}),
                              Parameter::Float("y", 0, 1).When("c", {"b"})});
    config.objectives = std::move(objectives);
    return config;
  }
  std::unique_ptr<Study> Make(StudyConfig config, StudyHooks hooks = {}) {
    auto study = Study::Create(std::move(config), {"scripted"}, plugins_, std::move(hooks));
    EXPECT_TRUE(study.ok()) << study.status();
    return *std::move(study);
  }
  std::unique_ptr<Study> Make() { return Make(Config()); }

  Script script_;
  Plugins plugins_;
};

TEST_F(StudyTest, NumbersTrialsAndShowsTheStrategyWhatRuns) {
  const auto study = Make();
  ASSERT_THAT(*study->Ask(2), SizeIs(2));
  ASSERT_TRUE(study->Tell(1, Outcome::Complete({0.5})).ok());
  ASSERT_THAT(*study->Ask(1), SizeIs(1));
  ASSERT_TRUE(study->Tell(0, Outcome::Failed(FailureKind::kTimeout, "too slow")).ok());
  EXPECT_THAT(script_.first_ids, ElementsAre(0, 2));
  EXPECT_THAT(script_.pending, ElementsAre(IsEmpty(), ElementsAre(0)));
  EXPECT_THAT(script_.told, ElementsAre(1, 0));
  const Study::Counts counts = study->counts();
  EXPECT_EQ(counts.running, 1);
  EXPECT_EQ(counts.complete, 1);
  EXPECT_EQ(counts.failed, 1);
  EXPECT_EQ(counts.total(), 3);
  EXPECT_EQ(study->Get(0)->failure, FailureKind::kTimeout);
  EXPECT_EQ(study->Get(0)->reason, "too slow");
  EXPECT_EQ(study->Get(3).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(StudyTest, SuggestionsAreReadByName) {
  const auto study = Make();
  const Suggestion trial = (*study->Ask(1))[0];
  EXPECT_EQ(trial.Number("x"), trial.point[0]);
  EXPECT_TRUE(std::isnan(trial.Number("z")));
  EXPECT_TRUE(std::isnan(trial.Number("c")));
  EXPECT_TRUE(trial.Get("c").is_string());
  EXPECT_TRUE(trial.Get("z").is_null());
}

TEST_F(StudyTest, EndsATrialOnce) {
  const auto study = Make();
  ASSERT_TRUE(study->Ask(1).ok());
  ASSERT_TRUE(study->Tell(0, Outcome::Complete({1})).ok());
  const absl::Status again = study->Tell(0, Outcome::Complete({2}));
  EXPECT_EQ(again.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(again.message(), "trial 0 has ended already (complete)");
  EXPECT_EQ(study->Tell(7, Outcome::Complete({2})).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(study->Report(0, 1, {1}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(study->Get(0)->values[0], 1);
}

TEST_F(StudyTest, ChecksWhatItIsTold) {
  const auto study = Make();
  ASSERT_TRUE(study->Ask(3).ok());
  EXPECT_THAT(std::string(study->Tell(0, Outcome::Complete({1, 2})).message()),
              HasSubstr("a complete trial has 1 values, got 2"));
  EXPECT_FALSE(study->Tell(0, Outcome::Complete({})).ok());
  // Not finite: a failed trial, not an error.
  ASSERT_TRUE(study->Tell(0, Outcome::Complete({kNaN})).ok());
  EXPECT_EQ(study->Get(0)->state, TrialState::kFailed);
  EXPECT_EQ(study->Get(0)->failure, FailureKind::kNotFinite);
  EXPECT_THAT(study->Get(0)->values, IsEmpty());
  Outcome infeasible = Outcome::Complete({1});
  infeasible.constraints = {std::numeric_limits<double>::infinity()};
  ASSERT_TRUE(study->Tell(1, infeasible).ok());
  EXPECT_EQ(study->Get(1)->failure, FailureKind::kNotFinite);
  EXPECT_TRUE(study->Tell(2, Outcome::Stopped({}, "early")).ok());
}

TEST_F(StudyTest, PassesReportsToTheStrategy) {
  script_.stop_above = 10;
  const auto study = Make();
  ASSERT_TRUE(study->Ask(1).ok());
  EXPECT_EQ(*study->Report(0, 1, {5}), Decision::kContinue);
  EXPECT_EQ(*study->Report(0, 4, {11}), Decision::kStop);
  EXPECT_THAT(std::string(study->Report(0, 4, {5}).status().message()),
              HasSubstr("not above the last"));
  EXPECT_THAT(std::string(study->Report(0, 5, {5, 6}).status().message()),
              HasSubstr("has 1 values"));
  EXPECT_EQ(*study->Report(0, 5, {kNaN}), Decision::kStop);
  ASSERT_TRUE(study->Tell(0, Outcome::Stopped({11}, "worse than 10")).ok());
  const Trial trial = *study->Get(0);
  ASSERT_EQ(trial.reports.size(), 3u);
  EXPECT_EQ(trial.reports.step(1), 4);
  EXPECT_THAT(trial.reports.values(1), ElementsAre(11));
  EXPECT_FALSE(study->Best().has_value());  // a stopped trial is never the best
}

TEST_F(StudyTest, AStoppingRuleEndsATrialWithItsReason) {
  StudyConfig config = Config();
  config.stopping = {{"above", *ParseAssignments("above=5")},
                     {"above", *ParseAssignments("above=3")}};
  const auto study = Make(std::move(config));
  ASSERT_TRUE(study->Ask(3).ok());
  ASSERT_TRUE(study->Tell(2, Outcome::Complete({1})).ok());
  EXPECT_EQ(*study->Report(0, 1, {2}), Decision::kContinue);
  EXPECT_EQ(*study->Report(0, 2, {4}), Decision::kStop);
  ASSERT_TRUE(study->Tell(0, Outcome::Stopped({4}, "stopped by the strategy")).ok());
  EXPECT_EQ(study->Get(0)->reason, "above: 4 is above 3; told of 1");
  EXPECT_EQ(study->Get(0)->state, TrialState::kStopped);
  // Of several rules the first counts.
  EXPECT_EQ(*study->Report(1, 1, {6}), Decision::kStop);
  ASSERT_TRUE(study->Tell(1, Outcome::Stopped({6}, "")).ok());
  EXPECT_EQ(study->Get(1)->reason, "above: 6 is above 5; told of 2");
  EXPECT_THAT(script_.told, ElementsAre(2, 0, 1));
}

TEST_F(StudyTest, ARulesReasonIsOnlyForTrialsThatEndStopped) {
  StudyConfig config = Config();
  config.stopping = {{"above"}};
  script_.stop_above = 10;
  const auto study = Make(std::move(config));
  ASSERT_TRUE(study->Ask(3).ok());
  EXPECT_EQ(*study->Report(0, 1, {4}), Decision::kStop);
  ASSERT_TRUE(study->Tell(0, Outcome::Failed(FailureKind::kError, "of its own")).ok());
  EXPECT_EQ(study->Get(0)->reason, "of its own");
  EXPECT_EQ(*study->Report(1, 1, {4}), Decision::kStop);
  ASSERT_TRUE(study->Tell(1, Outcome::Complete({4})).ok());
  EXPECT_EQ(study->Get(1)->reason, "");
  // Where the strategy stops a trial, no rule is asked.
  EXPECT_EQ(*study->Report(2, 1, {11}), Decision::kStop);
  ASSERT_TRUE(study->Tell(2, Outcome::Stopped({11}, "by the strategy")).ok());
  EXPECT_EQ(study->Get(2)->reason, "by the strategy");
}

TEST_F(StudyTest, AStoppingRuleThatCannotBeMadeIsSaid) {
  StudyConfig config = Config();
  config.stopping = {{"abvoe"}};
  absl::Status status = Study::Create(config, {"scripted"}, plugins_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("unknown stopping rule \"abvoe\"; did you mean \"above\"?"));
  config = Config({{"a"}, {"b"}});
  config.stopping = {{"above"}};
  status = Study::Create(config, {"scripted"}, plugins_).status();
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("stopping rule above: needs a study with one objective"));
}

TEST_F(StudyTest, EnqueuedPointsComeFirstAndAreToldToTheStrategy) {
  const auto study = Make();
  Value assignment;
  assignment.Set("x", 0.25).Set("c", "b");
  ASSERT_TRUE(study->Enqueue(assignment).ok());
  ASSERT_TRUE(study->Enqueue(Point{0.75, 0, kNaN}).ok());
  EXPECT_FALSE(study->Enqueue(Point{0.75, 0, 0.5}).ok());
  EXPECT_THAT(std::string(study->Enqueue(Value().Set("xx", 1)).message()), HasSubstr("\"xx\""));
  const std::vector<Suggestion> trials = *study->Ask(3);
  ASSERT_THAT(trials, SizeIs(3));
  EXPECT_EQ(trials[0].point, (Point{0.25, 1, 0.5}));  // y got its default
  EXPECT_EQ(trials[1].point[0], 0.75);
  EXPECT_THAT(script_.first_ids, ElementsAre(2));
  EXPECT_THAT(script_.pending, ElementsAre(ElementsAre(0, 1)));
  for (const Suggestion& trial : trials) {
    ASSERT_TRUE(study->Tell(trial.id, Outcome::Complete({trial.point[0]})).ok());
  }
  EXPECT_THAT(script_.told, ElementsAre(0, 1, 2));
}

TEST_F(StudyTest, ImportedTrialsCountAndAreTold) {
  const auto study = Make();
  Trial trial;
  trial.id = 42;
  trial.state = TrialState::kComplete;
  trial.point = {0.5, 0, kNaN};
  trial.values = {0.125};
  EXPECT_EQ(*study->Import(trial), 0);
  EXPECT_THAT(script_.told, ElementsAre(0));
  EXPECT_EQ(study->Best()->values[0], 0.125);
  trial.values = {1, 2};
  EXPECT_FALSE(study->Import(trial).ok());
  trial.values = {kNaN};
  EXPECT_FALSE(study->Import(trial).ok());
  trial.values = {1};
  trial.point = {2, 0, kNaN};
  EXPECT_FALSE(study->Import(trial).ok());
  trial.state = TrialState::kRunning;
  EXPECT_FALSE(study->Import(trial).ok());
  EXPECT_EQ(study->counts().total(), 1);
}

TEST_F(StudyTest, AnExhaustedStrategyLeavesTheAnswerEmpty) {
  script_.proposals = 3;
  const auto study = Make();
  EXPECT_THAT(*study->Ask(2), SizeIs(2));
  EXPECT_THAT(*study->Ask(2), SizeIs(1));
  EXPECT_THAT(*study->Ask(2), IsEmpty());
  EXPECT_FALSE(study->Ask(0).ok());
}

TEST_F(StudyTest, AStrategyThatBreaksItsContractIsAnErrorNotACrash) {
  script_.too_many = true;
  const auto study = Make();
  EXPECT_EQ(study->Ask(2).status().code(), absl::StatusCode::kInternal);
  script_.too_many = false;
  script_.invalid = true;
  EXPECT_THAT(std::string(study->Ask(2).status().message()), HasSubstr("x: 99"));
  EXPECT_EQ(study->counts().total(), 0);
}

TEST_F(StudyTest, ATrialThatComesToABudgetBelowAFullTrainingIsStopped) {
  StudyConfig config = Config();
  config.max_steps = 9;
  config.unit = "epoch";
  const auto study = Make(config);
  script_.budget = 3;
  ASSERT_THAT(*study->Ask(2), SizeIs(2));
  ASSERT_TRUE(study->Tell(0, Outcome::Complete({0.25})).ok());
  ASSERT_TRUE(study->Tell(1, Outcome::Failed(FailureKind::kError, "broke")).ok());
  EXPECT_EQ(study->Get(0)->state, TrialState::kStopped);
  EXPECT_EQ(study->Get(0)->values, Values({0.25}));
  EXPECT_EQ(study->Get(0)->reason, "paused at its budget, epoch 3");
  EXPECT_EQ(study->Get(1)->reason, "broke");
  EXPECT_FALSE(study->Best().has_value());

  script_.budget = 9;
  script_.resume_from = 0;
  const auto trials = study->Ask(1);
  ASSERT_THAT(*trials, SizeIs(1));
  EXPECT_EQ(trials->front().resume_from, 0);
  EXPECT_EQ(trials->front().budget, 9);
  EXPECT_EQ(trials->front().origin, 0);
  ASSERT_TRUE(study->Tell(2, Outcome::Complete({0.5})).ok());
  EXPECT_EQ(study->Get(2)->state, TrialState::kComplete);
  EXPECT_EQ(study->Get(2)->resume_from, 0);
  EXPECT_EQ(study->Best()->id, 2);
}

TEST_F(StudyTest, ATrialGoesOnFromOneThatHasEnded) {
  const auto study = Make();
  ASSERT_THAT(*study->Ask(1), SizeIs(1));
  for (const int64_t from : {-1, 0, 1}) {
    script_.resume_from = from;
    EXPECT_THAT(std::string(study->Ask(1).status().message()), HasSubstr("has not ended"));
  }
}

TEST_F(StudyTest, AskForTakesTheStrategysPlaceButNotTheQueues) {
  const auto study = Make();
  const Point point = {0.25, 1, 0.5}, other = {0.75, 1, 0.125};
  ASSERT_THAT(*study->Ask(2), SizeIs(2));
  ASSERT_TRUE(study->Tell(0, Outcome::Stopped({1}, "paused")).ok());
  const size_t asked = script_.first_ids.size();

  Proposal proposal = {other, 9, 0};
  auto trial = study->AskFor(proposal);
  ASSERT_TRUE(trial.ok()) << trial.status();
  EXPECT_EQ((*trial)->id, 2);
  EXPECT_EQ((*trial)->point, other);
  EXPECT_EQ((*trial)->budget, 9);
  EXPECT_EQ((*trial)->resume_from, 0);
  EXPECT_EQ((*trial)->origin, 0);
  EXPECT_EQ(study->Get(2)->resume_from, 0);
  EXPECT_EQ(script_.first_ids.size(), asked);

  ASSERT_TRUE(study->Enqueue(point).ok());
  trial = study->AskFor(proposal);
  EXPECT_EQ((*trial)->point, point);
  EXPECT_EQ((*trial)->resume_from, std::nullopt);

  EXPECT_EQ(*study->AskFor(proposal, /*limit=*/4), std::nullopt);
  const std::vector<Proposal> wrong = {{{99, 1, 0.5}, {}, {}},
                                       {point, 0, {}},
                                       {point, 9, 1},  // which still runs
                                       {point, 9, 77}};
  for (const Proposal& bad : wrong) {
    EXPECT_EQ(study->AskFor(bad).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST_F(StudyTest, TrialsStartWhileTheBudgetHasRoomForThem) {
  StudyConfig config = Config();
  config.max_steps = 9;
  config.budget.steps = 30;
  const auto study = Make(config);
  // Three full trainings fit, and a fourth does not.
  ASSERT_THAT(*study->Ask(5), SizeIs(3));
  EXPECT_TRUE(study->out_of_budget());
  EXPECT_THAT(*study->Ask(1), IsEmpty());
  // What one does not use is there for another.
  ASSERT_TRUE(study->Report(0, 1, {0.5}).ok());
  ASSERT_TRUE(study->Report(0, 2, {0.5}).ok());
  ASSERT_TRUE(study->Tell(0, Outcome::Stopped({0.5}, "enough")).ok());
  ASSERT_THAT(*study->Ask(1), SizeIs(1));
  EXPECT_FALSE(study->out_of_budget());
  // 2 + 9 + 9 + 9 are gone or reserved.
  EXPECT_THAT(*study->Ask(1), IsEmpty());
  script_.budget = 1;
  script_.pending.clear();
  EXPECT_FALSE(study->AskFor({{0.5, 0, kNaN}, 2, std::nullopt})->has_value());
  EXPECT_TRUE(study->AskFor({{0.5, 0, kNaN}, 1, std::nullopt})->has_value());
  EXPECT_FALSE(study->out_of_budget());
  EXPECT_THAT(*study->Ask(1), IsEmpty());
  EXPECT_TRUE(study->out_of_budget());
}

TEST_F(StudyTest, WhatRunsWhenTheBudgetIsUsedUpIsStopped) {
  StudyConfig config = Config();
  config.metrics = {"value", "dollars"};
  config.budget.cost = 10;
  config.budget.cost_metric = "dollars";
  const auto study = Make(config);
  ASSERT_THAT(*study->Ask(2), SizeIs(2));
  EXPECT_EQ(*study->Report(0, 1, {0.5, 4}), Decision::kContinue);
  EXPECT_EQ(*study->Report(1, 1, {0.5, 4}), Decision::kContinue);
  ASSERT_TRUE(study->Enqueue(Point{0.5, 0, kNaN}).ok());
  EXPECT_EQ(*study->Report(0, 2, {0.5, 7}), Decision::kStop);
  ASSERT_TRUE(study->Tell(0, Outcome::Stopped({0.5}, "the runner's words")).ok());
  EXPECT_EQ(study->Get(0)->reason, "the study has spent all of its 10 of dollars");
  // Not even what was enqueued.
  EXPECT_THAT(*study->Ask(1), IsEmpty());
  EXPECT_TRUE(study->out_of_budget());
}

TEST_F(StudyTest, ChecksItsBudget) {
  const auto error = [&](const Budget& budget) {
    StudyConfig config = Config();
    config.budget = budget;
    return std::string(Study::Create(config, {"scripted"}, plugins_).status().message());
  };
  EXPECT_THAT(error({-1, 0, 0, ""}), HasSubstr("budget: steps: -1 is out of range"));
  EXPECT_THAT(error({0, kNaN, 0, ""}), HasSubstr("budget: seconds: nan is out of range"));
  EXPECT_THAT(error({0, 0, 1, ""}), HasSubstr("say in cost_metric which metric counts it"));
  EXPECT_THAT(error({0, 0, 1, "valeu"}), HasSubstr("did you mean \"value\"?"));
}

TEST_F(StudyTest, BestIsTheLeastOrTheGreatestFeasibleTrial) {
  for (const Goal goal : {Goal::kMinimize, Goal::kMaximize}) {
    const auto study = Make(Config({{"value", goal}}));
    ASSERT_TRUE(study->Ask(5).ok());
    EXPECT_FALSE(study->Best().has_value());
    const double values[] = {3, 1, 9, 1, 9};
    for (int id = 4; id >= 0; --id) {
      ASSERT_TRUE(study->Tell(id, Outcome::Complete({values[id]})).ok());
    }
    // Of equals the earliest, though it was told last.
    EXPECT_EQ(study->Best()->id, goal == Goal::kMinimize ? 1 : 2);
    ASSERT_TRUE(study->Ask(1).ok());
    Outcome infeasible = Outcome::Complete({goal == Goal::kMinimize ? 0.0 : 100.0});
    infeasible.constraints = {-1, 0.5};
    ASSERT_TRUE(study->Tell(5, infeasible).ok());
    EXPECT_NE(study->Best()->id, 5);
  }
}

TEST_F(StudyTest, KeepsTheParetoFront) {
  const auto study = Make(Config({{"error", Goal::kMinimize}, {"speed", Goal::kMaximize}}));
  const std::vector<Values> values = {{1, 1}, {2, 2}, {2, 1}, {0.5, 0.5}, {1, 1}, {0.4, 3}};
  ASSERT_TRUE(study->Ask(6).ok());
  const auto front = [&] {
    std::vector<int64_t> ids;
    for (const Trial& trial : study->ParetoFront()) ids.push_back(trial.id);
    return ids;
  };
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(study->Tell(i, Outcome::Complete(values[i])).ok());
  EXPECT_THAT(front(), ElementsAre(0, 1, 3, 4));
  ASSERT_TRUE(study->Tell(5, Outcome::Complete(values[5])).ok());
  EXPECT_THAT(front(), ElementsAre(5));
  EXPECT_FALSE(study->Best().has_value());
}

TEST_F(StudyTest, ChecksItsConfig) {
  StudyConfig config = Config();
  config.metrics = {"loss"};
  EXPECT_THAT(std::string(Study::Create(config, {"scripted"}, plugins_).status().message()),
              HasSubstr("unknown metric \"value\""));
  config = Config({});
  EXPECT_FALSE(Study::Create(config, {"scripted"}, plugins_).ok());
  EXPECT_THAT(std::string(Study::Create(Config(), {"scriptd"}, plugins_).status().message()),
              HasSubstr("did you mean \"scripted\"?"));
}

TEST_F(StudyTest, ConstraintsOfTheConfigHaveOneValueEach) {
  StudyConfig config = Config();
  config.constraints = {{"seconds", 60, false}};
  EXPECT_THAT(std::string(Study::Create(config, {"scripted"}, plugins_).status().message()),
              HasSubstr("constraints[0]: unknown metric \"seconds\""));
  config.metrics = {"value", "seconds"};
  config.constraints[0].bound = kNaN;
  EXPECT_FALSE(Study::Create(config, {"scripted"}, plugins_).ok());
  config.constraints[0].bound = 60;
  const std::unique_ptr<Study> study = Make(config);
  ASSERT_TRUE(study->Ask(3).ok());
  Outcome outcome = Outcome::Complete({1});
  EXPECT_THAT(std::string(study->Tell(0, outcome).message()),
              HasSubstr("has 1 constraint values, got 0"));
  outcome.constraints = {config.constraints[0].Excess(61)};
  EXPECT_TRUE(study->Tell(0, outcome).ok());
  EXPECT_FALSE(study->Best().has_value());
  EXPECT_TRUE(study->Tell(1, Outcome::Failed(FailureKind::kError, "")).ok());
  outcome = Outcome::Complete({2});
  outcome.constraints = {0};
  EXPECT_TRUE(study->Tell(2, outcome).ok());
  EXPECT_EQ(study->Best()->id, 2);
  const Value result = ResultToValue(*study, {"scripted"});
  EXPECT_EQ(*result.Find("constraints"),
            Value(Value::List{Value::Object{{"metric", "seconds"}, {"at_most", 60}}}));
}

TEST_F(StudyTest, ChecksWhatItIsToStartFrom) {
  const auto error = [&](EarlierTrial trial) {
    StudyConfig config = Config();
    config.warm_start = {{"before", {{{0.5, 0, kNaN}, {1.0}}, std::move(trial)}}};
    return std::string(Study::Create(config, {"scripted"}, plugins_).status().message());
  };
  EXPECT_EQ(error({{0.5, 1, 0.5}, {2.0}, false}), "");
  EXPECT_THAT(error({{0.5, 1, kNaN}, {2.0}}),
              HasSubstr("warm start: before: trials[1]: y: the value is missing"));
  EXPECT_THAT(error({{0.5, 0, kNaN}, {1.0, 2.0}}), HasSubstr("has 1 values here, got 2"));
  EXPECT_THAT(error({{0.5, 0, kNaN}, {kNaN}}), HasSubstr("not finite"));
}

TEST_F(StudyTest, HooksSeeWhatHappensAndMayAsk) {
  std::vector<std::string> events;
  std::unique_ptr<Study> study;
  StudyHooks hooks;
  hooks.on_start = [&](const Trial& trial) {
    events.push_back("start " + std::to_string(trial.id));
  };
  hooks.on_finish = [&](const Trial& trial) {
    events.push_back("finish " + std::to_string(trial.id) + " of " +
                     std::to_string(study->counts().total()));
  };
  hooks.on_note = [&](absl::string_view line) { events.emplace_back(line); };
  study = Make(Config(), hooks);
  ASSERT_TRUE(study->Ask(2).ok());
  ASSERT_TRUE(study->Tell(1, Outcome::Complete({1})).ok());
  EXPECT_THAT(events,
              ElementsAre("hello", "proposed", "proposed", "start 0", "start 1", "finish 1 of 2"));
}

TEST_F(StudyTest, ManyThreadsAskReportAndTell) {
  std::atomic<int> finished{0};
  StudyHooks hooks;
  hooks.on_finish = [&](const Trial&) { ++finished; };
  const auto study = Make(Config(), hooks);
  constexpr int kThreads = 8, kTrials = 200;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kTrials; ++i) {
        const Suggestion trial = (*study->Ask(1))[0];
        EXPECT_TRUE(study->Report(trial.id, 1, {trial.point[0]}).ok());
        EXPECT_TRUE(study->Tell(trial.id, Outcome::Complete({trial.point[0]})).ok());
        EXPECT_LE(study->Best()->values[0], trial.point[0]);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(study->counts().complete, kThreads * kTrials);
  EXPECT_EQ(finished, kThreads * kTrials);
  EXPECT_THAT(script_.told, SizeIs(kThreads * kTrials));
  EXPECT_FALSE(script_.overlapped);
  double least = 1;
  for (const Trial& trial : study->Trials()) least = std::min(least, trial.values[0]);
  EXPECT_EQ(study->Best()->values[0], least);
}

TEST_F(StudyTest, BecomesAResult) {
  const auto study = Make();
  ASSERT_TRUE(study->Ask(3).ok());
  ASSERT_TRUE(study->Report(0, 1, {0.75}).ok());
  ASSERT_TRUE(study->Tell(0, Outcome::Complete({0.5})).ok());
  ASSERT_TRUE(study->Tell(1, Outcome::Failed(FailureKind::kSignal, "killed")).ok());
  const Value result = ResultToValue(*study, {"scripted"});
  EXPECT_EQ(*result.Find("strategy"), Value("scripted"));
  EXPECT_EQ(*result.Find("best")->Find("id"), Value(0));
  const Value::List& trials = result.Find("trials")->list();
  ASSERT_THAT(trials, SizeIs(2));  // the one that runs is left out
  EXPECT_EQ(*trials[0].Find("values"), Value(Value::List{0.5}));
  EXPECT_EQ(*trials[0].Find("reports"), Value(Value::List{Value(Value::List{1, 0.75})}));
  EXPECT_EQ(*trials[1].Find("failure"), Value("signal"));
  EXPECT_EQ(*trials[1].Find("reason"), Value("killed"));
  EXPECT_EQ(trials[1].Find("values"), nullptr);
  EXPECT_EQ(result.Find("importance")->object().size(), 3u);
}

TEST(TrialNames, ComeBack) {
  for (int i = 0; i <= static_cast<int>(FailureKind::kCancelled); ++i) {
    const auto kind = static_cast<FailureKind>(i);
    if (kind == FailureKind::kNone) continue;
    EXPECT_EQ(FailureKindFromName(FailureKindName(kind)), kind);
  }
  EXPECT_EQ(TrialStateFromName("stopped"), TrialState::kStopped);
  EXPECT_EQ(TrialStateFromName("asleep"), std::nullopt);
}

}  // namespace
}  // namespace sturgeon
