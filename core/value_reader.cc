#include "core/value_reader.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/json.h"
#include "core/suggest.h"

namespace sturgeon {
namespace {

absl::Status WrongType(const Value& value, absl::string_view where, absl::string_view expected) {
  std::string shown = WriteJson(value);
  if (shown.size() > 40) shown = shown.substr(0, 37) + "...";
  return absl::InvalidArgumentError(absl::StrCat(where, ": expected ", expected, ", got ",
                                                 KindName(value.kind()),
                                                 value.is_null() ? "" : absl::StrCat(" ", shown)));
}

}  // namespace

absl::Status ReadValue(const Value& value, absl::string_view where, bool* out) {
  if (!value.is_bool()) return WrongType(value, where, "a boolean (true or false)");
  *out = value.boolean();
  return absl::OkStatus();
}

absl::Status ReadValue(const Value& value, absl::string_view where, int64_t* out) {
  if (value.kind() == Value::Kind::kInt) {
    *out = value.integer();
    return absl::OkStatus();
  }
  // 2^63 itself does not fit.
  if (value.is_number() && value.number() == std::floor(value.number()) &&
      std::abs(value.number()) < 0x1p63) {
    *out = static_cast<int64_t>(value.number());
    return absl::OkStatus();
  }
  return WrongType(value, where, "an integer");
}

absl::Status ReadValue(const Value& value, absl::string_view where, int* out) {
  int64_t wide = 0;
  absl::Status status = ReadValue(value, where, &wide);
  if (!status.ok()) return status;
  if (wide < std::numeric_limits<int>::min() || wide > std::numeric_limits<int>::max()) {
    return absl::InvalidArgumentError(absl::StrCat(where, ": ", wide, " does not fit in 32 bits"));
  }
  *out = static_cast<int>(wide);
  return absl::OkStatus();
}

absl::Status ReadValue(const Value& value, absl::string_view where, double* out) {
  if (!value.is_number()) return WrongType(value, where, "a number");
  *out = value.number();
  return absl::OkStatus();
}

absl::Status ReadValue(const Value& value, absl::string_view where, std::string* out) {
  if (!value.is_string()) return WrongType(value, where, "a string");
  *out = value.string();
  return absl::OkStatus();
}

ObjectReader::ObjectReader(const Value& value, std::string where)
    : value_(value), where_(std::move(where)) {
  if (!value.is_object()) status_ = WrongType(value, where_, "an object");
}

const Value* ObjectReader::Find(absl::string_view field) {
  known_.emplace_back(field);
  const Value* value = value_.Find(field);
  return value == nullptr || value->is_null() ? nullptr : value;
}

Value ObjectReader::Object(absl::string_view field) {
  const Value* const value = Find(field);
  if (value == nullptr) return Value::Object();
  if (value->is_object()) return *value;
  Note(WrongType(*value, Place(field), "an object"));
  return Value::Object();
}

const Value::List* ObjectReader::FindList(absl::string_view field) {
  const Value* const value = Find(field);
  if (value == nullptr) return nullptr;
  if (value->is_list()) return &value->list();
  Note(WrongType(*value, Place(field), "a list"));
  return nullptr;
}

void ObjectReader::NoteMissing(absl::string_view field) {
  if (!status_.ok()) return;
  status_ =
      absl::InvalidArgumentError(absl::StrCat(where_, ": the field \"", field, "\" is missing"));
}

absl::Status ObjectReader::Finish() {
  if (!value_.is_object()) return status_;
  // An unknown field first: a misspelt name is the likely cause of a missing one.
  for (const Value::Field& field : value_.object()) {
    if (std::find(known_.begin(), known_.end(), field.name) == known_.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat(where_, ": ", UnknownName("field", field.name, known_)));
    }
  }
  return status_;
}

}  // namespace sturgeon
