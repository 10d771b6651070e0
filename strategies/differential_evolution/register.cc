#include "core/strategy.h"
#include "strategies/differential_evolution/differential_evolution.h"

namespace sturgeon {
namespace {
const LinkedStrategy linked(kDifferentialEvolutionStrategy);
}  // namespace
}  // namespace sturgeon
