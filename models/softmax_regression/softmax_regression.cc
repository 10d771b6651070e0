#include "models/softmax_regression/softmax_regression.h"

#include <vector>

#include "core/space.h"

namespace sturgeon {

absl::StatusOr<std::unique_ptr<ModelFactory>> SoftmaxRegressionModel::Create(
    const NetworkOptions& options, const ModelContext& context) {
  std::vector<Parameter> space = {
      Parameter::Float("learning_rate", 1e-4, 1, Scale::kLog).Tier(1).Default(0.01),
      Parameter::Float("momentum", 0.9, 0.999, Scale::kReverseLog).Tier(2).Default(0.9),
      Parameter::Int("batch_size", 32, 512, Scale::kLog).Factor(2).Tier(2).Default(64),
      Parameter::Categorical("learning_rate_decay",
                             {"none", "inverse", "exponential", "cosine", "step"})
          .Tier(3)
          .Default("cosine"),
      Parameter::Float("decay_rate", 0.01, 1, Scale::kLog)
          .Tier(3)
          .Default(0.1)
          .When("learning_rate_decay", {"inverse", "exponential", "step"}),
      Parameter::Float("weight_decay", 1e-6, 0.01, Scale::kLog).Tier(3).Default(1e-5),
  };
  return MakeNetworkModelFactory(options, context, std::move(space));
}

}  // namespace sturgeon
