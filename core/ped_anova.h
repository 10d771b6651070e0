// PED-ANOVA: which parameters tell good trials from others.
//
// Per axis of the unit cube, the density g of the good trials is held against the density b of all
// of them, by Pearson's divergence
//   V_p = integral (g / b - 1)^2 b  =  integral (g - b)^2 / b
// which is the local main effect of "being good" (Watanabe, Bansal, Hutter, "PED-ANOVA: efficiently
// quantifying hyperparameter importance in arbitrary subspaces", IJCAI 2023, Theorem 1, without its
// factor, which all axes share). Since b is where the trials lie, it says what told the good ones
// among what was tried, also where a strategy has tried some regions more than others.
//
// Densities are kernel estimates: normal kernels, cut off at the borders, of Scott's width for as
// many points as are good (for both densities, so that b is not the sharper one); a category's
// choices are counted. Where we depart from the paper: what the divergence would be if as many
// trials had been called good at random is taken off,
//   E V_p = (1 - m / n) / m  integral s^2 / b          m good of n, s^2 the kernels' variance
// (drawing without replacement, exact), so that an axis without influence has a mean of 0. Of 10
// good trials it would otherwise show about as much as a parameter that matters a little.
//
// A coordinate that is NaN (inactive) does not matter: it counts as spread over its axis.
#ifndef STURGEON_CORE_PED_ANOVA_H_
#define STURGEON_CORE_PED_ANOVA_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "core/marginal_forest.h"

namespace sturgeon {

// V_p - E V_p of one axis, over the rows given; good[row] says which are good. May be negative; 0
// where all are good, or none. Cost: O(rows). Deterministic.
double PedAnova(const ForestData& data, int axis, absl::Span<const uint32_t> rows,
                absl::Span<const uint8_t> good);

}  // namespace sturgeon

#endif  // STURGEON_CORE_PED_ANOVA_H_
