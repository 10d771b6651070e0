// `sturgeon tune` by the shipped binary: its result file, its exit codes, what it says to bad
// input.

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
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

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kBranin[] = R"({
  "name": "valley", "model": {"name": "function", "function": "branin"},
  "strategy": "random", "runner": "sequential", "trials": 20, "seed": 7
})";

// A folder with a study file in it.
class TuneTest : public testing::Test {
 protected:
  TuneTest() : folder_(MakeFolder()), study_(folder_ + "study.json"), result_(folder_ + "r.json") {
    WriteAll(study_, kBranin);
  }

  std::vector<std::string> Arguments(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {"tune", "--study=" + study_, "--output=" + result_,
                                          "--storage=memory:"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  ProgramResult Tune(const std::vector<std::string>& more = {}) const {
    return RunSturgeon(Arguments(more));
  }
  Value Result() const {
    const absl::StatusOr<Value> value = ReadJsonFile(result_);
    EXPECT_TRUE(value.ok()) << value.status().message();
    return value.ok() ? *value : Value();
  }

  const std::string folder_, study_, result_;
};

TEST_F(TuneTest, WritesEveryTrialAndShowsTheBest) {
  const ProgramResult run = Tune();
  EXPECT_EQ(run.exit_code, 0) << run.err;
  const Value result = Result();
  EXPECT_EQ(result.Find("study")->string(), "valley");
  EXPECT_EQ(result.Find("seed")->integer(), 7);
  const Value::List& trials = result.Find("trials")->list();
  ASSERT_EQ(trials.size(), 20);
  double least = 1e9;
  for (size_t i = 0; i < trials.size(); ++i) {
    EXPECT_EQ(trials[i].Find("id")->integer(), i);
    EXPECT_EQ(trials[i].Find("state")->string(), "complete");
    EXPECT_NE(trials[i].Find("params")->Find("x1"), nullptr);
    least = std::min(least, trials[i].Find("values")->list()[0].number());
  }
  const Value& best = *result.Find("best");
  EXPECT_EQ(best.Find("values")->list()[0].number(), least);
  EXPECT_THAT(run.out, HasSubstr(absl::StrCat("Best: trial ", best.Find("id")->integer(), ", ")));
  EXPECT_THAT(run.out, AllOf(StartsWith("valley: 20 trials complete"), HasSubstr("  x0 "),
                             HasSubstr("Result file: " + result_)));
  EXPECT_THAT(run.err, StartsWith("valley: minimize value over 2 parameters; random, sequential"));
}

TEST_F(TuneTest, JsonGoesToStdoutAlone) {
  const ProgramResult run = Tune({"--format=json"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.out, ReadAll(result_));
}

TEST_F(TuneTest, FlagsOverruleTheFile) {
  const ProgramResult run =
      Tune({"--trials=9", "--seed=3", "--strategy=grid", "--runner=caviar", "--parallelism=2",
            "--runner_options=deterministic=true,width=4"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  const Value result = Result();
  EXPECT_EQ(result.Find("trials")->list().size(), 9);
  EXPECT_EQ(result.Find("seed")->integer(), 3);
  EXPECT_THAT(WriteJson(*result.Find("strategy")), HasSubstr("grid"));
}

TEST_F(TuneTest, StoppingRulesEndTrialsEarlyAndSayWhy) {
  std::string table = "a,b,label\n";
  for (int i = 0; i < 80; ++i) absl::StrAppend(&table, i % 7, ",", i % 5, ",", i % 2, "\n");
  WriteAll(folder_ + "table.csv", table);
  WriteAll(study_,
           absl::StrCat(R"({"model": {"name": "softmax_regression", "epochs": 4, "dataset": "csv:)",
                        folder_, R"(table.csv"}, "strategy": "random", "runner": "sequential",
                           "trials": 3, "stopping": "median"})"));
  // No trial of a coin toss errs in less than one case of a thousand.
  const ProgramResult run =
      Tune({"--stopping=threshold", "--stopping_options=at_most=0.001,warmup_steps=1"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  const Value result = Result();
  ASSERT_EQ(result.Find("trials")->list().size(), 3);
  for (const Value& trial : result.Find("trials")->list()) {
    ASSERT_EQ(trial.Find("state")->string(), "stopped");
    EXPECT_THAT(trial.Find("reason")->string(),
                ContainsRegex("^threshold: validation_error 0.* after epoch 2 is above 0.001$"));
    EXPECT_EQ(trial.Find("reports")->list().size(), 2);
  }
  // The file's rule waits for five complete trials; and none at all may be asked for.
  for (const char* flag : {"--stopping_options=warmup_trials=5", "--stopping="}) {
    EXPECT_EQ(Tune({flag}).exit_code, 0);
    const Value full = Result();
    for (const Value& trial : full.Find("trials")->list()) {
      EXPECT_EQ(trial.Find("state")->string(), "complete");
    }
  }
}

TEST_F(TuneTest, ABudgetEndsTheStudyAndWhatWasSpentIsShown) {
  std::string table = "a,b,label\n";
  for (int i = 0; i < 80; ++i) absl::StrAppend(&table, i % 7, ",", i % 5, ",", i % 2, "\n");
  WriteAll(folder_ + "table.csv", table);
  WriteAll(study_,
           absl::StrCat(R"({"model": {"name": "softmax_regression", "epochs": 4, "dataset": "csv:)",
                        folder_, R"(table.csv"}, "strategy": "random",
                           "runner": {"name": "caviar", "parallelism": 2},
                           "budget": {"steps": 100, "cost_metric": "train_seconds"}})"));
  // Three full trainings fit.
  const ProgramResult run = Tune({"--budget=steps=15"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr(", caviar, 15 epochs at most\n"));
  EXPECT_THAT(run.out, HasSubstr("3 trials complete, in "));
  EXPECT_THAT(run.out, HasSubstr("; the budget is spent\n"));
  EXPECT_THAT(run.out, HasSubstr("\nSpent: 12 epochs, "));
  const Value result = Result();
  EXPECT_EQ(result.Find("trials")->list().size(), 3u);
  EXPECT_EQ(result.Find("spent")->Find("steps")->integer(), 12);
  EXPECT_EQ(result.Find("spent")->Find("cost"), nullptr);
  EXPECT_EQ(result.Find("progress")->list()[0].Find("steps")->integer(), 4);
  // The file's counts a cost.
  EXPECT_EQ(Tune({"--trials=2"}).exit_code, 0);
  const Value counted = Result();
  EXPECT_EQ(counted.Find("trials")->list().size(), 2u);
  EXPECT_GT(counted.Find("spent")->Find("cost")->number(), 0);
}

TEST_F(TuneTest, TheSameSeedGivesTheSameTrials) {
  const auto params = [&](const std::vector<std::string>& flags) {
    EXPECT_EQ(Tune(flags).exit_code, 0);
    std::string all;
    const Value result = Result();
    for (const Value& trial : result.Find("trials")->list()) {
      all += WriteJson(*trial.Find("params"));
    }
    return all;
  };
  const std::string first = params({});
  EXPECT_EQ(params({"--runner=caviar", "--runner_options=deterministic=true"}), first);
  EXPECT_NE(params({"--seed=8"}), first);
}

TEST_F(TuneTest, EnqueuedTrialsComeFirst) {
  WriteAll(study_, absl::StrReplaceAll(kBranin, {{"\"trials\"",
                                                  "\"enqueue\": [{\"x0\": 2, \"x1\": 3}], "
                                                  "\"trials\""}}));
  EXPECT_EQ(Tune().exit_code, 0);
  const Value result = Result();
  EXPECT_EQ(*result.Find("trials")->list()[0].Find("params"),
            Value(Value::Object{{"x0", 2.0}, {"x1", 3.0}}));
}

TEST_F(TuneTest, TheBestKeepsEveryConstraint) {
  WriteAll(study_,
           absl::StrReplaceAll(
               kBranin, {{"\"trials\"", R"("constraints": [{"metric": "value", "at_least": 20},
                                {"metric": "train_seconds", "at_most": 3600}], "trials")"}}));
  const ProgramResult run = Tune();
  EXPECT_EQ(run.exit_code, 0) << run.err;
  const Value result = Result();
  ASSERT_EQ(result.Find("constraints")->list().size(), 2);
  double least_feasible = 1e9, least = 1e9;
  for (const Value& trial : result.Find("trials")->list()) {
    const double value = trial.Find("values")->list()[0].number();
    const Value::List& excess = trial.Find("constraints")->list();
    ASSERT_EQ(excess.size(), 2);
    EXPECT_EQ(excess[0].number(), 20 - value);
    EXPECT_LT(excess[1].number(), 0);
    least = std::min(least, value);
    if (value >= 20) least_feasible = std::min(least_feasible, value);
  }
  EXPECT_LT(least, 20);
  EXPECT_EQ(result.Find("best")->Find("values")->list()[0].number(), least_feasible);
  EXPECT_THAT(run.out, HasSubstr("\n  train_seconds "));

  WriteAll(study_, absl::StrReplaceAll(kBranin, {{"\"trials\"",
                                                  R"("constraints": [{"metric": "value",
                                                      "at_most": -1}], "trials")"}}));
  const ProgramResult none = Tune();
  EXPECT_EQ(none.exit_code, 0) << none.err;
  EXPECT_THAT(none.out, HasSubstr("No trial keeps every constraint"));
  EXPECT_TRUE(Result().Find("best")->is_null());
}

TEST_F(TuneTest, SeveralObjectivesHaveAParetoFront) {
  WriteAll(study_, R"({"name": "both", "model": {"name": "softmax_regression", "epochs": 1,
                       "train_limit": 200}, "strategy": "nsga2", "trials": 40, "seed": 3,
                       "objectives": [{"metric": "validation_loss"},
                                      {"metric": "train_error", "goal": "maximize"}]})");
  const ProgramResult run = Tune();
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, StartsWith("both: minimize validation_loss, maximize train_error over "));
  const Value result = Result();
  EXPECT_EQ(result.Find("best"), nullptr);
  ASSERT_NE(result.Find("pareto"), nullptr);

  // By the definition, from the values of all trials.
  const auto value = [](const Value& trial, size_t k) {
    return trial.Find("values")->list()[k].number();
  };
  const Value::List& trials = result.Find("trials")->list();
  std::vector<const Value*> front;
  for (const Value& trial : trials) {
    const bool dominated = std::any_of(trials.begin(), trials.end(), [&](const Value& other) {
      return value(other, 0) <= value(trial, 0) && value(other, 1) >= value(trial, 1) &&
             (value(other, 0) < value(trial, 0) || value(other, 1) > value(trial, 1));
    });
    if (!dominated) front.push_back(&trial);
  }
  std::string ids, expected;
  for (const Value& trial : result.Find("pareto")->list()) {
    absl::StrAppend(&ids, trial.Find("id")->integer(), " ");
  }
  for (const Value* trial : front) absl::StrAppend(&expected, trial->Find("id")->integer(), " ");
  EXPECT_EQ(ids, expected);

  // The text shows both ends of it.
  ASSERT_GT(front.size(), 5);
  EXPECT_THAT(run.out, HasSubstr(absl::StrCat("\nPareto front: ", front.size(),
                                              " trials; 5 of them\n  trial ")));
  std::sort(front.begin(), front.end(),
            [&](const Value* a, const Value* b) { return value(*a, 0) < value(*b, 0); });
  EXPECT_THAT(run.out,
              ContainsRegex(absl::StrCat("  trial +", front.front()->Find("id")->integer(), " .* ",
                                         front.back()->Find("id")->integer(), "\n")));
}

TEST_F(TuneTest, AStrategyForOneObjectiveRefusesTwo) {
  WriteAll(study_, R"({"model": {"name": "softmax_regression", "epochs": 1, "train_limit": 200},
                       "strategy": "coarse_to_fine", "trials": 2,
                       "objectives": [{"metric": "train_loss"}, {"metric": "train_error"}]})");
  const ProgramResult run = Tune();
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("strategy coarse_to_fine: shrinks to the best trials of one "
                                 "objective, and the study has 2; leave one, or use the strategy "
                                 "nsga2"));
}

TEST_F(TuneTest, StartsFromEarlierStudies) {
  const std::string earlier = folder_ + "earlier.json";
  EXPECT_EQ(Tune({"--output=" + earlier, "--trials=7"}).exit_code, 0);
  const ProgramResult run = Tune({"--warm_start=" + earlier + "," + earlier});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("\nwarm start: 7 trials of valley, 7 trials of valley\n"));

  WriteAll(study_, absl::StrReplaceAll(kBranin, {{"\"trials\"", R"("objectives": [{"metric":
      "value", "goal": "maximize"}], "warm_start": [")" + earlier + R"("], "trials")"}}));
  const ProgramResult other_goal = Tune();
  EXPECT_EQ(other_goal.exit_code, 2);
  EXPECT_THAT(other_goal.err,
              AllOf(StartsWith(absl::StrCat("sturgeon: ", study_, ": warm_start: ", earlier, ": ")),
                    HasSubstr("the earlier study's goal was to minimize it")));
}

TEST_F(TuneTest, WhereNoStrategyIsNamedItIsChosenAndSaid) {
  WriteAll(study_, absl::StrReplaceAll(kBranin, {{"\"strategy\": \"random\",", ""}}));
  const ProgramResult run = Tune();
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("; auto, sequential, 20 trials\nauto: gp ("));
  EXPECT_EQ(*Result().Find("strategy"), Value("auto"));
}

TEST_F(TuneTest, StopsAtTheTimeLimit) {
  const ProgramResult run = Tune({"--trials=1000000000", "--time_limit=200ms"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("the time was over"));
  EXPECT_FALSE(Result().Find("trials")->list().empty());
}

TEST_F(TuneTest, PathsAreThoseOfTheCallersFolder) {
  // As under `bazel run`, which starts the program elsewhere.
  Program program({"tune", "--study=study.json"}, "", {"BUILD_WORKING_DIRECTORY=" + folder_});
  EXPECT_EQ(program.Wait().exit_code, 0);
  EXPECT_TRUE(Exists(folder_ + "valley.result.json"));
}

TEST_F(TuneTest, TheBestIsTestedOnce) {
  WriteAll(study_, R"({"name": "quick", "model": {"name": "softmax_regression", "epochs": 1,
                       "train_limit": 200}, "trials": 2, "test_best": true})");
  const ProgramResult run = Tune();
  EXPECT_EQ(run.exit_code, 0) << run.err;
  const Value result = Result();
  ASSERT_NE(result.Find("test"), nullptr);
  EXPECT_EQ(result.Find("test")->Find("trial")->integer(),
            result.Find("best")->Find("id")->integer());
  const double error = result.Find("test")->Find("metrics")->Find("test_error")->number();
  EXPECT_GT(error, 0);
  EXPECT_LT(error, 0.9);  // 0.9 is chance
  EXPECT_THAT(run.out, HasSubstr("\nTest: test_error 0."));
  // The same in a process of its own.
  const ProgramResult isolated = Tune({"--runner_options=isolation=process"});
  EXPECT_EQ(isolated.exit_code, 0) << isolated.err;
  EXPECT_EQ(*Result().Find("test")->Find("metrics"), *result.Find("test")->Find("metrics"));
}

