#include "core/strategy.h"
#include "strategies/successive_halving/successive_halving.h"

namespace sturgeon {
namespace {
const LinkedStrategy linked(kSuccessiveHalvingStrategy);
}  // namespace
}  // namespace sturgeon
