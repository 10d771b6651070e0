#include "core/runner.h"

namespace sturgeon {

template <>
const LinkedRunner* LinkedRunner::head_ = nullptr;

}  // namespace sturgeon
