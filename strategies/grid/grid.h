// Grid search over the space itself: every combination of a few values of each parameter.
//
// Values. A parameter that gets k values gets the middles of k equal parts of its own scale (log,
// reverse log, …): of all k points they leave the smallest gaps. A discrete parameter of at most k
// values gets all of them, and one with k = 1 its default; none gets more than 65,536. Parameters
// that are inactive under a combination take no part in it, so no point comes twice.
// Resolution. With points_per_parameter, every numeric parameter gets that many and every choice is
// taken. Without it the grid is the finest of at most StudyConfig::trials points: first the choices
// of categorical parameters, then the largest k for all numeric ones alike, then one more where it
// still fits; more important tiers go first.
// Order. `shuffled` is a pseudorandom permutation, so that a study that ends early has seen a fair
// sample of the grid; `lexicographic` has the first parameter vary slowest and is the one to read.
//
// Prefer `random` with the sampler `sobol` beyond two or three parameters: of n points a grid tries
// only n^(1/d) values of each.
//
// Points that were enqueued or imported and lie on the grid are not proposed again. After the last
// point the strategy is exhausted. Objectives: any number. Determinism: a proposal is a function of
// (space, options, trials planned, seed) and of the points seen before.
// Errors of Create: InvalidArgument where neither the number of trials nor points_per_parameter is
// given and the space is not finite and small, or where the grid would have more than 2^53 points.
// Cost: O(parameters) a proposal, times the logarithm of the number of values.
#ifndef STURGEON_STRATEGIES_GRID_GRID_H_
#define STURGEON_STRATEGIES_GRID_GRID_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/option_schema.h"
#include "core/space.h"
#include "core/strategy.h"
#include "core/trial.h"

namespace sturgeon {

struct GridOptions {
  int points_per_parameter = 0;
  std::string order = "shuffled";
};

// The points of a grid over a space, numbered in lexicographic order.
class SpaceGrid {
 public:
  // The values of parameter i: at most max_values[i] of them, at least one.
  SpaceGrid(const SearchSpace& space, absl::Span<const int64_t> max_values);

  // How many points there are, exact up to 2^53; beyond, only that it is above.
  double size() const { return size_; }

  int values(int parameter) const { return static_cast<int>(axes_[parameter].values.size()); }

  // The point of that number, 0 <= index < size() <= 2^53.
  Point At(int64_t index) const;
  // The number of a point; nullopt where it does not lie on the grid.
  std::optional<int64_t> IndexOf(absl::Span<const double> point) const;

 private:
  // What hangs on a parameter. The points of its subtree are ordered by the parameter's own value,
  // then by its children that are active under it, the first child varying slowest.
  struct Axis {
    std::vector<double> values;  // ascending
    std::vector<int> children;
    std::vector<double> begin;  // [values + 1]: the number of the first point of each value
    double size() const { return begin.back(); }
  };

  void Decode(int parameter, int64_t index, Point* point) const;
  bool Encode(int parameter, absl::Span<const double> point, int64_t* index) const;

  const SearchSpace& space_;
  std::vector<Axis> axes_;  // one a parameter
  std::vector<int> roots_;  // the parameters without a condition
  double size_ = 1;
};

class GridStrategy final : public Strategy {
 public:
  static const Schema<GridOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<Strategy>> Create(GridOptions options,
                                                          const StrategyContext& context);

  absl::StatusOr<std::vector<Proposal>> Ask(const AskRequest& request) override;
  absl::Status Tell(absl::Span<const Trial* const> finished) override;

 private:
  GridStrategy(SpaceGrid grid, bool shuffled, uint64_t seed)
      : grid_(std::move(grid)),
        size_(static_cast<int64_t>(grid_.size())),
        shuffled_(shuffled),
        seed_(seed) {}

  void See(absl::Span<const double> point);
  int64_t Ordered(int64_t position) const;

  const SpaceGrid grid_;
  const int64_t size_;
  const bool shuffled_;
  const uint64_t seed_;
  int64_t next_ = 0;                   // the position, in our order, of the next proposal
  int64_t next_id_ = 0;                // running trials below this id have been seen
  absl::flat_hash_set<int64_t> seen_;  // indices of points that need no proposal any more
};

inline constexpr StrategyPlugin kGridStrategy =
    MakeStrategyPlugin<GridStrategy>("grid", "Every combination of a few values of each parameter");

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_GRID_GRID_H_
