#include "strategies/pareto.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <queue>
#include <utility>

namespace sturgeon {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

using Row = absl::Span<const double>;

Row RowOf(Row losses, int m, int i) { return losses.subspan(static_cast<size_t>(i) * m, m); }

int RowsOf(Row losses, int m) { return static_cast<int>(losses.size() / m); }

// Row by row, then by index.
void SortRows(Row losses, int m, std::vector<int>* indices) {
  std::sort(indices->begin(), indices->end(), [losses, m](int a, int b) {
    const Row row_a = RowOf(losses, m, a), row_b = RowOf(losses, m, b);
    const int order =
        std::lexicographical_compare(row_a.begin(), row_a.end(), row_b.begin(), row_b.end()) ? -1
        : row_a == row_b                                                                     ? 0
                                                                                             : 1;
    return order != 0 ? order < 0 : a < b;
  });
}

std::vector<int> AllOf(int n) {
  std::vector<int> all(n);
  std::iota(all.begin(), all.end(), 0);
  return all;
}

// Ranks of the feasible points `sorted`, which SortRows has sorted, so that no point dominates an
// earlier one. Returns how many fronts there are.
int RankSorted(Row losses, int m, absl::Span<const int> sorted, std::vector<int>* ranks) {
  std::vector<std::vector<int>> fronts;
  const auto front_dominates = [&](const std::vector<int>& front, int i) {
    const Row row = RowOf(losses, m, i);
    // Where m = 2, the newest point of a front is the one with the least second loss.
    if (m <= 2) return Dominates(RowOf(losses, m, front.back()), row);
    return std::any_of(front.rbegin(), front.rend(),
                       [&](int j) { return Dominates(RowOf(losses, m, j), row); });
  };
  for (size_t k = 0; k < sorted.size(); ++k) {
    const int i = sorted[k];
    if (k > 0 && RowOf(losses, m, i) == RowOf(losses, m, sorted[k - 1])) {
      (*ranks)[i] = (*ranks)[sorted[k - 1]];
      continue;
    }
    // If a point of front f dominates i, then one of each front before f does.
    const auto front =
        std::partition_point(fronts.begin(), fronts.end(),
                             [&](const std::vector<int>& f) { return front_dominates(f, i); });
    (*ranks)[i] = static_cast<int>(front - fronts.begin());
    if (front == fronts.end()) {
      fronts.push_back({i});
    } else {
      front->push_back(i);
    }
  }
  return static_cast<int>(fronts.size());
}

bool Below(Row row, Row reference) {
  for (size_t j = 0; j < row.size(); ++j) {
    if (!(row[j] < reference[j])) return false;
  }
  return true;
}

// The rows below the reference that no other dominates, each once, in lexicographic order.
std::vector<double> Front(Row losses, Row reference) {
  const int m = static_cast<int>(reference.size());
  std::vector<int> order;
  for (int i = 0; i < RowsOf(losses, m); ++i) {
    if (Below(RowOf(losses, m, i), reference)) order.push_back(i);
  }
  SortRows(losses, m, &order);
  std::vector<double> front;
  for (const int i : order) {
    const Row row = RowOf(losses, m, i);
    // The newest first: where m = 2 it decides alone.
    bool covered = false;
    const int kept = RowsOf(front, m);
    for (int k = kept - 1; k >= (m <= 2 ? std::max(kept - 1, 0) : 0) && !covered; --k) {
      covered = true;
      for (int j = 0; j < m; ++j) covered &= front[static_cast<size_t>(k) * m + j] <= row[j];
    }
    if (!covered) front.insert(front.end(), row.begin(), row.end());
  }
  return front;
}

double BoxVolume(Row low, Row high) {
  double volume = 1;
  for (size_t j = 0; j < low.size(); ++j) volume *= high[j] - low[j];
  return volume;
}

// The hypervolume of a front as Front gives it.
double FrontVolume(Row front, Row reference);

// What `row` dominates and no row of `others` does: its box less the volume of the others, moved
// into that box.
double ExclusiveVolume(Row row, Row others, Row reference) {
  const int m = static_cast<int>(reference.size());
  std::vector<double> limited(others.begin(), others.end());
  for (size_t k = 0; k < limited.size(); ++k) limited[k] = std::max(limited[k], row[k % m]);
  return BoxVolume(row, reference) - FrontVolume(Front(limited, reference), reference);
}

double FrontVolume(Row front, Row reference) {
  const int m = static_cast<int>(reference.size());
  const int n = RowsOf(front, m);
  double volume = 0;
  if (m == 2) {
    double ceiling = reference[1];
    for (int i = 0; i < n; ++i) {
      const Row row = RowOf(front, m, i);
      volume += (reference[0] - row[0]) * (ceiling - row[1]);
      ceiling = row[1];
    }
    return volume;
  }
  // In the order of the first loss from the worst on, the others limited by row i share its first
  // loss, so that the deeper sets are slices of one dimension less.
  if (m == 1) return n == 0 ? 0 : reference[0] - front[0];
  for (int i = n - 1; i >= 0; --i) {
    const Row row = RowOf(front, m, i);
    // Rows before i have a first loss no larger: limited by row i, all have row i's.
    std::vector<double> limited;
    for (int k = 0; k < i; ++k) {
      for (int j = 1; j < m; ++j) {
        limited.push_back(std::max(front[static_cast<size_t>(k) * m + j], row[j]));
      }
    }
    const Row tail = reference.subspan(1);
    const double shared = FrontVolume(Front(limited, tail), tail);
    volume += (reference[0] - row[0]) * (BoxVolume(row.subspan(1), tail) - shared);
  }
  return volume;
}

}  // namespace

