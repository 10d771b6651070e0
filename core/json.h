// JSON text to `Value` and back.
//
//   absl::StatusOr<Value> value = ParseJson(text, "digits.json");
//   // digits.json:3:14: expected ',' or '}' …
//   std::string line = WriteJson(*value);            // one line
//   std::string page = WriteJsonPretty(*value);      // short lists and objects stay on one line
//
// Numbers are printed with the fewest digits that read back as the same double. JSON has no
// notation for NaN and the infinities; they are written as null. Strings that are not UTF-8 get
// U+FFFD.
#ifndef STURGEON_CORE_JSON_H_
#define STURGEON_CORE_JSON_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/value.h"

namespace sturgeon {

// Parses one JSON document. `source` names it in errors (a file name; may be empty).
// InvalidArgument, with line and column: not JSON, a field given twice, text after the document,
// nesting deeper than 100. Cost: linear in the text.
absl::StatusOr<Value> ParseJson(absl::string_view text, absl::string_view source);

std::string WriteJson(const Value& value);

// Text that is to stand `indent` columns in, within a larger value: its further lines begin so.
std::string WriteJsonPretty(const Value& value, size_t indent = 0);

// Reads and parses a file. NotFound or PermissionDenied if it cannot be read.
absl::StatusOr<Value> ReadJsonFile(const std::string& path);

}  // namespace sturgeon

#endif  // STURGEON_CORE_JSON_H_
