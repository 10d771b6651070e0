#include "runners/conformance.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <set>
#include <stdexcept>
#include <thread>  // NOLINT(build/c++11)
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "core/json.h"
#include "core/option_schema.h"
#include "core/random.h"
#include "core/space_json.h"

namespace sturgeon {
namespace {

int CountThreads() {
  DIR* const tasks = opendir("/proc/self/task");
  if (tasks == nullptr) return 0;
  int count = 0;
  while (const dirent* entry = readdir(tasks)) count += entry->d_name[0] != '.';
  closedir(tasks);
  return count;
}

// Whether no more threads run than `before`. A thread that was joined may be seen a moment longer.
bool ThreadsAreGone(int before) {
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  while (CountThreads() > before) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(1));
  }
  return true;
}

// The trial whose model has this seed; -1 if it is none of the first 100.
int64_t TrialOfSeed(uint64_t study_seed, uint64_t model_seed) {
  for (int64_t id = 0; id < 100; ++id) {
    if (RandomStream(study_seed, id, kModelStream)() == model_seed) return id;
  }
  return -1;
}

// As a good model that never ends by itself.
absl::Status WaitForStop(const LambdaModel::Step& step) {
  while (!step.stop.stop_requested()) absl::SleepFor(absl::Milliseconds(1));
  return absl::CancelledError("asked to stop");
}

// A number in [0, 1) that tells assignments apart.
double Fingerprint(const Value& assignment) {
  uint64_t hash = 0;
  for (const char letter : WriteJson(assignment)) {
    hash = SplitMix64(hash ^ static_cast<unsigned char>(letter));
  }
  return static_cast<double>(hash >> 11) * 0x1p-53;
}

// Returns when `count` have come to the folder. They may come from several processes.
void Meet(const std::string& folder, int64_t id, int64_t count) {
  std::ofstream(absl::StrCat(folder, "/", id)).close();
  const auto has_come = [&](int64_t other) {
    return access(absl::StrCat(folder, "/", other).c_str(), F_OK) == 0;
  };
  for (int64_t other = 0; other < count; ++other) {
    while (!has_come(other)) absl::SleepFor(absl::Milliseconds(1));
  }
}

// --- The model: what it does is a script's name, so that a runner may make it in other processes.

struct ScriptOptions {
  std::string script;
  int64_t steps = 1;
  std::string folder;  // where `meet` meets
  int64_t count = 0;   // how many do
};

using Metrics = absl::StatusOr<std::vector<double>>;
using Script =
    std::function<Metrics(const ScriptOptions& options, int64_t id, const LambdaModel::Step& step)>;

Metrics X(const LambdaModel::Step& step) {
  return std::vector<double>{step.assignment.Find("x")->number()};
}

constexpr int kFinish = 3;  // trials of `finish_three`

// Those whose metric is `value` alone.
const std::map<std::string, Script>& Scripts() {
  using Options = const ScriptOptions&;
  using Step = const LambdaModel::Step&;
  static const auto* const scripts = new std::map<std::string, Script>{
      {"x", [](Options, int64_t, Step step) { return X(step); }},
      {"step",
       [](Options, int64_t, Step step) -> Metrics {
         return std::vector<double>{static_cast<double>(step.step)};
       }},
      {"wait", [](Options, int64_t, Step step) -> Metrics { return WaitForStop(step); }},
      // Two steps; from the fourth trial on the second never ends.
      {"finish_three",
       [](Options, int64_t id, Step step) -> Metrics {
         if (id < kFinish || step.step == 1) return X(step);
         return WaitForStop(step);
       }},
      {"finish_two",
       [](Options, int64_t id, Step step) -> Metrics {
         if (id > 1) return WaitForStop(step);
         return X(step);
       }},
      // Some heed their token, and others do not but their step ends.
      {"late",
       [](Options, int64_t id, Step step) -> Metrics {
         const absl::Status status = WaitForStop(step);
         if (id % 2 == 0) return status;
         return std::vector<double>{1};
       }},
      {"whatever",
       [](Options, int64_t id, Step) -> Metrics {
         switch (id % 7) {
           case 1:
             throw std::runtime_error("thrown on purpose");
           case 2:
             throw 42;  // NOLINT
           case 3:
             return absl::InvalidArgumentError("failed on purpose");
           case 4:
             return std::vector<double>{std::nan("")};
           case 5:
             return std::vector<double>{-std::numeric_limits<double>::infinity()};
           case 6:
             return std::vector<double>{1, 2};
           default:
             return std::vector<double>{1};
         }
       }},
      {"meet",
       [](Options options, int64_t id, Step step) {
         Meet(options.folder, id, options.count);
         return X(step);
       }},
      {"fingerprint",
       [](Options, int64_t, Step step) -> Metrics {
         return std::vector<double>{Fingerprint(step.assignment)};
       }},
  };
  return *scripts;
}

