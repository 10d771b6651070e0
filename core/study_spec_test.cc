#include "core/study_spec.h"

#include <memory>
#include <string>
#include <vector>

#include "core/json.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct NetOptions {
  int epochs = 3;
};

class NetFactory : public ModelFactory {
 public:
  static const Schema<NetOptions>& OptionSchema() {
    static const auto* const schema = new Schema<NetOptions>(
        Schema<NetOptions>().Add("epochs", &NetOptions::epochs, "How long.", AtLeast(1)));
    return *schema;
  }
  static absl::StatusOr<std::unique_ptr<ModelFactory>> Create(NetOptions, const ModelContext&) {
    return std::unique_ptr<ModelFactory>(new NetFactory());
  }
  const SearchSpace& default_space() const override { return space_; }
  const std::vector<Metric>& metrics() const override { return metrics_; }
  std::vector<std::string> settable() const override { return {"lr", "beta2"}; }
  absl::Status CheckParameters(const SearchSpace& space) const override {
    return space[*space.Find("units")].high < 10
               ? absl::InvalidArgumentError("epochs: so few units need many")
               : absl::OkStatus();
  }
  absl::StatusOr<std::unique_ptr<Model>> Create(const Value&, const ModelOptions&) const override {
    return absl::UnimplementedError("not needed here");
  }

 private:
  const SearchSpace space_ = *SearchSpace::Create(
      {Parameter::Float("lr", 1e-4, 1, Scale::kLog).Tier(1).Default(0.1),
       Parameter::Int("units", 8, 64).Tier(2),
       Parameter::Categorical("opt", {"sgd", "adam"}).Tier(3),
       Parameter::Float("beta2", 0.9, 0.999, Scale::kReverseLog).Tier(4).When("opt", {"adam"}),
       Parameter::Int("layers", 1, 4).Tier(3),
       Parameter::Int("units_3", 8, 64).Tier(4).WhenBetween("layers", 3, 4)});
  const std::vector<Metric> metrics_ = {{"error", Goal::kMinimize}, {"accuracy", Goal::kMaximize}};
};

constexpr ModelPlugin kNet = MakeModelPlugin<NetFactory>("net", "For tests.");

absl::StatusOr<PreparedStudy> PrepareJson(const std::string& json) {
  ModelRegistry models;
  EXPECT_TRUE(models.Add(kNet).ok());
  absl::StatusOr<Value> value = ParseJson(json, "f.json");
  if (!value.ok()) return value.status();
  absl::StatusOr<StudySpec> spec = StudySpecFromValue(*value, "f.json");
  if (!spec.ok()) return spec.status();
  return Prepare(*spec, models, "f.json");
}

std::string Error(const std::string& json) {
  const auto prepared = PrepareJson(json);
  EXPECT_FALSE(prepared.ok()) << json;
  return std::string(prepared.status().message());
}

TEST(StudySpec, ReadsEveryField) {
  const absl::StatusOr<StudySpec> spec =
      StudySpecFromValue(*ParseJson(R"({"name": "n", "model": {"name": "net", "epochs": 5},
                     "objectives": [{"metric": "accuracy", "goal": "maximize"}, {"metric": "error"}],
                     "constraints": [{"metric": "train_seconds", "at_most": 60},
                                     {"metric": "accuracy", "at_least": 0.5}],
                     "warm_start": ["a.json", "b.json"], "allow_duplicates": true,
                     "parameters": [{"name": "lr", "type": "float", "low": 0.1, "high": 1}],
                     "fixed": {"units": 9}, "tiers": [1, 2], "enqueue": [{"lr": 0.5}],
                     "strategy": "random",
                     "stopping": [{"name": "median", "warmup_steps": 3}, "patience"], "runner": {"name": "caviar", "parallelism": 2},
                     "trials": 60, "time_limit": "1h30m", "seed": 7, "test_best": true,
                     "budget": {"steps": 100, "seconds": 1.5, "cost": 2, "cost_metric": "error"}})",
                                    ""),
                         "f.json");
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->name, "n");
  EXPECT_EQ(*spec->model.options.Find("epochs"), Value(5));
  ASSERT_EQ(spec->objectives.size(), 2u);
  EXPECT_EQ(spec->objectives[0].goal, Goal::kMaximize);
  EXPECT_FALSE(spec->objectives[1].goal.has_value());
  EXPECT_EQ(spec->parameters.size(), 1u);
  EXPECT_THAT(spec->tiers, ElementsAre(1, 2));
  EXPECT_EQ(spec->enqueue.size(), 1u);
  EXPECT_EQ(spec->strategy.name, "random");
  ASSERT_EQ(spec->stopping.size(), 2u);
  EXPECT_EQ(spec->stopping[0].name, "median");
  EXPECT_EQ(*spec->stopping[0].options.Find("warmup_steps"), Value(3));
  EXPECT_EQ(spec->stopping[1].name, "patience");
  EXPECT_EQ(*spec->runner.options.Find("parallelism"), Value(2));
  EXPECT_EQ(spec->trials, 60);
  EXPECT_EQ(spec->time_limit, absl::Minutes(90));
  EXPECT_EQ(spec->seed, 7u);
  EXPECT_TRUE(spec->test_best);
  ASSERT_EQ(spec->constraints.size(), 2u);
  EXPECT_EQ(spec->constraints[0].Excess(61), 1);
  EXPECT_EQ(spec->constraints[1].Excess(0.75), -0.25);
  EXPECT_THAT(spec->warm_start, ElementsAre("a.json", "b.json"));
  EXPECT_TRUE(spec->allow_duplicates);
  EXPECT_EQ(spec->budget.steps, 100);
  EXPECT_EQ(spec->budget.seconds, 1.5);
  EXPECT_EQ(spec->budget.cost, 2);
  EXPECT_EQ(spec->budget.cost_metric, "error");
}

