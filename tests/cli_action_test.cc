// `sturgeon action` by the shipped binary: a study in rounds comes to the same as `tune` in its
// deterministic mode, byte for byte but for times.

#include <cctype>
#include <cstdlib>
#include <cstring>
#include <filesystem>  // NOLINT(build/c++17)
#include <regex>       // NOLINT(build/c++11)
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "core/json.h"
#include "core/value.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/program.h"

namespace sturgeon {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kWidth = 4;

// Trials in the thread itself: a process less for each.
constexpr char kSphere[] = R"({
  "name": "valley", "model": {"name": "function", "function": "sphere", "dimensions": 3},
  "runner": {"name": "caviar", "isolation": "thread"}, "seed": 7
})";

// With the numbers behind these names gone.
std::string WithoutTimes(std::string text) {
  for (const char* name : {"\"started\": ", "\"seconds\": "}) {
    for (size_t at = 0; (at = text.find(name, at)) != std::string::npos;) {
      at += std::strlen(name);
      text.erase(at, text.find_first_of(",}", at) - at);
    }
  }
  return text;
}

class ActionTest : public testing::Test {
 protected:
  ActionTest() : folder_(MakeFolder()), study_(folder_ + "study.json") {}

  ProgramResult Action(const std::vector<std::string>& arguments) const {
    std::vector<std::string> all = {"action"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return RunSturgeon(all);
  }
  std::vector<std::string> Flags(int rounds, const std::vector<std::string>& flags) const {
    std::vector<std::string> all = {folder_ + "rounds", "--study=" + study_,
                                    absl::StrCat("--width=", kWidth),
                                    absl::StrCat("--rounds=", rounds)};
    all.insert(all.end(), flags.begin(), flags.end());
    return all;
  }
  ProgramResult Propose(int rounds, const std::vector<std::string>& flags = {}) const {
    std::vector<std::string> all = Flags(rounds, flags);
    all.insert(all.begin(), "propose");
    // As a build system does.
    const std::string folder = absl::StrCat(folder_, "rounds/round_", rounds);
    std::filesystem::create_directories(folder);
    return Action(all);
  }
  std::string Task(int round, int i) const {
    return absl::StrCat(folder_, "rounds/round_", round, "/trial_", i, ".json");
  }
  std::string Result(int round, int i) const {
    return absl::StrReplaceAll(Task(round, i), {{".json", ".result.json"}});
  }
  // All of the study.
  void Build(int rounds, const std::vector<std::string>& flags = {}) const {
    for (int round = 0; round < rounds; ++round) {
      const ProgramResult proposed = Propose(round, flags);
      ASSERT_EQ(proposed.exit_code, 0) << proposed.err;
      for (int i = 0; i < kWidth; ++i) {
        const ProgramResult ran = Action({"trial", Task(round, i)});
        ASSERT_EQ(ran.exit_code, 0) << ran.err;
      }
    }
  }
  ProgramResult Collect(int rounds, const std::vector<std::string>& flags = {}) const {
    std::vector<std::string> all = Flags(rounds, flags);
    all.insert(all.begin(), "collect");
    all.push_back(absl::StrCat("--trials=", rounds * kWidth));
    all.push_back("--output=" + folder_.substr(0, folder_.size() - 1));
    return Action(all);
  }
  // What `tune` makes of it.
  std::string Tuned(int rounds, const std::vector<std::string>& flags = {}) const {
    std::vector<std::string> all = {
        "tune",
        "--study=" + study_,
        "--storage=memory:",
        absl::StrCat("--trials=", rounds * kWidth),
        "--output=" + folder_ + "tuned.json",
        absl::StrCat("--runner_options=deterministic=true,schedule=rounds,width=", kWidth)};
    all.insert(all.end(), flags.begin(), flags.end());
    const ProgramResult run = RunSturgeon(all);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return WithoutTimes(ReadAll(folder_ + "tuned.json"));
  }
  std::string Built() const { return WithoutTimes(ReadAll(folder_ + "result.json")); }

  void ExpectEqual(int rounds, const std::vector<std::string>& flags = {},
                   const std::vector<std::string>& plan = {}) const {
    std::vector<std::string> propose = flags;
    propose.insert(propose.end(), plan.begin(), plan.end());
    ASSERT_NO_FATAL_FAILURE(Build(rounds, propose));
    const ProgramResult collected = Collect(rounds, flags);
    ASSERT_EQ(collected.exit_code, 0) << collected.err;
    EXPECT_EQ(Built(), Tuned(rounds, flags));
  }

  const std::string folder_, study_;
};

// Those of experiments/strategies.bzl, as "name", or "name:options"; a '!' in front says that it
// plans by the number of trials.
std::vector<std::string> BatchStrategies() {
  const char* const names = std::getenv("BATCH_STRATEGIES");
  EXPECT_NE(names, nullptr) << "see tests/BUILD";
  std::vector<std::string> all;
  const absl::StatusOr<Value> list = ParseJson(names == nullptr ? "[]" : names, "");
  EXPECT_TRUE(list.ok()) << list.status();
  if (!list.ok() || !list->is_list()) return all;
  for (const Value& name : list->list()) all.push_back(name.string());
  return all;
}

class BatchStrategyTest : public ActionTest, public testing::WithParamInterface<std::string> {};

TEST_P(BatchStrategyTest, ComesToTheSameAsTune) {
  WriteAll(study_, kSphere);
  std::string strategy = GetParam();
  std::vector<std::string> plan;
  if (strategy[0] == '!') {
    plan = {"--trials=16"};
    strategy.erase(0, 1);
  }
  std::vector<std::string> flags = {"--strategy=" + strategy.substr(0, strategy.find(':'))};
  if (absl::StrContains(strategy, ':')) {
    flags.push_back("--strategy_options=" + strategy.substr(strategy.find(':') + 1));
  }
  ExpectEqual(4, flags, plan);
}

INSTANTIATE_TEST_SUITE_P(All, BatchStrategyTest, testing::ValuesIn(BatchStrategies()),
                         [](const auto& tested) {
                           std::string name = tested.param;
                           for (char& c : name) {
                             if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
                           }
                           return name;
                         });

TEST_F(ActionTest, ATaskSaysWhatDecidesItsOutcomeAndNothingElse) {
  constexpr char kPoint[] = "\"enqueue\": [{\"x0\": 1, \"x1\": 2, \"x2\": 3}], ";
  WriteAll(study_, absl::StrReplaceAll(kSphere, {{"\"seed\"", absl::StrCat(kPoint, "\"seed\"")}}));
  ASSERT_EQ(Propose(0, {"--strategy=random"}).exit_code, 0);
  const std::string task = ReadAll(Task(0, 0));
  WriteAll(study_, absl::StrReplaceAll(kSphere, {{"\"seed\"", absl::StrCat(kPoint, "\"seed\"")},
                                                 {"valley", "hill"}}));
  ASSERT_EQ(Propose(0, {"--strategy=tpe", "--trials=100"}).exit_code, 0);
  EXPECT_EQ(ReadAll(Task(0, 0)), task);
  EXPECT_EQ(task, R"({
  "trial": 0,
  "seed": 7,
  "model": {"name": "function", "function": "sphere", "dimensions": 3},
  "params": {"x0": 1.0, "x1": 2.0, "x2": 3.0},
  "objectives": [{"metric": "value", "goal": "minimize"}],
  "metrics": ["value"],
  "limits": {"isolation": "thread"}
}
)");
  ASSERT_EQ(Propose(0, {"--strategy=tpe", "--seed=8"}).exit_code, 0);
  EXPECT_NE(ReadAll(Task(0, 0)), task);
}

