#include "core/marginal_forest.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace sturgeon {

ForestSample Bootstrap(absl::Span<const uint32_t> from, size_t count, RandomStream* rng) {
  std::vector<uint32_t> drawn(count);
  for (uint32_t& row : drawn) row = from[rng->Below(from.size())];
  std::sort(drawn.begin(), drawn.end());
  ForestSample sample;
  for (const uint32_t row : drawn) {
    if (sample.rows.empty() || sample.rows.back() != row) {
      sample.rows.push_back(row);
      sample.weights.push_back(0);
    }
    ++sample.weights.back();
  }
  return sample;
}

// Grows a tree. Every axis without categories has an array of the sample's rows in the order of
// their coordinates, in which a node's rows are a range; splitting a node keeps the order.
class MarginalTree::Builder {
 public:
  Builder(const ForestData& data, const ForestSample& sample, uint32_t min_leaf, RandomStream* rng,
          MarginalTree* tree)
      : data_(data), min_leaf_(min_leaf), rng_(*rng), tree_(*tree), size_(sample.rows.size()) {
    const size_t axes = data.axes.size();
    y_.resize(size_);
    weights_.resize(size_);
    for (size_t i = 0; i < size_; ++i) {
      y_[i] = data.y[sample.rows[i]];
      weights_[i] = sample.weights[i];
    }
    x_.resize(axes);
    orders_.resize(axes + 1);
    for (size_t axis = 0; axis < axes; ++axis) {
      std::vector<double>& x = x_[axis];
      x.resize(size_);
      const int categories = data.axes[axis].categories;
      for (size_t i = 0; i < size_; ++i) {
        x[i] = data.at(axis, sample.rows[i]);
        if (std::isnan(x[i])) x[i] = rng_.Uniform();
        if (categories > 0) x[i] = std::min<double>(categories - 1, std::floor(x[i] * categories));
      }
      if (categories > 0) continue;
      orders_[axis] = Numbers();
      std::sort(orders_[axis].begin(), orders_[axis].end(),
                [&x](uint32_t a, uint32_t b) { return x[a] != x[b] ? x[a] < x[b] : a < b; });
    }
    orders_[axes] = Numbers();  // in no order: for what needs none
    axes_.resize(axes);
    std::iota(axes_.begin(), axes_.end(), 0);
    left_.resize(size_);
    spare_.resize(size_);
  }

  void Grow() { Grow(0, size_); }

 private:
  struct Split {
    int axis = -1;
    double score = 0;  // sum of squares that the two means explain
    double below = 0, above = 0;
    std::vector<uint8_t> sides;
  };

  std::vector<uint32_t> Numbers() const {
    std::vector<uint32_t> numbers(size_);
    std::iota(numbers.begin(), numbers.end(), 0u);
    return numbers;
  }

  // Of the rows in [begin, end); returns the node's number.
  int Grow(size_t begin, size_t end) {
    double weight = 0, sum = 0;
    bool equal = true;
    const std::vector<uint32_t>& rows = orders_.back();
    for (size_t i = begin; i < end; ++i) {
      weight += weights_[rows[i]];
      sum += weights_[rows[i]] * y_[rows[i]];
      equal &= y_[rows[i]] == y_[rows[begin]];
    }
    const int number = static_cast<int>(tree_.nodes_.size());
    tree_.nodes_.emplace_back();
    Split split;
    if (!equal && weight >= 2.0 * min_leaf_) split = Best(begin, end, weight, sum);
    if (split.axis < 0) {
      tree_.nodes_[number].left = static_cast<int>(tree_.values_.size());
      tree_.values_.push_back(sum / weight);
      return number;
    }
    Node node;
    node.axis = split.axis;
    if (split.sides.empty()) {
      node.cut = Cut(data_.axes[split.axis], split.below, split.above);
    } else {
      node.cell = static_cast<int>(tree_.sides_.size());
      tree_.sides_.insert(tree_.sides_.end(), split.sides.begin(), split.sides.end());
    }
    const size_t middle = Partition(begin, end, split);
    node.left = Grow(begin, middle);
    node.right = Grow(middle, end);
    tree_.nodes_[number] = node;
    return number;
  }

  Split Best(size_t begin, size_t end, double weight, double sum) {
    rng_.Shuffle(absl::MakeSpan(axes_));  // of equal splits, any axis's
    Split best;
    for (const int axis : axes_) {
      if (data_.axes[axis].categories > 0) {
        TryCategories(axis, begin, end, weight, sum, &best);
      } else {
        TryCuts(axis, begin, end, weight, sum, &best);
      }
    }
    return best;
  }

