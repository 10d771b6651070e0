// Programs of any kind as the model, through the shipped binary: the examples, strategies and rules
// that stop trials early, workers, and what a user does wrong.

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/json.h"
#include "core/value.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "process/testing.h"
#include "tests/program.h"

namespace sturgeon {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kExamples[] = "examples/programs/";

class CommandTest : public testing::Test {
 protected:
  CommandTest() : folder_(MakeFolder()), result_(folder_ + "r.json") {}

  std::vector<std::string> Arguments(const std::string& study,
                                     const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"tune", "--study=" + study, "--output=" + result_,
                                          "--storage=memory:"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  ProgramResult Example(const std::string& name, const std::string& program,
                        const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments =
        Arguments(absl::StrCat(kExamples, name),
                  {absl::StrCat("--model_options=program=", kExamples, program)});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunSturgeon(arguments);
  }
  // The path of a study over x in [0, 1] with a script of the shell as its model; `model` is the
  // rest of the model's options, and `more` that of the study.
  std::string Script(const std::string& script, const std::string& model = "",
                     const std::string& more = R"("trials": 4)") const {
    const std::string path = folder_ + "study.json";
    WriteAll(path, absl::StrCat(R"({"name": "script", "model": {"name": "command", "argv": )",
                                WriteJson(Value::List{"sh", "-c", script, "sh", "{x}"}),
                                R"(, "metrics": ["error"])", model,
                                R"(}, "strategy": "random",
                                   "parameters": [{"name": "x", "type": "float", "low": 0,
                                                   "high": 1}], )",
                                more, "}"));
    return path;
  }
  Value Result() const {
    const absl::StatusOr<Value> value = ReadJsonFile(result_);
    EXPECT_TRUE(value.ok()) << value.status().message();
    return value.ok() ? *value : Value();
  }
  Value::List Trials() const { return Result().Find("trials")->list(); }
  double Best() const { return Result().Find("best")->Find("values")->list()[0].number(); }

