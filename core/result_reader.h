// Result files (core/result.h) read back: what `sturgeon import` takes.
#ifndef STURGEON_CORE_RESULT_READER_H_
#define STURGEON_CORE_RESULT_READER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "core/value.h"

namespace sturgeon {

// A trial as TrialToValue writes it, checked against the study: CheckEnded, but a failed trial may
// have no point. A metric that is null is NaN. InvalidArgument begins with `where`.
absl::StatusOr<Trial> TrialFromValue(const StudyConfig& config, const Value& value,
                                     const std::string& where);

// CheckEnded, but a failed trial may have no point.
absl::Status CheckImported(const StudyConfig& config, const Trial& trial);

// What a result says of its study: name, seed, space, objectives, constraints, metrics, planned
// trials. InvalidArgument begins with `source`: no result, or one without a "space", as older
// versions wrote it.
absl::StatusOr<StudyConfig> StudyConfigFromResult(const Value& result, const std::string& source);

// The result's trials, in the order in which they stand.
absl::StatusOr<std::vector<Trial>> TrialsFromResult(const StudyConfig& config, const Value& result,
                                                    const std::string& source);

}  // namespace sturgeon

#endif  // STURGEON_CORE_RESULT_READER_H_