  void TryCuts(int axis, size_t begin, size_t end, double weight, double sum, Split* best) const {
    const std::vector<double>& x = x_[axis];
    const std::vector<uint32_t>& rows = orders_[axis];
    double left_weight = 0, left_sum = 0;
    for (size_t i = begin; i + 1 < end; ++i) {
      const uint32_t row = rows[i];
      left_weight += weights_[row];
      left_sum += weights_[row] * y_[row];
      if (!(x[row] < x[rows[i + 1]]) || left_weight < min_leaf_) continue;
      const double right_weight = weight - left_weight, right_sum = sum - left_sum;
      if (right_weight < min_leaf_) break;
      const double score = left_sum * left_sum / left_weight + right_sum * right_sum / right_weight;
      if (best->axis >= 0 && score <= best->score) continue;
      best->axis = axis;
      best->score = score;
      best->below = x[row];
      best->above = x[rows[i + 1]];
      best->sides.clear();
    }
  }

  void TryCategories(int axis, size_t begin, size_t end, double weight, double sum, Split* best) {
    struct Choice {
      double weight = 0, sum = 0;
      int number = 0;
    };
    const int categories = data_.axes[axis].categories;
    std::vector<Choice> choices(categories);
    for (int k = 0; k < categories; ++k) choices[k].number = k;
    for (size_t i = begin; i < end; ++i) {
      const uint32_t row = orders_.back()[i];
      Choice& choice = choices[static_cast<int>(x_[axis][row])];
      choice.weight += weights_[row];
      choice.sum += weights_[row] * y_[row];
    }
    choices.erase(std::remove_if(choices.begin(), choices.end(),
                                 [](const Choice& choice) { return choice.weight == 0; }),
                  choices.end());
    std::stable_sort(choices.begin(), choices.end(), [](const Choice& a, const Choice& b) {
      return a.sum / a.weight < b.sum / b.weight;
    });
    double left_weight = 0, left_sum = 0;
    for (size_t k = 0; k + 1 < choices.size(); ++k) {
      left_weight += choices[k].weight;
      left_sum += choices[k].sum;
      const double right_weight = weight - left_weight, right_sum = sum - left_sum;
      if (left_weight < min_leaf_ || right_weight < min_leaf_) continue;
      const double score = left_sum * left_sum / left_weight + right_sum * right_sum / right_weight;
      if (best->axis >= 0 && score <= best->score) continue;
      best->axis = axis;
      best->score = score;
      // A choice that the node has no rows of goes with the larger part.
      best->sides.assign(categories, left_weight > right_weight ? 1 : 0);
      for (size_t c = 0; c < choices.size(); ++c) best->sides[choices[c].number] = c <= k ? 1 : 0;
    }
  }

  // A place between two coordinates, drawn uniformly: the mean of many trees is then linear there.
  double Cut(const ForestAxis& axis, double below, double above) {
    const auto first = std::upper_bound(axis.borders.begin(), axis.borders.end(), below);
    const auto last = std::lower_bound(axis.borders.begin(), axis.borders.end(), above);
    if (first < last) return first[rng_.Below(last - first)];
    const double cut = rng_.Uniform(below, above);
    return cut > below ? cut : above;
  }

  size_t Partition(size_t begin, size_t end, const Split& split) {
    const std::vector<double>& x = x_[split.axis];
    size_t middle = begin;
    for (size_t i = begin; i < end; ++i) {
      const uint32_t row = orders_.back()[i];
      left_[row] =
          split.sides.empty() ? x[row] <= split.below : split.sides[static_cast<int>(x[row])] != 0;
      middle += left_[row];
    }
    for (std::vector<uint32_t>& rows : orders_) {
      if (rows.empty()) continue;
      size_t left = begin, right = 0;
      for (size_t i = begin; i < end; ++i) {
        if (left_[rows[i]]) {
          rows[left++] = rows[i];
        } else {
          spare_[right++] = rows[i];
        }
      }
      std::copy_n(spare_.begin(), right, rows.begin() + static_cast<std::ptrdiff_t>(left));
    }
    return middle;
  }

