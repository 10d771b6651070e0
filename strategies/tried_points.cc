#include "strategies/tried_points.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace sturgeon {
namespace {

// Larger spaces count as endless: no study tries all of their points.
constexpr int64_t kMaxPoints = 1 << 20;
constexpr int kMutations = 256;

}  // namespace

TriedPoints::TriedPoints(const StudyConfig& study)
    : study_(study), points_(study.space.CountPoints(kMaxPoints)) {}

uint64_t TriedPoints::Key(absl::Span<const double> point) {
  uint64_t key = 0;
  for (double v : point) {
    if (std::isnan(v)) v = std::numeric_limits<double>::quiet_NaN();  // one bit pattern for all
    if (v == 0) v = 0;                                                // -0 is 0
    uint64_t bits;
    std::memcpy(&bits, &v, sizeof(bits));
    key = SplitMix64(key ^ bits);
  }
  return key;
}

void TriedPoints::SetPending(absl::Span<const PendingTrial> pending) {
  pending_.clear();
  for (const PendingTrial& trial : pending) AddPending(trial.point);
}

bool TriedPoints::Contains(absl::Span<const double> point) const {
  const uint64_t key = Key(point);
  return finished_.contains(key) || pending_.contains(key);
}

std::optional<int64_t> TriedPoints::Left() const {
  if (!points_.has_value()) return std::nullopt;
  int64_t left = *points_ - static_cast<int64_t>(finished_.size());
  for (const uint64_t key : pending_) left -= finished_.contains(key) ? 0 : 1;
  return std::max<int64_t>(left, 0);
}

void TriedPoints::Mutate(int attempt, Point& point, RandomStream& rng) const {
  const SearchSpace& space = study_.space;
  const int changes = 1 + attempt / 32;
  const double width = 0.02 * std::exp2(attempt / 32.0);  // of a continuous coordinate, and of ints
  for (int c = 0; c < changes; ++c) {
    const int i = static_cast<int>(rng.Below(space.size()));
    const Parameter& p = space[i];
    if (std::isnan(point[i])) continue;
    const int64_t levels = p.Levels();
    if (p.is_categorical()) {
      point[i] = static_cast<double>(rng.Below(levels));
      continue;
    }
    const double before = point[i];
    point[i] = p.FromUnit(p.ToUnit(before) + width * rng.Normal());
    if (point[i] == before && levels > 1) {  // a small step on a coarse grid: to a neighbour
      const double share = (rng.Below(2) == 0 ? -1.0 : 1.0) / static_cast<double>(levels);
      point[i] = p.FromUnit(p.ToUnit(before) + share);
    }
  }
  space.Canonicalize(absl::MakeSpan(point));
}

bool TriedPoints::Search(size_t depth, Point& point) const {
  const SearchSpace& space = study_.space;
  if (depth == space.order().size()) return !Contains(point);
  const int i = space.order()[depth];
  if (!space.IsActive(i, point)) {
    point[i] = std::numeric_limits<double>::quiet_NaN();
    return Search(depth + 1, point);
  }
  const int64_t levels = space[i].Levels();
  for (int64_t k = 0; k < levels; ++k) {
    point[i] = space[i].Level(k);
    if (Search(depth + 1, point)) return true;
  }
  return false;
}

std::optional<Point> TriedPoints::Untried(absl::Span<const double> wanted,
                                          RandomStream& rng) const {
  Point point(wanted.begin(), wanted.end());
  if (study_.allow_duplicates || !Contains(point)) return point;
  if (Left() == 0) return std::nullopt;
  for (int attempt = 0; attempt < kMutations; ++attempt) {
    point.assign(wanted.begin(), wanted.end());
    Mutate(attempt, point, rng);
    if (!Contains(point)) return point;
  }
  if (!points_.has_value() || !Search(0, point)) return std::nullopt;
  return point;
}

}  // namespace sturgeon
