#include "core/strategy.h"
#include "strategies/asha/asha.h"

namespace sturgeon {
namespace {
const LinkedStrategy linked(kAshaStrategy);
}  // namespace
}  // namespace sturgeon
