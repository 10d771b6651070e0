#include "strategies/pbt/explore.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace sturgeon {

Explorer::Explorer(const StudyConfig& study, double step, double resample)
    : space_(study.space), step_(step), resample_(resample), may_change_(space_.size(), false) {
  for (const std::string& name : study.settable) {
    if (const std::optional<int> i = space_.Find(name)) may_change_[*i] = true;
  }
  // Children before parents: one that is fixed fixes what decides whether it is there.
  const std::vector<int>& order = space_.order();
  for (auto i = order.rbegin(); i != order.rend(); ++i) {
    if (!may_change_[*i] && space_.parent(*i) >= 0) may_change_[space_.parent(*i)] = false;
  }
  for (int i = 0; i < space_.size(); ++i) {
    if (may_change_[i] && space_[i].Levels() != 1) changeable_.push_back(i);
  }
}

double Explorer::Step(const Parameter& parameter, double value, RandomStream& rng) const {
  if (parameter.is_categorical()) {
    const auto other = static_cast<double>(rng.Below(parameter.choices.size() - 1));
    return other < value ? other : other + 1;
  }
  const double way = rng.Below(2) == 0 ? -1 : 1;
  const double u = parameter.ToUnit(value);
  // Of several sizes, lest copies of one member be the same.
  const double size = step_ * rng.Uniform(0.5, 1.5);
  double there = std::clamp(u + way * size, 0.0, 1.0);
  if (there == u) there = std::clamp(u - way * size, 0.0, 1.0);
  const double moved = parameter.FromUnit(there);
  if (moved != value || parameter.Levels() == 0) return moved;
  const int64_t last = parameter.Levels() - 1;
  const int64_t next = parameter.LevelOf(value) + static_cast<int64_t>(way);
  return parameter.Level(next < 0 ? 1 : next > last ? last - 1 : next);
}

std::optional<Point> Explorer::Explore(absl::Span<const double> point, RandomStream& rng) const {
  Point changed(point.begin(), point.end());
  std::vector<int> active;
  bool differs = false;
  for (const int i : changeable_) {
    if (std::isnan(point[i])) continue;
    active.push_back(i);
    const bool resample = rng.Uniform() < resample_;
    if (space_[i].is_categorical()) {
      if (resample) changed[i] = Step(space_[i], point[i], rng);
    } else {
      changed[i] = resample ? space_[i].FromUnit(rng.Uniform()) : Step(space_[i], point[i], rng);
    }
    differs |= changed[i] != point[i];
  }
  if (active.empty()) return std::nullopt;
  if (!differs) {
    const int i = active[rng.Below(active.size())];
    changed[i] = Step(space_[i], point[i], rng);
    if (changed[i] == point[i]) return std::nullopt;
  }
  KeepConditions(changed, rng);
  return changed;
}

std::optional<Point> Explorer::Adopt(absl::Span<const double> point,
                                     absl::Span<const double> wanted, RandomStream& rng) const {
  Point changed(point.begin(), point.end());
  bool differs = false;
  for (const int i : changeable_) {
    if (std::isnan(wanted[i])) continue;
    differs |= !std::isnan(point[i]) && wanted[i] != point[i];
    changed[i] = wanted[i];
  }
  if (!differs) return std::nullopt;
  KeepConditions(changed, rng);
  return changed;
}

void Explorer::KeepConditions(Point& point, RandomStream& rng) const {
  for (const int i : space_.order()) {
    if (!may_change_[i]) continue;
    if (!space_.IsActive(i, point)) {
      point[i] = std::numeric_limits<double>::quiet_NaN();
    } else if (std::isnan(point[i])) {
      point[i] = space_[i].FromUnit(rng.Uniform());
    }
  }
}

}  // namespace sturgeon
