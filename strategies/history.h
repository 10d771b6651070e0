// What a strategy that learns remembers of the finished trials: where they were, in the unit cube,
// and what they were worth, in the order of their ids.
//
//   History history(context.study);
//   history.Add(finished);                              // in Strategy::Tell
//   for (int i = 0; i < history.size(); ++i) {
//     if (history.failed(i)) continue;                  // it has no losses
//     Use(history.unit(i), history.losses(i), history.violation(i));
//   }
//
// What it holds is a function of the set of trials that were added, not of the calls that added
// them: a strategy that reads only this goes on after a replay as it would have before.
//
// Shapes: unit(i) [d], the middle of a discrete value's share, NaN where the parameter is inactive
// (SearchSpace::ToUnit); losses(i) [m], one an objective, less is better, always finite.
// Cost: Add is O(d + m) a trial whose id is above all others, O(n) otherwise.
#ifndef STURGEON_STRATEGIES_HISTORY_H_
#define STURGEON_STRATEGIES_HISTORY_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "core/study_config.h"
#include "core/trial.h"

namespace sturgeon {

class History {
 public:
  // `study` must outlive this.
  explicit History(const StudyConfig& study);

  // Returns the lowest index at which something is new: size() as it was if all ids lie above those
  // that were there.
  int Add(absl::Span<const Trial* const> finished);

  int size() const { return static_cast<int>(ids_.size()); }
  int dimensions() const { return dimensions_; }
  int objectives() const { return objectives_; }
  // How many trials have losses.
  int measured() const { return measured_; }

  int64_t id(int i) const { return ids_[i]; }
  absl::Span<const double> unit(int i) const {
    return absl::MakeConstSpan(units_).subspan(static_cast<size_t>(i) * dimensions_, dimensions_);
  }
  bool failed(int i) const { return failed_[i] != 0; }
  absl::Span<const double> losses(int i) const {
    return absl::MakeConstSpan(losses_).subspan(static_cast<size_t>(i) * objectives_, objectives_);
  }
  double loss(int i) const { return losses(i)[0]; }
  // The sum of what the constraints exceed 0 by; 0: feasible.
  double violation(int i) const { return violations_[i]; }
  bool feasible(int i) const { return !(violations_[i] > 0); }
  // The constraints' values as they were told; empty where there were none.
  absl::Span<const double> constraints(int i) const { return constraints_[i]; }

  // Whether trial i is better than trial j in a study with one objective: what has losses before
  // what failed, the feasible before the infeasible, the less violating, the less lossy, the
  // earlier. A strict order.
  bool Better(int i, int j) const;

 private:
  const StudyConfig& study_;
  const int dimensions_, objectives_;
  int measured_ = 0;
  std::vector<int64_t> ids_;
  std::vector<double> units_;   // [n, d]
  std::vector<double> losses_;  // [n, m]; 0 where failed
  std::vector<double> violations_;
  std::vector<std::vector<double>> constraints_;
  std::vector<uint8_t> failed_;
};

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_HISTORY_H_
