#include "core/earlier_study.h"

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/json.h"
#include "core/plugins.h"
#include "core/result.h"
#include "core/study.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

StudyConfig Config(std::vector<Objective> objectives = {{"error", Goal::kMinimize}}) {
  StudyConfig config;
  config.space = *SearchSpace::Create(
      {Parameter::Float("rate", 1e-4, 1, Scale::kLog).Default(0.1), Parameter::Int("layers", 1, 4),
       Parameter::Int("batch", 8, 64, Scale::kLog).Factor(2),
       Parameter::Float("momentum", 0.9, 0.999, Scale::kReverseLog).When("opt", {"sgd"}),
       Parameter::Categorical("opt", {"sgd", "adam"})});
  config.objectives = std::move(objectives);
  return config;
}

// A result file of trials with these params, each worth its index.
std::string Result(const std::vector<std::string>& params) {
  std::string trials;
  for (size_t i = 0; i < params.size(); ++i) {
    absl::StrAppend(&trials, i > 0 ? "," : "", R"({"id": )", i,
                    R"(, "state": "complete", "params": )", params[i], R"(, "values": [)", i, "]}");
  }
  return absl::StrCat(R"({"study": "before", "objectives": [{"metric": "error", "goal":
                          "minimize"}], "trials": [)",
                      trials, "]}");
}

absl::StatusOr<EarlierStudy> Read(const std::string& json, const StudyConfig& config = Config()) {
  const absl::StatusOr<Value> value = ParseJson(json, "");
  EXPECT_TRUE(value.ok()) << value.status();
  return EarlierStudyFromValue(*value, config, "r.json");
}

// The assignment that becomes of a trial's params, as JSON; "dropped" if nothing does.
std::string Translated(const std::string& params) {
  const StudyConfig config = Config();
  const absl::StatusOr<EarlierStudy> earlier = Read(Result({params}), config);
  EXPECT_TRUE(earlier.ok()) << earlier.status();
  if (!earlier.ok() || earlier->trials.empty()) return "dropped";
  const Point& point = earlier->trials[0].point;
  EXPECT_TRUE(config.space.Validate(point).ok());
  std::string text;
  for (int i = 0; i < config.space.size(); ++i) {
    if (std::isnan(point[i])) continue;
    absl::StrAppend(&text, i > 0 ? " " : "", WriteJson(config.space[i].ToValue(point[i])));
  }
  return text;
}

TEST(EarlierStudy, ValuesComeOverByName) {
  EXPECT_EQ(Translated(R"({"opt": "sgd", "rate": 0.01, "layers": 2, "batch": 16,
                           "momentum": 0.95})"),
            R"(0.01 2 16 0.95 "sgd")");
  // What is missing has its default, what is not known here is left out, and so is what is
  // inactive.
  EXPECT_EQ(Translated(R"({"opt": "adam", "layers": 3, "batch": 8, "momentum": 0.95, "beta": 7})"),
            R"(0.1 3 8 "adam")");
}

TEST(EarlierStudy, NumbersMoveToTheNearestValueUnlessTheyAreFarOff) {
  const std::string rest = R"("opt": "adam", "layers": 2, "batch": 16})";
  EXPECT_EQ(Translated(R"({"rate": 2, )" + rest), R"(1.0 2 16 "adam")");
  EXPECT_EQ(Translated(R"({"rate": 5e-5, )" + rest), R"(0.0001 2 16 "adam")");
  for (const char* rate : {"3", "1e-5", "0", "-1", "\"high\"", "null"}) {
    EXPECT_EQ(Translated(absl::StrCat(R"({"rate": )", rate, ", ", rest)), "dropped") << rate;
  }
  EXPECT_EQ(Translated(R"({"rate": 0.1, "opt": "adam", "layers": 2.6, "batch": 20})"),
            R"(0.1 3 16 "adam")");
  EXPECT_EQ(Translated(R"({"rate": 0.1, "opt": "sgd", "layers": 2, "batch": 64, "momentum": 1})"),
            "dropped");
}

TEST(EarlierStudy, AChoiceThatIsNotKnownDropsTheTrial) {
  EXPECT_EQ(Translated(R"({"opt": "lion"})"), "dropped");
  const auto earlier = Read(Result({R"({"opt": "lion"})", R"({"opt": "sgd"})"}));
  ASSERT_TRUE(earlier.ok()) << earlier.status();
  EXPECT_EQ(earlier->name, "before");
  ASSERT_THAT(earlier->trials, SizeIs(1));
  EXPECT_EQ(earlier->trials[0].values, Values({1}));
}

TEST(EarlierStudy, OnlyCompleteTrialsComeOver) {
  const auto earlier = Read(R"({"objectives": [{"metric": "error", "goal": "minimize"}], "trials": [
      {"state": "failed", "params": {}}, {"state": "stopped", "params": {}, "values": [1]},
      {"state": "complete", "params": {}, "values": [3], "constraints": [-1, 0.5]},
      {"state": "complete", "params": {}, "values": [2], "constraints": [-1, 0]}]})");
  ASSERT_TRUE(earlier.ok()) << earlier.status();
  EXPECT_EQ(earlier->name, "r.json");
  ASSERT_THAT(earlier->trials, SizeIs(2));
  EXPECT_FALSE(earlier->trials[0].feasible);
  EXPECT_TRUE(earlier->trials[1].feasible);
}