// Models that cannot be made.
class Refusing final : public ModelFactory {
 public:
  const SearchSpace& default_space() const override { return space_; }
  const std::vector<Metric>& metrics() const override { return metrics_; }
  absl::StatusOr<std::unique_ptr<Model>> Create(const Value&,
                                                const ModelOptions& options) const override {
    switch (TrialOfSeed(SmallStudy().seed, options.seed)) {
      case 0:
        return absl::InvalidArgumentError("refused on purpose");
      case 1:
        throw std::runtime_error("thrown on purpose");
      default:
        return std::unique_ptr<Model>();
    }
  }

 private:
  const SearchSpace space_ = SearchSpace();
  const std::vector<Metric> metrics_ = {{"value", Goal::kMinimize}};
};

class ScriptedModel {
 public:
  static const Schema<ScriptOptions>& OptionSchema() {
    static const auto* const schema = new Schema<ScriptOptions>(
        Schema<ScriptOptions>()
            .Add("script", &ScriptOptions::script, "What its trials do.")
            .Add("steps", &ScriptOptions::steps, "The most that it trains.", AtLeast(1))
            .Add("folder", &ScriptOptions::folder, "Where `meet` meets.")
            .Add("count", &ScriptOptions::count, "How many `meet`."));
    return *schema;
  }

  static absl::StatusOr<std::unique_ptr<ModelFactory>> Create(const ScriptOptions& options,
                                                              const ModelContext& /*context*/) {
    if (options.script == "refuse") return std::unique_ptr<ModelFactory>(new Refusing());
    if (options.script == "three_metrics") {
      return Make({"loss", "unused", "error"}, options, [](const LambdaModel::Step& step) {
        const auto t = static_cast<double>(step.step);
        return std::vector<double>{10 * t, -1, t / 8};
      });
    }
    if (options.script == "not_finite") {
      return Make({"value", "loss"}, options, [](const LambdaModel::Step& step) {
        const bool objective = step.assignment.Find("c")->string() == "a";
        const double bad = step.step == 3 ? std::nan("") : 1;
        return objective ? std::vector<double>{bad, 1} : std::vector<double>{1, bad};
      });
    }
    if (options.script == "two_metrics") {
      return Make({"value", "loss"}, options, [](const LambdaModel::Step&) {
        return std::vector<double>{1, 1};
      });
    }
    const auto script = Scripts().find(options.script);
    if (script == Scripts().end()) {
      return absl::InvalidArgumentError(absl::StrCat("no script is called ", options.script));
    }
    return Make({"value"}, options, [options, run = script->second](const LambdaModel::Step& step) {
      return run(options, TrialOfSeed(SmallStudy().seed, step.seed), step);
    });
  }

 private:
  static std::unique_ptr<ModelFactory> Make(const std::vector<std::string>& names,
                                            const ScriptOptions& options,
                                            LambdaModel::Function function) {
    std::vector<Metric> metrics;
    for (const std::string& name : names) metrics.push_back({name, Goal::kMinimize});
    return std::make_unique<LambdaModel>(std::move(metrics), options.steps, std::move(function));
  }
};

