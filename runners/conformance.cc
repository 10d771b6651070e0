#include "runners/conformance.h"

#include <dirent.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <stdexcept>
#include <thread>  // NOLINT(build/c++11)
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/synchronization/barrier.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
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

// A model of one step and one metric, `value`, which knows its trial.
using TrialFunction =
    std::function<absl::StatusOr<std::vector<double>>(int64_t id, const LambdaModel::Step& step)>;
LambdaModel MakeModel(TrialFunction function, int64_t max_steps = 1) {
  return LambdaModel({{"value", Goal::kMinimize}}, max_steps,
                     [function = std::move(function)](const LambdaModel::Step& step) {
                       return function(TrialOfSeed(SmallStudy().seed, step.seed), step);
                     });
}

absl::StatusOr<std::vector<double>> X(int64_t /*id*/, const LambdaModel::Step& step) {
  return std::vector<double>{step.assignment.Find("x")->number()};
}

// As a good model that never ends by itself.
absl::Status WaitForStop(const LambdaModel::Step& step) {
  while (!step.stop.stop_requested()) absl::SleepFor(absl::Milliseconds(1));
  return absl::CancelledError("asked to stop");
}

int64_t Count(const std::vector<Trial>& trials, TrialState state) {
  return std::count_if(trials.begin(), trials.end(),
                       [state](const Trial& trial) { return trial.state == state; });
}

}  // namespace

// A test of a plugin may want the fixture alone.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RunnerConformance);

std::string RunnerCaseName(const testing::TestParamInfo<RunnerCase>& info) {
  return info.param.name;
}

void PrintTo(const RunnerCase& runner_case, std::ostream* os) { *os << runner_case.name; }

