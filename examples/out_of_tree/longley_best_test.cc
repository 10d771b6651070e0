// A program that is built with the hyperparameters that a study has found.
#include "longley_best.h"

#include <memory>

#include "core/model.h"
#include "core/stop_token.h"
#include "core/value.h"
#include "elastic_net/elastic_net.h"
#include "gtest/gtest.h"

namespace {

// The error after a full training.
double Error(const sturgeon::Value& hyperparameters) {
  const auto model = elastic_net::ElasticNetFactory::Create(elastic_net::ElasticNetOptions(), {});
  EXPECT_TRUE(model.ok()) << model.status();
  const auto training = (*model)->Create(hyperparameters, {});
  EXPECT_TRUE(training.ok()) << training.status();
  const auto metrics = (*training)->Train((*model)->max_steps(), sturgeon::StopToken());
  EXPECT_TRUE(metrics.ok()) << metrics.status();
  return metrics->front();
}

TEST(LongleyBest, IsBetterThanTheDefaults) {
  const sturgeon::Value tuned = sturgeon::Value::Object{{"penalty", longley_best::kPenalty},
                                                        {"l1_ratio", longley_best::kL1Ratio}};
  EXPECT_LT(Error(tuned), Error(sturgeon::Value::Object()));
}

}  // namespace
