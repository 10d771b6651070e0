#include "core/model.h"
#include "models/softmax_regression/softmax_regression.h"

namespace sturgeon {
namespace {
const LinkedModel linked(kSoftmaxRegressionModel);
}  // namespace
}  // namespace sturgeon
