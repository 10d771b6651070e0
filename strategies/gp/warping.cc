#include "strategies/gp/warping.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace sturgeon::gp {
namespace {

// y within [-1, 1]: squares of the greatest doubles would overflow.
Vector Bounded(Vector y) {
  const double largest = y.size() == 0 ? 0 : y.cwiseAbs().maxCoeff();
  if (largest > 0) y /= largest;
  return y;
}

// y with what lies further out than 1000 interquartile ranges moved to there: such values say that
// something broke, and would leave no difference between the others.
Vector Clipped(Vector y) {
  const size_t n = y.size();
  if (n < 4) return y;
  std::vector<double> sorted(y.begin(), y.end());
  std::sort(sorted.begin(), sorted.end());
  const double low = sorted[n / 4], high = sorted[n - 1 - n / 4];
  const double reach = 1000 * (high - low);
  if (!(reach > 0)) return y;
  return y.cwiseMin(high + reach).cwiseMax(low - reach);
}

Vector YeoJohnson(const Vector& y, double lambda) {
  // One power for what is above 0, and its mirror for what is below.
  const auto power = [](double exponent, double log_size) {
    return std::abs(exponent) < 1e-8 ? log_size : std::expm1(exponent * log_size) / exponent;
  };
  return y.unaryExpr([&](double v) {
    return v >= 0 ? power(lambda, std::log1p(v)) : -power(2 - lambda, std::log1p(-v));
  });
}

}  // namespace

Vector Standardized(Vector y) {
  if (y.size() == 0) return y;
  y = Bounded(std::move(y));
  y.array() -= y.mean();
  const double sd = std::sqrt(y.squaredNorm() / static_cast<double>(y.size()));
  if (sd > 0) y /= sd;
  return y;
}

Vector PowerTransformed(Vector y) {
  if (y.size() == 0) return y;
  y = Standardized(Clipped(Bounded(std::move(y))));
  const double n = static_cast<double>(y.size());
  const double jacobian =
      y.unaryExpr([](double v) { return v >= 0 ? std::log1p(v) : -std::log1p(-v); }).sum();
  double best = -std::numeric_limits<double>::infinity(), chosen = 1;
  for (double lambda = -4; lambda <= 4; lambda += 0.25) {
    const Vector z = YeoJohnson(y, lambda);
    const double variance = (z.array() - z.mean()).square().mean();
    if (!(variance > 0) || !std::isfinite(variance)) continue;
    const double likelihood = -0.5 * n * std::log(variance) + (lambda - 1) * jacobian;
    if (likelihood > best) best = likelihood, chosen = lambda;
  }
  return Standardized(YeoJohnson(y, chosen));
}

}  // namespace sturgeon::gp
