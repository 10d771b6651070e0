#include "core/importance.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

namespace sturgeon {
namespace {

constexpr size_t kFewest = 8;
constexpr size_t kMostGroups = 6;
constexpr size_t kSmallestGroup = 4;

// Ranks 1 … n of `values`; equal values share the mean of their ranks.
std::vector<double> Ranks(const std::vector<double>& values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (size_t i = 0; i < order.size();) {
    size_t end = i;
    while (end < order.size() && values[order[end]] == values[order[i]]) ++end;
    const double mean = 0.5 * static_cast<double>(i + 1 + end);
    for (; i < end; ++i) ranks[order[i]] = mean;
  }
  return ranks;
}

// The group of each trial by the values of one parameter; -1 stands for inactive.
std::vector<int> Groups(const Parameter& parameter, const std::vector<double>& values) {
  std::vector<int> groups(values.size(), -1);
  if (parameter.is_categorical()) {
    for (size_t i = 0; i < values.size(); ++i) {
      if (!std::isnan(values[i])) groups[i] = static_cast<int>(values[i]);
    }
    return groups;
  }
  std::vector<double> active;
  for (const double v : values) {
    if (!std::isnan(v)) active.push_back(v);
  }
  if (active.empty()) return groups;
  std::sort(active.begin(), active.end());
  const size_t count = std::min(kMostGroups, std::max<size_t>(1, active.size() / kSmallestGroup));
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) continue;
    // Equal values stay together: the group is that of the first of them.
    const size_t rank = std::lower_bound(active.begin(), active.end(), values[i]) - active.begin();
    groups[i] = static_cast<int>(rank * count / active.size());
  }
  return groups;
}

double EpsilonSquared(const std::vector<int>& groups, const std::vector<double>& ranks) {
  struct Sum {
    double sum = 0;
    double count = 0;
  };
  std::map<int, Sum> sums;
  const double n = static_cast<double>(ranks.size());
  const double mean = std::accumulate(ranks.begin(), ranks.end(), 0.0) / n;
  double total = 0;
  for (size_t i = 0; i < ranks.size(); ++i) {
    Sum& group = sums[groups[i]];
    group.sum += ranks[i] - mean;
    group.count += 1;
    total += (ranks[i] - mean) * (ranks[i] - mean);
  }
  const double g = static_cast<double>(sums.size());
  if (total <= 0 || g < 2 || n <= g) return 0;
  double between = 0;
  for (const auto& [key, group] : sums) between += group.sum * group.sum / group.count;
  const double within = (total - between) / (n - g);
  return std::min(1.0, std::max(0.0, (between - (g - 1) * within) / total));
}

}  // namespace

std::vector<double> MainEffects(const StudyConfig& config, absl::Span<const Trial> trials,
                                size_t objective) {
  std::vector<double> losses;
  std::vector<const Trial*> used;
  for (const Trial& trial : trials) {
    if (!trial.finished() || trial.failure == FailureKind::kCancelled) continue;
    used.push_back(&trial);
    losses.push_back(trial.values.empty()
                         ? std::numeric_limits<double>::infinity()
                         : config.objectives[objective].Loss(trial.values[objective]));
  }
  std::vector<double> effects(config.space.size(), 0.0);
  if (used.size() < kFewest) return effects;
  const std::vector<double> ranks = Ranks(losses);
  std::vector<double> values(used.size());
  for (int p = 0; p < config.space.size(); ++p) {
    for (size_t i = 0; i < used.size(); ++i) values[i] = used[i]->point[p];
    effects[p] = EpsilonSquared(Groups(config.space[p], values), ranks);
  }
  return effects;
}

}  // namespace sturgeon
