// Studies in a storage: several of them, as several processes would have, on the same trials.

#include <cmath>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/option_schema.h"
#include "core/plugins.h"
#include "core/storage.h"
#include "core/study.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/memory/memory.h"

namespace sturgeon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

StudyConfig Config() {
  StudyConfig config;
  config.space = *SearchSpace::Create({Parameter::Float("x", 0, 1), Parameter::Float("y", 0, 1)});
  config.metrics = {"value"};
  config.seed = 5;
  return config;
}

double Loss(const Point& point) { return std::abs(point[0] - 0.3) + std::abs(point[1] - 0.6); }

class SharedStudyTest : public ::testing::Test {
 protected:
  SharedStudyTest() : plugins_(*Plugins::FromLinked()), storage_(&absl::Now) {
    StudyRecord record;
    record.config = Config();
    place_.storage = &storage_;
    place_.study = *storage_.CreateStudy(record);
  }

  std::unique_ptr<Study> Attach(const std::string& strategy = "random") {
    auto study = Study::Attach(Config(), {strategy}, plugins_, {}, place_);
    EXPECT_TRUE(study.ok()) << study.status();
    return *std::move(study);
  }
  std::unique_ptr<Study> InMemory(const std::string& strategy) {
    return *Study::Create(Config(), {strategy}, plugins_);
  }
  std::vector<TrialRecord> Stored() {
    std::vector<TrialRecord> records;
    ReadCursor cursor;
    EXPECT_TRUE(storage_
                    .Read(place_.study, &cursor,
                          [&](TrialRecord record) {
                            records.push_back(std::move(record));
                            return absl::OkStatus();
                          })
                    .ok());
    return records;
  }
  // Asks for one trial and tells its loss.
  static Suggestion Step(Study& study) {
    const auto trials = study.Ask(1);
    EXPECT_TRUE(trials.ok()) << trials.status();
    EXPECT_THAT(*trials, SizeIs(1));
    EXPECT_TRUE(
        study.Tell(trials->front().id, Outcome::Complete({Loss(trials->front().point)})).ok());
    return trials->front();
  }

  const Plugins plugins_;
  MemoryStorage storage_;
  StudyPlace place_;
};

TEST_F(SharedStudyTest, ProposesWhatItWouldInMemory) {
  for (const std::string strategy : {"random", "tpe", "gp"}) {
    StudyRecord record;
    record.config = Config();
    record.config.name = strategy;
    place_.study = *storage_.CreateStudy(record);
    const auto stored = Attach(strategy);
    const auto here = InMemory(strategy);
    for (int i = 0; i < 25; ++i) {
      EXPECT_EQ(Step(*stored).point, Step(*here).point) << strategy << " " << i;
    }
  }
}

TEST_F(SharedStudyTest, ABudgetIsForAllProcessesTogether) {
  StudyConfig config = Config();
  config.max_steps = 10;
  config.budget.steps = 35;
  const auto attach = [&] { return *Study::Attach(config, {"random"}, plugins_, {}, place_); };
  const auto one = attach(), other = attach();
  ASSERT_THAT(*one->Ask(2), SizeIs(2));
  ASSERT_THAT(*other->Ask(2), SizeIs(1));
  EXPECT_TRUE(other->out_of_budget());
  EXPECT_THAT(*one->Ask(1), IsEmpty());
  // What one gives back the other has.
  ASSERT_TRUE(one->Report(0, 1, {0.5}).ok());
  ASSERT_TRUE(one->Tell(0, Outcome::Stopped({0.5}, "enough")).ok());
  ASSERT_THAT(*other->Ask(1), SizeIs(1));
  EXPECT_THAT(*other->Ask(1), IsEmpty());
  EXPECT_EQ(other->counts().total(), 4);
  EXPECT_THAT(Stored(), SizeIs(4));
}

TEST_F(SharedStudyTest, IsThereAgain) {
  const auto whole = InMemory("tpe");
  std::unique_ptr<Study> study;
  for (int i = 0; i < 24; ++i) {
    if (i % 6 == 0) {
      study.reset();
      study = Attach("tpe");
      EXPECT_EQ(study->counts().complete, i);
    }
    EXPECT_EQ(Step(*study).point, Step(*whole).point) << i;
  }
  EXPECT_EQ(study->Best()->values, whole->Best()->values);
}

