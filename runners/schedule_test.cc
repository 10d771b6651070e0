#include "runners/schedule.h"

#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "core/json.h"
#include "core/model.h"
#include "core/space.h"
#include "core/storage.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "core/value.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

SearchSpace Space() {
  return *SearchSpace::Create({
      Parameter::Float("rate", 0, 1).Default(0.5),
      Parameter::Int("units", 1, 9).Default(3),
      Parameter::Categorical("kind", {"a", "b"}),
      Parameter::Float("extra", 0, 1).When("kind", {"b"}),
  });
}

class Factory final : public ModelFactory {
 public:
  const SearchSpace& default_space() const override { return space_; }
  const std::vector<Metric>& metrics() const override { return metrics_; }
  std::string unit() const override { return "epoch"; }
  int64_t max_steps() const override { return 10; }
  std::vector<std::string> settable() const override { return {"rate", "kind", "extra"}; }
  absl::StatusOr<std::unique_ptr<Model>> Create(const Value&, const ModelOptions&) const override {
    return absl::UnimplementedError("nobody trains it");
  }

 private:
  const SearchSpace space_ = Space();
  const std::vector<Metric> metrics_ = {{"loss", Goal::kMinimize}};
};

absl::StatusOr<Schedule> Read(const std::string& json) {
  const absl::StatusOr<Value> value = ParseJson(json, "s.json");
  EXPECT_TRUE(value.ok()) << value.status();
  return ScheduleFromValue(*value, "s.json");
}

std::string ReadError(const std::string& json) {
  return std::string(Read(json).status().message());
}

TEST(ScheduleFile, ComesBackFromWhatIsWritten) {
  const std::string text =
      R"({"unit": "epoch", "origin": 2, "days": [{"until": 1, "params": {"rate": 0.1}}, {"until": 7}]})";
  const absl::StatusOr<Schedule> schedule = Read(text);
  ASSERT_TRUE(schedule.ok()) << schedule.status();
  EXPECT_EQ(schedule->unit, "epoch");
  EXPECT_EQ(schedule->origin, 2);
  ASSERT_EQ(schedule->days.size(), 2u);
  EXPECT_EQ(schedule->days[1].until, 7);
  EXPECT_EQ(WriteJson(ToValue(*schedule)), text);
}

TEST(ScheduleFile, ErrorsSayWhereAndWhatWouldBeRight) {
  EXPECT_THAT(ReadError("[]"), StartsWith("s.json: expected an object"));
  EXPECT_THAT(ReadError("{}"), HasSubstr("s.json: days: expected a list of days, such as "));
  EXPECT_THAT(ReadError(R"({"days": []})"), HasSubstr("got an empty one"));
  EXPECT_THAT(ReadError(R"({"days": 3})"), HasSubstr("got an integer"));
  EXPECT_THAT(ReadError(R"({"day": [{"until": 1}]})"), HasSubstr("days"));
  EXPECT_THAT(ReadError(R"({"days": [{"until": 1}], "seed": 4})"), HasSubstr("\"seed\""));
  EXPECT_THAT(ReadError(R"({"days": [{"untill": 1}]})"), HasSubstr("s.json: days[0]"));
  EXPECT_EQ(ReadError(R"({"days": [{"until": 0}]})"),
            "s.json: days[0]: until: 0 is too small; the least is 1");
  EXPECT_EQ(ReadError(R"({"days": [{"until": 5}, {"until": 5}]})"),
            "s.json: days[1]: until: 5 is too small; the day before ends at 5");
  EXPECT_THAT(ReadError(R"({"days": [{"until": 1.5}]})"),
              HasSubstr("s.json: days[0]: until: expected an integer"));
  EXPECT_EQ(ReadError(R"({"days": [{"until": 1, "params": [1]}]})"),
            "s.json: days[0]: params: expected an object of parameters, got a list");
  EXPECT_THAT(ReadError(R"({"origin": -1, "days": [{"until": 1}]})"),
              HasSubstr("origin: must be at least 0"));
}

std::string FitError(const std::string& json) {
  const absl::StatusOr<Schedule> schedule = Read(json);
  EXPECT_TRUE(schedule.ok()) << schedule.status();
  return std::string(FitSchedule(*schedule, Space(), Factory()).status().message());
}

TEST(ScheduleFit, DaysTakeOverWhatTheyDoNotName) {
  const auto days = FitSchedule(
      *Read(R"({"unit": "epoch", "days": [{"until": 2, "params": {"rate": 0.1}}, {"until": 3,
            "params": {"kind": "b", "extra": 0.25}}, {"until": 4}, {"until": 10,
            "params": {"kind": "a", "rate": 0}}]})"),
      Space(), Factory());
  ASSERT_TRUE(days.ok()) << days.status();
  ASSERT_EQ(days->size(), 4u);
  EXPECT_EQ((*days)[0].point[0], 0.1);
  EXPECT_EQ((*days)[0].point[1], 3);  // its default
  EXPECT_TRUE(std::isnan((*days)[0].point[3]));
  EXPECT_EQ((*days)[2].point, Point({0.1, 3, 1, 0.25}));
  EXPECT_EQ((*days)[3].until, 10);
  EXPECT_EQ((*days)[3].point[0], 0);
  EXPECT_TRUE(std::isnan((*days)[3].point[3]));
}

