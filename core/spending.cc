#include "core/spending.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"

namespace sturgeon {

Spending::Spending(const StudyConfig& study) : study_(study) {
  const auto found =
      std::find(study.metrics.begin(), study.metrics.end(), study.budget.cost_metric);
  if (found != study.metrics.end()) {
    cost_column_ = static_cast<size_t>(found - study.metrics.begin());
  }
}

Spending::Reached Spending::StartOf(std::optional<int64_t> resume_from) const {
  if (!resume_from.has_value()) return {};
  const auto found = reached_.find(*resume_from);
  return found == reached_.end() ? Reached() : found->second;
}

int64_t Spending::PlannedSteps(std::optional<int64_t> budget,
                               std::optional<int64_t> resume_from) const {
  int64_t last = budget.value_or(study_.max_steps);
  if (study_.max_steps > 0) last = std::min(last, study_.max_steps);
  return std::max<int64_t>(0, last - StartOf(resume_from).step);
}

std::optional<double> Spending::CostAt(const Trial& trial, size_t report) const {
  if (!cost_column_.has_value()) return std::nullopt;
  const absl::Span<const double> metrics = trial.reports.values(report);
  if (*cost_column_ >= metrics.size()) return std::nullopt;  // another tool's
  const double cost = metrics[*cost_column_];
  return std::isfinite(cost) ? std::make_optional(cost) : std::nullopt;
}

Spent Spending::Of(const Trial& trial) const {
  Spent spent;
  spent.seconds = trial.seconds;
  const Reached start = StartOf(trial.resume_from);
  const ReportLog& reports = trial.reports;
  if (reports.empty()) {
    const bool trained =
        trial.state == TrialState::kComplete || trial.state == TrialState::kStopped;
    if (trained && !start.reported) {
      spent.steps = std::max<int64_t>(1, PlannedSteps(trial.budget, trial.resume_from));
    }
    return spent;
  }
  // Reports come at even distances; the first lies one behind the start, wherever that was (the
  // trial may have trained again what its predecessor had).
  const size_t last = reports.size() - 1;
  if (last > 0) {
    spent.steps = reports.step(last) - reports.step(0) + (reports.step(1) - reports.step(0));
  } else {
    spent.steps = reports.step(0) > start.step ? reports.step(0) - start.step : reports.step(0);
  }
  spent.steps = std::max<int64_t>(0, std::min(spent.steps, reports.step(last)));
  const std::optional<double> first_cost = CostAt(trial, 0), last_cost = CostAt(trial, last);
  if (last_cost.has_value()) {
    const bool counts_on = first_cost.has_value() && *first_cost >= start.cost;
    spent.cost = std::max(0.0, *last_cost - (counts_on ? start.cost : 0));
  }
  return spent;
}

void Spending::Add(const Trial& trial) {
  total_ += Of(trial);
  if (trial.state != TrialState::kFailed) {
    Reached reached = StartOf(trial.resume_from);
    if (!trial.reports.empty()) {
      const size_t last = trial.reports.size() - 1;
      reached = {trial.reports.step(last), CostAt(trial, last).value_or(0), true};
    } else if (!reached.reported) {
      reached.step = trial.budget.value_or(study_.max_steps);
    }
    reached_[trial.id] = reached;
  }
  if (trial.state != TrialState::kComplete || !trial.feasible()) return;
  if (study_.objectives.size() != 1 || trial.values.size() != 1) return;
  const Objective& objective = study_.objectives[0];
  if (improvements_.empty() ||
      objective.Loss(trial.values[0]) < objective.Loss(improvements_.back().value)) {
    improvements_.push_back({trial.id, trial.values[0], total_});
  }
}

std::optional<std::string> UsedUp(const Spent& spent, const StudyConfig& study) {
  const Budget& budget = study.budget;
  if (budget.steps > 0 && spent.steps >= budget.steps) {
    return absl::StrCat("all of its ", budget.steps, " ", study.unit, "s");
  }
  if (budget.seconds > 0 && spent.seconds >= budget.seconds) {
    return absl::StrCat("all of its ", budget.seconds, " seconds of training");
  }
  if (budget.cost > 0 && spent.cost >= budget.cost) {
    return absl::StrCat("all of its ", budget.cost, " of ", budget.cost_metric);
  }
  return std::nullopt;
}

}  // namespace sturgeon
