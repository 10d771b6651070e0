// The model `softmax_regression` (multinomial logistic regression): one linear layer and a softmax,
// trained by mini-batch gradient descent. A convex problem: quick, and the baseline for `mlp`.
//
// Parameters, by tier:
//   1  learning_rate 1e-4 … 1 (log) [0.01]
//   2  momentum 0.9 … 0.999 (reverse log) [0.9], batch_size 32 … 512 (powers of two) [64]
//   3  learning_rate_decay none | inverse | exponential | cosine | step [cosine], decay_rate 0.01 …
//      1 (log; inverse, exponential, step) [0.1], weight_decay 1e-6 … 0.01 (log) [1e-5]
#ifndef STURGEON_MODELS_SOFTMAX_REGRESSION_SOFTMAX_REGRESSION_H_
#define STURGEON_MODELS_SOFTMAX_REGRESSION_SOFTMAX_REGRESSION_H_

#include <memory>

#include "absl/status/statusor.h"
#include "core/model.h"
#include "core/option_schema.h"
#include "models/network/network_model.h"

namespace sturgeon {

class SoftmaxRegressionModel {
 public:
  static const Schema<NetworkOptions>& OptionSchema() { return NetworkOptionSchema(); }
  static absl::StatusOr<std::unique_ptr<ModelFactory>> Create(const NetworkOptions& options,
                                                              const ModelContext& context);
};

inline constexpr ModelPlugin kSoftmaxRegressionModel = MakeModelPlugin<SoftmaxRegressionModel>(
    "softmax_regression", "Linear classifier with a softmax");

}  // namespace sturgeon

#endif  // STURGEON_MODELS_SOFTMAX_REGRESSION_SOFTMAX_REGRESSION_H_
