#include "strategies/history.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/types/span.h"
#include "core/space.h"
#include "core/study_config.h"
#include "core/trial.h"

namespace sturgeon {

History::History(const StudyConfig& study)
    : study_(study),
      dimensions_(study.space.size()),
      objectives_(static_cast<int>(study.objectives.size())) {}

int History::Add(absl::Span<const Trial* const> finished) {
  int first_new = size();
  Point unit(dimensions_);
  std::vector<double> losses(objectives_);
  for (const Trial* trial : finished) {
    study_.space.ToUnit(trial->point, absl::MakeSpan(unit));
    const bool failed = trial->values.empty();
    for (int m = 0; m < objectives_; ++m) {
      losses[m] = failed ? 0 : study_.objectives[m].Loss(trial->values[m]);
    }
    double violation = 0;
    for (const double c : trial->constraints) violation += std::max(c, 0.0);

    const ptrdiff_t i = std::lower_bound(ids_.begin(), ids_.end(), trial->id) - ids_.begin();
    ids_.insert(ids_.begin() + i, trial->id);
    units_.insert(units_.begin() + i * dimensions_, unit.begin(), unit.end());
    losses_.insert(losses_.begin() + i * objectives_, losses.begin(), losses.end());
    violations_.insert(violations_.begin() + i, violation);
    constraints_.insert(constraints_.begin() + i, trial->constraints);
    failed_.insert(failed_.begin() + i, failed ? 1 : 0);
    if (!failed) ++measured_;
    first_new = std::min(first_new, static_cast<int>(i));
  }
  return first_new;
}

bool History::Better(int i, int j) const {
  if (failed_[i] != failed_[j]) return failed_[j] != 0;
  if (violations_[i] != violations_[j]) return violations_[i] < violations_[j];
  if (loss(i) != loss(j)) return loss(i) < loss(j);
  return i < j;
}

}  // namespace sturgeon
