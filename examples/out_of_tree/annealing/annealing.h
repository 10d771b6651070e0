// Simulated annealing (Kirkpatrick, Gelatt, Vecchi: "Optimization by simulated annealing", Science
// 220, 1983): a walk through the search space that takes every step down, and a step up by d with
// probability exp(-d / T), while the temperature T falls.
//
// In the unit cube, trial n of N proposes a neighbour of the walk's current point:
//   T = T_0 c^(n/N)             c: the option `cooling`
//   s = step sqrt(T / T_0)      the width of exp(-loss / T) around a quadratic minimum
//   a number moves by s N(0, 1), reflected at the borders of the cube; with levels, by at least
//   about half a level; a category is drawn anew with probability s; what the walk's point does
//   not have, because a condition did not hold, is drawn uniformly.
// A move that comes back to the walk's point draws one coordinate anew instead.
// The first `warmup` results come from uniform points. The walk starts from their best, at the
// temperature that would take a step from there up to their median with probability 1/2.
//
// Prefer it where trials are many and cheap, and the landscape is rugged but not flat.
// Parallel trials: any number. The walk visits results in the order of their ids, in whatever order
// they were told, so a study that is resumed goes on as if it had never been interrupted.
// Failed, stopped and infeasible trials are never walked to.
// Objectives: one; InvalidArgument for more. Determinism: a function of (space, options, seed,
// results). Cost: O(parameters) a trial, and O(results) an Ask after new ones.
#ifndef ANNEALING_ANNEALING_H_
#define ANNEALING_ANNEALING_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/option_schema.h"
#include "core/strategy.h"

namespace annealing {

struct AnnealingOptions {
  int warmup = 10;
  double step = 0.3;
  double cooling = 1e-3;
  int trials = 100;
};

class AnnealingStrategy final : public sturgeon::Strategy {
 public:
  static const sturgeon::Schema<AnnealingOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<sturgeon::Strategy>> Create(
      AnnealingOptions options, const sturgeon::StrategyContext& context);

  absl::StatusOr<std::vector<sturgeon::Proposal>> Ask(const sturgeon::AskRequest& request) override;
  absl::Status Tell(absl::Span<const sturgeon::Trial* const> finished) override;

 private:
  AnnealingStrategy(const AnnealingOptions& options, const sturgeon::StrategyContext& context);

  struct Result {
    int64_t id;
    double loss;
    sturgeon::Point point;
  };

  double Cooled(int64_t trial) const;  // T / T_0
  void Walk();
  sturgeon::Point Propose(int64_t trial) const;

  const AnnealingOptions options_;
  const sturgeon::StudyConfig& study_;
  const std::function<void(absl::string_view)> note_;
  const double planned_;  // N

  std::vector<Result> results_;  // in the order of their ids
  size_t at_ = 0;                // where the walk is
  bool walked_ = true;           // `at_` knows all results
  bool started_ = false;         // the warm-up is over
};

inline constexpr sturgeon::StrategyPlugin kAnnealingStrategy =
    sturgeon::MakeStrategyPlugin<AnnealingStrategy>("annealing", "Simulated annealing");

}  // namespace annealing

#endif  // ANNEALING_ANNEALING_H_
