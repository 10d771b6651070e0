// Wilcoxon's signed-rank test for paired samples (Wilcoxon 1945; zeros as in Pratt, "Remarks on
// zeros and ties in the Wilcoxon signed rank procedures", JASA 1959).
//
// Of the n differences, |d_1| … |d_n| get their ranks 1 … n, equal ones the mean of theirs, zeros
// included; those of zeros are then dropped. W is the sum of the ranks of the positive differences.
// Under the hypothesis that each of the m differences left is as likely positive as negative, W is
// the sum of their ranks, each taken with probability 1/2. The p-value is P(W >= the observed).
//
// m <= 50: exact, ties and zeros included, by counting the subsets of the ranks by their sum (in
// half ranks; the counts, up to 2^50, are exact in a double). More: the normal distribution with
// that sum's mean, half of the ranks' sum, and variance, a quarter of the sum of their squares, and
// a continuity correction of 1/2. Cost: O(m n^2), or O(n log n).
#ifndef STURGEON_STOPPING_WILCOXON_SIGNED_RANK_H_
#define STURGEON_STOPPING_WILCOXON_SIGNED_RANK_H_

#include "absl/types/span.h"

namespace sturgeon {

// The p-value of the one-sided test that differences tend to be positive: small, if they do; 1, if
// none is positive. Differences are finite or infinite, not NaN.
double SignedRankPValue(absl::Span<const double> differences);

}  // namespace sturgeon

#endif  // STURGEON_STOPPING_WILCOXON_SIGNED_RANK_H_
