#include "storage/optuna_format.h"

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "core/json.h"
#include "core/space.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string Float(const std::string& low, const std::string& high, const std::string& step,
                  bool log = false) {
  return absl::StrCat(R"({"name": "FloatDistribution", "attributes": {"step": )", step,
                      R"(, "low": )", low, R"(, "high": )", high, R"(, "log": )",
                      log ? "true" : "false", "}}");
}
std::string Int(int low, int high, int step) {
  return absl::StrCat(R"({"name": "IntDistribution", "attributes": {"log": false, "step": )", step,
                      R"(, "low": )", low, R"(, "high": )", high, "}}");
}
std::string Choices(const std::string& list) {
  return absl::StrCat(R"({"name": "CategoricalDistribution", "attributes": {"choices": )", list,
                      "}}");
}

TEST(OptunaFormatTest, TimesAreUtcToTheMicrosecond) {
  const absl::Time time = absl::FromUnixMicros(1764054743130996);
  EXPECT_EQ(OptunaTime(time), "2025-11-25 07:12:23.130996");
  EXPECT_EQ(TimeFromOptuna("2025-11-25 07:12:23.130996"), time);
  EXPECT_EQ(TimeFromOptuna("2025-11-25 07:12:23"), absl::FromUnixSeconds(1764054743));
  EXPECT_EQ(TimeFromOptuna("2025-11-25 07:12:23.5"), absl::FromUnixMicros(1764054743500000));
  for (const char* bad : {"", "2025-11-25", "2025-11-25T07:12", "2025-1x-25 07:12:23", "NULL"}) {
    EXPECT_EQ(TimeFromOptuna(bad), std::nullopt) << bad;
  }
}

TEST(OptunaFormatTest, NumbersHaveTypes) {
  for (const double value : {1.5, -0.0, kInfinity, -kInfinity}) {
    EXPECT_EQ(NumberFromOptuna(std::isfinite(value) ? value : 0, OptunaNumberType(value)), value);
  }
  EXPECT_STREQ(OptunaNumberType(std::nan("")), "NAN");
  EXPECT_TRUE(std::isnan(NumberFromOptuna(0, "NAN")));
}

TEST(OptunaFormatTest, DistributionsThatOptunaHasComeBack) {
  for (const std::string& json : {Float("-1.5", "2.5", "null"), Float("1e-05", "1.0", "null", true),
                                  Float("0.0", "0.9", "0.1"), Int(1, 9, 1), Int(0, 10, 5),
                                  Choices(R"(["a", null, true, 3, 2.5])")}) {
    const absl::StatusOr<Parameter> parameter = ParameterFromDistribution("x", json);
    ASSERT_TRUE(parameter.ok()) << parameter.status();
    ASSERT_TRUE(SearchSpace::Create({*parameter}).ok());
    const absl::StatusOr<Value> written = ParseJson(DistributionJson(*parameter), "");
    EXPECT_EQ(*written, *ParseJson(json, "")) << json;
  }
}

TEST(OptunaFormatTest, AStepEndsOnAValue) {
  EXPECT_THAT(DistributionJson(Parameter::Int("x", 1, 10).Step(4)), HasSubstr("\"high\": 9"));
}

TEST(OptunaFormatTest, WhatIsNoDistributionIsAnError) {
  for (const char* json :
       {"", "nonsense", "[]", R"({"name": "FloatDistribution"})",
        R"({"name": "FloatDistribution", "attributes": {"low": 1}})",
        R"({"name": "FancyDistribution", "attributes": {"low": 1, "high": 2}})",
        R"({"name": "CategoricalDistribution", "attributes": {"choices": []}})"}) {
    const absl::Status status = ParameterFromDistribution("rate", json).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << json;
    EXPECT_THAT(std::string(status.message()), HasSubstr("\"rate\""));
  }
}

TEST(OptunaFormatTest, ChoicesThatAreEqualOrNoScalarsStayApart) {
  const absl::StatusOr<Parameter> parameter =
      ParameterFromDistribution("x", Choices("[1, 1.0, [1, 2], NaN, null]"));
  ASSERT_TRUE(parameter.ok()) << parameter.status();
  EXPECT_THAT(parameter->choices, ElementsAre(1, "1.0 (1)", "[1, 2]", Value(), "null (4)"));
}

