#include "core/runner.h"
#include "runners/panda/panda.h"

namespace sturgeon {
namespace {
const LinkedRunner linked(kPandaRunner);
}  // namespace
}  // namespace sturgeon
