#include "core/sampler.h"
#include "samplers/sobol/sobol.h"

namespace sturgeon {
namespace {
const LinkedSampler linked(kSobolSampler);
}  // namespace
}  // namespace sturgeon
