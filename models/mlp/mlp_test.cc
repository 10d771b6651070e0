#include "models/mlp/mlp.h"

#include <cmath>
#include <fstream>
#include <map>
#include <string>
#include <utility>

#include "core/random.h"
#include "gtest/gtest.h"
#include "models/conformance.h"

namespace sturgeon {
namespace {

// A table of three rings around the origin: not linearly separable.
std::string RingsTable() {
  static const std::string* const path = [] {
    auto* name = new std::string(testing::TempDir() + "/mlp_test_rings.csv");
    std::ofstream file(*name);
    RandomStream random(3, 0, kFirstPluginStream);
    file << "x,y,ring\n";
    for (int i = 0; i < 300; ++i) {
      const double radius = i % 3 + 0.6 * random.Uniform();
      const double angle = random.Uniform(0, 6.283185307179586);
      file << radius * std::cos(angle) << "," << radius * std::sin(angle) << "," << i % 3 << "\n";
    }
    return name;
  }();
  return *path;
}

Value Options(int epochs = 5) {
  return Value::Object(
      {{"dataset", "csv:" + RingsTable()}, {"epochs", epochs}, {"validation_fraction", 0.25}});
}

ModelCase Case(std::string name, Value::Object assignment, Value::Object settable) {
  ModelCase result{std::move(name), &kMlpModel};
  result.options = Options();
  result.assignment = std::move(assignment);
  result.settable = std::move(settable);
  result.fixed = {"hidden_units", "layers", "activation", "batch_norm", "optimizer"};
  return result;
}

INSTANTIATE_TEST_SUITE_P(
    Mlp, ModelConformance,
    testing::Values(
        Case("Sgd", {},
             {{"learning_rate", 0.01},
              {"momentum", 0.99},
              {"nesterov", true},
              {"batch_size", 32},
              {"weight_decay", 0.01},
              {"dropout", 0.3},
              {"learning_rate_decay", "none"}}),
        Case("Exponential", {{"learning_rate_decay", "exponential"}, {"layers", 1}},
             {{"decay_rate", 0.9}, {"learning_rate_decay", "cosine"}}),
        Case("Rmsprop", {{"optimizer", "rmsprop"}, {"activation", "gelu"}, {"learning_rate", 0.01}},
             {{"rms_decay", 0.99}, {"epsilon", 1e-3}}),
        Case("AdamwBatchNorm",
             {{"optimizer", "adamw"},
              {"activation", "tanh"},
              {"batch_norm", true},
              {"dropout", 0.1},
              {"learning_rate", 0.01}},
             {{"beta1", 0.5}, {"beta2", 0.9}, {"epsilon", 1e-2}, {"weight_decay", 0.5}})),
    ModelCaseName);

std::unique_ptr<ModelFactory> MakeFactory(const Value& options) {
  auto factory = kMlpModel.create(options, "mlp", ModelContext());
  EXPECT_TRUE(factory.ok()) << factory.status();
  return *std::move(factory);
}

TEST(MlpTest, LearnsWhatALineCannotSeparate) {
  const auto factory = MakeFactory(Options(40));
  EXPECT_EQ(factory->unit(), "epoch");
  EXPECT_EQ(factory->max_steps(), 40);
  auto model = factory->Create(Value::Object({{"batch_size", 32}}), ModelOptions());
  ASSERT_TRUE(model.ok()) << model.status();
  const std::vector<double> metrics = TrainSteps(model->get(), 40);
  EXPECT_LT(metrics[0], 0.08);  // validation_error
  EXPECT_LT(metrics[2], 0.08);  // train_error
}

TEST(MlpTest, LearnsFashionMnistFromAFewImages) {
  Value options = Value::Object({{"epochs", 4}, {"train_limit", 2000}});
  const auto factory = MakeFactory(options);
  ASSERT_EQ(factory->test_metrics().size(), 2);
  auto model = factory->Create(Value::Object({{"hidden_units", 64}}), ModelOptions());
  ASSERT_TRUE(model.ok()) << model.status();
  const std::vector<double> metrics = TrainSteps(model->get(), 4);
  EXPECT_LT(metrics[0], 0.25);
  const auto test = (*model)->Test();
  ASSERT_TRUE(test.ok()) << test.status();
  EXPECT_LT((*test)[0], 0.25);
  EXPECT_GT((*test)[0], 0.05);
}

TEST(MlpTest, AFinalModelLearnsFromTheValidationRowsToo) {
  const auto factory = MakeFactory(Options());
  ModelOptions options;
  auto judged = factory->Create(Value::Object(), options);
  options.final = true;
  auto final = factory->Create(Value::Object(), options);
  ASSERT_TRUE(judged.ok() && final.ok());
  const std::vector<double> a = TrainSteps(judged->get(), 2);
  const std::vector<double> b = TrainSteps(final->get(), 2);
  EXPECT_TRUE(std::isfinite(a[0]) && std::isnan(b[0]) && std::isnan(b[1]));
  EXPECT_NE(a[3], b[3]);
}

TEST(MlpTest, TheSpaceHasTheTiersAndScalesOfTheGuide) {
  const auto factory = MakeFactory(Options());
  const SearchSpace& space = factory->default_space();
  const std::map<std::string, std::pair<int, Scale>> expected = {
      {"learning_rate", {1, Scale::kLog}}, {"momentum", {2, Scale::kReverseLog}},
      {"hidden_units", {2, Scale::kLog}},  {"batch_size", {2, Scale::kLog}},
      {"layers", {3, Scale::kLinear}},     {"learning_rate_decay", {3, Scale::kLinear}},
      {"beta1", {4, Scale::kReverseLog}},  {"beta2", {4, Scale::kReverseLog}},
      {"epsilon", {4, Scale::kLog}},
  };
  for (const auto& [name, what] : expected) {
    const auto index = space.Find(name);
    ASSERT_TRUE(index.has_value()) << name;
    EXPECT_EQ(space[*index].tier, what.first) << name;
    EXPECT_EQ(space[*index].scale, what.second) << name;
  }
  const Parameter& batch = space[*space.Find("batch_size")];
  EXPECT_EQ(batch.Levels(), 5);  // 32, 64, 128, 256, 512
}

TEST(MlpTest, ErrorsSayWhatWouldBeRight) {
  const auto factory = MakeFactory(Options());
  const auto message = [&](Value::Object assignment) {
    const auto model = factory->Create(Value(std::move(assignment)), ModelOptions());
    EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(model.status().message());
  };
  EXPECT_EQ(message({{"optimizer", "sdg"}}),
            "optimizer is \"sdg\"; it must be one of sgd, rmsprop, adam, adamw");
  EXPECT_EQ(message({{"learning_rate", 0}}), "learning_rate is 0; it must be more than 0");
  EXPECT_EQ(message({{"layers", -1}}), "layers is -1; it must be in [0, 64]");
  EXPECT_EQ(message({{"momentum", 1}}), "momentum is 1; it must be in [0, 1)");
  EXPECT_EQ(message({{"hidden_unit", 3}}).substr(0, 61),
            "unknown parameter \"hidden_unit\"; did you mean \"hidden_units\"?");

  const auto option = [](Value::Object options) {
    const auto made = kMlpModel.create(Value(std::move(options)), "model mlp", ModelContext());
    return std::string(made.status().message());
  };
  EXPECT_EQ(option({{"dataset", "mnist"}}).substr(0, 34), "model mlp: unknown dataset \"mnist\"");
  EXPECT_EQ(
      option({{"dataset", "csv:" + RingsTable()}, {"validation_fraction", 0}}),
      "model mlp: validation_fraction 0 of 300 examples leaves nothing to train on or nothing "
      "to validate on");
}

}  // namespace
}  // namespace sturgeon
