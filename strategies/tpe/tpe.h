// The tree-structured Parzen estimator (TPE): a density l of the best trials, a density g of all
// others, and the next trial where l / g is largest (Bergstra, Bardenet, Bengio, Kégl: "Algorithms
// for hyper-parameter optimization", NIPS 2011; what is known to make it strong: Watanabe,
// "Tree-structured Parzen estimator: understanding its algorithm components", arXiv 2304.11127).
//
// Of n finished trials the ⌈γ n⌉ best, max_good at most, are good: the feasible ones by their loss
// (what was stopped early behind what ran to its end), then the infeasible ones by what they
// violate; what failed is never good. Trials that still run join the others: where something is
// being tried already, l / g falls. Both densities are mixtures of product kernels (mixture.h), one
// kernel a trial and a uniform one of weight prior_weight; the good count the more the better they
// are (w_k ∝ ln(m + 1/2) - ln k for the k-th of m). A kernel's deviation in the unit coordinate is
//   σ = bandwidth · m^(-1 / (d + 4)),
// m the kernels of the mixture, d the parameters of the group (Scott's exponent), but at least the
// share of one value of a discrete parameter; a categorical one is drawn from all of its L choices
// alike with probability s = L / (L + 2 (m + 1)). Of `candidates` draws from l the best is
// proposed; if it was tried already, the nearest untried point is.
//
// Conditional spaces: parameters that are always active together form a group. The groups are
// decided one after another, parents first, each by the trials in which it was active, with good
// and bad among those, and by l and g given what has been decided: a kernel counts as it agrees
// with that. So a branch that is seldom good is still searched where it is best.
//
// Prefer it for conditional spaces, for many categories, for many trials (a suggestion costs the
// same after 100,000 as after 1,000), and for many at once.
//
// Determinism: the proposal of trial n is a function of (space, options, seed, n), of the set of
// finished trials, and of the running ones. Objectives: one.
// Errors of Create: those of the sampler; InvalidArgument for several objectives.
// Cost: O((candidates + 1) k d) a proposal, with k kernels, some 400 at most however many trials
// there are (split.h); memory O(k d) a group.
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
#include "strategies/tried_points.h"

namespace sturgeon {

class RandomStream;

struct TpeOptions {
  int startup_trials = 5;
  PluginSpec sampler = {"sobol", Value::Object()};
  int candidates = 24;
  double gamma = 0.1;
  int max_good = 25;
  double bandwidth = 0.15;
  double prior_weight = 0.5;
};

class TpeStrategy final : public Strategy {
 public:
  static const Schema<TpeOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<Strategy>> Create(TpeOptions options,
                                                          const StrategyContext& context);
  ~TpeStrategy() override;

  absl::StatusOr<std::vector<Proposal>> Ask(const AskRequest& request) override;
  absl::Status Tell(absl::Span<const Trial* const> finished) override;

 private:
  using Row = std::vector<double>;  // coordinates [d] as mixture.h wants them, inactive: NaN
  struct Group;

  TpeStrategy(TpeOptions options, std::unique_ptr<Sampler> sampler, const StrategyContext& context);

  Row Coordinates(absl::Span<const double> point) const;
  absl::StatusOr<Point> StartupPoint(int64_t id) const;
  Point Propose(int64_t id, absl::Span<const Row> pending) const;
  // Decides the parameters of a group in `row`, given those that are decided in it.
  void Decide(const Group& group, absl::Span<const Row> pending, RandomStream& rng, Row& row) const;

  const TpeOptions options_;
  const StudyConfig& study_;
  const SearchSpace& space_;
  const std::unique_ptr<Sampler> sampler_;

  int64_t measured_ = 0;       // trials with values
  std::vector<Group> groups_;  // parents before their children
  TriedPoints tried_;
};

inline constexpr StrategyPlugin kTpeStrategy = MakeStrategyPlugin<TpeStrategy>(
    "tpe", "Tree-structured Parzen estimator: for spaces of any kind, at a flat cost");

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_TPE_TPE_H_