RunnerConformance::Ran RunnerConformance::Run(const ModelFactory& model, const Setup& setup) const {
  std::map<int64_t, int> started, finished;  // hooks come one at a time
  StudyHooks hooks;
  hooks.on_start = [&](const Trial& trial) { ++started[trial.id]; };
  hooks.on_finish = [&](const Trial& trial) {
    ++finished[trial.id];
    if (setup.on_finish) setup.on_finish(trial);
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
  RunRequest request = {**study,          model,          setup.fixed, setup.trials,
                        setup.time_limit, setup.cancelled};
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
    const Ran ran = Run(MakeModel(X), setup);
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
  const Ran ran = Run(MakeModel(X), setup);
  ASSERT_TRUE(ran.summary.ok()) << ran.summary.status();
  EXPECT_EQ(ran.summary->complete, 3);
  EXPECT_EQ(ran.trials.size(), 7);

  setup.trials = 4;
  const Ran full = Run(MakeModel(X), setup);
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
  const Ran ran = Run(MakeModel(X), setup);
  ASSERT_EQ(ran.trials.size(), 5);
  EXPECT_EQ(ran.trials[0].values, Values({0.125}));
  EXPECT_EQ(ran.trials[1].values, Values({0.25}));
}

TEST_P(RunnerConformance, EndsWhenTheStrategyIsExhausted) {
  for (const int64_t limit : {0, 100}) {
    Setup setup;
    setup.trials = limit;
    setup.strategy.Set("trials", 11);
    const Ran ran = Run(MakeModel(X), setup);
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
  const Ran ran = Run(MakeModel(X), setup);
  ASSERT_TRUE(ran.summary.ok()) << ran.summary.status();
  EXPECT_EQ(ran.summary->end, RunEnd::kCancelled);
  EXPECT_TRUE(ran.trials.empty());
}

TEST_P(RunnerConformance, StartsNothingWhenThereIsNoTime) {
  Setup setup;
  setup.time_limit = absl::ZeroDuration();
  const Ran ran = Run(MakeModel(X), setup);
  ASSERT_TRUE(ran.summary.ok()) << ran.summary.status();
  EXPECT_EQ(ran.summary->end, RunEnd::kTimeLimit);
  EXPECT_TRUE(ran.trials.empty());
}

TEST_P(RunnerConformance, CancellationKeepsWhatFinishedAndEndsTheRest) {
  constexpr int kFinish = 3;
  absl::Mutex mutex;
  int finished = 0;
  bool blocked = false;
  std::atomic<bool> cancelled{false};
  Setup setup;
  setup.trials = 0;
  setup.cancelled = &cancelled;
  setup.on_finish = [&](const Trial&) {
    absl::MutexLock lock(&mutex);
    ++finished;
  };
  const LambdaModel model = MakeModel(
      [&](int64_t id, const LambdaModel::Step& step) -> absl::StatusOr<std::vector<double>> {
        if (id < kFinish) return X(id, step);
        {
          absl::MutexLock lock(&mutex);
          blocked = true;
        }
        return WaitForStop(step);
      });
  std::thread user([&] {
    const auto reached = [&] { return finished >= kFinish && blocked; };
    absl::MutexLock lock(&mutex, absl::Condition(&reached));
    cancelled = true;
  });
  const Ran ran = Run(model, setup);
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
  const Ran ran = Run(
      MakeModel([](int64_t, const LambdaModel::Step& step) { return WaitForStop(step); }), setup);
  ASSERT_TRUE(ran.summary.ok()) << ran.summary.status();
  EXPECT_EQ(ran.summary->end, RunEnd::kTimeLimit);
  for (const Trial& trial : ran.trials) EXPECT_EQ(trial.failure, FailureKind::kCancelled);
}

TEST_P(RunnerConformance, ATimeoutEndsATrialAndTheStudyGoesOn) {
  if (GetParam().timeout_option.empty()) GTEST_SKIP() << "the runner has no timeout";
  Setup setup;
  setup.trials = 4;
  setup.options.Set(GetParam().timeout_option, 0.01);
  // A model that heeds its token, and one that does not but whose step ends.
  const Ran ran = Run(MakeModel(
                          [](int64_t id, const LambdaModel::Step& step) {
                            const absl::Status status = WaitForStop(step);
                            return id % 2 == 0 ? absl::StatusOr<std::vector<double>>(status)
                                               : std::vector<double>{1.0};
                          },
                          /*max_steps=*/2),
                      setup);
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
  const Ran ran = Run(
      MakeModel([](int64_t id, const LambdaModel::Step&) -> absl::StatusOr<std::vector<double>> {
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
      }),
      setup);
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
  class Refusing : public ModelFactory {
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
  Setup setup;
  setup.trials = 3;
  const Ran ran = Run(Refusing(), setup);
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
  absl::Barrier* barrier = new absl::Barrier(GetParam().parallelism);
  Setup setup;
  setup.trials = GetParam().parallelism;
  const Ran ran = Run(MakeModel([barrier](int64_t id, const LambdaModel::Step& step) {
                        if (barrier->Block()) delete barrier;
                        return X(id, step);
                      }),
                      setup);
  ASSERT_TRUE(ran.summary.ok()) << ran.summary.status();
  EXPECT_EQ(ran.summary->complete, GetParam().parallelism);
}

TEST_P(RunnerConformance, TheModelGetsItsAssignmentTheFixedValuesAndASeedOfItsTrial) {
  absl::Mutex mutex;
  std::map<int64_t, Value> assignments;
  Setup setup;
  setup.fixed.Set("layers", 3).Set("optimizer", "adam");
  const Ran ran = Run(MakeModel([&](int64_t id, const LambdaModel::Step& step) {
                        absl::MutexLock lock(&mutex);
                        assignments[id] = step.assignment;
                        return X(id, step);
                      }),
                      setup);
  ASSERT_EQ(ran.trials.size(), 20);
  ASSERT_EQ(assignments.size(), 20);
  for (const Trial& trial : ran.trials) {
    Value expected = PointToValue(setup.study.space, trial.point);
    expected.Set("layers", 3).Set("optimizer", "adam");
    EXPECT_EQ(assignments[trial.id], expected) << "trial " << trial.id;
  }
}

TEST_P(RunnerConformance, ReportsEveryStepAndTakesTheLastOnesObjective) {
  Setup setup;
  setup.study.objectives = {{"error", Goal::kMinimize}};
  setup.study.metrics = {"error", "loss"};  // not in the model's order
  const LambdaModel model(
      {{"loss", Goal::kMinimize}, {"unused", Goal::kMaximize}, {"error", Goal::kMinimize}},
      /*max_steps=*/4, [](const LambdaModel::Step& step) {
        const auto t = static_cast<double>(step.step);
        return std::vector<double>{10 * t, -1, t / 8};
      });
  const Ran ran = Run(model, setup);
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
    const Ran ran = Run(MakeModel(
                            [](int64_t, const LambdaModel::Step& step) {
                              return std::vector<double>{static_cast<double>(step.step)};
                            },
                            /*max_steps=*/5),
                        setup);
    ASSERT_EQ(ran.trials.size(), 20);
    for (const Trial& trial : ran.trials) {
      EXPECT_EQ(trial.state, TrialState::kComplete);
      EXPECT_EQ(trial.values, Values({static_cast<double>(steps)}));
      EXPECT_EQ(trial.reports.size(), steps);
    }
  }
}

TEST_P(RunnerConformance, AStoppedTrialHasTheValuesOfItsLastReport) {
  Setup setup;
  setup.strategy.Set("stop_share", 0.3);
  const Ran ran = Run(MakeModel(
                          [](int64_t, const LambdaModel::Step& step) {
                            return std::vector<double>{static_cast<double>(step.step)};
                          },
                          /*max_steps=*/6),
                      setup);
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
  const LambdaModel model(
      {{"value", Goal::kMinimize}, {"loss", Goal::kMinimize}},
      /*max_steps=*/5, [](const LambdaModel::Step& step) {
        const bool objective = step.assignment.Find("c")->string() == "a";
        const double bad = step.step == 3 ? std::nan("") : 1;
        return objective ? std::vector<double>{bad, 1} : std::vector<double>{1, bad};
      });
  const Ran ran = Run(model, setup);
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
  const Ran ran = Run(MakeModel(X), setup);
  EXPECT_EQ(ran.summary.status(), absl::InternalError("error at 9"));
  EXPECT_LE(ran.trials.size(), 9);
  // Trials that ran when the error came may have been cut off.
  EXPECT_EQ(Count(ran.trials, TrialState::kComplete) + Count(ran.trials, TrialState::kFailed),
            ran.trials.size());

  Setup telling;
  telling.strategy.Set("tell_error_at", 2);
  telling.trials = 0;  // nothing else ends this run
  const Ran told = Run(MakeModel(X), telling);
  EXPECT_EQ(told.summary.status(), absl::InternalError("tell error at 2"));
  ASSERT_GE(told.trials.size(), 3);
  EXPECT_EQ(told.trials[2].state, TrialState::kComplete);
}

TEST_P(RunnerConformance, AnErrorOfTheStrategyEndsTrialsThatRun) {
  Setup setup;
  setup.strategy.Set("tell_error_at", 1);
  const Ran ran =
      Run(MakeModel(
              [](int64_t id, const LambdaModel::Step& step) -> absl::StatusOr<std::vector<double>> {
                if (id > 1) return WaitForStop(step);
                return X(id, step);
              }),
          setup);
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
  const Ran ran = Run(MakeModel(X), setup);
  EXPECT_EQ(ran.summary.status().code(), absl::StatusCode::kInternal);
  EXPECT_TRUE(absl::StrContains(ran.summary.status().message(), "budget of -1"))
      << ran.summary.status();
}

TEST_P(RunnerConformance, AMetricThatTheModelLacksIsAnErrorBeforeAnyTrial) {
  Setup setup;
  setup.study.metrics = {"value", "los"};
  const LambdaModel model({{"value", Goal::kMinimize}, {"loss", Goal::kMinimize}}, 1,
                          [](const LambdaModel::Step&) {
                            return std::vector<double>{1, 1};
                          });
  const Ran ran = Run(model, setup);
  EXPECT_EQ(ran.summary.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(ran.summary.status().message(), "did you mean \"loss\""))
      << ran.summary.status();
  EXPECT_TRUE(ran.trials.empty());
}

TEST_P(RunnerConformance, AParameterThatIsBothFixedAndTunedIsAnErrorBeforeAnyTrial) {
  Setup setup;
  setup.fixed.Set("x", 0.5);
  const Ran ran = Run(MakeModel(X), setup);
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
