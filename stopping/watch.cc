#include "stopping/watch.h"

#include <algorithm>
#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/suggest.h"

namespace sturgeon {

size_t Curve::BestIndex() const {
  return std::min_element(losses.begin(), losses.end()) - losses.begin();
}

absl::StatusOr<Watch> Watch::Create(const WatchOptions& options, const StudyConfig& study,
                                    WatchGoal goal) {
  Watch watch;
  watch.warmup_steps_ = options.warmup_steps;
  watch.interval_ = options.interval;
  watch.metric_ = options.metric.empty() ? study.objectives.front().metric : options.metric;
  const auto found = std::find(study.metrics.begin(), study.metrics.end(), watch.metric_);
  if (found == study.metrics.end()) {
    return absl::InvalidArgumentError(UnknownName("metric", watch.metric_, study.metrics));
  }
  watch.column_ = static_cast<int>(found - study.metrics.begin());
  watch.unit_ = study.unit;
  for (size_t k = 0; k < study.objectives.size(); ++k) {
    if (study.objectives[k].metric == watch.metric_) watch.objective_ = static_cast<int>(k);
  }
  if (goal == WatchGoal::kAny) return watch;
  std::optional<Goal> known;
  if (watch.objective_ >= 0) {
    known = study.objectives[watch.objective_].goal;
  } else if (watch.column_ < static_cast<int>(study.metric_goals.size())) {
    known = study.metric_goals[watch.column_];
  }
  if (options.goal.empty()) {
    if (!known.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("what is wanted of the metric ", watch.metric_,
                       " is not known; give goal=minimize or goal=maximize"));
    }
    watch.goal_ = *known;
    return watch;
  }
  watch.goal_ = options.goal == GoalName(Goal::kMinimize) ? Goal::kMinimize : Goal::kMaximize;
  if (watch.objective_ >= 0 && *known != watch.goal_) {
    return absl::InvalidArgumentError(absl::StrCat("the goal of ", watch.metric_, " is to ",
                                                   GoalName(*known), ", not to ", options.goal,
                                                   "; leave \"goal\" out"));
  }
  return watch;
}

bool Watch::Due(const ReportLog& reports) const {
  const size_t n = reports.size();
  // How many of the steps at which the rule looks lie at or before a step.
  const auto looks = [this](int64_t step) {
    return (std::max(step, warmup_steps_) - warmup_steps_) / interval_;
  };
  return n > 0 && looks(reports.step(n - 1)) > (n > 1 ? looks(reports.step(n - 2)) : 0);
}

Curve Watch::CurveOf(const ReportLog& reports) const {
  Curve curve;
  for (size_t i = 0; i < reports.size(); ++i) {
    const double value = reports.values(i)[column_];
    if (!std::isfinite(value)) continue;
    curve.steps.push_back(reports.step(i));
    curve.losses.push_back(goal_ == Goal::kMinimize ? value : -value);
  }
  return curve;
}

std::optional<double> Watch::FinalLoss(const Trial& trial) const {
  if (objective_ >= 0) {
    if (trial.values.empty()) return std::nullopt;
    const double value = trial.values[objective_];
    return goal_ == Goal::kMinimize ? value : -value;
  }
  const Curve curve = CurveOf(trial.reports);
  if (curve.empty()) return std::nullopt;
  return curve.losses.back();
}

}  // namespace sturgeon
