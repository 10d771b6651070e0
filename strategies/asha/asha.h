// Asynchronous successive halving (ASHA): trains many configurations a little, and the better ones
// on, without ever waiting for a result.
//
// Rungs (strategies/rungs.h) are budgets r, r eta, r eta² … up to a full training. Whoever asks for
// a trial gets, from the highest rung down, the best configuration that is among the best ⌊n / eta⌋
// of the n results of its rung and has not gone on from it: it is trained to the next rung, from
// where it stopped. If there is none, a new configuration starts at the lowest rung. It comes from
// the strategy `over` (strategies/searcher.h).
//
// A trial that fails, or that a rule stops before it has used its budget, is a result like the
// worst and goes no further. Infeasible ones stand behind the feasible ones, by what they violate.
// Where `over` has nothing more to try (a finite space) the promotions that are due still come, and
// where the rungs are so thin that nothing would be trained to the end, the best of each rung goes
// on.
//
// Prefer it wherever a model reports while it trains, most of all with many workers.
//
// Determinism: the proposals are a function of (space, options, seed, the set of finished trials,
// the running ones, the number of the trial). Objectives: one.
// Errors of Create: InvalidArgument for several objectives, a full training of unknown length or of
// one step, `min_steps` not below it, or what `over` does not take.
// Cost: O(log n) a trial, O(p) for p running ones, and that of the searcher.
// Source: Li, Jamieson, Rostamizadeh, Gonina, Ben-Tzur, Hardt, Recht, Talwalkar, "A system for
// massively parallel hyperparameter tuning" (MLSys 2020, arXiv 1810.05934), algorithm 2.
#ifndef STURGEON_STRATEGIES_ASHA_ASHA_H_
#define STURGEON_STRATEGIES_ASHA_ASHA_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/option_schema.h"
#include "core/strategy.h"
#include "core/trial.h"
#include "strategies/asha/standings.h"
#include "strategies/rungs.h"
#include "strategies/searcher.h"

namespace sturgeon {

struct AshaOptions : RungOptions {
  AshaOptions() : RungOptions("tpe") {}
};

class AshaStrategy final : public Strategy {
 public:
  static const Schema<AshaOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<Strategy>> Create(AshaOptions options,
                                                          const StrategyContext& context);

  absl::StatusOr<std::vector<Proposal>> Ask(const AskRequest& request) override;
  absl::Status Tell(absl::Span<const Trial* const> finished) override;

 private:
  AshaStrategy(Rungs rungs, const StrategyContext& context);

  // The proposals of one Ask as they come about.
  struct Batch {
    int64_t next_id;
    size_t count;
    std::vector<Proposal> proposals;
    std::vector<PendingTrial> pending;  // those of the request, and the batch's promotions
    absl::flat_hash_set<const Configuration*> going_on;
    std::vector<int> running;  // [rung]: trials that go on to it

    bool full() const { return proposals.size() == count; }
  };
  void Promote(const Configuration& configuration, int rung, Batch& batch) const;
  void PromoteTheBest(Batch& batch) const;
  // Where nothing is going on above a rung, its best goes on.
  void PromoteLoneRungs(Batch& batch) const;

  const Rungs rungs_;
  RungHistory history_;
  std::vector<asha::Standings> standings_;  // [rung]
  std::unique_ptr<Searcher> searcher_;
};

inline constexpr StrategyPlugin kAshaStrategy = MakeStrategyPlugin<AshaStrategy>(
    "asha", "Trains many a little and the better ones on, over any strategy, without waiting");

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_ASHA_ASHA_H_