TEST(StudySpec, IsWrittenAsItIsRead) {
  for (const char* text :
       {R"({"name": "n", "model": {"name": "net", "epochs": 5},
            "objectives": [{"metric": "accuracy", "goal": "maximize"}, {"metric": "error"}],
            "constraints": [{"metric": "train_seconds", "at_most": 60},
                            {"metric": "accuracy", "at_least": 0.5}],
            "parameters": [{"name": "units", "type": "int", "low": 8, "high": 16},
                           {"name": "opt", "type": "categorical", "choices": ["sgd"], "tier": 1}],
            "fixed": {"units": 9}, "tiers": [1, 2], "enqueue": [{"lr": 0.5}],
            "warm_start": ["a.json", "b.json"], "allow_duplicates": true,
            "strategy": {"name": "tpe", "gamma": 0.2},
            "stopping": ["median", {"name": "patience", "patience": 3}],
            "runner": {"name": "caviar", "parallelism": 2},
            "trials": 60, "time_limit": "1h30m",
            "budget": {"steps": 100, "seconds": 1.5, "cost": 2.5, "cost_metric": "error"},
            "seed": 7, "test_best": true})",
        R"({"name": "n", "model": "net", "strategy": "auto", "runner": "caviar", "seed": 0})"}) {
    const Value value = *ParseJson(text, "");
    const absl::StatusOr<StudySpec> spec = StudySpecFromValue(value, "f.json");
    ASSERT_TRUE(spec.ok()) << spec.status();
    EXPECT_EQ(ToValue(*spec), value) << WriteJson(ToValue(*spec));
  }
}

TEST(StudySpec, OneStoppingRuleNeedsNoList) {
  for (const char* stopping :
       {R"("median")", R"({"name": "median"})", R"(["median"])", R"([{"name": "median"}])"}) {
    const auto spec = StudySpecFromValue(
        *ParseJson(absl::StrCat(R"({"model": "net", "stopping": )", stopping, "}"), ""), "f.json");
    ASSERT_TRUE(spec.ok()) << spec.status();
    ASSERT_EQ(spec->stopping.size(), 1u) << stopping;
    EXPECT_EQ(spec->stopping[0].name, "median");
  }
  const auto wrong = StudySpecFromValue(
      *ParseJson(R"({"model": "net", "stopping": ["median", 3]})", ""), "f.json");
  EXPECT_THAT(std::string(wrong.status().message()),
              HasSubstr("f.json: stopping[1]: expected a name"));
}

TEST(StudySpec, NeedsNoMoreThanAModel) {
  const absl::StatusOr<StudySpec> spec =
      StudySpecFromValue(*ParseJson(R"({"model": "net"})", ""), "f.json");
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->strategy.name, "auto");
  EXPECT_EQ(spec->runner.name, "caviar");
  EXPECT_EQ(spec->trials, 0);
  EXPECT_FALSE(spec->allow_duplicates);
}

