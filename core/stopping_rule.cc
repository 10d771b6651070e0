#include "core/stopping_rule.h"

namespace sturgeon {

template <>
const LinkedStoppingRule* LinkedStoppingRule::head_ = nullptr;

}  // namespace sturgeon
