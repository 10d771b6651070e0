#include "apps/hyperparameters.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "apps/trial_csv.h"
#include "core/json.h"
#include "core/space_json.h"

namespace sturgeon {
namespace {

absl::StatusOr<Trial> BestOf(const ResultFile& result) {
  if (result.config.objectives.size() > 1) {
    return absl::FailedPreconditionError(
        absl::StrCat(result.config.name, " has several objectives, and so no one best trial"));
  }
  if (result.best.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat(result.config.name, ": no trial is complete and feasible"));
  }
  return result.best.front();
}

// "learning_rate" is kLearningRate.
std::string ConstantName(const std::string& parameter) {
  std::string name = "k";
  bool capital = true;
  for (const char c : parameter) {
    if (!absl::ascii_isalnum(c)) {
      capital = true;
      continue;
    }
    name += capital ? absl::ascii_toupper(c) : c;
    capital = false;
  }
  return name;
}

// "a/b.h" is A_B_H_.
std::string Guard(const std::string& path) {
  std::string guard = "STURGEON_";
  for (const char c : path) guard += absl::ascii_isalnum(c) ? absl::ascii_toupper(c) : '_';
  return guard + "_";
}

bool AllChoices(const Parameter& parameter, bool (*holds)(const Value&)) {
  return std::all_of(parameter.choices.begin(), parameter.choices.end(), holds);
}

std::string TypeOf(const Parameter& parameter) {
  const auto is_int = [](const Value& value) { return value.kind() == Value::Kind::kInt; };
  const auto is_bool = [](const Value& value) { return value.is_bool(); };
  const auto is_number = [](const Value& value) { return value.is_number(); };
  if (!parameter.is_categorical()) {
    return parameter.type == ParameterType::kInt ? "std::int64_t" : "double";
  }
  if (AllChoices(parameter, is_bool)) return "bool";
  if (AllChoices(parameter, is_int)) return "std::int64_t";
  return AllChoices(parameter, is_number) ? "double" : "std::string_view";
}

std::string Literal(const Parameter& parameter, double value, const std::string& type) {
  if (type == "std::string_view") {
    return absl::StrCat("\"", absl::CEscape(CsvCell(parameter, value)), "\"");
  }
  return WriteJson(parameter.ToValue(value));
}

}  // namespace

absl::StatusOr<Value> BestParameters(const ResultFile& result) {
  const absl::StatusOr<Trial> best = BestOf(result);
  if (!best.ok()) return best.status();
  return PointToValue(result.config.space, best->point);
}

absl::StatusOr<std::string> HyperparametersHeader(const ResultFile& result, const std::string& path,
                                                  const std::string& name_space) {
  const absl::StatusOr<Trial> best = BestOf(result);
  if (!best.ok()) return best.status();
  const std::string guard = Guard(path);
  // A name with a line's end in it would end the comment.
  std::string text =
      absl::StrCat("// The best hyperparameters of the study ", absl::CEscape(result.config.name),
                   ". Generated: do not edit.\n#ifndef ", guard, "\n#define ", guard,
                   "\n\n#include <cstdint>\n#include <optional>\n#include <string_view>\n\n");
  if (!name_space.empty()) absl::StrAppend(&text, "namespace ", name_space, " {\n\n");
  std::map<std::string, std::string> names;
  for (const Parameter& parameter : result.config.space.parameters()) {
    const std::string name = ConstantName(parameter.name);
    const auto [before, fresh] = names.emplace(name, parameter.name);
    if (!fresh || name == "k") {
      return absl::InvalidArgumentError(absl::StrCat(
          result.config.name, ": ", parameter.name, " cannot be a constant of C++: ",
          fresh ? "its name has neither letter nor digit"
                : absl::StrCat("it would be ", name, ", which ", before->second, " is")));
    }
    const double value = best->point[*result.config.space.Find(parameter.name)];
    const std::string type = TypeOf(parameter);
    const bool optional = parameter.condition.has_value();
    absl::StrAppend(&text, "inline constexpr ", optional ? "std::optional<" : "", type,
                    optional ? "> " : " ", name, " = ",
                    std::isnan(value) ? "std::nullopt" : Literal(parameter, value, type), ";\n");
  }
  if (!name_space.empty()) absl::StrAppend(&text, "\n}  // namespace ", name_space, "\n");
  return absl::StrCat(text, "\n#endif  // ", guard, "\n");
}

}  // namespace sturgeon
