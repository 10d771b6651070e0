#include "core/strategy.h"
#include "hill_climbing/hill_climbing.h"

namespace hill_climbing {
namespace {
const sturgeon::LinkedStrategy linked(kHillClimbing);
}  // namespace
}  // namespace hill_climbing
