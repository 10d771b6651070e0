#include "core/runner.h"
#include "runners/sequential/sequential.h"

namespace sturgeon {
namespace {
const LinkedRunner linked(kSequentialRunner);
}  // namespace
}  // namespace sturgeon
