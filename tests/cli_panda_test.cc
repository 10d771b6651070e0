// The panda by the shipped binary: by hand from a script, killed and gone on with, on the real
// models; and schedules, exported and trained again.

#include <signal.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "core/json.h"
#include "core/random.h"
#include "core/value.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/program.h"

namespace sturgeon {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// A folder with a small perceptron's study in it.
class CliPandaTest : public testing::Test {
 protected:
  CliPandaTest() : folder_(MakeFolder()), storage_("--storage=sqlite:" + folder_ + "s.db") {
    std::string table = "a,b,label\n";
    RandomStream random(4, 0, kFirstPluginStream);
    for (int i = 0; i < 200; ++i) {
      const double a = random.Normal(), b = random.Normal();
      absl::StrAppend(&table, a, ",", b, ",", a * b > 0 ? "yes\n" : "no\n");
    }
    WriteAll(folder_ + "table.csv", table);
    WriteStudy(16);
  }

  void WriteStudy(int epochs) const {
    WriteAll(folder_ + "study.json",
             absl::StrCat(R"({"name": "small", "model": {"name": "mlp", "dataset": "csv:)", folder_,
                          R"(table.csv", "epochs": )", epochs, R"(},
        "objectives": [{"metric": "validation_loss", "goal": "minimize"}],
        "parameters": [{"name": "learning_rate", "type": "float", "low": 1e-5, "high": 1e12,
                        "scale": "log", "default": 0.1},
                       {"name": "hidden_units", "type": "int", "low": 4, "high": 32,
                        "default": 16}],
        "fixed": {"learning_rate_decay": "none", "optimizer": "sgd"},
        "strategy": "random", "runner": "panda", "seed": 7})"));
  }

  std::vector<std::string> Arguments(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {"tune", "--study=" + folder_ + "study.json",
                                          "--output=" + folder_ + "r.json", storage_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  ProgramResult Tune(const std::vector<std::string>& more, const std::string& input = "") const {
    const ProgramResult run = RunSturgeon(Arguments(more), input);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return run;
  }
  ProgramResult ByHand(const std::string& lines, std::vector<std::string> more = {}) const {
    more.emplace_back("--runner_options=interactive=true");
    return Tune(more, lines);
  }
  Value::List Trials() const {
    const absl::StatusOr<Value> value = ReadJsonFile(folder_ + "r.json");
    EXPECT_TRUE(value.ok()) << value.status().message();
    return value.ok() ? value->Find("trials")->list() : Value::List();
  }
  // What must be the same where trials are the same.
  static std::string Essence(const Value::List& trials) {
    std::string text;
    for (const Value& trial : trials) {
      for (const char* field : {"state", "params", "values", "reports"}) {
        const Value* const value = trial.Find(field);
        absl::StrAppend(&text, value == nullptr ? "-" : WriteJson(*value), " ");
      }
      text += "\n";
    }
    return text;
  }

  const std::string folder_, storage_;
};

TEST_F(CliPandaTest, ByHandFromAScript) {
  const ProgramResult run = ByHand(
      "go 2\nset learning_rate 0.05\ngo 3\nplot\nback 2\nset learning_rat 0.2\nset learning_rate "
      "0.2\ngo\ndiary\nsave\n",
      {"--format=json"});
  // Results alone on stdout.
  EXPECT_EQ(run.out, ReadAll(folder_ + "r.json"));
  EXPECT_THAT(run.err,
              AllOf(StartsWith("small: minimize validation_loss over 10 parameters; random, "
                               "panda, by hand\n"),
                    HasSubstr("\nby hand, with a fresh model: learning_rate 0.1, "),
                    HasSubstr("\nday 0: epoch 1, validation_loss 0."), HasSubstr("* this model\n"),
                    HasSubstr("   day 0       1 "), HasSubstr(R"(did you mean "learning_rate"?)"),
                    HasSubstr("\nsaved: the result is the model after day 5, epoch 4 of ")));
  // Neither prompts nor the lines of progress.
  EXPECT_THAT(run.err, AllOf(Not(HasSubstr("> ")), Not(HasSubstr(" trials, best "))));
  const Value::List trials = Trials();
  ASSERT_EQ(trials.size(), 7u);
  EXPECT_EQ(trials[5].Find("resume_from")->integer(), 2);
  EXPECT_EQ(trials[5].Find("params")->Find("learning_rate")->number(), 0.2);
  EXPECT_EQ(trials[6].Find("state")->string(), "complete");
  EXPECT_EQ(*trials[6].Find("values"), *trials[5].Find("values"));
}

TEST_F(CliPandaTest, ASessionGoesOnInAnotherProcess) {
  ByHand("go 3\nset learning_rate 0.05\ngo\nquit\nthis is not read");
  const ProgramResult run = ByHand("go 2\n");
  EXPECT_THAT(run.err, AllOf(HasSubstr("resuming sqlite:"),
                             HasSubstr("going on by hand after day 3, epoch 4 of 16: "),
                             HasSubstr("the study stands after day 5, epoch 6 of 16")));
  const std::string parts = Essence(Trials());
  ByHand("go 3\nset learning_rate 0.05\ngo 3\n", {"--study_name=whole"});
  EXPECT_EQ(parts, Essence(Trials()));
  // Nothing at all is no failure.
  const ProgramResult none = ByHand("", {"--study_name=none"});
  EXPECT_EQ(none.exit_code, 0) << none.err;
}

TEST_F(CliPandaTest, AForcedNaNOfARealModelIsRolledBack) {
  // The policy goes on from days that the user has spoiled: the first one after them is not finite.
  const ProgramResult run = ByHand("go 4\nset learning_rate 1e12\nauto\n");
  const Value::List trials = Trials();
  ASSERT_GT(trials.size(), 6u);
  EXPECT_EQ(trials[4].Find("state")->string(), "failed");
  EXPECT_EQ(trials[4].Find("failure")->string(), "not_finite");
  EXPECT_EQ(trials[4].Find("resume_from")->integer(), 3);
  EXPECT_THAT(run.err, HasSubstr("trial 4 failed (validation_loss is "));
  EXPECT_THAT(run.err, HasSubstr("): back to trial 3, epoch 4, learning_rate 1e+12 → 1e+11"));
  // In the end it trains, from a day before the NaN, and has a result.
  const Value& last = trials.back();
  EXPECT_EQ(last.Find("state")->string(), "complete") << run.err;
  EXPECT_LT(last.Find("values")->list()[0].number(), 0.7);
}

TEST_F(CliPandaTest, DaysInProcessesOfTheirOwnAreTheSame) {
  Tune({"--study_name=threads"});
  const std::string threads = Essence(Trials());
  Tune({"--study_name=processes", "--runner_options=isolation=process"});
  EXPECT_EQ(Essence(Trials()), threads);
  // By hand too: the workers leave the user's input alone.
  ByHand("go 2\nset learning_rate 0.05\ngo 2\n", {"--study_name=hand"});
  const std::string hand = Essence(Trials());
  Tune({"--study_name=hand_processes", "--runner_options=interactive=true,isolation=process"},
       "go 2\nset learning_rate 0.05\ngo 2\n");
  EXPECT_EQ(Essence(Trials()), hand);
}

TEST_F(CliPandaTest, AStudyThatIsKilledInMidDayGoesOnFromTheDayBefore) {
  // A day is long enough to be killed in its middle.
  WriteStudy(100000);
  const std::string options = "--runner_options=interactive=true,day=4";
  {
    Program program(Arguments({options}),
                    "go 2\nset learning_rate 0.05\ngo 1\nset learning_rate 0.07\ngo 10000\n");
    ASSERT_TRUE(program.WaitForError("day 40: "));
    program.Signal(SIGKILL);
    ASSERT_EQ(program.Wait().exit_code, 128 + SIGKILL);
  }
  const ProgramResult run = Tune({options}, "diary\ngo 2\n");
  const Value::List trials = Trials();
  ASSERT_GE(trials.size(), 42u);  // the killed one may have been between two days
  // All days stand, and no step was lost or trained twice on the way from one to the next.
  int64_t steps = 0;
  for (const Value& trial : trials) {
    if (trial.Find("state")->string() == "failed") continue;
    const Value::List& reports = trial.Find("reports")->list();
    EXPECT_EQ(reports.front().list()[0].integer(), steps + 1);
    steps = reports.back().list()[0].integer();
  }
  EXPECT_EQ(steps % 4, 0);
  // Its days are those of a study that was not killed.
  const int64_t days = steps / 4;
  Tune({options, "--study_name=whole"},
       absl::StrCat("go 2\nset learning_rate 0.05\ngo 1\nset learning_rate 0.07\ngo ", days - 3,
                    "\n"));
  const Value::List whole = Trials();
  ASSERT_EQ(whole.size(), static_cast<size_t>(days));
  EXPECT_EQ(*whole.back().Find("values"), *trials.back().Find("values"));
  EXPECT_THAT(run.err, HasSubstr("going on by hand after day "));
}

TEST_F(CliPandaTest, AutomaticDaysGoOnAfterAKill) {
  WriteStudy(3000);
  const std::string options = "--runner_options=day=50";
  {
    Program program(Arguments({options}));
    ASSERT_TRUE(program.WaitForError("is the best for a first day"));
    program.Signal(SIGKILL);
    ASSERT_EQ(program.Wait().exit_code, 128 + SIGKILL);
  }
  const ProgramResult run = Tune({options});
  EXPECT_THAT(run.err, HasSubstr("going on from trial "));
  int64_t steps = 0;
  for (const Value& trial : Trials()) {
    const Value* const reports = trial.Find("reports");
    steps += reports == nullptr ? 0 : static_cast<int64_t>(reports->list().size());
  }
  EXPECT_LE(steps, 3000);
  EXPECT_EQ(Trials().back().Find("state")->string(), "complete");
}

TEST_F(CliPandaTest, AScheduleIsExportedAndTrainedAgain) {
  Tune({});
  const std::string schedule = folder_ + "found.schedule.json";
  const ProgramResult exported =
      RunSturgeon({"export", "--to=schedule", storage_, "--output=" + schedule});
  EXPECT_EQ(exported.exit_code, 0) << exported.err;
  EXPECT_THAT(exported.out, AllOf(StartsWith("Wrote "), HasSubstr(" days to " + schedule)));
  const Value::List original = Trials();
  const Value best = *ReadJsonFile(folder_ + "r.json")->Find("best");

  // With the same seed it comes to the same, bit for bit.
  const std::string options = "--runner_options=schedule=" + schedule;
  Tune({"--study_name=again", options});
  const Value::List again = Trials();
  EXPECT_EQ(*again.back().Find("values"), *best.Find("values"));
  EXPECT_EQ(again.back().Find("state")->string(), "complete");
  // Day by day: what led nowhere is left out.
  EXPECT_LT(again.size(), original.size());
  for (const Value& day : again) {
    const auto same = std::find_if(original.begin(), original.end(), [&](const Value& trial) {
      return trial.Find("reports") != nullptr && *trial.Find("reports") == *day.Find("reports") &&
             *trial.Find("params") == *day.Find("params");
    });
    EXPECT_NE(same, original.end()) << WriteJson(day);
  }
  // Another seed trains the same days, and no others.
  Tune({"--study_name=other", options, "--seed=8"});
  const Value::List other = Trials();
  ASSERT_EQ(other.size(), again.size());
  for (size_t i = 0; i < other.size(); ++i) {
    EXPECT_EQ(*other[i].Find("params"), *again[i].Find("params"));
    EXPECT_NE(*other[i].Find("values"), *again[i].Find("values"));
  }
  // It goes on where it was interrupted.
  const std::string whole = Essence(other);
  Tune({"--study_name=parts", options, "--seed=8", "--trials=3"});
  EXPECT_EQ(Trials().size(), 3u);
  const ProgramResult rest = Tune({"--study_name=parts", options, "--seed=8"});
  EXPECT_THAT(rest.err, HasSubstr("going on with day 4 of the schedule's "));
  EXPECT_EQ(Essence(Trials()), whole);
}

TEST_F(CliPandaTest, TheBestIsTestedAsItWasTrained) {
  WriteAll(folder_ + "study.json", R"({"name": "tested", "model": {"name": "mlp", "epochs": 2,
      "train_limit": 400}, "fixed": {"learning_rate_decay": "none", "optimizer": "sgd", "layers": 1,
      "hidden_units": 32}, "runner": "panda", "test_best": true})");
  // The last day alone has this rate, by which nothing would be learned from the start.
  ByHand("set batch_size 256\ngo\nset learning_rate 0.0001\ngo\n");
  const absl::StatusOr<Value> result = ReadJsonFile(folder_ + "r.json");
  ASSERT_TRUE(result.ok());
  ASSERT_NE(result->Find("test"), nullptr);
  EXPECT_EQ(result->Find("test")->Find("trial")->integer(), 1);
  EXPECT_LT(result->Find("test")->Find("metrics")->Find("test_error")->number(), 0.5);
}

