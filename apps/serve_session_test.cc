#include "apps/serve_session.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/file.h"
#include "core/json.h"
#include "core/plugins.h"
#include "core/strategy.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stopping/threshold/threshold.h"

namespace sturgeon {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Proposes the middle of the space, `trials` times; stops a trial that reports a value above 1.
struct MiddleOptions {
  int trials = 1000000;
};

class Middle final : public Strategy {
 public:
  static const Schema<MiddleOptions>& OptionSchema() {
    static const auto* const schema = new Schema<MiddleOptions>(
        Schema<MiddleOptions>().Add("trials", &MiddleOptions::trials, "How many.", AtLeast(0)));
    return *schema;
  }
  static absl::StatusOr<std::unique_ptr<Strategy>> Create(MiddleOptions options,
                                                          const StrategyContext& context) {
    return std::unique_ptr<Strategy>(new Middle(options.trials, context.study.space));
  }

  absl::StatusOr<std::vector<Proposal>> Ask(const AskRequest& request) override {
    std::vector<Proposal> proposals;
    for (int i = 0; i < request.count && left_ > 0; ++i, --left_) {
      Point point(space_.size(), 0.5);
      space_.FromUnit(point, absl::MakeSpan(point));
      proposals.push_back({point, std::nullopt, std::nullopt});
    }
    return proposals;
  }
  absl::Status Tell(absl::Span<const Trial* const>) override { return absl::OkStatus(); }
  Decision OnReport(const RunningTrial& trial) override {
    return trial.reports.values(trial.reports.size() - 1)[0] > 1 ? Decision::kStop
                                                                 : Decision::kContinue;
  }

 private:
  Middle(int trials, const SearchSpace& space) : left_(trials), space_(space) {}

  int left_;
  const SearchSpace& space_;
};

constexpr StrategyPlugin kMiddle = MakeStrategyPlugin<Middle>("middle", "The middle, always");

constexpr char kSetup[] =
    R"({"space": [{"name": "x", "type": "float", "low": 0, "high": 1}], "strategy": "middle"})";

class ServeSessionTest : public testing::Test {
 protected:
  ServeSessionTest() {
    EXPECT_TRUE(plugins_.strategies.Add(kMiddle).ok());
    session_ = std::make_unique<ServeSession>(plugins_);
  }

  void SetUpSession(absl::string_view line = kSetup) {
    ASSERT_EQ(session_->Answer(line), std::nullopt);
    ASSERT_TRUE(session_->setup().ok()) << session_->setup().message();
  }

  // The answer to a line that has one; it is JSON, on one line.
  std::string Answer(absl::string_view line) {
    const std::optional<std::string> answer = session_->Answer(line);
    if (!answer.has_value()) return "no answer";
    EXPECT_TRUE(ParseJson(*answer, "").ok()) << *answer;
    EXPECT_FALSE(absl::StrContains(*answer, "\n"));
    return *answer;
  }

  Plugins plugins_;
  std::unique_ptr<ServeSession> session_;
};

TEST_F(ServeSessionTest, AsksAndTells) {
  SetUpSession();
  EXPECT_EQ(Answer(R"({"ask": 1})"), R"({"trials": [{"id": 0, "params": {"x": 0.5}}]})");
  EXPECT_EQ(Answer(R"({"tell": [{"id": 0, "value": 0.25}]})"), R"({"ok": true})");
  EXPECT_EQ(Answer(R"({"ask": 2})"),
            R"({"trials": [{"id": 1, "params": {"x": 0.5}}, {"id": 2, "params": {"x": 0.5}}]})");
  EXPECT_EQ(Answer(R"({"tell": [{"id": 2, "state": "failed"}, {"id": 1, "value": 1}]})"),
            R"({"ok": true})");
  EXPECT_THAT(Answer(R"({"best": true})"),
              AllOf(StartsWith(R"({"best": {"id": 0, )"), HasSubstr(R"("values": [0.25])")));
}

TEST_F(ServeSessionTest, ABlankLineHasNoAnswer) {
  EXPECT_EQ(session_->Answer(""), std::nullopt);
  SetUpSession();
  EXPECT_EQ(session_->Answer("  \r"), std::nullopt);
  EXPECT_EQ(Answer(R"({"tell": []})"), R"({"ok": true})");
}

TEST_F(ServeSessionTest, AnExhaustedStrategyAnswersWithFewerTrials) {
  SetUpSession(R"({"space": [{"name": "x", "type": "float", "low": 0, "high": 1}],
                   "strategy": {"name": "middle", "trials": 1}})");
  EXPECT_EQ(Answer(R"({"ask": 3})"), R"({"trials": [{"id": 0, "params": {"x": 0.5}}]})");
  EXPECT_EQ(Answer(R"({"ask": 1})"), R"({"trials": []})");
}

