#include "strategies/grid/grid.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/random.h"

namespace sturgeon {
namespace {

constexpr double kMaxPoints = 9007199254740992.0;  // 2^53: up to here doubles count exactly
constexpr int64_t kMaxValues = 1 << 16;            // of one parameter

std::vector<double> AxisValues(const Parameter& p, int64_t k) {
  const int64_t levels = p.Levels();
  if (k == 1) return {p.DefaultNumber()};
  std::vector<double> values;
  if (p.is_categorical()) {
    // The default is always there, then the first choices.
    const double fallback = p.DefaultNumber();
    const int64_t n = std::min(k, levels);
    for (int64_t i = 0; i < n; ++i) values.push_back(static_cast<double>(i));
    if (fallback >= static_cast<double>(n)) values.back() = fallback;
    return values;
  }
  if (levels > 0 && levels <= k) {
    for (int64_t i = 0; i < levels; ++i) values.push_back(p.Level(i));
    return values;
  }
  for (int64_t i = 0; i < k; ++i) {
    const double v = p.FromUnit((static_cast<double>(i) + 0.5) / static_cast<double>(k));
    if (values.empty() || v > values.back()) values.push_back(v);
  }
  return values;
}

// The parameters for which `wanted` holds, the more important tiers first.
std::vector<int> ByTier(const SearchSpace& space,
                        const std::function<bool(const Parameter&)>& wanted) {
  std::vector<int> chosen;
  for (int i = 0; i < space.size(); ++i) {
    if (wanted(space[i])) chosen.push_back(i);
  }
  std::stable_sort(chosen.begin(), chosen.end(),
                   [&](int a, int b) { return space[a].tier < space[b].tier; });
  return chosen;
}

// The largest k in [1, limit] for which `fits` holds, given that it holds for 1 and that what fits
// is, up to rounding, an interval.
int64_t Largest(int64_t limit, const std::function<bool(int64_t)>& fits) {
  int64_t low = 1;
  while (low < limit && fits(std::min(2 * low, limit))) low = std::min(2 * low, limit);
  int64_t high = std::min(2 * low, limit + 1);  // does not fit
  while (high - low > 1) {
    const int64_t middle = low + (high - low) / 2;
    (fits(middle) ? low : high) = middle;
  }
  return low;
}

// How many values each parameter gets in the finest grid of at most `trials` points.
std::vector<int64_t> FinestWithin(const SearchSpace& space, int64_t trials) {
  std::vector<int64_t> k(space.size(), 1);
  const double most = std::min(static_cast<double>(trials), kMaxPoints);
  const auto fits = [&] { return SpaceGrid(space, k).size() <= most; };
  for (const int i : ByTier(space, [](const Parameter& p) { return p.is_categorical(); })) {
    k[i] = Largest(std::min(space[i].Levels(), kMaxValues), [&](int64_t values) {
      k[i] = values;
      return fits();
    });
  }
  const std::vector<int> numeric =
      ByTier(space, [](const Parameter& p) { return !p.is_categorical(); });
  const int64_t alike = Largest(std::min(trials, kMaxValues), [&](int64_t values) {
    for (const int i : numeric) k[i] = values;
    return fits();
  });
  for (const int i : numeric) k[i] = alike;
  for (const int i : numeric) {
    ++k[i];
    if (!fits()) --k[i];
  }
  return k;
}

// A permutation of 0 … size - 1: a Feistel network of eight rounds over the next even number of
// bits, applied again while its result lies outside (Black, Rogaway: "Ciphers with arbitrary finite
// domains", CT-RSA 2002). O(1) memory; four applications at most are expected.
int64_t Permute(int64_t position, int64_t size, uint64_t seed) {
  int half = 1;
  while (int64_t{1} << (2 * half) < size) ++half;
  const uint32_t mask = (uint32_t{1} << half) - 1;
  auto x = static_cast<uint64_t>(position);
  do {
    auto left = static_cast<uint32_t>(x >> half);
    auto right = static_cast<uint32_t>(x) & mask;
    for (uint32_t round = 0; round < 8; ++round) {
      const uint32_t scrambled =
          Philox4x32({right, round, kDesignStream, 0},
                     {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)})[0];
      left ^= scrambled & mask;
      std::swap(left, right);
    }
    x = uint64_t{left} << half | right;
  } while (x >= static_cast<uint64_t>(size));
  return static_cast<int64_t>(x);
}

}  // namespace

SpaceGrid::SpaceGrid(const SearchSpace& space, absl::Span<const int64_t> max_values)
    : space_(space), axes_(space.size()) {
  for (int i = 0; i < space.size(); ++i) {
    axes_[i].values = AxisValues(space[i], max_values[i]);
    const int parent = space.parent(i);
    (parent < 0 ? roots_ : axes_[parent].children).push_back(i);
  }
  // Children before their parents.
  Point point(space.size(), std::numeric_limits<double>::quiet_NaN());
  for (auto i = space.order().rbegin(); i != space.order().rend(); ++i) {
    Axis& axis = axes_[*i];
    axis.begin = {0};
    axis.begin.reserve(axis.values.size() + 1);
    for (const double value : axis.values) {
      point[*i] = value;
      double points = 1;
      for (const int child : axis.children) {
        if (space.IsActive(child, point)) points *= axes_[child].size();
      }
      axis.begin.push_back(axis.begin.back() + points);
    }
  }
  for (const int root : roots_) size_ *= axes_[root].size();
}

