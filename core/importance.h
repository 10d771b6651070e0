// What mattered: how much of the objective's variation each hyperparameter explains by itself.
//
// For each parameter, the finished trials are put into groups by its value (the choices of a
// category; otherwise up to 6 groups of equal size along its scale; trials where it is inactive are
// a group of their own), and the share of the variance between groups is taken over the ranks of
// the objective:
//   epsilon^2 = max(0, (SS_between - (g - 1) MS_within) / SS_total)         g groups
// Ranks make one diverged run weigh no more than a bad one; the correction keeps a parameter
// without effect near 0 however few trials there are (Kelley, "An unbiased correlation ratio
// measure", 1935). It sees main effects only: two parameters that matter together but not alone
// both get little. Cost: O(d n log n). Deterministic.
#ifndef STURGEON_CORE_IMPORTANCE_H_
#define STURGEON_CORE_IMPORTANCE_H_

#include <vector>

#include "absl/types/span.h"
#include "core/study_config.h"
#include "core/trial.h"

namespace sturgeon {

// One share in [0, 1] for each parameter of the space, for the objective of that index. Failed
// trials count as worst; running ones and those that were cut off (kCancelled) do not count. All 0
// below 8 trials.
std::vector<double> MainEffects(const StudyConfig& config, absl::Span<const Trial> trials,
                                size_t objective = 0);

}  // namespace sturgeon

#endif  // STURGEON_CORE_IMPORTANCE_H_
