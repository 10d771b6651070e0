#include "stopping/wilcoxon/signed_rank.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace sturgeon {
namespace {

constexpr size_t kMostExact = 50;

// P(a sum of the ranks, each taken with probability 1/2, is at least `observed`). All are doubled.
double ExactTail(const std::vector<int>& ranks, int observed) {
  int total = 0;
  for (const int rank : ranks) total += rank;
  std::vector<double> subsets(total + 1, 0);  // by their sums
  subsets[0] = 1;
  int reached = 0;
  for (const int rank : ranks) {
    reached += rank;
    for (int sum = reached; sum >= rank; --sum) subsets[sum] += subsets[sum - rank];
  }
  double count = 0;
  for (int sum = observed; sum <= total; ++sum) count += subsets[sum];
  return std::ldexp(count, -static_cast<int>(ranks.size()));
}

double NormalTail(const std::vector<int>& ranks, double observed) {
  double mean = 0, variance = 0;
  for (const int doubled : ranks) {
    const double rank = 0.5 * doubled;
    mean += 0.5 * rank;
    variance += 0.25 * rank * rank;
  }
  return 0.5 * std::erfc((observed - 0.5 - mean) / std::sqrt(2 * variance));
}

}  // namespace

double SignedRankPValue(absl::Span<const double> differences) {
  std::vector<double> sorted(differences.begin(), differences.end());
  std::sort(sorted.begin(), sorted.end(),
            [](double a, double b) { return std::abs(a) < std::abs(b); });
  std::vector<int> ranks;  // doubled, so that the means of equal ones' are integers
  int observed = 0;
  for (size_t first = 0, end = 0; first < sorted.size(); first = end) {
    while (end < sorted.size() && std::abs(sorted[end]) == std::abs(sorted[first])) ++end;
    if (sorted[first] == 0) continue;
    const int rank = static_cast<int>(first + 1 + end);  // (first + 1) + … + end, twice its mean
    for (size_t i = first; i < end; ++i) {
      ranks.push_back(rank);
      if (sorted[i] > 0) observed += rank;
    }
  }
  if (observed == 0) return 1;
  return ranks.size() <= kMostExact ? ExactTail(ranks, observed)
                                    : NormalTail(ranks, 0.5 * observed);
}

}  // namespace sturgeon
