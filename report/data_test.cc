#include "report/data.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/json.h"
#include "core/space.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

ReportStudy TwoTrials() {
  ReportStudy study;
  study.config.name = "a \"<name>\"";
  study.config.seed = 18446744073709551615u;
  study.config.objectives = {{"error"}, {"accuracy", Goal::kMaximize}};
  study.config.metrics = {"error", "accuracy", "loss"};
  study.config.unit = "epoch";
  study.config.max_steps = 3;
  study.config.space = *SearchSpace::Create(
      {Parameter::Float("rate", 1e-4, 1, Scale::kLog),
       Parameter::Categorical("__proto__", {"sgd", "adam"}),
       Parameter::Float("beta", 0.9, 0.999, Scale::kReverseLog).When("__proto__", {"adam"})});
  Trial good;
  good.id = 0;
  good.state = TrialState::kComplete;
  good.point = {0.1, 1, 0.99};
  good.values = {1.0 / 3, 0.5};
  good.started = 1e9;
  good.seconds = 2.5;
  good.reports.Add(1, {0.5, 0.25, 2});
  good.reports.Add(2, {1.0 / 3, 0.5, kNaN});
  Trial bad;
  bad.id = 1;
  bad.state = TrialState::kFailed;
  bad.failure = FailureKind::kTimeout;
  bad.reason = "too slow";
  bad.point = {0.2, 0, kNaN};
  bad.resume_from = 0;
  study.trials = {good, bad};
  study.workers = {"", "host:1:2"};
  return study;
}

Value Parsed(const ReportStudy& study) {
  const absl::StatusOr<Value> value = ParseJson(ReportJson(study), "report");
  EXPECT_TRUE(value.ok()) << value.status();
  return value.ok() ? *value : Value();
}

std::string Column(const Value& study, const char* name) {
  return WriteJson(*study.Find("trials")->Find(name));
}

TEST(ReportJson, TrialsAreColumns) {
  const Value study = Parsed(TwoTrials());
  EXPECT_EQ(study.Find("name")->string(), "a \"<name>\"");
  EXPECT_EQ(study.Find("seed")->string(), "18446744073709551615");
  EXPECT_EQ(study.Find("unit")->string(), "epoch");
  EXPECT_EQ(WriteJson(*study.Find("reasons")), R"(["", "too slow"])");
  EXPECT_EQ(WriteJson(*study.Find("workers")), R"(["", "host:1:2"])");
  EXPECT_EQ(study.Find("states")->list()[2].string(), "complete");
  EXPECT_EQ(study.Find("failures")->list()[5].string(), "timeout");

  EXPECT_EQ(Column(study, "id"), "[0, 1]");
  EXPECT_EQ(Column(study, "state"), "[2, 4]");
  EXPECT_EQ(Column(study, "failure"), "[0, 5]");
  EXPECT_EQ(Column(study, "reason"), "[0, 1]");
  EXPECT_EQ(Column(study, "worker"), "[0, 1]");
  EXPECT_EQ(Column(study, "resume_from"), "[null, 0]");
  EXPECT_EQ(Column(study, "steps"), "[2, 0]");
  EXPECT_EQ(Column(study, "params"), "[[0.1, 0.2], [1, 0], [0.99, null]]");
  EXPECT_EQ(Column(study, "values"), "[[0.3333333333333333, null], [0.5, null]]");
  EXPECT_EQ(Column(study, "constraints"), "[]");
  const Value& reports = *study.Find("trials")->Find("reports");
  EXPECT_EQ(WriteJson(*reports.Find("count")), "[2, 0]");
  EXPECT_EQ(WriteJson(*reports.Find("step")), "[1, 2]");
  EXPECT_EQ(WriteJson(*reports.Find("values")),
            "[[0.5, 0.3333333333333333], [0.25, 0.5], [2, null]]");
  EXPECT_FALSE(reports.Find("thinned")->boolean());
}

