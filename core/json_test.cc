#include "core/json.h"

#include <cmath>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/file.h"
#include "core/random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string Message(absl::string_view text, absl::string_view source = "f.json") {
  const absl::StatusOr<Value> value = ParseJson(text, source);
  EXPECT_FALSE(value.ok()) << text;
  return std::string(value.status().message());
}

TEST(ParseJson, KeepsKindsAndTheOrderOfFields) {
  const absl::StatusOr<Value> value =
      ParseJson(R"({"z": 1, "a": [true, null, 1.5, "x"], "e": {}, "l": []})", "");
  ASSERT_TRUE(value.ok()) << value.status();
  EXPECT_EQ(WriteJson(*value), R"({"z": 1, "a": [true, null, 1.5, "x"], "e": {}, "l": []})");
  EXPECT_EQ(value->Find("z")->kind(), Value::Kind::kInt);
  EXPECT_EQ(value->Find("nothing"), nullptr);
  EXPECT_EQ(ParseJson("18446744073709551615", "")->kind(), Value::Kind::kFloat);
}

TEST(ParseJson, SaysLineColumnAndCause) {
  EXPECT_THAT(Message("{\n  \"a\": 1,\n  oops\n}"),
              AllOf(HasSubstr("f.json:3:3"), HasSubstr("not JSON")));
  EXPECT_THAT(Message(""), HasSubstr("f.json:1:1"));
  EXPECT_THAT(Message("{} {}"), HasSubstr("not JSON"));
  EXPECT_THAT(Message("[1e999]"), HasSubstr("1e999"));
  EXPECT_THAT(Message("\"\xff\""), HasSubstr("not JSON"));
  EXPECT_THAT(Message("[1,]", ""), HasSubstr("line 1:"));
}

TEST(ParseJson, RefusesAFieldGivenTwiceAndDeepNesting) {
  EXPECT_THAT(Message(R"({"low": 1, "low": 2})"), HasSubstr("\"low\" is given twice"));
  // In a large object, whichever field is repeated.
  std::string large = "{";
  for (int i = 0; i < 100; ++i) absl::StrAppend(&large, "\"f", i, "\": {}, ");
  EXPECT_TRUE(ParseJson(large + "\"last\": 1}", "").ok());
  for (const int i : {0, 16, 99}) {
    const std::string name = absl::StrCat("\"f", i, "\"");
    EXPECT_THAT(Message(absl::StrCat(large, name, ": 1}")), HasSubstr(name + " is given twice"));
  }
  EXPECT_TRUE(ParseJson(std::string(100, '[') + std::string(100, ']'), "").ok());
  EXPECT_THAT(Message(std::string(100000, '[')), HasSubstr("deeper than 100"));
}

TEST(WriteJson, NumbersReadBackExactly) {
  RandomStream rng(1, 0, 0);
  for (int i = 0; i < 10000; ++i) {
    const double v = rng.Normal() * std::pow(10, rng.Uniform(-300, 300));
    const absl::StatusOr<Value> back = ParseJson(WriteJson(v), "");
    ASSERT_TRUE(back.ok());
    ASSERT_EQ(back->kind(), Value::Kind::kFloat);
    ASSERT_EQ(back->number(), v);
  }
  EXPECT_EQ(WriteJson(0.1), "0.1");
  EXPECT_EQ(WriteJson(2.0), "2.0");
  EXPECT_EQ(WriteJson(1e-4), "0.0001");
  EXPECT_EQ(WriteJson(60000.0), "60000.0");
  EXPECT_EQ(WriteJson(1e-7), "1e-07");
  EXPECT_EQ(WriteJson(1795564481.522045), "1795564481.522045");
  EXPECT_EQ(WriteJson(-1e15), "-1e+15");
  EXPECT_EQ(WriteJson(-0.0), "-0.0");
  EXPECT_EQ(WriteJson(std::numeric_limits<int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(WriteJson(std::nan("")), "null");
  EXPECT_EQ(WriteJson(std::numeric_limits<double>::infinity()), "null");
}

TEST(WriteJson, EscapesStringsAndMendsBrokenUtf8) {
  EXPECT_EQ(WriteJson("a\"b\\c\n\x01"), R"("a\"b\\c\n\u0001")");
  EXPECT_EQ(WriteJson("\xff"), "\"\xEF\xBF\xBD\"");
}

TEST(WriteJsonPretty, KeepsShortPartsOnALine) {
  Value value;
  value.Set("short", Value::List{1, 2, 3});
  value.Set("long", std::string(150, 'x'));
  EXPECT_EQ(WriteJsonPretty(value),
            "{\n  \"short\": [1, 2, 3],\n  \"long\": \"" + std::string(150, 'x') + "\"\n}");
  EXPECT_EQ(*ParseJson(WriteJsonPretty(value), ""), value);
}

TEST(Value, ComparesNumbersByWorthAndObjectsByFields) {
  EXPECT_EQ(Value(1), Value(1.0));
  EXPECT_NE(Value(1), Value(true));
  EXPECT_NE(Value("1"), Value(1));
  EXPECT_EQ(*ParseJson(R"({"a": 1, "b": [2]})", ""), *ParseJson(R"({"b": [2.0], "a": 1})", ""));
  EXPECT_NE(*ParseJson(R"({"a": 1})", ""), *ParseJson(R"({"a": 1, "b": 2})", ""));
}

TEST(Files, ReadBackWhatWasWrittenAndNameTheCause) {
  const std::string path = ::testing::TempDir() + "/sturgeon_json_test.json";
  ASSERT_TRUE(WriteFile(path, "{\"a\": 1}").ok());
  EXPECT_EQ(ReadJsonFile(path)->Find("a")->integer(), 1);
  const absl::Status missing = ReadJsonFile(path + ".none").status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.message()), HasSubstr(path + ".none"));
  EXPECT_EQ(WriteFile("/no/such/folder/x", "").code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(ReadFile(::testing::TempDir()).ok());
}

}  // namespace
}  // namespace sturgeon