TEST_F(ServeSessionTest, InactiveParametersAreLeftOut) {
  SetUpSession(R"({"strategy": "middle", "space": [
      {"name": "kind", "type": "categorical", "choices": ["a", "b"]},
      {"name": "of_a", "type": "int", "low": 1, "high": 9, "condition": {"name": "kind", "in": ["a"]}},
      {"name": "of_b", "type": "float", "low": 0, "high": 1, "condition": {"name": "kind", "in": ["b"]}}
      ]})");
  EXPECT_EQ(Answer(R"({"ask": 1})"),
            R"({"trials": [{"id": 0, "params": {"kind": "b", "of_b": 0.5}}]})");
}

TEST_F(ServeSessionTest, EnqueuedAssignmentsComeFirst) {
  SetUpSession();
  EXPECT_EQ(Answer(R"({"enqueue": [{"x": 0.125}, {}]})"), R"({"ok": true})");
  EXPECT_EQ(Answer(R"({"ask": 2})"),
            R"({"trials": [{"id": 0, "params": {"x": 0.125}}, {"id": 1, "params": {"x": 0.5}}]})");
  // One that is wrong keeps out those beside it.
  EXPECT_THAT(Answer(R"({"enqueue": [{"x": 0.25}, {"x": 7}]})"), HasSubstr("enqueue[1]: x: "));
  EXPECT_THAT(Answer(R"({"ask": 1})"), HasSubstr(R"("x": 0.5)"));
}

TEST_F(ServeSessionTest, SeveralObjectivesHaveAParetoFront) {
  SetUpSession(R"({"space": [{"name": "x", "type": "float", "low": 0, "high": 1}],
                   "directions": ["minimize", "maximize"], "strategy": "middle"})");
  Answer(R"({"ask": 3})");
  EXPECT_THAT(Answer(R"({"tell": [{"id": 0, "value": 1}]})"), HasSubstr("2 values"));
  EXPECT_EQ(Answer(R"({"tell": [{"id": 0, "values": [1, 1]}, {"id": 1, "values": [2, 2]},
                                {"id": 2, "values": [2, 0]}]})"),
            R"({"ok": true})");
  EXPECT_THAT(Answer(R"({"best": true})"),
              AllOf(StartsWith(R"({"pareto": [{"id": 0)"), HasSubstr(R"({"id": 1)"),
                    testing::Not(HasSubstr(R"({"id": 2)"))));
}

TEST_F(ServeSessionTest, NamedObjectivesMayBeMaximized) {
  SetUpSession(R"({"space": [{"name": "x", "type": "float", "low": 0, "high": 1}],
                   "objectives": [{"metric": "accuracy", "goal": "maximize"}],
                   "strategy": "middle"})");
  Answer(R"({"ask": 2})");
  Answer(R"({"tell": [{"id": 0, "value": 0.5}, {"id": 1, "value": 0.75}]})");
  EXPECT_THAT(Answer(R"({"best": true})"), StartsWith(R"({"best": {"id": 1)"));
}

TEST_F(ServeSessionTest, ConstraintsDecideWhatIsBest) {
  SetUpSession();
  Answer(R"({"ask": 2})");
  EXPECT_EQ(Answer(R"({"tell": [{"id": 0, "value": 1, "constraints": [0.5]},
                                {"id": 1, "value": 2, "constraints": [-0.5]}]})"),
            R"({"ok": true})");
  EXPECT_THAT(Answer(R"({"best": true})"), StartsWith(R"({"best": {"id": 1)"));
}

TEST_F(ServeSessionTest, TheSetupMaySayWhatIsKnownBefore) {
  const std::string path = testing::TempDir() + "/earlier.result.json";
  ASSERT_TRUE(WriteFile(path, R"({"objectives": [{"metric": "value", "goal": "minimize"}],
      "trials": [{"state": "complete", "params": {"x": 0.25}, "values": [1]}]})")
                  .ok());
  SetUpSession(absl::StrCat(R"({"space": [{"name": "x", "type": "float", "low": 0, "high": 1,
                                          "prior": {"value": 0.5}}],
                                "allow_duplicates": true, "parallelism": 4, "warm_start": [")",
                            path, R"("], "strategy": "middle"})"));
  EXPECT_THAT(Answer(R"({"ask": 1})"), HasSubstr(R"("x": 0.5)"));
}

