// What the model plugins that train a network share: options, data, and the translation between
// hyperparameters by name and the network.
//
// A plugin chooses the search space out of the parameters below; what it leaves out keeps the value
// in brackets.
//   learning_rate, momentum, nesterov [false], rms_decay, beta1, beta2, epsilon, weight_decay [0],
//   dropout [0], batch_size, learning_rate_decay [none], decay_rate [0]: may be Set while training;
//   hidden_units, layers [0], activation, batch_norm [false], optimizer [sgd]: fixed.
// The formulas stand in network.h. learning_rate_decay `cosine` falls to zero over the option
// `epochs`; `step` drops four times.
#ifndef STURGEON_MODELS_NETWORK_NETWORK_MODEL_H_
#define STURGEON_MODELS_NETWORK_NETWORK_MODEL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "core/model.h"
#include "core/option_schema.h"
#include "core/space.h"

namespace sturgeon {

struct NetworkOptions {
  std::string dataset = "fashion_mnist";
  int epochs = 10;
  double validation_fraction = 0.15;
  int64_t train_limit = 0;
};

const Schema<NetworkOptions>& NetworkOptionSchema();

// Loads and splits the data, once for all trials. The unit of training is the epoch; the metrics
// are validation_error, validation_loss, train_error, train_loss (the last two averaged over the
// epoch as it went), all to be minimised, and test_error, test_loss where the dataset has test
// examples. A `final` model learns from the validation examples too, and its validation metrics are
// NaN. Errors: those of the dataset and of the split, and what is wrong with `parameters`.
absl::StatusOr<std::unique_ptr<ModelFactory>> MakeNetworkModelFactory(
    const NetworkOptions& options, const ModelContext& context, std::vector<Parameter> parameters);

}  // namespace sturgeon

#endif  // STURGEON_MODELS_NETWORK_NETWORK_MODEL_H_