int64_t Count(const std::vector<Trial>& trials, TrialState state) {
  return std::count_if(trials.begin(), trials.end(),
                       [state](const Trial& trial) { return trial.state == state; });
}

}  // namespace

const ModelPlugin kScriptedModel =
    MakeModelPlugin<ScriptedModel>("scripted", "Does what the conformance suite wants");

// A test of a plugin may want the fixture alone.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RunnerConformance);

std::string RunnerCaseName(const testing::TestParamInfo<RunnerCase>& info) {
  return info.param.name;
}

void PrintTo(const RunnerCase& runner_case, std::ostream* os) { *os << runner_case.name; }

RunnerConformance::Ran RunnerConformance::Run(const char* script, const Setup& setup) const {
  PluginSpec source = {"scripted", setup.model};
  source.options.Set("script", script);
  const auto model = kScriptedModel.create(source.options, "model", {setup.study.seed});
  if (!model.ok()) {
    ADD_FAILURE() << model.status();
    return {model.status(), {}};
  }
  std::map<int64_t, int> started, finished;  // hooks come one at a time
  StudyHooks hooks;
  hooks.on_start = [&](const Trial& trial) { ++started[trial.id]; };
  hooks.on_finish = [&](const Trial& trial) {
    ++finished[trial.id];
    if (setup.on_finish) setup.on_finish(trial);
  };
  hooks.on_note = [&](absl::string_view note) {
    if (setup.on_note) setup.on_note(note);
  };
  auto study = Study::Create(setup.study, {"witness", setup.strategy}, WitnessPlugins(), hooks);
  if (!study.ok()) {
    ADD_FAILURE() << study.status();
    return {study.status(), {}};
  }
  if (setup.prepare) setup.prepare(**study);
  const Study::Counts before = (*study)->counts();
  started.clear();
  finished.clear();

  auto runner = GetParam().plugin->create(setup.options, "runner", RunnerContext());
  if (!runner.ok()) {
    ADD_FAILURE() << runner.status();
    return {runner.status(), {}};
  }
  const int threads = CountThreads();
  RunRequest request = {**study, **model};
  request.fixed = setup.fixed;
  request.trials = setup.trials;
  request.time_limit = setup.time_limit;
  request.cancelled = setup.cancelled;
  request.source = &source;
  Ran ran = {(*runner)->Run(request), {}};
  EXPECT_TRUE(ThreadsAreGone(threads)) << CountThreads() << " threads, there were " << threads;

  ran.trials = (*study)->Trials();
  const Study::Counts after = (*study)->counts();
  EXPECT_EQ(after.running, 0);
  EXPECT_EQ(started.size(), after.total() - before.total());
  EXPECT_EQ(started, finished);
  for (const auto& [id, times] : started) EXPECT_EQ(times, 1) << "trial " << id;
  if (ran.summary.ok()) {
    EXPECT_EQ(ran.summary->complete, after.complete - before.complete);
    EXPECT_EQ(ran.summary->stopped, after.stopped - before.stopped);
    EXPECT_EQ(ran.summary->failed, after.failed - before.failed);
    EXPECT_GE(ran.summary->elapsed, absl::ZeroDuration());
  }
  return ran;
}

TEST_P(RunnerConformance, RunsExactlyAsManyTrialsAsTheLimit) {
  for (const int64_t limit : {1, 2, 13}) {
    Setup setup;
    setup.trials = limit;
    const Ran ran = Run("x", setup);
    ASSERT_TRUE(ran.summary.ok()) << ran.summary.status();
    EXPECT_EQ(ran.summary->end, RunEnd::kTrials);
    EXPECT_EQ(ran.summary->complete, limit);
    ASSERT_EQ(ran.trials.size(), limit);
    for (const Trial& trial : ran.trials) {
      ASSERT_EQ(trial.state, TrialState::kComplete) << trial.reason;
      EXPECT_EQ(trial.values, Values({trial.point[0]}));
    }
  }
}

