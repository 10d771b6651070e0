#include "apps/result_table.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "apps/result_file.h"
#include "apps/trial_csv.h"
#include "core/json.h"
#include "core/value_reader.h"
#include "terminal/text.h"

namespace sturgeon {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

absl::Status Invalid(std::string message) { return absl::InvalidArgumentError(std::move(message)); }

std::string MarkdownText(const std::string& text) {
  return absl::StrReplaceAll(text, {{"|", "\\|"}, {"\n", " "}});
}

std::string Shown(double value) { return std::isnan(value) ? "-" : ShortNumber(value); }

int64_t Sum(const std::vector<int64_t>& numbers) {
  int64_t sum = 0;
  for (const int64_t number : numbers) sum += number;
  return sum;
}

Value NumberOrNull(double value) { return std::isnan(value) ? Value() : Value(value); }

}  // namespace

absl::StatusOr<std::vector<TableEntry>> EntriesFromValue(const Value& value,
                                                         const std::string& source) {
  if (!value.is_list()) {
    return Invalid(absl::StrCat(source, ": expected a list, got ", KindName(value.kind())));
  }
  std::vector<TableEntry> entries;
  for (size_t i = 0; i < value.list().size(); ++i) {
    TableEntry entry;
    ObjectReader reader(value.list()[i], absl::StrCat(source, ": [", i, "]"));
    entry.seed = reader.Required<int64_t>("seed");
    entry.path = reader.Required<std::string>("result");
    const Value labels = reader.Object("labels");
    for (const Value::Field& label : labels.object()) {
      std::string text;
      reader.Note(ReadValue(label.value, reader.Place(label.name), &text));
      entry.labels.emplace_back(label.name, std::move(text));
    }
    absl::Status status = reader.Finish();
    if (!status.ok()) return status;
    entries.push_back(std::move(entry));
  }
  return entries;
}

TableRow::Spread TableRow::spread() const {
  std::vector<double> sorted;
  for (const std::optional<double>& value : values) {
    if (value.has_value()) sorted.push_back(*value);
  }
  std::sort(sorted.begin(), sorted.end());
  Spread spread;
  const size_t n = sorted.size();
  spread.count = static_cast<int64_t>(n);
  if (n == 0) {
    spread.mean = spread.deviation = spread.least = spread.median = spread.greatest = kNaN;
    return spread;
  }
  for (const double value : sorted) spread.mean += value / static_cast<double>(n);
  double squares = 0;
  for (const double value : sorted) squares += (value - spread.mean) * (value - spread.mean);
  spread.deviation = n < 2 ? kNaN : std::sqrt(squares / static_cast<double>(n - 1));
  spread.least = sorted.front();
  spread.greatest = sorted.back();
  spread.median = n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
  return spread;
}

absl::StatusOr<ResultTable> MakeTable(const std::vector<TableEntry>& entries) {
  ResultTable table;
  for (const TableEntry& entry : entries) {
    const absl::StatusOr<ResultFile> result = ReadResultFile(entry.path);
    if (!result.ok()) return result.status();
    const std::vector<Objective>& objectives = result->config.objectives;
    if (objectives.size() != 1) {
      return Invalid(absl::StrCat(entry.path, ": a study of ", objectives.size(),
                                  " objectives has no one best value for a table"));
    }
    if (&entry == &entries.front()) table.objective = objectives[0];
    if (objectives[0].metric != table.objective.metric ||
        objectives[0].goal != table.objective.goal) {
      return Invalid(absl::StrCat(entry.path, ": it is to ", GoalName(objectives[0].goal), " ",
                                  objectives[0].metric, ", the first one to ",
                                  GoalName(table.objective.goal), " ", table.objective.metric,
                                  "; a table is of one objective"));
    }
    auto row = std::find_if(table.rows.begin(), table.rows.end(),
                            [&](const TableRow& other) { return other.labels == entry.labels; });
    if (row == table.rows.end()) {
      table.rows.emplace_back();
      row = table.rows.end() - 1;
      row->labels = entry.labels;
    }
    row->seeds.push_back(entry.seed);
    row->values.emplace_back();
    if (!result->best.empty()) row->values.back() = result->best[0].values[0];
    row->trials.push_back(static_cast<int64_t>(result->trials.size()));
    row->failed.push_back(
        std::count_if(result->trials.begin(), result->trials.end(),
                      [](const Trial& trial) { return trial.state == TrialState::kFailed; }));
  }
  return table;
}

