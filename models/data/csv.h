// Tables for classification from CSV text (RFC 4180): comma-separated, fields may stand in double
// quotes (a quote within is doubled) and then hold commas and line breaks; lines end in LF or CRLF;
// lines that are blank are skipped.
//
// - The last column is the label. Its distinct values, in the order of their numbers if all are
//   integers and else of their bytes, are the classes.
// - Every other column is a feature: numeric if more than half of its values are numbers, otherwise
//   categorical, which becomes one feature a distinct value (1 where it is that value, else 0), in
//   the order of their bytes.
// - The first line is a header if it has a non-number above a numeric column (or, in a table that
//   has none, if none of its values occurs again in its column).
// - Missing values (an empty field, NA, N/A, NaN, null, ?) are errors, since what a good substitute
//   is depends on why they are missing.
#ifndef STURGEON_MODELS_DATA_CSV_H_
#define STURGEON_MODELS_DATA_CSV_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "models/data/dataset.h"

namespace sturgeon {

// The table as a dataset without test rows; its numeric columns still have their own units (see
// Standardise). InvalidArgument names `where`, the line (counted in the text, from 1), the column,
// what is wrong, and what would be right. Cost: O(size) time, a few times the size in memory.
absl::StatusOr<Dataset> ParseCsv(absl::string_view text, absl::string_view where);

// ParseCsv of a file, with ReadFile's errors.
absl::StatusOr<Dataset> LoadCsv(const std::string& path);

}  // namespace sturgeon

#endif  // STURGEON_MODELS_DATA_CSV_H_
