// Option schemas: one line an option gives its parsing, range check, default and documentation.
//
//   struct TpeOptions {
//     int startup_trials = 10;
//     double gamma = 0.1;
//   };
//
//   const Schema<TpeOptions>& TpeStrategy::OptionSchema() {
//     static const auto* const schema = new Schema<TpeOptions>(
//         Schema<TpeOptions>()
//             .Add("startup_trials", &TpeOptions::startup_trials, "Random trials at the start.",
//                  AtLeast(0))
//             .Add("gamma", &TpeOptions::gamma, "Share of trials called good.",
//             Between(0.0, 1.0)));
//     return *schema;
//   }
//
// A default stands once, as the member's initialiser. Option types: bool, int, int64_t, double,
// std::string, std::vector<std::string>, PluginSpec (another plugin by name, with options of its
// own), and Value (a list or an object, as its default is, for the plugin itself to read).
// Threads: a schema is immutable once built.
#ifndef STURGEON_CORE_OPTION_SCHEMA_H_
#define STURGEON_CORE_OPTION_SCHEMA_H_

#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "core/value.h"
#include "core/value_reader.h"

namespace sturgeon {

// A plugin chosen by name: `"tpe"` or `{"name": "tpe", "gamma": 0.2}`.
struct PluginSpec {
  std::string name;
  Value options = Value::Object();
};

absl::Status ReadValue(const Value& value, absl::string_view where, PluginSpec* out);
absl::Status ReadValue(const Value& value, absl::string_view where, std::vector<std::string>* out);
// Takes a value of the kind that `out` is of.
absl::Status ReadValue(const Value& value, absl::string_view where, Value* out);
Value ToValue(const PluginSpec& spec);

// `k=v,k=v` as on the command line: each v is read as JSON if it is JSON, else as a string. Commas
// inside brackets and quotes do not separate.
absl::StatusOr<Value> ParseAssignments(absl::string_view text);

// What is shown of one option: `sturgeon plugins NAME` and the pages of docs/.
struct OptionInfo {
  std::string name;
  std::string type;  // "int", "float", "bool", "string", "strings", "plugin", "list", "object"
  std::string default_value;  // as JSON
  std::string range;          // "in [0, 1]", "one of a, b"; empty: any
  std::string doc;
};

// A condition on an option's value: `text` says it, `holds` checks it.
template <typename T>
struct Range {
  std::string text;
  std::function<bool(const T&)> holds;
};

template <typename T>
Range<T> Between(T low, T high) {
  return {absl::StrCat("in [", low, ", ", high, "]"),
          [low, high](const T& value) { return low <= value && value <= high; }};
}
template <typename T>
Range<T> AtLeast(T low) {
  return {absl::StrCat("at least ", low), [low](const T& value) { return value >= low; }};
}
template <typename T>
Range<T> MoreThan(T low) {
  return {absl::StrCat("more than ", low), [low](const T& value) { return value > low; }};
}
inline Range<std::string> OneOf(std::vector<std::string> allowed) {
  std::string text = absl::StrCat("one of ", absl::StrJoin(allowed, ", "));
  return {std::move(text), [allowed = std::move(allowed)](const std::string& value) {
            for (const std::string& one : allowed) {
              if (one == value) return true;
            }
            return false;
          }};
}

namespace schema_internal {
template <typename T>
const char* TypeName(const Value& fallback) {
  if constexpr (std::is_same_v<T, bool>) return "bool";
  if constexpr (std::is_integral_v<T>) return "int";
  if constexpr (std::is_floating_point_v<T>) return "float";
  if constexpr (std::is_same_v<T, std::string>) return "string";
  if constexpr (std::is_same_v<T, std::vector<std::string>>) return "strings";
  if constexpr (std::is_same_v<T, Value>) return fallback.is_list() ? "list" : "object";
  return "plugin";
}
template <typename T>
Value DefaultValue(const T& value) {
  if constexpr (std::is_same_v<T, PluginSpec>) {
    return ToValue(value);
  } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
    return Value(Value::List(value.begin(), value.end()));
  } else {
    return Value(value);
  }
}
std::string ShowDefault(const Value& value);
absl::Status OutOfRange(absl::string_view where, const Value& value, absl::string_view range);
absl::Status CheckKnown(const Value& options, absl::string_view where,
                        const std::vector<OptionInfo>& known);
}  // namespace schema_internal

template <typename Options>
class Schema {
 public:
  template <typename T, typename R = T>
  Schema& Add(std::string name, T Options::*member, std::string doc, Range<R> range = {}) {
    static_assert(std::is_same_v<T, R> || (std::is_arithmetic_v<T> && std::is_arithmetic_v<R>));
    const Value fallback = schema_internal::DefaultValue(Options{}.*member);
    info_.push_back({name, schema_internal::TypeName<T>(fallback),
                     schema_internal::ShowDefault(fallback), range.text, std::move(doc)});
    readers_.push_back([name = std::move(name), member, range = std::move(range)](
                           const Value& options, absl::string_view where, Options* out) {
      const Value* value = options.Find(name);
      if (value == nullptr || value->is_null()) return absl::OkStatus();
      const std::string place = absl::StrCat(where, ": ", name);
      absl::Status status = ReadValue(*value, place, &(out->*member));
      // Written so that NaN is out of every range.
      if (status.ok() && range.holds && !range.holds(out->*member)) {
        return schema_internal::OutOfRange(place, *value, range.text);
      }
      return status;
    });
    return *this;
  }

  // The options out of an object; what is not given keeps its default. InvalidArgument, naming
  // `where` and the option: unknown, of another type, out of its range.
  absl::StatusOr<Options> Parse(const Value& options, absl::string_view where) const {
    absl::Status status = schema_internal::CheckKnown(options, where, info_);
    Options result;
    for (const Reader& reader : readers_) {
      if (status.ok()) status = reader(options, where, &result);
    }
    if (!status.ok()) return status;
    return result;
  }

  const std::vector<OptionInfo>& info() const { return info_; }

 private:
  using Reader = std::function<absl::Status(const Value&, absl::string_view, Options*)>;

  std::vector<OptionInfo> info_;
  std::vector<Reader> readers_;
};

}  // namespace sturgeon

#endif  // STURGEON_CORE_OPTION_SCHEMA_H_
