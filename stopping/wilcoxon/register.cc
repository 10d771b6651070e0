#include "core/stopping_rule.h"
#include "stopping/wilcoxon/wilcoxon.h"

namespace sturgeon {
namespace {
const LinkedStoppingRule linked(kWilcoxonRule);
}  // namespace
}  // namespace sturgeon
