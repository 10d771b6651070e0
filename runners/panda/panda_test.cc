#include "runners/panda/panda.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/checkpoint_store.h"
#include "core/option_schema.h"
#include "gtest/gtest.h"
#include "runners/conformance.h"
#include "runners/panda/testing.h"
#include "runners/testing.h"
#include "storage/memory/memory.h"

namespace sturgeon {
namespace {

// One day a model, and models until the limit: a runner like any other.
Value OneDay(const char* more = "") {
  return *ParseAssignments(absl::StrCat("models=0,start=strategy,day=1000", more));
}

INSTANTIATE_TEST_SUITE_P(Panda, RunnerConformance,
                         testing::Values(RunnerCase{"panda", &kPandaRunner, OneDay()},
                                         RunnerCase{"process", &kPandaRunner,
                                                    OneDay(",isolation=process")}),
                         RunnerCaseName);

std::unique_ptr<Ran> RunFrom(double learning_rate, uint64_t seed = 1) {
  Case setup;
  setup.seed = seed;
  setup.enqueue = Value(Value::Object{{"learning_rate", learning_rate}});
  return RunPanda(setup);
}

// The loss of a training at `peak`, cooled down linearly as a user who knows would do it.
double WellTuned(double peak, uint64_t seed) {
  double loss = 0;
  std::string state;
  for (int64_t epoch = 1; epoch <= kEpochs; ++epoch) {
    const double rate = peak * static_cast<double>(kEpochs + 1 - epoch) / (kEpochs + 1);
    Quadratic model({}, rate, 4, seed);
    if (!state.empty()) {
      EXPECT_TRUE(model.Load(state).ok());
    }
    loss = model.Train(1, StopToken())->front();
    state = *model.Save();
  }
  return loss;
}

TEST(Panda, EndsNearTheBestFromABadStart) {
  double best = std::numeric_limits<double>::infinity(), best_rate = 0;
  for (double rate = 0.001; rate < 2; rate *= 1.5) {
    double sum = 0;
    for (uint64_t seed = 0; seed < 20; ++seed) sum += WellTuned(rate, seed) / 20;
    if (sum < best) {
      best = sum;
      best_rate = rate;
    }
  }
  for (const double factor : {1. / 30, 1., 10.}) {
    double sum = 0, untouched = 0;
    for (uint64_t seed = 0; seed < 4; ++seed) {
      const std::unique_ptr<Ran> ran = RunFrom(std::min(best_rate * factor, 10.), seed);
      ASSERT_TRUE(ran->summary.ok()) << ran->summary.status();
      ASSERT_TRUE(ran->study->Best().has_value()) << absl::StrJoin(ran->notes, "\n");
      EXPECT_LE(StepsOf(*ran->study), kEpochs);
      sum += ran->study->Best()->values.front() / 4;
      untouched += WellTuned(best_rate * factor, seed) / 4;
    }
    EXPECT_LT(sum, 1.25 * best) << "from " << factor << " x " << best_rate;
    if (factor != 1) {
      EXPECT_FALSE(untouched < 3 * best);  // it may be NaN
    }
  }
}

TEST(Panda, DaysAreTrialsOfTheStudy) {
  const std::unique_ptr<Ran> ran = RunFrom(0.01);
  const std::vector<Trial> trials = ran->study->Trials();
  std::set<int64_t> snapshots;
  int complete = 0;
  for (const Trial& trial : trials) {
    if (trial.reports.empty()) {
      // Its result is an earlier day's.
      ASSERT_EQ(trial.state, TrialState::kComplete);
      EXPECT_EQ(trial.values, trials[*trial.resume_from].values);
      ++complete;
      continue;
    }
    const int64_t first = trial.reports.step(0);
    const int64_t last = trial.reports.step(trial.reports.size() - 1);
    if (trial.resume_from.has_value()) {
      const ReportLog& before = trials[*trial.resume_from].reports;
      EXPECT_EQ(first, before.step(before.size() - 1) + 1);
    } else {
      EXPECT_EQ(first, 1);
    }
    if (trial.state == TrialState::kStopped) {
      EXPECT_FALSE(trial.reason.empty());
      if (trial.budget.has_value()) {
        EXPECT_EQ(trial.budget, last);
      }
    }
    complete += trial.state == TrialState::kComplete;
  }
  EXPECT_GE(complete, 1);
  EXPECT_EQ(trials.back().state, TrialState::kComplete);
  EXPECT_EQ(StepsOf(*ran->study), kEpochs);
}

TEST(Panda, BeginsWithTheDefaultsUnlessTold) {
  Case setup;
  setup.trials = 1;
  EXPECT_EQ(RunPanda(setup)->study->Trials()[0].point, Point({0.2, 4}));
  setup.enqueue = Value(Value::Object{{"learning_rate", 0.5}, {"units", 2}});
  EXPECT_EQ(RunPanda(setup)->study->Trials()[0].point, Point({0.5, 2}));
  setup.enqueue = Value();
  setup.options = "start=strategy";
  const Point proposed = RunPanda(setup)->study->Trials()[0].point;
  EXPECT_NE(proposed, Point({0.2, 4}));
}

TEST(Panda, AForcedNaNIsRolledBack) {
  Quadratic::Options options;
  options.nan_from = 9;
  options.nan_above = 0.05;
  const QuadraticFactory model(options);
  Case setup;
  setup.model = &model;
  const std::unique_ptr<Ran> ran = RunPanda(setup);
  ASSERT_TRUE(ran->summary.ok()) << ran->summary.status();
  const std::vector<Trial> trials = ran->study->Trials();
  const auto failed = std::find_if(trials.begin(), trials.end(), [](const Trial& trial) {
    return trial.failure == FailureKind::kNotFinite;
  });
  ASSERT_NE(failed, trials.end());
  // The next day goes on from the same snapshot, at a tenth of the rate.
  const Trial& next = trials[failed->id + 1];
  EXPECT_EQ(next.resume_from, failed->resume_from);
  EXPECT_DOUBLE_EQ(next.point[0], failed->point[0] / 10);
  EXPECT_EQ(next.reports.step(0), 9);
  const std::string note =
      absl::StrCat("trial ", failed->id, " failed (loss is nan after epoch 9): back to trial ",
                   *next.resume_from);
  EXPECT_TRUE(std::any_of(ran->notes.begin(), ran->notes.end(), [&](const std::string& line) {
    return absl::StrContains(line, note);
  })) << absl::StrJoin(ran->notes, "\n");
  ASSERT_TRUE(ran->study->Best().has_value());
  EXPECT_LT(ran->study->Best()->values.front(), 0.2);
  EXPECT_EQ(StepsOf(*ran->study), kEpochs);
}

// A clock that goes on by a minute at each step of the models.
class SteppedClock {
 public:
  SteppedClock() : model_(WithStep()) {}
  const QuadraticFactory& model() const { return model_; }
  std::function<absl::Time()> Read() {
    return [this] { return now_; };
  }

