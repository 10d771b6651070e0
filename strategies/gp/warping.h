// Losses made fit for a Gaussian process.
#ifndef STURGEON_STRATEGIES_GP_WARPING_H_
#define STURGEON_STRATEGIES_GP_WARPING_H_

#include "strategies/gp/encoding.h"

namespace sturgeon::gp {

// y [n] with mean 0 and variance 1; all 0 where all are equal.
Vector Standardized(Vector y);

// y [n], standardised, through the power transform of Yeo and Johnson ("A new family of power
// transformations to improve normality or symmetry", Biometrika 2000) whose exponent, between -4
// and 4, makes it most normal, and standardised again: a long tail of bad values shrinks, so that
// the differences between good ones count. The order stays; finite values of any size are welcome.
Vector PowerTransformed(Vector y);

}  // namespace sturgeon::gp

#endif  // STURGEON_STRATEGIES_GP_WARPING_H_
