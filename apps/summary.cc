#include "apps/summary.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "apps/importance_table.h"
#include "core/importance.h"
#include "core/json.h"
#include "core/spending.h"
#include "terminal/text.h"

namespace sturgeon {
namespace {

constexpr size_t kMostShown = 5;

std::string Count(int64_t n, const char* what) {
  return absl::StrCat(n, " ", what, n == 1 ? "" : "s");
}

bool CutOff(const Trial& trial) { return trial.failure == FailureKind::kCancelled; }

// How the run went.
std::string Heading(const Study& study, const std::vector<Trial>& trials, const RunSummary& run) {
  int64_t cut_off = 0;
  for (const Trial& trial : trials) cut_off += CutOff(trial);
  const Study::Counts counts = study.counts();
  std::string text =
      absl::StrCat(study.config().name, ": ", Count(counts.complete, "trial"), " complete");
  if (counts.stopped > 0) absl::StrAppend(&text, ", ", counts.stopped, " stopped early");
  if (counts.failed > cut_off) absl::StrAppend(&text, ", ", counts.failed - cut_off, " failed");
  if (cut_off > 0) absl::StrAppend(&text, ", ", cut_off, " cut off");
  absl::StrAppend(&text, ", in ", ShortDuration(run.elapsed));
  switch (run.end) {
    case RunEnd::kTrials:
      break;
    case RunEnd::kBudget:
      text += "; the budget is spent";
      break;
    case RunEnd::kExhausted:
      text += "; the strategy has nothing more to try";
      break;
    case RunEnd::kTimeLimit:
      text += "; the time was over";
      break;
    case RunEnd::kCancelled:
      text += "; interrupted";
      break;
  }
  return text + "\n";
}

// The complete and feasible trials, the best first; of several objectives the Pareto front, from
// one end to the other.
std::vector<Trial> Leaders(const Study& study, std::vector<Trial> trials) {
  const StudyConfig& config = study.config();
  if (config.objectives.size() > 1) trials = study.ParetoFront();
  trials.erase(std::remove_if(trials.begin(), trials.end(),
                              [](const Trial& trial) {
                                return trial.state != TrialState::kComplete || !trial.feasible();
                              }),
               trials.end());
  std::stable_sort(trials.begin(), trials.end(), [&](const Trial& a, const Trial& b) {
    return config.objectives[0].Loss(a.values[0]) < config.objectives[0].Loss(b.values[0]);
  });
  return trials;
}

std::string ShowValue(const Parameter& parameter, double value) {
  if (std::isnan(value)) return "-";
  const Value shown = parameter.ToValue(value);
  if (shown.kind() == Value::Kind::kFloat) return ShortNumber(shown.number());
  std::string text = shown.is_string() ? shown.string() : WriteJson(shown);
  if (text.size() > 16) text = text.substr(0, 13) + "...";
  return text;
}

using Column = std::vector<std::string>;

// Columns side by side: the first is flush left, the others right. Those that do not fit into
// `width` are left out, except the first two.
std::string Table(const std::vector<Column>& columns, int width) {
  std::vector<std::string> lines(columns[0].size());
  size_t total = 2;
  for (size_t c = 0; c < columns.size(); ++c) {
    size_t widest = 0;
    for (const std::string& cell : columns[c]) widest = std::max(widest, cell.size());
    total += widest + (c > 0 ? 2 : 0);
    if (c > 1 && total > static_cast<size_t>(std::max(0, width))) break;
    for (size_t row = 0; row < lines.size(); ++row) {
      const std::string& cell = columns[c][row];
      const std::string blank(widest - cell.size(), ' ');
      absl::StrAppend(&lines[row], c > 0 ? blank : "", "  ", cell, c > 0 ? "" : blank);
    }
  }
  std::string text;
  for (const std::string& line : lines) absl::StrAppend(&text, line, "\n");
  return text;
}

// The constraints on metrics that no objective and no constraint before shows.
std::vector<const MetricConstraint*> ShownConstraints(const StudyConfig& config) {
  std::vector<const MetricConstraint*> shown;
  for (const MetricConstraint& constraint : config.constraints) {
    const bool repeated =
        std::any_of(config.objectives.begin(), config.objectives.end(),
                    [&](const Objective& other) { return other.metric == constraint.metric; }) ||
        std::any_of(shown.begin(), shown.end(), [&](const MetricConstraint* other) {
          return other->metric == constraint.metric;
        });
    if (!repeated) shown.push_back(&constraint);
  }
  return shown;
}

// At most kMostShown of a front, as evenly spaced as can be, both ends among them.
std::vector<Trial> Spread(const std::vector<Trial>& front) {
  if (front.size() <= kMostShown) return front;
  std::vector<Trial> spread;
  for (size_t k = 0; k < kMostShown; ++k) {
    spread.push_back(front[(k * (front.size() - 1) + (kMostShown - 1) / 2) / (kMostShown - 1)]);
  }
  return spread;
}

std::string LeaderTable(const StudyConfig& config, const std::vector<Trial>& leaders, int width) {
  std::vector<Column> columns(1);
  columns[0].push_back("trial");
  for (const Objective& objective : config.objectives) columns[0].push_back(objective.metric);
  const std::vector<const MetricConstraint*> constraints = ShownConstraints(config);
  for (const MetricConstraint* constraint : constraints) columns[0].push_back(constraint->metric);
  for (const Parameter& parameter : config.space.parameters()) {
    columns[0].push_back(parameter.name);
  }
  for (size_t i = 0; i < std::min(kMostShown, leaders.size()); ++i) {
    Column column = {absl::StrCat(leaders[i].id)};
    for (const double value : leaders[i].values) column.push_back(ShortNumber(value));
    for (const MetricConstraint* constraint : constraints) {
      const double excess = leaders[i].constraints[constraint - config.constraints.data()];
      column.push_back(ShortNumber(constraint->MetricOf(excess)));
    }
    for (int p = 0; p < config.space.size(); ++p) {
      column.push_back(ShowValue(config.space[p], leaders[i].point[p]));
    }
    columns.push_back(std::move(column));
  }
  return Table(columns, width);
}

std::string WhatMattered(const StudyConfig& config, const std::vector<Trial>& trials) {
  const absl::StatusOr<ImportanceReport> report = Importance(config, trials);
  if (!report.ok() || report->trials < kFewestTrials) return "";
  const std::string table = ShortImportanceTable(config, *report);
  if (table.empty()) return "\nWhat mattered: these trials do not tell\n";
  return absl::StrCat(
      "\nWhat mattered",
      config.objectives.size() > 1 ? absl::StrCat(" for ", config.objectives[0].metric) : "",
      " (share of the variation explained)\n", table);
}

std::string ShowSpent(const Spent& spent, const StudyConfig& config) {
  std::string text = Count(spent.steps, config.unit.c_str());
  absl::StrAppend(&text, ", ", ShortDuration(absl::Seconds(spent.seconds)), " of training");
  if (!config.budget.cost_metric.empty()) {
    absl::StrAppend(&text, ", ", config.budget.cost_metric, " ", ShortNumber(spent.cost));
  }
  return text;
}

// What was spent, and how the best value came down with it.
std::string SpentTable(const StudyConfig& config, const std::vector<Trial>& trials, int width) {
  Spending spending(config);
  for (const Trial& trial : trials) {
    if (trial.finished()) spending.Add(trial);
  }
  std::string text = absl::StrCat("\nSpent: ", ShowSpent(spending.total(), config), "\n");
  const auto& improvements = spending.improvements();
  if (improvements.size() < 2) return text;
  std::vector<Column> columns = {
      {config.unit + "s"}, {"seconds"}, {config.objectives[0].metric}, {"trial"}};
  const bool has_cost = !config.budget.cost_metric.empty();
  if (has_cost) columns.insert(columns.begin() + 2, {config.budget.cost_metric});
  // The first ones and the last ones.
  constexpr size_t kFirst = 2;
  for (size_t i = 0; i < improvements.size(); ++i) {
    if (i >= kFirst && i + (kMostShown - kFirst) < improvements.size()) continue;
    const Spending::Improvement& one = improvements[i];
    size_t c = 0;
    columns[c++].push_back(absl::StrCat(one.spent.steps));
    columns[c++].push_back(ShortNumber(one.spent.seconds));
    if (has_cost) columns[c++].push_back(ShortNumber(one.spent.cost));
    columns[c++].push_back(ShortNumber(one.value));
    columns[c++].push_back(absl::StrCat(one.trial));
  }
  return absl::StrCat(text, Table(columns, width));
}

// The failures that are no cut-offs, by kind.
std::string Failures(const std::vector<Trial>& trials, const std::string& first) {
  if (first.empty()) return "";
  int64_t n = 0;
  for (const Trial& trial : trials) n += trial.state == TrialState::kFailed && !CutOff(trial);
  return absl::StrCat("\n", Count(n, "trial"), " failed", n > 1 ? "; the first, " : ": ", first,
                      "\n");
}

}  // namespace

std::string FirstFailure(const Study& study) {
  for (const Trial& trial : study.Trials()) {
    if (trial.state == TrialState::kFailed && !CutOff(trial)) {
      return absl::StrCat("trial ", trial.id, ": ", FailureKindName(trial.failure),
                          trial.reason.empty() ? "" : ": ", trial.reason);
    }
  }
  return "";
}

std::string StudySummary(const Study& study, const RunSummary& run, int width) {
  const StudyConfig& config = study.config();
  const std::vector<Trial> trials = study.Trials();
  std::string text = Heading(study, trials, run);
  const std::vector<Trial> leaders = Leaders(study, trials);
  if (!leaders.empty() && config.objectives.size() == 1) {
    absl::StrAppend(&text, "\nBest: trial ", leaders[0].id, ", ", config.objectives[0].metric, " ",
                    ShortNumber(leaders[0].values[0]), "\n", LeaderTable(config, leaders, width));
  } else if (!leaders.empty()) {
    const std::vector<Trial> shown = Spread(leaders);
    absl::StrAppend(
        &text, "\nPareto front: ", Count(leaders.size(), "trial"),
        shown.size() < leaders.size() ? absl::StrCat("; ", shown.size(), " of them") : "", "\n",
        LeaderTable(config, shown, width));
  }
  if (leaders.empty() && study.counts().complete > 0) {
    text += "\nNo trial keeps every constraint.\n";
  }
  if (config.max_steps > 1 || config.budget.limited() || !config.budget.cost_metric.empty()) {
    text += SpentTable(config, trials, width);
  }
  text += WhatMattered(config, trials);
  text += Failures(trials, FirstFailure(study));
  return text;
}

}  // namespace sturgeon
