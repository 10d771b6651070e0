#include "strategies/pareto.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/random.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

using Points = std::vector<double>;  // [n, m]

absl::Span<const double> RowOf(const Points& points, int m, size_t i) {
  return absl::MakeConstSpan(points).subspan(i * m, m);
}

// Points of a coarse grid, so that there are ties, duplicates and points outside the reference.
Points GridPoints(int n, int m, uint64_t seed, int levels = 8) {
  RandomStream rng(seed, 0, kFirstPluginStream);
  Points points(static_cast<size_t>(n) * m);
  for (double& x : points) x = static_cast<double>(rng.Below(levels));
  return points;
}

// By the definition: fronts are peeled off one after another.
std::vector<int> PeeledRanks(const Points& points, int m, const std::vector<double>& violations) {
  const size_t n = points.size() / m;
  const auto dominates = [&](size_t a, size_t b) {
    if (violations[a] > 0 || violations[b] > 0) return violations[a] < violations[b];
    return Dominates(RowOf(points, m, a), RowOf(points, m, b));
  };
  std::vector<int> ranks(n, -1);
  size_t left = n;
  for (int rank = 0; left > 0; ++rank) {
    std::vector<size_t> front;
    for (size_t i = 0; i < n; ++i) {
      bool dominated = ranks[i] >= 0;
      for (size_t k = 0; k < n && !dominated; ++k) dominated = ranks[k] < 0 && dominates(k, i);
      if (!dominated) front.push_back(i);
    }
    for (const size_t i : front) ranks[i] = rank;
    left -= front.size();
  }
  return ranks;
}

// By the definition: the unit cells of the grid that some point dominates.
double CountedVolume(const Points& points, int m, int reference) {
  std::vector<int> cell(m, 0);
  double volume = 0;
  while (true) {
    for (size_t i = 0; i < points.size() / m; ++i) {
      bool covered = true;
      for (int j = 0; j < m; ++j) covered &= points[i * m + j] <= cell[j];
      if (covered) {
        volume += 1;
        break;
      }
    }
    int j = 0;
    while (j < m && ++cell[j] == reference) cell[j++] = 0;
    if (j == m) return volume;
  }
}

TEST(Pareto, RanksAreThoseOfPeeling) {
  for (const int m : {1, 2, 3, 5}) {
    for (const int levels : {2, 5, 1000}) {
      const Points points = GridPoints(60, m, m, levels);
      std::vector<double> violations(60, 0.0);
      EXPECT_EQ(NondominatedRanks(points, m), PeeledRanks(points, m, violations))
          << m << " losses on " << levels << " levels";
      RandomStream rng(levels, m, kFirstPluginStream);
      for (double& v : violations) v = static_cast<double>(rng.Below(4));
      EXPECT_EQ(NondominatedRanks(points, m, violations), PeeledRanks(points, m, violations))
          << m << " losses on " << levels << " levels, with violations";
    }
  }
}

TEST(Pareto, RanksTakeInfinitiesAndNothing) {
  EXPECT_EQ(NondominatedRanks({}, 2), std::vector<int>());
  EXPECT_EQ(NondominatedRanks({kInfinity, 1, 0, kInfinity, -kInfinity, 2, 1, 2}, 2),
            (std::vector<int>{0, 1, 0, 1}));
  EXPECT_EQ(NondominatedRanks({1, 1, 0, 0, 0, 0}, 2, {0, 2, 1}), (std::vector<int>{0, 2, 1}));
}

TEST(Pareto, CrowdingDistanceIsTheNeighboursGapAsAShareOfTheRange) {
  // Ranges 10 and 1.
  const std::vector<double> d = CrowdingDistances({0, 1, 10, 0, 2, 0.7, 6, 0.1}, 2);
  EXPECT_EQ(d[0], kInfinity);
  EXPECT_EQ(d[1], kInfinity);
  EXPECT_NEAR(d[2], 0.6 + 0.9, 1e-12);
  EXPECT_NEAR(d[3], 0.8 + 0.7, 1e-12);
}

TEST(Pareto, CrowdingDistanceHoldsForEqualAndHugeValues) {
  EXPECT_EQ(CrowdingDistances({}, 2), std::vector<double>());
  EXPECT_EQ(CrowdingDistances({3, 4}, 2), std::vector<double>{kInfinity});
  EXPECT_EQ(CrowdingDistances({1, 1, 1, 1, 1, 1}, 2),
            (std::vector<double>{kInfinity, 0, kInfinity}));
  const std::vector<double> huge = CrowdingDistances({-1e308, 1e308, 0, 0, 1e308, -1e308}, 2);
  EXPECT_NEAR(huge[1], 2, 1e-12);
}

TEST(Pareto, TheReferencePointLiesBeyondTheWorst) {
  EXPECT_EQ(ReferencePoint({0, 5, 10, 5}, 2, 0.25), (std::vector<double>{12.5, 6.25}));
  EXPECT_EQ(ReferencePoint({0.5, -2}, 2, 0.5), (std::vector<double>{1, -1}));
}