TEST_F(ActionTest, ResultsAreTheSameEachTime) {
  WriteAll(study_, kSphere);
  ASSERT_NO_FATAL_FAILURE(Build(1, {"--strategy=random"}));
  const std::string result = ReadAll(Result(0, 2));
  ASSERT_EQ(Action({"trial", Task(0, 2)}).exit_code, 0);
  EXPECT_EQ(ReadAll(Result(0, 2)), result);
  EXPECT_THAT(result, Not(HasSubstr("seconds")));
}

// Noise is drawn from the trial's own seed; constraints, fixed values, conditions, tiers and
// enqueued trials come along.
TEST_F(ActionTest, AStudyOfEverythingComesToTheSameAsTune) {
  WriteAll(folder_ + "data.csv", [] {
    std::string csv = "a,b,label\n";
    for (int i = 0; i < 60; ++i) {
      absl::StrAppend(&csv, i % 7, ",", i % 5, ",", i % 7 > i % 5 ? "x" : "y", "\n");
    }
    return csv;
  }());
  WriteAll(study_, absl::StrReplaceAll(R"({
    "name": "all", "model": {"name": "mlp", "dataset": "csv:FOLDERdata.csv", "epochs": 6},
    "objectives": [{"metric": "validation_error"}, {"metric": "validation_loss"}],
    "constraints": [{"metric": "train_loss", "at_most": 0.6}],
    "parameters": [{"name": "batch_size", "type": "int", "low": 4, "high": 8}],
    "fixed": {"activation": "tanh"}, "tiers": [1, 2, 4],
    "enqueue": [{"learning_rate": 0.1}, {}, {}, {}, {}, {"momentum": 0.95}],
    "stopping": {"name": "patience", "patience": 2},
    "strategy": "nsga2", "runner": {"name": "caviar", "isolation": "thread"}, "seed": 3
  })",
                                       {{"FOLDER", folder_}}));
  ExpectEqual(4, {}, {"--trials=16"});
  EXPECT_THAT(Built(), HasSubstr("patience: "));
  EXPECT_THAT(ReadAll(folder_ + "trials.csv"), HasSubstr("\n15,"));
  EXPECT_THAT(ReadAll(folder_ + "summary.txt"), HasSubstr("all: "));
  const ProgramResult replayed =
      RunSturgeon({"replay", "--storage=sqlite:" + folder_ + "study.db"});
  EXPECT_EQ(replayed.exit_code, 0) << replayed.out << replayed.err;
  EXPECT_THAT(replayed.out, HasSubstr("10 proposals (6 trials enqueued"));
}

