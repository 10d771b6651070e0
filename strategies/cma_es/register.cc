#include "core/strategy.h"
#include "strategies/cma_es/cma_es.h"

namespace sturgeon {
namespace {
const LinkedStrategy linked(kCmaEsStrategy);
}  // namespace
}  // namespace sturgeon