TEST(OptunaFormatTest, ASpaceIsTheUnionOfWhatTrialsSay) {
  StudyConfig config;
  const absl::StatusOr<StudyLayout> layout =
      StudyLayout::Infer(config, {{"a", Float("0.0", "1.0", "null")},
                                  {"a", Float("-2.0", "0.5", "null")},
                                  {"b", Int(2, 10, 4)},
                                  {"b", Int(6, 18, 4)},
                                  {"c", Int(0, 10, 5)},
                                  {"c", Int(1, 9, 1)},
                                  {"d", Choices(R"(["x", "y"])")},
                                  {"d", Choices(R"(["y", "z"])")},
                                  {"e", Int(3, 3, 1)},
                                  {"e", Float("0.5", "1.0", "null")}});
  ASSERT_TRUE(layout.ok()) << layout.status();
  const SearchSpace& space = layout->space();
  EXPECT_THAT(space.Names(), ElementsAre("a", "b", "c", "d", "e"));
  EXPECT_EQ(space[0].low, -2);
  EXPECT_EQ(space[0].high, 1);
  EXPECT_EQ(space[1].step, 4);
  EXPECT_EQ(space[1].high, 18);
  EXPECT_EQ(space[2].Levels(), 11);
  EXPECT_THAT(space[3].choices, ElementsAre("x", "y", "z"));
  EXPECT_EQ(space[4].type, ParameterType::kFloat);
  EXPECT_EQ(space[4].high, 3);

  PointReader reader(*layout);
  Point point(5, std::nan(""));
  reader.Add("d", 1, Choices(R"(["y", "z"])"), absl::MakeSpan(point));
  reader.Add("a", 0.25, "", absl::MakeSpan(point));
  reader.Add("other", 0.25, "", absl::MakeSpan(point));
  EXPECT_EQ(point[3], 2);
  EXPECT_EQ(point[0], 0.25);
  reader.Add("d", 7, Choices(R"(["y", "z"])"), absl::MakeSpan(point));
  EXPECT_EQ(point[3], 2);

  EXPECT_EQ(
      StudyLayout::Infer(config, {{"a", Int(1, 2, 1)}, {"a", Choices("[1]")}}).status().code(),
      absl::StatusCode::kInvalidArgument);
}

TEST(OptunaFormatTest, PythonsNumbersAreRead) {
  EXPECT_EQ(*ParsePythonJson(R"({"a": [NaN, 1], "b": "NaN \"Infinity"})"),
            Value(Value::Object{{"a", Value::List{Value(), 1}}, {"b", "NaN \"Infinity"}}));
  EXPECT_EQ(ParsePythonJson("-Infinity")->number(), std::numeric_limits<double>::lowest());
  EXPECT_EQ(AttributeFromJson("nonsense"), Value("nonsense"));
  const std::vector<double> numbers = {1.25, -kInfinity, kInfinity};
  EXPECT_EQ(NumbersFromJson(NumbersJson(numbers)), numbers);
  EXPECT_EQ(NumbersJson({std::nan("")}), "[NaN]");
  EXPECT_TRUE(std::isnan((*NumbersFromJson(" [ NaN , 2]"))[0]));
  EXPECT_EQ(NumbersFromJson("[1, \"x\"]"), std::nullopt);
  EXPECT_EQ(NumbersFromJson("{}"), std::nullopt);
}

TEST(OptunaFormatTest, AStudyWhoseAttributeIsDamagedIsLost) {
  StudyConfig config;
  config.space = *SearchSpace::Create({Parameter::Float("x", 0, 1)});
  const std::string good = StudyAttribute(config);
  StudyConfig read;
  EXPECT_TRUE(StudyFromAttribute(good, &read).ok());
  for (const std::string& bad :
       {std::string("{"), std::string("{}"), std::string("[]"), good.substr(0, good.size() / 2)}) {
    StudyConfig other;
    EXPECT_EQ(StudyFromAttribute(bad, &other).code(), absl::StatusCode::kDataLoss) << bad;
  }
}

TEST(OptunaFormatTest, NamesAreUtf8) {
  EXPECT_TRUE(CheckName("a name", "").ok());
  EXPECT_TRUE(CheckName("a name", "ü漢🐟'; --").ok());
  for (const std::string& bad :
       {std::string("a\0b", 3), std::string("\xc0\x80"), std::string("\xed\xa0\x80"),
        std::string("\xf0\x9f\x90"), std::string("x\x80"), std::string("\xf5\x80\x80\x80")}) {
    EXPECT_EQ(CheckName("a name", bad).code(), absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace sturgeon
