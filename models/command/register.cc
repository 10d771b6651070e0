#include "core/model.h"
#include "models/command/command.h"

namespace sturgeon {
namespace {
const LinkedModel linked(kCommandModel);
}  // namespace
}  // namespace sturgeon
