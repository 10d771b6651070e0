#include "runners/trial_run.h"

#include <atomic>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runners/testing.h"

namespace sturgeon {
namespace {

// Most of what a trial can end as is in the runners' conformance suite; here is what a runner may
// ask of TrialRunner beside that.
class TrialRunnerTest : public testing::Test {
 protected:
  TrialRunnerTest() { study_.metrics = {"value"}; }

  Suggestion Trial() const {
    Suggestion trial;
    trial.point = study_.space.Default();
    trial.space = &study_.space;
    return trial;
  }

  absl::StatusOr<Outcome> Run(const ModelFactory& model, const Suggestion& trial,
                              const ReportFunction& report, const StopToken& stop = StopToken(),
                              absl::Duration timeout = absl::InfiniteDuration()) const {
    const auto runner = TrialRunner::Create(study_, model, fixed_);
    if (!runner.ok()) return runner.status();
    return runner->Run(trial, stop, timeout, report);
  }

  StudyConfig study_ = SmallStudy();
  Value fixed_ = Value::Object();
  const LambdaModel steps_{{{"value", Goal::kMinimize}}, 3, [](const LambdaModel::Step& step) {
                             return std::vector<double>{static_cast<double>(step.step)};
                           }};
};

absl::StatusOr<Decision> Continue(int64_t, absl::Span<const double>) { return Decision::kContinue; }

TEST_F(TrialRunnerTest, PauseEndsATrialAsStopDoes) {
  for (const Decision decision : {Decision::kStop, Decision::kPause}) {
    const auto outcome = Run(steps_, Trial(), [&](int64_t step, absl::Span<const double>) {
      return step == 2 ? decision : Decision::kContinue;
    });
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_EQ(outcome->state, TrialState::kStopped);
    EXPECT_EQ(outcome->values, Values({2}));
    EXPECT_EQ(outcome->reason, "stopped by the strategy after step 2");
  }
}

TEST_F(TrialRunnerTest, ATrialThatReachedItsEndIsCompleteWhateverTheLastDecision) {
  Suggestion trial = Trial();
  for (const int64_t last : {3, 1}) {
    if (last < 3) trial.budget = last;
    const auto outcome = Run(steps_, trial, [&](int64_t step, absl::Span<const double>) {
      return step == last ? Decision::kStop : Decision::kContinue;
    });
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_EQ(outcome->state, TrialState::kComplete);
    EXPECT_EQ(outcome->values, Values({static_cast<double>(last)}));
  }
}

TEST_F(TrialRunnerTest, AnErrorOfTheReportIsNoOutcome) {
  const auto outcome = Run(steps_, Trial(), [](int64_t, absl::Span<const double>) {
    return absl::FailedPreconditionError("gone");
  });
  EXPECT_EQ(outcome.status(), absl::FailedPreconditionError("gone"));
}

TEST_F(TrialRunnerTest, StartingFromAnotherTrialsCheckpointIsNotSilentlyIgnored) {
  Suggestion trial = Trial();
  trial.resume_from = 5;
  const auto outcome = Run(steps_, trial, Continue);
  EXPECT_EQ(outcome.status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_TRUE(absl::StrContains(outcome.status().message(), "trial 5")) << outcome.status();
}

TEST_F(TrialRunnerTest, CancelledWithoutBeingAskedIsAnErrorOfTheModel) {
  const LambdaModel model({{"value", Goal::kMinimize}}, 1,
                          [](const LambdaModel::Step&) { return absl::CancelledError(""); });
  const auto outcome = Run(model, Trial(), Continue);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->failure, FailureKind::kError);
  EXPECT_EQ(outcome->reason, "CANCELLED");
}

TEST_F(TrialRunnerTest, ATrialSaysWhyItWasCutOff) {
  const std::atomic<bool> set{true};
  const absl::Time past = absl::Now() - absl::Seconds(1);
  const auto cancelled = Run(steps_, Trial(), Continue, StopToken(&set));
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->failure, FailureKind::kCancelled);
  EXPECT_EQ(cancelled->reason, "cancelled");
  const auto late = Run(steps_, Trial(), Continue, StopToken(nullptr, past));
  ASSERT_TRUE(late.ok()) << late.status();
  EXPECT_EQ(late->failure, FailureKind::kCancelled);
  EXPECT_EQ(late->reason, "the study's time was over");
  const auto timeout = Run(steps_, Trial(), Continue, StopToken(), absl::ZeroDuration());
  ASSERT_TRUE(timeout.ok()) << timeout.status();
  EXPECT_EQ(timeout->failure, FailureKind::kTimeout);
  EXPECT_EQ(timeout->reason, "ran for longer than 0");
}

TEST_F(TrialRunnerTest, OneStepIsReportedOnlyForMetricsThatAreNoObjectives) {
  const LambdaModel model({{"loss", Goal::kMinimize}, {"value", Goal::kMinimize}}, 1,
                          [](const LambdaModel::Step&) {
                            return std::vector<double>{2, 1};
                          });
  std::vector<double> reported;
  const auto report = [&](int64_t step, absl::Span<const double> metrics) {
    EXPECT_EQ(step, 1);
    reported.assign(metrics.begin(), metrics.end());
    return Decision::kContinue;
  };
  ASSERT_TRUE(Run(model, Trial(), report).ok());
  EXPECT_TRUE(reported.empty());
  study_.metrics = {"value", "loss"};
  ASSERT_TRUE(Run(model, Trial(), report).ok());
  EXPECT_EQ(reported, std::vector<double>({1, 2}));
}

TEST_F(TrialRunnerTest, SeveralObjectivesComeInTheStudysOrder) {
  study_.objectives = {{"b", Goal::kMaximize}, {"a", Goal::kMinimize}};
  study_.metrics = {"a", "b"};
  const LambdaModel model({{"c", Goal::kMinimize}, {"a", Goal::kMinimize}, {"b", Goal::kMinimize}},
                          1, [](const LambdaModel::Step&) {
                            return std::vector<double>{1, 2, 3};
                          });
  const auto outcome = Run(model, Trial(), Continue);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->values, Values({3, 2}));
}

