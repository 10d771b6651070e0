// Which points have been tried, or are being tried: so that no trial is spent on a point that is
// known already.
//
//   TriedPoints tried(context.study);
//   tried.Add(trial->point);                       // in Tell, for each finished trial
//   tried.SetPending(request.pending);             // in Ask …
//   std::optional<Point> point = tried.Untried(wanted, rng);
//   if (!point.has_value()) return proposals;      // every point of the space has been tried
//   tried.AddPending(*point);                      // … and for each proposal of the batch
//
// A study that allows duplicates (StudyConfig::allow_duplicates, for noisy objectives) gets what
// was wanted. Points are remembered by a 64-bit hash: two of a million points collide with a
// probability of 3e-8, and then one of them passes as tried.
//
// Cost: O(d) a point; where the neighbourhood of a wanted point is exhausted, O(d) a point looked
// at, at most all of the space.
#ifndef STURGEON_STRATEGIES_TRIED_POINTS_H_
#define STURGEON_STRATEGIES_TRIED_POINTS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/types/span.h"
#include "core/random.h"
#include "core/space.h"
#include "core/strategy.h"
#include "core/study_config.h"

namespace sturgeon {

class TriedPoints {
 public:
  // `study` must outlive this.
  explicit TriedPoints(const StudyConfig& study);

  void Add(absl::Span<const double> point) { finished_.insert(Key(point)); }
  void SetPending(absl::Span<const PendingTrial> pending);
  void AddPending(absl::Span<const double> point) { pending_.insert(Key(point)); }

  bool Contains(absl::Span<const double> point) const;

  // How many points have not been tried; nullopt: more than can be counted, or a continuum.
  std::optional<int64_t> Left() const;

  // `wanted` if it has not been tried; otherwise a point that has not been, found by changing few
  // parameters a little, then more and further; nullopt: there is none. Duplicates allowed:
  // `wanted`.
  std::optional<Point> Untried(absl::Span<const double> wanted, RandomStream& rng) const;

 private:
  static uint64_t Key(absl::Span<const double> point);
  // Changes some active parameters of `point`; the more, and the further, the higher `attempt`.
  void Mutate(int attempt, Point& point, RandomStream& rng) const;
  // Fills `point` from position `depth` of the space's order on, until it is one not yet tried.
  bool Search(size_t depth, Point& point) const;

  const StudyConfig& study_;
  const std::optional<int64_t> points_;  // of a finite space
  absl::flat_hash_set<uint64_t> finished_, pending_;
};

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_TRIED_POINTS_H_
