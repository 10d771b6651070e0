// Successive halving in brackets, what the strategies successive_halving, hyperband and bohb have
// in common.
//
// A bracket is n configurations that start at one rung (rungs.h). When all of them have a result
// there, the best ⌊n / eta⌋ go on to the next rung; when those have, the best ⌊n / eta²⌋ go on, and
// so on to the top, one at least as long as one is left. Brackets of several kinds, one for each
// rung that they may start at, follow one another in a cycle for ever.
//
// Nobody waits: while the results of a rung are still out, whoever asks gets what the oldest other
// bracket has to train, and otherwise a new configuration of the first bracket that is not full,
// which may be the next one. Configurations come from another strategy (searcher.h); when that has
// nothing more to try, the bracket begun goes on with those that it has.
//
// Which bracket a configuration is in follows from the trials: of those that start at a bracket's
// rung, in the order of their ids, the first n are in the first bracket of the kind, the next n in
// the second. A trial that fails, or that a rule stops before it has used its budget, is a result
// like the worst and goes no further; a trial that the study repeats takes part as another one.
//
// Determinism: the proposals are a function of the set of finished trials, the running ones and the
// number of the trial. Cost: O(m log m) a call for m configurations in unfinished brackets.
// Source: Jamieson, Talwalkar, "Non-stochastic best arm identification and hyperparameter
// optimization" (AISTATS 2016); brackets that overlap are our own.
#ifndef STURGEON_STRATEGIES_BRACKETS_H_
#define STURGEON_STRATEGIES_BRACKETS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/option_schema.h"
#include "core/strategy.h"
#include "core/trial.h"
#include "strategies/rungs.h"
#include "strategies/searcher.h"

namespace sturgeon {

// A kind of bracket.
struct BracketKind {
  int lowest = 0;    // the rung at which it starts
  int64_t size = 0;  // how many configurations start there
};

// Hyperband's: so many start at each rung that all kinds cost about the same,
//   n_s = ⌈(K + 1) / (s + 1) eta^s⌉ at rung K - s, for s = K … 0 and rungs 0 … K.
std::vector<BracketKind> HyperbandCycle(const Rungs& rungs);

class BracketStrategy final : public Strategy {
 public:
  // `cycle` has at most one kind a rung. InvalidArgument for several objectives; otherwise the
  // errors of `over`. `name` is how the strategy is called in what it says.
  static absl::StatusOr<std::unique_ptr<Strategy>> Create(absl::string_view name, Rungs rungs,
                                                          std::vector<BracketKind> cycle,
                                                          const PluginSpec& over,
                                                          double random_share,
                                                          const StrategyContext& context);

  absl::StatusOr<std::vector<Proposal>> Ask(const AskRequest& request) override;
  absl::Status Tell(absl::Span<const Trial* const> finished) override;

 private:
  // The brackets of one kind.
  struct Series {
    BracketKind kind;
    std::vector<const Configuration*> begun;  // with a first result, in the order of their ids
    size_t closed = 0;  // so many brackets at the beginning have come to their end
  };
  // The proposals of one Ask as they come about.
  struct Batch {
    int64_t next_id;
    size_t count;
    std::vector<Proposal> proposals;
    std::vector<PendingTrial> pending;                   // and what has been proposed
    absl::flat_hash_set<const Configuration*> going_on;  // of those
    std::vector<std::vector<int64_t>> begun;  // [series]: the ids of those that begin something

    bool full() const { return proposals.size() == count; }
  };
  // What a bracket wants, beside new configurations.
  struct Due {
    size_t age;  // the bracket's place among those of all kinds
    const Configuration* configuration;
    int rung;
  };

  BracketStrategy(Rungs rungs, std::vector<BracketKind> cycle, const StrategyContext& context);

  // What the brackets have to train, the oldest first; `all`: those that are not full too.
  std::vector<Due> AllDue(const Batch& batch, bool all);
  // The same of one bracket; whether it has come to its end.
  bool BracketDue(const Series& series, size_t age, const Batch& batch,
                  std::vector<const Configuration*> members, std::vector<Due>& due) const;
  void Promote(absl::Span<const Due> due, Batch& batch) const;
  // The series whose bracket gets the next new configuration.
  size_t NextSeries(const Batch& batch) const;

  const Rungs rungs_;
  RungHistory history_;
  std::vector<Series> series_;
  std::vector<int> series_at_;  // [rung]: -1: none
  std::unique_ptr<Searcher> searcher_;
};

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_BRACKETS_H_