TEST(ReportJson, NumbersReadBack) {
  ReportStudy study = TwoTrials();
  study.config.objectives = {{"x"}};
  study.config.metrics = {};
  const std::vector<double> numbers = {0.1,  1e300, -5e-324, 123456789012345678.0,
                                       -0.0, 1e21,  3,       0.30000000000000004};
  study.trials.clear();
  study.workers.clear();
  for (const double number : numbers) {
    Trial trial;
    trial.id = static_cast<int64_t>(study.trials.size());
    trial.state = TrialState::kComplete;
    trial.values = {number};
    study.trials.push_back(trial);
  }
  const Value parsed = Parsed(study);
  const Value::List& values = parsed.Find("trials")->Find("values")->list()[0].list();
  ASSERT_EQ(values.size(), numbers.size());
  for (size_t i = 0; i < numbers.size(); ++i) EXPECT_EQ(values[i].number(), numbers[i]) << i;
}

TEST(ReportJson, AnEmptyStudyIsOne) {
  ReportStudy study;
  EXPECT_EQ(Column(Parsed(study), "id"), "[]");
  EXPECT_EQ(Column(Parsed(study), "values"), "[[]]");
}

TEST(ReportJson, ManyReportsAreThinnedBetweenTheFirstAndTheLast) {
  ReportStudy study;
  const int64_t rows = static_cast<int64_t>(kMostReportRows) / 2 + 1000;
  for (int64_t id = 0; id < 2; ++id) {
    Trial trial;
    trial.id = id;
    trial.state = TrialState::kComplete;
    trial.values = {1};
    for (int64_t step = 1; step <= rows; ++step) trial.reports.Add(step, {1.5});
    study.trials.push_back(trial);
  }
  const Value parsed = Parsed(study);
  const Value& reports = *parsed.Find("trials")->Find("reports");
  EXPECT_TRUE(reports.Find("thinned")->boolean());
  const Value::List& steps = reports.Find("step")->list();
  const int64_t each = reports.Find("count")->list()[0].integer();
  EXPECT_EQ(steps.size(), kMostReportRows);
  EXPECT_EQ(steps[0].integer(), 1);
  EXPECT_EQ(steps[each - 1].integer(), rows);
  EXPECT_EQ(steps[each].integer(), 1);
  EXPECT_EQ(steps.back().integer(), rows);
}

TEST(AddImportance, HasTwoMeasuresForEachObjective) {
  ReportStudy study = TwoTrials();
  study.trials.clear();
  for (int i = 0; i < 40; ++i) {
    Trial trial;
    trial.id = i;
    trial.state = TrialState::kComplete;
    trial.point = {std::pow(10, -0.1 * i), static_cast<double>(i * 7 % 2), kNaN};
    trial.values = {static_cast<double>(i), static_cast<double>(i * 7 % 2)};
    study.trials.push_back(trial);
  }
  Trial lost;  // before its point was known
  lost.id = 40;
  lost.state = TrialState::kFailed;
  study.trials.push_back(lost);
  AddImportance(&study);
  ASSERT_EQ(study.importance.size(), 4u);
  for (const size_t k : {0, 1}) {
    const ReportImportance& overall = study.importance[2 * k];
    const ReportImportance& near_the_best = study.importance[2 * k + 1];
    EXPECT_EQ(overall.measure, "fanova");
    EXPECT_EQ(near_the_best.measure, "ped_anova");
    EXPECT_LT(near_the_best.quantile, 1);
    for (const ReportImportance& entry : {overall, near_the_best}) {
      EXPECT_EQ(entry.metric, k == 0 ? "error" : "accuracy");
      EXPECT_GT(entry.shares[k], 0.6) << entry.measure;
      EXPECT_LE(entry.lows[k], entry.shares[k]);
      EXPECT_GE(entry.highs[k], entry.shares[k]);
    }
  }
  const Value parsed = Parsed(study);
  const Value& first = parsed.Find("importance")->list()[0];
  for (const char* column : {"shares", "lows", "highs"}) {
    EXPECT_EQ(first.Find(column)->list().size(), 3u) << column;
  }
  EXPECT_GT(first.Find("explained")->number(), 0.5);
}

}  // namespace
}  // namespace sturgeon