TEST(EarlierStudy, ObjectivesAreFoundByNameAndMustHaveTheSameGoal) {
  const std::string json = R"({"objectives": [{"metric": "error", "goal": "minimize"},
      {"metric": "recall", "goal": "maximize"}],
      "trials": [{"state": "complete", "params": {}, "values": [1, 2]}]})";
  const auto earlier =
      Read(json, Config({{"recall", Goal::kMaximize}, {"error", Goal::kMinimize}}));
  ASSERT_TRUE(earlier.ok()) << earlier.status();
  EXPECT_EQ(earlier->trials[0].values, Values({2, 1}));
  EXPECT_EQ(Read(json, Config({{"loss", Goal::kMinimize}})).status().message(),
            "r.json: this study's objective is loss, and the earlier study's was error, recall; "
            "they must be the same");
  EXPECT_EQ(Read(json, Config({{"error", Goal::kMaximize}})).status().message(),
            "r.json: this study is to maximize error, and the earlier study's goal was to minimize "
            "it; they must be the same");
}

TEST(EarlierStudy, WhatIsNoResultFileIsAnErrorWithThePlace) {
  const auto error = [](const std::string& json) {
    const auto earlier = Read(json);
    EXPECT_EQ(earlier.status().code(), absl::StatusCode::kInvalidArgument) << json;
    return std::string(earlier.status().message());
  };
  EXPECT_THAT(error("[]"), StartsWith("r.json: the list \"objectives\" is missing"));
  EXPECT_THAT(error(R"({"objectives": [{"metric": "error", "goal": "minimize"}]})"),
              StartsWith("r.json: the list \"trials\" is missing"));
  const std::string start =
      R"({"objectives": [{"metric": "error", "goal": "minimize"}], "trials": [)";
  EXPECT_THAT(error(start + "1]}"), StartsWith("r.json: trials[0]: the string \"state\""));
  EXPECT_THAT(error(start + R"({"state": "complete", "params": {}, "values": []}]})"),
              HasSubstr("trials[0]: values: there are fewer than objectives"));
  EXPECT_THAT(error(start + R"({"state": "complete", "params": {}, "values": [null]}]})"),
              HasSubstr("trials[0]: values[0]: expected a number"));
  EXPECT_THAT(error(start + R"({"state": "complete", "values": [1]}]})"),
              HasSubstr("trials[0]: the object \"params\" is missing"));
}

// What the writer writes the reader reads, and a study takes it.
TEST(EarlierStudy, AResultFileComesBack) {
  class Defaults : public Strategy {
   public:
    static const Schema<StudyConfig>& OptionSchema() {
      static const auto* const schema = new Schema<StudyConfig>();
      return *schema;
    }
    static absl::StatusOr<std::unique_ptr<Strategy>> Create(const StudyConfig&,
                                                            const StrategyContext& context) {
      return std::unique_ptr<Strategy>(new Defaults(context.study.space));
    }
    explicit Defaults(const SearchSpace& space) : space_(space) {}
    absl::StatusOr<std::vector<Proposal>> Ask(const AskRequest&) override {
      return std::vector<Proposal>{{space_.Default(), std::nullopt, std::nullopt}};
    }
    absl::Status Tell(absl::Span<const Trial* const>) override { return absl::OkStatus(); }

   private:
    const SearchSpace& space_;
  };
  static constexpr StrategyPlugin kDefaults = MakeStrategyPlugin<Defaults>("defaults", "");
  Plugins plugins;
  ASSERT_TRUE(plugins.strategies.Add(kDefaults).ok());
  StudyConfig config = Config();
  const auto study = Study::Create(config, {"defaults"}, plugins);
  ASSERT_TRUE(study.ok()) << study.status();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE((*study)->Ask(1).ok());
    ASSERT_TRUE((*study)->Tell(i, Outcome::Complete({0.1 * i})).ok());
  }
  const auto earlier = Read(WriteJson(ResultToValue(**study, {"defaults"})), config);
  ASSERT_TRUE(earlier.ok()) << earlier.status();
  ASSERT_THAT(earlier->trials, SizeIs(3));
  EXPECT_EQ(earlier->trials[2].values, Values({0.2}));
  config.warm_start = {*earlier};
  EXPECT_TRUE(Study::Create(config, {"defaults"}, plugins).ok());
}

TEST(EarlierStudy, AFileThatIsMissingIsNamed) {
  EXPECT_THAT(std::string(ReadEarlierStudies({"none.json"}, Config()).status().message()),
              HasSubstr("none.json"));
  const auto none = ReadEarlierStudies({}, Config());
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->empty());
}

}  // namespace
}  // namespace sturgeon
