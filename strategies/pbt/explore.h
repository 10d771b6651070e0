// The exploration of population based training: how the hyperparameters of a copy differ from those
// of what it copies. Internal to pbt.
#ifndef STURGEON_STRATEGIES_PBT_EXPLORE_H_
#define STURGEON_STRATEGIES_PBT_EXPLORE_H_

#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "core/random.h"
#include "core/space.h"
#include "core/study_config.h"

namespace sturgeon {

class Explorer {
 public:
  // `study` must outlive this. `step`: in a parameter's unit coordinate.
  Explorer(const StudyConfig& study, double step, double resample);

  // Whether anything of a point may change: a parameter that is settable, has more than one value,
  // and on which no parameter depends that is not settable.
  bool CanChange() const { return !changeable_.empty(); }

  // A point that differs from `point` in one changeable parameter at least; nullopt: none of those
  // that are active may change. Each numeric one moves to either side (at the border to the other
  // one) by half to one and a half of `step`, an int to its neighbour at least; with the
  // probability `resample` it is drawn anew from its whole range instead, and a category becomes
  // any other choice. Parameters that become active are drawn from their whole range.
  std::optional<Point> Explore(absl::Span<const double> point, RandomStream& rng) const;

  // `point` with what may change taken from `wanted`; nullopt: that is the same point. Parameters
  // that become active are `wanted`'s, too, or else drawn from their whole range.
  std::optional<Point> Adopt(absl::Span<const double> point, absl::Span<const double> wanted,
                             RandomStream& rng) const;

 private:
  // Another value, about `step` away; another choice.
  double Step(const Parameter& parameter, double value, RandomStream& rng) const;
  // Makes parameters inactive and active as their conditions say.
  void KeepConditions(Point& point, RandomStream& rng) const;

  const SearchSpace& space_;
  const double step_, resample_;
  std::vector<bool> may_change_;  // [d]
  std::vector<int> changeable_;   // what may, and has several values
};

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_PBT_EXPLORE_H_
