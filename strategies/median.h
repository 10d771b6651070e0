// The median of numbers.
#ifndef STURGEON_STRATEGIES_MEDIAN_H_
#define STURGEON_STRATEGIES_MEDIAN_H_

#include <vector>

namespace sturgeon {

// Of both middles the mean, so that negated values have the negated median. There is at least one
// value, and they are finite. Cost: O(n).
double Median(std::vector<double> values);

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_MEDIAN_H_
