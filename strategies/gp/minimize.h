// A smooth function's minimum within bounds: limited-memory quasi-Newton (L-BFGS with bounds), by
// NLopt.
#ifndef STURGEON_STRATEGIES_GP_MINIMIZE_H_
#define STURGEON_STRATEGIES_GP_MINIMIZE_H_

#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"

namespace sturgeon::gp {

struct Minimum {
  std::vector<double> x;
  double value;
};

// Returns the best point that was looked at: at least as good as `start`, which is moved into the
// bounds. `function` gives the value at x and fills the gradient, [x]; a value that is not finite
// ends the search. At most `evaluations` calls. Deterministic; no threads.
Minimum MinimizeWithin(
    absl::Span<const double> lower, absl::Span<const double> upper, std::vector<double> start,
    int evaluations,
    absl::FunctionRef<double(absl::Span<const double>, absl::Span<double>)> function);

}  // namespace sturgeon::gp

#endif  // STURGEON_STRATEGIES_GP_MINIMIZE_H_
