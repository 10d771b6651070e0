// Successive halving: of n configurations that are trained a little, the best 1 / eta are trained
// eta times as long, of those again the best 1 / eta, and so on to the end; then the next n.
//
// The bracket, and what happens while results are out: strategies/brackets.h. The lowest rung's n
// is `configurations`.
//
// Prefer asha, which promotes as soon as it can; this is for comparisons, and where every bracket
// is to be decided with all of its results on the table.
//
// Determinism, cost, objectives: strategies/brackets.h. Errors of Create: InvalidArgument for
// several objectives, a full training of unknown length or of one step, `min_steps` not below it,
// or what `over` does not take. Source: Jamieson, Talwalkar, "Non-stochastic best arm
// identification and hyperparameter optimization" (AISTATS 2016).
#ifndef STURGEON_STRATEGIES_SUCCESSIVE_HALVING_SUCCESSIVE_HALVING_H_
#define STURGEON_STRATEGIES_SUCCESSIVE_HALVING_SUCCESSIVE_HALVING_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "core/option_schema.h"
#include "core/strategy.h"
#include "strategies/rungs.h"

namespace sturgeon {

struct SuccessiveHalvingOptions : RungOptions {
  SuccessiveHalvingOptions() : RungOptions("random") {}
  int64_t configurations = 0;
};

struct SuccessiveHalvingStrategy {
  static const Schema<SuccessiveHalvingOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<Strategy>> Create(SuccessiveHalvingOptions options,
                                                          const StrategyContext& context);
};

inline constexpr StrategyPlugin kSuccessiveHalvingStrategy =
    MakeStrategyPlugin<SuccessiveHalvingStrategy>(
        "successive_halving", "Trains many a little and the better third on, rung by rung");

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_SUCCESSIVE_HALVING_SUCCESSIVE_HALVING_H_
