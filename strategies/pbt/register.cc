#include "core/strategy.h"
#include "strategies/pbt/pbt.h"

namespace sturgeon {
namespace {
const LinkedStrategy linked(kPbtStrategy);
}  // namespace
}  // namespace sturgeon