TEST(StudySpec, ErrorsNameTheFileThePlaceAndTheRemedy) {
  EXPECT_THAT(Error(R"({"modell": "net"})"),
              StartsWith("f.json: unknown field \"modell\"; did you mean \"model\"?"));
  EXPECT_EQ(Error("{}"), "f.json: the field \"model\" is missing");
  EXPECT_THAT(Error(R"({"model": "nett"})"),
              StartsWith("f.json: model: unknown model \"nett\"; did you mean \"net\"?"));
  EXPECT_THAT(Error(R"({"model": {"name": "net", "epoch": 1}})"),
              StartsWith("f.json: model net: unknown option \"epoch\"; did you mean \"epochs\"?"));
  EXPECT_THAT(Error(R"({"model": "net", "trials": 0})"),
              StartsWith("f.json: trials: 0 is out of range"));
  EXPECT_THAT(Error(R"({"model": "net", "trials": "many"})"),
              HasSubstr("trials: expected an integer"));
  EXPECT_THAT(Error(R"({"model": "net", "seed": -1})"), HasSubstr("seed: -1 is out of range"));
  EXPECT_THAT(Error(R"({"model": "net", "time_limit": "10"})"),
              HasSubstr("write a number with a unit"));
  EXPECT_THAT(Error(R"({"model": "net", "constraints": [{"metric": "error"}]})"),
              StartsWith("f.json: constraints[0]: give \"at_most\" or \"at_least\""));
  EXPECT_THAT(
      Error(
          R"({"model": "net", "constraints": [{"metric": "error", "at_most": 1, "at_least": 0}]})"),
      HasSubstr("for both bounds two constraints"));
  EXPECT_THAT(Error(R"({"model": "net", "constraints": [{"metric": "errr", "at_most": 1}]})"),
              StartsWith("f.json: constraints[0]: unknown metric \"errr\"; did you mean"));
  EXPECT_THAT(Error(R"({"model": "net", "warm_start": "a.json"})"),
              HasSubstr("warm_start: expected a list"));
  EXPECT_THAT(Error(R"({"model": "net", "tiers": [0]})"), HasSubstr("0 is no tier"));
  EXPECT_THAT(Error(R"({"model": "net", "tiers": 1})"), HasSubstr("tiers: expected a list"));
  EXPECT_THAT(
      Error(R"({"model": "net", "objectives": [{"metric": "eror"}]})"),
      StartsWith("f.json: objectives[0]: unknown metric \"eror\"; did you mean \"error\"?"));
  EXPECT_THAT(Error(R"({"model": "net", "objectives": [{"metric": "error", "goal": "minimise"}]})"),
              HasSubstr("did you mean \"minimize\"?"));
  EXPECT_THAT(
      Error(
          R"({"model": "net", "parameters": [{"name": "lrr", "type": "float", "low": 0, "high": 1}]})"),
      StartsWith("f.json: parameters[0] (lrr): the model has no such parameter"));
  EXPECT_THAT(
      Error(
          R"({"model": "net", "parameters": [{"name": "lr", "type": "float", "low": 1, "high": 0}]})"),
      StartsWith("f.json: parameters[0] (lr): low 1 is above high 0"));
  EXPECT_THAT(
      Error(
          R"({"model": "net", "parameters": [{"name": "units", "type": "float", "low": 1, "high": 2}]})"),
      HasSubstr("is an int, not a float"));
  EXPECT_THAT(
      Error(
          R"({"model": "net", "parameters": [{"name": "opt", "type": "categorical", "choices": ["lion"]}]})"),
      HasSubstr("\"lion\" is no choice"));
  EXPECT_THAT(
      Error(R"({"model": "net", "parameters": [{"name": "lr", "type": "float", "low": 0, "high": 1,
                        "condition": {"name": "optt", "in": ["sgd"]}}]})"),
      HasSubstr("condition: unknown parameter \"optt\""));
  EXPECT_THAT(Error(R"({"model": "net", "fixed": {"unit": 9}})"),
              HasSubstr("did you mean \"units\"?"));
  EXPECT_THAT(Error(R"({"model": "net", "fixed": {"units": 900}})"),
              HasSubstr("fixed: units: 900 is out of range"));
  EXPECT_THAT(Error("{\"model\": \"net\",}"), StartsWith("f.json:1:"));
}

TEST(Prepare, JoinsTheFileWithTheModelsSpace) {
  const auto prepared = PrepareJson(
      R"({"model": "net", "parameters": [{"name": "lr", "type": "float", "low": 0.01, "high": 0.5},
                                         {"name": "beta2", "type": "float", "low": 0.5, "high": 0.9}]})");
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  const SearchSpace& space = prepared->config.space;
  EXPECT_THAT(space.Names(), ElementsAre("lr", "units", "opt", "beta2", "layers", "units_3"));
  EXPECT_EQ(space[0].high, 0.5);
  EXPECT_EQ(space[0].DefaultNumber(), 0.1);  // the model's, since it lies in the new range
  EXPECT_EQ(space[3].tier, 4);
  EXPECT_EQ(space[3].condition->parent, "opt");
  EXPECT_EQ(prepared->config.objectives[0].metric, "error");
  EXPECT_THAT(prepared->config.metrics, ElementsAre("error", "accuracy"));
}

