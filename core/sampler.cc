#include "core/sampler.h"

namespace sturgeon {

template <>
const LinkedSampler* LinkedSampler::head_ = nullptr;

}  // namespace sturgeon
