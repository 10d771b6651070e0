// Differential evolution: a small population of the best trials, each of which is challenged by
// mixtures of itself, of one of the best, and of the difference of two others.
//
// Slots. With a population of P, trial n challenges slot n mod P, and a slot's member is the best
// trial that any challenge of it has brought: the best of all finished trials whose ids leave the
// same remainder, whoever proposed them. So the population is a function of the set of finished
// trials, needs no generations and waits for nothing.
//
// A challenge of member x (current-to-pbest/1, binomial crossover; JADE):
//   v = x + F (p - x) + F (a - b)
// where p is one of the best fifth of the members (two at least), a another slot's member, and b a
// third slot's member or, with probability 1/2, that slot's second best trial, which keeps
// differences alive. Each parameter takes its coordinate from v with probability CR, one at least,
// otherwise from x. In the parameters' unit coordinates:
//   floats    where v leaves the unit interval: a random place between x and the wall it crossed;
//   discrete  the same, then moved at random by up to half the share of its value, so that a value
//             between two is rounded by chance;
//   choices   p's with probability F, else x's; and where a and b differ, with probability F one at
//             random. A parameter that is inactive in a parent takes a random place there.
//
// The first P trials, and those of slots without a member, are a Latin hypercube and random points,
// drawn from the priors where parameters have them; but the first P / 2 are the best trials of
// earlier studies (StudyConfig::warm_start), if there are any. Trials are compared by their loss,
// infeasible ones by their violation behind the feasible ones; failed ones are no members.
//
// Prefer it for rugged numeric spaces, and where a robust method without any model of the space is
// wanted; docs/strategies/differential_evolution.md has measurements.
//
// Determinism: the proposal of trial n is a function of (space, options, seed, n) and of the
// finished and running trials. Objectives: one.
// Errors of Create: InvalidArgument for several objectives.
// Cost: O(d + P log P) a trial.
// Sources: Storn, Price, "Differential evolution", J. Global Optimization 11, 1997; Zhang,
// Sanderson, "JADE: adaptive differential evolution with optional external archive", IEEE Trans.
// Evolutionary Computation 13, 2009.
#ifndef STURGEON_STRATEGIES_DIFFERENTIAL_EVOLUTION_DIFFERENTIAL_EVOLUTION_H_
#define STURGEON_STRATEGIES_DIFFERENTIAL_EVOLUTION_DIFFERENTIAL_EVOLUTION_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/option_schema.h"
#include "core/random.h"
#include "core/space.h"
#include "core/strategy.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "strategies/tried_points.h"

namespace sturgeon {

struct DifferentialEvolutionOptions {
  int population = 0;
  double differential_weight = 0.5;
  double crossover = 0.5;
};

class DifferentialEvolutionStrategy final : public Strategy {
 public:
  static const Schema<DifferentialEvolutionOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<Strategy>> Create(DifferentialEvolutionOptions options,
                                                          const StrategyContext& context);

  absl::StatusOr<std::vector<Proposal>> Ask(const AskRequest& request) override;
  absl::Status Tell(absl::Span<const Trial* const> finished) override;

 private:
  struct Member {
    int64_t id;
    double violation, loss;
    Point unit;  // NaN where inactive

    bool operator<(const Member& other) const;  // is better
  };
  using Slot = std::vector<Member>;  // its best trials, the best first, at most two

  DifferentialEvolutionStrategy(DifferentialEvolutionOptions options,
                                const StrategyContext& context);

  // The unit coordinates that trial `id` should have.
  Point Initial(int64_t id, RandomStream& rng) const;
  Point Challenge(int64_t id, const std::vector<const Member*>& ranked, RandomStream& rng) const;
  // The first trials: earlier studies' best ones.

  int SlotOf(int64_t id) const {
    return static_cast<int>(id % static_cast<int64_t>(slots_.size()));
  }

  const DifferentialEvolutionOptions options_;
  const StudyConfig& study_;
  const SearchSpace& space_;
  std::vector<Slot> slots_;
  std::vector<std::vector<int>> strata_;  // of the Latin hypercube [d][P]
  std::vector<Point> earlier_;
  TriedPoints tried_;
};

inline constexpr StrategyPlugin kDifferentialEvolutionStrategy =
    MakeStrategyPlugin<DifferentialEvolutionStrategy>(
        "differential_evolution", "Challenges each of a population by differences of others");

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_DIFFERENTIAL_EVOLUTION_DIFFERENTIAL_EVOLUTION_H_
