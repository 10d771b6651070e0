#include "core/model.h"
#include "models/mlp/mlp.h"

namespace sturgeon {
namespace {
const LinkedModel linked(kMlpModel);
}  // namespace
}  // namespace sturgeon
