// BOHB: hyperband (strategies/brackets.h) whose configurations come from a model of the results,
// tpe, and with probability `random_share` from nowhere: drawn uniformly, so that no model can
// mislead it for ever.
//
// Where this departs from the paper: the density estimator is that of the strategy tpe, with its
// own kernels, rather than one kernel density estimate for each budget; and it learns from the
// results of all rungs, moved onto the scale of the top (strategies/searcher.h), rather than from
// those of the highest rung with enough of them.
//
// Determinism, cost, objectives: strategies/brackets.h. Errors of Create: InvalidArgument for
// several objectives, a full training of unknown length or of one step, `min_steps` not below it,
// or what `over` does not take. Source: Falkner, Klein, Hutter, "BOHB: robust and efficient
// hyperparameter optimization at scale" (ICML 2018).
#ifndef STURGEON_STRATEGIES_BOHB_BOHB_H_
#define STURGEON_STRATEGIES_BOHB_BOHB_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "core/option_schema.h"
#include "core/strategy.h"
#include "strategies/rungs.h"

namespace sturgeon {

struct BohbOptions : RungOptions {
  BohbOptions() : RungOptions("tpe") {}
  double random_share = 1.0 / 3;
};

struct BohbStrategy {
  static const Schema<BohbOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<Strategy>> Create(BohbOptions options,
                                                          const StrategyContext& context);
};

inline constexpr StrategyPlugin kBohbStrategy = MakeStrategyPlugin<BohbStrategy>(
    "bohb", "Hyperband over tpe, with a share of random configurations");

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_BOHB_BOHB_H_
