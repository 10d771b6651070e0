// Trials as CSV (RFC 4180), a line each, and back.
//
//   id,state,values.error,params.learning_rate,…,budget,resume_from,failure,reason,started,seconds,…
//   0,complete,0.12,0.01,…,,,,,1764057529.1,3.2,…
//
// What a cell has nothing of is empty. Numbers read back as exactly the values that they were. A
// choice is its text; where that would be ambiguous (the string "1" beside the number 1) all
// choices of the parameter are JSON. Constraints and reports are JSON.
#ifndef STURGEON_APPS_TRIAL_CSV_H_
#define STURGEON_APPS_TRIAL_CSV_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/space.h"
#include "core/study_config.h"
#include "core/trial.h"

namespace sturgeon {

// A parameter's value as a cell, unquoted; "": inactive.
std::string CsvCell(const Parameter& parameter, double value);

// A text as a cell, quoted where it must be (RFC 4180).
std::string CsvText(absl::string_view cell);

// With the line's end.
std::string CsvHeader(const StudyConfig& config);
std::string CsvRow(const StudyConfig& config, const Trial& trial);

// The trials of a file; its columns may stand in any order, those that are always empty may be left
// out, and lines may end either way. InvalidArgument begins with `source` and the line: quotes that
// do not close, a column that is not known, a row of another length, a trial that is not the
// study's (CheckImported).
absl::StatusOr<std::vector<Trial>> TrialsFromCsv(const StudyConfig& config, absl::string_view text,
                                                 const std::string& source);

}  // namespace sturgeon

#endif  // STURGEON_APPS_TRIAL_CSV_H_
