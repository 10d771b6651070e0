#include "core/model.h"
#include "models/function/function.h"

namespace sturgeon {
namespace {
const LinkedModel linked(kFunctionModel);
}  // namespace
}  // namespace sturgeon