TEST(Pareto, HypervolumeIsTheCountOfDominatedCells) {
  for (const int m : {1, 2, 3, 4, 5}) {
    for (const int n : {0, 1, 2, 7, 25}) {
      const Points points = GridPoints(n, m, n);
      const std::vector<double> reference(m, 6.0);  // some points are not below it
      EXPECT_DOUBLE_EQ(Hypervolume(points, reference), CountedVolume(points, m, 6))
          << n << " points of " << m << " losses";
    }
  }
}

TEST(Pareto, HypervolumeOfAKnownFrontConverges) {
  // The area above y = 1 - sqrt(x) below (1, 1) is 2/3.
  Points points;
  for (int i = 0; i <= 20000; ++i) {
    const double x = i / 20000.0;
    points.insert(points.end(), {x, 1 - std::sqrt(x)});
  }
  EXPECT_NEAR(Hypervolume(points, {1, 1}), 2.0 / 3, 1e-4);
}

TEST(Pareto, ContributionsAreWhatEachPointAloneAdds) {
  for (const int m : {1, 2, 3, 4}) {
    for (const int n : {1, 3, 12, 30}) {
      const Points points = GridPoints(n, m, n + 100, n > 12 ? 30 : 7);
      const std::vector<double> reference(m, 6.0);
      const std::vector<double> contributions = HypervolumeContributions(points, reference);
      for (int i = 0; i < n; ++i) {
        Points without = points;
        without.erase(without.begin() + i * m, without.begin() + (i + 1) * m);
        EXPECT_NEAR(contributions[i],
                    Hypervolume(points, reference) - Hypervolume(without, reference), 1e-9)
            << "point " << i << " of " << n << " with " << m << " losses";
      }
    }
  }
}

TEST(Pareto, TheSubsetIsTheGreedyOne) {
  for (const int m : {1, 2, 3}) {
    const Points points = GridPoints(25, m, 9, 20);
    const std::vector<double> reference(m, 18.0);
    // By the definition: every gain computed anew in every step.
    std::vector<int> greedy;
    Points chosen;
    for (int step = 0; step < 10; ++step) {
      int best = -1;
      double best_volume = -1;
      for (int i = 0; i < 25; ++i) {
        if (std::find(greedy.begin(), greedy.end(), i) != greedy.end()) continue;
        Points with = chosen;
        const auto row = RowOf(points, m, i);
        with.insert(with.end(), row.begin(), row.end());
        const double volume = Hypervolume(with, reference);
        if (volume > best_volume + 1e-9) {
          best = i;
          best_volume = volume;
        }
      }
      greedy.push_back(best);
      const auto row = RowOf(points, m, best);
      chosen.insert(chosen.end(), row.begin(), row.end());
    }
    EXPECT_EQ(SelectHypervolumeSubset(points, reference, 10), greedy) << m << " losses";
  }
}

TEST(Pareto, TheSubsetIsFilledUpByIndex) {
  // One good point, an equal one, one beyond the reference.
  const Points points = {5, 5, 1, 1, 1, 1, 9, 9};
  EXPECT_EQ(SelectHypervolumeSubset(points, {6, 6}, 3), (std::vector<int>{1, 0, 2}));
  EXPECT_EQ(SelectHypervolumeSubset(points, {6, 6}, 9).size(), 4);
  EXPECT_EQ(SelectHypervolumeSubset({}, {6, 6}, 2), std::vector<int>());
}

TEST(Pareto, CellsAreDisjointAndGiveTheGainOfANewPoint) {
  for (const int m : {1, 2, 3, 4}) {
    for (const int n : {0, 1, 6, 15}) {
      const Points points = GridPoints(n, m, n + 7, 12);
      const std::vector<double> reference(m, 10.0);
      const Cells cells = NondominatedCells(points, reference);
      if (m == 2) {
        EXPECT_LE(cells.lower.size() / 2, n + 1);
      }
      RandomStream rng(n, m, kFirstPluginStream);
      for (int k = 0; k < 50; ++k) {
        std::vector<double> y(m);
        for (double& v : y) v = rng.Uniform(-2, 11);
        double gain = 0;
        for (size_t c = 0; c < cells.lower.size(); c += m) {
          double volume = 1;
          for (int j = 0; j < m; ++j) {
            volume *= std::max(0.0, cells.upper[c + j] - std::max(y[j], cells.lower[c + j]));
          }
          gain += volume;
        }
        Points with = points;
        with.insert(with.end(), y.begin(), y.end());
        EXPECT_NEAR(gain, Hypervolume(with, reference) - Hypervolume(points, reference), 1e-8)
            << n << " points of " << m << " losses";
      }
    }
  }
}

}  // namespace
}  // namespace sturgeon
