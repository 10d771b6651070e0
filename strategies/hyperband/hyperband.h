// Hyperband: successive halving in brackets that begin with many configurations trained a little,
// with fewer trained longer, and so on to a few that are trained to the end at once, for the case
// that the first results of a training say nothing about its last.
//
// Rungs 0 … K; one kind of bracket starts at each, with so many configurations that all brackets
// cost about the same:
//   n_s = ⌈(K + 1) / (s + 1) eta^s⌉ start at rung K - s, for s = K, K - 1 … 0, and then again.
// What happens within a bracket, and while results are out: strategies/brackets.h.
//
// Prefer asha in general; hyperband where you doubt that short trainings tell good configurations
// from bad ones. bohb is hyperband over tpe.
//
// Determinism, cost, objectives: strategies/brackets.h. Errors of Create: InvalidArgument for
// several objectives, a full training of unknown length or of one step, `min_steps` not below it,
// or what `over` does not take. Source: Li, Jamieson, DeSalvo, Rostamizadeh, Talwalkar, "Hyperband:
// a novel bandit-based approach to hyperparameter optimization" (JMLR 18, 2018).
#ifndef STURGEON_STRATEGIES_HYPERBAND_HYPERBAND_H_
#define STURGEON_STRATEGIES_HYPERBAND_HYPERBAND_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "core/option_schema.h"
#include "core/strategy.h"
#include "strategies/rungs.h"

namespace sturgeon {

struct HyperbandOptions : RungOptions {
  HyperbandOptions() : RungOptions("random") {}
};

struct HyperbandStrategy {
  static const Schema<HyperbandOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<Strategy>> Create(HyperbandOptions options,
                                                          const StrategyContext& context);
};

inline constexpr StrategyPlugin kHyperbandStrategy = MakeStrategyPlugin<HyperbandStrategy>(
    "hyperband", "Successive halving in brackets that hedge how early results can be trusted");

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_HYPERBAND_HYPERBAND_H_