TEST_F(TuneTest, WhenEveryTrialFailsItSaysWhy) {
  const ProgramResult run = Tune({"--runner_options=trial_timeout=1e-9"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("sturgeon: every trial failed; trial 0: timeout: "));
  EXPECT_THAT(run.out, HasSubstr("20 trials failed; the first, trial 0: timeout: "));
  EXPECT_TRUE(Result().Find("best")->is_null());
}

TEST_F(TuneTest, AnInterruptKeepsWhatHasFinished) {
  for (const int signal : {SIGINT, SIGTERM}) {
    Program program(Arguments({"--trials=1000000000"}));
    // A line of progress: some trial has finished.
    ASSERT_TRUE(program.WaitForError("of 1000000000 trials")) << program.Wait().err;
    program.Signal(signal);
    const ProgramResult run = program.Wait();
    EXPECT_EQ(run.exit_code, 130);
    EXPECT_THAT(run.out, AllOf(HasSubstr("interrupted"), HasSubstr("\nBest: trial ")));
    EXPECT_FALSE(Result().Find("trials")->list().empty());
    ASSERT_EQ(unlink(result_.c_str()), 0);
  }
}

TEST_F(TuneTest, AnOutputThatCannotBeWrittenIsFoundOutBeforeTheFirstTrial) {
  for (const std::string& output : {folder_ + "missing/r.json", folder_}) {
    const ProgramResult run = Tune({"--output=" + output});
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_EQ(run.out, "");
    EXPECT_THAT(run.err, AllOf(StartsWith("sturgeon: --output: cannot write " + output),
                               Not(HasSubstr("trials"))));
  }
}

TEST_F(TuneTest, AnOutputMayBeADeviceOrALink) {
  EXPECT_EQ(Tune({"--output=/dev/null"}).exit_code, 0);
  struct stat info = {};
  ASSERT_EQ(stat("/dev/null", &info), 0);
  EXPECT_TRUE(S_ISCHR(info.st_mode));

  WriteAll(folder_ + "target.json", "");
  ASSERT_EQ(symlink("target.json", (folder_ + "link.json").c_str()), 0);
  EXPECT_EQ(Tune({"--output=" + folder_ + "link.json"}).exit_code, 0);
  ASSERT_EQ(lstat((folder_ + "link.json").c_str(), &info), 0);
  EXPECT_TRUE(S_ISLNK(info.st_mode));
  EXPECT_THAT(ReadAll(folder_ + "target.json"), StartsWith("{"));
}

TEST_F(TuneTest, AFullDiskIsNoSuccess) {
  Program program(Arguments({"--format=json"}), "", {}, "/dev/full");
  EXPECT_EQ(program.Wait().exit_code, 1);
  EXPECT_EQ(Tune({"--output=/dev/full"}).exit_code, 1);
}

struct BadStudy {
  const char* name;
  const char* file;     // what stands in it
  const char* place;    // behind the file's name
  const char* message;  // the cause, and what would be right
};

class BadStudyTest : public TuneTest, public testing::WithParamInterface<BadStudy> {};

TEST_P(BadStudyTest, IsOneLineWithThePlaceAndTheRemedy) {
  WriteAll(study_, GetParam().file);
  const ProgramResult run = Tune();
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.out, "");
  EXPECT_FALSE(Exists(result_));
  EXPECT_THAT(run.err, AllOf(StartsWith(absl::StrCat("sturgeon: ", study_, GetParam().place)),
                             HasSubstr(GetParam().message)));
  EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
}

