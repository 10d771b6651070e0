#include "runners/caviar/caviar.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "core/random.h"
#include "gtest/gtest.h"
#include "runners/conformance.h"
#include "runners/cores.h"
#include "runners/sequential/sequential.h"
#include "runners/testing.h"

namespace sturgeon {
namespace {

Value Options(absl::string_view text) { return *ParseAssignments(text); }
Value Deterministic(absl::string_view schedule, int width, int parallelism) {
  return Options(absl::StrCat("deterministic=true,schedule=", schedule, ",width=", width,
                              ",parallelism=", parallelism));
}

INSTANTIATE_TEST_SUITE_P(
    Caviar, RunnerConformance,
    testing::Values(RunnerCase{"all_cores", &kCaviarRunner},
                    RunnerCase{"one", &kCaviarRunner, Options("parallelism=1")},
                    RunnerCase{"four", &kCaviarRunner, Options("parallelism=4"), 4},
                    RunnerCase{"window_one", &kCaviarRunner, Deterministic("window", 1, 4)},
                    RunnerCase{"window_wide", &kCaviarRunner, Deterministic("window", 8, 2), 2},
                    RunnerCase{"window_narrow", &kCaviarRunner, Deterministic("window", 3, 8), 3},
                    RunnerCase{"rounds_wide", &kCaviarRunner, Deterministic("rounds", 8, 2), 2},
                    RunnerCase{"rounds_narrow", &kCaviarRunner, Deterministic("rounds", 3, 8), 3},
                    RunnerCase{"processes", &kCaviarRunner,
                               Options("parallelism=4,isolation=process"), 4},
                    RunnerCase{"window_processes", &kCaviarRunner,
                               Options("deterministic=true,width=3,isolation=process"),
                               std::min(3, UsableCores())}),
    RunnerCaseName);

struct Ran {
  std::string trials;
  std::vector<std::string> calls;  // that the strategy got
};

Ran RunStudy(const RunnerPlugin& plugin, const Value& options, const ModelFactory& model,
             int64_t trials, const Value& strategy = Value::Object()) {
  Ran ran;
  StudyHooks hooks;
  hooks.on_note = [&](absl::string_view call) { ran.calls.emplace_back(call); };
  auto study = Study::Create(SmallStudy(), {"witness", strategy}, WitnessPlugins(), hooks);
  auto runner = plugin.create(options, "runner", RunnerContext());
  if (!study.ok() || !runner.ok()) {
    ADD_FAILURE() << study.status() << runner.status();
    return ran;
  }
  RunRequest request = {**study, model};
  request.trials = trials;
  const absl::StatusOr<RunSummary> summary = (*runner)->Run(request);
  EXPECT_TRUE(summary.ok()) << summary.status();
  ran.trials = DescribeTrials(**study);
  return ran;
}

// Two trials, then two more once these have ended, as the rungs of successive halving come.
class TwoByTwo : public Strategy {
 public:
  struct NoOptions {};
  static const Schema<NoOptions>& OptionSchema() {
    static const auto* const schema = new Schema<NoOptions>();
    return *schema;
  }
  static absl::StatusOr<std::unique_ptr<Strategy>> Create(NoOptions, const StrategyContext&) {
    return std::unique_ptr<Strategy>(new TwoByTwo());
  }

  absl::StatusOr<std::vector<Proposal>> Ask(const AskRequest& request) override {
    const bool some = request.first_id < 2 || (told_ >= 2 && request.first_id < 4);
    if (some) return std::vector<Proposal>{{{0.5, 0.5, 0}, std::nullopt, std::nullopt}};
    if (told_ == 1 && !empty_answer->HasBeenNotified()) empty_answer->Notify();
    return std::vector<Proposal>();
  }
  absl::Status Tell(absl::Span<const Trial* const> finished) override {
    told_ += finished.size();
    return absl::OkStatus();
  }

  static absl::Notification* empty_answer;

