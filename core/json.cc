#include "core/json.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/file.h"
#include "nlohmann/json.hpp"

namespace sturgeon {
namespace {

constexpr size_t kMaxDepth = 100;
constexpr size_t kSmallObject = 16;
constexpr size_t kPrettyWidth = 110;

std::string Place(absl::string_view text, size_t offset, absl::string_view source) {
  size_t line = 1, column = 1;
  for (size_t i = 0; i < offset && i < text.size(); ++i) {
    ++column;
    if (text[i] == '\n') ++line, column = 1;
  }
  const absl::string_view name = source.empty() ? absl::string_view("line ") : source;
  return absl::StrCat(name, source.empty() ? "" : ":", line, ":", column, ": ");
}

// Builds a Value from the parser's events; returning false from an event ends the parse.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return Put(Value()); }
  bool boolean(bool value) override { return Put(value); }
  bool number_integer(number_integer_t value) override { return Put(int64_t{value}); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      return Put(static_cast<double>(value));
    }
    return Put(static_cast<int64_t>(value));
  }
  bool number_float(number_float_t value, const string_t&) override { return Put(value); }
  bool string(string_t& value) override { return Put(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override { return Open(Value::Object()); }
  bool start_array(size_t) override { return Open(Value::List()); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool key(string_t& name) override {
    if (IsTwice(name)) {
      return Fail(absl::StrCat("the field \"", name, "\" is given twice; keep one of them"));
    }
    keys_.back() = std::move(name);
    return true;
  }
  bool parse_error(size_t position, const std::string&,
                   const nlohmann::json::exception& e) override {
    // "[json.exception…] parse error at line …: syntax error while … - CAUSE; expected …": the
    // cause is what helps; the place is written our way.
    const std::string text = e.what();
    const size_t detail = text.find(" - ");
    const size_t head = text.find("] ");
    error_ = detail != std::string::npos ? text.substr(detail + 3)
             : head != std::string::npos ? text.substr(head + 2)
                                         : text;
    error_offset_ = position;
    return false;
  }

  const std::string& error() const { return error_; }
  size_t error_offset() const { return error_offset_; }
  Value Take() { return std::move(root_); }

 private:
  bool Fail(std::string message) {
    error_ = std::move(message);
    return false;
  }
  bool Put(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (open_.back().is_list()) {
      open_.back().list().push_back(std::move(value));
    } else {
      open_.back().object().push_back({std::move(keys_.back()), std::move(value)});
    }
    return true;
  }
  bool Open(Value container) {
    if (open_.size() == kMaxDepth) {
      return Fail(absl::StrCat("nested deeper than ", kMaxDepth, " levels"));
    }
    open_.push_back(std::move(container));
    keys_.emplace_back();
    names_.emplace_back();
    return true;
  }
  bool Close() {
    Value done = std::move(open_.back());
    open_.pop_back();
    keys_.pop_back();
    names_.pop_back();
    return Put(std::move(done));
  }
  // Whether the innermost object has a field of that name already. Large objects keep a set of
  // their names, so that the cost of all fields stays linear.
  bool IsTwice(const std::string& name) {
    const Value::Object& fields = open_.back().object();
    if (fields.size() < kSmallObject) return open_.back().Find(name) != nullptr;
    absl::flat_hash_set<std::string>& names = names_.back();
    if (names.empty()) {
      for (const Value::Field& field : fields) names.insert(field.name);
    }
    return !names.insert(name).second;
  }

  Value root_;
  std::vector<Value> open_;
  std::vector<std::string> keys_;                        // the pending key of each open container
  std::vector<absl::flat_hash_set<std::string>> names_;  // of each that is large
  std::string error_;
  size_t error_offset_ = std::string::npos;
};

void AppendString(absl::string_view text, std::string* out) {
  *out += nlohmann::json(std::string(text))
              .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void AppendFloat(double value, std::string* out) {
  if (!std::isfinite(value)) {
    *out += "null";
    return;
  }
  // The fewest digits that read back, with an exponent only where there would be many zeros.
  const double magnitude = std::abs(value);
  const bool scientific = magnitude != 0 && (magnitude < 1e-5 || magnitude >= 1e15);
  char buffer[32];
  const char* end =
      std::to_chars(buffer, buffer + sizeof(buffer), value,
                    scientific ? std::chars_format::scientific : std::chars_format::fixed)
          .ptr;
  const absl::string_view digits(buffer, end - buffer);
  absl::StrAppend(out, digits);
  // Keep a float recognisable as one.
  if (digits.find_first_of(".e") == absl::string_view::npos) *out += ".0";
}

void Append(const Value& value, std::string* out) {
  switch (value.kind()) {
    case Value::Kind::kNull:
      *out += "null";
      return;
    case Value::Kind::kBool:
      *out += value.boolean() ? "true" : "false";
      return;
    case Value::Kind::kInt:
      absl::StrAppend(out, value.integer());
      return;
    case Value::Kind::kFloat:
      AppendFloat(value.number(), out);
      return;
    case Value::Kind::kString:
      AppendString(value.string(), out);
      return;
    case Value::Kind::kList: {
      *out += '[';
      const char* separator = "";
      for (const Value& element : value.list()) {
        *out += std::exchange(separator, ", ");
        Append(element, out);
      }
      *out += ']';
      return;
    }
    case Value::Kind::kObject: {
      *out += '{';
      const char* separator = "";
      for (const Value::Field& field : value.object()) {
        *out += std::exchange(separator, ", ");
        AppendString(field.name, out);
        *out += ": ";
        Append(field.value, out);
      }
      *out += '}';
      return;
    }
  }
}

void AppendPretty(const Value& value, size_t indent, std::string* out) {
  std::string line;
  Append(value, &line);
  const bool has_parts =
      (value.is_list() && !value.list().empty()) || (value.is_object() && !value.object().empty());
  if (!has_parts || indent + line.size() <= kPrettyWidth) {
    *out += line;
    return;
  }
  const std::string inner(indent + 2, ' ');
  *out += value.is_list() ? "[" : "{";
  const char* separator = "\n";
  if (value.is_list()) {
    for (const Value& element : value.list()) {
      absl::StrAppend(out, std::exchange(separator, ",\n"), inner);
      AppendPretty(element, indent + 2, out);
    }
  } else {
    for (const Value::Field& field : value.object()) {
      absl::StrAppend(out, std::exchange(separator, ",\n"), inner);
      AppendString(field.name, out);
      *out += ": ";
      AppendPretty(field.value, indent + 2, out);
    }
  }
  absl::StrAppend(out, "\n", std::string(indent, ' '), value.is_list() ? "]" : "}");
}

}  // namespace

absl::StatusOr<Value> ParseJson(absl::string_view text, absl::string_view source) {
  Builder builder;
  if (nlohmann::json::sax_parse(text.data(), text.data() + text.size(), &builder)) {
    return builder.Take();
  }
  if (builder.error_offset() == std::string::npos) {
    // Our own complaint: the library does not say where it stands.
    return absl::InvalidArgumentError(
        absl::StrCat(source, source.empty() ? "" : ": ", builder.error()));
  }
  const size_t offset = builder.error_offset() == 0 ? 0 : builder.error_offset() - 1;
  return absl::InvalidArgumentError(
      absl::StrCat(Place(text, offset, source), "not JSON: ", builder.error()));
}

std::string WriteJson(const Value& value) {
  std::string out;
  Append(value, &out);
  return out;
}

std::string WriteJsonPretty(const Value& value, size_t indent) {
  std::string out;
  AppendPretty(value, indent, &out);
  return out;
}

absl::StatusOr<Value> ReadJsonFile(const std::string& path) {
  absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return text.status();
  return ParseJson(*text, path);
}

}  // namespace sturgeon
