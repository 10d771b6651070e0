// Which of several losses are better, in every objective at once: Pareto dominance.
#ifndef STURGEON_CORE_DOMINANCE_H_
#define STURGEON_CORE_DOMINANCE_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "core/trial.h"

namespace sturgeon {

// Whether `a` is at most `b` in every objective and below it in one. Losses, [m] each: less is
// better.
bool Dominates(absl::Span<const double> a, absl::Span<const double> b);

// The trials that no other dominates, as they come in any order. Of several equal trials of a
// single objective the one of the least id stays; of several objectives, all of them. Cost of Add:
// O(size).
class NondominatedSet {
 public:
  // `losses` [m], the same m always, none NaN.
  void Add(int64_t id, Values losses);

  // In the order in which they came.
  std::vector<int64_t> ids() const;
  bool empty() const { return entries_.empty(); }

 private:
  struct Entry {
    int64_t id;
    Values losses;
  };
  std::vector<Entry> entries_;
};

}  // namespace sturgeon

#endif  // STURGEON_CORE_DOMINANCE_H_
