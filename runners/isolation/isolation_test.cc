// Real processes, and models that do their worst in them.
//
// This program is its own worker, and with HANGING_STUDY in its environment it is the runner that
// gets killed.

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/failure.h"
#include "core/option_schema.h"
#include "core/plugins.h"
#include "core/study.h"
#include "gtest/gtest.h"
#include "process/testing.h"
#include "runners/caviar/caviar.h"
#include "runners/isolation/isolated_model.h"
#include "runners/isolation/worker.h"
#include "runners/sequential/sequential.h"
#include "runners/testing.h"

extern char** environ;

namespace sturgeon {
namespace {

// --- The model ---------------------------------------------------------------------------------

void AppendTo(const std::string& path, absl::string_view text) {
  if (path.empty()) return;
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (write(file, text.data(), text.size()) < 0) std::perror("write");
  close(file);
}

std::vector<char> Fill(size_t mebibytes) { return std::vector<char>(mebibytes << 20, 'x'); }

[[noreturn]] void Hang() {
  for (;;) pause();
}

// What happens is the trial's parameter `what`, at the step `at`.
class Hazard final : public Model {
 public:
  Hazard(std::string what, double x, uint64_t seed, int64_t at, std::string log)
      : what_(std::move(what)), x_(x), seed_(seed), at_(at), log_(std::move(log)) {}
  ~Hazard() override {
    if (what_ == "crash_at_the_end") abort();
  }

  absl::StatusOr<std::vector<double>> Train(int64_t steps, const StopToken& stop) override {
    step_ += steps;
    if (step_ == at_) {
      const absl::StatusOr<double> value = Happen(stop);
      if (!value.ok()) return value.status();
      if (!std::isfinite(*value)) return std::vector<double>{*value};
    }
    const double noise = static_cast<double>(seed_ >> 11) * 0x1p-53;
    return std::vector<double>{(x_ + noise) / static_cast<double>(step_)};
  }
  absl::StatusOr<std::string> Save() const override {
    if (what_ == "crash_when_saved") abort();
    return absl::StrCat(std::string("\0\n\xff", 3), step_);
  }
  absl::Status Load(absl::string_view state) override {
    if (state.substr(0, 3) != absl::string_view("\0\n\xff", 3)) {
      return absl::InvalidArgumentError("no state of mine");
    }
    step_ = std::stoll(std::string(state.substr(3)));
    return absl::OkStatus();
  }
  absl::Status Set(absl::string_view parameter, const Value& value) override {
    if (parameter != "x") return absl::InvalidArgumentError("only x");
    x_ = value.number();
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<double>> Test() override { return std::vector<double>{x_, -0.0}; }

 private:
  absl::StatusOr<double> Happen(const StopToken& stop) {
    if (what_ == "segfault") {
      signal(SIGSEGV, SIG_DFL);  // a sanitizer's handler would make an exit of it
      *reinterpret_cast<volatile int*>(static_cast<uintptr_t>(4096)) = 1;
    }
    if (what_ == "abort") {
      std::printf("first line\n\n");
      std::cerr << "the last line before the end" << std::endl;
      abort();
    }
    if (what_ == "exit") _exit(3);
    if (what_ == "exit_zero") _exit(0);
    if (what_ == "sigkill") kill(getpid(), SIGKILL);
    if (what_ == "allocate") {
      std::vector<std::vector<char>> all;
      for (int i = 0; i < 1024; ++i) all.push_back(Fill(16));
      return static_cast<double>(all.back().back());
    }
    if (what_ == "allocate_in_a_thread") {
      std::thread([] {
        std::vector<std::vector<char>> all;
        for (int i = 0; i < 1024; ++i) all.push_back(Fill(16));
      }).join();
    }
    if (what_ == "spin") {
      for (volatile int64_t i = 0;; i = i + 1) {
      }
    }
    if (what_ == "hang") {
      AppendTo(log_, absl::StrCat(getpid(), "\n"));
      Hang();
    }
    if (what_ == "hang_hard") {
      signal(SIGTERM, SIG_IGN);
      signal(SIGINT, SIG_IGN);
      Hang();
    }
    if (what_ == "heed") {
      while (!stop.stop_requested()) absl::SleepFor(absl::Milliseconds(1));
      AppendTo(log_, "heeded\n");
      return absl::CancelledError("asked to stop");
    }
    if (what_ == "leave_a_process") {
      const pid_t child = fork();
      if (child == 0) Hang();  // with all that its parent has open
      std::cerr << "left " << child << std::endl;
      abort();
    }
    if (what_ == "print") {
      std::cout << "{\"metrics\": [42]}" << std::endl;
      std::cerr << std::string(1 << 20, '.') << std::endl;
    }
    if (what_ == "read") {
      char byte;
      if (read(0, &byte, 1) != 0) return absl::InternalError("there was something to read");
    }
    if (what_ == "throw") throw std::runtime_error("thrown on purpose \xff");
    if (what_ == "throw_an_int") throw 42;  // NOLINT
    if (what_ == "error") return absl::InvalidArgumentError("failed on purpose");
    if (what_ == "say_why") return FailureStatus(FailureKind::kLostWorker, "gone with the wind");
    if (what_ == "nan") return std::nan("");
    return 0.0;
  }

  const std::string what_;
  double x_;
  const uint64_t seed_;
  const int64_t at_;
  const std::string log_;
  int64_t step_ = 0;
};

struct HazardOptions {
  int64_t steps = 1;
  int64_t at = 1;
  std::string loads;  // a file that gets a line for each time that the model is loaded
  std::string log;    // a file for what trials have to say
  std::string load;   // what happens when a worker loads it
};

class HazardModel final : public ModelFactory {
 public:
  static const Schema<HazardOptions>& OptionSchema() {
    static const auto* const schema = new Schema<HazardOptions>(
        Schema<HazardOptions>()
            .Add("steps", &HazardOptions::steps, "Steps.")
            .Add("at", &HazardOptions::at, "The step at which it happens.")
            .Add("loads", &HazardOptions::loads, "A file.")
            .Add("log", &HazardOptions::log, "A file.")
            .Add("load", &HazardOptions::load, "What happens when it is loaded in a worker."));
    return *schema;
  }
  static absl::StatusOr<std::unique_ptr<ModelFactory>> Create(const HazardOptions& options,
                                                              const ModelContext& context) {
    AppendTo(options.loads, absl::StrCat(context.seed, "\n"));
    if (in_worker) {
      if (options.load == "abort") abort();
      if (options.load == "error") return absl::NotFoundError("no such data");
    }
    return std::unique_ptr<ModelFactory>(new HazardModel(options));
  }
  static bool in_worker;