TEST(Prepare, TheModelHasItsSayOfTheParameters) {
  EXPECT_EQ(Error(R"({"model": "net", "fixed": {"units": 8},
                      "parameters": [{"name": "units", "type": "int", "low": 8, "high": 9}]})"),
            "f.json: model net: epochs: so few units need many");
}

TEST(Prepare, DropsWhatCanNoLongerBeActive) {
  const auto prepared = PrepareJson(
      R"({"model": "net", "parameters": [{"name": "opt", "type": "categorical", "choices": ["sgd"]},
                                         {"name": "layers", "type": "int", "low": 1, "high": 2}]})");
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  EXPECT_THAT(prepared->config.space.Names(), ElementsAre("lr", "units", "opt", "layers"));
}

TEST(Prepare, FixesTheOtherTiersAtTheirDefaults) {
  const auto prepared =
      PrepareJson(R"({"model": "net", "tiers": [1, 2], "fixed": {"opt": "adam"}})");
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  EXPECT_THAT(prepared->config.space.Names(), ElementsAre("lr", "units"));
  EXPECT_THAT(prepared->config.settable, ElementsAre("lr"));
  EXPECT_EQ(*prepared->fixed.Find("opt"), Value("adam"));
  EXPECT_NE(prepared->fixed.Find("layers"), nullptr);
  EXPECT_NE(prepared->fixed.Find("beta2"), nullptr);
  EXPECT_THAT(Error(R"({"model": "net", "tiers": [4], "fixed": {"beta2": 0.9, "units_3": 8}})"),
              HasSubstr("nothing left to tune"));
}

TEST(Prepare, TrainingTimeIsAMetricWhereItIsNamed) {
  absl::StatusOr<PreparedStudy> prepared = PrepareJson(R"({"model": "net"})");
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  EXPECT_THAT(prepared->config.metrics, ElementsAre("error", "accuracy"));
  prepared = PrepareJson(R"({"model": "net", "allow_duplicates": true,
      "objectives": [{"metric": "error"}, {"metric": "train_seconds"}],
      "constraints": [{"metric": "train_seconds", "at_most": 9}]})");
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  EXPECT_THAT(prepared->config.metrics, ElementsAre("error", "accuracy", "train_seconds"));
  EXPECT_EQ(prepared->config.objectives[1].goal, Goal::kMinimize);
  EXPECT_EQ(prepared->config.constraints[0].bound, 9);
  EXPECT_TRUE(prepared->config.allow_duplicates);
}

TEST(Prepare, WhatTheBudgetCountsIsMeasured) {
  const auto prepared =
      PrepareJson(R"({"model": "net", "budget": {"cost": 9, "cost_metric": "train_seconds"}})");
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  EXPECT_EQ(prepared->config.metrics.back(), "train_seconds");
  EXPECT_EQ(prepared->config.budget.cost, 9);
  EXPECT_THAT(Error(R"({"model": "net", "budget": {"cost": 9, "cost_metric": "train_second"}})"),
              StartsWith("f.json: budget: cost_metric: unknown metric \"train_second\"; did you"));
}

TEST(Prepare, WhatAStoppingRuleWatchesIsMeasured) {
  auto prepared = PrepareJson(R"({"model": "net", "stopping":
      ["median", {"name": "threshold", "metric": "train_seconds", "at_most": 9}]})");
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  EXPECT_THAT(prepared->config.metrics, ElementsAre("error", "accuracy", "train_seconds"));
  EXPECT_THAT(prepared->config.metric_goals,
              ElementsAre(Goal::kMinimize, Goal::kMaximize, Goal::kMinimize));
  ASSERT_EQ(prepared->config.stopping.size(), 2u);
  EXPECT_EQ(prepared->config.stopping[1].name, "threshold");
  prepared = PrepareJson(R"({"model": "net", "stopping": {"name": "median", "metric": "eror"}})");
  EXPECT_THAT(std::string(prepared.status().message()),
              HasSubstr("stopping[0]: unknown metric \"eror\"; did you mean \"error\"?"));
}

TEST(Prepare, GoalsComeFromTheModelWhereTheFileSaysNone) {
  const auto prepared = PrepareJson(
      R"({"model": "net", "objectives": [{"metric": "accuracy"}, {"metric": "error", "goal": "maximize"}]})");
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  EXPECT_EQ(prepared->config.objectives[0].goal, Goal::kMaximize);
  EXPECT_EQ(prepared->config.objectives[1].goal, Goal::kMaximize);
}

}  // namespace
}  // namespace sturgeon
