#include "hill_climbing/hill_climbing.h"

#include "gtest/gtest.h"
#include "strategies/conformance.h"

namespace sturgeon {
namespace {

StrategyCase HillClimbingCase() {
  StrategyCase strategy_case{"hill_climbing", &hill_climbing::kHillClimbing, {}};
  strategy_case.several_objectives = false;
  return strategy_case;
}

INSTANTIATE_TEST_SUITE_P(HillClimbing, StrategyConformance, testing::Values(HillClimbingCase()),
                         StrategyCaseName);

}  // namespace
}  // namespace sturgeon
