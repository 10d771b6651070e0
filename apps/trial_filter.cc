#include "apps/trial_filter.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "apps/trial_csv.h"
#include "core/suggest.h"

namespace sturgeon {
namespace {

absl::Status Invalid(std::string message) { return absl::InvalidArgumentError(std::move(message)); }

void SkipBlanks(absl::string_view* text) { *text = absl::StripLeadingAsciiWhitespace(*text); }

}  // namespace

absl::StatusOr<TrialFilter> TrialFilter::Create(const StudyConfig& config, absl::string_view states,
                                                absl::string_view where) {
  TrialFilter filter;
  for (const absl::string_view part : absl::StrSplit(states, ',', absl::SkipWhitespace())) {
    const std::string name(absl::StripAsciiWhitespace(part));
    const std::optional<TrialState> state = TrialStateFromName(name);
    if (!state.has_value()) {
      return Invalid(absl::StrCat(
          "--state: ",
          UnknownName("state", name, {"complete", "stopped", "failed", "running", "waiting"})));
    }
    filter.states_.push_back(*state);
  }
  while (!absl::StripAsciiWhitespace(where).empty()) {
    absl::StatusOr<Comparison> comparison = ParseComparison(config, &where);
    if (!comparison.ok()) {
      return Invalid(absl::StrCat("--where: ", comparison.status().message()));
    }
    filter.conditions_.push_back(*comparison);
  }
  return filter;
}

absl::StatusOr<TrialFilter::Comparison> TrialFilter::ParseComparison(const StudyConfig& config,
                                                                     absl::string_view* text) {
  SkipBlanks(text);
  const absl::string_view whole = *text;
  // The longest known name that the text begins with, so that names may hold anything.
  std::vector<std::string> names = {"id", "seconds"};
  std::vector<std::pair<Source, size_t>> sources = {{Source::kId, 0}, {Source::kSeconds, 0}};
  for (int i = 0; i < config.space.size(); ++i) {
    names.push_back(config.space[i].name);
    sources.emplace_back(Source::kParameter, i);
  }
  for (size_t i = 0; i < config.objectives.size(); ++i) {
    names.push_back(config.objectives[i].metric);
    sources.emplace_back(Source::kObjective, i);
  }
  for (size_t i = 0; i < config.metrics.size(); ++i) {
    names.push_back(config.metrics[i]);
    sources.emplace_back(Source::kMetric, i);
  }
  constexpr std::pair<const char*, Operator> kOperators[] = {
      {"<=", Operator::kLessEqual}, {">=", Operator::kGreaterEqual}, {"!=", Operator::kNotEqual},
      {"==", Operator::kEqual},     {"<", Operator::kLess},          {">", Operator::kGreater},
      {"=", Operator::kEqual}};
  std::optional<size_t> found;
  std::optional<Operator> op;
  absl::string_view rest;
  for (size_t i = 0; i < names.size(); ++i) {
    if (!absl::StartsWith(whole, names[i])) continue;
    if (found.has_value() && names[i].size() <= names[*found].size()) continue;
    absl::string_view behind = whole.substr(names[i].size());
    SkipBlanks(&behind);
    for (const auto& [sign, meaning] : kOperators) {
      if (!absl::StartsWith(behind, sign)) continue;
      found = i;
      op = meaning;
      rest = behind.substr(std::string(sign).size());
      break;
    }
  }
  if (!found.has_value()) {
    const size_t end = whole.find_first_of("<>=!");
    if (end == absl::string_view::npos || end == 0) {
      return Invalid(absl::StrCat("\"", whole, "\" is no comparison; write one such as ",
                                  names[2 % names.size()], "<0.1"));
    }
    const std::string name(absl::StripAsciiWhitespace(whole.substr(0, end)));
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return Invalid(UnknownName("name", name, names));
  }
  Comparison comparison = {sources[*found].first, sources[*found].second, *op, 0};
  SkipBlanks(&rest);
  const std::string& name = names[*found];
  if (comparison.source == Source::kParameter && config.space[comparison.index].is_categorical()) {
    const Parameter& parameter = config.space[comparison.index];
    if (*op != Operator::kEqual && *op != Operator::kNotEqual) {
      return Invalid(absl::StrCat(name, " is a choice, and choices have no order; write = or !="));
    }
    // Choices may hold commas: the longest that fits.
    std::optional<size_t> choice;
    std::vector<std::string> known;
    size_t length = 0;
    for (size_t i = 0; i < parameter.choices.size(); ++i) {
      known.push_back(CsvCell(parameter, static_cast<double>(i)));
      if (!absl::StartsWith(rest, known[i])) continue;
      const absl::string_view behind =
          absl::StripLeadingAsciiWhitespace(rest.substr(known[i].size()));
      const bool ends = behind.empty() || behind[0] == ',';
      if (ends && (!choice.has_value() || known[i].size() > length)) {
        choice = i;
        length = known[i].size();
      }
    }
    if (!choice.has_value()) {
      return Invalid(absl::StrCat(
          name, ": ",
          UnknownName("choice", absl::StripAsciiWhitespace(rest.substr(0, rest.find(','))),
                      known)));
    }
    comparison.value = static_cast<double>(*choice);
    rest.remove_prefix(length);
  } else {
    const absl::string_view number = absl::StripAsciiWhitespace(rest.substr(0, rest.find(',')));
    if (!absl::SimpleAtod(number, &comparison.value) || std::isnan(comparison.value)) {
      return Invalid(
          absl::StrCat("\"", number, "\" is no number, which ", name, " is compared with"));
    }
    rest.remove_prefix(std::min(rest.find(','), rest.size()));
  }
  SkipBlanks(&rest);
  if (!rest.empty()) rest.remove_prefix(1);  // the comma
  *text = rest;
  return comparison;
}

bool TrialFilter::Keeps(const Trial& trial) const {
  if (!states_.empty() && std::find(states_.begin(), states_.end(), trial.state) == states_.end()) {
    return false;
  }
  for (const Comparison& comparison : conditions_) {
    double value = std::numeric_limits<double>::quiet_NaN();
    switch (comparison.source) {
      case Source::kId:
        value = static_cast<double>(trial.id);
        break;
      case Source::kSeconds:
        if (trial.finished()) value = trial.seconds;
        break;
      case Source::kParameter:
        if (comparison.index < trial.point.size()) value = trial.point[comparison.index];
        break;
      case Source::kObjective:
        if (comparison.index < trial.values.size()) value = trial.values[comparison.index];
        break;
      case Source::kMetric:
        if (!trial.reports.empty()) {
          const auto last = trial.reports.values(trial.reports.size() - 1);
          if (comparison.index < last.size()) value = last[comparison.index];
        }
        break;
    }
    if (std::isnan(value)) return false;
    bool holds = false;
    switch (comparison.op) {
      case Operator::kLess:
        holds = value < comparison.value;
        break;
      case Operator::kLessEqual:
        holds = value <= comparison.value;
        break;
      case Operator::kGreater:
        holds = value > comparison.value;
        break;
      case Operator::kGreaterEqual:
        holds = value >= comparison.value;
        break;
      case Operator::kEqual:
        holds = value == comparison.value;
        break;
      case Operator::kNotEqual:
        holds = value != comparison.value;
        break;
    }
    if (!holds) return false;
  }
  return true;
}

}  // namespace sturgeon