std::string TableMarkdown(const ResultTable& table) {
  if (table.rows.empty()) return "";
  double best = kNaN;
  for (const TableRow& row : table.rows) {
    const double mean = row.spread().mean;
    if (std::isnan(best) || table.objective.Loss(mean) < table.objective.Loss(best)) best = mean;
  }
  std::string text = "|", rule = "|";
  for (const auto& label : table.rows[0].labels) {
    absl::StrAppend(&text, " ", MarkdownText(label.first), " |");
    rule += " --- |";
  }
  absl::StrAppend(&text, " ", MarkdownText(table.objective.metric),
                  " (mean ± sd) | median | least | greatest | seeds | trials | failed |\n", rule,
                  " --- | --- | --- | --- | --- | --- | --- |\n");
  for (const TableRow& row : table.rows) {
    const TableRow::Spread spread = row.spread();
    text += "|";
    for (const auto& label : row.labels)
      absl::StrAppend(&text, " ", MarkdownText(label.second), " |");
    const char* const mark = spread.mean == best ? "**" : "";
    absl::StrAppend(&text, " ", mark, Shown(spread.mean), mark);
    if (spread.count > 1) absl::StrAppend(&text, " ± ", Shown(spread.deviation));
    absl::StrAppend(&text, " | ", Shown(spread.median), " | ", Shown(spread.least), " | ",
                    Shown(spread.greatest), " | ", spread.count);
    if (spread.count < static_cast<int64_t>(row.seeds.size())) {
      absl::StrAppend(&text, " of ", row.seeds.size());
    }
    absl::StrAppend(&text, " | ", Sum(row.trials), " | ", Sum(row.failed), " |\n");
  }
  return text;
}

std::string TableCsv(const ResultTable& table) {
  if (table.rows.empty()) return "";
  std::vector<std::string> cells;
  for (const auto& label : table.rows[0].labels) cells.push_back(CsvText(label.first));
  cells.insert(cells.end(), {"seed", CsvText(table.objective.metric), "trials", "failed"});
  std::string text = absl::StrJoin(cells, ",") + "\n";
  for (const TableRow& row : table.rows) {
    for (size_t i = 0; i < row.seeds.size(); ++i) {
      cells.clear();
      for (const auto& label : row.labels) cells.push_back(CsvText(label.second));
      cells.push_back(absl::StrCat(row.seeds[i]));
      cells.push_back(row.values[i].has_value() ? WriteJson(*row.values[i]) : "");
      cells.push_back(absl::StrCat(row.trials[i]));
      cells.push_back(absl::StrCat(row.failed[i]));
      absl::StrAppend(&text, absl::StrJoin(cells, ","), "\n");
    }
  }
  return text;
}

Value TableJson(const ResultTable& table) {
  Value json;
  json.Set("metric", table.objective.metric);
  json.Set("goal", std::string(GoalName(table.objective.goal)));
  Value::List rows;
  for (const TableRow& row : table.rows) {
    Value entry, labels = Value::Object();
    for (const auto& label : row.labels) labels.Set(label.first, label.second);
    entry.Set("labels", std::move(labels));
    const TableRow::Spread spread = row.spread();
    entry.Set("mean", NumberOrNull(spread.mean));
    entry.Set("deviation", NumberOrNull(spread.deviation));
    entry.Set("median", NumberOrNull(spread.median));
    entry.Set("least", NumberOrNull(spread.least));
    entry.Set("greatest", NumberOrNull(spread.greatest));
    Value::List seeds;
    for (size_t i = 0; i < row.seeds.size(); ++i) {
      seeds.emplace_back(Value::Object{{"seed", row.seeds[i]},
                                       {"value", NumberOrNull(row.values[i].value_or(kNaN))},
                                       {"trials", row.trials[i]},
                                       {"failed", row.failed[i]}});
    }
    entry.Set("seeds", std::move(seeds));
    rows.push_back(std::move(entry));
  }
  json.Set("rows", std::move(rows));
  return json;
}

}  // namespace sturgeon
