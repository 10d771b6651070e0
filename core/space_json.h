// Search spaces, parameters and points as JSON values.
//
//   {"name": "learning_rate", "type": "float", "low": 1e-4, "high": 1, "scale": "log", "tier": 1}
//   {"name": "batch_size", "type": "int", "low": 16, "high": 256, "scale": "log", "factor": 2}
//   {"name": "beta2", "type": "float", "low": 0.99, "high": 0.9999, "scale": "reverse_log",
//    "default": 0.999, "prior": {"value": 0.999, "width": 0.1},
//    "condition": {"name": "optimizer", "in": ["adam"]}}
//   {"name": "units_2", "type": "int", "low": 8, "high": 64, "condition": {"name": "layers", "min":
//   2}}
#ifndef STURGEON_CORE_SPACE_JSON_H_
#define STURGEON_CORE_SPACE_JSON_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/space.h"
#include "core/value.h"

namespace sturgeon {

// One parameter, unchecked but for its fields' names and types (SearchSpace::Create checks the
// rest).
absl::StatusOr<Parameter> ParameterFromValue(const Value& value, const std::string& where);
absl::StatusOr<std::vector<Parameter>> ParametersFromValue(const Value& list,
                                                           const std::string& where);

// A list of parameters, checked. Errors begin with `where`.
absl::StatusOr<SearchSpace> SpaceFromValue(const Value& list, const std::string& where);

Value ToValue(const Parameter& parameter);
Value ToValue(const SearchSpace& space);

// {"learning_rate": 0.01, …}: the active parameters, in the order of the space.
Value PointToValue(const SearchSpace& space, absl::Span<const double> point);

// The other way. A parameter that is inactive may be given (it is ignored) or left out; an active
// one that is left out gets its default. InvalidArgument: an unknown name, a value that is not its
// own.
absl::StatusOr<Point> PointFromValue(const SearchSpace& space, const Value& object,
                                     const std::string& where);

}  // namespace sturgeon

#endif  // STURGEON_CORE_SPACE_JSON_H_
