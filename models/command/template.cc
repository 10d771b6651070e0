#include "models/command/template.h"

#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sturgeon {

absl::StatusOr<Template> Template::Parse(absl::string_view text) {
  constexpr char kRemedy[] = "write {{ and }} for braces that are no placeholder's";
  Template result;
  result.text_ = std::string(text);
  std::string literal;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '{' && c != '}') {
      literal += c;
      continue;
    }
    if (i + 1 < text.size() && text[i + 1] == c) {
      literal += c;
      ++i;
      continue;
    }
    const size_t end = c == '{' ? text.find_first_of("{}", i + 1) : absl::string_view::npos;
    if (end == absl::string_view::npos || text[end] == '{') {
      return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" has a '", std::string(1, c),
                                                     "' without its partner; ", kRemedy));
    }
    const absl::string_view inside = text.substr(i + 1, end - i - 1);
    Placeholder placeholder;
    const size_t colon = inside.find(':');
    placeholder.name = std::string(inside.substr(0, colon));
    if (colon != absl::string_view::npos) {
      placeholder.fallback = std::string(inside.substr(colon + 1));
    } else if (!placeholder.name.empty() && placeholder.name.back() == '?') {
      placeholder.optional = true;
      placeholder.name.pop_back();
    }
    if (placeholder.name.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", text, "\" has a placeholder without a name; ", kRemedy));
    }
    result.literals_.push_back(std::exchange(literal, ""));
    result.placeholders_.push_back(std::move(placeholder));
    i = end;
  }
  result.literals_.push_back(std::move(literal));
  return result;
}

absl::StatusOr<std::optional<std::string>> Template::Render(
    const std::function<std::optional<std::string>(const std::string& name)>& value) const {
  std::string result = literals_[0];
  bool left_out = false;
  for (size_t i = 0; i < placeholders_.size(); ++i) {
    std::optional<std::string> filled = value(placeholders_[i].name);
    if (!filled.has_value()) filled = placeholders_[i].fallback;
    if (!filled.has_value() && !placeholders_[i].optional) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", text_, "\": there is no value for {", placeholders_[i].name, "}"));
    }
    left_out = left_out || !filled.has_value();
    absl::StrAppend(&result, filled.value_or(""), literals_[i + 1]);
  }
  if (left_out) return std::nullopt;
  return std::optional<std::string>(std::move(result));
}

}  // namespace sturgeon
