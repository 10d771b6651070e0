#include "core/strategy.h"
#include "strategies/grid/grid.h"

namespace sturgeon {
namespace {
const LinkedStrategy linked(kGridStrategy);
}  // namespace
}  // namespace sturgeon
