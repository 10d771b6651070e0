#include "stopping/lineage.h"

#include <algorithm>
#include <utility>

namespace sturgeon {

void Lineage::Add(absl::Span<const Trial* const> finished) {
  for (const Trial* trial : finished) {
    if (!trial->reports.empty()) trials_.emplace(trial->id, trial);
  }
}

Curve Lineage::CurveOf(const Watch& watch, const ReportLog& reports,
                       std::optional<int64_t> resume_from) const {
  Curve curve = watch.CurveOf(reports);
  while (resume_from.has_value()) {
    const auto found = trials_.find(*resume_from);
    if (found == trials_.end()) break;
    const Trial& trial = *found->second;
    Curve before = watch.CurveOf(trial.reports);
    if (!curve.empty()) {
      const auto end =
          std::lower_bound(before.steps.begin(), before.steps.end(), curve.steps.front());
      before.losses.resize(end - before.steps.begin());
      before.steps.erase(end, before.steps.end());
    }
    before.steps.insert(before.steps.end(), curve.steps.begin(), curve.steps.end());
    before.losses.insert(before.losses.end(), curve.losses.begin(), curve.losses.end());
    curve = std::move(before);
    // A trial goes on from an earlier one, or the chain might have no end.
    if (trial.resume_from.has_value() && *trial.resume_from >= trial.id) break;
    resume_from = trial.resume_from;
  }
  return curve;
}

}  // namespace sturgeon