TEST_P(RunnerConformance, TheLimitCountsTheTrialsThatTheStudyBeganWith) {
  Setup setup;
  setup.trials = 7;
  setup.prepare = [](Study& study) {
    for (int i = 0; i < 4; ++i) {
      Trial trial;
      trial.state = TrialState::kComplete;
      trial.point = study.space().Default();
      trial.values = {0.5};
      ASSERT_TRUE(study.Import(trial).ok());
    }
  };
  const Ran ran = Run("x", setup);
  ASSERT_TRUE(ran.summary.ok()) << ran.summary.status();
  EXPECT_EQ(ran.summary->complete, 3);
  EXPECT_EQ(ran.trials.size(), 7);

  setup.trials = 4;
  const Ran full = Run("x", setup);
  ASSERT_TRUE(full.summary.ok()) << full.summary.status();
  EXPECT_EQ(full.summary->end, RunEnd::kTrials);
  EXPECT_EQ(full.trials.size(), 4);
}

TEST_P(RunnerConformance, RunsWhatIsEnqueuedFirst) {
  Setup setup;
  setup.trials = 5;
  setup.prepare = [](Study& study) {
    Point point = study.space().Default();
    for (const double x : {0.125, 0.25}) {
      point[0] = x;
      ASSERT_TRUE(study.Enqueue(point).ok());
    }
  };
  const Ran ran = Run("x", setup);
  ASSERT_EQ(ran.trials.size(), 5);
  EXPECT_EQ(ran.trials[0].values, Values({0.125}));
  EXPECT_EQ(ran.trials[1].values, Values({0.25}));
}

TEST_P(RunnerConformance, EndsWhenTheStrategyIsExhausted) {
  for (const int64_t limit : {0, 100}) {
    Setup setup;
    setup.trials = limit;
    setup.strategy.Set("trials", 11);
    const Ran ran = Run("x", setup);
    ASSERT_TRUE(ran.summary.ok()) << ran.summary.status();
    EXPECT_EQ(ran.summary->end, RunEnd::kExhausted);
    EXPECT_EQ(ran.summary->complete, 11);
    EXPECT_EQ(ran.trials.size(), 11);
  }
}

TEST_P(RunnerConformance, StartsNothingWhenCancelledBefore) {
  const std::atomic<bool> cancelled{true};
  Setup setup;
  setup.cancelled = &cancelled;
  const Ran ran = Run("x", setup);
  ASSERT_TRUE(ran.summary.ok()) << ran.summary.status();
  EXPECT_EQ(ran.summary->end, RunEnd::kCancelled);
  EXPECT_TRUE(ran.trials.empty());
}

TEST_P(RunnerConformance, StartsNothingWhenThereIsNoTime) {
  Setup setup;
  setup.time_limit = absl::ZeroDuration();
  const Ran ran = Run("x", setup);
  ASSERT_TRUE(ran.summary.ok()) << ran.summary.status();
  EXPECT_EQ(ran.summary->end, RunEnd::kTimeLimit);
  EXPECT_TRUE(ran.trials.empty());
}

TEST_P(RunnerConformance, CancellationKeepsWhatFinishedAndEndsTheRest) {
  absl::Mutex mutex;
  int finished = 0;
  bool blocked = false;
  std::atomic<bool> cancelled{false};
  Setup setup;
  setup.model.Set("steps", 2);
  setup.trials = 0;
  setup.cancelled = &cancelled;
  setup.on_finish = [&](const Trial&) {
    absl::MutexLock lock(&mutex);
    ++finished;
  };
  setup.on_note = [&](absl::string_view note) {
    absl::MutexLock lock(&mutex);
    if (absl::StrContains(note, absl::StrCat("report ", kFinish, " step 1"))) blocked = true;
  };
  std::thread user([&] {
    const auto reached = [&] { return finished >= kFinish && blocked; };
    absl::MutexLock lock(&mutex, absl::Condition(&reached));
    cancelled = true;
  });
  const Ran ran = Run("finish_three", setup);
  user.join();
  ASSERT_TRUE(ran.summary.ok()) << ran.summary.status();
  EXPECT_EQ(ran.summary->end, RunEnd::kCancelled);
  EXPECT_EQ(ran.summary->complete, kFinish);
  EXPECT_GE(ran.summary->failed, 1);
  for (const Trial& trial : ran.trials) {
    if (trial.id < kFinish) {
      EXPECT_EQ(trial.state, TrialState::kComplete) << trial.reason;
    } else {
      EXPECT_EQ(trial.failure, FailureKind::kCancelled);
      EXPECT_FALSE(trial.reason.empty());
    }
  }
}

