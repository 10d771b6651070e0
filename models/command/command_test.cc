#include "models/command/command.h"

#include <sys/stat.h>

#include <cmath>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/failure.h"
#include "core/file.h"
#include "core/json.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "models/conformance.h"

namespace sturgeon {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsNan;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kTrainer[] = "models/command/testdata/trainer.sh";

// --- The contract ------------------------------------------------------------------------------

Value Options(absl::string_view json) {
  const absl::StatusOr<Value> value = ParseJson(json, "options");
  EXPECT_TRUE(value.ok()) << value.status();
  return value.ok() ? *value : Value::Object();
}

// A script of the shell, given as its own argument.
Value Script(const std::string& script, Value options = Value::Object()) {
  options.Set("argv", Value::List{"sh", "-c", script, "program", "{flags}"});
  if (options.Find("metrics") == nullptr) options.Set("metrics", Value::List{"error"});
  return options;
}

ModelCase Resumable() {
  ModelCase result{"Resumable", &kCommandModel};
  result.options = Options(absl::StrCat(
      R"({"argv": ["sh", ")", kTrainer,
      R"(", "{seed}", "{rate:7}", "{checkpoint:}", "{artifacts}"], "metrics": ["error", "loss"],
          "max_steps": 10, "settable": ["rate"]})"));
  result.settable = Options(R"({"rate": 5})");
  return result;
}

ModelCase Streaming() {
  ModelCase result{"Streaming", &kCommandModel};
  result.options = Options(absl::StrCat(R"({"argv": ["sh", ")", kTrainer,
                                        R"(", "{seed}", "3"], "metrics": ["loss"],
                                            "max_steps": 8})"));
  result.saves = false;
  return result;
}

ModelCase Plain(std::string name, std::string script, const char* more) {
  ModelCase result{std::move(name), &kCommandModel};
  result.options = Options(more);
  result.options.Set("argv", Value::List{"sh", "-c", std::move(script), "sh", "{seed}"});
  result.saves = false;
  return result;
}

INSTANTIATE_TEST_SUITE_P(
    Command, ModelConformance,
    testing::Values(Resumable(), Streaming(),
                    Plain("ItsEndAlone", "echo \"{{\\\"value\\\": $1}}\"", "{}"),
                    Plain("ResultFile", "echo \"{{\\\"value\\\": $1}}\" > result",
                          R"({"working_directory": "{artifacts}", "result_file": "result"})")),
    ModelCaseName);

// --- Help ----------------------------------------------------------------------------------------

std::unique_ptr<ModelFactory> Factory(const Value& options) {
  auto factory = kCommandModel.create(options, "model command", ModelContext());
  EXPECT_TRUE(factory.ok()) << factory.status();
  return factory.ok() ? *std::move(factory) : nullptr;
}

std::string CreationError(const Value& options) {
  const auto factory = kCommandModel.create(options, "model command", ModelContext());
  EXPECT_FALSE(factory.ok()) << WriteJson(options);
  return std::string(factory.status().message());
}

// A model with its factory.
struct Made {
  std::unique_ptr<ModelFactory> factory;
  std::unique_ptr<Model> model;

  absl::StatusOr<std::vector<double>> Train(int64_t steps = 1) {
    return model->Train(steps, StopToken());
  }
  std::vector<double> Trained(int64_t steps = 1) { return TrainSteps(model.get(), steps); }
};

Made Make(const Value& options, const Value& assignment = Value::Object(),
          const ModelOptions& model_options = {}) {
  Made made;
  made.factory = Factory(options);
  if (made.factory == nullptr) return made;
  auto model = made.factory->Create(assignment, model_options);
  EXPECT_TRUE(model.ok()) << model.status();
  if (model.ok()) made.model = *std::move(model);
  return made;
}

absl::Status Failure(const Value& options, const Value& assignment = Value::Object()) {
  Made made = Make(options, assignment);
  const auto trained = made.Train();
  EXPECT_FALSE(trained.ok());
  // The same to whoever asks again.
  EXPECT_EQ(made.Train().status(), trained.status());
  return trained.status();
}

