#include "core/strategy.h"

namespace sturgeon {

template <>
const LinkedStrategy* LinkedStrategy::head_ = nullptr;

}  // namespace sturgeon
