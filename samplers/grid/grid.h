// A full factorial grid.
//
// Dimension j is cut into k_j equal cells, and the points are the middles (c + 1/2) / k_j of the
// cells, c = 0 … k_j - 1, in every combination. Middles rather than ends: each point then stands
// for an equal share of its axis, and none is spent on the border of the space. A dimension with L
// levels gets at most L points, at most one a level.
//
// k_j is points_per_dimension, or else what the planned number of points allows: the largest grid
// of at most that many points whose k_j differ by one at most (levels apart), the first dimensions
// getting the larger ones. 25 points in two dimensions are 5 x 5; 60 points in six are
// 2 x 2 x 2 x 2 x 2 x 1.
//
// Prefer it for one or two parameters, or where the answer is a table of all combinations. With n
// points in d dimensions each parameter is tried at only n^(1/d) values, where n points of any
// other sampler try n.
//
// The grid ends after its last point (OutOfRange): to try a point again teaches nothing.
//
// Order: "spread" visits the cells by a stride of about the golden section of their number, from a
// start that the seed chooses, so that what has been tried when a study is cut short lies all over
// the grid. "lexicographic" is that of nested loops: the last dimension varies fastest.
//
// Dimensions: any. Cost: O(d) a point and in memory.
// Errors of Create, all InvalidArgument: neither points_per_dimension nor the number of points is
// known (and not every dimension has levels); more than 2^63 - 1 points; levels of another number
// of dimensions.
#ifndef STURGEON_SAMPLERS_GRID_GRID_H_
#define STURGEON_SAMPLERS_GRID_GRID_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/option_schema.h"
#include "core/sampler.h"

namespace sturgeon {

struct GridOptions {
  int64_t points_per_dimension = 0;
  std::string order = "spread";
};

class GridSampler final : public Sampler {
 public:
  static const Schema<GridOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<Sampler>> Create(GridOptions options,
                                                         const SamplerContext& context);

  absl::Status Sample(int64_t first, absl::Span<double> out) const override;
  int64_t size() const override { return size_; }

 private:
  GridSampler(std::vector<int64_t> cells, int64_t size, int64_t start, int64_t stride)
      : cells_(std::move(cells)), size_(size), start_(start), stride_(stride) {}

  const std::vector<int64_t> cells_;  // k_j
  const int64_t size_;                // the product of the k_j
  // Point i is the (start + i * stride mod size)-th of the nested loops.
  const int64_t start_;
  const int64_t stride_;
};

inline constexpr SamplerPlugin kGridSampler =
    MakeSamplerPlugin<GridSampler>("grid", "Every combination of evenly spaced values");

}  // namespace sturgeon

#endif  // STURGEON_SAMPLERS_GRID_GRID_H_