std::string Space() {
  const std::string folder = testing::TempDir();
  return folder.back() == '/' ? folder : folder + "/";
}

SearchSpace TheSpace() {
  return *SearchSpace::Create({Parameter::Float("learning_rate", 1e-4, 1),
                               Parameter::Categorical("optimizer", {"sgd", "adam"}),
                               Parameter::Float("beta2", 0.9, 0.999).When("optimizer", {"adam"})});
}

std::string CheckError(const Value& options) {
  const auto factory = Factory(options);
  if (factory == nullptr) return "";
  return std::string(factory->CheckParameters(TheSpace()).message());
}

// --- Parameters ----------------------------------------------------------------------------------

// What a program was called with, a word a line.
std::vector<std::string> Words(const std::vector<std::string>& arguments, const Value& assignment,
                               const char* more = "{}") {
  const std::string file = Space() + "words";
  Value options = Options(more);
  Value::List argv = {"sh", "-c", "printf '%s\\n' \"$@\" > '" + file + "'; echo '{{\"value\": 0}}'",
                      "sh"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  options.Set("argv", std::move(argv));
  ModelOptions model_options;
  model_options.seed = (uint64_t{5} << 40) + 77;
  Make(options, assignment, model_options).Trained();
  std::vector<std::string> words;
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) words.push_back(line);
  return words;
}

TEST(Command, PlaceholdersAreFilledInExactly) {
  const Value assignment = Options(
      R"({"rate": 0.1, "sum": 0.30000000000000004, "whole": 2.0, "units": 512, "name": "a b'$",
          "nesterov": true})");
  EXPECT_THAT(
      Words({"{rate}", "{sum}", "{whole}", "{units}", "--name={name}", "{nesterov}", "{{rate}}"},
            assignment),
      ElementsAre("0.1", "0.30000000000000004", "2.0", "512", "--name=a b'$", "true", "{rate}"));
  EXPECT_THAT(Words({"{flags}"}, assignment),
              ElementsAre("--rate=0.1", "--sum=0.30000000000000004", "--whole=2.0", "--units=512",
                          "--name=a b'$", "--nesterov=true"));
}

TEST(Command, AParameterWithoutAValueIsLeftOutOrStoodFor) {
  EXPECT_THAT(Words({"--beta2={beta2?}", "--beta2={beta2:0.999}", "{beta2:}", "{flags}", "end"},
                    Options(R"({"rate": 1})")),
              ElementsAre("--beta2=0.999", "", "--rate=1", "end"));
  const absl::Status failure = Failure(Script("echo {beta2}"));
  EXPECT_EQ(failure.message(), "argv[2]: \"echo {beta2}\": there is no value for {beta2}");
}

TEST(Command, OursArePlaceholdersToo) {
  const std::vector<std::string> words =
      Words({"{seed}", "{steps}", "{program}", "{artifacts}", "{params_file}"}, Value::Object(),
            absl::StrCat(R"({"max_steps": 12, "program": ")", kTrainer, "\"}").c_str());
  ASSERT_EQ(words.size(), 5);
  EXPECT_EQ(words[0], "77");
  EXPECT_EQ(words[1], "12");
  EXPECT_THAT(words[2], AllOf(StartsWith("/"), HasSubstr(absl::StrCat("/", kTrainer))));
  EXPECT_THAT(words[3], StartsWith("/"));
  EXPECT_FALSE(ReadFile(words[4]).ok()) << "it goes with its trial";
}

TEST(Command, TheParametersAreAFile) {
  const Value assignment = Options(R"({"rate": 0.1, "optimizer": "adam", "nesterov": false})");
  const std::string copy = Space() + "params";
  Value options = Options(R"({"argv": ["sh", "-c", "cp \"$1\" \"$2\"; echo '{{\"value\": 1}}'",
                                       "sh", "{params_file}"]})");
  Value::List argv = options.Find("argv")->list();
  argv.emplace_back(copy);
  options.Set("argv", std::move(argv));
  Make(options, assignment).Trained();
  EXPECT_EQ(*ReadJsonFile(copy), assignment);
}

