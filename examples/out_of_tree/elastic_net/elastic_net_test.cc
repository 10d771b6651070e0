#include "elastic_net/elastic_net.h"

#include <memory>
#include <utility>

#include "core/stop_token.h"
#include "gtest/gtest.h"
#include "models/conformance.h"

namespace sturgeon {
namespace {

ModelCase ElasticNetCase() {
  ModelCase model_case{"elastic_net", &elastic_net::kElasticNetModel};
  model_case.uses_seed = false;
  model_case.settable.Set("penalty", 1.0);
  model_case.settable.Set("l1_ratio", 0.1);
  return model_case;
}

INSTANTIATE_TEST_SUITE_P(ElasticNet, ModelConformance, testing::Values(ElasticNetCase()),
                         ModelCaseName);

}  // namespace
}  // namespace sturgeon

namespace elastic_net {
namespace {

using sturgeon::Value;

std::unique_ptr<sturgeon::ModelFactory> MakeFactory() {
  auto factory = kElasticNetModel.create(Value::Object(), "elastic_net", {});
  EXPECT_TRUE(factory.ok()) << factory.status();
  return *std::move(factory);
}

std::unique_ptr<sturgeon::Model> Fit(double penalty, double l1_ratio) {
  Value assignment;
  assignment.Set("penalty", penalty);
  assignment.Set("l1_ratio", l1_ratio);
  static const auto* const factory = MakeFactory().release();
  auto model = factory->Create(assignment, {});
  EXPECT_TRUE(model.ok()) << model.status();
  return *std::move(model);
}

double Rmse(sturgeon::Model& model, int64_t rounds) {
  auto metrics = model.Train(rounds, sturgeon::StopToken());
  EXPECT_TRUE(metrics.ok()) << metrics.status();
  return metrics->front();
}

// Coordinate descent without a penalty comes down to least squares, whose leave-one-out error
// follows from NIST's certified coefficients and the diagonal of the hat matrix.
TEST(ElasticNet, WithoutPenaltyIsLeastSquares) { EXPECT_NEAR(Rmse(*Fit(0, 0), 400), 424.77, 0.05); }

// What numpy gives for the same updates.
TEST(ElasticNet, AgreesWithAnotherImplementation) {
  EXPECT_NEAR(Rmse(*Fit(1e-3, 1), 20), 393.6639, 1e-3);
  EXPECT_NEAR(Rmse(*Fit(1e-2, 0), 20), 501.2712, 1e-3);
}

// With everything shrunk away, each year is predicted by the mean of the others.
TEST(ElasticNet, WithALargePenaltyPredictsTheMean) {
  EXPECT_NEAR(Rmse(*Fit(1e6, 1), 1), 3627.1453, 1e-3);
}

TEST(ElasticNet, ThePenaltyCanChangeBetweenRounds) {
  const auto model = Fit(1e6, 1);
  Rmse(*model, 1);
  ASSERT_TRUE(model->Set("penalty", 1e-3).ok());
  EXPECT_NEAR(Rmse(*model, 20), 393.6639, 1e-3);  // every weight was 0, as at the start
}

TEST(ElasticNet, RefusesWhatWouldNotBeConvex) {
  const auto model = Fit(1, 0);
  EXPECT_EQ(model->Set("penalty", -1).message(), "penalty: expected a number in [0, 1e12]");
  EXPECT_EQ(model->Set("l1_ratio", 1.5).message(), "l1_ratio: expected a number in [0, 1]");
  EXPECT_EQ(model->Set("l2", 1).message(),
            "elastic_net has no parameter \"l2\"; it has penalty and l1_ratio");
}

}  // namespace
}  // namespace elastic_net