  const ForestData& data_;
  const uint32_t min_leaf_;
  RandomStream& rng_;
  MarginalTree& tree_;
  const size_t size_;
  std::vector<double> y_, weights_;
  std::vector<std::vector<double>> x_;
  std::vector<std::vector<uint32_t>> orders_;
  std::vector<int> axes_;
  std::vector<uint8_t> left_;
  std::vector<uint32_t> spare_;
};

MarginalTree::MarginalTree(const ForestData& data, const ForestSample& sample, uint32_t min_leaf,
                           RandomStream* rng)
    : axes_(static_cast<int>(data.axes.size())) {
  for (const ForestAxis& axis : data.axes) categories_.push_back(axis.categories);
  Builder(data, sample, min_leaf, rng, this).Grow();
  NumberCuts();
  std::vector<std::vector<Run>> box(axes_);
  for (int axis = 0; axis < axes_; ++axis) {
    box[axis] = {{0, static_cast<int>(cuts_[axis].size()) - 1}};
  }
  const size_t leaves = values_.size();
  volumes_.reserve(leaves);
  widths_.reserve(leaves * axes_);
  first_run_ = {0};
  AddLeaves(0, &box);
  for (size_t leaf = 0; leaf < leaves; ++leaf) mean_ += volumes_[leaf] * values_[leaf];
  for (size_t leaf = 0; leaf < leaves; ++leaf) {
    variance_ += volumes_[leaf] * (values_[leaf] - mean_) * (values_[leaf] - mean_);
  }
}

void MarginalTree::NumberCuts() {
  cuts_.assign(axes_, {0.0, 1.0});
  for (const Node& node : nodes_) {
    if (node.axis >= 0 && categories_[node.axis] == 0) cuts_[node.axis].push_back(node.cut);
  }
  for (int axis = 0; axis < axes_; ++axis) {
    std::vector<double>& cuts = cuts_[axis];
    const int categories = categories_[axis];
    if (categories > 0) {
      cuts.clear();
      for (int k = 0; k <= categories; ++k) cuts.push_back(static_cast<double>(k) / categories);
    }
    std::sort(cuts.begin(), cuts.end());
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  }
  for (Node& node : nodes_) {
    if (node.axis < 0 || categories_[node.axis] > 0) continue;
    const std::vector<double>& cuts = cuts_[node.axis];
    node.cell =
        static_cast<int>(std::lower_bound(cuts.begin(), cuts.end(), node.cut) - cuts.begin());
  }
}

// Leaves are numbered as they are met here, from left to right, as Builder numbers them.
void MarginalTree::AddLeaves(int number, std::vector<std::vector<Run>>* box) {
  const Node node = nodes_[number];
  if (node.axis < 0) {
    double volume = 1;
    for (int axis = 0; axis < axes_; ++axis) {
      double width = 0;
      for (const Run& run : (*box)[axis]) {
        width += cuts_[axis][run.end] - cuts_[axis][run.begin];
        runs_.push_back(run);
      }
      widths_.push_back(width);
      volume *= width;
      first_run_.push_back(runs_.size());
    }
    volumes_.push_back(volume);
    return;
  }
  std::vector<Run> whole = std::exchange((*box)[node.axis], {});
  std::vector<Run> left, right;
  if (categories_[node.axis] == 0) {
    left = {{whole[0].begin, node.cell}};
    right = {{node.cell, whole[0].end}};
  } else {
    for (const Run& run : whole) {
      for (int k = run.begin; k < run.end; ++k) {
        std::vector<Run>& side = sides_[node.cell + k] != 0 ? left : right;
        if (!side.empty() && side.back().end == k) {
          ++side.back().end;
        } else {
          side.push_back({k, k + 1});
        }
      }
    }
  }
  (*box)[node.axis] = std::move(left);
  AddLeaves(node.left, box);
  (*box)[node.axis] = std::move(right);
  AddLeaves(node.right, box);
  (*box)[node.axis] = std::move(whole);
}

double MarginalTree::Predict(absl::Span<const double> point) const {
  int number = 0;
  while (nodes_[number].axis >= 0) {
    const Node& node = nodes_[number];
    const double u = point[node.axis];
    const int categories = categories_[node.axis];
    bool left;
    if (categories == 0) {
      left = u < node.cut;
    } else {
      const int choice = std::min(categories - 1, static_cast<int>(u * categories));
      left = sides_[node.cell + choice] != 0;
    }
    number = left ? node.left : node.right;
  }
  return values_[nodes_[number].left];
}

