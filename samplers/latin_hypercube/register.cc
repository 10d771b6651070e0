#include "core/sampler.h"
#include "samplers/latin_hypercube/latin_hypercube.h"

namespace sturgeon {
namespace {
const LinkedSampler linked(kLatinHypercubeSampler);
}  // namespace
}  // namespace sturgeon
