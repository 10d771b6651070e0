// What stretches of training gained, in the form in which a strategy can learn from it which
// hyperparameters pay at this point of a training. Internal to pbt.
//
// Of the n stretches that came to a rung, let x be the loss that one started from (0 where it began
// a member) and y the loss that it came to. Then
//   r = y - b x,   b the median of (y_i - y_j) / (x_i - x_j) over all pairs with different x,
//   within
//                  [0, 1] (the estimator of Theil and Sen),
//   z = (r - m) / s,   m the median of r, s the median of |r - m|,
//   gain = -sign(z) ln(1 + |z|):
// how much better a stretch came out than others that started as well, on a scale that is the same
// at every rung and for every unit of the loss, and on which what diverged is not far away.
#ifndef STURGEON_STRATEGIES_PBT_GAINS_H_
#define STURGEON_STRATEGIES_PBT_GAINS_H_

#include <utility>
#include <vector>

#include "core/trial.h"
#include "strategies/pbt/population.h"

namespace sturgeon {

// The newest stretches of so many are looked at, for time's sake.
constexpr int kMostGains = 60;

// Of the newest stretches that came to `rung` each with its gain, in the order of their ids. None
// where there are fewer than four, or where more than half of them came out alike (s = 0).
// Cost: O(n log n + kMostGains²).
std::vector<std::pair<const Trial*, double>> GainsAt(const Population& population, int rung);

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_PBT_GAINS_H_