std::vector<int> NondominatedRanks(absl::Span<const double> losses, int m,
                                   absl::Span<const double> violations) {
  std::vector<int> ranks(RowsOf(losses, m));
  std::vector<int> feasible, infeasible;
  for (int i = 0; i < RowsOf(losses, m); ++i) {
    (violations.empty() || violations[i] <= 0 ? feasible : infeasible).push_back(i);
  }
  SortRows(losses, m, &feasible);
  int rank = RankSorted(losses, m, feasible, &ranks);
  std::sort(infeasible.begin(), infeasible.end(), [violations](int a, int b) {
    return violations[a] != violations[b] ? violations[a] < violations[b] : a < b;
  });
  for (size_t k = 0; k < infeasible.size(); ++k) {
    if (k > 0 && violations[infeasible[k]] > violations[infeasible[k - 1]]) ++rank;
    ranks[infeasible[k]] = rank;
  }
  return ranks;
}

std::vector<double> CrowdingDistances(absl::Span<const double> losses, int m) {
  const int n = RowsOf(losses, m);
  std::vector<double> distances(n);
  std::vector<int> order = AllOf(n);
  for (int j = 0; j < m && n > 0; ++j) {
    const auto loss = [losses, m, j](int i) { return losses[static_cast<size_t>(i) * m + j]; };
    std::sort(order.begin(), order.end(),
              [&](int a, int b) { return loss(a) != loss(b) ? loss(a) < loss(b) : a < b; });
    distances[order.front()] = distances[order.back()] = kInfinity;
    // Halves, since the difference of two doubles may be too large for one.
    const double range = loss(order.back()) / 2 - loss(order.front()) / 2;
    if (!(range > 0) || range == kInfinity) continue;
    for (int k = 1; k + 1 < n; ++k) {
      distances[order[k]] += (loss(order[k + 1]) / 2 - loss(order[k - 1]) / 2) / range;
    }
  }
  return distances;
}

std::vector<double> ReferencePoint(absl::Span<const double> losses, int m, double margin) {
  std::vector<double> reference(m);
  for (int j = 0; j < m; ++j) {
    double best = kInfinity, worst = -kInfinity;
    for (int i = 0; i < RowsOf(losses, m); ++i) {
      best = std::min(best, RowOf(losses, m, i)[j]);
      worst = std::max(worst, RowOf(losses, m, i)[j]);
    }
    const double range = worst > best ? worst - best : std::max(std::abs(worst), 1.0);
    reference[j] = worst + margin * range;
  }
  return reference;
}

