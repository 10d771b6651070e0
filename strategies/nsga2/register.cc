#include "core/strategy.h"
#include "strategies/nsga2/nsga2.h"

namespace sturgeon {
namespace {
const LinkedStrategy linked(kNsga2Strategy);
}  // namespace
}  // namespace sturgeon
