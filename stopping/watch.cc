#include "stopping/watch.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/suggest.h"

namespace sturgeon {
namespace {

// What the study wants of a metric.
std::optional<Goal> GoalOf(const StudyConfig& study, size_t column) {
  for (const Objective& objective : study.objectives) {
    if (objective.metric == study.metrics[column]) return objective.goal;
  }
  return column < study.metric_goals.size() ? study.metric_goals[column] : std::nullopt;
}

bool IsObjective(const StudyConfig& study, const std::string& metric) {
  return std::any_of(study.objectives.begin(), study.objectives.end(),
                     [&](const Objective& objective) { return objective.metric == metric; });
}

}  // namespace

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
  if (goal == WatchGoal::kAny) return watch;
  const std::optional<Goal> known = GoalOf(study, watch.column_);
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
  if (known.has_value() && *known != watch.goal_ && IsObjective(study, watch.metric_)) {
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
    return std::max<int64_t>(step - warmup_steps_, 0) / interval_;
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

}  // namespace sturgeon
