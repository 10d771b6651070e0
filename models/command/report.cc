#include "models/command/report.h"

#include <cmath>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/json.h"
#include "core/value_reader.h"

namespace sturgeon {
namespace {

constexpr char kStep[] = "step";

// How many characters of the text's beginning are a word for what is not finite. (Outside strings,
// no word of JSON's begins like that.)
size_t NonFiniteWord(absl::string_view text) {
  const size_t sign = absl::StartsWith(text, "-") ? 1 : 0;
  for (const absl::string_view word : {"infinity", "inf", "nan"}) {
    if (absl::StartsWithIgnoreCase(text.substr(sign), word)) return sign + word.size();
  }
  return 0;
}

// The text with such words outside strings in quotes; empty: it has none.
std::string QuoteNonFinite(absl::string_view text) {
  std::string result;
  bool quoted = false, changed = false;
  for (size_t i = 0; i < text.size();) {
    const absl::string_view rest = text.substr(i);
    size_t size = quoted ? 0 : NonFiniteWord(rest);
    if (size > 0) {
      absl::StrAppend(&result, "\"", rest.substr(0, size), "\"");
      changed = true;
    } else {
      if (rest[0] == '"') quoted = !quoted;
      size = quoted && rest[0] == '\\' && rest.size() > 1 ? 2 : 1;
      absl::StrAppend(&result, rest.substr(0, size));
    }
    i += size;
  }
  return changed ? result : "";
}

absl::Status ReadMetric(const Value& value, absl::string_view name, double* metric) {
  if (value.is_number()) {
    *metric = value.number();
    return absl::OkStatus();
  }
  if (value.is_null()) {
    *metric = std::numeric_limits<double>::quiet_NaN();
    return absl::OkStatus();
  }
  // A number in quotes is most likely a mistake, and would be one tomorrow.
  if (value.is_string() && absl::SimpleAtod(value.string(), metric) && !std::isfinite(*metric)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(name, " is ", WriteJson(value), "; it must be a number"));
}

}  // namespace

absl::StatusOr<Value> ParseLenientJson(absl::string_view text) {
  absl::StatusOr<Value> value = ParseJson(text, "");
  if (value.ok()) return value;
  const std::string quoted = QuoteNonFinite(text);
  return quoted.empty() ? value : ParseJson(quoted, "");
}

absl::StatusOr<std::optional<Report>> ReportFromValue(const Value& value,
                                                      const std::vector<Metric>& metrics,
                                                      absl::string_view unit) {
  Report report;
  std::string there, missing;
  for (const Metric& metric : metrics) {
    const Value* const field = value.Find(metric.name);
    if (field == nullptr) {
      missing = metric.name;
      continue;
    }
    there = metric.name;
    report.metrics.push_back(0);
    absl::Status status = ReadMetric(*field, metric.name, &report.metrics.back());
    if (!status.ok()) return status;
  }
  if (there.empty()) return std::nullopt;
  if (!missing.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("there is ", there, ", but no ", missing,
                                                   ", which \"metrics\" names as well"));
  }
  const Value* step = value.Find(kStep);
  if (step == nullptr) step = value.Find(unit);
  if (step != nullptr) {
    int64_t number = 0;
    absl::Status status = ReadValue(*step, kStep, &number);
    if (status.ok() && number < 0) {
      status = absl::InvalidArgumentError(
          absl::StrCat(kStep, " is ", number, "; it must be at least 0"));
    }
    if (!status.ok()) return status;
    report.step = number;
  }
  const Value* const checkpoint = value.Find("checkpoint");
  if (checkpoint != nullptr && !checkpoint->is_null()) {
    absl::Status status = ReadValue(*checkpoint, "checkpoint", &report.checkpoint);
    if (!status.ok()) return status;
  }
  return report;
}

}  // namespace sturgeon
