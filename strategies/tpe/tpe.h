// The tree-structured Parzen estimator (TPE): a density l of the good trials, a density g of all
// others, and the next trial where l / g is largest (Bergstra, Bardenet, Bengio, Kégl: "Algorithms
// for hyper-parameter optimization", NIPS 2011; what is known of its parts: Watanabe,
// "Tree-structured Parzen estimator: understanding its algorithm components", arXiv 2304.11127).
//
// Of n finished trials the ⌈gamma n⌉ best are good, max_good at most (split.h): the feasible ones,
// what ran to its end before what was stopped, then the infeasible ones by what they violate; with
// several objectives by nondominated fronts (Ozaki et al., "Multiobjective tree-structured Parzen
// estimator", JAIR 2022). What failed is never good. Trials that still run join the others: l / g
// falls where something is being tried already. The k-th best of m counts ∝ ln(m + 1/2) - ln k;
// with several objectives all count alike. The densities are mixtures of one product kernel a trial
// (density_ratio.h). Of `candidates` draws from l the best is proposed, or, if that was tried
// already, a point near it.
//
// Conditional spaces: parameters that are always active together form a group. The groups are
// decided one after another, parents first, each by the trials in which it was active, with good
// and others among those, and by l / g given what has been decided. So a branch that is seldom good
// is still searched where it is best.
//
// Beliefs (Parameter::prior) are a component of l that weighs 2 trials at first and half of that
// after 10, so that a wrong one only costs its few trials. Earlier studies (warm_start) open the
// study with their best points, three together; their ten best are components of l, whose weight,
// together 5 trials at first, falls in the same way, and with every pair of this study's trials
// that the earlier one would have put into another order (earlier.h).
//
// Prefer it for conditional spaces, for many categories, for many trials (a suggestion costs the
// same after 100,000 as after 1,000), and for many at once.
//
// Determinism: the proposal of trial n is a function of (space, options, seed, n), of the set of
// finished trials, and of the running ones. Objectives: any number. Errors of Create: those of the
// sampler. Cost: O((candidates + 1) k d) a proposal, with k kernels, some 300 at most however many
// trials there are, besides the running ones; memory O(k d) a group.
#ifndef STURGEON_STRATEGIES_TPE_TPE_H_
#define STURGEON_STRATEGIES_TPE_TPE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/option_schema.h"
#include "core/plugins.h"
#include "core/sampler.h"
#include "core/space.h"
#include "core/strategy.h"
#include "core/trial.h"
#include "strategies/tpe/density_ratio.h"
#include "strategies/tpe/earlier.h"
#include "strategies/tpe/mixture.h"
#include "strategies/tpe/split.h"
#include "strategies/tried_points.h"

namespace sturgeon {

class RandomStream;

struct TpeOptions {
  int startup_trials = 5;
  PluginSpec sampler = {"sobol", Value::Object()};
  bool start_at_default = true;
  int candidates = 24;
  double gamma = 0.1;
  int max_good = 25;
  double bandwidth = 0.2;
  double prior_weight = 0.5;
  double explore_branches = 10;
  double half_life = 0;
};

class TpeStrategy final : public Strategy {
 public:
  static const Schema<TpeOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<Strategy>> Create(TpeOptions options,
                                                          const StrategyContext& context);

  absl::StatusOr<std::vector<Proposal>> Ask(const AskRequest& request) override;
  absl::Status Tell(absl::Span<const Trial* const> finished) override;

 private:
  using Row = std::vector<double>;  // the coordinates of a point (mixture.h)

  // Parameters that are always active together, and the trials in which they were.
  struct Group {
    std::vector<int> parameters;
    std::vector<int> branchings;  // those of them that are categories on which others depend
    tpe::Split split;
  };

  TpeStrategy(TpeOptions options, std::unique_ptr<Sampler> sampler, const StrategyContext& context);

  absl::StatusOr<Point> StartupPoint(int64_t id) const;
  Point Propose(int64_t id, absl::Span<const Row> running) const;
  // Decides the parameters of a group in `row`, given those that are decided in it.
  void Decide(const Group& group, absl::Span<const Row> running, RandomStream& rng, Row& row) const;
  // Decides a branching of the group in `row`, with the probability that explore_branches sets.
  void ExploreBranches(const Group& group, absl::Span<const tpe::Kernel> trials, RandomStream& rng,
                       Row& row) const;
  // What is left of the weight of a trial.
  double Age(int64_t id) const;

  const TpeOptions options_;
  const StudyConfig& study_;
  const SearchSpace& space_;
  const std::unique_ptr<Sampler> sampler_;
  std::vector<tpe::Axis> axes_;        // of all parameters
  std::vector<tpe::Earlier> earlier_;  // studies
  std::vector<Point> first_points_;    // of the first trials, before the sampler's
  double belief_weight_ = 0;           // 0: no parameter has a prior

  int64_t measured_ = 0;  // trials with values
  int64_t newest_ = -1;
  std::vector<Group> groups_;  // parents before their children
  tpe::Evidence evidence_;
  TriedPoints tried_;
};

inline constexpr StrategyPlugin kTpeStrategy = MakeStrategyPlugin<TpeStrategy>(
    "tpe", "Tree-structured Parzen estimator: for spaces of any kind, at a flat cost");

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_TPE_TPE_H_
