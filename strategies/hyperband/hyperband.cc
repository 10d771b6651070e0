#include "strategies/hyperband/hyperband.h"

#include <utility>
#include <vector>

#include "strategies/brackets.h"
#include "strategies/rungs.h"

namespace sturgeon {

const Schema<HyperbandOptions>& HyperbandStrategy::OptionSchema() {
  using Options = HyperbandOptions;
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
              AtLeast(0)));
  return *schema;
}

absl::StatusOr<std::unique_ptr<Strategy>> HyperbandStrategy::Create(
    HyperbandOptions options, const StrategyContext& context) {
  absl::StatusOr<Rungs> rungs = Rungs::Create(options.eta, options.min_steps, context.study);
  if (!rungs.ok()) return rungs.status();
  std::vector<BracketKind> cycle = HyperbandCycle(*rungs);
  return BracketStrategy::Create("hyperband", *std::move(rungs), std::move(cycle), options.over,
                                 /*random_share=*/0, context);
}

}  // namespace sturgeon
