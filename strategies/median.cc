#include "strategies/median.h"

#include <algorithm>
#include <cstddef>

namespace sturgeon {

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  // In halves: the sum may be too large for a double.
  return *std::max_element(values.begin(), middle) / 2 + *middle / 2;
}

}  // namespace sturgeon
