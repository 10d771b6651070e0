// Auto over the strategies that the program ships, instead of stand-ins.
#include <vector>

#include "core/plugins.h"
#include "gtest/gtest.h"
#include "strategies/auto/auto.h"
#include "strategies/conformance.h"

namespace sturgeon {
namespace {

// Studies that hand over from gp after few results, to cma_es, tpe or nsga2.
StrategyCase Linked() {
  const absl::StatusOr<Plugins> plugins = Plugins::FromLinked();
  EXPECT_TRUE(plugins.ok()) << plugins.status();
  StrategyCase linked = {"linked", &kAutoStrategy, plugins.ok() ? *plugins : Plugins()};
  linked.options.Set("gp_trials", 7);
  linked.options.Set("cma_es_trials", 9);
  linked.exhausts = true;
  linked.trials = 12;
  return linked;
}

INSTANTIATE_TEST_SUITE_P(Auto, StrategyConformance, testing::Values(Linked()), StrategyCaseName);

}  // namespace
}  // namespace sturgeon