#define FUNCTION R"({"model": "function", "trials": 1, "parameters": [)"
#define X0 R"({"name": "x0", "type": "float", "low": 0, "high": 1})"

INSTANTIATE_TEST_SUITE_P(
    BadStudies, BadStudyTest,
    testing::Values(
        BadStudy{"UnknownKey", R"({"model": "function", "trails": 1})", ": ",
                 "unknown field \"trails\"; did you mean \"trials\"?"},
        BadStudy{"UnknownKeyOfAParameter",
                 FUNCTION
                 R"({"name": "x0", "type": "float", "low": 0, "high": 1, "scael": "log"}]})",
                 ": parameters[0] (x0): ", "did you mean \"scale\"?"},
        BadStudy{"InvertedRange",
                 FUNCTION R"({"name": "x0", "type": "float", "low": 1, "high": 0}]})",
                 ": parameters[0] (x0): ", "low"},
        BadStudy{"LogRangeWithZero",
                 FUNCTION
                 R"({"name": "x0", "type": "float", "low": 0, "high": 1, "scale": "log"}]})",
                 ": parameters[0] (x0): ", "log"},
        BadStudy{"UnknownStrategy", R"({"model": "function", "strategy": "randon"})",
                 ": strategy: ", "unknown strategy \"randon\"; did you mean \"random\"?"},
        BadStudy{"UnknownRunner", R"({"model": "function", "runner": "kaviar"})",
                 ": runner: ", "did you mean \"caviar\"?"},
        BadStudy{"UnknownModel", R"({"model": "functoin"})",
                 ": model: ", "unknown model \"functoin\"; did you mean \"function\"?"},
        BadStudy{"NoModel", R"({"trials": 1})", ": ", "the field \"model\" is missing"},
        BadStudy{"ConditionOnAMissingParameter",
                 FUNCTION R"({"name": "x0", "type": "float", "low": 0, "high": 1,
                 "condition": {"name": "x7", "min": 0}}]})",
                 ": parameters[0] (x0): ", "unknown parameter \"x7\""},
        BadStudy{"DuplicateName", FUNCTION X0 ", " X0 "]}", ": parameters[1] (x0): ", "x0"},
        BadStudy{"BrokenJson", "{\n  \"model\": \"function\"\n  \"trials\": 1\n}",
                 ":3:", "not JSON"},
        BadStudy{"AFieldTwice", R"({"model": "function", "model": "mlp"})", ": ",
                 "the field \"model\" is given twice"},
        BadStudy{"EmptyFile", "", ":1:1: ", "not JSON"},
        BadStudy{"UnknownModelOption", R"({"model": {"name": "function", "dimension": 2}})",
                 ": model function: ", "did you mean \"dimensions\"?"},
        BadStudy{"ModelOptionOutOfRange", R"({"model": {"name": "mlp", "epochs": 0}})",
                 ": model mlp: epochs: ", "at least 1"},
        BadStudy{"UnknownStrategyOption",
                 R"({"model": "function", "strategy": {"name": "coarse_to_fine", "round": 2}})",
                 ": strategy coarse_to_fine: ", "did you mean \"rounds\"?"},
        BadStudy{"UnknownStoppingRule",
                 R"({"model": "function", "stopping": ["median", "patient"]})",
                 ": stopping rule: ", "did you mean \"patience\"?"},
        BadStudy{"UnknownStoppingOption",
                 R"({"model": "function", "stopping": {"name": "median", "warmup": 2}})",
                 ": stopping rule median: ", "warmup_steps"},
        BadStudy{"WrongType", R"({"model": "function", "trials": "ten"})",
                 ": trials: ", "expected an integer, got a string \"ten\""},
        BadStudy{"WrongTimeLimit", R"({"model": "function", "time_limit": "10"})",
                 ": time_limit: ", "a number with a unit, such as 90s"},
        BadStudy{"UnknownMetric", R"({"model": "function", "objectives": [{"metric": "valeu"}]})",
                 ": objectives[0]: ", "did you mean \"value\"?"},
        BadStudy{"AnObjectiveTwice",
                 R"({"model": "function", "objectives": [{"metric": "value"},
                     {"metric": "value", "goal": "maximize"}]})",
                 ": objectives: ", "the metric value is named twice"},
        BadStudy{"AParameterThatTheModelLacks",
                 FUNCTION R"({"name": "x9", "type": "float", "low": 0, "high": 1}]})",
                 ": parameters[0] (x9): ", "unknown parameter \"x9\""},
        BadStudy{"WrongEnqueue", R"({"model": "function", "enqueue": [{"x0": 1}, {"x0": 100}]})",
                 ": enqueue[1]: x0: ", "10"},
        BadStudy{"NothingToTest", R"({"model": "function", "trials": 1, "test_best": true})",
                 ": test_best: ", "has no test data"}),
    [](const auto& bad_study) { return std::string(bad_study.param.name); });