 private:
  size_t told_ = 0;
};
absl::Notification* TwoByTwo::empty_answer = nullptr;

constexpr StrategyPlugin kTwoByTwo = MakeStrategyPlugin<TwoByTwo>("two_by_two", "For tests.");

TEST(CaviarTest, AWorkerThatFindsNothingWaitsForWhatOthersResultsBring) {
  absl::Notification empty_answer;
  TwoByTwo::empty_answer = &empty_answer;
  Plugins plugins;
  ASSERT_TRUE(plugins.strategies.Add(kTwoByTwo).ok());
  // The second trial ends when the first one's worker has found nothing to do; the third and the
  // fourth when both run.
  std::atomic<int> begun{0};
  absl::Notification together;
  const LambdaModel model(
      {{"value", Goal::kMinimize}}, 1,
      [&](const LambdaModel::Step&) -> absl::StatusOr<std::vector<double>> {
        const int number = begun++;
        if (number == 1) empty_answer.WaitForNotification();
        if (number == 3) together.Notify();
        if (number == 2 && !together.WaitForNotificationWithTimeout(absl::Minutes(2))) {
          return absl::DeadlineExceededError("the other worker has gone");
        }
        return std::vector<double>{1.0};
      });
  const auto study = Study::Create(SmallStudy(), {"two_by_two"}, plugins);
  ASSERT_TRUE(study.ok()) << study.status();
  const auto runner = kCaviarRunner.create(Options("parallelism=2"), "runner", RunnerContext());
  const absl::StatusOr<RunSummary> summary = (*runner)->Run({**study, model});
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->complete, 4);
  EXPECT_EQ(summary->end, RunEnd::kExhausted);
}

// Six steps, of which every one takes a time that depends on `timing`.
LambdaModel Jittery(uint64_t timing) {
  return LambdaModel({{"value", Goal::kMinimize}}, 6, [timing](const LambdaModel::Step& step) {
    Dawdle(timing, step);
    if (step.step == 4 && step.seed % 8 == 0) throw "thrown on purpose";
    const double x = step.assignment.Find("x")->number();
    return std::vector<double>{x / static_cast<double>(step.step)};
  });
}

struct DeterministicCase {
  std::string schedule;
  int width;
};

void PrintTo(const DeterministicCase& tested, std::ostream* os) {
  *os << tested.schedule << tested.width;
}

TEST(Caviar, SaysHowManyTrialsWillBeUnderWay) {
  const auto parallelism = [](const char* options) {
    const auto runner = kCaviarRunner.create(Options(options), "runner", RunnerContext());
    EXPECT_TRUE(runner.ok()) << runner.status();
    return runner.ok() ? (*runner)->Parallelism() : 0;
  };
  EXPECT_GE(parallelism(""), 1);
  EXPECT_EQ(parallelism("parallelism=3"), 3);
  // What the strategy sees, whatever the number of threads.
  EXPECT_EQ(parallelism("parallelism=3,deterministic=true,width=5"), 5);
}

class DeterministicCaviar : public testing::TestWithParam<DeterministicCase> {};

TEST_P(DeterministicCaviar, TheStudyIsTheSameForAnyNumberOfThreadsAndTiming) {
  for (const double stop_share : {0., 0.1}) {
    const Value strategy = Options(absl::StrCat("stop_share=", stop_share));
    const auto run = [&](int threads, uint64_t timing) {
      return RunStudy(kCaviarRunner, Deterministic(GetParam().schedule, GetParam().width, threads),
                      Jittery(timing), 50, strategy);
    };
    const Ran expected = run(1, 0);
    EXPECT_FALSE(expected.trials.empty());
    for (const int threads : {2, 8, 64}) {
      for (const uint64_t timing : {1, 2, 3}) {
        const Ran ran = run(threads, timing);
        ASSERT_EQ(ran.calls, expected.calls) << threads << " threads";
        ASSERT_EQ(ran.trials, expected.trials) << threads << " threads";
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Schedules, DeterministicCaviar,
    testing::Values(DeterministicCase{"window", 1}, DeterministicCase{"window", 3},
                    DeterministicCase{"window", 8}, DeterministicCase{"rounds", 1},
                    DeterministicCase{"rounds", 3}, DeterministicCase{"rounds", 8}),
    [](const testing::TestParamInfo<DeterministicCase>& tested) {
      return absl::StrCat(tested.param.schedule, tested.param.width);
    });

TEST(Caviar, AWindowOrRoundsOfWidthOneAreTheSequentialRunner) {
  const Value strategy = Options("stop_share=0.1");
  const Ran sequential = RunStudy(kSequentialRunner, Value::Object(), Jittery(0), 30, strategy);
  for (const char* schedule : {"window", "rounds"}) {
    const Ran ran =
        RunStudy(kCaviarRunner, Deterministic(schedule, 1, 4), Jittery(1), 30, strategy);
    EXPECT_EQ(ran.calls, sequential.calls);
    EXPECT_EQ(ran.trials, sequential.trials);
  }
}

// One step and nothing but the objective: no reports.
LambdaModel Plain() {
  return LambdaModel({{"value", Goal::kMinimize}}, 1, [](const LambdaModel::Step& step) {
    return std::vector<double>{step.assignment.Find("x")->number()};
  });
}

TEST(Caviar, InAWindowOfThreeTrialNIsAskedForWhenTrialNMinusThreeWasTold) {
  EXPECT_EQ(RunStudy(kCaviarRunner, Deterministic("window", 3, 2), Plain(), 5).calls,
            std::vector<std::string>({
                "ask 0 x1 pending",
                "ask 1 x1 pending 0",
                "ask 2 x1 pending 0 1",
                "tell 0 complete",
                "ask 3 x1 pending 1 2",
                "tell 1 complete",
                "ask 4 x1 pending 2 3",
                "tell 2 complete",
                "tell 3 complete",
                "tell 4 complete",
            }));
}

TEST(Caviar, InRoundsOfThreeTrialsAreAskedForWhenAllBeforeWereTold) {
  EXPECT_EQ(RunStudy(kCaviarRunner, Deterministic("rounds", 3, 2), Plain(), 5).calls,
            std::vector<std::string>({
                "ask 0 x3 pending",
                "tell 0 complete",
                "tell 1 complete",
                "tell 2 complete",
                "ask 3 x2 pending",
                "tell 3 complete",
                "tell 4 complete",
            }));
}

// Trial 0 ends last, trial 1 reports and ends while it still runs.
TEST(Caviar, ReportsAreHeldBackUntilTheTrialsBeforeAreTold) {
  absl::Notification trial_1_ended;
  const uint64_t seed_0 = RandomStream(SmallStudy().seed, 0, kModelStream)();
  const uint64_t seed_1 = RandomStream(SmallStudy().seed, 1, kModelStream)();
  const LambdaModel model({{"value", Goal::kMinimize}}, 2, [&](const LambdaModel::Step& step) {
    // Trial 1 has handed in both of its reports once another trial is made in its thread.
    if (step.seed == seed_0) trial_1_ended.WaitForNotification();
    if (step.seed != seed_0 && step.seed != seed_1 && !trial_1_ended.HasBeenNotified()) {
      trial_1_ended.Notify();
    }
    return std::vector<double>{static_cast<double>(step.step)};
  });
  EXPECT_EQ(RunStudy(kCaviarRunner, Deterministic("rounds", 3, 2), model, 3).calls,
            std::vector<std::string>({
                "ask 0 x3 pending",
                "report 0 step 1",
                "report 0 step 2",
                "tell 0 complete",
                "report 1 step 1",
                "report 1 step 2",
                "tell 1 complete",
                "report 2 step 1",
                "report 2 step 2",
                "tell 2 complete",
            }));
}

// Trial 1 trains on for ever; what it reported at first turns out to stop it.
TEST(Caviar, ATrialThatTurnsOutToBeStoppedIsToldAtOnceAndCutOff) {
  absl::Notification trial_1_reported;
  const uint64_t seed_1 = RandomStream(SmallStudy().seed, 1, kModelStream)();
  const LambdaModel model(
      {{"value", Goal::kMinimize}}, 3,
      [&](const LambdaModel::Step& step) -> absl::StatusOr<std::vector<double>> {
        if (step.seed != seed_1) {
          if (step.step == 1) trial_1_reported.WaitForNotification();
        } else if (step.step == 2) {
          trial_1_reported.Notify();
          while (!step.stop.stop_requested()) std::this_thread::yield();
          return absl::CancelledError("");
        }
        return std::vector<double>{static_cast<double>(step.step)};
      });
  const Ran ran =
      RunStudy(kCaviarRunner, Deterministic("window", 2, 2), model, 2, Options("stop_share=1.0"));
  EXPECT_EQ(ran.calls,
            std::vector<std::string>({"ask 0 x1 pending", "ask 1 x1 pending 0", "report 0 step 1",
                                      "tell 0 stopped", "report 1 step 1", "tell 1 stopped"}));
}

TEST(Caviar, AsynchronouslyNoTrialWaitsForAnother) {
  // Trial 0 ends when all others have.
  absl::Mutex mutex;
  int ended = 0;
  const uint64_t seed_0 = RandomStream(SmallStudy().seed, 0, kModelStream)();
  const LambdaModel model({{"value", Goal::kMinimize}}, 1, [&](const LambdaModel::Step& step) {
    const auto others_ended = [&] { return ended == 9; };
    absl::MutexLock lock(&mutex);
    if (step.seed == seed_0) {
      mutex.Await(absl::Condition(&others_ended));
    } else {
      ++ended;
    }
    return std::vector<double>{0};
  });
  const Ran ran = RunStudy(kCaviarRunner, Options("parallelism=2"), model, 10);
  EXPECT_EQ(ran.calls.size(), 20);
}

TEST(Caviar, AWrongScheduleNamesTheRightOnes) {
  const auto runner = kCaviarRunner.create(Options("schedule=windows"), "runner caviar", {});
  EXPECT_EQ(runner.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(runner.status().message().find("one of window, rounds"), std::string::npos)
      << runner.status();
}

TEST(Cores, ThereIsAtLeastOne) {
  EXPECT_GE(UsableCores(), 1);
  EXPECT_LE(UsableCores(), std::max(1u, std::thread::hardware_concurrency()));
}

}  // namespace
}  // namespace sturgeon
