// What a trial that has ended must be like, to be one of a study: whoever brings it.
#ifndef STURGEON_CORE_TRIAL_CHECK_H_
#define STURGEON_CORE_TRIAL_CHECK_H_

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "core/study_config.h"
#include "core/trial.h"

namespace sturgeon {

bool AllFinite(absl::Span<const double> values);

// InvalidArgument: a state that no trial ends in, a wrong number of values or of constraints.
absl::Status CheckOutcome(const StudyConfig& config, const Outcome& outcome);

// Likewise; also a point that is none of the space, a value that is not finite, reports of a wrong
// width. A strategy is told only of trials that pass.
absl::Status CheckEnded(const StudyConfig& config, const Trial& trial);

}  // namespace sturgeon

#endif  // STURGEON_CORE_TRIAL_CHECK_H_
