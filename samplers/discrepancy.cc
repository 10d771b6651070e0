#include "samplers/discrepancy.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace sturgeon {

double CenteredL2Discrepancy(absl::Span<const double> points, int dimensions) {
  const size_t d = dimensions;
  const double n = static_cast<double>(points.size() / d);
  double single = 0;
  double pairs = 0;
  for (size_t i = 0; i < points.size(); i += d) {
    double product = 1;
    for (size_t j = 0; j < d; ++j) {
      const double z = std::abs(points[i + j] - 0.5);
      product *= 1 + z / 2 - z * z / 2;
    }
    single += product;
    for (size_t k = 0; k <= i; k += d) {
      product = k == i ? 1 : 2;  // (i, k) and (k, i) are worth the same
      for (size_t j = 0; j < d; ++j) {
        const double a = points[i + j];
        const double b = points[k + j];
        product *= 1 + (std::abs(a - 0.5) + std::abs(b - 0.5) - std::abs(a - b)) / 2;
      }
      pairs += product;
    }
  }
  const double squared = std::pow(13.0 / 12.0, dimensions) - 2 / n * single + pairs / (n * n);
  return std::sqrt(std::max(squared, 0.0));  // rounding can carry it just below 0
}

double MinimumDistance(absl::Span<const double> points, int dimensions) {
  const size_t d = dimensions;
  double nearest = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < points.size(); i += d) {
    for (size_t k = 0; k < i; k += d) {
      double squared = 0;
      for (size_t j = 0; j < d; ++j) {
        const double difference = points[i + j] - points[k + j];
        squared += difference * difference;
      }
      nearest = std::min(nearest, squared);
    }
  }
  return std::sqrt(nearest);
}

}  // namespace sturgeon
