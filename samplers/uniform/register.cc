#include "core/sampler.h"
#include "samplers/uniform/uniform.h"

namespace sturgeon {
namespace {
const LinkedSampler linked(kUniformSampler);
}  // namespace
}  // namespace sturgeon
