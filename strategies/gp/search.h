// Where in a mixed space is an acquisition function highest?
//
// Works in unit coordinates; discrete parameters stay on their values and conditional ones follow
// their parents all the time, so that what is found is a point of the space as it stands:
//   1. random points of the whole space, and mutations of `anchors`, on all scales;
//   2. rounds of mutations of the best of them, ever smaller;
//   3. from the best of these, in turn: quasi-Newton steps on the continuous coordinates, and every
//      neighbour in the discrete ones.
// Deterministic: a function of the arguments and of the stream.
#ifndef STURGEON_STRATEGIES_GP_SEARCH_H_
#define STURGEON_STRATEGIES_GP_SEARCH_H_

#include <functional>
#include <vector>

#include "absl/types/span.h"
#include "core/random.h"
#include "core/space.h"
#include "strategies/gp/encoding.h"

namespace sturgeon::gp {

struct AcquisitionFunction {
  // The values at unit [m, d].
  std::function<Vector(const Matrix& unit)> values;
  // The value at one point, and the gradient by its unit coordinates.
  std::function<double(absl::Span<const double> unit, absl::Span<double> gradient)> gradient;
};

struct SearchEffort {
  int random = 600;
  int mutations = 600;  // of the anchors, together
  int rounds = 4;
  int elites = 8, children = 24;  // a round
  int ascents = 3;
  int evaluations = 30;  // of an ascent
};

struct Found {
  Vector unit;  // [d], NaN where inactive
  double value;
};

// The best points that were looked at, the best first, all different. Not empty.
std::vector<Found> Maximize(const SearchSpace& space, const AcquisitionFunction& function,
                            const Matrix& anchors, const SearchEffort& effort, RandomStream& rng);

}  // namespace sturgeon::gp

#endif  // STURGEON_STRATEGIES_GP_SEARCH_H_