TEST_F(SharedStudyTest, StoppingRulesKnowTheTrialsThatAreThere) {
  StudyConfig config = Config();
  config.stopping = {{"median", *ParseAssignments("warmup_trials=2")}};
  const auto attach = [&] { return *Study::Attach(config, {"random"}, plugins_, {}, place_); };
  const auto first = attach();
  for (int64_t id = 0; id < 2; ++id) {
    ASSERT_TRUE(first->Ask(1).ok());
    ASSERT_TRUE(first->Report(id, 1, {0.5}).ok());
    ASSERT_TRUE(first->Report(id, 2, {0.25}).ok());
    ASSERT_TRUE(first->Tell(id, Outcome::Complete({0.25})).ok());
  }
  const auto second = attach();
  ASSERT_TRUE(second->Ask(1).ok());
  EXPECT_EQ(*second->Report(2, 1, {0.5}), Decision::kContinue);
  EXPECT_EQ(*second->Report(2, 2, {0.3}), Decision::kStop);
  ASSERT_TRUE(second->Tell(2, Outcome::Stopped({0.3}, "")).ok());
  EXPECT_EQ(Stored()[2].trial.reason,
            "median: value 0.3 up to step 2 is above 0.25, the median of 2 trials");
}

TEST_F(SharedStudyTest, TwoSeeEachOther) {
  const auto a = Attach("tpe"), b = Attach("tpe");
  EXPECT_EQ(Step(*a).id, 0);
  EXPECT_EQ(Step(*b).id, 1);
  const auto running = b->Ask(1);
  EXPECT_EQ(running->front().id, 2);
  EXPECT_EQ(Step(*a).id, 3);
  EXPECT_EQ(a->counts().complete, 3);
  EXPECT_EQ(a->counts().running, 1);
  EXPECT_EQ(a->Get(1)->values, b->Get(1)->values);
  // What runs elsewhere cannot be told here.
  EXPECT_EQ(a->Tell(2, Outcome::Complete({1})).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(b->Tell(2, Outcome::Complete({1})).ok());
  const std::vector<TrialRecord> stored = Stored();
  ASSERT_THAT(stored, SizeIs(4));
  ASSERT_TRUE(stored[3].asked.has_value());
  EXPECT_EQ(stored[3].asked->first_id, 3);
  EXPECT_THAT(stored[3].asked->pending, ElementsAre(2));
  EXPECT_THAT(stored[3].asked->hidden, IsEmpty());
  EXPECT_FALSE(stored[2].worker.empty());
}

TEST_F(SharedStudyTest, EnqueuedTrialsAreTakenOnceByWhoeverComes) {
  const auto a = Attach(), b = Attach();
  ASSERT_TRUE(a->Enqueue(Value(Value::Object{{"x", 0.25}})).ok());
  const auto taken = b->Ask(1);
  EXPECT_EQ(taken->front().id, 0);
  EXPECT_EQ(taken->front().Number("x"), 0.25);
  EXPECT_EQ(taken->front().Number("y"), 0.5);  // its default
  EXPECT_EQ(a->Ask(1)->front().id, 1);
}

TEST_F(SharedStudyTest, AnEnqueuedTrialThatIsNoneFails) {
  ASSERT_TRUE(storage_.Enqueue(place_.study, {Value(Value::Object{{"z", 1}})}).ok());
  const auto study = Attach();
  EXPECT_THAT(*study->Ask(1), IsEmpty());
  EXPECT_EQ(study->Get(0)->state, TrialState::kFailed);
  EXPECT_THAT(Stored()[0].trial.reason, HasSubstr("\"z\""));
  EXPECT_EQ(study->Ask(1)->front().id, 1);
}

TEST_F(SharedStudyTest, FailedTrialsAreRepeatedAsOftenAsSaid) {
  place_.retries = 2;
  const auto study = Attach();
  for (int attempt = 0; attempt < 3; ++attempt) {
    const auto trials = study->Ask(1, /*limit=*/1);
    ASSERT_THAT(*trials, SizeIs(1)) << attempt;
    EXPECT_EQ(trials->front().point, study->Get(0)->point);
    EXPECT_EQ(trials->front().retry_of.has_value(), attempt > 0);
    EXPECT_TRUE(study->Tell(attempt, Outcome::Failed(FailureKind::kError, "no")).ok());
  }
  EXPECT_THAT(*study->Ask(1, 1), IsEmpty());
}

TEST_F(SharedStudyTest, WhatWasCutOffIsNotRepeated) {
  place_.retries = 2;
  const auto study = Attach();
  EXPECT_TRUE(
      study->Tell(study->Ask(1)->front().id, Outcome::Failed(FailureKind::kCancelled, "")).ok());
  EXPECT_THAT(*study->Ask(1, 1), IsEmpty());
}

TEST_F(SharedStudyTest, AWorkerThatComesBackLateIsRefused) {
  const auto late = Attach();
  const int64_t id = late->Ask(1)->front().id;
  ASSERT_THAT(*storage_.SettleLost(place_.study, absl::InfiniteDuration(),
                                   [](absl::string_view) { return true; }, {}),
              ElementsAre(id));
  EXPECT_TRUE(late->Tell(id, Outcome::Complete({0})).ok());
  EXPECT_EQ(late->Get(id)->failure, FailureKind::kLostWorker);
  EXPECT_EQ(late->Best(), std::nullopt);
  EXPECT_EQ(Stored()[id].trial.state, TrialState::kFailed);
  EXPECT_EQ(Step(*late).id, id + 1);
}

TEST_F(SharedStudyTest, WhatTheStorageDoesNotTakeHasNotEnded) {
  int finished = 0;
  StudyHooks hooks;
  hooks.on_finish = [&](const Trial&) { ++finished; };
  const auto study = *Study::Attach(Config(), {"random"}, plugins_, hooks, place_);
  const int64_t id = study->Ask(1)->front().id;
  ASSERT_TRUE(storage_.DeleteStudy(place_.study).ok());
  EXPECT_EQ(study->Tell(id, Outcome::Complete({1})).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(finished, 0);
  EXPECT_EQ(study->counts().running, 1);
  EXPECT_EQ(study->Best(), std::nullopt);
}

TEST_F(SharedStudyTest, TrialsOfOtherToolsThatDoNotFitAreLeftAside) {
  TrialRecord misfit;
  misfit.trial.state = TrialState::kComplete;
  misfit.trial.values = {-100};
  misfit.trial.point = {std::nan(""), 0.5};
  ASSERT_TRUE(storage_.Import(place_.study, {misfit}).ok());
  const auto study = Attach("tpe");
  EXPECT_EQ(study->counts().complete, 1);
  EXPECT_EQ(study->Best(), std::nullopt);
  const Suggestion next = Step(*study);
  EXPECT_EQ(next.id, 1);
  EXPECT_EQ(study->Best()->id, 1);
}

TEST_F(SharedStudyTest, ImportsAreShared) {
  const auto a = Attach(), b = Attach();
  Trial trial;
  trial.state = TrialState::kComplete;
  trial.point = {0.5, 0.5};
  trial.values = {0.125};
  EXPECT_EQ(*a->Import(trial), 0);
  EXPECT_EQ(a->Best()->values[0], 0.125);
  EXPECT_EQ(Step(*b).id, 1);
  EXPECT_EQ(b->Best()->values[0], std::min(0.125, b->Get(1)->values[0]));
}

TEST_F(SharedStudyTest, AnExhaustedStrategyTakesItsNumbersBack) {
  StudyRecord record;
  record.config = Config();
  record.config.name = "small";
  record.config.space = *SearchSpace::Create({Parameter::Categorical("c", {"a", "b", "c"})});
  place_.study = *storage_.CreateStudy(record);
  auto study = *Study::Attach(record.config, {"grid"}, plugins_, {}, place_);
  EXPECT_THAT(*study->Ask(5), SizeIs(3));
  EXPECT_THAT(Stored(), SizeIs(3));
  EXPECT_THAT(*study->Ask(1), IsEmpty());
  EXPECT_EQ(study->counts().total(), 3);
  // The number is free for what comes.
  ASSERT_TRUE(study->Enqueue(Value(Value::Object{{"c", "a"}})).ok());
  EXPECT_EQ(study->Ask(1)->front().id, 3);
}

TEST_F(SharedStudyTest, ManyWorkersLoseNothingAndCountNothingTwice) {
  constexpr int kStudies = 4, kThreads = 3, kTrials = 300;
  place_.retries = 1;
  std::vector<std::unique_ptr<Study>> studies;
  for (int i = 0; i < kStudies; ++i) studies.push_back(Attach());
  std::vector<std::thread> threads;
  for (int t = 0; t < kStudies * kThreads; ++t) {
    threads.emplace_back([&, t] {
      Study& study = *studies[t % kStudies];
      for (;;) {
        const auto trials = study.Ask(1 + t % 2, kTrials);
        ASSERT_TRUE(trials.ok()) << trials.status();
        if (trials->empty()) return;
        for (const Suggestion& trial : *trials) {
          ASSERT_TRUE(study.Report(trial.id, 1, {0.5}).ok());
          const bool fails = trial.id % 10 == 0 && !trial.retry_of.has_value();
          ASSERT_TRUE(study
                          .Tell(trial.id, fails ? Outcome::Failed(FailureKind::kError, "once")
                                                : Outcome::Complete({Loss(trial.point)}))
                          .ok());
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::vector<TrialRecord> stored = Stored();
  int64_t complete = 0, repeats = 0;
  std::set<Point> points;
  for (size_t i = 0; i < stored.size(); ++i) {
    EXPECT_EQ(stored[i].trial.id, i);
    complete += stored[i].trial.state == TrialState::kComplete;
    repeats += stored[i].retry_of.has_value();
    if (!stored[i].retry_of.has_value()) points.insert(stored[i].trial.point);
  }
  EXPECT_EQ(complete, kTrials);
  EXPECT_THAT(stored, SizeIs(kTrials + repeats));
  EXPECT_THAT(points, SizeIs(kTrials));
  // One that comes later sees all of it.
  EXPECT_EQ(Attach()->counts().complete, kTrials);
}

}  // namespace
}  // namespace sturgeon