  const std::string folder_, result_;
};

TEST_F(CommandTest, ThePythonExampleIsTuned) {
  const ProgramResult run = Example("logistic.json", "logistic.py", {"--trials=20"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, Not(HasSubstr("failed")));
  EXPECT_EQ(Trials().size(), 20);
  EXPECT_LT(Best(), 0.3);  // nats; a coin has 0.69
  // asha went on with some of them, from their checkpoints: only the later epochs are reported.
  int resumed = 0;
  for (const Value& trial : Trials()) {
    const Value* const reports = trial.Find("reports");
    ASSERT_NE(reports, nullptr) << WriteJson(trial);
    resumed += reports->list()[0].list()[0].number() > 1 ? 1 : 0;
  }
  EXPECT_GT(resumed, 0);
}

TEST_F(CommandTest, TheShellExampleIsTuned) {
  const ProgramResult run = Example("line.json", "line.sh");
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_LT(Best(), 0.12);  // the noise
}

TEST_F(CommandTest, ItIsTheSameStudyWhereverItRuns) {
  std::vector<Value> all;
  for (const char* options : {"deterministic=true", "deterministic=true,parallelism=3",
                              "deterministic=true,parallelism=2,isolation=process"}) {
    const ProgramResult run = Example("logistic.json", "logistic.py",
                                      {"--strategy=random", "--stopping=median", "--trials=8",
                                       absl::StrCat("--runner_options=", options)});
    ASSERT_EQ(run.exit_code, 0) << run.err;
    Value trials = Trials();
    for (Value& trial : trials.list()) trial.Set("started", 0).Set("seconds", 0);
    all.push_back(std::move(trials));
  }
  EXPECT_EQ(WriteJson(all[0]), WriteJson(all[1]));
  EXPECT_EQ(WriteJson(all[0]), WriteJson(all[2]));
}

TEST_F(CommandTest, WhatIsHopelessIsStopped) {
  // The longer a trial would take, the worse it is, and without a rule nobody would end it.
  const std::string study = Script(
      "for i in 1 2 3 4 5 6 7 8; do echo \"{{\\\"step\\\": $i, \\\"error\\\": $1}}\"; done; "
      "case $1 in 0.0*) ;; *) echo $$ >> '" +
          folder_ + "pids'; sleep 1000 ;; esac",
      R"(, "max_steps": 9)",
      R"("trials": 6, "stopping": {"name": "threshold", "at_most": 0.1, "warmup_steps": 3})");
  const ProgramResult run = RunSturgeon(Arguments(study));
  EXPECT_EQ(run.exit_code, 0) << run.err;
  int stopped = 0;
  for (const Value& trial : Trials()) {
    const bool good = trial.Find("params")->Find("x")->number() < 0.1;
    EXPECT_EQ(trial.Find("state")->string(), good ? "complete" : "stopped");
    stopped += good ? 0 : 1;
  }
  EXPECT_GT(stopped, 0);
  if (!Exists(folder_ + "pids")) return;  // all were stopped before
  for (const absl::string_view line :
       absl::StrSplit(ReadAll(folder_ + "pids"), '\n', absl::SkipEmpty())) {
    pid_t process = 0;
    ASSERT_TRUE(absl::SimpleAtoi(line, &process));
    EXPECT_FALSE(Runs(process));
  }
}

TEST_F(CommandTest, FailuresAreDataAndSayWhatHappened) {
  const std::string study = Script(
      "case $1 in 0.[0-4]*) echo '{{\"error\": 0.5}}' ;; "
      "*) echo 'loading data' >&2; echo \"KeyError: 'lr'\" >&2; exit 3 ;; esac",
      "", R"("trials": 12)");
  const ProgramResult run = RunSturgeon(Arguments(study));
  EXPECT_EQ(run.exit_code, 0) << run.err;
  int failed = 0;
  for (const Value& trial : Trials()) {
    if (trial.Find("params")->Find("x")->number() < 0.5) {
      EXPECT_EQ(trial.Find("state")->string(), "complete");
      continue;
    }
    ++failed;
    EXPECT_EQ(trial.Find("state")->string(), "failed");
    EXPECT_EQ(trial.Find("failure")->string(), "exit_code");
    EXPECT_EQ(trial.Find("reason")->string(),
              "its process exited with code 3; its last output: loading data | "
              "KeyError: 'lr'");
  }
  EXPECT_GT(failed, 0);
}

TEST_F(CommandTest, AMistypedPlaceholderIsFoundBeforeTheFirstTrial) {
  const std::string study = Script("echo {y}");
  const ProgramResult run = RunSturgeon(Arguments(study));
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr(absl::StrCat(
                           study, ": model command: argv[2]: unknown placeholder \"y\"")));
  EXPECT_FALSE(Exists(result_));
}

TEST_F(CommandTest, AProgramThatIsNotThereIsFoundBeforeTheFirstTrial) {
  for (const auto& [name, flag] : std::vector<std::pair<std::string, std::string>>{
           {"line.json", "no_such.sh"}, {"logistic.json", "no_such.py"}}) {
    const ProgramResult run = Example(name, flag);
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_THAT(run.err, AllOf(HasSubstr("model command: "), HasSubstr("no_such")));
  }
}

// The processes that a study's script wrote to a file, once there are two of them.
std::vector<pid_t> Processes(const std::string& file) {
  std::vector<pid_t> processes;
  const absl::Time end = absl::Now() + absl::Seconds(60);
  while (processes.size() < 2 && absl::Now() < end) {
    absl::SleepFor(absl::Milliseconds(5));
    processes.clear();
    std::ifstream stream(file);
    for (pid_t process; stream >> process;) processes.push_back(process);
  }
  return processes;
}

TEST_F(CommandTest, NoProcessOutlivesSturgeon) {
  int round = 0;
  for (const char* isolation : {"thread", "process"}) {
    for (const int signal : {SIGINT, SIGKILL}) {
      SCOPED_TRACE(absl::StrCat("isolation=", isolation, ", signal ", signal));
      const std::string pids = absl::StrCat(folder_, "pids", ++round);
      // A grandchild that does not heed SIGTERM.
      const std::string study = Script("trap '' TERM; sh -c 'echo $$ >> " + pids +
                                       "; while :; do sleep 1; done' & wait; wait");
      Program program(
          Arguments(study, {absl::StrCat("--runner_options=parallelism=2,isolation=", isolation)}));
      const std::vector<pid_t> processes = Processes(pids);
      ASSERT_GE(processes.size(), 2);
      program.Signal(signal);
      EXPECT_EQ(program.Wait().exit_code, signal == SIGINT ? 130 : 128 + SIGKILL);
      for (const pid_t process : processes) EXPECT_TRUE(EndsSoon(process));
    }
  }
}

}  // namespace
}  // namespace sturgeon
