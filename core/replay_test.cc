#include "core/replay.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "core/plugins.h"
#include "core/space.h"
#include "core/storage.h"
#include "core/study.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/memory/memory.h"

namespace sturgeon {
namespace {

using ::testing::HasSubstr;

StudyConfig Config() {
  StudyConfig config;
  config.space =
      *SearchSpace::Create({Parameter::Float("x", 0, 1), Parameter::Categorical("kind", {"a", "b"}),
                            Parameter::Float("y", 1e-3, 1, Scale::kLog).When("kind", {"a"})});
  config.metrics = {"value"};
  config.seed = 5;
  config.trials = 40;
  return config;
}

double Loss(const Point& point) { return (point[0] - 0.3) * (point[0] - 0.3) + point[1]; }

class ReplayTest : public ::testing::TestWithParam<std::string> {
 protected:
  ReplayTest() : plugins_(*Plugins::FromLinked()), storage_(&absl::Now) {
    StudyRecord record;
    record.config = Config();
    place_.storage = &storage_;
    place_.study = *storage_.CreateStudy(record);
  }

  std::unique_ptr<Study> Attach() {
    auto study = Study::Attach(Config(), {GetParam()}, plugins_, {}, place_);
    EXPECT_TRUE(study.ok()) << study.status();
    return *std::move(study);
  }
  static void Tell(Study& study, const Suggestion& trial) {
    const Outcome outcome = trial.id % 7 == 3 ? Outcome::Failed(FailureKind::kError, "no")
                                              : Outcome::Complete({Loss(trial.point)});
    ASSERT_TRUE(study.Tell(trial.id, outcome).ok());
  }
  static Suggestion Ask(Study& study) {
    const auto trials = study.Ask(1);
    EXPECT_TRUE(trials.ok() && trials->size() == 1) << trials.status();
    return trials->front();
  }
  Replayed Run(const std::vector<TrialRecord>& trials) {
    const auto replayed = Replay(trials, plugins_, [](absl::string_view) {
      return ReplayPlan{Config(), {GetParam()}};
    });
    EXPECT_TRUE(replayed.ok()) << replayed.status();
    return replayed.ok() ? *replayed : Replayed();
  }
  std::vector<TrialRecord> Stored() { return *ReadForReplay(storage_, place_.study); }

  const Plugins plugins_;
  MemoryStorage storage_;
  StudyPlace place_;
};

TEST_P(ReplayTest, AStudyInOneProcess) {
  const auto study = Attach();
  ASSERT_TRUE(study->Enqueue(Value(Value::Object{{"x", 0.25}})).ok());
  for (int i = 0; i < 5; ++i) Tell(*study, Ask(*study));
  // Batches whose trials end in another order, and some never.
  for (int i = 0; i < 5; ++i) {
    const auto batch = *study->Ask(4);
    for (size_t k = batch.size(); k-- > 1;) Tell(*study, batch[k]);
  }
  const Replayed replayed = Run(Stored());
  EXPECT_FALSE(replayed.difference.has_value()) << replayed.difference->what;
  EXPECT_EQ(replayed.proposals, 24);
  EXPECT_EQ(replayed.told, 1);
}

TEST_P(ReplayTest, TwoProcessesThatLearnOfEachOtherLate) {
  const auto a = Attach(), b = Attach();
  for (int i = 0; i < 6; ++i) {
    const Suggestion here = Ask(*a), there = Ask(*b);
    Tell(*b, there);
    Tell(*a, Ask(*a));
    Tell(*a, here);
  }
  // Both are this process, so they share a worker's name, and one knows less than the other.
  EXPECT_FALSE(Run(Stored()).difference.has_value());
  // As they would be named in processes of their own.
  std::vector<TrialRecord> trials = Stored();
  for (TrialRecord& record : trials) record.worker = record.trial.id % 3 == 1 ? "b" : "a";
  EXPECT_EQ(Run(trials).proposals, 18);
}

TEST_P(ReplayTest, AStudyThatWasResumed) {
  for (int part = 0; part < 3; ++part) {
    const auto study = Attach();
    for (int i = 0; i < 6; ++i) Tell(*study, Ask(*study));
  }
  EXPECT_EQ(Run(Stored()).proposals, 18);
}

TEST_P(ReplayTest, WhatWasTamperedWithIsFound) {
  const auto study = Attach();
  for (int i = 0; i < 20; ++i) Tell(*study, Ask(*study));
  std::vector<TrialRecord> trials = Stored();
  const double stored = trials[12].trial.point[0];
  trials[12].trial.point[0] = stored + 1e-15;
  Replayed replayed = Run(trials);
  ASSERT_TRUE(replayed.difference.has_value());
  EXPECT_EQ(replayed.difference->trial, 12);
  EXPECT_EQ(replayed.difference->parameter, "x");
  EXPECT_EQ(replayed.difference->replayed, stored);
  EXPECT_EQ(replayed.proposals, 12);

  trials = Stored();
  trials[5].asked->first_id = 17;
  EXPECT_THAT(Run(trials).difference->what, HasSubstr("makes no sense"));
  trials = Stored();
  trials[9].trial.state = TrialState::kRunning;
  EXPECT_EQ(Run(trials).difference->trial, 10);
  EXPECT_THAT(Run(trials).difference->what, HasSubstr("has not ended now"));
  trials = Stored();
  trials[9].trial.budget = 3;
  EXPECT_THAT(Run(trials).difference->what, HasSubstr("budget is stored as 3"));
}

INSTANTIATE_TEST_SUITE_P(Strategies, ReplayTest, ::testing::Values("random", "tpe", "gp"),
                         [](const auto& test) { return test.param; });

TEST(ReplayOfStrategiesThatLearnTest, AnOtherResultIsFound) {
  const Plugins plugins = *Plugins::FromLinked();
  MemoryStorage storage(&absl::Now);
  StudyRecord record;
  record.config = Config();
  const StudyPlace place = {&storage, *storage.CreateStudy(record)};
  const auto study = *Study::Attach(Config(), {"gp"}, plugins, {}, place);
  for (int i = 0; i < 30; ++i) {
    const Suggestion trial = study->Ask(1)->front();
    ASSERT_TRUE(study->Tell(trial.id, Outcome::Complete({Loss(trial.point)})).ok());
  }
  std::vector<TrialRecord> trials = *ReadForReplay(storage, place.study);
  for (int i = 0; i < 20; ++i) trials[i].trial.values[0] = -trials[i].trial.values[0];
  const auto replayed = Replay(trials, plugins, [](absl::string_view) {
    return ReplayPlan{Config(), {"gp"}};
  });
  ASSERT_TRUE(replayed->difference.has_value());
  EXPECT_GT(replayed->difference->trial, 1);
}

}  // namespace
}  // namespace sturgeon