TEST_F(CliPandaTest, ABadScheduleIsAnErrorBeforeAnythingIsTrained) {
  const std::string schedule = folder_ + "bad.json";
  const auto error = [&](const std::string& text, int exit_code) {
    WriteAll(schedule, text);
    const ProgramResult run =
        RunSturgeon(Arguments({"--runner_options=schedule=" + schedule, "--storage=memory:"}));
    EXPECT_EQ(run.exit_code, exit_code) << run.err;
    return run.err;
  };
  EXPECT_THAT(error("{", 2), HasSubstr(schedule + ":1:"));
  EXPECT_THAT(error(R"({"days": [{"until": 3}, {"until": 2}]})", 2),
              HasSubstr(schedule + ": days[1]: until: 2 is too small; the day before ends at 3"));
  EXPECT_THAT(error(R"({"unit": "epoch", "days": [{"until": 17}]})", 1),
              HasSubstr(schedule + ": days[0]: until: 17 is more than a full training, 16 epochs"));
  EXPECT_THAT(
      error(R"({"unit": "epoch", "days": [{"until": 1, "params": {"learning_rat": 1}}]})", 1),
      HasSubstr(R"(did you mean "learning_rate"?)"));
  const ProgramResult none =
      RunSturgeon(Arguments({"--runner_options=schedule=" + folder_ + "none.json"}));
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("none.json"));
  const ProgramResult both = RunSturgeon(
      Arguments({"--runner_options=interactive=true,schedule=" + folder_ + "none.json"}));
  EXPECT_EQ(both.exit_code, 2);
  EXPECT_THAT(both.err, HasSubstr("leave out interactive, or schedule"));
  // Likewise what cannot be exported.
  ByHand("go 2\n");
  const auto exported = [&](const std::string& flag) {
    return RunSturgeon({"export", "--to=schedule", storage_, flag});
  };
  EXPECT_THAT(exported("--format=text").err,
              HasSubstr("no trial is complete; name one by --trial"));
  EXPECT_THAT(exported("--trial=9").err, HasSubstr("there is no trial 9 that has ended"));
  EXPECT_THAT(exported("--trial=1").out, HasSubstr("\"until\": 2"));
}

}  // namespace
}  // namespace sturgeon
