#include "core/strategy.h"
#include "strategies/gp/gp.h"

namespace sturgeon {
namespace {
const LinkedStrategy linked(kGpStrategy);
}  // namespace
}  // namespace sturgeon
