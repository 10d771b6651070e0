#include "core/stopping_rule.h"
#include "stopping/median/median.h"

namespace sturgeon {
namespace {
const LinkedStoppingRule linked(kMedianRule);
}  // namespace
}  // namespace sturgeon
