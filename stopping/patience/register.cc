#include "core/stopping_rule.h"
#include "stopping/patience/patience.h"

namespace sturgeon {
namespace {
const LinkedStoppingRule linked(kPatienceRule);
}  // namespace
}  // namespace sturgeon
