// The model `mlp`: a multilayer perceptron for classification (models/network/network.h has the
// formulas), of `layers` hidden layers of `hidden_units` each.
//
// Parameters, by tier; each has the default that is not tuned:
//   1  learning_rate 1e-4 … 1 (log) [0.02]
//   2  momentum 0.9 … 0.999 (reverse log; sgd) [0.9], hidden_units 32 … 512 (log) [128],
//      batch_size 32 … 512 (powers of two) [64]
//   3  layers 1 … 4 [2], optimizer sgd | rmsprop | adam | adamw [sgd], learning_rate_decay none |
//      inverse | exponential | cosine | step [cosine], decay_rate 0.01 … 1 (log; inverse,
//      exponential, step) [0.1], weight_decay 1e-6 … 0.01 (log) [1e-5], dropout 0 … 0.5 [0]
//   4  activation relu | tanh | gelu [relu], batch_norm [false], nesterov (sgd) [false], rms_decay
//      0.9 … 0.999 (reverse log; rmsprop) [0.9], beta1 0.8 … 0.99 [0.9] and beta2 0.99 … 0.9999
//      [0.999] (reverse log; adam, adamw), epsilon 1e-10 … 1e-4 (log; all but sgd) [1e-8]
// A study may give a parameter another range.
#ifndef STURGEON_MODELS_MLP_MLP_H_
#define STURGEON_MODELS_MLP_MLP_H_

#include <memory>

#include "absl/status/statusor.h"
#include "core/model.h"
#include "core/option_schema.h"
#include "models/network/network_model.h"

namespace sturgeon {

class MlpModel {
 public:
  static const Schema<NetworkOptions>& OptionSchema() { return NetworkOptionSchema(); }
  static absl::StatusOr<std::unique_ptr<ModelFactory>> Create(const NetworkOptions& options,
                                                              const ModelContext& context);
};

inline constexpr ModelPlugin kMlpModel =
    MakeModelPlugin<MlpModel>("mlp", "Multilayer perceptron for classification");

}  // namespace sturgeon

#endif  // STURGEON_MODELS_MLP_MLP_H_