TEST(ScheduleFit, WhatDoesNotFitIsAnError) {
  EXPECT_EQ(FitError(R"({"unit": "minute", "days": [{"until": 2}]})"),
            R"(unit: the schedule counts in "minute", the model in "epoch")");
  EXPECT_EQ(FitError(R"({"unit": "epoch", "days": [{"until": 11}]})"),
            "days[0]: until: 11 is more than a full training, 10 epochs");
  EXPECT_THAT(FitError(R"({"unit": "epoch", "days": [{"until": 1, "params": {"rat": 1}}]})"),
              HasSubstr(R"(days[0]: params: unknown parameter "rat"; did you mean "rate"?)"));
  EXPECT_THAT(FitError(R"({"unit": "epoch", "days": [{"until": 1, "params": {"rate": 7}}]})"),
              HasSubstr("days[0]: params: rate: 7 is out of range"));
  EXPECT_EQ(FitError(R"({"unit": "epoch", "days": [{"until": 1, "params": {"units": 2}},
                         {"until": 2, "params": {"units": 4}}]})"),
            "days[1]: units changes, which the model does not let change in mid-training; what it "
            "does: rate, kind, extra");
}

// Trials of a study, by hand.
class ScheduleOfTest : public testing::Test {
 protected:
  ScheduleOfTest() {
    study_.space = Space();
    study_.metrics = {"loss"};
    study_.unit = "epoch";
  }

  TrialRecord& Add(std::optional<int64_t> from, int64_t first, int64_t last, double rate) {
    TrialRecord record;
    record.trial.id = static_cast<int64_t>(records_.size());
    record.trial.state = TrialState::kStopped;
    record.trial.resume_from = from;
    record.trial.point = {rate, 3, 0, std::nan("")};
    for (int64_t step = first; step <= last; ++step) record.trial.reports.Add(step, {0.5});
    record.trial.values = {0.5};
    records_.push_back(std::move(record));
    return records_.back();
  }
  absl::StatusOr<Schedule> Of(int64_t trial) const {
    return ScheduleOf(study_, trial, [this](int64_t number) -> absl::StatusOr<TrialRecord> {
      if (number < 0 || number >= static_cast<int64_t>(records_.size())) {
        return absl::NotFoundError(absl::StrCat("no trial ", number));
      }
      return records_[number];
    });
  }

  StudyConfig study_;
  std::vector<TrialRecord> records_;
};

TEST_F(ScheduleOfTest, FollowsWhatATrialWentOnFrom) {
  Add(std::nullopt, 1, 1, 0.9);
  Add(std::nullopt, 1, 1, 0.5);
  Add(1, 2, 4, 0.5);
  Add(2, 5, 5, 0.9);
  Add(2, 5, 6, 0.25);
  Add(4, 1, 0, 0.25).trial.state = TrialState::kComplete;  // it took the model of trial 4
  for (const int64_t trial : {4, 5}) {
    const absl::StatusOr<Schedule> schedule = Of(trial);
    ASSERT_TRUE(schedule.ok()) << schedule.status();
    EXPECT_EQ(
        WriteJson(ToValue(*schedule)),
        R"({"unit": "epoch", "origin": 1, "days": [{"until": 1, "params": {"rate": 0.5, )"
        R"("units": 3, "kind": "a"}}, {"until": 4}, {"until": 6, "params": {"rate": 0.25}}]})");
  }
}

TEST_F(ScheduleOfTest, ARepetitionHasTheRandomNumbersOfWhatItRepeats) {
  Add(std::nullopt, 1, 3, 0.5).trial.state = TrialState::kFailed;
  Add(std::nullopt, 4, 4, 0.5).retry_of = 0;
  Add(1, 5, 9, 0.1);
  const absl::StatusOr<Schedule> schedule = Of(2);
  ASSERT_TRUE(schedule.ok()) << schedule.status();
  EXPECT_EQ(schedule->origin, 0);
  ASSERT_EQ(schedule->days.size(), 2u);
  EXPECT_EQ(schedule->days[0].until, 4);
  EXPECT_EQ(schedule->days[1].until, 9);
}

TEST_F(ScheduleOfTest, WhatHasNotTrainedIsAnError) {
  TrialRecord& failed = Add(std::nullopt, 1, 0, 0.5);
  failed.trial.state = TrialState::kFailed;
  failed.trial.values.clear();
  failed.trial.reason = "out of memory";
  EXPECT_EQ(Of(0).status().message(), "trial 0 has trained no epoch: out of memory");
  EXPECT_EQ(Of(7).status().message(), "no trial 7");
  // Another program's file may go round in circles.
  Add(2, 1, 1, 0.5);
  Add(1, 2, 2, 0.5);
  EXPECT_THAT(Of(2).status().message(), HasSubstr("trial 1 goes on from a later one"));
}

}  // namespace
}  // namespace sturgeon
