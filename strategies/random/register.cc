#include "core/strategy.h"
#include "strategies/random/random.h"

namespace sturgeon {
namespace {
const LinkedStrategy linked(kRandomStrategy);
}  // namespace
}  // namespace sturgeon
