// The best hyperparameters of a study as things to build with.
#ifndef STURGEON_APPS_HYPERPARAMETERS_H_
#define STURGEON_APPS_HYPERPARAMETERS_H_

#include <string>

#include "absl/status/statusor.h"
#include "apps/result_file.h"
#include "core/value.h"

namespace sturgeon {

// The active parameters of the best trial, by name. FailedPrecondition: no trial is complete and
// feasible, or several objectives leave no one best.
absl::StatusOr<Value> BestParameters(const ResultFile& result);

// The same as a C++ header, which stands in includes as `path`: a constant each, `kLearningRate`
// for learning_rate, in the namespace given (`a::b`; "": none). A number is a double or a
// std::int64_t, a choice what its choices are in common: bool, a number, else a std::string_view. A
// parameter that has a condition is a std::optional of that, whether it is active or not, so that
// what includes the header compiles whichever way the next study ends. Errors: BestParameters';
// InvalidArgument, if two names become one.
absl::StatusOr<std::string> HyperparametersHeader(const ResultFile& result, const std::string& path,
                                                  const std::string& name_space);

}  // namespace sturgeon

#endif  // STURGEON_APPS_HYPERPARAMETERS_H_
