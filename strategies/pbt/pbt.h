// Population based training: trains a population of models at the same time; now and then a bad one
// continues as a copy of a good one, under hyperparameters that differ a little. What comes out is
// a schedule of hyperparameters, and a model that was trained by it, for the cost of training the
// population once.
//
// A full training of max_steps is cut into R = max_steps / interval stretches; a stretch is a trial
// (Proposal::budget, Proposal::resume_from) that trains a member from rung k - 1 to rung k. When a
// member's turn comes at a rung that n members have come to, and it is among the worst ⌊quantile n⌋
// of these, it copies one of the best ⌊quantile n⌋, drawn uniformly: its checkpoint and its
// hyperparameters (exploit), of which those that may change in mid-training are then changed
// (explore). Else it goes on as it is.
//   explore   another strategy, `explore`, proposes their new values: one that is told, of every
//             stretch at this point of the training (two rungs around), what it gained beside
//             others that started as well (gains.h). While there are fewer than 10 of those, or
//             with explore=perturb always, a numeric parameter moves by ± step s, s in [1/2, 3/2],
//             in its unit coordinate, so by a factor on a log scale; with probability `resample` it
//             is drawn anew, and a category changes.
// Members take turns, the one that has waited longest first, and none waits for another: it is
// compared with those that were at its rung before it. When all members have been trained to the
// end, another `population` of new ones begins, and is compared with the former ones, too; the
// study ends by its limits.
//
// A stretch that fails, or that a rule stops, costs its member no more than that stretch: it
// continues as a changed copy of a good one of the rung that it started from; at the start of its
// training as a new member. New members come from the strategy `over`, which is told of new
// members' first stretches alone (and of trials that are nobody's, such as enqueued ones).
//
// Determinism: a function of (space, options, seed, the set of trials told and pending).
// Objectives: one; constraints: the feasible are better than the infeasible, of these the less
// violating. Enqueued and imported trials are trained to the end and are no members.
// Errors of Create: InvalidArgument: several objectives; a study whose trainings have no two steps,
// or fewer than two intervals; parameters none of which can change in mid-training; those of
// `over` and `explore`. Cost: O(log n + R + d) a trial beside those of `over`; for a copy, that of
// a fresh strategy `explore` which is told what up to 300 stretches gained.
// Sources: Jaderberg et al., "Population based training of neural networks", 2017 (arXiv
// 1711.09846), algorithm 1 with truncation selection. Here results are compared at equal steps
// only, whenever they came, rather than with what the others happen to be at; and steps by chance
// are in the unit coordinate rather than factors of 0.8 and 1.2, which on a wide scale are small.
// Parker-Holder, Nguyen, Roberts, "Provably efficient online hyperparameter optimization with
// population-based bandits" (PB2, NeurIPS 2020): that a model of the gains should choose what a
// copy tries. In the place of its Gaussian process over time there is any strategy, told what lies
// near in time.
#ifndef STURGEON_STRATEGIES_PBT_PBT_H_
#define STURGEON_STRATEGIES_PBT_PBT_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/option_schema.h"
#include "core/random.h"
#include "core/space.h"
#include "core/strategy.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "strategies/pbt/explore.h"
#include "strategies/pbt/population.h"

namespace sturgeon {

struct PbtOptions {
  int population = 0;
  int64_t interval = 0;
  double quantile = 0.25;
  double step = 0.1;
  double resample = 0.25;
  PluginSpec over = {"tpe"};
  PluginSpec explore = {"tpe"};
};

class PbtStrategy final : public Strategy {
 public:
  static const Schema<PbtOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<Strategy>> Create(PbtOptions options,
                                                          const StrategyContext& context);

  absl::StatusOr<std::vector<Proposal>> Ask(const AskRequest& request) override;
  absl::Status Tell(absl::Span<const Trial* const> finished) override;

 private:
  // A full training: rung k is at step k interval, the last one at the end.
  struct Rungs {
    int64_t interval, max_steps;
    int count() const { return static_cast<int>(max_steps / interval); }
    int64_t StepOf(int rung) const { return rung == count() ? max_steps : rung * interval; }
  };

  PbtStrategy(const PbtOptions& options, const Rungs& rungs, const StrategyContext& context);
  absl::Status MakeOver(const StrategyContext& context);
  absl::StatusOr<std::unique_ptr<Strategy>> MakeExplore() const;

  // What a trial is to the population; nullopt: nothing.
  std::optional<Population::Stretch> StretchOf(absl::Span<const double> point,
                                               std::optional<int64_t> budget,
                                               std::optional<int64_t> resume_from) const;
  // Makes `started_` what the study says that it is.
  void SetPending(absl::Span<const PendingTrial> pending);
  void Started(int64_t id, absl::Span<const double> point, std::optional<int64_t> budget,
               std::optional<int64_t> resume_from);

  absl::StatusOr<Proposal> Propose(int64_t id);
  absl::StatusOr<Proposal> NewMember(int64_t id);
  // A result goes on as it is, or a better one in its place.
  absl::StatusOr<Proposal> GoOn(int64_t id, const Population::Result& result,
                                RandomStream& rng) const;
  // Trains a trial of a rung to the next one.
  Proposal Continue(const Trial& trial, int rung) const;
  // A changed copy of one of the best of a rung; `instead` may be null.
  absl::StatusOr<Proposal> Copy(int64_t id, int rung, const Population::Result* instead,
                                RandomStream& rng) const;
  // A point for a stretch that starts from a rung, by what stretches around it gained; nullopt:
  // there are too few.
  absl::StatusOr<std::optional<Point>> Advice(int64_t id, int rung) const;
  // How many of a rung's results are copied, and how many are replaced.
  size_t Share(int rung) const;
  void Note(int64_t id, const Trial& source, absl::Span<const double> point, int rung,
            const Population::Result* instead) const;

  const PbtOptions options_;
  const Rungs rungs_;
  const StudyConfig& study_;
  const std::function<void(absl::string_view)> note_;
  const Explorer explorer_;
  Population population_;

  struct StartedStretch {
    Population::Stretch stretch;
    Point point;
  };
  absl::btree_map<int64_t, StartedStretch> started_;  // that have not ended

  std::vector<std::vector<const Trial*>> failed_;  // [rung that they trained to]

  StudyConfig explore_study_;  // the study as the strategy `explore` sees it
  const Plugins& plugins_;
  StudyConfig over_study_;      // the study as `over_` sees it
  std::deque<Trial> for_over_;  // what it was told; a deque: they never move
  std::unique_ptr<Strategy> over_;
};

inline constexpr StrategyPlugin kPbtStrategy = MakeStrategyPlugin<PbtStrategy>(
    "pbt", "Population based training: bad members copy good ones in mid-training and vary them");

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_PBT_PBT_H_
