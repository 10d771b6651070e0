#include "core/option_schema.h"

#include <cmath>
#include <string>
#include <vector>

#include "core/json.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

struct Options {
  bool shuffle = true;
  int rounds = 3;
  int64_t points = 1000;
  double gamma = 0.1;
  std::string schedule = "window";
  PluginSpec over = {"random"};
  std::vector<std::string> words = {"a", "b"};
  Value table = Value::Object();
};

const Schema<Options>& TheSchema() {
  static const auto* const schema = new Schema<Options>(
      Schema<Options>()
          .Add("shuffle", &Options::shuffle, "Whether to shuffle.")
          .Add("rounds", &Options::rounds, "How many rounds.", AtLeast(1))
          .Add("points", &Options::points, "How many points.", AtLeast(1))
          .Add("gamma", &Options::gamma, "Share.", Between(0.0, 1.0))
          .Add("schedule", &Options::schedule, "Which schedule.", OneOf({"window", "rounds"}))
          .Add("over", &Options::over, "What is wrapped.")
          .Add("words", &Options::words, "Some words.")
          .Add("table", &Options::table, "A table."));
  return *schema;
}

absl::StatusOr<Options> Parse(absl::string_view json) {
  return TheSchema().Parse(*ParseJson(json, ""), "thing");
}

std::string Message(absl::string_view json) {
  const auto options = Parse(json);
  EXPECT_FALSE(options.ok()) << json;
  return std::string(options.status().message());
}

TEST(Schema, KeepsDefaultsAndTakesWhatIsGiven) {
  const Options defaults = *Parse("{}");
  EXPECT_EQ(defaults.rounds, 3);
  EXPECT_EQ(defaults.over.name, "random");
  const Options given = *Parse(
      R"({"shuffle": false, "rounds": 5, "points": 1e3, "gamma": 1, "schedule": "rounds",
          "over": {"name": "gp", "beta": 2}, "words": ["c"], "table": {"d": 1}})");
  EXPECT_FALSE(given.shuffle);
  EXPECT_EQ(given.rounds, 5);
  EXPECT_EQ(given.points, 1000);
  EXPECT_EQ(given.gamma, 1);
  EXPECT_EQ(given.schedule, "rounds");
  EXPECT_EQ(given.over.name, "gp");
  EXPECT_EQ(given.over.options.Find("beta")->integer(), 2);
  EXPECT_EQ(defaults.words.size(), 2);
  EXPECT_EQ(given.words, std::vector<std::string>{"c"});
  EXPECT_EQ(WriteJson(given.table), R"({"d": 1})");
}

TEST(Schema, ErrorsNameThePlaceAndWhatWouldBeRight) {
  EXPECT_EQ(
      Message(R"({"gama": 0.2})"),
      "thing: unknown option \"gama\"; did you mean \"gamma\"? Known: shuffle, rounds, points, "
      "gamma, schedule, over, words, table");
  EXPECT_EQ(Message(R"({"gamma": 1.5})"),
            "thing: gamma: 1.5 is out of range; it must be in [0, 1]");
  EXPECT_EQ(Message(R"({"rounds": 0})"), "thing: rounds: 0 is out of range; it must be at least 1");
  EXPECT_EQ(Message(R"({"rounds": "many"})"),
            "thing: rounds: expected an integer, got a string \"many\"");
  EXPECT_EQ(Message(R"({"rounds": 2.5})"), "thing: rounds: expected an integer, got a number 2.5");
  EXPECT_EQ(Message(R"({"rounds": 3000000000})"),
            "thing: rounds: 3000000000 does not fit in 32 bits");
  EXPECT_EQ(Message(R"({"shuffle": 1})"),
            "thing: shuffle: expected a boolean (true or false), got an integer 1");
  EXPECT_EQ(Message(R"({"schedule": "circle"})"),
            "thing: schedule: \"circle\" is out of range; it must be one of window, rounds");
  EXPECT_EQ(Message(R"({"over": {"beta": 2}})"), "thing: over: the field \"name\" is missing");
  EXPECT_EQ(Message(R"({"words": "a"})"), "thing: words: expected a list of strings, got a string");
  EXPECT_EQ(Message(R"({"words": ["a", 2]})"),
            "thing: words[1]: expected a string, got an integer 2");
  EXPECT_EQ(Message(R"({"table": []})"), "thing: table: expected an object, got a list");
  EXPECT_EQ(Message("[]"), "thing: expected an object of options, got a list");
}

TEST(Schema, DescribesItself) {
  const std::vector<OptionInfo>& info = TheSchema().info();
  ASSERT_EQ(info.size(), 8u);
  EXPECT_EQ(info[3].name, "gamma");
  EXPECT_EQ(info[3].type, "float");
  EXPECT_EQ(info[3].default_value, "0.1");
  EXPECT_EQ(info[3].range, "in [0, 1]");
  EXPECT_EQ(info[3].doc, "Share.");
  EXPECT_EQ(info[5].type, "plugin");
  EXPECT_EQ(info[5].default_value, "\"random\"");
  EXPECT_EQ(info[6].type, "strings");
  EXPECT_EQ(info[6].default_value, R"(["a", "b"])");
  EXPECT_EQ(info[7].type, "object");
  EXPECT_EQ(info[7].default_value, "{}");
}

TEST(ParseAssignments, ReadsJsonWhereItIsJsonAndStringsElsewhere) {
  const absl::StatusOr<Value> value = ParseAssignments(
      R"(rounds=5, gamma=0.25,shuffle=false,schedule=rounds,over={"name":"gp","l":[1,2]},path="a,b")");
  ASSERT_TRUE(value.ok()) << value.status();
  EXPECT_EQ(WriteJson(*value),
            R"({"rounds": 5, "gamma": 0.25, "shuffle": false, "schedule": "rounds", )"
            R"("over": {"name": "gp", "l": [1, 2]}, "path": "a,b"})");
  EXPECT_EQ(WriteJson(*ParseAssignments("  ")), "{}");
}

TEST(ParseAssignments, RefusesWhatIsNoAssignment) {
  EXPECT_FALSE(ParseAssignments("rounds").ok());
  EXPECT_FALSE(ParseAssignments("=5").ok());
  EXPECT_FALSE(ParseAssignments("a=1,,b=2").ok());
  EXPECT_FALSE(ParseAssignments("a=1,a=2").ok());
}

}  // namespace
}  // namespace sturgeon
