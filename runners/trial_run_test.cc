#include "runners/trial_run.h"

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/checkpoint_store.h"
#include "core/failure.h"
#include "core/random.h"
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

TEST_F(TrialRunnerTest, StopAndPauseEndATrial) {
  const std::pair<Decision, const char*> decisions[] = {
      {Decision::kStop, "stopped by the strategy after step 2"},
      {Decision::kPause, "paused by the strategy after step 2"}};
  for (const auto& [decision, reason] : decisions) {
    const auto outcome =
        Run(steps_, Trial(), [decision = decision](int64_t step, absl::Span<const double>) {
          return step == 2 ? decision : Decision::kContinue;
        });
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_EQ(outcome->state, TrialState::kStopped);
    EXPECT_EQ(outcome->values, Values({2}));
    EXPECT_EQ(outcome->reason, reason);
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

TEST_F(TrialRunnerTest, AModelMaySayHowItFailed) {
  const LambdaModel killed({{"value", Goal::kMinimize}}, 1, [](const LambdaModel::Step&) {
    return FailureStatus(FailureKind::kSignal, "its process was killed");
  });
  auto outcome = Run(killed, Trial(), Continue);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->failure, FailureKind::kSignal);
  EXPECT_EQ(outcome->reason, "its process was killed");

  const LambdaModel greedy({{"value", Goal::kMinimize}}, 1,
                           [](const LambdaModel::Step&) -> absl::StatusOr<std::vector<double>> {
                             throw std::bad_alloc();
                           });
  outcome = Run(greedy, Trial(), Continue);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->failure, FailureKind::kOutOfMemory);
}

