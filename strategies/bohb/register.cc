#include "core/strategy.h"
#include "strategies/bohb/bohb.h"

namespace sturgeon {
namespace {
const LinkedStrategy linked(kBohbStrategy);
}  // namespace
}  // namespace sturgeon