TEST_F(ActionTest, TheBestIsTestedWhereTheStudyWantsThat) {
  WriteAll(study_, R"({
    "name": "tested", "model": {"name": "softmax_regression", "epochs": 1, "train_limit": 500},
    "strategy": "random", "seed": 3, "test_best": true
  })");
  ExpectEqual(1);
  EXPECT_THAT(Built(), HasSubstr("\"test\": {\"trial\": "));
  EXPECT_THAT(ReadAll(folder_ + "summary.txt"), HasSubstr("Test: test_error "));
}

TEST_F(ActionTest, AStrategyThatHasNothingMoreToTryLeavesTasksIdle) {
  WriteAll(study_, absl::StrReplaceAll(kSphere, {{"\"dimensions\": 3", "\"dimensions\": 2"}}));
  ExpectEqual(4, {"--strategy=grid", "--strategy_options=points_per_parameter=3"});
  EXPECT_EQ(ReadAll(Task(2, 1)), "{\"idle\": true}\n");
  EXPECT_EQ(ReadAll(Result(3, 3)), "{\"idle\": true}\n");
  EXPECT_THAT(ReadAll(folder_ + "summary.txt"), HasSubstr("9 trials complete"));
}

TEST_F(ActionTest, AFailedTrialIsAResultUnlessItIsNotToBe) {
  // Half of them square what is too large for it.
  WriteAll(study_, absl::StrReplaceAll(kSphere, {{"\"seed\"", R"("parameters": [
    {"name": "x0", "type": "float", "low": 1, "high": 1e308, "scale": "log"}], "seed")"}}));
  ExpectEqual(3, {"--strategy=tpe"});
  EXPECT_THAT(Built(), HasSubstr("not_finite"));
  ASSERT_TRUE(std::filesystem::remove(folder_ + "study.db"));
  const ProgramResult collected = Collect(3, {"--strategy=tpe", "--max_failures=1"});
  EXPECT_EQ(collected.exit_code, 1);
  EXPECT_THAT(collected.err, HasSubstr("max_failures is 1; trial "));
}

TEST_F(ActionTest, SaysWhatCannotBeBuilt) {
  const auto refused = [&](const std::string& field, const std::string& flag = "") {
    WriteAll(study_, absl::StrReplaceAll(kSphere, {{"\"seed\"", field + "\"seed\""}}));
    const ProgramResult proposed = flag.empty() ? Propose(0) : Propose(0, {flag});
    EXPECT_EQ(proposed.exit_code, 2) << field << flag;
    return proposed.err;
  };
  EXPECT_THAT(refused(R"("time_limit": "5m", )"), HasSubstr("study.json: time_limit: "));
  EXPECT_THAT(refused(R"("budget": {"steps": 9}, )"), HasSubstr("study.json: budget: "));
  EXPECT_THAT(refused(R"("objectives": [{"metric": "train_seconds"}], )"),
              HasSubstr("train_seconds is another one each time"));
  EXPECT_THAT(refused(R"("stopping": "median", )"),
              HasSubstr("median looks at other trials, which an action of its own cannot; these do "
                        "not: patience, threshold"));
  WriteAll(study_, R"({"model": "function", "runner": "panda"})");
  EXPECT_THAT(Propose(0).err, HasSubstr("panda does not run the trials of a strategy"));
}

TEST_F(ActionTest, NamesStrategiesThatDecideByFinishedRoundsWhereAnotherIsWanted) {
  WriteAll(study_, R"({"model": {"name": "mlp"}})");
  for (const char* strategy : {"asha", "successive_halving", "hyperband", "bohb", "pbt"}) {
    const ProgramResult proposed =
        Propose(0, {absl::StrCat("--strategy=", strategy), "--trials=20"});
    EXPECT_EQ(proposed.exit_code, 2) << strategy;
    EXPECT_THAT(proposed.err, HasSubstr(absl::StrCat(strategy, " trains trials in parts")));
    EXPECT_THAT(proposed.err, HasSubstr("random, tpe, gp or cma_es"));
  }
}

TEST_F(ActionTest, ComplainsAboutFilesThatAreNotTheStudys) {
  WriteAll(study_, kSphere);
  ASSERT_NO_FATAL_FAILURE(Build(1, {"--strategy=random"}));
  WriteAll(Result(0, 1), ReadAll(Result(0, 2)));
  const ProgramResult proposed = Propose(1, {"--strategy=random"});
  EXPECT_EQ(proposed.exit_code, 2);
  EXPECT_THAT(proposed.err, HasSubstr("trial_1.result.json: this is trial 2, where trial 1"));
  WriteAll(Task(0, 0), "{\"trial\": 0, \"seed\": 1}\n");
  EXPECT_THAT(Action({"trial", Task(0, 0)}).err,
              HasSubstr("trial_0.json: the field \"model\" is missing"));
  EXPECT_THAT(Action({"trail", Task(0, 0)}).err, HasSubstr("did you mean \"trial\"?"));
  EXPECT_THAT(Action({"propose", folder_, "--study=" + study_}).err, HasSubstr("--width"));
}

}  // namespace
}  // namespace sturgeon