TEST_F(TuneTest, AMissingStudyFileIsNamed) {
  const ProgramResult run = RunSturgeon({"tune", "--study=" + folder_ + "none.json"});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.out, "");
  EXPECT_EQ(run.err, absl::StrCat("sturgeon: cannot open ", folder_,
                                  "none.json: No such file or directory\n"));
}

struct BadFlag {
  const char* flag;
  const char* message;
};

class BadFlagTest : public TuneTest, public testing::WithParamInterface<BadFlag> {};

TEST_P(BadFlagTest, IsOneLineThatNamesTheFlag) {
  const ProgramResult run = Tune({GetParam().flag});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.out, "");
  EXPECT_FALSE(Exists(result_));
  EXPECT_THAT(run.err, AllOf(StartsWith("sturgeon: "), HasSubstr(GetParam().message)));
  EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
}

INSTANTIATE_TEST_SUITE_P(
    BadFlags, BadFlagTest,
    testing::Values(BadFlag{"--trials=0", "--trials: must be at least 1"},
                    BadFlag{"--seed=-1", "--seed: must be at least 0"},
                    BadFlag{"--parallelism=0", "--parallelism: must be at least 1"},
                    // The study's runner, sequential, runs one at a time.
                    BadFlag{"--parallelism=2", "unknown option \"parallelism\""},
                    BadFlag{"--time_limit=ten", "--time_limit: \"ten\" is no time limit"},
                    BadFlag{"--budget=epochs=9", "--budget: unknown field \"epochs\""},
                    BadFlag{"--budget=steps=-9", "budget: steps: -9 is out of range"},
                    BadFlag{"--tiers=1,5", "--tiers: \"5\" is no tier; they are 1 to 4"},
                    BadFlag{"--tiers=3", "nothing left to tune"},
                    BadFlag{"--warm_start=none.json", "--warm_start: cannot open none.json"},
                    BadFlag{"--storage=postgre://x", "--storage: unknown storage \"postgre\""},
                    BadFlag{"--strategy=randon", "did you mean \"random\"?"},
                    BadFlag{"--stopping=medain", "did you mean \"median\"?"},
                    BadFlag{"--stopping_options=interval=2", "there is no stopping rule"},
                    BadFlag{"--runner=sequental",
                            "--runner: unknown runner \"sequental\"; did you mean"},
                    BadFlag{"--strategy_options=smapler=grid", "did you mean \"sampler\"?"},
                    BadFlag{"--runner_options=nonsense", "--runner_options: "}));