Point SpaceGrid::At(int64_t index) const {
  Point point(axes_.size(), std::numeric_limits<double>::quiet_NaN());
  for (auto root = roots_.rbegin(); root != roots_.rend(); ++root) {
    const auto size = static_cast<int64_t>(axes_[*root].size());
    Decode(*root, index % size, &point);
    index /= size;
  }
  return point;
}

void SpaceGrid::Decode(int parameter, int64_t index, Point* point) const {
  const Axis& axis = axes_[parameter];
  const auto after =
      std::upper_bound(axis.begin.begin(), axis.begin.end(), static_cast<double>(index));
  const size_t k = after - axis.begin.begin() - 1;
  (*point)[parameter] = axis.values[k];
  index -= static_cast<int64_t>(axis.begin[k]);
  for (auto child = axis.children.rbegin(); child != axis.children.rend(); ++child) {
    if (!space_.IsActive(*child, *point)) continue;
    const auto size = static_cast<int64_t>(axes_[*child].size());
    Decode(*child, index % size, point);
    index /= size;
  }
}

std::optional<int64_t> SpaceGrid::IndexOf(absl::Span<const double> point) const {
  int64_t index = 0;
  for (const int root : roots_) {
    int64_t part = 0;
    if (!Encode(root, point, &part)) return std::nullopt;
    index = index * static_cast<int64_t>(axes_[root].size()) + part;
  }
  return index;
}

bool SpaceGrid::Encode(int parameter, absl::Span<const double> point, int64_t* index) const {
  const Axis& axis = axes_[parameter];
  const auto value = std::lower_bound(axis.values.begin(), axis.values.end(), point[parameter]);
  if (value == axis.values.end() || *value != point[parameter]) return false;
  int64_t rest = 0;
  for (const int child : axis.children) {
    if (!space_.IsActive(child, point)) continue;
    int64_t part = 0;
    if (!Encode(child, point, &part)) return false;
    rest = rest * static_cast<int64_t>(axes_[child].size()) + part;
  }
  *index = static_cast<int64_t>(axis.begin[value - axis.values.begin()]) + rest;
  return true;
}

const Schema<GridOptions>& GridStrategy::OptionSchema() {
  static const auto* const schema = new Schema<GridOptions>(
      Schema<GridOptions>()
          .Add("points_per_parameter", &GridOptions::points_per_parameter,
               "Values of each numeric parameter; 0: as many as the number of trials allows.",
               Between(0, static_cast<int>(kMaxValues)))
          .Add("order", &GridOptions::order, "In which order the points come.",
               OneOf({"shuffled", "lexicographic"})));
  return *schema;
}

absl::StatusOr<std::unique_ptr<Strategy>> GridStrategy::Create(GridOptions options,
                                                               const StrategyContext& context) {
  const SearchSpace& space = context.study.space;
  std::vector<int64_t> max_values(space.size(), kMaxValues);
  if (options.points_per_parameter > 0) {
    for (int i = 0; i < space.size(); ++i) {
      if (!space[i].is_categorical()) max_values[i] = options.points_per_parameter;
    }
  } else if (context.study.trials > 0) {
    max_values = FinestWithin(space, context.study.trials);
  } else {
    for (const Parameter& p : space.parameters()) {
      if (p.Levels() > 0 && p.Levels() <= kMaxValues) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          p.name, " has ", p.Levels() == 0 ? "a continuum of" : "too many",
          " values for a grid; give the number of trials or the option points_per_parameter"));
    }
  }
  SpaceGrid grid(space, max_values);
  if (grid.size() > kMaxPoints) {
    return absl::InvalidArgumentError(
        absl::StrCat("the grid would have ", grid.size(),
                     " points; give the number of trials and no points_per_parameter, or tune "
                     "fewer parameters"));
  }
  std::vector<std::string> parts;
  for (int i = 0; i < space.size(); ++i) {
    if (grid.values(i) > 1) parts.push_back(absl::StrCat(space[i].name, " ", grid.values(i)));
  }
  context.note(absl::StrCat(
      "grid of ", static_cast<int64_t>(grid.size()), " points",
      parts.empty() ? "" : "; values of each parameter: ", absl::StrJoin(parts, ", ")));
  return std::unique_ptr<Strategy>(
      new GridStrategy(std::move(grid), options.order == "shuffled", context.study.seed));
}

int64_t GridStrategy::Ordered(int64_t position) const {
  return shuffled_ ? Permute(position, size_, seed_) : position;
}

void GridStrategy::See(absl::Span<const double> point) {
  const std::optional<int64_t> index = grid_.IndexOf(point);
  if (index.has_value()) seen_.insert(*index);
}

absl::StatusOr<std::vector<Proposal>> GridStrategy::Ask(const AskRequest& request) {
  // Running trials that others proposed: enqueued ones, or those of a strategy before a restart.
  const auto unseen =
      std::lower_bound(request.pending.begin(), request.pending.end(), next_id_,
                       [](const PendingTrial& trial, int64_t id) { return trial.id < id; });
  for (auto trial = unseen; trial != request.pending.end(); ++trial) See(trial->point);

  std::vector<Proposal> proposals;
  for (; next_ < size_ && static_cast<int>(proposals.size()) < request.count; ++next_) {
    const int64_t index = Ordered(next_);
    if (!seen_.contains(index)) proposals.push_back({grid_.At(index), std::nullopt, std::nullopt});
  }
  next_id_ = request.first_id + static_cast<int64_t>(proposals.size());
  return proposals;
}

absl::Status GridStrategy::Tell(absl::Span<const Trial* const> finished) {
  for (const Trial* trial : finished) See(trial->point);
  return absl::OkStatus();
}

}  // namespace sturgeon
