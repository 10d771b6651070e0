#include "strategies/hyperband/hyperband.h"

#include <utility>
#include <vector>

#include "strategies/brackets.h"
#include "strategies/rungs.h"

namespace sturgeon {

const Schema<HyperbandOptions>& HyperbandStrategy::OptionSchema() {
  static const auto* const schema = [] {
    auto* const made = new Schema<HyperbandOptions>();
    AddRungOptions(*made);
    return made;
  }();
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
