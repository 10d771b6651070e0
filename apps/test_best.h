// The test of a study's best trial, by the data that nothing else touches.
#ifndef STURGEON_APPS_TEST_BEST_H_
#define STURGEON_APPS_TEST_BEST_H_

#include "absl/status/statusor.h"
#include "core/runner.h"
#include "core/trial.h"
#include "core/value.h"

namespace sturgeon {

// Trains the best trial once more, on all data but the test data, and tests it:
// {"trial": 17, "metrics": {…}, "seconds": …}. It trains where `runner` trained the trials
// (Runner::Isolated). Cancelled: by the user. Else the model's errors.
absl::StatusOr<Value> TestBest(const RunRequest& request, Runner& runner, const Trial& best);

}  // namespace sturgeon

#endif  // STURGEON_APPS_TEST_BEST_H_
