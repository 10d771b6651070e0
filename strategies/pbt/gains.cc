#include "strategies/pbt/gains.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "strategies/median.h"

namespace sturgeon {
namespace {

constexpr size_t kFewest = 4;

double Slope(const std::vector<double>& x, const std::vector<double>& y) {
  std::vector<double> slopes;
  for (size_t i = 0; i < x.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const double slope = (y[i] - y[j]) / (x[i] - x[j]);
      if (std::isfinite(slope)) slopes.push_back(slope);
    }
  }
  return slopes.empty() ? 0 : std::clamp(Median(std::move(slopes)), 0.0, 1.0);
}

}  // namespace

std::vector<std::pair<const Trial*, double>> GainsAt(const Population& population, int rung) {
  std::vector<const Population::Result*> newest = population.ranked(rung);
  std::sort(newest.begin(), newest.end(),
            [](const auto* a, const auto* b) { return a->trial->id < b->trial->id; });
  if (newest.size() > kMostGains) newest.erase(newest.begin(), newest.end() - kMostGains);

  std::vector<double> x, y;
  for (const Population::Result* result : newest) {
    const Population::Result* const parent = result->trial->resume_from.has_value()
                                                 ? population.Find(*result->trial->resume_from)
                                                 : nullptr;
    x.push_back(parent == nullptr ? 0 : parent->loss);
    y.push_back(result->loss);
  }
  const double slope = Slope(x, y);
  std::vector<std::pair<const Trial*, double>> gains;
  std::vector<double> left;
  for (size_t i = 0; i < newest.size(); ++i) {
    const double r = y[i] - slope * x[i];
    if (!std::isfinite(r)) continue;  // differences of huge values
    gains.emplace_back(newest[i]->trial, r);
    left.push_back(r);
  }
  if (left.size() < kFewest) return {};
  const double middle = Median(left);
  for (double& r : left) r = std::abs(r - middle);
  const double spread = Median(std::move(left));
  if (!(spread > 0)) return {};
  for (auto& [trial, gain] : gains) {
    const double z = (gain - middle) / spread;
    gain = -std::copysign(std::log1p(std::min(std::abs(z), 1e300)), z);
  }
  return gains;
}

}  // namespace sturgeon