 private:
  Quadratic::Options WithStep() {
    Quadratic::Options options;
    options.on_step = [this] { now_ += absl::Minutes(1); };
    return options;
  }

  absl::Time now_ = absl::UnixEpoch();
  const QuadraticFactory model_;
};

TEST(PandaMinutes, TheFirstDayIsMeasuredAndTheOthersHaveAsManySteps) {
  SteppedClock clock;
  Case setup;
  setup.model = &clock.model();
  setup.clock = clock.Read();
  setup.options = "minutes=2.5";
  const std::unique_ptr<Ran> ran = RunPanda(setup);
  ASSERT_TRUE(ran->summary.ok()) << ran->summary.status();
  EXPECT_EQ(StepsOf(*ran->study), kEpochs);
  for (const Trial& trial : ran->study->Trials()) {
    if (!trial.reports.empty()) {
      EXPECT_EQ(trial.reports.size(), 3u) << trial.id;
    }
  }
  // From there on it is the study whose days are three steps long.
  Case by_steps;
  by_steps.options = "day=3";
  EXPECT_EQ(DescribeTrials(*ran->study), DescribeTrials(*RunPanda(by_steps)->study));
}

TEST(PandaMinutes, ADayHasOneStepAtLeastAndTheTrainingAtMost) {
  Case setup;
  setup.options = "minutes=1e-12";
  EXPECT_EQ(DescribeTrials(*RunPanda(setup)->study), DescribeTrials(*RunPanda({})->study));
  setup.options = "minutes=1e6";
  const std::unique_ptr<Ran> ran = RunPanda(setup);
  ASSERT_EQ(ran->study->Trials().size(), 1u);
  EXPECT_EQ(ran->study->Trials()[0].state, TrialState::kComplete);
  EXPECT_EQ(ran->study->Trials()[0].reports.size(), static_cast<size_t>(kEpochs));
}

class PandaResume : public testing::Test {
 protected:
  PandaResume() : storage_(&absl::Now) {
    StudyRecord record;
    record.config = QuadraticStudy();
    record.config.metrics = {"loss"};
    place_.storage = &storage_;
    place_.study = *storage_.CreateStudy(record);
  }