  const SearchSpace& default_space() const override { return space_; }
  const std::vector<Metric>& metrics() const override { return metrics_; }
  int64_t max_steps() const override { return options_.steps; }
  absl::StatusOr<std::unique_ptr<Model>> Create(const Value& assignment,
                                                const ModelOptions& options) const override {
    const Value* const given = assignment.Find("what");
    const std::string what = given == nullptr ? "" : given->string();
    if (what == "refuse") return absl::InvalidArgumentError("refused on purpose");
    if (what == "none") return std::unique_ptr<Model>();
    if (what == "abort_early") abort();
    return std::unique_ptr<Model>(std::make_unique<Hazard>(
        what, assignment.Find("x")->number(), options.seed, options_.at, options_.log));
  }

 private:
  explicit HazardModel(HazardOptions options) : options_(std::move(options)) {}

  const HazardOptions options_;
  const SearchSpace space_ = SearchSpace();
  const std::vector<Metric> metrics_ = {{"value", Goal::kMinimize}};
};
bool HazardModel::in_worker = false;

constexpr ModelPlugin kHazardModel = MakeModelPlugin<HazardModel>("hazard", "Does its worst");

// --- Studies of it -----------------------------------------------------------------------------

StudyConfig HazardStudy(const std::vector<std::string>& whats) {
  const std::set<std::string> different(whats.begin(), whats.end());
  StudyConfig config;
  config.space = *SearchSpace::Create(
      {Parameter::Float("x", 0, 1),
       Parameter::Categorical("what", std::vector<Value>(different.begin(), different.end()))});
  config.seed = 0xfedcba9876543210;  // more than JSON's integers hold
  return config;
}

struct Ran {
  absl::StatusOr<RunSummary> summary = absl::UnknownError("");
  std::vector<Trial> trials;
  std::string text;
};

struct Plan {
  Value model = Value::Object();
  Value strategy = Value::Object();
  int64_t trials = 0;  // 0: one of each
  const std::atomic<bool>* cancelled = nullptr;
};

// One trial of each of `whats`, in their order, then the strategy's.
Ran RunStudy(const RunnerPlugin& plugin, absl::string_view options,
             const std::vector<std::string>& whats, const Plan& plan = {}) {
  Ran ran;
  auto study = Study::Create(HazardStudy(whats), {"witness", plan.strategy}, WitnessPlugins());
  auto runner = plugin.create(*ParseAssignments(options), "runner", RunnerContext());
  PluginSpec source = {"hazard", plan.model};
  auto model = kHazardModel.create(source.options, "model", {(*study)->config().seed});
  if (!study.ok() || !runner.ok() || !model.ok()) {
    ADD_FAILURE() << study.status() << runner.status() << model.status();
    return ran;
  }
  for (const std::string& what : whats) {
    const auto status = (*study)->Enqueue(Value(Value::Object{{"what", what}, {"x", 0.5}}));
    EXPECT_TRUE(status.ok()) << status;
  }
  RunRequest request = {**study, **model};
  request.source = &source;
  request.trials = plan.trials > 0 ? plan.trials : whats.size();
  request.cancelled = plan.cancelled;
  ran.summary = (*runner)->Run(request);
  ran.trials = (*study)->Trials();
  ran.text = DescribeTrials(**study);
  // No process is left, not even to be waited for.
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
  return ran;
}

std::string TempFile(const char* name) {
  std::string path = absl::StrCat(testing::TempDir(), "/", name, ".XXXXXX");
  const int file = mkstemp(&path[0]);
  EXPECT_GE(file, 0);
  close(file);
  return path;
}

std::vector<std::string> LinesOf(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

int CountDescriptors() {
  DIR* const folder = opendir("/proc/self/fd");
  int count = 0;
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count;
}

// --- The tests ---------------------------------------------------------------------------------

TEST(Isolation, WhateverAModelDoesToItsProcessTheStudyLives) {
  struct Case {
    std::string what;
    FailureKind failure;
    std::vector<std::string> reason;  // has all these
  };
  const std::vector<Case> cases = {
      {"fine", FailureKind::kNone, {}},
      {"segfault", FailureKind::kSignal, {"SIGSEGV"}},
      {"abort",
       FailureKind::kSignal,
       {"SIGABRT", "its last output: first line | the last line before the end"}},
      {"exit", FailureKind::kExitCode, {"exited with code 3"}},
      {"exit_zero", FailureKind::kExitCode, {"exited with code 0"}},
      {"sigkill", FailureKind::kSignal, {"SIGKILL", "short of memory"}},
      {"abort_early", FailureKind::kSignal, {"SIGABRT"}},
      {"crash_at_the_end", FailureKind::kNone, {}},
      {"print", FailureKind::kNone, {}},
      {"read", FailureKind::kNone, {}},
      {"throw", FailureKind::kException, {"thrown on purpose \xff"}},
      {"throw_an_int", FailureKind::kException, {"no std::exception"}},
      {"error", FailureKind::kError, {"failed on purpose"}},
      {"say_why", FailureKind::kLostWorker, {"gone with the wind"}},
      {"nan", FailureKind::kNotFinite, {"value is nan"}},
      {"refuse", FailureKind::kError, {"refused on purpose"}},
      {"none", FailureKind::kError, {"made none"}},
      {"last", FailureKind::kNone, {}},
  };
  std::vector<std::string> whats;
  for (const Case& tested : cases) whats.push_back(tested.what);
  const int descriptors = CountDescriptors();
  for (const auto& [plugin, options] :
       {std::make_pair(&kSequentialRunner, "isolation=process"),
        std::make_pair(&kCaviarRunner, "isolation=process,parallelism=3"),
        std::make_pair(&kCaviarRunner, "isolation=process,parallelism=3,deterministic=true")}) {
    SCOPED_TRACE(options);
    const Ran ran = RunStudy(*plugin, options, whats);
    ASSERT_TRUE(ran.summary.ok()) << ran.summary.status();
    ASSERT_EQ(ran.trials.size(), cases.size());
    for (size_t i = 0; i < cases.size(); ++i) {
      SCOPED_TRACE(cases[i].what);
      EXPECT_EQ(ran.trials[i].failure, cases[i].failure) << ran.trials[i].reason;
      for (const std::string& text : cases[i].reason) {
        EXPECT_TRUE(absl::StrContains(ran.trials[i].reason, text)) << ran.trials[i].reason;
      }
      EXPECT_EQ(ran.trials[i].reason.empty(), cases[i].reason.empty()) << ran.trials[i].reason;
    }
    EXPECT_EQ(CountDescriptors(), descriptors);
  }
}

TEST(Isolation, AModelThatIsTrainedBesideTheRunIsIsolatedAsWell) {
  auto study = Study::Create(HazardStudy({"segfault", "fine"}), {"witness"}, WitnessPlugins());
  ASSERT_TRUE(study.ok()) << study.status();
  const PluginSpec source = {"hazard"};
  auto model = kHazardModel.create(source.options, "model", {(*study)->config().seed});
  ASSERT_TRUE(model.ok()) << model.status();
  RunRequest request = {**study, **model};
  request.source = &source;
  for (const RunnerPlugin* plugin : {&kSequentialRunner, &kCaviarRunner}) {
    const auto isolated = [&](const char* isolation) {
      auto runner = plugin->create(Value(Value::Object{{"isolation", isolation}}), "runner", {});
      EXPECT_TRUE(runner.ok()) << runner.status();
      auto made = (*runner)->Isolated(request);
      EXPECT_TRUE(made.ok()) << made.status();
      return *std::move(made);
    };
    EXPECT_EQ(isolated("thread"), nullptr);
    const std::unique_ptr<ModelFactory> factory = isolated("process");
    ASSERT_NE(factory, nullptr);
    for (const bool crashes : {true, false}) {
      auto made = factory->Create(
          Value(Value::Object{{"what", crashes ? "segfault" : "fine"}, {"x", 0.5}}), {});
      ASSERT_TRUE(made.ok()) << made.status();
      const absl::Status status = (*made)->Train(1, StopToken()).status();
      EXPECT_EQ(status.ok(), !crashes) << status;
      if (crashes) {
        EXPECT_EQ(FailureKindOf(status), FailureKind::kSignal) << status;
      }
    }
  }
}

TEST(Isolation, AModelThatNeverEndsIsKilledAtItsTimeout) {
  const Ran ran = RunStudy(kCaviarRunner, "isolation=process,parallelism=3,trial_timeout=0.05",
                           {"hang", "hang_hard", "heed"});
  ASSERT_TRUE(ran.summary.ok()) << ran.summary.status();
  for (const Trial& trial : ran.trials) {
    EXPECT_EQ(trial.failure, FailureKind::kTimeout);
    EXPECT_EQ(trial.reason, "ran for longer than 50ms");
  }
}

TEST(Isolation, ATrialHasItsTimeOfCpuAndNoMore) {
  const Ran ran =
      RunStudy(kSequentialRunner, "isolation=process,cpu_limit=0.1", {"spin", "fine", "spin"});
  ASSERT_TRUE(ran.summary.ok()) << ran.summary.status();
  for (const int i : {0, 2}) {
    EXPECT_EQ(ran.trials[i].failure, FailureKind::kTimeout);
    EXPECT_EQ(ran.trials[i].reason, "used more than 100ms of CPU");
  }
  EXPECT_EQ(ran.trials[1].state, TrialState::kComplete) << ran.trials[1].reason;
}

TEST(Isolation, AModelThatAllocatesWithoutEndFailsAtItsLimit) {
  // The sanitizers' own memory would count.
  if (!kMemoryLimitsWork) return;
  const Ran ran = RunStudy(kSequentialRunner, "isolation=process,memory_limit=256",
                           {"allocate", "fine", "allocate_in_a_thread", "allocate", "fine"});
  ASSERT_TRUE(ran.summary.ok()) << ran.summary.status();
  for (const int i : {0, 2, 3}) {
    EXPECT_EQ(ran.trials[i].failure, FailureKind::kOutOfMemory) << ran.trials[i].reason;
    EXPECT_TRUE(absl::StrContains(ran.trials[i].reason, "the limit is 256 MiB"))
        << ran.trials[i].reason;
  }
  for (const int i : {1, 4}) {
    EXPECT_EQ(ran.trials[i].state, TrialState::kComplete) << ran.trials[i].reason;
  }
}

TEST(Isolation, WhatWasReportedBeforeACrashStays) {
  Plan plan;
  plan.model.Set("steps", 4).Set("at", 2);
  const Ran ran = RunStudy(kSequentialRunner, "isolation=process", {"segfault", "fine"}, plan);
  ASSERT_TRUE(ran.summary.ok()) << ran.summary.status();
  EXPECT_EQ(ran.trials[0].failure, FailureKind::kSignal);
  EXPECT_EQ(ran.trials[0].reports.size(), 1);
  EXPECT_EQ(ran.trials[1].reports.size(), 4);
}

TEST(Isolation, WhatAModelStartedEndsWithIt) {
  const Ran ran = RunStudy(kSequentialRunner, "isolation=process", {"leave_a_process"});
  ASSERT_TRUE(ran.summary.ok()) << ran.summary.status();
  EXPECT_EQ(ran.trials[0].failure, FailureKind::kSignal);
  const std::string& reason = ran.trials[0].reason;
  const size_t left = reason.find("left ");
  ASSERT_NE(left, std::string::npos) << reason;
  EXPECT_TRUE(EndsSoon(std::stoi(reason.substr(left + 5))));
}

TEST(Isolation, AModelIsLoadedOnceAWorker) {
  Plan plan;
  plan.model.Set("loads", TempFile("loads"));
  const std::string loads = plan.model.Find("loads")->string();
  RunStudy(kSequentialRunner, "isolation=process", {"fine", "throw", "fine"}, plan);
  EXPECT_EQ(LinesOf(loads).size(), 2);  // here, and in the worker
  RunStudy(kSequentialRunner, "isolation=process", {"fine", "exit", "fine", "fine"}, plan);
  EXPECT_EQ(LinesOf(loads).size(), 2 + 3);
  for (const std::string& seed : LinesOf(loads)) EXPECT_EQ(seed, "18364758544493064720");
}

TEST(Isolation, AModelThatHeedsItsTokenKeepsItsWorker) {
  Plan plan;
  plan.model.Set("loads", TempFile("loads")).Set("log", TempFile("log"));
  const Ran ran = RunStudy(kSequentialRunner, "isolation=process,trial_timeout=0.05",
                           {"heed", "heed", "fine"}, plan);
  ASSERT_TRUE(ran.summary.ok()) << ran.summary.status();
  EXPECT_EQ(ran.trials[0].failure, FailureKind::kTimeout);
  EXPECT_EQ(LinesOf(plan.model.Find("log")->string()).size(), 2);
  EXPECT_EQ(LinesOf(plan.model.Find("loads")->string()).size(), 2);
}

TEST(Isolation, TheStudyIsTheSameAsInThreads) {
  const std::vector<std::string> whats = {"fine", "throw", "nan", "error", "throw_an_int", "none"};
  Plan plan;
  plan.model.Set("steps", 5).Set("at", 3);
  plan.strategy.Set("stop_share", 0.1);
  plan.trials = 60;
  for (const auto& [plugin, options] :
       {std::make_pair(&kSequentialRunner, ""),
        std::make_pair(&kCaviarRunner, "deterministic=true,width=5"),
        std::make_pair(&kCaviarRunner, "deterministic=true,schedule=rounds,width=3")}) {
    SCOPED_TRACE(options);
    const Ran thread = RunStudy(*plugin, options, whats, plan);
    ASSERT_TRUE(thread.summary.ok()) << thread.summary.status();
    ASSERT_EQ(thread.trials.size(), 60);
    for (const char* parallelism : {"", ",parallelism=1", ",parallelism=4"}) {
      if (plugin == &kSequentialRunner && *parallelism != '\0') continue;
      const std::string isolated =
          absl::StrCat(options, *options == '\0' ? "" : ",", "isolation=process", parallelism);
      const Ran process = RunStudy(*plugin, isolated, whats, plan);
      ASSERT_TRUE(process.summary.ok()) << process.summary.status();
      EXPECT_EQ(process.text, thread.text) << parallelism;
    }
  }
}

TEST(Isolation, CancellationEndsAllWorkers) {
  Plan plan;
  plan.model.Set("log", TempFile("log"));
  const std::string log = plan.model.Find("log")->string();
  std::atomic<bool> cancelled{false};
  plan.cancelled = &cancelled;
  std::thread user([&] {
    while (LinesOf(log).size() < 3) absl::SleepFor(absl::Milliseconds(2));
    cancelled = true;
  });
  const Ran ran = RunStudy(kCaviarRunner, "isolation=process,parallelism=3",
                           {"hang", "hang", "hang", "hang", "hang"}, plan);
  user.join();
  ASSERT_TRUE(ran.summary.ok()) << ran.summary.status();
  EXPECT_EQ(ran.summary->end, RunEnd::kCancelled);
  EXPECT_EQ(ran.trials.size(), 3);
  for (const Trial& trial : ran.trials) EXPECT_EQ(trial.failure, FailureKind::kCancelled);
}

constexpr char kHangingStudy[] = "HANGING_STUDY";

int RunHangingStudy(const char* log) {
  Plan plan;
  plan.model.Set("log", log);
  RunStudy(kCaviarRunner, "isolation=process,parallelism=3", {"hang", "hang", "hang"}, plan);
  return 1;
}

TEST(Isolation, WorkersEndWithTheirRunnerHoweverItDies) {
  const std::string log = TempFile("log");
  std::string name = "study", variable = absl::StrCat(kHangingStudy, "=", log);
  char* const arguments[] = {&name[0], nullptr};
  std::vector<char*> environment = {&variable[0]};
  for (char** other = environ; *other != nullptr; ++other) environment.push_back(*other);
  environment.push_back(nullptr);
  pid_t study = -1;
  ASSERT_EQ(posix_spawn(&study, "/proc/self/exe", nullptr, nullptr, arguments, environment.data()),
            0);
  while (LinesOf(log).size() < 3 && waitpid(study, nullptr, WNOHANG) == 0) {
    absl::SleepFor(absl::Milliseconds(5));
  }
  ASSERT_EQ(LinesOf(log).size(), 3);
  for (const std::string& pid : LinesOf(log)) EXPECT_TRUE(Runs(std::stoi(pid)));
  kill(study, SIGKILL);
  waitpid(study, nullptr, 0);
  for (const std::string& pid : LinesOf(log)) EXPECT_TRUE(EndsSoon(std::stoi(pid))) << pid;
}

TEST(Isolation, AModelThatNoWorkerCanLoadIsAnErrorBeforeAnyTrial) {
  for (const auto& [load, message] :
       {std::make_pair("abort", "killed by SIGABRT"), std::make_pair("error", "no such data")}) {
    Plan plan;
    plan.model.Set("load", load);
    const Ran ran = RunStudy(kSequentialRunner, "isolation=process", {"fine"}, plan);
    EXPECT_FALSE(ran.summary.ok());
    EXPECT_TRUE(absl::StrContains(ran.summary.status().message(),
                                  "a worker cannot load the model hazard: "))
        << ran.summary.status();
    EXPECT_TRUE(absl::StrContains(ran.summary.status().message(), message)) << ran.summary.status();
    EXPECT_TRUE(ran.text.empty());
  }
}

TEST(Isolation, WithoutASourceItIsAnError) {
  auto study = Study::Create(SmallStudy(), {"witness"}, WitnessPlugins());
  const LambdaModel model({{"value", Goal::kMinimize}}, 1,
                          [](const LambdaModel::Step&) { return std::vector<double>{1}; });
  auto runner = kSequentialRunner.create(*ParseAssignments("isolation=process"), "runner", {});
  RunRequest request = {**study, model};
  const auto summary = (*runner)->Run(request);
  EXPECT_EQ(summary.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(summary.status().message(), "RunRequest::source"));
}

TEST(Isolation, LimitsThatThreadsCannotKeepAreErrors) {
  for (const RunnerPlugin* plugin : {&kSequentialRunner, &kCaviarRunner}) {
    for (const char* options : {"memory_limit=100", "cpu_limit=1,isolation=thread"}) {
      const auto runner = plugin->create(*ParseAssignments(options), "runner", {});
      EXPECT_EQ(runner.status().code(), absl::StatusCode::kInvalidArgument);
      EXPECT_TRUE(absl::StrContains(runner.status().message(), "isolation=process"))
          << runner.status();
    }
  }
}

TEST(IsolatedModel, IsTheModelInEveryRespect) {
  const PluginSpec spec = {"hazard", *ParseAssignments("steps=7")};
  auto local = kHazardModel.create(spec.options, "model", {3});
  ASSERT_TRUE(local.ok());
  auto isolated = IsolatedModel::Make(**local, spec, 3, {}, StopToken());
  ASSERT_TRUE(isolated.ok()) << isolated.status();
  EXPECT_EQ((*isolated)->max_steps(), 7);
  Value assignment = Value::Object();
  assignment.Set("x", 0.1);
  ModelOptions options;
  options.seed = ~uint64_t{0};
  auto here = (*local)->Create(assignment, options),
       there = (*isolated)->Create(assignment, options);
  ASSERT_TRUE(there.ok()) << there.status();
  // Two at a time have a worker each.
  auto other = (*isolated)->Create(assignment, options);
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_EQ(*(*here)->Train(2, StopToken()), *(*there)->Train(2, StopToken()));
  const auto state = (*there)->Save();
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(*state, *(*here)->Save());
  EXPECT_TRUE((*other)->Load(*state).ok());
  EXPECT_EQ((*other)->Load("x"), absl::InvalidArgumentError("no state of mine"));
  EXPECT_TRUE((*other)->Set("x", 0.25).ok());
  EXPECT_TRUE((*here)->Set("x", 0.25).ok());
  EXPECT_EQ((*other)->Set("y", 1), absl::InvalidArgumentError("only x"));
  EXPECT_EQ(*(*here)->Train(1, StopToken()), *(*other)->Train(1, StopToken()));
  const auto tested = (*other)->Test();
  ASSERT_TRUE(tested.ok()) << tested.status();
  EXPECT_EQ(*tested, std::vector<double>({0.25, 0}));
  EXPECT_TRUE(std::signbit((*tested)[1]));
}

TEST(IsolatedModel, OnceDeadItSaysWhyItDied) {
  const PluginSpec spec = {"hazard"};
  auto local = kHazardModel.create(spec.options, "model", {3});
  ASSERT_TRUE(local.ok());
  auto isolated = IsolatedModel::Make(**local, spec, 3, {}, StopToken());
  ASSERT_TRUE(isolated.ok()) << isolated.status();
  auto model = (*isolated)->Create(*ParseAssignments("x=1,what=crash_when_saved"), {});
  ASSERT_TRUE(model.ok()) << model.status();
  const absl::Status saved = (*model)->Save().status();
  EXPECT_EQ(FailureKindOf(saved), FailureKind::kSignal);
  EXPECT_EQ((*model)->Train(1, StopToken()).status(), saved);
}

}  // namespace

int Main(int argc, char** argv) {
  ModelRegistry models;
  models.Add(kHazardModel).IgnoreError();
  HazardModel::in_worker = IsWorker();
  if (IsWorker()) return ServeModels(models);
  const char* const log = std::getenv(kHangingStudy);
  if (log != nullptr) return RunHangingStudy(log);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}

}  // namespace sturgeon

int main(int argc, char** argv) { return sturgeon::Main(argc, argv); }
