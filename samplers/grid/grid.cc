#include "samplers/grid/grid.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "core/random.h"

namespace sturgeon {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

// k cells along every dimension, but no more than it has levels.
std::vector<int64_t> CappedCells(int64_t k, const std::vector<int64_t>& levels) {
  std::vector<int64_t> cells;
  for (int64_t level : levels) cells.push_back(level > 0 ? std::min(k, level) : k);
  return cells;
}

// The number of points; kMax if there are as many or more.
int64_t Product(const std::vector<int64_t>& cells) {
  int64_t product = 1;
  for (int64_t k : cells) product = product > kMax / k ? kMax : product * k;
  return product;
}

// The largest balanced grid of at most `count` points.
std::vector<int64_t> CellsForCount(int64_t count, const std::vector<int64_t>& levels) {
  // The largest k for which k cells everywhere fit, by bisection: low fits.
  int64_t low = 1;
  int64_t high = count;
  while (low < high) {
    const int64_t middle = low + (high - low + 1) / 2;
    if (Product(CappedCells(middle, levels)) <= count) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  // Then one more for as many of the first dimensions as still fit.
  std::vector<int64_t> cells = CappedCells(low, levels);
  for (size_t j = 0; j < cells.size(); ++j) {
    if (levels[j] > 0 && cells[j] == levels[j]) continue;
    ++cells[j];
    if (Product(cells) > count) {
      --cells[j];
      break;
    }
  }
  return cells;
}

}  // namespace

const Schema<GridOptions>& GridSampler::OptionSchema() {
  static const auto* const schema = new Schema<GridOptions>(
      Schema<GridOptions>()
          .Add("points_per_dimension", &GridOptions::points_per_dimension,
               "Values along each dimension; 0: as many as the planned number of points allows.",
               AtLeast(0))
          .Add("order", &GridOptions::order,
               "\"spread\" visits the grid all over from the start, \"lexicographic\" in the order "
               "of nested loops.",
               OneOf({"spread", "lexicographic"})));
  return *schema;
}

absl::StatusOr<std::unique_ptr<Sampler>> GridSampler::Create(GridOptions options,
                                                             const SamplerContext& context) {
  std::vector<int64_t> levels = context.levels;
  if (levels.empty()) levels.resize(context.dimensions, 0);
  if (levels.size() != context.dimensions) {
    return absl::InvalidArgumentError(absl::StrCat("levels are given for ", levels.size(), " of ",
                                                   context.dimensions, " dimensions"));
  }

  std::vector<int64_t> cells;
  if (options.points_per_dimension > 0) {
    cells = CappedCells(options.points_per_dimension, levels);
  } else if (context.count > 0) {
    cells = CellsForCount(context.count, levels);
  } else if (std::find(levels.begin(), levels.end(), 0) == levels.end()) {
    cells = levels;  // there is nothing to choose: all there is
  } else {
    return absl::InvalidArgumentError(
        "the number of points is not known; set points_per_dimension, or plan a number of trials");
  }
  const int64_t size = Product(cells);
  if (size == kMax) {
    return absl::InvalidArgumentError(
        absl::StrCat(options.points_per_dimension, " points along each of ", context.dimensions,
                     " dimensions are more than 2^63 - 1; set fewer points_per_dimension, or 0"));
  }

  int64_t start = 0;
  int64_t stride = 1;
  if (options.order == "spread") {
    start = static_cast<int64_t>(RandomStream(context.seed, 0, kDesignStream).Below(size));
    // Any stride without a common factor visits every cell once.
    stride = std::max<int64_t>(1, static_cast<int64_t>(0.6180339887498949 * size));
    while (std::gcd(stride, size) != 1) ++stride;
  }
  return std::unique_ptr<Sampler>(new GridSampler(std::move(cells), size, start, stride));
}

absl::Status GridSampler::Sample(int64_t first, absl::Span<double> out) const {
  const size_t d = cells_.size();
  if (static_cast<int64_t>(out.size() / d) > size_ - std::min(first, size_)) {
    return absl::OutOfRangeError(absl::StrCat("the grid has only ", size_, " points"));
  }
  for (size_t begin = 0; begin < out.size(); begin += d, ++first) {
    auto cell =
        static_cast<int64_t>((static_cast<unsigned __int128>(first) * stride_ + start_) % size_);
    for (size_t j = d; j > 0; --j) {  // the last digit of the mixed radix number comes first
      const int64_t k = cells_[j - 1];
      out[begin + j - 1] = (static_cast<double>(cell % k) + 0.5) / static_cast<double>(k);
      cell /= k;
    }
  }
  return absl::OkStatus();
}

}  // namespace sturgeon
