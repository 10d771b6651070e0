// Coarse to fine: samples the whole space, then the region round its best trials more finely, round
// by round.
//
// Trials come in rounds of T; trial n belongs to round r = min(n / T, rounds - 1). Round 0 samples
// the whole space, every later one a box that rests on the results of all trials before it (ids
// below r T). With the trials ranked by their loss, the feasible ones first, and m = ⌈keep T⌉ (at
// least 2, and all that tie with the last of them), the box has, in each numeric parameter's own
// unit coordinate (so on its log or reverse log scale),
//   centre  c = Σ w_i u_i          over the m best trials in which the parameter is active,
//   width   3 σ, σ² = Σ w_i (u_i - c)²,   w_i ∝ ln(m + 1/2) - ln i,
// within [(shrink / 2)^e, shrink^e], where e is the number of results divided by T: a box that
// rests on less, because trials failed or still run, is wider. It is no narrower than min_width,
// nor than an int's way from one neighbour to the other. It is moved, not cut, at the border of the
// space, and may leave the former box: where the best trials crowd at its wall, the next one has
// its centre there. Of n choices of a categorical parameter stay those of the m best trials, and
// the best ⌈n shrink^e⌉ at least. A parameter that fewer than two results have tried keeps its
// whole range.
//
// Prefer it where about 30 to 500 trials are affordable and the objective is smooth on the whole;
// docs/strategies.md has the measurements behind the defaults. It never waits: where trials of a
// former round still run, the box rests on what is there, and moves when they end. After the last
// round it goes on in the last box.
//
// Determinism: the proposal of trial n is a function of (space, options, trials planned, seed, n)
// and of the finished trials with ids below r T, in whatever order they were told.
// Objectives: one; constraints are honoured by the ranking. Trials that failed or were stopped do
// not count.
// Errors of Create: InvalidArgument for several objectives and for samplers that end (grid); those
// of the sampler.
// Cost: that of the sampler, O(parameters) a trial, and O(n log n) a box over n results.
#ifndef STURGEON_STRATEGIES_COARSE_TO_FINE_COARSE_TO_FINE_H_
#define STURGEON_STRATEGIES_COARSE_TO_FINE_COARSE_TO_FINE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/option_schema.h"
#include "core/plugins.h"
#include "core/sampler.h"
#include "core/space.h"
#include "core/strategy.h"
#include "core/trial.h"

namespace sturgeon {

struct CoarseToFineOptions {
  int rounds = 5;
  int trials_per_round = 0;
  PluginSpec sampler = {"sobol", Value::Object()};
  double keep = 0.3;
  double shrink = 0.6;
  double min_width = 0.001;
};

class CoarseToFineStrategy final : public Strategy {
 public:
  static const Schema<CoarseToFineOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<Strategy>> Create(CoarseToFineOptions options,
                                                          const StrategyContext& context);

  absl::StatusOr<std::vector<Proposal>> Ask(const AskRequest& request) override;
  absl::Status Tell(absl::Span<const Trial* const> finished) override;
  std::vector<SearchRound> Rounds() const override;

 private:
  // What a box allows one parameter.
  struct Range {
    double low = 0, high = 1;  // numeric: in the parameter's unit coordinate
    std::vector<int> choices;  // categorical: the indices that stay, ascending
  };
  using Box = std::vector<Range>;  // one a parameter

  // A completed trial. Those of the last round have no round to inform and are not kept.
  struct Result {
    int64_t id;
    double loss;
    double violation;  // the sum of what its constraints exceed 0 by
    Point point;
  };

  CoarseToFineStrategy(CoarseToFineOptions options, int64_t trials_per_round,
                       const StrategyContext& context);

  int RoundOf(int64_t id) const;
  int64_t FirstOf(int round) const { return round * trials_per_round_; }

  // Makes `round` the current one, or renews its box after late results.
  absl::Status Enter(int round);
  Box WholeSpace() const;
  Box BoxOf(int round) const;
  // The results that a round rests on, from the best to the worst.
  std::vector<const Result*> Ranked(int round) const;
  // The best of `ranked` in which the parameter is active.
  std::vector<const Result*> BestWith(int parameter, absl::Span<const Result* const> ranked) const;
  absl::StatusOr<std::unique_ptr<Sampler>> MakeSampler(int round, const Box& box) const;
  std::string Describe(int round, const Box& box) const;

  const CoarseToFineOptions options_;
  const int64_t trials_per_round_;
  const StudyConfig& study_;
  const SearchSpace& space_;
  const SamplerRegistry& samplers_;
  const std::function<void(absl::string_view)> note_;

  std::vector<Result> results_;
  std::vector<int64_t> ended_;  // how many trials of each round have ended, in whatever way

  // The current round.
  int round_ = -1;
  bool stale_ = false;  // trials of former rounds have ended since its box was made
  Box box_;
  std::unique_ptr<Sampler> sampler_;
  std::string described_;
};

inline constexpr StrategyPlugin kCoarseToFineStrategy = MakeStrategyPlugin<CoarseToFineStrategy>(
    "coarse_to_fine", "Samples the space, then the region of the best more finely, in rounds");

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_COARSE_TO_FINE_COARSE_TO_FINE_H_
