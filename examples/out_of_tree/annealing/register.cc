#include "annealing/annealing.h"
#include "core/strategy.h"

namespace annealing {
namespace {
const sturgeon::LinkedStrategy linked(kAnnealingStrategy);
}  // namespace
}  // namespace annealing
