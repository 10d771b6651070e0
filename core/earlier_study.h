// The trials of earlier studies, out of their result files (core/result.h) and into the space of
// another study: what StudyConfig::warm_start wants.
//
//   absl::StatusOr<std::vector<EarlierStudy>> earlier =
//       ReadEarlierStudies({"mnist.result.json"}, config);
//   config.warm_start = *std::move(earlier);
//
// Only complete trials come over, parameter by parameter, by name:
//   - a parameter that the earlier study lacked, or that was inactive in the trial, has its
//   default;
//     one that this study lacks is left out;
//   - a number outside its range moves to the border if it is no further off than a tenth of the
//     range, on the parameter's own scale; from further off nothing is learnt of the border, so the
//     trial is dropped;
//   - a number between two values of a grid moves to the nearest;
//   - a choice that the parameter does not have drops the trial.
// A trial is feasible if the earlier study's constraints said so.
#ifndef STURGEON_CORE_EARLIER_STUDY_H_
#define STURGEON_CORE_EARLIER_STUDY_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/study_config.h"
#include "core/value.h"

namespace sturgeon {

// One result, for a study of `study`'s space and objectives. InvalidArgument begins with `source`:
// no result file, or one whose study did not have each of `study`'s objectives, with the same goal.
absl::StatusOr<EarlierStudy> EarlierStudyFromValue(const Value& result, const StudyConfig& study,
                                                   const std::string& source);

// Likewise of files; also NotFound and so on, if one cannot be read.
absl::StatusOr<std::vector<EarlierStudy>> ReadEarlierStudies(const std::vector<std::string>& paths,
                                                             const StudyConfig& study);

}  // namespace sturgeon

#endif  // STURGEON_CORE_EARLIER_STUDY_H_