TEST_F(TuneTest, OptionsThatAreGivenTwiceAddUp) {
  const ProgramResult run = Tune({"--model_options=function=sphere,dimensions=3",
                                  "--model_options=noise=0.5,function=rosenbrock"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(Result().Find("space")->list().size(), 3);
  const ProgramResult wrong =
      Tune({"--model_options=function=sphere", "--model_options=dimensoins=3"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("did you mean \"dimensions\"?"));
  const ProgramResult unread = Tune({"--model_options=noise=0", "--model_options=nonsense"});
  EXPECT_EQ(unread.exit_code, 2);
  EXPECT_THAT(unread.err, HasSubstr("--model_options: \"nonsense\" is no option"));
}

TEST_F(TuneTest, AnotherStrategyDropsTheOptionsOfTheFirst) {
  const std::vector<std::string> target = {"--strategy=coarse_to_fine",
                                           "--strategy_options=rounds=2"};
  const auto strategy = [&](const std::vector<std::string>& user) {
    std::vector<std::string> flags = target;
    flags.insert(flags.end(), user.begin(), user.end());
    const ProgramResult run = Tune(flags);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return WriteJson(*Result().Find("strategy"));
  };
  EXPECT_EQ(strategy({"--strategy=random"}), R"("random")");
  EXPECT_EQ(strategy({"--strategy=random", "--strategy_options=sampler=sobol"}),
            R"({"name": "random", "sampler": "sobol"})");
  EXPECT_EQ(strategy({"--strategy=coarse_to_fine"}), R"({"name": "coarse_to_fine", "rounds": 2})");
}

TEST_F(TuneTest, TheStudyIsTheSameWithModelsInProcesses) {
  const auto trials = [this](const std::string& options) {
    const ProgramResult run =
        Tune({"--runner=caviar", "--runner_options=deterministic=true," + options});
    EXPECT_EQ(run.exit_code, 0) << run.err;
    Value list = *Result().Find("trials");
    for (Value& trial : list.list()) trial.Set("started", 0).Set("seconds", 0);
    return list;
  };
  const Value here = trials("isolation=thread");
  EXPECT_EQ(here.list().size(), 20);
  EXPECT_EQ(WriteJson(trials("isolation=process,parallelism=2,memory_limit=4096")),
            WriteJson(here));
}

}  // namespace
}  // namespace sturgeon