double Hypervolume(absl::Span<const double> losses, absl::Span<const double> reference) {
  return FrontVolume(Front(losses, reference), reference);
}

std::vector<double> HypervolumeContributions(absl::Span<const double> losses,
                                             absl::Span<const double> reference) {
  const int m = static_cast<int>(reference.size());
  const int n = RowsOf(losses, m);
  std::vector<double> contributions(n);
  const std::vector<int> ranks = NondominatedRanks(losses, m);
  for (int i = 0; i < n; ++i) {
    if (ranks[i] > 0 || !Below(RowOf(losses, m, i), reference)) continue;
    // Points that i dominates count too: without i, they hold a part of what it dominates.
    const size_t begin = static_cast<size_t>(i) * m;
    std::vector<double> others(losses.begin(), losses.begin() + begin);
    others.insert(others.end(), losses.begin() + begin + m, losses.end());
    contributions[i] = ExclusiveVolume(RowOf(losses, m, i), others, reference);
  }
  return contributions;
}

std::vector<int> SelectHypervolumeSubset(absl::Span<const double> losses,
                                         absl::Span<const double> reference, int k) {
  const int m = static_cast<int>(reference.size());
  const int n = RowsOf(losses, m);
  // (what i adds to the first `known` chosen ones, -i): the largest gain first, then the lowest i.
  using Gain = std::pair<double, int>;
  std::priority_queue<Gain> gains;
  std::vector<int> known(n, 0);
  for (int i = 0; i < n; ++i) {
    gains.push({Hypervolume(RowOf(losses, m, i), reference), -i});
  }
  std::vector<int> chosen;
  std::vector<double> front;
  while (static_cast<int>(chosen.size()) < std::min(k, n)) {
    const int i = -gains.top().second;
    const double gain = gains.top().first;
    gains.pop();
    if (known[i] < static_cast<int>(chosen.size()) && gain > 0) {
      known[i] = static_cast<int>(chosen.size());
      const double now = ExclusiveVolume(RowOf(losses, m, i), front, reference);
      // Rounding must not make a gain grow or turn negative.
      gains.push({std::max(0.0, std::min(gain, now)), -i});
      continue;
    }
    chosen.push_back(i);
    const Row row = RowOf(losses, m, i);
    front.insert(front.end(), row.begin(), row.end());
    front = Front(front, reference);
  }
  return chosen;
}

namespace {

// Appends the cells of dimensions m - 1, m - 2, …: `prefix` holds those of the dimensions before.
void AppendCells(Row front, Row reference, std::vector<double>* lower, std::vector<double>* upper,
                 Cells* cells) {
  const int m = static_cast<int>(reference.size());
  const int n = RowsOf(front, m);
  const auto emit = [&](double low, double high) {
    cells->lower.insert(cells->lower.end(), lower->begin(), lower->end());
    cells->lower.push_back(low);
    cells->upper.insert(cells->upper.end(), upper->begin(), upper->end());
    cells->upper.push_back(high);
  };
  if (m == 1) {
    const double best = n == 0 ? reference[0] : front[0];
    if (best > -kInfinity) emit(-kInfinity, best);
    return;
  }
  // Slabs between the rows' first losses: within one, the rows before it are what counts.
  double low = -kInfinity;
  std::vector<double> before;
  for (int i = 0; i <= n; ++i) {
    const double high = i < n ? RowOf(front, m, i)[0] : reference[0];
    if (high > low) {
      lower->push_back(low);
      upper->push_back(high);
      AppendCells(Front(before, reference.subspan(1)), reference.subspan(1), lower, upper, cells);
      lower->pop_back();
      upper->pop_back();
      low = high;
    }
    if (i < n) {
      const Row tail = RowOf(front, m, i).subspan(1);
      before.insert(before.end(), tail.begin(), tail.end());
    }
  }
}

}  // namespace

Cells NondominatedCells(absl::Span<const double> losses, absl::Span<const double> reference) {
  Cells cells;
  std::vector<double> lower, upper;
  AppendCells(Front(losses, reference), reference, &lower, &upper, &cells);
  return cells;
}

}  // namespace sturgeon
