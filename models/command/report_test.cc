#include "models/command/report.h"

#include <cmath>
#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsNan;

const std::vector<Metric>& TheMetrics() {
  static const auto* const metrics = new std::vector<Metric>{{"error"}, {"loss"}};
  return *metrics;
}

absl::StatusOr<std::optional<Report>> Read(absl::string_view line) {
  const absl::StatusOr<Value> value = ParseLenientJson(line);
  if (!value.ok()) return value.status();
  return ReportFromValue(*value, TheMetrics(), "epoch");
}

Report Good(absl::string_view line) {
  const auto report = Read(line);
  EXPECT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report.ok() && report->has_value()) << line;
  return report.ok() ? report->value_or(Report()) : Report();
}

std::string Message(absl::string_view line) {
  const auto report = Read(line);
  EXPECT_FALSE(report.ok()) << line;
  return std::string(report.status().message());
}

TEST(Report, MetricsComeInTheirOrderWhateverTheLines) {
  const Report report = Good(R"({"loss": 1, "seconds": 3.5, "error": 0.1})");
  EXPECT_THAT(report.metrics, ElementsAre(0.1, 1));
  EXPECT_FALSE(report.step.has_value());
  EXPECT_EQ(report.checkpoint, "");
}

TEST(Report, TheStepStandsUnderStepOrTheUnit) {
  EXPECT_EQ(Good(R"({"step": 3, "error": 0, "loss": 0})").step, 3);
  EXPECT_EQ(Good(R"({"epoch": 4, "error": 0, "loss": 0})").step, 4);
  EXPECT_EQ(Good(R"({"epoch": 4, "step": 400, "error": 0, "loss": 0})").step, 400);
  EXPECT_EQ(Good(R"({"step": 2.0, "error": 0, "loss": 0})").step, 2);
}

TEST(Report, WhatIsNotFiniteIsNotFinite) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_THAT(Good(R"({"error": NaN, "loss": -Infinity})").metrics,
              ElementsAre(IsNan(), -infinity));
  EXPECT_THAT(Good(R"({"error": -nan, "loss": inf})").metrics, ElementsAre(IsNan(), infinity));
  EXPECT_THAT(Good(R"({"error": null, "loss": "inf"})").metrics, ElementsAre(IsNan(), infinity));
  EXPECT_THAT(Good(R"({"note": "NaN \" Infinity", "error": NaN, "loss": 1})").metrics,
              ElementsAre(IsNan(), 1));
}

TEST(Report, OtherObjectsArePassedOver) {
  for (const char* line : {"{}", R"({"step": 3})", R"({"level": "info", "Error": 2})"}) {
    const auto report = Read(line);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_FALSE(report->has_value()) << line;
  }
}

TEST(Report, ErrorsSayWhatIsWrong) {
  EXPECT_EQ(Message(R"({"error": 0.1})"),
            "there is error, but no loss, which \"metrics\" names as well");
  EXPECT_EQ(Message(R"({"error": "0.1", "loss": 0})"), "error is \"0.1\"; it must be a number");
  EXPECT_EQ(Message(R"({"error": 0.1, "loss": true})"), "loss is true; it must be a number");
  EXPECT_EQ(Message(R"({"step": -1, "error": 0.1, "loss": 0})"),
            "step is -1; it must be at least 0");
  EXPECT_THAT(Message(R"({"step": 1.5, "error": 0.1, "loss": 0})"), HasSubstr("step"));
  EXPECT_THAT(Message(R"({"error": 0.1, "loss": 0, "checkpoint": 3})"), HasSubstr("checkpoint"));
  EXPECT_NE(Message("{'error': 0.1, 'loss': 0}"), "");
}

}  // namespace
}  // namespace sturgeon
