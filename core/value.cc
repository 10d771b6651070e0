#include "core/value.h"

#include <algorithm>

namespace sturgeon {

const Value* Value::Find(absl::string_view name) const {
  if (!is_object()) return nullptr;
  for (const Field& field : object()) {
    if (field.name == name) return &field.value;
  }
  return nullptr;
}

Value& Value::Set(absl::string_view name, Value value) {
  if (is_null()) data_ = Object{};
  for (Field& field : object()) {
    if (field.name == name) {
      field.value = std::move(value);
      return *this;
    }
  }
  object().push_back({std::string(name), std::move(value)});
  return *this;
}

bool operator==(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) {
    if (a.kind() == Value::Kind::kInt && b.kind() == Value::Kind::kInt) {
      return a.integer() == b.integer();
    }
    return a.number() == b.number();
  }
  if (a.kind() != b.kind()) return false;
  if (!a.is_object()) return a.data_ == b.data_;
  return a.object().size() == b.object().size() &&
         std::all_of(a.object().begin(), a.object().end(), [&b](const Value::Field& field) {
           const Value* other = b.Find(field.name);
           return other != nullptr && field.value == *other;
         });
}

absl::string_view KindName(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::kNull:
      return "null";
    case Value::Kind::kBool:
      return "a boolean";
    case Value::Kind::kInt:
      return "an integer";
    case Value::Kind::kFloat:
      return "a number";
    case Value::Kind::kString:
      return "a string";
    case Value::Kind::kList:
      return "a list";
    case Value::Kind::kObject:
      return "an object";
  }
  return "nothing";
}

}  // namespace sturgeon