  MemoryStorage storage_;
  StudyPlace place_;
};

TEST_F(PandaResume, GoesOnFromItsLastDayAsIfThereHadBeenNoBreak) {
  const std::string unbroken = DescribeTrials(*RunPanda({})->study);
  CheckpointOptions options;
  options.root = testing::TempDir() + "/panda_resume";
  options.study = "study";
  auto checkpoints = CheckpointStore::Open(options);
  ASSERT_TRUE(checkpoints.ok());
  (*checkpoints)->Clear();
  Case setup;
  setup.place = &place_;
  setup.checkpoints = checkpoints->get();
  for (const int64_t trials : {1, 3, 9, 14, 0}) {
    setup.trials = trials;
    const std::unique_ptr<Ran> ran = RunPanda(setup);
    ASSERT_TRUE(ran->summary.ok()) << ran->summary.status();
    for (const std::string& note : ran->notes) {
      EXPECT_FALSE(absl::StrContains(note, "once more")) << note;
    }
    if (trials == 0) {
      EXPECT_EQ(DescribeTrials(*ran->study), unbroken);
    }
  }
}

TEST_F(PandaResume, TrainsTheDaysAnewWhoseSnapshotsAreGone) {
  const std::string unbroken = DescribeTrials(*RunPanda({})->study);
  Case setup;
  setup.place = &place_;
  setup.trials = 9;
  RunPanda(setup);
  setup.trials = 0;
  const std::unique_ptr<Ran> ran = RunPanda(setup);
  EXPECT_EQ(DescribeTrials(*ran->study), unbroken);
  EXPECT_TRUE(absl::StartsWith(ran->notes[0], "going on from trial ")) << ran->notes[0];
  EXPECT_TRUE(absl::StrContains(ran->notes[1], "once more")) << ran->notes[1];
  // A study that is over stays so.
  EXPECT_EQ(DescribeTrials(*RunPanda(setup)->study), unbroken);
}

TEST(Panda, AModelThatCannotBeSavedIsTrainedInOneDay) {
  Quadratic::Options options;
  options.saves = false;
  const QuadraticFactory model(options);
  Case setup;
  setup.model = &model;
  const std::unique_ptr<Ran> ran = RunPanda(setup);
  const std::vector<Trial> trials = ran->study->Trials();
  ASSERT_EQ(trials.size(), 2);
  EXPECT_EQ(trials[1].state, TrialState::kComplete);
  EXPECT_EQ(trials[1].reports.size(), kEpochs);
}

TEST(Panda, BadOptionsAreErrors) {
  for (const char* const options : {"nudge=rate", "nudge=nothing", "start=anywhere", "day=-1"}) {
    auto runner = kPandaRunner.create(*ParseAssignments(options), "runner", RunnerContext());
    if (!runner.ok()) continue;
    auto study = Study::Create(QuadraticStudy(), {"witness"}, WitnessPlugins());
    const QuadraticFactory model;
    RunRequest request = {**study, model};
    EXPECT_EQ((*runner)->Run(request).status().code(), absl::StatusCode::kInvalidArgument)
        << options;
  }
  StudyConfig two = QuadraticStudy();
  two.metrics = {"loss", "other"};
  two.objectives.push_back({"other", Goal::kMinimize});
  auto study = Study::Create(two, {"witness"}, WitnessPlugins());
  ASSERT_TRUE(study.ok()) << study.status();
  auto runner = PandaRunner::Create({}, {});
  const QuadraticFactory model;
  RunRequest request = {**study, model};
  EXPECT_EQ((*runner)->Run(request).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sturgeon
