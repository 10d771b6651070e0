// Asynchronous successive halving (ASHA): trains many configurations a little, and the better ones
// on, without ever waiting for a result.
//
// Rungs (strategies/rungs.h) are budgets r, r eta, r eta² … up to a full training. Whoever asks for
// a trial gets, from the highest rung down, the best configuration that is among the best ⌊n / eta⌋
// of the n results of its rung and has not gone on from it: it is trained to the next rung, from
// where it stopped. If there is none, a new configuration starts. It comes from the strategy `over`
// (strategies/searcher.h).
//
// Two things keep the first results, which say little, from deciding too much; `patience` 1 and
// `brackets` 1 are the algorithm of the paper.
// - The best of a few is not worth much. Rung k of 0 … K promotes nothing before it has
//   eta^min(patience, K - k) results: as many as successive halving would begin there to train one
//   to the end. Until then new configurations start, so nobody waits for it.
// - The lowest rungs may rank by little. Of new configurations some start at higher rungs, in the
//   proportions and the order of hyperband: ⌈(K + 1) / (s + 1) eta^s⌉ at rung K - s, for s = K … 0,
//   in a cycle. `brackets` says how many of the rungs, from the lowest; 0: all.
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
#include "strategies/brackets.h"
#include "strategies/rungs.h"
#include "strategies/searcher.h"

namespace sturgeon {

struct AshaOptions : RungOptions {
  AshaOptions() : RungOptions("auto") {}

  int patience = 3;
  int brackets = 0;
};

class AshaStrategy final : public Strategy {
 public:
  static const Schema<AshaOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<Strategy>> Create(AshaOptions options,
                                                          const StrategyContext& context);

  absl::StatusOr<std::vector<Proposal>> Ask(const AskRequest& request) override;
  absl::Status Tell(absl::Span<const Trial* const> finished) override;

 private:
  AshaStrategy(const AshaOptions& options, Rungs rungs, const StrategyContext& context);

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
  void PromoteTheBest(bool patient, Batch& batch) const;
  // The rung at which a configuration starts, when so many have been begun before it.
  int StartOf(int64_t begun) const;
  absl::Status Begin(const AskRequest& request, Batch& batch) const;
  // Where nothing is going on above a rung, its best goes on.
  void PromoteLoneRungs(Batch& batch) const;

  const Rungs rungs_;
  RungHistory history_;
  std::vector<asha::Standings> standings_;  // [rung]
  std::vector<double> first_promotion_;     // [rung]: takes so many results
  std::vector<BracketKind> starts_;         // where new configurations start, in a cycle
  int64_t cycle_ = 0;                       // its length
  std::unique_ptr<Searcher> searcher_;
};

inline constexpr StrategyPlugin kAshaStrategy = MakeStrategyPlugin<AshaStrategy>(
    "asha", "Trains many a little and the better ones on, over any strategy, without waiting");

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_ASHA_ASHA_H_