TEST_P(RunnerConformance, TheTimeLimitEndsTheRunAndWhatRuns) {
  Setup setup;
  setup.trials = 0;
  setup.time_limit = absl::Milliseconds(20);
  const Ran ran = Run("wait", setup);
  ASSERT_TRUE(ran.summary.ok()) << ran.summary.status();
  EXPECT_EQ(ran.summary->end, RunEnd::kTimeLimit);
  for (const Trial& trial : ran.trials) EXPECT_EQ(trial.failure, FailureKind::kCancelled);
}

TEST_P(RunnerConformance, ATimeoutEndsATrialAndTheStudyGoesOn) {
  if (GetParam().timeout_option.empty()) GTEST_SKIP() << "the runner has no timeout";
  Setup setup;
  setup.trials = 4;
  setup.options.Set(GetParam().timeout_option, 0.01);
  setup.model.Set("steps", 2);
  const Ran ran = Run("late", setup);
  ASSERT_TRUE(ran.summary.ok()) << ran.summary.status();
  EXPECT_EQ(ran.summary->end, RunEnd::kTrials);
  ASSERT_EQ(ran.trials.size(), 4);
  for (const Trial& trial : ran.trials) {
    EXPECT_EQ(trial.failure, FailureKind::kTimeout) << trial.reason;
    EXPECT_TRUE(absl::StrContains(trial.reason, "10ms")) << trial.reason;
  }
}

TEST_P(RunnerConformance, WhateverAModelDoesTheStudyLives) {
  Setup setup;
  setup.trials = 14;
  const Ran ran = Run("whatever", setup);
  ASSERT_TRUE(ran.summary.ok()) << ran.summary.status();
  EXPECT_EQ(ran.summary->end, RunEnd::kTrials);
  EXPECT_EQ(ran.summary->complete, 2);
  EXPECT_EQ(ran.summary->failed, 12);
  const FailureKind expected[] = {FailureKind::kNone,      FailureKind::kException,
                                  FailureKind::kException, FailureKind::kError,
                                  FailureKind::kNotFinite, FailureKind::kNotFinite,
                                  FailureKind::kError};
  ASSERT_EQ(ran.trials.size(), 14);
  for (const Trial& trial : ran.trials) {
    EXPECT_EQ(trial.failure, expected[trial.id % 7]) << "trial " << trial.id;
    EXPECT_EQ(trial.reason.empty(), trial.id % 7 == 0) << "trial " << trial.id;
  }
  EXPECT_EQ(ran.trials[1].reason, "thrown on purpose");
  EXPECT_EQ(ran.trials[3].reason, "failed on purpose");
}

TEST_P(RunnerConformance, AModelThatCannotBeMadeIsAFailedTrial) {
  Setup setup;
  setup.trials = 3;
  const Ran ran = Run("refuse", setup);
  ASSERT_TRUE(ran.summary.ok()) << ran.summary.status();
  ASSERT_EQ(ran.trials.size(), 3);
  EXPECT_EQ(ran.summary->failed, 3);
  EXPECT_EQ(ran.trials[0].failure, FailureKind::kError);
  EXPECT_EQ(ran.trials[0].reason, "refused on purpose");
  EXPECT_EQ(ran.trials[1].failure, FailureKind::kException);
  EXPECT_EQ(ran.trials[2].failure, FailureKind::kError);
}

