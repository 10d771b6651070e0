#include "models/softmax_regression/softmax_regression.h"

#include <fstream>
#include <string>

#include "core/random.h"
#include "gtest/gtest.h"
#include "models/conformance.h"

namespace sturgeon {
namespace {

// A table of two columns in very different units and a category; the label is linear in them.
std::string LinearTable() {
  static const std::string* const path = [] {
    auto* name = new std::string(testing::TempDir() + "/softmax_regression_test.csv");
    std::ofstream file(*name);
    RandomStream random(4, 0, kFirstPluginStream);
    file << "large,small,kind,label\n";
    for (int i = 0; i < 400; ++i) {
      const double a = random.Normal(), b = random.Normal();
      const bool kind = random.Below(2) == 1;
      const double score = a - b + (kind ? 2 : 0);
      file << 5000 + 1000 * a << "," << 1e-3 * b << "," << (kind ? "up" : "down") << ","
           << (score < 0   ? "low"
               : score < 2 ? "middle"
                           : "high")
           << "\n";
    }
    return name;
  }();
  return *path;
}

Value Options(int epochs) {
  return Value::Object({{"dataset", "csv:" + LinearTable()}, {"epochs", epochs}});
}

ModelCase Case() {
  ModelCase result{"Linear", &kSoftmaxRegressionModel};
  result.options = Options(5);
  result.settable = Value::Object({{"learning_rate", 0.1},
                                   {"momentum", 0.99},
                                   {"batch_size", 32},
                                   {"weight_decay", 0.01},
                                   {"learning_rate_decay", "inverse"}});
  return result;
}

INSTANTIATE_TEST_SUITE_P(SoftmaxRegression, ModelConformance, testing::Values(Case()),
                         ModelCaseName);

TEST(SoftmaxRegressionTest, LearnsALinearRule) {
  const auto factory = kSoftmaxRegressionModel.create(Options(60), "here", ModelContext());
  ASSERT_TRUE(factory.ok()) << factory.status();
  auto model = (*factory)->Create(Value::Object({{"learning_rate", 0.1}}), ModelOptions());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_LT(TrainSteps(model->get(), 60)[0], 0.1);
}

TEST(SoftmaxRegressionTest, HasNoHiddenLayers) {
  const auto factory = kSoftmaxRegressionModel.create(Options(1), "here", ModelContext());
  ASSERT_TRUE(factory.ok()) << factory.status();
  const auto model = (*factory)->Create(Value::Object({{"hidden_units", 3}}), ModelOptions());
  EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sturgeon
