#include "core/stopping_rule.h"
#include "stopping/percentile/percentile.h"

namespace sturgeon {
namespace {
const LinkedStoppingRule linked(kPercentileRule);
}  // namespace
}  // namespace sturgeon