TEST_F(ServeSessionTest, ReportsAreAnsweredByADecision) {
  SetUpSession();
  Answer(R"({"ask": 1})");
  EXPECT_EQ(Answer(R"({"report": {"id": 0, "step": 1, "value": 0.5}})"),
            R"({"decision": "continue"})");
  EXPECT_EQ(Answer(R"({"report": {"id": 0, "step": 2, "value": 1.5}})"), R"({"decision": "stop"})");
  EXPECT_THAT(Answer(R"({"report": {"id": 0, "step": 2, "value": 0}})"), HasSubstr("step"));
  EXPECT_EQ(Answer(R"({"tell": [{"id": 0, "state": "stopped", "value": 1.5}]})"),
            R"({"ok": true})");
}

TEST_F(ServeSessionTest, AStoppingRuleStopsATrialAndSaysWhy) {
  ASSERT_TRUE(plugins_.stopping_rules.Add(kThresholdRule).ok());
  SetUpSession(
      R"({"space": [{"name": "x", "type": "float", "low": 0, "high": 1}], "strategy": "middle",
          "stopping": {"name": "threshold", "at_most": 0.75}})");
  Answer(R"({"ask": 1})");
  EXPECT_EQ(Answer(R"({"report": {"id": 0, "step": 1, "value": 0.5}})"),
            R"({"decision": "continue"})");
  EXPECT_EQ(Answer(R"({"report": {"id": 0, "step": 2, "value": 0.9}})"), R"({"decision": "stop"})");
  EXPECT_EQ(Answer(R"({"tell": [{"id": 0, "state": "stopped", "value": 0.9}]})"),
            R"({"ok": true})");
}

TEST_F(ServeSessionTest, AnUnknownStoppingRuleIsSaid) {
  ASSERT_TRUE(plugins_.stopping_rules.Add(kThresholdRule).ok());
  EXPECT_EQ(session_->Answer(
                R"({"space": [{"name": "x", "type": "float", "low": 0, "high": 1}],
                    "strategy": "middle", "stopping": "treshold"})"),
            std::nullopt);
  EXPECT_THAT(Answer(R"({"ask": 1})"), HasSubstr("did you mean"));
}

TEST_F(ServeSessionTest, ANumberThatJsonCannotWriteIsAFailedTrial) {
  SetUpSession();
  Answer(R"({"ask": 1})");
  EXPECT_EQ(Answer(R"({"tell": [{"id": 0, "value": null}]})"), R"({"ok": true})");
  EXPECT_EQ(Answer(R"({"best": true})"), R"({"best": null})");
}

