#include "core/strategy.h"
#include "strategies/tpe/tpe.h"

namespace sturgeon {
namespace {
const LinkedStrategy linked(kTpeStrategy);
}  // namespace
}  // namespace sturgeon
