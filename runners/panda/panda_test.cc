#include "runners/panda/panda.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "core/checkpoint_store.h"
#include "core/option_schema.h"
#include "core/random.h"
#include "gtest/gtest.h"
#include "runners/conformance.h"
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

constexpr int64_t kEpochs = 27;
constexpr int kBatches = 40;

// A model whose loss depends on the history of its learning rate as a network's does: gradient
// descent on the noisy quadratic sum h w^2 / 2 with curvatures from 1 to 0.01. It diverges above a
// rate of 2, hardly moves at small ones, and does not settle at large ones.
class Quadratic final : public Model {
 public:
  struct Options {
    bool saves = true;
    // From this epoch on, a learning rate above `nan_above` gives NaN.
    int64_t nan_from = std::numeric_limits<int64_t>::max();
    double nan_above = 0;
  };

  Quadratic(const Options& options, double rate, double units, uint64_t seed)
      : options_(options), rate_(rate), units_(units), seed_(seed) {
    RandomStream rng(seed, 0, 0);
    for (double& w : w_) w = 5 + rng.Uniform();
  }

  absl::StatusOr<std::vector<double>> Train(int64_t steps, const StopToken&) override {
    for (int64_t i = 0; i < steps; ++i) {
      ++epoch_;
      RandomStream rng(seed_, epoch_, 1);
      for (int batch = 0; batch < kBatches; ++batch) {
        for (int k = 0; k < 3; ++k) {
          const double noise = rng.Uniform() + rng.Uniform() + rng.Uniform() - 1.5;
          w_[k] -= rate_ * (kCurvatures[k] * w_[k] + 0.5 * noise);
        }
      }
      if (epoch_ >= options_.nan_from && rate_ > options_.nan_above) w_[0] = std::nan("");
    }
    double loss = 0.05;
    for (int k = 0; k < 3; ++k) loss += kCurvatures[k] * w_[k] * w_[k] / 2;
    return std::vector<double>{loss};
  }

  absl::StatusOr<std::string> Save() const override {
    if (!options_.saves) return absl::UnimplementedError("no");
    return absl::StrFormat("%d %.17g %d %.17g %.17g %.17g", kEpochs, units_, epoch_, w_[0], w_[1],
                           w_[2]);
  }
  absl::Status Load(absl::string_view state) override {
    if (!options_.saves) return absl::UnimplementedError("no");
    const std::vector<std::string> parts = absl::StrSplit(state, ' ');
    double units = 0;
    if (parts.size() != 6 || !absl::SimpleAtod(parts[1], &units) || units != units_ ||
        !absl::SimpleAtoi(parts[2], &epoch_)) {
      return absl::InvalidArgumentError("a state of other units");
    }
    for (int k = 0; k < 3; ++k) {
      if (!absl::SimpleAtod(parts[3 + k], &w_[k])) return absl::InvalidArgumentError("no state");
    }
    return absl::OkStatus();
  }

 private:
  static constexpr double kCurvatures[] = {1, 0.2, 0.01};

  const Options options_;
  const double rate_, units_;
  const uint64_t seed_;
  int64_t epoch_ = 0;
  double w_[3];
};

class QuadraticFactory final : public ModelFactory {
 public:
  explicit QuadraticFactory(Quadratic::Options options = {})
      : options_(options),
        space_(*SearchSpace::Create(
            {Parameter::Float("learning_rate", 1e-4, 10, Scale::kLog).Default(0.2),
             Parameter::Int("units", 1, 8).Default(4)})) {}

  const SearchSpace& default_space() const override { return space_; }
  const std::vector<Metric>& metrics() const override { return metrics_; }
  int64_t max_steps() const override { return kEpochs; }
  std::string unit() const override { return "epoch"; }
  std::vector<std::string> settable() const override { return {"learning_rate"}; }
  absl::StatusOr<std::unique_ptr<Model>> Create(const Value& assignment,
                                                const ModelOptions& options) const override {
    return std::unique_ptr<Model>(
        std::make_unique<Quadratic>(options_, assignment.Find("learning_rate")->number(),
                                    assignment.Find("units")->number(), options.seed));
  }

 private:
  const Quadratic::Options options_;
  const SearchSpace space_;
  const std::vector<Metric> metrics_ = {{"loss", Goal::kMinimize}};
};

StudyConfig QuadraticStudy(uint64_t seed = 1) {
  StudyConfig config;
  config.space = QuadraticFactory().default_space();
  config.objectives = {{"loss", Goal::kMinimize}};
  config.seed = seed;
  return config;
}

struct Ran {
  std::unique_ptr<Study> study;
  absl::StatusOr<RunSummary> summary = absl::UnknownError("not run");
  std::vector<std::string> notes;
};

struct Case {
  const QuadraticFactory* model = nullptr;
  uint64_t seed = 1;
  std::string options;
  Value enqueue;
  int64_t trials = 0;
  CheckpointStore* checkpoints = nullptr;
  const StudyPlace* place = nullptr;
};

std::unique_ptr<Ran> RunPanda(const Case& setup) {
  static const auto* const kModel = new QuadraticFactory();
  auto ran = std::make_unique<Ran>();
  StudyHooks hooks;
  hooks.on_note = [notes = &ran->notes](absl::string_view line) { notes->emplace_back(line); };
  auto study = setup.place == nullptr
                   ? Study::Create(QuadraticStudy(setup.seed), {"witness"}, WitnessPlugins(), hooks)
                   : Study::Attach(QuadraticStudy(setup.seed), {"witness"}, WitnessPlugins(), hooks,
                                   *setup.place);
  EXPECT_TRUE(study.ok()) << study.status();
  ran->study = *std::move(study);
  ran->notes.clear();
  if (!setup.enqueue.is_null()) {
    EXPECT_TRUE(ran->study->Enqueue(setup.enqueue).ok());
  }
  auto runner = kPandaRunner.create(*ParseAssignments(setup.options), "runner", RunnerContext());
  EXPECT_TRUE(runner.ok()) << runner.status();
  RunRequest request = {*ran->study, setup.model != nullptr ? *setup.model : *kModel};
  request.trials = setup.trials;
  request.checkpoints = setup.checkpoints;
  ran->summary = (*runner)->Run(request);
  return ran;
}

std::unique_ptr<Ran> RunFrom(double learning_rate, uint64_t seed = 1) {
  Case setup;
  setup.seed = seed;
  setup.enqueue = Value(Value::Object{{"learning_rate", learning_rate}});
  return RunPanda(setup);
}

int64_t StepsOf(const Study& study) {
  int64_t steps = 0;
  for (const Trial& trial : study.Trials()) steps += static_cast<int64_t>(trial.reports.size());
  return steps;
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
