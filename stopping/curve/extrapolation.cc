#include "stopping/curve/extrapolation.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <limits>
#include <vector>

namespace sturgeon {
namespace {

constexpr size_t kLeastLosses = 4;
constexpr double kNoise[] = {0.003, 0.01, 0.03, 0.1, 0.3};
constexpr double kPriorVariance = 4;  // of what the curve still loses, in ranges

enum class Family { kPower, kExponential, kLogPower };

struct Shape {
  Family family;
  double g;           // exponent
  double u;           // time, as a share of the last step
  double log_weight;  // of the prior, up to a constant

  double operator()(double t) const {  // t: likewise a share
    switch (family) {
      case Family::kPower:
        return std::pow(t, -g);
      case Family::kExponential:
        return std::exp(-t / u);
      case Family::kLogPower:
        return 1 / (1 + std::pow(t / u, g));
    }
    return 0;
  }
};

std::vector<Shape> MakeShapes() {
  std::vector<Shape> shapes;
  for (const double g : {0.1, 0.3, 0.6, 1.0, 1.5, 2.5}) {
    shapes.push_back({Family::kPower, g, 0, -std::log(6)});
  }
  for (int k = 0; k <= 5; ++k) {
    shapes.push_back({Family::kExponential, 0, std::ldexp(1, -k), -std::log(6)});
  }
  for (int k = 1; k <= 5; ++k) {
    for (const double g : {2.0, 4.0}) {
      shapes.push_back({Family::kLogPower, g, std::ldexp(1, -k), -std::log(10)});
    }
  }
  return shapes;
}

// A normal distribution of the end, in ranges from the last loss.
struct Component {
  double log_weight, mean, variance;
};

}  // namespace

std::optional<Forecast> Extrapolate(absl::Span<const int64_t> steps,
                                    absl::Span<const double> losses, int64_t last, double bound) {
  static const auto* const kShapes = new std::vector<Shape>(MakeShapes());
  if (losses.size() < kLeastLosses || steps.front() < 1 || steps.back() >= last) {
    return std::nullopt;
  }
  const auto recent = std::lower_bound(steps.begin(), steps.end(),
                                       steps.back() / 4 + (steps.back() % 4 != 0 ? 1 : 0)) -
                      steps.begin();
  const size_t first = std::min(static_cast<size_t>(recent), losses.size() - kLeastLosses);
  const size_t n = losses.size() - first;
  losses.remove_prefix(first);
  const auto [least, most] = std::minmax_element(losses.begin(), losses.end());
  const double end = losses.back();
  // A curve without any change has a range all the same, too small to matter.
  const double range =
      std::max({*most - *least, 1e-12 * std::abs(end), std::numeric_limits<double>::min()});
  if (!std::isfinite(range)) return std::nullopt;

  std::vector<double> t(n), z(n);
  double z_mean = 0;
  for (size_t i = 0; i < n; ++i) {
    t[i] = static_cast<double>(steps[first + i]) / static_cast<double>(last);
    z[i] = (losses[i] - end) / range;
    z_mean += z[i] / static_cast<double>(n);
  }
  double zz = 0;
  for (double& value : z) {
    value -= z_mean;
    zz += value * value;
  }
  const double bend = 1 - t.back();  // the variance of what no shape has

  std::vector<Component> mixture;
  mixture.reserve(kShapes->size() * std::size(kNoise));
  std::vector<double> psi(n);
  for (const Shape& shape : *kShapes) {
    const double at_last = shape(1), scale = shape(t[0]) - at_last;
    if (!(scale > 0)) continue;
    double psi_mean = 0;
    for (size_t i = 0; i < n; ++i) {
      psi[i] = (shape(t[i]) - at_last) / scale;
      psi_mean += psi[i] / static_cast<double>(n);
    }
    double pp = 0, pz = 0;
    for (size_t i = 0; i < n; ++i) {
      pp += (psi[i] - psi_mean) * (psi[i] - psi_mean);
      pz += (psi[i] - psi_mean) * z[i];
    }
    for (const double noise : kNoise) {
      const double variance = noise * noise;
      // The posterior of a, with c integrated out.
      const double precision = 1 / kPriorVariance + pp / variance;
      const double a = pz / variance / precision;
      Component component;
      component.log_weight = shape.log_weight - static_cast<double>(n - 1) * std::log(noise) -
                             0.5 * std::log(precision) - 0.5 * (zz / variance - precision * a * a);
      component.mean = z_mean - a * psi_mean;
      component.variance =
          variance / static_cast<double>(n) + psi_mean * psi_mean / precision + variance + bend;
      mixture.push_back(component);
    }
  }
  if (mixture.empty()) return std::nullopt;

  double heaviest = -std::numeric_limits<double>::infinity();
  for (const Component& component : mixture) heaviest = std::max(heaviest, component.log_weight);
  const double z_bound = (bound - end) / range;
  double sum = 0, mean = 0, chance = 0;
  for (const Component& component : mixture) {
    const double weight = std::exp(component.log_weight - heaviest);
    sum += weight;
    mean += weight * component.mean;
    chance +=
        weight * 0.5 * std::erfc((component.mean - z_bound) / std::sqrt(2 * component.variance));
  }
  return Forecast{end + range * (mean / sum), chance / sum};
}

}  // namespace sturgeon
