// How evenly points cover the unit cube.
#ifndef STURGEON_SAMPLERS_DISCREPANCY_H_
#define STURGEON_SAMPLERS_DISCREPANCY_H_

#include "absl/types/span.h"

namespace sturgeon {

// The centred L2 discrepancy of `points`, [n, dimensions] row-major in [0, 1]^d: the L2 norm of the
// difference between the share of points in a box and its volume, over all boxes between a point of
// the cube and the corner nearest to it, and over the projections of them onto fewer dimensions.
// 0 is perfect; mirroring an axis changes nothing. Its square is
//
//   (13/12)^d - 2/n sum_i prod_j (1 + |z_ij|/2 - z_ij^2/2)
//             + 1/n^2 sum_ik prod_j (1 + |z_ij|/2 + |z_kj|/2 - |x_ij - x_kj|/2),  z = x - 1/2
//
// (Hickernell: "A generalized discrepancy and quadrature error bound", Math. Comp. 67, 1998,
// eq. 5.2c). Values compare only between sets of the same n and d. The size of `points` must be a
// positive multiple of `dimensions`. Cost: O(n^2 d).
double CenteredL2Discrepancy(absl::Span<const double> points, int dimensions);

// The smallest Euclidean distance between two of `points`; infinite for fewer than two. Cost:
// O(n^2 d).
double MinimumDistance(absl::Span<const double> points, int dimensions);

}  // namespace sturgeon

#endif  // STURGEON_SAMPLERS_DISCREPANCY_H_
