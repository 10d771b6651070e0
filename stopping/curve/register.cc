#include "core/stopping_rule.h"
#include "stopping/curve/curve.h"

namespace sturgeon {
namespace {
const LinkedStoppingRule linked(kCurveRule);
}  // namespace
}  // namespace sturgeon
