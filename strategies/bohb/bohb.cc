#include "strategies/bohb/bohb.h"

#include <utility>
#include <vector>

#include "strategies/brackets.h"
#include "strategies/rungs.h"

namespace sturgeon {

const Schema<BohbOptions>& BohbStrategy::OptionSchema() {
  static const auto* const schema = [] {
    auto* const made = new Schema<BohbOptions>();
    AddRungOptions(*made);
    made->Add("random_share", &BohbOptions::random_share,
              "The share of new configurations that are drawn uniformly.", Between(0.0, 1.0));
    return made;
  }();
  return *schema;
}

absl::StatusOr<std::unique_ptr<Strategy>> BohbStrategy::Create(BohbOptions options,
                                                               const StrategyContext& context) {
  absl::StatusOr<Rungs> rungs = Rungs::Create(options.eta, options.min_steps, context.study);
  if (!rungs.ok()) return rungs.status();
  std::vector<BracketKind> cycle = HyperbandCycle(*rungs);
  return BracketStrategy::Create("bohb", *std::move(rungs), std::move(cycle), options.over,
                                 options.random_share, context);
}

}  // namespace sturgeon
