#include "apps/trial_table.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/json.h"
#include "terminal/text.h"

namespace sturgeon {
namespace {

constexpr int kNumberWidth = 10;  // "-1.234e-05"
constexpr int kStateWidth = 8;
constexpr int kMostWidth = 24;  // of a name, or of a choice

int WidthOf(const Parameter& parameter) {
  if (parameter.is_categorical()) {
    int width = 1;
    for (size_t i = 0; i < parameter.choices.size(); ++i) {
      width = std::max(width, TextColumns(ShowValue(parameter, static_cast<double>(i))));
    }
    return width;
  }
  if (parameter.type == ParameterType::kFloat) return kNumberWidth;
  return std::max(TextColumns(ShowValue(parameter, parameter.low)),
                  TextColumns(ShowValue(parameter, parameter.high)));
}

}  // namespace

std::string ShowValue(const Parameter& parameter, double value) {
  if (std::isnan(value)) return "-";
  const Value shown = parameter.ToValue(value);
  if (shown.kind() == Value::Kind::kFloat) return ShortNumber(shown.number());
  return Elided(shown.is_string() ? shown.string() : WriteJson(shown), kMostWidth);
}

TrialTable::TrialTable(const StudyConfig& config, int64_t highest_id, int width) : config_(config) {
  const auto add = [&](const std::string& name, int needed) {
    heads_.push_back(Elided(name, std::max(needed, kMostWidth)));
    widths_.push_back(std::max(needed, TextColumns(heads_.back())));
  };
  add("trial", static_cast<int>(absl::StrCat(highest_id).size()));
  add("state", kStateWidth);
  for (const Objective& objective : config.objectives) add(objective.metric, kNumberWidth);
  int total = -2;
  for (const int column : widths_) total += column + 2;
  for (const Parameter& parameter : config.space.parameters()) {
    add(parameter.name, WidthOf(parameter));
    total += widths_.back() + 2;
    if (width > 0 && total > width) {
      heads_.pop_back();
      widths_.pop_back();
      break;
    }
    ++shown_;
  }
}

std::string TrialTable::Line(const std::vector<std::string>& cells) const {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    const std::string blank(std::max(0, widths_[i] - TextColumns(cells[i])), ' ');
    // The state is text; all else stands at the right.
    absl::StrAppend(&line, i > 0 ? "  " : "", i == 1 ? "" : blank, cells[i], i == 1 ? blank : "");
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

std::string TrialTable::Header() const { return Line(heads_); }

std::string TrialTable::Row(const Trial& trial) const {
  std::vector<std::string> cells = {absl::StrCat(trial.id),
                                    std::string(TrialStateName(trial.state))};
  for (size_t k = 0; k < config_.objectives.size(); ++k) {
    cells.push_back(k < trial.values.size() ? ShortNumber(trial.values[k]) : "-");
  }
  for (int i = 0; i < shown_; ++i) {
    cells.push_back(trial.point.empty() ? "-" : ShowValue(config_.space[i], trial.point[i]));
  }
  return Line(cells);
}

}  // namespace sturgeon
