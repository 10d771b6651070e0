// What is expected of a study's result, for tests: {"validation_error": "<= 0.12"}.
#ifndef STURGEON_APPS_EXPECTATION_H_
#define STURGEON_APPS_EXPECTATION_H_

#include "absl/status/status.h"
#include "apps/result_file.h"
#include "core/value.h"

namespace sturgeon {

// Whether the best trial (of several objectives, one trial of the Pareto front) meets every field
// of `expected`: a metric or a parameter, and a comparison with a value. FailedPrecondition: says
// which it does not, and what it has. InvalidArgument: no such name, or no comparison.
absl::Status CheckExpected(const ResultFile& result, const Value& expected);

}  // namespace sturgeon

#endif  // STURGEON_APPS_EXPECTATION_H_
