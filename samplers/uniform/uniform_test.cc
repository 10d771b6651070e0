#include "samplers/uniform/uniform.h"

#include <set>
#include <vector>

#include "gtest/gtest.h"
#include "samplers/conformance.h"

namespace sturgeon {
namespace {

INSTANTIATE_TEST_SUITE_P(Uniform, SamplerConformance,
                         testing::Values(SamplerCase{"uniform", &kUniformSampler}),
                         SamplerCaseName);

// The case for random search: whichever parameter turns out to matter, every trial has tried
// another value of it.
TEST(UniformSampler, EveryPointHasAValueOfItsOwnInEveryDimension) {
  SamplerContext context;
  context.dimensions = 2;
  context.count = 25;
  const std::vector<double> points =
      SamplePoints(kUniformSampler, Value::Object(), context, 0, context.count);
  for (int j = 0; j < 2; ++j) {
    std::set<double> values;
    for (int i = 0; i < 25; ++i) values.insert(points[2 * i + j]);
    EXPECT_EQ(values.size(), 25);
  }
}

TEST(UniformSampler, APointDoesNotDependOnWhatWasPlanned) {
  SamplerContext context;
  context.dimensions = 3;
  const std::vector<double> unplanned =
      SamplePoints(kUniformSampler, Value::Object(), context, 5, 4);
  context.count = 100;
  EXPECT_EQ(SamplePoints(kUniformSampler, Value::Object(), context, 5, 4), unplanned);
}

}  // namespace
}  // namespace sturgeon
