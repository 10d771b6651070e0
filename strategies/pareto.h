// Several objectives: ranks, crowding, hypervolumes.
//
// Conventions. A set of n points with m losses each is a flat array [n, m], row-major; less is
// better in every one. a dominates b if a is nowhere worse and somewhere better. Losses may be
// infinite, not NaN. The hypervolume of a set is the measure of what it dominates below a reference
// point r, ∪ᵢ [pᵢ, r); a point that is not below r in every loss adds nothing. Its unit is the
// product of the losses' units, so losses of different scales are best normalised before.
//
// All functions are pure: deterministic (ties go to the lower index), safe from any thread.
#ifndef STURGEON_STRATEGIES_PARETO_H_
#define STURGEON_STRATEGIES_PARETO_H_

#include <vector>

#include "absl/types/span.h"
#include "core/dominance.h"

namespace sturgeon {

// The number of the front that each point belongs to: 0 for the points that no other dominates, 1
// for those that only points of front 0 dominate, and so on. Equal points share a front.
//
// `violations` [n], or empty if every point is feasible: how far a point is from feasible, 0 if it
// is. A feasible point dominates every infeasible one, and of two infeasible ones that with the
// smaller violation dominates (Deb's constrained domination).
// Cost: O(n log n) for m <= 2, O(m n²) otherwise, and rather O(m n^1.5) where there are many
// fronts. Source: Zhang, Tian, Cheng, Jin, "An efficient approach to nondominated sorting"
// (ENS-BS), IEEE TEC 2015; Deb, Pratap, Agarwal, Meyarivan, "NSGA-II", IEEE TEC 2002, section VI.
std::vector<int> NondominatedRanks(absl::Span<const double> losses, int m,
                                   absl::Span<const double> violations = {});

// The crowding distance of each point of one front: the sum over the losses of the gap between its
// two neighbours in that loss, as a share of the front's range; infinite for the ends.
// Cost: O(m n log n). Source: Deb et al. 2002, section III-B.
std::vector<double> CrowdingDistances(absl::Span<const double> losses, int m);

// A reference point: the worst of each loss, and `margin` of that loss's range beyond it (of the
// value's size, at least 1, where the range is 0), so that the ends count too. Of a front alone
// this is tight, and where the front is one point it bounds the search; of all trials it is not. At
// least one point.
std::vector<double> ReferencePoint(absl::Span<const double> losses, int m, double margin = 0.1);

// The hypervolume below `reference` [m].
// Cost: O(n log n) for m <= 2. For more losses by WFG: O(n² log n) for m = 3, exponential in m in
// the worst case; 100 points of 5 losses take about 2 ms.
// Source: While, Bradstreet, Barone, "A fast way of calculating exact hypervolumes", IEEE TEC 2012.
double Hypervolume(absl::Span<const double> losses, absl::Span<const double> reference);

// What each point alone dominates: the hypervolume less that of the set without it. 0 for a point
// that another one dominates or equals.
// Cost: a hypervolume of n points for each of the front.
std::vector<double> HypervolumeContributions(absl::Span<const double> losses,
                                             absl::Span<const double> reference);

// Chooses min(k, n) points, one after another, always the one that adds most to the hypervolume of
// those chosen; the order is that of the choice. At least 1 - 1/e of the best subset's hypervolume.
// Where nothing adds anything, the lowest index follows.
// Cost: at most n k hypervolumes of k points; far fewer as a rule, since a gain only shrinks when
// the set grows and so is computed again only when it leads (lazy greedy).
// Source: Guerreiro, Fonseca, Paquete, "Greedy hypervolume subset selection in low dimensions",
// Evolutionary Computation 2016.
std::vector<int> SelectHypervolumeSubset(absl::Span<const double> losses,
                                         absl::Span<const double> reference, int k);

// Disjoint boxes that fill what the points leave free: everything below `reference` that no point
// dominates. `lower` and `upper` are [cells, m]; lower ends may be -infinity. A new point y gains
// Σ over cells of Π over losses of max(0, upper - max(y, lower)), which is what an expected
// hypervolume improvement integrates.
// Cells: at most n + 1 for m = 2, O(n^(m - 1)) in general.
struct Cells {
  std::vector<double> lower, upper;
};
Cells NondominatedCells(absl::Span<const double> losses, absl::Span<const double> reference);

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_PARETO_H_
