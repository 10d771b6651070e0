#include "models/mlp/mlp.h"

#include <vector>

#include "core/space.h"

namespace sturgeon {

absl::StatusOr<std::unique_ptr<ModelFactory>> MlpModel::Create(const NetworkOptions& options,
                                                               const ModelContext& context) {
  std::vector<Parameter> space = {
      Parameter::Float("learning_rate", 1e-4, 1, Scale::kLog).Tier(1).Default(0.02),
      Parameter::Float("momentum", 0.9, 0.999, Scale::kReverseLog)
          .Tier(2)
          .Default(0.9)
          .When("optimizer", {"sgd"}),
      Parameter::Int("hidden_units", 32, 512, Scale::kLog).Tier(2).Default(128),
      Parameter::Int("batch_size", 32, 512, Scale::kLog).Factor(2).Tier(2).Default(64),
      Parameter::Int("layers", 1, 4).Tier(3).Default(2),
      Parameter::Categorical("optimizer", {"sgd", "rmsprop", "adam", "adamw"}).Tier(3),
      Parameter::Categorical("learning_rate_decay",
                             {"none", "inverse", "exponential", "cosine", "step"})
          .Tier(3)
          .Default("cosine"),
      Parameter::Float("decay_rate", 0.01, 1, Scale::kLog)
          .Tier(3)
          .Default(0.1)
          .When("learning_rate_decay", {"inverse", "exponential", "step"}),
      Parameter::Float("weight_decay", 1e-6, 0.01, Scale::kLog).Tier(3).Default(1e-5),
      Parameter::Float("dropout", 0, 0.5).Tier(3).Default(0.0),
      Parameter::Categorical("activation", {"relu", "tanh", "gelu"}).Tier(4),
      Parameter::Categorical("batch_norm", {false, true}).Tier(4),
      Parameter::Categorical("nesterov", {false, true}).Tier(4).When("optimizer", {"sgd"}),
      Parameter::Float("rms_decay", 0.9, 0.999, Scale::kReverseLog)
          .Tier(4)
          .Default(0.9)
          .When("optimizer", {"rmsprop"}),
      Parameter::Float("beta1", 0.8, 0.99, Scale::kReverseLog)
          .Tier(4)
          .Default(0.9)
          .When("optimizer", {"adam", "adamw"}),
      Parameter::Float("beta2", 0.99, 0.9999, Scale::kReverseLog)
          .Tier(4)
          .Default(0.999)
          .When("optimizer", {"adam", "adamw"}),
      Parameter::Float("epsilon", 1e-10, 1e-4, Scale::kLog)
          .Tier(4)
          .Default(1e-8)
          .When("optimizer", {"rmsprop", "adam", "adamw"}),
  };
  return MakeNetworkModelFactory(options, context, std::move(space));
}

}  // namespace sturgeon
