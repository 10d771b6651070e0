// The results of one rung in order, and who of them may go on.
#ifndef STURGEON_STRATEGIES_ASHA_STANDINGS_H_
#define STURGEON_STRATEGIES_ASHA_STANDINGS_H_

#include <cstddef>

#include "absl/container/btree_set.h"
#include "strategies/rungs.h"

namespace sturgeon::asha {

// Cost of each call: O(log n) for n results.
class Standings {
 public:
  using Ordered = absl::btree_set<Standing>;

  explicit Standings(int eta) : eta_(eta) {}

  // A result; `waiting`: its configuration has not gone on from here.
  void Add(const Standing& standing, bool waiting);
  void Remove(const Standing& standing);
  // The configuration of a result has gone on.
  void GoneOn(const Standing& standing) { waiting_.erase(standing); }

  size_t size() const { return top_.size() + rest_.size(); }
  // Those that have not gone on but could, the best first.
  const Ordered& waiting() const { return waiting_; }
  // Whether it is among the best ⌊n / eta⌋.
  bool IsTop(const Standing& standing) const {
    return !top_.empty() && !(*top_.rbegin() < standing);
  }
  // How many results are there that could go on, or have.
  size_t alive() const { return alive_; }

 private:
  // Makes top_ the best ⌊n / eta⌋.
  void Settle();

  const size_t eta_;
  Ordered top_, rest_, waiting_;
  size_t alive_ = 0;
};

}  // namespace sturgeon::asha

#endif  // STURGEON_STRATEGIES_ASHA_STANDINGS_H_
