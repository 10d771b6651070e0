#include "strategies/successive_halving/successive_halving.h"

#include <utility>
#include <vector>

#include "strategies/brackets.h"
#include "strategies/rungs.h"

namespace sturgeon {

const Schema<SuccessiveHalvingOptions>& SuccessiveHalvingStrategy::OptionSchema() {
  using Options = SuccessiveHalvingOptions;
  static const auto* const schema = new Schema<Options>(
      Schema<Options>()
          .Add("over", &Options::over,
               "Where new configurations come from: a strategy, with options of its own.")
          .Add("eta", &Options::eta, "One of so many goes on from each rung to the next.",
               Between(2, 100))
          .Add(
              "min_steps", &Options::min_steps,
              "The lowest rung, in the model's steps. 0: a full training divided by eta^4, or more "
              "if the planned trials would bring none to the top.",
              AtLeast(0))
          .Add("configurations", &Options::configurations,
               "How many start at the lowest rung together. 0: so many that one of them reaches "
               "the top.",
               AtLeast(0)));
  return *schema;
}

absl::StatusOr<std::unique_ptr<Strategy>> SuccessiveHalvingStrategy::Create(
    SuccessiveHalvingOptions options, const StrategyContext& context) {
  absl::StatusOr<Rungs> rungs = Rungs::Create(options.eta, options.min_steps, context.study);
  if (!rungs.ok()) return rungs.status();
  int64_t size = options.configurations;
  if (size == 0) {
    size = 1;
    for (int k = 0; k < rungs->top(); ++k) size *= options.eta;
  }
  return BracketStrategy::Create("successive_halving", *std::move(rungs), {{0, size}}, options.over,
                                 /*random_share=*/0, context);
}

}  // namespace sturgeon
