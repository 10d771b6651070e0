// What a program says about its training: JSON objects, a line each, among whatever else it prints.
//
//   {"step": 3, "validation_error": 0.2}          after three steps
//   {"validation_error": 0.17}                    at the end
//   {"epoch": 3, "validation_error": NaN}         the step by its unit's name; what Python writes
//   {"step": 3, "validation_error": 0.2, "checkpoint": "model-3.bin"}
#ifndef STURGEON_MODELS_COMMAND_REPORT_H_
#define STURGEON_MODELS_COMMAND_REPORT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/model.h"
#include "core/value.h"

namespace sturgeon {

struct Report {
  std::optional<int64_t> step;  // nullopt: it is the result
  std::vector<double> metrics;  // in the order of those asked for; may be NaN or infinite
  std::string checkpoint;       // the path of a file; "": there is none
};

// JSON, and beside it what others print for numbers that JSON cannot say: NaN and -Infinity
// (Python), nan and -inf (C); they become strings. InvalidArgument: what is wrong with it.
absl::StatusOr<Value> ParseLenientJson(absl::string_view text);

// The report that an object is. A metric is a number, null for NaN, or what is not finite as text
// ("NaN", "inf", "-Infinity" …). nullopt: it has none of `metrics`, so it is none of our business.
// InvalidArgument: it has some of them but not all, one is no number, or its step is no whole
// number from 0 on.
absl::StatusOr<std::optional<Report>> ReportFromValue(const Value& value,
                                                      const std::vector<Metric>& metrics,
                                                      absl::string_view unit);

}  // namespace sturgeon

#endif  // STURGEON_MODELS_COMMAND_REPORT_H_
