#include "core/strategy.h"
#include "strategies/auto/auto.h"

namespace sturgeon {
namespace {
const LinkedStrategy linked(kAutoStrategy);
}  // namespace
}  // namespace sturgeon
