// Reading typed fields out of a `Value` object, with errors that say where and what would be right.
//
//   ObjectReader reader(value, "digits.json: runner");
//   const std::string name = reader.Required<std::string>("name");
//   const int width = reader.Optional<int>("width", 8);
//   absl::Status status = reader.Finish();   // the first thing that was wrong, or an unknown field
//
// A reader remembers the first error and goes on, so that the code reads like a list of fields;
// what it returned is meaningful only if `Finish` is OK.
#ifndef STURGEON_CORE_VALUE_READER_H_
#define STURGEON_CORE_VALUE_READER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/value.h"

namespace sturgeon {

// Converts one value; InvalidArgument names `where` and both types. An int64_t accepts a number
// without a fraction (1e3), a double accepts an integer; nothing else is converted.
absl::Status ReadValue(const Value& value, absl::string_view where, bool* out);
absl::Status ReadValue(const Value& value, absl::string_view where, int* out);
absl::Status ReadValue(const Value& value, absl::string_view where, int64_t* out);
absl::Status ReadValue(const Value& value, absl::string_view where, double* out);
absl::Status ReadValue(const Value& value, absl::string_view where, std::string* out);

class ObjectReader {
 public:
  // `value` must outlive the reader. `where` names the object in errors.
  ObjectReader(const Value& value, std::string where);

  const std::string& where() const { return where_; }
  std::string Place(absl::string_view field) const { return absl::StrCat(where_, ": ", field); }

  // The raw value of a field, marked as known; nullptr where it is absent or null.
  const Value* Find(absl::string_view field);

  template <typename T>
  T Optional(absl::string_view field, T fallback) {
    const Value* value = Find(field);
    if (value != nullptr) Note(ReadValue(*value, Place(field), &fallback));
    return fallback;
  }

  template <typename T>
  T Required(absl::string_view field) {
    T result{};
    const Value* value = Find(field);
    if (value != nullptr) {
      Note(ReadValue(*value, Place(field), &result));
    } else {
      NoteMissing(field);
    }
    return result;
  }

  // A field that is an object; an empty one where it is absent.
  Value Object(absl::string_view field);

  // Calls `read` with each element of a list field and its place, and notes the status that it
  // returns. A field that is absent has no elements.
  template <typename Read>
  void ForEach(absl::string_view field, Read read) {
    const Value::List* const list = FindList(field);
    if (list == nullptr) return;
    for (size_t i = 0; i < list->size(); ++i) {
      Note(read((*list)[i], absl::StrCat(Place(field), "[", i, "]")));
    }
  }

  // Keeps the first error that is not OK.
  void Note(const absl::Status& status) { status_.Update(status); }

  // The first error; otherwise an unknown field, with the nearest known one.
  absl::Status Finish();

 private:
  void NoteMissing(absl::string_view field);
  // The elements of a list field; nullptr where it is absent, or none, which is noted.
  const Value::List* FindList(absl::string_view field);

  const Value& value_;
  std::string where_;
  std::vector<std::string> known_;
  absl::Status status_;
};

}  // namespace sturgeon

#endif  // STURGEON_CORE_VALUE_READER_H_
