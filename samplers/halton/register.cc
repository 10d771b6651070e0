#include "core/sampler.h"
#include "samplers/halton/halton.h"

namespace sturgeon {
namespace {
const LinkedSampler linked(kHaltonSampler);
}  // namespace
}  // namespace sturgeon
