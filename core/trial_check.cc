#include "core/trial_check.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"

namespace sturgeon {

bool AllFinite(absl::Span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

absl::Status CheckOutcome(const StudyConfig& config, const Outcome& outcome) {
  if (outcome.state == TrialState::kRunning || outcome.state == TrialState::kWaiting) {
    return absl::InvalidArgumentError(
        absl::StrCat("a trial cannot end as ", TrialStateName(outcome.state)));
  }
  const size_t expected = outcome.state == TrialState::kFailed ? 0 : config.objectives.size();
  // A trial may be stopped before it has reported anything.
  const bool may_lack = outcome.state == TrialState::kStopped && outcome.values.empty();
  if (outcome.values.size() != expected && !may_lack) {
    return absl::InvalidArgumentError(absl::StrCat("a ", TrialStateName(outcome.state),
                                                   " trial has ", expected, " values, got ",
                                                   outcome.values.size()));
  }
  const size_t constraints = outcome.constraints.size();
  const bool none_yet = outcome.state != TrialState::kComplete && constraints == 0;
  if (!config.constraints.empty() && constraints != config.constraints.size() && !none_yet) {
    return absl::InvalidArgumentError(absl::StrCat("a ", TrialStateName(outcome.state),
                                                   " trial has ", config.constraints.size(),
                                                   " constraint values, got ", constraints));
  }
  return absl::OkStatus();
}

absl::Status CheckEnded(const StudyConfig& config, const Trial& trial) {
  absl::Status status = config.space.Validate(trial.point);
  if (!status.ok()) return status;
  Outcome outcome;
  outcome.state = trial.state;
  outcome.values = trial.values;
  outcome.constraints = trial.constraints;
  status = CheckOutcome(config, outcome);
  if (!status.ok()) return status;
  if (!AllFinite(trial.values) || !AllFinite(trial.constraints)) {
    return absl::InvalidArgumentError("an imported trial's values must be finite");
  }
  for (size_t i = 0; i < trial.reports.size(); ++i) {
    if (trial.reports.values(i).size() != config.metrics.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("an imported trial's reports must have ", config.metrics.size(), " values"));
    }
  }
  return absl::OkStatus();
}

}  // namespace sturgeon