TEST_P(RunnerConformance, TrialsRunSideBySide) {
  // Each waits until all of them are there: fewer at once would wait for ever.
  std::string folder = testing::TempDir() + "/meeting.XXXXXX";
  ASSERT_NE(mkdtemp(&folder[0]), nullptr);
  Setup setup;
  setup.trials = GetParam().parallelism;
  setup.model.Set("folder", folder).Set("count", GetParam().parallelism);
  const Ran ran = Run("meet", setup);
  ASSERT_TRUE(ran.summary.ok()) << ran.summary.status();
  EXPECT_EQ(ran.summary->complete, GetParam().parallelism);
}

TEST_P(RunnerConformance, TheModelGetsItsAssignmentTheFixedValuesAndASeedOfItsTrial) {
  Setup setup;
  setup.fixed.Set("layers", 3).Set("optimizer", "adam");
  const Ran ran = Run("fingerprint", setup);
  ASSERT_EQ(ran.trials.size(), 20);
  for (const Trial& trial : ran.trials) {
    Value expected = PointToValue(setup.study.space, trial.point);
    expected.Set("layers", 3).Set("optimizer", "adam");
    EXPECT_EQ(trial.values, Values({Fingerprint(expected)})) << "trial " << trial.id;
  }
}

TEST_P(RunnerConformance, ReportsEveryStepAndTakesTheLastOnesObjective) {
  Setup setup;
  setup.study.objectives = {{"error", Goal::kMinimize}};
  setup.study.metrics = {"error", "loss"};  // not in the model's order
  setup.model.Set("steps", 4);
  const Ran ran = Run("three_metrics", setup);
  ASSERT_EQ(ran.trials.size(), 20);
  for (const Trial& trial : ran.trials) {
    EXPECT_EQ(trial.values, Values({0.5}));
    ASSERT_EQ(trial.reports.size(), 4);
    for (int i = 0; i < 4; ++i) {
      EXPECT_EQ(trial.reports.step(i), i + 1);
      EXPECT_EQ(trial.reports.values(i), absl::Span<const double>({(i + 1) / 8., 10. * (i + 1)}));
    }
  }
}

TEST_P(RunnerConformance, BudgetsAreHonoured) {
  const std::pair<int64_t, int64_t> budgets_and_steps[] = {{1, 1}, {3, 3}, {5, 5}, {1000, 5}};
  for (const auto& [budget, steps] : budgets_and_steps) {
    Setup setup;
    setup.strategy.Set("budget", budget);
    setup.model.Set("steps", 5);
    setup.study.max_steps = 5;
    const Ran ran = Run("step", setup);
    ASSERT_EQ(ran.trials.size(), 20);
    const int64_t in_full = steps == 5 ? 20 : 0;
    EXPECT_EQ(ran.summary->complete, in_full);
    EXPECT_EQ(ran.summary->stopped, 20 - in_full);
    for (const Trial& trial : ran.trials) {
      EXPECT_EQ(trial.budget, budget);
      EXPECT_EQ(trial.state, in_full > 0 ? TrialState::kComplete : TrialState::kStopped);
      EXPECT_EQ(trial.values, Values({static_cast<double>(steps)}));
      EXPECT_EQ(trial.reports.size(), steps);
    }
  }
}

TEST_P(RunnerConformance, AStoppedTrialHasTheValuesOfItsLastReport) {
  Setup setup;
  setup.strategy.Set("stop_share", 0.3);
  setup.model.Set("steps", 6);
  const Ran ran = Run("step", setup);
  ASSERT_TRUE(ran.summary.ok()) << ran.summary.status();
  EXPECT_GT(ran.summary->stopped, 0);  // none: a chance of 0.7^100
  EXPECT_EQ(ran.summary->stopped + ran.summary->complete, 20);
  for (const Trial& trial : ran.trials) {
    const auto steps = static_cast<double>(trial.reports.size());
    EXPECT_EQ(trial.values, Values({steps}));
    EXPECT_EQ(trial.state, steps < 6 ? TrialState::kStopped : TrialState::kComplete);
    EXPECT_EQ(trial.reason.empty(), steps == 6);
  }
}

