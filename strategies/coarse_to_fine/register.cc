#include "core/strategy.h"
#include "strategies/coarse_to_fine/coarse_to_fine.h"

namespace sturgeon {
namespace {
const LinkedStrategy linked(kCoarseToFineStrategy);
}  // namespace
}  // namespace sturgeon
