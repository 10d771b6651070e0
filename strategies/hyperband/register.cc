#include "core/strategy.h"
#include "strategies/hyperband/hyperband.h"

namespace sturgeon {
namespace {
const LinkedStrategy linked(kHyperbandStrategy);
}  // namespace
}  // namespace sturgeon
