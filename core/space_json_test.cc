#include "core/space_json.h"

#include <cmath>
#include <string>

#include "core/json.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kSpace[] = R"([
  {"name": "lr", "type": "float", "low": 0.0001, "high": 1.0, "scale": "log", "tier": 2},
  {"name": "batch", "type": "int", "low": 16, "high": 128, "scale": "log", "factor": 2},
  {"name": "opt", "type": "categorical", "choices": ["sgd", 1, true, null], "default": 1},
  {"name": "beta", "type": "float", "low": 0.9, "high": 0.999, "scale": "reverse_log",
   "prior": {"value": 0.95, "width": 0.2},
   "condition": {"name": "opt", "in": ["sgd"]}},
  {"name": "n", "type": "int", "low": 0, "high": 10, "step": 5,
   "condition": {"name": "batch", "min": 32.0, "max": 64.0}}])";

std::string Error(const std::string& json) {
  const absl::StatusOr<SearchSpace> space =
      SpaceFromValue(*ParseJson(json, ""), "f.json: parameters");
  EXPECT_FALSE(space.ok()) << json;
  return std::string(space.status().message());
}

TEST(SpaceJson, ComesBackAsItWas) {
  const absl::StatusOr<Value> value = ParseJson(kSpace, "");
  ASSERT_TRUE(value.ok());
  const absl::StatusOr<SearchSpace> space = SpaceFromValue(*value, "space");
  ASSERT_TRUE(space.ok()) << space.status();
  EXPECT_EQ(ToValue(*space), *value) << WriteJsonPretty(ToValue(*space));
}

TEST(SpaceJson, ErrorsBeginWithTheFileAndThePlace) {
  EXPECT_EQ(Error(R"([{"name": "x", "type": "float", "low": 2, "high": 1}])"),
            "f.json: parameters[0] (x): low 2 is above high 1; swap them");
  EXPECT_THAT(Error(R"([{"name": "x", "type": "float", "lo": 2, "high": 1}])"),
              StartsWith("f.json: parameters[0] (x): unknown field \"lo\"; did you mean \"low\"?"));
  EXPECT_THAT(Error(R"([{"name": "x", "type": "real", "low": 0, "high": 1}])"),
              StartsWith("f.json: parameters[0] (x): type: unknown type \"real\""));
  EXPECT_THAT(
      Error(R"([{"name": "x", "type": "float", "low": 0, "high": 1, "scale": "logarithmic"}])"),
      HasSubstr("scale: unknown scale \"logarithmic\"; did you mean \"log\"?"));
  EXPECT_THAT(Error(R"([{"name": "x", "type": "float", "low": "0", "high": 1}])"),
              HasSubstr("low: expected a number, got a string \"0\""));
  EXPECT_THAT(Error(R"([{"name": "x", "type": "float", "low": 0}])"),
              HasSubstr("\"high\" is missing"));
  EXPECT_THAT(Error(R"([{"type": "float", "low": 0, "high": 1}])"),
              HasSubstr("\"name\" is missing"));
  EXPECT_THAT(Error(R"([{"name": "c", "type": "categorical", "choices": "abc"}])"),
              HasSubstr("choices: expected a list, got a string"));
  EXPECT_THAT(Error(R"([{"name": "c", "type": "categorical", "choices": [1], "low": 0}])"),
              HasSubstr("low: goes with a float or an int"));
  EXPECT_THAT(Error(R"([{"name": "x", "type": "int", "low": 0, "high": 1, "choices": [1]}])"),
              HasSubstr("choices: goes with a categorical"));
  EXPECT_THAT(Error(R"([{"name": "x", "type": "int", "low": 0, "high": 1, "tier": 0}])"),
              HasSubstr("tier: 0 is no tier"));
  EXPECT_THAT(
      Error(R"([{"name": "x", "type": "int", "low": 0, "high": 1, "condition": {"nam": "y"}}])"),
      HasSubstr("condition: unknown field \"nam\""));
  EXPECT_THAT(
      Error(R"([{"name": "x", "type": "int", "low": 0, "high": 1, "prior": {"width": 0.1}}])"),
      HasSubstr("prior: the field \"value\", the believed best value, is missing"));
  EXPECT_THAT(
      Error(R"([{"name": "x", "type": "int", "low": 0, "high": 1, "prior": {"value": 7}}])"),
      HasSubstr("(x): prior: value: 7 is out of range"));
  EXPECT_THAT(Error(R"({"name": "x"})"), HasSubstr("expected a list of parameters, got an object"));
  EXPECT_THAT(Error("[3]"), HasSubstr("parameters[0]: expected an object, got an integer 3"));
}

TEST(SpaceJson, APriorMayBelieveInNull) {
  const auto space =
      SpaceFromValue(*ParseJson(R"([{"name": "c", "type": "categorical", "choices": [1, null],
                      "prior": {"value": null}}])",
                                ""),
                     "space");
  ASSERT_TRUE(space.ok()) << space.status();
  EXPECT_EQ((*space)[0].PriorNumber(), 1);
  EXPECT_EQ((*space)[0].prior->width, Prior().width);
}

TEST(PointJson, LeavesInactiveParametersOut) {
  const SearchSpace space = *SpaceFromValue(*ParseJson(kSpace, ""), "space");
  const absl::StatusOr<Point> point = PointFromValue(
      space, *ParseJson(R"({"opt": null, "batch": 32, "beta": 0.95, "n": 5})", ""), "trial");
  ASSERT_TRUE(point.ok()) << point.status();
  EXPECT_TRUE(space.Validate(*point).ok());
  // lr has its default; beta was given though inactive, and is dropped.
  Value written = PointToValue(space, *point);
  EXPECT_NEAR(written.Find("lr")->number(), 0.01, 1e-15);
  EXPECT_EQ(*written.Find("opt"), Value());
  EXPECT_EQ(*written.Find("n"), Value(5));
  EXPECT_EQ(written.Find("beta"), nullptr);
}

TEST(PointJson, NamesUnknownParametersAndWrongValues) {
  const SearchSpace space = *SpaceFromValue(*ParseJson(kSpace, ""), "space");
  const auto error = [&](const char* json) {
    return std::string(PointFromValue(space, *ParseJson(json, ""), "trial").status().message());
  };
  EXPECT_THAT(error(R"({"lrr": 1})"),
              StartsWith("trial: unknown parameter \"lrr\"; did you mean \"lr\"?"));
  EXPECT_EQ(error(R"({"lr": 7})"), "trial: lr: 7 is out of range; it must be in [0.0001, 1]");
  EXPECT_THAT(error("[1]"), HasSubstr("expected an object of parameters, got a list"));
}

}  // namespace
}  // namespace sturgeon
