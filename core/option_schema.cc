#include "core/option_schema.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "core/json.h"
#include "core/suggest.h"

namespace sturgeon {
namespace {

// The pieces of `text` between commas that stand outside brackets and quotes.
std::vector<absl::string_view> SplitOutside(absl::string_view text) {
  std::vector<absl::string_view> pieces;
  int depth = 0;
  bool quoted = false;
  size_t start = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      --depth;
    } else if (c == ',' && depth <= 0) {
      pieces.push_back(text.substr(start, i - start));
      start = i + 1;
    }
  }
  pieces.push_back(text.substr(std::min(start, text.size())));
  return pieces;
}

}  // namespace

absl::Status ReadValue(const Value& value, absl::string_view where, PluginSpec* out) {
  if (value.is_string()) {
    *out = {value.string(), Value::Object()};
    return absl::OkStatus();
  }
  if (!value.is_object()) {
    return absl::InvalidArgumentError(absl::StrCat(
        where, ": expected a name or an object with a \"name\", got ", KindName(value.kind())));
  }
  PluginSpec spec;
  for (const Value::Field& field : value.object()) {
    if (field.name != "name") {
      spec.options.Set(field.name, field.value);
      continue;
    }
    absl::Status status = ReadValue(field.value, absl::StrCat(where, ": name"), &spec.name);
    if (!status.ok()) return status;
  }
  if (spec.name.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(where, ": the field \"name\" is missing"));
  }
  *out = std::move(spec);
  return absl::OkStatus();
}

absl::Status ReadValue(const Value& value, absl::string_view where, std::vector<std::string>* out) {
  if (!value.is_list()) {
    return absl::InvalidArgumentError(
        absl::StrCat(where, ": expected a list of strings, got ", KindName(value.kind())));
  }
  std::vector<std::string> texts(value.list().size());
  for (size_t i = 0; i < texts.size(); ++i) {
    absl::Status status = ReadValue(value.list()[i], absl::StrCat(where, "[", i, "]"), &texts[i]);
    if (!status.ok()) return status;
  }
  *out = std::move(texts);
  return absl::OkStatus();
}

absl::Status ReadValue(const Value& value, absl::string_view where, Value* out) {
  if (value.kind() != out->kind()) {
    return absl::InvalidArgumentError(absl::StrCat(where, ": expected ", KindName(out->kind()),
                                                   ", got ", KindName(value.kind())));
  }
  *out = value;
  return absl::OkStatus();
}

Value ToValue(const PluginSpec& spec) {
  if (spec.options.object().empty()) return spec.name;
  Value value;
  value.Set("name", spec.name);
  for (const Value::Field& field : spec.options.object()) value.Set(field.name, field.value);
  return value;
}

absl::StatusOr<Value> ParseAssignments(absl::string_view text) {
  Value result = Value::Object();
  if (absl::StripAsciiWhitespace(text).empty()) return result;
  for (absl::string_view piece : SplitOutside(text)) {
    const size_t equals = piece.find('=');
    const absl::string_view name = absl::StripAsciiWhitespace(piece.substr(0, equals));
    if (equals == absl::string_view::npos || name.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", piece, "\" is no option; write name=value, separated by commas"));
    }
    if (result.Find(name) != nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("the option \"", name, "\" is given twice"));
    }
    const absl::string_view written = absl::StripAsciiWhitespace(piece.substr(equals + 1));
    absl::StatusOr<Value> parsed = ParseJson(written, "");
    result.Set(name, parsed.ok() ? *std::move(parsed) : Value(std::string(written)));
  }
  return result;
}

namespace schema_internal {

std::string ShowDefault(const Value& value) { return WriteJson(value); }

absl::Status OutOfRange(absl::string_view where, const Value& value, absl::string_view range) {
  return absl::InvalidArgumentError(
      absl::StrCat(where, ": ", WriteJson(value), " is out of range; it must be ", range));
}

absl::Status CheckKnown(const Value& options, absl::string_view where,
                        const std::vector<OptionInfo>& known) {
  if (!options.is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat(where, ": expected an object of options, got ", KindName(options.kind())));
  }
  for (const Value::Field& field : options.object()) {
    const auto matches = [&field](const OptionInfo& info) { return info.name == field.name; };
    if (std::any_of(known.begin(), known.end(), matches)) continue;
    std::vector<std::string> names;
    for (const OptionInfo& info : known) names.push_back(info.name);
    return absl::InvalidArgumentError(
        absl::StrCat(where, ": ", UnknownName("option", field.name, names)));
  }
  return absl::OkStatus();
}

}  // namespace schema_internal
}  // namespace sturgeon
