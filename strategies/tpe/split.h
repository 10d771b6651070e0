// Which trials count as good, and a bounded picture of the others.
//
// TPE compares two densities: of the few best trials, and of all the rest. As trials are only ever
// added, a trial that is not among the `best` best of today never will be. So a split holds
//   best()  the best so many, from the best to the worst;
//   rest()  of the others those with the smallest hashes of their ids, a uniform sample that does
//           not depend on the order of the calls;
// and forgets everything else. What it holds is a function of the set of trials that were added.
//
// Cost: Add is O(log k) comparisons and O(k) moves for the k members that are held; memory is O(k),
// whatever the number of trials.
#ifndef STURGEON_STRATEGIES_TPE_SPLIT_H_
#define STURGEON_STRATEGIES_TPE_SPLIT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"

namespace sturgeon::tpe {

// What a finished trial is worth. Less is better, by the members in their order.
struct Worth {
  // What ran to its end before what was stopped, that before the infeasible, that before the
  // failed.
  enum Class : uint8_t { kComplete, kStopped, kInfeasible, kFailed };
  Class kind = kComplete;
  double violation = 0;  // the sum of what the constraints exceed 0 by
  double loss = 0;       // of one objective
  int64_t id = 0;        // of equals the earlier

  friend bool operator<(const Worth& a, const Worth& b);
};

struct Member {
  Worth worth;
  // The trial's coordinates in the unit cube, [d]; NaN where a parameter is inactive. Shared by the
  // splits of all groups that the trial belongs to.
  std::shared_ptr<const std::vector<double>> unit;
  uint64_t hash = 0;  // of the id
};

class Split {
 public:
  Split(size_t best, size_t rest) : best_limit_(best), rest_limit_(rest) {}

  void Add(Member member);

  // How many trials were added, and how many of them did not fail.
  int64_t size() const { return size_; }
  int64_t measured() const { return measured_; }

  absl::Span<const Member> best() const { return best_; }
  absl::Span<const Member> rest() const { return rest_; }
  // For how many trials each member of rest() stands.
  double rest_weight() const {
    return rest_.empty() ? 0
                         : static_cast<double>(size_ - static_cast<int64_t>(best_.size())) /
                               static_cast<double>(rest_.size());
  }

 private:
  size_t best_limit_, rest_limit_;
  int64_t size_ = 0, measured_ = 0;
  std::vector<Member> best_;  // by worth
  std::vector<Member> rest_;  // by hash
};

// The hash that thins the rest.
uint64_t HashOfId(int64_t id);

}  // namespace sturgeon::tpe

#endif  // STURGEON_STRATEGIES_TPE_SPLIT_H_