TEST_F(TrialRunnerTest, ConstraintsAreMeasuredAgainstTheirBounds) {
  study_.metrics = {"value", "size", "recall"};
  study_.constraints = {{"size", 10, false}, {"recall", 0.5, true}};
  double size = 12;
  const LambdaModel model(
      {{"value", Goal::kMinimize}, {"recall", Goal::kMaximize}, {"size", Goal::kMinimize}}, 2,
      [&](const LambdaModel::Step&) {
        return std::vector<double>{1, 0.75, size};
      });
  auto outcome = Run(model, Trial(), Continue);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->state, TrialState::kComplete);
  EXPECT_EQ(outcome->constraints, std::vector<double>({2, -0.25}));

  outcome = Run(model, Trial(), [](int64_t, absl::Span<const double>) { return Decision::kStop; });
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->state, TrialState::kStopped);
  EXPECT_EQ(outcome->constraints, std::vector<double>({2, -0.25}));

  size = std::numeric_limits<double>::infinity();
  outcome = Run(model, Trial(), Continue);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->failure, FailureKind::kNotFinite);
  EXPECT_EQ(outcome->reason, "size is inf after step 1");
}

TEST_F(TrialRunnerTest, TrainingTimeIsMeasuredForAnyModel) {
  study_.metrics = {"value", kTrainSeconds};
  study_.objectives = {{kTrainSeconds, Goal::kMinimize}};
  const absl::Time start = absl::Now();
  double reported = -1;
  const auto outcome = Run(steps_, Trial(), [&](int64_t, absl::Span<const double> metrics) {
    EXPECT_GE(metrics[1], reported);  // it adds up
    reported = metrics[1];
    return Decision::kContinue;
  });
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->values, Values({reported}));
  EXPECT_GE(reported, 0);
  EXPECT_LE(reported, absl::ToDoubleSeconds(absl::Now() - start));
}

TEST_F(TrialRunnerTest, FixedValuesMustBeAnObject) {
  fixed_ = Value(3);
  EXPECT_EQ(Run(steps_, Trial(), Continue).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sturgeon
