#include "core/sampler.h"
#include "samplers/grid/grid.h"

namespace sturgeon {
namespace {
const LinkedSampler linked(kGridSampler);
}  // namespace
}  // namespace sturgeon
