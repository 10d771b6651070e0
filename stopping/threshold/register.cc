#include "core/stopping_rule.h"
#include "stopping/threshold/threshold.h"

namespace sturgeon {
namespace {
const LinkedStoppingRule linked(kThresholdRule);
}  // namespace
}  // namespace sturgeon
