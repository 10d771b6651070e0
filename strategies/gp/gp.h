// Bayesian optimization with a Gaussian process: after a few trials that cover the space, each
// trial is the one whose expected improvement is highest under what all before it say.
//
// The first trial is the space's default (or what the parameters' priors believe, or else the best
// of earlier studies), the next ones are a sampler's. From then on (surrogate.h) every objective,
// every constraint and the trials' failing have a process over a mixed and conditional kernel
// (encoding.h, gaussian_process.h), with hyperparameters of highest posterior density; the
// acquisition function is ln EI, ln EHVI for several objectives, weighted by feasibility; its
// maximum is searched over the mixed space as it is (search.h). Trials that run, and those of the
// same batch, count as done with the value that the model expects, so that a batch spreads.
//
// Where most parameters have conditions on a categorical one (which kind of model, say), each of
// its choices is owed a share of the trials, 1.5 √n of n: a process that has refined one branch
// would leave the others at a few points.
//
// Prefer it where a trial costs more than some milliseconds and up to about 300 are affordable.
//
// Determinism: the proposal of trial n is a function of (space, options, seed, n), the set of
// finished trials and the pending ones. Objectives: any number; constraints are honoured.
// Errors of Create: those of the sampler; InvalidArgument for one that ends (grid).
// Cost of an ask with n finished trials: surrogate.h; about 5 ms for 100 in ten dimensions.
//
// Sources: Jones, Schonlau, Welch, "Efficient global optimization" (1998); Snoek, Larochelle,
// Adams, "Practical Bayesian optimization" (2012); and those named in the headers above.
#ifndef STURGEON_STRATEGIES_GP_GP_H_
#define STURGEON_STRATEGIES_GP_GP_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/option_schema.h"
#include "core/plugins.h"
#include "core/strategy.h"

namespace sturgeon {

struct GpOptions {
  int startup_trials = 0;
  PluginSpec sampler = {"sobol", Value::Object()};
  bool input_warping = false;
};

class GpStrategy final : public Strategy {
 public:
  static const Schema<GpOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<Strategy>> Create(GpOptions options,
                                                          const StrategyContext& context);
  ~GpStrategy() override;

  absl::StatusOr<std::vector<Proposal>> Ask(const AskRequest& request) override;
  absl::Status Tell(absl::Span<const Trial* const> finished) override;

 private:
  class Implementation;
  explicit GpStrategy(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

inline constexpr StrategyPlugin kGpStrategy =
    MakeStrategyPlugin<GpStrategy>("gp", "Bayesian optimization with a Gaussian process");

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_GP_GP_H_
