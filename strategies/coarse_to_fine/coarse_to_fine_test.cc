#include "strategies/coarse_to_fine/coarse_to_fine.h"

#include "gtest/gtest.h"
#include "samplers/grid/grid.h"
#include "samplers/latin_hypercube/latin_hypercube.h"
#include "samplers/sobol/sobol.h"
#include "samplers/uniform/uniform.h"
#include "strategies/conformance.h"
#include "strategies/random/random.h"

namespace sturgeon {
namespace {

Plugins TestPlugins() {
  Plugins plugins;
  EXPECT_TRUE(plugins.samplers.Add(kGridSampler).ok());
  EXPECT_TRUE(plugins.samplers.Add(kLatinHypercubeSampler).ok());
  EXPECT_TRUE(plugins.samplers.Add(kSobolSampler).ok());
  EXPECT_TRUE(plugins.samplers.Add(kUniformSampler).ok());
  EXPECT_TRUE(plugins.strategies.Add(kCoarseToFineStrategy).ok());
  EXPECT_TRUE(plugins.strategies.Add(kRandomStrategy).ok());
  return plugins;
}

StrategyCase Case(const char* name, Value options = Value::Object()) {
  StrategyCase c = {name, &kCoarseToFineStrategy, TestPlugins(), std::move(options)};
  c.several_objectives = false;
  return c;
}

INSTANTIATE_TEST_SUITE_P(
    CoarseToFine, StrategyConformance,
    testing::Values(Case("defaults"),
                    Case("sobol", Value::Object{{"sampler", "sobol"}, {"rounds", 3}}),
                    Case("many_rounds", Value::Object{{"rounds", 12}, {"trials_per_round", 4}}),
                    Case("one_round", Value::Object{{"rounds", 1}})),
    StrategyCaseName);

}  // namespace
}  // namespace sturgeon