TEST_F(TrialRunnerTest, AnErrorOfTheReportIsNoOutcome) {
  const auto outcome = Run(steps_, Trial(), [](int64_t, absl::Span<const double>) {
    return absl::FailedPreconditionError("gone");
  });
  EXPECT_EQ(outcome.status(), absl::FailedPreconditionError("gone"));
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

// A model whose metric depends on its seed, its x and all of its steps, and that can be saved.
struct Walk {
  int64_t max_steps = 6;
  int64_t throw_at = 0;  // the step that throws, once
  bool can_save = true, save_throws = false, load_refuses = false;
  int created = 0, trained = 0;
  std::vector<std::string> artifacts;
};

class WalkModel final : public Model {
 public:
  WalkModel(Walk* walk, double x, uint64_t seed) : walk_(walk), x_(x), seed_(seed) {}

  absl::StatusOr<std::vector<double>> Train(int64_t steps, const StopToken&) override {
    for (int64_t i = 0; i < steps; ++i) {
      ++walk_->trained;
      if (++step_ == walk_->throw_at) {
        walk_->throw_at = 0;
        throw std::runtime_error("a bad day");
      }
      where_ = where_ / 2 + x_ * RandomStream(seed_, step_, kFirstPluginStream).Uniform();
    }
    return std::vector<double>{where_};
  }
  absl::StatusOr<std::string> Save() const override {
    if (!walk_->can_save) return Model::Save();
    if (walk_->save_throws) throw std::runtime_error("no paper");
    return absl::StrCat(step_, " ", absl::StrFormat("%a", where_));
  }
  absl::Status Load(absl::string_view state) override {
    if (!walk_->can_save) return Model::Load(state);
    if (walk_->load_refuses) return absl::InvalidArgumentError("another shape");
    const std::vector<std::string> parts = absl::StrSplit(state, ' ');
    where_ = std::strtod(parts.at(1).c_str(), nullptr);
    return absl::SimpleAtoi(parts.at(0), &step_) ? absl::OkStatus() : absl::DataLossError(state);
  }

 private:
  Walk* const walk_;
  const double x_;
  const uint64_t seed_;
  int64_t step_ = 0;
  double where_ = 0;
};

class WalkFactory final : public ModelFactory {
 public:
  explicit WalkFactory(Walk* walk) : walk_(walk) {}
  const SearchSpace& default_space() const override { return space_; }
  const std::vector<Metric>& metrics() const override { return metrics_; }
  std::string unit() const override { return "mile"; }
  int64_t max_steps() const override { return walk_->max_steps; }
  absl::StatusOr<std::unique_ptr<Model>> Create(const Value& assignment,
                                                const ModelOptions& options) const override {
    ++walk_->created;
    walk_->artifacts.push_back(options.artifacts);
    return std::unique_ptr<Model>(
        std::make_unique<WalkModel>(walk_, assignment.Find("x")->number(), options.seed));
  }

 private:
  Walk* const walk_;
  const SearchSpace space_;
  const std::vector<Metric> metrics_ = {{"value", Goal::kMinimize}};
};

class TrialRunnerCheckpointTest : public TrialRunnerTest {
 protected:
  TrialRunnerCheckpointTest() {
    const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
    options_.root = absl::StrCat(testing::TempDir(), "/trial_run_", test.name());
    options_.study = "walks";
    options_.model = "walk";
    options_.note = [this](absl::string_view line) { notes_.emplace_back(line); };
  }

  struct Ran {
    Outcome outcome;
    std::vector<std::pair<int64_t, double>> reports;
  };

  // Runs a trial with the store, or without one where there is none.
  Ran RunTrial(const Suggestion& trial, int64_t pause_at = 0, int64_t stop_at = 0) {
    Ran ran;
    const auto runner = TrialRunner::Create(study_, factory_, fixed_, store_.get());
    EXPECT_TRUE(runner.ok()) << runner.status();
    auto outcome = runner->Run(trial, StopToken(), absl::InfiniteDuration(),
                               [&](int64_t step, absl::Span<const double> metrics) {
                                 ran.reports.emplace_back(step, metrics[0]);
                                 return step == pause_at  ? Decision::kPause
                                        : step == stop_at ? Decision::kStop
                                                          : Decision::kContinue;
                               });
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    if (outcome.ok()) ran.outcome = *std::move(outcome);
    return ran;
  }

  Suggestion Numbered(int64_t id) const {
    Suggestion trial = Trial();
    trial.id = id;
    return trial;
  }

  void OpenStore() {
    auto store = CheckpointStore::Open(options_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    store_->Clear();
  }

  Walk walk_;
  const WalkFactory factory_{&walk_};
  CheckpointOptions options_;
  std::unique_ptr<CheckpointStore> store_;
  std::vector<std::string> notes_;
};

using Reports = std::vector<std::pair<int64_t, double>>;

Reports From(const Reports& reports, int64_t first_step) {
  Reports tail;
  for (const auto& report : reports) {
    if (report.first >= first_step) tail.push_back(report);
  }
  return tail;
}

TEST_F(TrialRunnerCheckpointTest, ABudgetIsGoneOnFrom) {
  const Ran whole = RunTrial(Numbered(3));
  OpenStore();
  Suggestion first = Numbered(3), second = Numbered(8), third = Numbered(9);
  first.budget = 2;
  second.budget = 4;
  second.resume_from = 3;
  third.resume_from = 8;
  const Ran ran = RunTrial(first);
  EXPECT_EQ(ran.outcome.state, TrialState::kComplete);
  EXPECT_EQ(ran.outcome.values, Values({whole.reports[1].second}));
  EXPECT_TRUE(store_->Has(3));
  walk_.trained = 0;
  RunTrial(second);
  EXPECT_EQ(walk_.trained, 2);
  const Ran last = RunTrial(third);
  EXPECT_EQ(last.reports, From(whole.reports, 5));
  EXPECT_EQ(last.outcome.values, whole.outcome.values);
  EXPECT_FALSE(store_->Has(9));  // it was trained to the end, and `every` is 0
  EXPECT_TRUE(store_->Has(3));   // another trial may start from it as well
  EXPECT_TRUE(notes_.empty());
}

TEST_F(TrialRunnerCheckpointTest, ARetryGoesOnWhereTheTrialBroke) {
  const Ran whole = RunTrial(Numbered(3));
  options_.every = 2;
  OpenStore();
  walk_.throw_at = 6;
  EXPECT_EQ(RunTrial(Numbered(3)).outcome.failure, FailureKind::kException);
  EXPECT_EQ(store_->Load(3)->step, 4);
  Suggestion retry = Numbered(8);
  retry.retry_of = 3;
  walk_.throw_at = 5;  // the retry breaks as well, before it was saved anew
  EXPECT_EQ(RunTrial(retry).outcome.failure, FailureKind::kException);
  EXPECT_FALSE(store_->Has(3));
  EXPECT_EQ(store_->Load(8)->step, 4);
  retry = Numbered(9);
  retry.retry_of = 8;
  walk_.trained = 0;
  const Ran ran = RunTrial(retry);
  EXPECT_EQ(walk_.trained, 2);
  EXPECT_EQ(ran.reports, From(whole.reports, 5));
  EXPECT_EQ(ran.outcome.state, TrialState::kComplete);
  EXPECT_EQ(ran.outcome.values, whole.outcome.values);
}

TEST_F(TrialRunnerCheckpointTest, ARetryThatHasNothingOfItsOwnStartsWhereTheTrialDid) {
  OpenStore();
  Suggestion first = Numbered(3), broken = Numbered(8), retry = Numbered(9);
  first.budget = 2;
  RunTrial(first);
  broken.resume_from = retry.resume_from = 3;
  retry.retry_of = 8;
  walk_.throw_at = 3;
  EXPECT_EQ(RunTrial(broken).outcome.failure, FailureKind::kException);
  walk_.trained = 0;
  RunTrial(retry);
  EXPECT_EQ(walk_.trained, 4);
}

TEST_F(TrialRunnerCheckpointTest, ACheckpointOfTheLastStepIsTheOutcome) {
  Suggestion trial = Numbered(3), retry = Numbered(4);
  trial.budget = retry.budget = 4;
  retry.retry_of = 3;
  OpenStore();
  const Ran ran = RunTrial(trial);  // and its process dies before it could tell
  walk_.trained = 0;
  const Ran again = RunTrial(retry);
  EXPECT_EQ(walk_.trained, 0);
  EXPECT_TRUE(again.reports.empty());
  EXPECT_EQ(again.outcome.state, TrialState::kComplete);
  EXPECT_EQ(again.outcome.values, ran.outcome.values);
  // Another trial may go on from it still.
  store_->Ended(
      [&] {
        ::sturgeon::Trial ended;
        ended.id = 4;
        ended.state = TrialState::kStopped;
        return ended;
      }(),
      study_, false);
  EXPECT_TRUE(store_->Has(4));
}

TEST_F(TrialRunnerCheckpointTest, SavesWhenItShould) {
  const auto step_saved = [&](int64_t id) {
    const auto checkpoint = store_->Load(id);
    return checkpoint.ok() ? checkpoint->step : 0;
  };
  OpenStore();
  RunTrial(Numbered(0));
  RunTrial(Numbered(1), /*pause_at=*/3);
  RunTrial(Numbered(2), 0, /*stop_at=*/3);
  EXPECT_EQ(step_saved(0), 0);
  EXPECT_EQ(step_saved(1), 3);
  EXPECT_EQ(step_saved(2), 0);
  options_.every = 4;
  OpenStore();
  RunTrial(Numbered(0));
  RunTrial(Numbered(1), /*pause_at=*/5);
  RunTrial(Numbered(2), 0, /*stop_at=*/5);
  RunTrial(Numbered(3), 0, /*stop_at=*/4);
  EXPECT_EQ(step_saved(0), 6);
  EXPECT_EQ(step_saved(1), 5);
  EXPECT_EQ(step_saved(2), 4);
  EXPECT_EQ(step_saved(3), 0);
}

TEST_F(TrialRunnerCheckpointTest, WithoutACheckpointItTrainsFromTheStart) {
  const Ran whole = RunTrial(Numbered(9));
  Suggestion trial = Numbered(9);
  trial.resume_from = 3;
  trial.retry_of = 4;
  EXPECT_EQ(RunTrial(trial).reports, whole.reports);  // no store
  OpenStore();
  EXPECT_EQ(RunTrial(trial).reports, whole.reports);
  EXPECT_TRUE(notes_.empty());
}

TEST_F(TrialRunnerCheckpointTest, WithoutACheckpointTheSeedIsThatOfTheOrigin) {
  const Ran whole = RunTrial(Numbered(3));
  Suggestion trial = Numbered(9);
  trial.resume_from = 7;
  trial.origin = 3;
  EXPECT_EQ(RunTrial(trial).reports, whole.reports);
}

TEST_F(TrialRunnerCheckpointTest, AModelThatCannotBeSavedIsRunFromTheStart) {
  options_.every = 1;
  OpenStore();
  Suggestion first = Numbered(3), second = Numbered(9);
  first.budget = 2;
  RunTrial(first);
  second.resume_from = 3;
  walk_.can_save = false;
  const Ran ran = RunTrial(second);
  EXPECT_EQ(ran.reports.size(), 6u);
  EXPECT_EQ(ran.outcome.state, TrialState::kComplete);
  EXPECT_FALSE(store_->Has(9));
  EXPECT_TRUE(notes_.empty());
}

TEST_F(TrialRunnerCheckpointTest, ARefusedCheckpointFailsTheTrialButNotARetry) {
  OpenStore();
  Suggestion first = Numbered(3), second = Numbered(9);
  first.budget = 2;
  RunTrial(first);
  walk_.load_refuses = true;
  second.resume_from = 3;
  const Ran ran = RunTrial(second);
  EXPECT_EQ(ran.outcome.failure, FailureKind::kError);
  EXPECT_EQ(ran.outcome.reason,
            "trial 9 cannot start from the checkpoint of trial 3: another shape");
  second.resume_from.reset();
  second.retry_of = 3;
  EXPECT_EQ(RunTrial(second).outcome.state, TrialState::kComplete);
  ASSERT_EQ(notes_.size(), 1u);
  EXPECT_TRUE(absl::StrContains(notes_[0], "another shape")) << notes_[0];
}

TEST_F(TrialRunnerCheckpointTest, ACheckpointBeyondTheBudgetIsRefused) {
  OpenStore();
  Suggestion first = Numbered(3), second = Numbered(9);
  first.budget = 4;
  RunTrial(first);
  second.budget = 2;
  second.resume_from = 3;
  const Ran ran = RunTrial(second);
  EXPECT_EQ(ran.outcome.failure, FailureKind::kError);
  EXPECT_TRUE(absl::StrContains(ran.outcome.reason, "it is of mile 4; the trial ends at 2"))
      << ran.outcome.reason;
}

TEST_F(TrialRunnerCheckpointTest, ADamagedCheckpointIsAsGoodAsNone) {
  OpenStore();
  Suggestion first = Numbered(3), second = Numbered(9);
  first.budget = 2;
  RunTrial(first);
  std::ofstream(options_.root + "/walks/trial-000003/paused-000002.ckpt") << "SturgCk";
  second.resume_from = 3;
  EXPECT_EQ(RunTrial(second).reports.size(), 6u);
  ASSERT_EQ(notes_.size(), 1u);
  EXPECT_TRUE(absl::StrContains(notes_[0], "paused-000002.ckpt: it is cut off")) << notes_[0];
}

TEST_F(TrialRunnerCheckpointTest, WhereNothingCanBeWrittenTrialsGoOn) {
  options_.every = 1;
  options_.max_bytes = 10;
  OpenStore();
  EXPECT_EQ(RunTrial(Numbered(1)).outcome.state, TrialState::kComplete);
  EXPECT_EQ(RunTrial(Numbered(2)).outcome.state, TrialState::kComplete);
  ASSERT_EQ(notes_.size(), 1u);
  EXPECT_TRUE(absl::StrContains(notes_[0], "trial 1 at step 1")) << notes_[0];
}

TEST_F(TrialRunnerCheckpointTest, AModelThatThrowsWhileItIsSavedGoesOn) {
  options_.every = 1;
  OpenStore();
  walk_.save_throws = true;
  EXPECT_EQ(RunTrial(Numbered(1)).outcome.state, TrialState::kComplete);
  ASSERT_EQ(notes_.size(), 1u);
  EXPECT_TRUE(absl::StrContains(notes_[0], "trial 1 cannot be saved: no paper")) << notes_[0];
}

TEST_F(TrialRunnerCheckpointTest, TrainingTimeAddsUpOverABreak) {
  study_.metrics = {kTrainSeconds};
  study_.objectives = {{kTrainSeconds, Goal::kMinimize}};
  OpenStore();
  Checkpoint checkpoint;
  checkpoint.trial = 3;
  checkpoint.step = 5;
  checkpoint.train_seconds = 1000;
  checkpoint.metrics = {0};
  checkpoint.state = "5 0";
  ASSERT_TRUE(store_->Save(checkpoint, true).ok());
  Suggestion trial = Numbered(4);
  trial.resume_from = 3;
  const Ran ran = RunTrial(trial);
  EXPECT_GE(ran.outcome.values.at(0), 1000);
  EXPECT_LT(ran.outcome.values.at(0), 2000);
}

TEST_F(TrialRunnerCheckpointTest, TheModelGetsAFolderForItsArtifacts) {
  RunTrial(Numbered(1));
  OpenStore();
  RunTrial(Numbered(1));
  EXPECT_EQ(walk_.artifacts,
            std::vector<std::string>({"", options_.root + "/walks/trial-000001/artifacts"}));
}

}  // namespace
}  // namespace sturgeon
