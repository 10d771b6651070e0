// Random search: trial n is point n of a sampler, mapped to the space (Bergstra, Bengio: "Random
// search for hyper-parameter optimization", JMLR 2012).
//
// It learns nothing from results, so any number of trials may run at once, and it is the baseline
// that every other strategy has to beat. With the sampler `uniform` it goes on for ever; with
// `sobol`, `latin_hypercube` or `halton` the same number of trials covers the space more evenly;
// with `grid` it ends after the last point.
//
// Determinism: the proposal of trial n is a function of (seed, options, n) alone. A trial that was
// enqueued or imported takes its number's point away: the sequence goes on behind it.
// Objectives: any number. Errors of Create: those of the sampler. Cost: that of the sampler, plus
// O(parameters) a trial.
#ifndef STURGEON_STRATEGIES_RANDOM_RANDOM_H_
#define STURGEON_STRATEGIES_RANDOM_RANDOM_H_

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/option_schema.h"
#include "core/sampler.h"
#include "core/space.h"
#include "core/strategy.h"
#include "core/trial.h"

namespace sturgeon {

struct RandomOptions {
  PluginSpec sampler = {"uniform", Value::Object()};
};

class RandomStrategy final : public Strategy {
 public:
  static const Schema<RandomOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<Strategy>> Create(RandomOptions options,
                                                          const StrategyContext& context);

  absl::StatusOr<std::vector<Proposal>> Ask(const AskRequest& request) override;
  absl::Status Tell(absl::Span<const Trial* const> finished) override;

 private:
  RandomStrategy(const SearchSpace& space, std::unique_ptr<Sampler> sampler)
      : space_(space), sampler_(std::move(sampler)) {}

  const SearchSpace& space_;
  const std::unique_ptr<Sampler> sampler_;
  std::vector<double> unit_;  // [count, dimensions]: the points of one Ask, kept for its capacity
};

inline constexpr StrategyPlugin kRandomStrategy =
    MakeStrategyPlugin<RandomStrategy>("random", "Independent points of any sampler");

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_RANDOM_RANDOM_H_
