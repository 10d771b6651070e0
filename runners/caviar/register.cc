#include "core/runner.h"
#include "runners/caviar/caviar.h"

namespace sturgeon {
namespace {
const LinkedRunner linked(kCaviarRunner);
}  // namespace
}  // namespace sturgeon
