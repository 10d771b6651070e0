#include "strategies/successive_halving/successive_halving.h"

#include <utility>
#include <vector>

#include "strategies/brackets.h"
#include "strategies/rungs.h"

namespace sturgeon {

const Schema<SuccessiveHalvingOptions>& SuccessiveHalvingStrategy::OptionSchema() {
  static const auto* const schema = [] {
    auto* const made = new Schema<SuccessiveHalvingOptions>();
    AddRungOptions(*made);
    made->Add("configurations", &SuccessiveHalvingOptions::configurations,
              "How many start at the lowest rung together. 0: so many that one of them reaches the "
              "top.",
              AtLeast(0));
    return made;
  }();
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