TEST_P(RunnerConformance, WhatIsNotFiniteEndsATrialAtOnce) {
  Setup setup;
  setup.study.metrics = {"value", "loss"};
  setup.model.Set("steps", 5);
  const Ran ran = Run("not_finite", setup);
  ASSERT_TRUE(ran.summary.ok()) << ran.summary.status();
  EXPECT_EQ(ran.trials.size(), 20);
  for (const Trial& trial : ran.trials) {
    EXPECT_EQ(trial.reports.size(), 3);
    const bool objective = trial.point[2] == 0;
    EXPECT_EQ(trial.failure, objective ? FailureKind::kNotFinite : FailureKind::kNone);
    EXPECT_EQ(trial.state, objective ? TrialState::kFailed : TrialState::kStopped);
    EXPECT_FALSE(trial.reason.empty());
  }
}

TEST_P(RunnerConformance, AnErrorOfTheStrategyEndsTheRunAndKeepsWhatFinished) {
  Setup setup;
  setup.strategy.Set("error_at", 9);
  const Ran ran = Run("x", setup);
  EXPECT_EQ(ran.summary.status(), absl::InternalError("error at 9"));
  EXPECT_LE(ran.trials.size(), 9);
  // Trials that ran when the error came may have been cut off.
  EXPECT_EQ(Count(ran.trials, TrialState::kComplete) + Count(ran.trials, TrialState::kFailed),
            ran.trials.size());

  Setup telling;
  telling.strategy.Set("tell_error_at", 2);
  telling.trials = 0;  // nothing else ends this run
  const Ran told = Run("x", telling);
  EXPECT_EQ(told.summary.status(), absl::InternalError("tell error at 2"));
  ASSERT_GE(told.trials.size(), 3);
  EXPECT_EQ(told.trials[2].state, TrialState::kComplete);
}

TEST_P(RunnerConformance, AnErrorOfTheStrategyEndsTrialsThatRun) {
  Setup setup;
  setup.strategy.Set("tell_error_at", 1);
  const Ran ran = Run("finish_two", setup);
  EXPECT_EQ(ran.summary.status(), absl::InternalError("tell error at 1"));
  for (const Trial& trial : ran.trials) {
    // Trial 0 may have been running as well.
    if (trial.id == 0) continue;
    EXPECT_EQ(trial.failure, trial.id == 1 ? FailureKind::kNone : FailureKind::kCancelled);
  }
}

TEST_P(RunnerConformance, ABudgetBelowOneIsAnErrorOfTheStrategy) {
  Setup setup;
  setup.strategy.Set("budget", -1);
  const Ran ran = Run("x", setup);
  EXPECT_EQ(ran.summary.status().code(), absl::StatusCode::kInternal);
  EXPECT_TRUE(absl::StrContains(ran.summary.status().message(), "budget of -1"))
      << ran.summary.status();
}

TEST_P(RunnerConformance, AMetricThatTheModelLacksIsAnErrorBeforeAnyTrial) {
  Setup setup;
  setup.study.metrics = {"value", "los"};
  const Ran ran = Run("two_metrics", setup);
  EXPECT_EQ(ran.summary.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(ran.summary.status().message(), "did you mean \"loss\""))
      << ran.summary.status();
  EXPECT_TRUE(ran.trials.empty());
}

TEST_P(RunnerConformance, AParameterThatIsBothFixedAndTunedIsAnErrorBeforeAnyTrial) {
  Setup setup;
  setup.fixed.Set("x", 0.5);
  const Ran ran = Run("x", setup);
  EXPECT_EQ(ran.summary.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(ran.trials.empty());
}

TEST_P(RunnerConformance, AnUnknownOptionIsAnError) {
  Value options = GetParam().options;
  options.Set("no_such_option", 1);
  const auto runner = GetParam().plugin->create(options, "runner", RunnerContext());
  EXPECT_EQ(runner.status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace sturgeon
