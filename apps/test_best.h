// The test of a study's best trial, by the data that nothing else touches.
#ifndef STURGEON_APPS_TEST_BEST_H_
#define STURGEON_APPS_TEST_BEST_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/runner.h"
#include "core/study_spec.h"
#include "core/trial.h"
#include "core/value.h"

namespace sturgeon {

// Trains the best trial once more, on all data but the test data, and tests it:
// {"trial": 17, "metrics": {…}, "seconds": …}. It trains where `runner` trained the trials
// (Runner::Isolated). Cancelled: by the user. Else the model's errors.
absl::StatusOr<Value> TestBest(const RunRequest& request, Runner& runner, const Trial& best);

// What came of it, as a line for people.
std::string TestText(const Value& test);

// InvalidArgument, beginning with `source`: the study wants a test, and there can be none.
absl::Status CheckTest(const StudySpec& spec, const PreparedStudy& prepared,
                       const std::string& source);

}  // namespace sturgeon

#endif  // STURGEON_APPS_TEST_BEST_H_