MarginalTree::Steps MarginalTree::Main(int axis) const {
  Steps steps;
  steps.edges = cuts_[axis];
  const size_t cells = steps.edges.size() - 1;
  std::vector<double> changes(cells + 1, 0.0);
  for (size_t leaf = 0; leaf < leaves(); ++leaf) {
    // Around the mean, so that the sums stay small.
    const double share = (values_[leaf] - mean_) * volumes_[leaf] / Width(leaf, axis);
    for (const Run& run : Runs(leaf, axis)) {
      changes[run.begin] += share;
      changes[run.end] -= share;
    }
  }
  steps.values.resize(cells);
  double sum = 0;
  for (size_t cell = 0; cell < cells; ++cell) {
    sum += changes[cell];
    steps.values[cell] = mean_ + sum;
  }
  return steps;
}

double MarginalTree::MainVariance(int axis) const {
  const Steps steps = Main(axis);
  double variance = 0;
  for (size_t i = 0; i < steps.values.size(); ++i) {
    const double off = steps.values[i] - mean_;
    variance += off * off * (steps.edges[i + 1] - steps.edges[i]);
  }
  return variance;
}

double MarginalTree::PairVariance(int p, int q, double main_p, double main_q) const {
  const size_t rows = cuts_[p].size() - 1, columns = cuts_[q].size() - 1;
  std::vector<double> changes((rows + 1) * (columns + 1), 0.0);
  const auto at = [&](size_t row, size_t column) -> double& {
    return changes[row * (columns + 1) + column];
  };
  for (size_t leaf = 0; leaf < leaves(); ++leaf) {
    const double share =
        (values_[leaf] - mean_) * volumes_[leaf] / (Width(leaf, p) * Width(leaf, q));
    for (const Run& row : Runs(leaf, p)) {
      for (const Run& column : Runs(leaf, q)) {
        at(row.begin, column.begin) += share;
        at(row.begin, column.end) -= share;
        at(row.end, column.begin) -= share;
        at(row.end, column.end) += share;
      }
    }
  }
  double both = 0;
  for (size_t row = 0; row < rows; ++row) {
    double sum = 0;
    const double height = cuts_[p][row + 1] - cuts_[p][row];
    for (size_t column = 0; column < columns; ++column) {
      if (row > 0) at(row, column) += at(row - 1, column);
      sum += at(row, column);
      both += sum * sum * height * (cuts_[q][column + 1] - cuts_[q][column]);
    }
  }
  return std::max(0.0, both - main_p - main_q);
}

double MarginalTree::Overlap(int axis, absl::Span<const Run> a, absl::Span<const Run> b) const {
  double width = 0;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const int begin = std::max(a[i].begin, b[j].begin), end = std::min(a[i].end, b[j].end);
    if (begin < end) width += cuts_[axis][end] - cuts_[axis][begin];
    if (a[i].end < b[j].end) {
      ++i;
    } else {
      ++j;
    }
  }
  return width;
}

// The leaf's part, with all leaves below the node, of the mean square of what is left of the
// prediction when the axis is averaged out.
double MarginalTree::MeanProduct(size_t leaf, int axis, int number) const {
  const Node& node = nodes_[number];
  if (node.axis >= 0) {
    bool left = true, right = true;
    if (node.axis != axis) {
      const absl::Span<const Run> runs = Runs(leaf, node.axis);
      if (categories_[node.axis] == 0) {
        left = runs[0].begin < node.cell;
        right = runs[0].end > node.cell;
      } else {
        left = right = false;
        for (const Run& run : runs) {
          for (int k = run.begin; k < run.end; ++k) {
            (sides_[node.cell + k] != 0 ? left : right) = true;
          }
        }
      }
    }
    return (left ? MeanProduct(leaf, axis, node.left) : 0) +
           (right ? MeanProduct(leaf, axis, node.right) : 0);
  }
  const size_t other = node.left;
  double product =
      (values_[other] - mean_) * (values_[leaf] - mean_) * Width(leaf, axis) * Width(other, axis);
  for (int j = 0; j < axes_ && product != 0; ++j) {
    if (j != axis) product *= Overlap(j, Runs(leaf, j), Runs(other, j));
  }
  return product;
}

double MarginalTree::TotalVariance(int axis) const {
  double without = 0;
  for (size_t leaf = 0; leaf < leaves(); ++leaf) without += MeanProduct(leaf, axis, 0);
  return std::max(0.0, variance_ - without);
}

}  // namespace sturgeon
