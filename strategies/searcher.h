// Where new configurations come from in a strategy that trains in rungs (rungs.h): from another
// strategy, asked for by name.
//
//   auto searcher = Searcher::Create({"tpe"}, /*random_share=*/0, history, context);
//   searcher->Told(change);                                       // in Tell, after history.Add
//   absl::StatusOr<std::vector<Point>> points = searcher->Propose(id, count, pending);  // in Ask
//
// What the inner strategy is told. Each configuration is one trial to it, with the id of the trial
// that began it, and one result: that of the highest rung that it has reached, moved onto the scale
// of the top by what configurations gained on the way,
//   v_k + Σ_{j = k}^{K - 1} median over the configurations seen at both rungs of (v_{j+1} - v_j),
// for each objective. So what was trained a little is compared with what was trained to the end as
// if it had made the usual progress, and all of it is learnt from. When a result or a median
// changes, a fresh inner strategy is made and told all. That would take long with many
// configurations: of more than `kMostTold` those that went no further than the lowest rung are left
// out, then those of the next rung, and so on.
//
// What is proposed has not been tried by any configuration while an untried point is left
// (tried_points.h), unless the study allows duplicates.
//
// Determinism: a function of the history's trials and the pending ones.
// Cost of Propose: what the inner strategy takes, and where results came since the last call, for
// it to be told kMostTold trials; O(log n) otherwise. Source: that a model should be of the highest
// fidelity that has enough results is from Falkner, Klein, Hutter, "BOHB" (ICML 2018); the moved
// results of lower ones are our own.
#ifndef STURGEON_STRATEGIES_SEARCHER_H_
#define STURGEON_STRATEGIES_SEARCHER_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/option_schema.h"
#include "core/strategy.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "strategies/rungs.h"
#include "strategies/tried_points.h"

namespace sturgeon {

class Searcher {
 public:
  static constexpr int kMostTold = 500;

  // `random_share` of the configurations are drawn uniformly instead. `history` and what `context`
  // refers to must outlive the searcher. Errors: those of the inner strategy.
  static absl::StatusOr<std::unique_ptr<Searcher>> Create(PluginSpec inner, double random_share,
                                                          const RungHistory& history,
                                                          const StrategyContext& context);

  // The history was added to.
  void Told(const RungHistory::Change& change);

  // Points for new configurations, at most `count`, with the ids from `first_id` on; fewer: there
  // is nothing more to try. `pending`: all running trials.
  absl::StatusOr<std::vector<Point>> Propose(int64_t first_id, int count,
                                             absl::Span<const PendingTrial> pending);

 private:
  using Offsets = std::vector<Values>;  // [rung]: to the top, one an objective

  Searcher(PluginSpec inner, double random_share, const RungHistory& history,
           const StrategyContext& context);

  absl::Status Renew();
  // Brings what the inner strategy knows up to date.
  absl::Status Refresh();
  Offsets OffsetsFrom(int lowest) const;
  // A configuration as the inner strategy is to see it.
  Trial View(const Configuration& configuration, const Offsets& offsets) const;
  Point RandomPoint(int64_t id) const;

  const PluginSpec spec_;
  const double random_share_;
  const RungHistory& history_;
  const StudyConfig& study_;
  const StudyConfig inner_study_;  // to the inner strategy every trial is a full training
  const StrategyContext context_;
  // A renewed strategy says again what it said before ("from trial 512 on", "from trial 513 on").
  std::set<std::string> noted_;  // without digits
  TriedPoints tried_;

  std::unique_ptr<Strategy> inner_;
  int lowest_ = 0;  // rung of which it has been told
  std::deque<Trial> views_;
  absl::flat_hash_set<int64_t> told_;  // configurations
  RungHistory::Ordered changed_;       // configurations, since Refresh
};

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_SEARCHER_H_