TEST(Command, TheEnvironmentHasPlaceholdersToo) {
  Value options = Script(
      "test \"$RATE\" = 0.5 && test -z \"$BETA2\" && test -z \"$HOME\" && test \"$GREETING\" = "
      "'a b' && echo '{{\"error\": 1}}'");
  options.Set("env", Options(R"({"RATE": "{rate}", "BETA2": "{beta2?}", "HOME": null,
                                 "GREETING": "a b"})"));
  EXPECT_THAT(Make(options, Options(R"({"rate": 0.5})")).Trained(), ElementsAre(1));
}

TEST(Command, ArtifactsAreWhereTheRunnerSays) {
  ModelOptions model_options;
  model_options.artifacts = testing::TempDir();
  Value options = Script("echo here > kept; echo '{{\"error\": 1}}'");
  options.Set("working_directory", "{artifacts}");
  Make(options, Value::Object(), model_options).Trained();
  EXPECT_EQ(*ReadFile(Space() + "kept"), "here\n");
}

TEST(Command, ThereIsNoShellUnlessAskedFor) {
  Value options = Options(R"({"argv": ["echo {{\\\"value\\\": $(({units} * 2))}}"]})");
  EXPECT_THAT(std::string(Failure(options, Options(R"({"units": 21})")).message()),
              HasSubstr("argv[0]: there is no program \"echo {"));
  options.Set("shell", true);
  EXPECT_THAT(Make(options, Options(R"({"units": 21})")).Trained(), ElementsAre(42));
  // A value stays one word, whatever is in it; further arguments are the script's.
  options = Options(R"({"shell": true,
                        "argv": ["test {name} = \"$1\" && echo '{{\"value\": 1}}'", "{name}"]})");
  EXPECT_THAT(Make(options, Options(R"({"name": "it's; exit $HOME \"x\""})")).Trained(),
              ElementsAre(1));
}

// --- Errors before the first trial ---------------------------------------------------------------

TEST(Command, WhatIsWrongWithTheOptionsIsFoundAtOnce) {
  EXPECT_THAT(CreationError(Value::Object()), HasSubstr("\"program\", which is not set"));
  EXPECT_EQ(CreationError(Options(R"({"argv": []})")),
            "model command: argv: it is empty; its first element is the program");
  EXPECT_EQ(CreationError(Options(R"({"argv": "python3 train.py"})")),
            "model command: argv: expected a list of strings, got a string");
  EXPECT_EQ(CreationError(Options(R"({"argv": ["sh", 3]})")),
            "model command: argv[1]: expected a string, got an integer 3");
  EXPECT_THAT(CreationError(Options(R"({"argv": ["sh", "{rate"]})")),
              AllOf(HasSubstr("argv[1]"), HasSubstr("write {{ and }}")));
  EXPECT_THAT(CreationError(Options(R"({"argv": ["sh", "--all={flags}"]})")), HasSubstr("argv[1]"));
  EXPECT_THAT(CreationError(Options(R"({"argv": ["pyhton3", "train.py"]})")),
              HasSubstr("argv[0]: there is no program \"pyhton3\" in PATH"));
  EXPECT_THAT(CreationError(Options(R"({"argv": ["./train"]})")),
              AllOf(HasSubstr("argv[0]: there is no program /"), HasSubstr("/train")));
  EXPECT_THAT(CreationError(Options(R"({"argv": ["sh"], "env": {"A": 1}})")), HasSubstr("env: A"));
  EXPECT_THAT(CreationError(Options(R"({"argv": ["sh"], "metrics": []})")), HasSubstr("metrics"));
  EXPECT_THAT(CreationError(Options(R"({"argv": ["sh"], "metrics": ["a", "a"]})")),
              HasSubstr("metrics[1]: a is there already"));
  EXPECT_THAT(
      CreationError(Options(R"({"argv": ["sh"], "metrics": [{"name": "a", "goal": "up"}]})")),
      HasSubstr("metrics[0]"));
  EXPECT_THAT(CreationError(Options(R"({"argv": ["sh"], "result_file": "result.json"})")),
              HasSubstr("{artifacts}/result.json"));
  EXPECT_THAT(CreationError(Options(R"({"argv": ["sh", "{checkpoint}"]})")),
              HasSubstr("{checkpoint?}"));
  EXPECT_THAT(CreationError(Options(R"({"argv": ["sh"], "settable": ["rate"]})")),
              HasSubstr("{checkpoint?}"));

  EXPECT_EQ(CreationError(Options(R"({"argv": ["sh", "{program}"], "program": "/no/such.sh"})")),
            "model command: program: there is no file /no/such.sh");
  EXPECT_THAT(CreationError(Options(R"({"argv": ["sh"], "program": "sh"})")),
              HasSubstr("{program}, which stands for it, is nowhere in argv"));
  const std::string file = Space() + "not_executable";
  ASSERT_TRUE(WriteFile(file, "print(1)\n").ok());
  Value options = Options(R"({"argv": ["{program}"]})");
  options.Set("program", file);
  EXPECT_THAT(CreationError(options), AllOf(HasSubstr("is not executable"), HasSubstr("chmod +x")));
  ASSERT_TRUE(WriteFile(file, "#!/no/such/python -u\nprint(1)\n").ok());
  ASSERT_EQ(chmod(file.c_str(), 0700), 0);
  EXPECT_THAT(CreationError(options), HasSubstr("names /no/such/python, which is not there"));
  ASSERT_TRUE(WriteFile(file, "#!/bin/sh\r\necho 1\r\n").ok());
  ASSERT_EQ(chmod(file.c_str(), 0700), 0);
  EXPECT_THAT(CreationError(options), HasSubstr("take the \\r away"));
}

TEST(Command, WhatIsWrongWithTheParametersIsFoundAtOnce) {
  EXPECT_EQ(CheckError(Options(R"({"argv": ["sh", "{flags}"]})")), "");
  EXPECT_EQ(CheckError(Options(R"({"argv": ["sh", "{params_file}"]})")), "");
  EXPECT_EQ(CheckError(Options(
                R"({"argv": ["sh", "{learning_rate}", "{optimizer}", "--beta2={beta2?}"]})")),
            "");
  EXPECT_THAT(CheckError(Options(R"({"argv": ["sh", "{lerning_rate}", "{flags}"]})")),
              AllOf(HasSubstr("argv[1]: unknown placeholder \"lerning_rate\""),
                    HasSubstr("did you mean \"learning_rate\"")));
  EXPECT_THAT(CheckError(Options(R"({"argv": ["sh", "{sed}", "{flags}"]})")),
              HasSubstr("did you mean \"seed\""));
  EXPECT_THAT(CheckError(Options(R"({"argv": ["sh", "{flags}"], "env": {"B": "{beta2}"}})")),
              AllOf(HasSubstr("env: B: beta2"), HasSubstr("optimizer"), HasSubstr("{beta2?}"),
                    HasSubstr("{beta2:…}")));
  EXPECT_EQ(CheckError(Options(R"({"argv": ["sh", "{learning_rate}", "{beta2:0}"]})")),
            "argv: the program does not get the parameter optimizer; write {optimizer} where it "
            "belongs, {flags} for all as --name=value, or {params_file}");
  EXPECT_THAT(CheckError(Options(
                  R"({"argv": ["sh", "{flags}", "{checkpoint?}"], "settable": ["learning_rat"]})")),
              HasSubstr("settable: unknown parameter \"learning_rat\""));
}

// --- Reports -------------------------------------------------------------------------------------

TEST(Command, StepsAreReadAsTheyCome) {
  // Each waits for the file that we write once the one before has come.
  const std::string go = Space() + "go";
  Made made =
      Make(Script("for i in 1 2 3; do echo '{{\"step\": '$i', \"error\": 0.'$i'}}'; "
                  "while [ ! -e '" +
                      go + "'$i ]; do sleep 0.01; done; done",
                  Options(R"({"max_steps": 3})")));
  EXPECT_THAT(made.Trained(), ElementsAre(0.1));
  ASSERT_TRUE(WriteFile(go + "1", "").ok());
  EXPECT_THAT(made.Trained(), ElementsAre(0.2));
  ASSERT_TRUE(WriteFile(go + "2", "").ok());
  ASSERT_TRUE(WriteFile(go + "3", "").ok());
  EXPECT_THAT(made.Trained(), ElementsAre(0.3));
}

Value Steps(const std::string& steps, int max_steps, const std::string& then = "") {
  Value options;
  options.Set("max_steps", max_steps);
  return Script(
      "for i in " + steps + "; do echo '{{\"step\": '$i', \"error\": '$i'}}'; done; " + then,
      std::move(options));
}

TEST(Command, AReportStandsForTheStepsThatWereSkipped) {
  Made made = Make(Steps("0 2 5", 6));
  std::vector<double> errors;
  for (int i = 0; i < 6; ++i) errors.push_back(made.Trained()[0]);
  EXPECT_THAT(errors, ElementsAre(2, 2, 5, 5, 5, 5));
}

TEST(Command, OneThatEndsEarlyHasHadItsSay) {
  Made made = Make(Steps("1 2", 100, "echo '{{\"error\": 0.5}}'"));
  EXPECT_THAT(made.Trained(2), ElementsAre(2));
  EXPECT_THAT(made.Trained(), ElementsAre(0.5));
  EXPECT_THAT(made.Trained(97), ElementsAre(0.5));
  EXPECT_THAT(Make(Steps("1 2", 100)).Trained(100), ElementsAre(2));
}

TEST(Command, OneThatReportsNoStepsIsTrainedAtOnce) {
  Made made = Make(Script("echo '{{\"error\": 0.5}}'", Options(R"({"max_steps": 4})")));
  EXPECT_THAT(made.Trained(), ElementsAre(0.5));
  EXPECT_THAT(made.Trained(3), ElementsAre(0.5));
}

TEST(Command, OneThatGoesOnIsStopped) {
  Made made = Make(Steps("1 2 3 4 5", 3, "sleep 1000"));
  const absl::Time start = absl::Now();
  EXPECT_THAT(made.Trained(3), ElementsAre(3));
  EXPECT_LT(absl::Now() - start, absl::Seconds(100));
}

TEST(Command, TheLastStepEndsWithTheProgram) {
  Made made = Make(Steps("1 2", 2, "echo '{{\"error\": 0.25}}'; echo bad luck >&2; exit 3"));
  EXPECT_THAT(made.Trained(), ElementsAre(1));
  const absl::Status failure = made.Train().status();
  EXPECT_EQ(FailureKindOf(failure), FailureKind::kExitCode);
  EXPECT_THAT(std::string(failure.message()), HasSubstr("bad luck"));
  EXPECT_THAT(Make(Steps("1 2", 2, "echo '{{\"error\": 0.25}}'")).Trained(2), ElementsAre(0.25));
}

TEST(Command, WithOneStepItsLastWordCounts) {
  EXPECT_THAT(Make(Steps("0 1 2 3", 1)).Trained(), ElementsAre(3));
  EXPECT_THAT(Make(Steps("3 2", 1)).Trained(), ElementsAre(2));
}

TEST(Command, StepsThatMakeNoSenseAreErrors) {
  EXPECT_EQ(Make(Steps("3 2", 9)).Train(4).status().message(),
            "its program reported step 2 after 3; the steps of a training count up");
  EXPECT_EQ(Make(Steps("500 1000", 10)).Train().status().message(),
            "the first report of its program is of step 500, but a training has 10; set max_steps "
            "to how many there are");
}

TEST(Command, NotANumberIsNoError) {
  EXPECT_THAT(Make(Script("echo '{{\"error\": NaN}}'")).Trained(), ElementsAre(IsNan()));
}

TEST(Command, WithoutAResultItSaysWhatWouldBeOne) {
  absl::Status failure = Failure(Script("echo \"{{'error': 0.25}}\"; echo trained >&2"));
  EXPECT_EQ(FailureKindOf(failure), FailureKind::kError);
  EXPECT_THAT(
      std::string(failure.message()),
      AllOf(HasSubstr("it must print a line such as {\"error\": 0.25}"),
            HasSubstr("{'error': 0.25} is no JSON"), HasSubstr("its last output: trained")));
  failure = Failure(Script("echo '{{\"error\": \"low\"}}'"));
  EXPECT_THAT(std::string(failure.message()),
              HasSubstr("{\"error\": \"low\"}: error is \"low\"; it must be a number"));
}

TEST(Command, AResultFileIsReadAtTheEnd) {
  Value options = Script("echo '{{\"error\": 0.5, \"more\": 1}}' > \"$RESULT\"");
  options.Set("env", Options(R"({"RESULT": "{artifacts}/result.json"})"))
      .Set("result_file", "{artifacts}/result.json");
  EXPECT_THAT(Make(options).Trained(), ElementsAre(0.5));
  Value none = Script("true");
  none.Set("result_file", "{artifacts}/result.json");
  EXPECT_THAT(std::string(Failure(none).message()),
              AllOf(HasSubstr("result.json"), HasSubstr("No such file")));

  // One from before is not this run's.
  ModelOptions model_options;
  model_options.artifacts = testing::TempDir();
  ASSERT_TRUE(WriteFile(Space() + "result.json", R"({"error": 0.1})").ok());
  EXPECT_FALSE(Make(none, Value::Object(), model_options).Train().ok());
}

// --- Ends ----------------------------------------------------------------------------------------

TEST(Command, FailuresAreToldApart) {
  EXPECT_EQ(FailureKindOf(Failure(Script("exit 9"))), FailureKind::kExitCode);
  EXPECT_EQ(FailureKindOf(Failure(Script("kill -s SEGV $$"))), FailureKind::kSignal);
  EXPECT_EQ(FailureKindOf(Failure(Script("sleep 1000", Options(R"({"timeout": 0.2})")))),
            FailureKind::kTimeout);
  const absl::Status memory = Failure(
      Script("dd if=/dev/zero of=/dev/null bs=64M count=1", Options(R"({"memory_limit": 32})")));
  EXPECT_EQ(FailureKindOf(memory), FailureKind::kOutOfMemory);
  EXPECT_THAT(std::string(memory.message()), HasSubstr("; the limit is 32 MiB"));
  EXPECT_THAT(
      std::string(
          Failure(Script("true", Options(R"({"working_directory": "/no/such"})"))).message()),
      HasSubstr("working_directory: there is no folder /no/such"));
}

TEST(Command, AStopIsHonouredWithinASecond) {
  Made made = Make(Script("trap '' TERM; while :; do sleep 1; done"));
  const absl::Time start = absl::Now();
  const auto trained =
      made.model->Train(1, StopToken(nullptr, absl::Now() + absl::Milliseconds(100)));
  EXPECT_TRUE(absl::IsCancelled(trained.status())) << trained.status();
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(600));
}

// --- Checkpoints ---------------------------------------------------------------------------------

TEST(Command, ACheckpointThatIsMissingIsAnError) {
  Value options = Steps("1 2 3", 9);
  Value::List argv = options.Find("argv")->list();
  argv.emplace_back("{checkpoint?}");
  options.Set("argv", argv);
  Made made = Make(options);
  EXPECT_TRUE(made.model->Save().ok());
  made.Trained();
  EXPECT_THAT(std::string(made.model->Save().status().message()),
              HasSubstr("named no checkpoint when it reported step 1"));
  argv[2] = "echo '{{\"step\": 1, \"error\": 0, \"checkpoint\": \"/no/such\"}}'; sleep 1000";
  options.Set("argv", argv);
  made = Make(options);
  made.Trained();
  EXPECT_THAT(std::string(made.model->Save().status().message()), HasSubstr("/no/such"));
}

TEST(Command, WhatEndedEarlyHasEndedWhenItIsLoaded) {
  Value options = Steps("1 2", 9);
  Value::List argv = options.Find("argv")->list();
  argv.emplace_back("{checkpoint?}");
  options.Set("argv", argv);
  Made made = Make(options), loaded = Make(options);
  EXPECT_THAT(made.Trained(5), ElementsAre(2));
  const auto state = made.model->Save();
  ASSERT_TRUE(state.ok()) << state.status();
  const absl::Status status = loaded.model->Load(*state);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(*loaded.model->Save(), *state);
  EXPECT_THAT(loaded.Trained(), ElementsAre(2));
}

}  // namespace
}  // namespace sturgeon