TEST_F(ServeSessionTest, WhatIsWrongIsAnsweredAndTheSessionGoesOn) {
  SetUpSession();
  Answer(R"({"ask": 1})");
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"{", "not JSON"},
      {"{}", "a request is an object with one field"},
      {"[1]", "a request is an object with one field"},
      {R"({"ask": 1, "tell": []})", "a request is an object with one field"},
      {R"({"aks": 1})", "did you mean \\\"ask\\\"?"},
      {R"({"ask": 0})", "ask: 0 is out of range"},
      {R"({"ask": 1000000})", "ask: 1000000 is out of range"},
      {R"({"ask": "one"})", "ask: expected an integer, got a string"},
      {R"({"tell": {"id": 0, "value": 1}})", "tell: expected a list of results, got an object"},
      {R"({"tell": [{"value": 1}]})", "tell[0]: the field \\\"id\\\" is missing"},
      {R"({"tell": [{"id": 0}]})", "tell[0]: give \\\"value\\\""},
      {R"({"tell": [{"id": 0, "value": "low"}]})", "tell[0]: value: expected a number"},
      {R"({"tell": [{"id": 0, "vale": 1}]})", "did you mean \\\"value\\\"?"},
      {R"({"tell": [{"id": 0, "value": 1, "values": [1]}]})", "not both"},
      {R"({"tell": [{"id": 0, "values": [1, 2]}]})", "1 values, got 2"},
      {R"({"tell": [{"id": 5, "value": 1}]})", "there is no trial 5"},
      {R"({"tell": [{"id": 0, "state": "fialed"}]})", "did you mean \\\"failed\\\"?"},
      {R"({"tell": [{"id": 0, "state": "failed", "failure": "timeot"}]})",
       "did you mean \\\"timeout\\\"?"},
      {R"({"enqueue": [{"y": 1}]})", "enqueue[0]: unknown parameter \\\"y\\\""},
      {kSetup, "set up already"},
  };
  for (const auto& [line, message] : cases) {
    EXPECT_THAT(Answer(line), AllOf(StartsWith(R"({"error": ")"), HasSubstr(message))) << line;
  }
  EXPECT_EQ(Answer(R"({"tell": [{"id": 0, "value": 1}]})"), R"({"ok": true})");
  EXPECT_THAT(Answer(R"({"tell": [{"id": 0, "value": 1}]})"), HasSubstr("has ended already"));
}

TEST_F(ServeSessionTest, ResultsBeforeAWrongOneAreKept) {
  SetUpSession();
  Answer(R"({"ask": 2})");
  EXPECT_THAT(Answer(R"({"tell": [{"id": 0, "value": 1}, {"id": 9, "value": 1}]})"),
              AllOf(HasSubstr("tell[1]: there is no trial 9"), HasSubstr("are recorded")));
  EXPECT_THAT(Answer(R"({"best": true})"), StartsWith(R"({"best": {"id": 0)"));
}

TEST_F(ServeSessionTest, AWrongFirstLineIsAnsweredByTheNextAndMayBeRepeated) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"nonsense", "setup: line 1:2: not JSON"},
      {"[]", "setup: expected an object"},
      {"{}", "setup: \\\"space\\\", the list of parameters, is missing"},
      {R"({"space": []})", "setup: space: there is nothing to tune"},
      {R"({"space": [], "direction": "down"})", "unknown goal \\\"down\\\""},
      {R"({"strategy": "midle", "space": [{"name": "x", "type": "int", "low": 0, "high": 1}]})",
       "did you mean \\\"middle\\\"?"},
      {R"({"strategy": {"name": "middle", "trials": -1},
            "space": [{"name": "x", "type": "int", "low": 0, "high": 1}]})",
       "setup: strategy middle: trials: -1 is out of range"},
      {R"({"space": [], "sed": 1})", "did you mean \\\"seed\\\"?"},
      {R"({"space": [], "seed": -1})", "setup: seed: -1 is out of range"},
      {R"({"space": [], "warm_start": "a.json"})", "setup: warm_start: expected a list of names"},
      {R"({"warm_start": ["no_such_file.json"], "strategy": "middle",
            "space": [{"name": "x", "type": "int", "low": 0, "high": 1}]})",
       "setup: warm_start: cannot open no_such_file.json"},
      {R"({"space": [{"name": "x", "type": "float", "low": 1, "high": 0}]})",
       "setup: parameters[0] (x): "},
      {R"({"space": [{"name": "x", "type": "flaot", "low": 0, "high": 1}]})",
       "setup: space[0] (x): type: "},
      {R"({"space": [], "settable": "x"})", "setup: settable: expected a list of names"},
      {R"({"space": [{"name": "x", "type": "int", "low": 0, "high": 1}], "strategy": "middle",
            "settable": ["y"]})",
       "setup: settable: unknown parameter"},
      {R"({"space": [], "direction": "minimize", "directions": ["minimize"]})", "give one of"},
      {R"({"space": [], "objectives": [{"metric": "a"}, {"metric": "b", "goal": "up"}]})",
       "setup: objectives[1]: goal: "},
  };
  for (const auto& [line, message] : cases) {
    ServeSession session(plugins_);
    EXPECT_EQ(session.Answer(line), std::nullopt) << line;
    EXPECT_FALSE(session.setup().ok()) << line;
    const std::optional<std::string> answer = session.Answer(R"({"ask": 1})");
    ASSERT_TRUE(answer.has_value());
    EXPECT_THAT(*answer, AllOf(StartsWith(R"({"error": ")"), HasSubstr(message))) << line;
    EXPECT_EQ(session.Answer(kSetup), R"({"ok": true})");
    EXPECT_THAT(session.Answer(R"({"ask": 1})").value_or(""), StartsWith(R"({"trials": [)"));
  }
}

}  // namespace
}  // namespace sturgeon
