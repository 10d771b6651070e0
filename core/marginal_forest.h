// A random forest of regression trees over the unit cube, whose marginals are known exactly.
//
// A tree cuts the cube into boxes and predicts a constant in each, so that the average of its
// prediction over any of the axes is a sum over boxes, not an estimate. That is what a functional
// ANOVA of the tree needs (Hutter, Hoos, Leyton-Brown, "An efficient approach for assessing
// hyperparameter importance", ICML 2014, Algorithms 1 and 2):
//   f_U(x_U)  = mean of f over all axes but U                        the marginal
//   V_p       = Var f_{p},   V_pq = Var f_{p,q} - V_p - V_q          main effect, interaction
//   T_p       = Var f - Var f_{all but p}                            total effect, Sobol's
//
//   ForestData data;                     // fill it
//   const ForestSample sample = Bootstrap(rows, count, &rng);
//   const MarginalTree tree(data, sample, min_leaf, &rng);
//   tree.Variance(), tree.MainVariance(0), tree.PairVariance(0, 1)
//
// Trees are CART's: each split is the one that leaves the least squared error. A category's choices
// are ordered by their means before they are split, which finds the best of all subsets (Fisher,
// "On grouping for maximum homogeneity", 1958).
//
// A coordinate that is NaN does not matter to the value of its row (a parameter that is inactive):
// each tree draws it anew, uniformly. So rows are uniform on those coordinates, as the cube is.
// Deterministic, given the stream. Threads: a tree is constant once it is made.
#ifndef STURGEON_CORE_MARGINAL_FOREST_H_
#define STURGEON_CORE_MARGINAL_FOREST_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "core/random.h"

namespace sturgeon {

// How an axis of the cube may be cut.
struct ForestAxis {
  // At least 1: coordinates stand for one of so many choices without an order, the k-th of which
  // owns [k, k + 1) / categories.
  int categories = 0;
  // Otherwise, if not empty: the only places where the axis is cut, in order. (Where the levels of
  // a discrete parameter meet.)
  std::vector<double> borders;
};

struct ForestData {
  std::vector<ForestAxis> axes;
  size_t rows = 0;
  std::vector<double> x;  // [axes, rows], an axis after another; each in [0, 1], or NaN
  std::vector<double> y;  // [rows]

  double at(size_t axis, size_t row) const { return x[axis * rows + row]; }
};

// The rows that a tree learns from, and how often each.
struct ForestSample {
  std::vector<uint32_t> rows;     // in order, all different
  std::vector<uint32_t> weights;  // likewise, at least 1
};

// `count` of the rows `from`, drawn with replacement.
ForestSample Bootstrap(absl::Span<const uint32_t> from, size_t count, RandomStream* rng);

class MarginalTree {
 public:
  // A box holds at least `min_leaf` rows (counted by weight). Cost: O(axes m (log m + depth)), m
  // the different rows of the sample; O(axes m) memory.
  MarginalTree(const ForestData& data, const ForestSample& sample, uint32_t min_leaf,
               RandomStream* rng);

  // The boxes: what is predicted there, and their volumes, which sum to 1.
  size_t leaves() const { return values_.size(); }
  double leaf_value(size_t leaf) const { return values_[leaf]; }
  double leaf_volume(size_t leaf) const { return volumes_[leaf]; }

  // The prediction at a point of the cube, [axes].
  double Predict(absl::Span<const double> point) const;

  // Of the prediction over the cube.
  double mean() const { return mean_; }
  double Variance() const { return variance_; }

  // The marginal of one axis: steps of a function on [0, 1]. Cost: O(leaves).
  struct Steps {
    std::vector<double> edges;   // 0 … 1, one more than
    std::vector<double> values;  // these
  };
  Steps Main(int axis) const;
  // V_p. Cost: O(leaves).
  double MainVariance(int axis) const;
  // V_pq, given V_p and V_q; never below 0. Cost: O(leaves + cuts of p x cuts of q).
  double PairVariance(int p, int q, double main_p, double main_q) const;
  // T_p. Cost: O(leaves x boxes that a line along the axis meets).
  double TotalVariance(int axis) const;

 private:
  struct Node {
    int axis = -1;  // -1: a leaf
    double cut = 0;
    int cell = 0;    // the cut's number among the axis's cuts, or where its choices stand
    int left = -1;   // a leaf's number, if it is one
    int right = -1;  // the choices marked in sides_ and coordinates below the cut go left
  };
  // Cells [begin, end) of an axis.
  struct Run {
    int begin, end;
  };

  class Builder;

  void NumberCuts();
  void AddLeaves(int node, std::vector<std::vector<Run>>* box);
  absl::Span<const Run> Runs(size_t leaf, int axis) const {
    const size_t at = leaf * axes_ + axis;
    return absl::MakeConstSpan(runs_).subspan(first_run_[at], first_run_[at + 1] - first_run_[at]);
  }
  double Width(size_t leaf, int axis) const { return widths_[leaf * axes_ + axis]; }
  double Overlap(int axis, absl::Span<const Run> a, absl::Span<const Run> b) const;
  double MeanProduct(size_t leaf, int axis, int node) const;

  int axes_ = 0;
  std::vector<int> categories_;  // of each axis; 0: none
  std::vector<Node> nodes_;
  std::vector<uint8_t> sides_;             // of splits by category: whether a choice goes left
  std::vector<std::vector<double>> cuts_;  // the edges of each axis's cells, 0 and 1 among them
  // Leaves.
  std::vector<double> values_, volumes_, widths_;
  std::vector<Run> runs_;
  std::vector<size_t> first_run_;
  double mean_ = 0, variance_ = 0;
};

}  // namespace sturgeon

#endif  // STURGEON_CORE_MARGINAL_FOREST_H_
