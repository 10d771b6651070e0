// `Value`: what a JSON document can hold, as plain data.
//
// Options, study files, results and messages cross the framework as values; only core/json.cc knows
// the library that parses text. An object keeps the order of its fields.
#ifndef STURGEON_CORE_VALUE_H_
#define STURGEON_CORE_VALUE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"

namespace sturgeon {

class Value {
 public:
  enum class Kind { kNull, kBool, kInt, kFloat, kString, kList, kObject };
  struct Field;
  using List = std::vector<Value>;
  using Object = std::vector<Field>;

  Value() = default;
  Value(bool value) : data_(value) {}                      // NOLINT(google-explicit-constructor)
  Value(int value) : data_(int64_t{value}) {}              // NOLINT(google-explicit-constructor)
  Value(int64_t value) : data_(value) {}                   // NOLINT(google-explicit-constructor)
  Value(double value) : data_(value) {}                    // NOLINT(google-explicit-constructor)
  Value(std::string value) : data_(std::move(value)) {}    // NOLINT(google-explicit-constructor)
  Value(const char* value) : data_(std::string(value)) {}  // NOLINT(google-explicit-constructor)
  Value(List value) : data_(std::move(value)) {}           // NOLINT(google-explicit-constructor)
  Value(Object value) : data_(std::move(value)) {}         // NOLINT(google-explicit-constructor)

  Kind kind() const { return static_cast<Kind>(data_.index()); }
  bool is_null() const { return kind() == Kind::kNull; }
  bool is_bool() const { return kind() == Kind::kBool; }
  bool is_string() const { return kind() == Kind::kString; }
  bool is_number() const { return kind() == Kind::kInt || kind() == Kind::kFloat; }
  bool is_list() const { return kind() == Kind::kList; }
  bool is_object() const { return kind() == Kind::kObject; }

  // Each accessor requires the kind it names; `number` takes both kinds of number.
  bool boolean() const { return std::get<bool>(data_); }
  int64_t integer() const { return std::get<int64_t>(data_); }
  double number() const {
    return kind() == Kind::kInt ? static_cast<double>(integer()) : std::get<double>(data_);
  }
  const std::string& string() const { return std::get<std::string>(data_); }
  const List& list() const { return std::get<List>(data_); }
  List& list() { return std::get<List>(data_); }
  const Object& object() const { return std::get<Object>(data_); }
  Object& object() { return std::get<Object>(data_); }

  // The field of that name; nullptr if there is none or this is no object.
  const Value* Find(absl::string_view name) const;
  // Sets or replaces a field; a null value becomes an object first.
  Value& Set(absl::string_view name, Value value);

  // Numbers compare by what they are worth (1 == 1.0), objects regardless of the order of fields.
  friend bool operator==(const Value& a, const Value& b);
  friend bool operator!=(const Value& a, const Value& b) { return !(a == b); }

 private:
  std::variant<std::monostate, bool, int64_t, double, std::string, List, Object> data_;
};

struct Value::Field {
  std::string name;
  Value value;

  friend bool operator==(const Field& a, const Field& b) {
    return a.name == b.name && a.value == b.value;
  }
};

// "a string", "an object", …: for error messages.
absl::string_view KindName(Value::Kind kind);

}  // namespace sturgeon

#endif  // STURGEON_CORE_VALUE_H_
