#include "apps/trial_csv.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "core/json.h"
#include "core/result.h"
#include "core/result_reader.h"
#include "core/suggest.h"

namespace sturgeon {
namespace {

constexpr char kValues[] = "values.";
constexpr char kParams[] = "params.";
constexpr const char* kLastColumns[] = {"budget",  "resume_from", "failure",     "reason",
                                        "started", "seconds",     "constraints", "reports"};

std::string Raw(const Value& value) {
  return value.is_string() ? value.string() : WriteJson(value);
}

// Whether the choices' texts tell them apart.
bool Plain(const Parameter& parameter) {
  std::vector<std::string> texts;
  for (const Value& choice : parameter.choices) texts.push_back(Raw(choice));
  std::sort(texts.begin(), texts.end());
  return std::adjacent_find(texts.begin(), texts.end()) == texts.end() &&
         (texts.empty() || !texts.front().empty());
}

std::string ChoiceCell(const Parameter& parameter, const Value& choice) {
  return Plain(parameter) ? Raw(choice) : WriteJson(choice);
}

std::string Line(const std::vector<std::string>& cells) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    absl::StrAppend(&line, i > 0 ? "," : "", CsvText(cells[i]));
  }
  return line + "\r\n";
}

struct Row {
  size_t line = 0;  // on which it begins, from 1
  std::vector<std::string> cells;
};

// Takes the next row off the text, which holds one.
absl::StatusOr<Row> TakeRow(absl::string_view* text, size_t* line) {
  Row row;
  row.line = *line;
  std::string cell;
  size_t i = 0;
  const auto at = [&](size_t k) { return k < text->size() ? (*text)[k] : '\0'; };
  for (;;) {
    if (at(i) == '"' && i < text->size()) {
      for (++i;; ++i) {
        if (i >= text->size()) {
          return absl::InvalidArgumentError(absl::StrCat(row.line, ": a quote does not close"));
        }
        if (at(i) == '\n') ++*line;
        if (at(i) != '"') {
          cell += at(i);
        } else if (at(i + 1) == '"') {
          cell += '"';
          ++i;
        } else {
          ++i;
          break;
        }
      }
      if (i < text->size() && at(i) != ',' && at(i) != '\r' && at(i) != '\n') {
        return absl::InvalidArgumentError(
            absl::StrCat(*line, ": text behind a closing quote; double the quotes within a cell"));
      }
    } else {
      while (i < text->size() && at(i) != ',' && at(i) != '\n' && at(i) != '\r') cell += at(i++);
    }
    row.cells.push_back(std::move(cell));
    cell.clear();
    if (i < text->size() && at(i) == ',') {
      ++i;
      continue;
    }
    if (at(i) == '\r') ++i;
    if (at(i) == '\n') ++i;
    ++*line;
    text->remove_prefix(std::min(i, text->size()));
    return row;
  }
}

// A number as it is written; text stays text, and is refused where a number is wanted.
Value Number(const std::string& cell) {
  int64_t whole = 0;
  if (absl::SimpleAtoi(cell, &whole)) return whole;
  double number = 0;
  if (absl::SimpleAtod(cell, &number)) return number;
  return cell;
}

// The column's part of the trial as TrialToValue would write it.
absl::Status AddCell(const StudyConfig& config, const std::string& column, const std::string& cell,
                     Value* trial, Value* params, std::vector<std::optional<Value>>* values) {
  if (cell.empty()) return absl::OkStatus();
  if (absl::StartsWith(column, kParams)) {
    const std::string name = column.substr(sizeof(kParams) - 1);
    const Parameter& parameter = config.space[*config.space.Find(name)];
    if (!parameter.is_categorical()) {
      params->Set(name, Number(cell));
      return absl::OkStatus();
    }
    std::vector<std::string> known;
    for (const Value& choice : parameter.choices) {
      known.push_back(ChoiceCell(parameter, choice));
      if (known.back() == cell) {
        params->Set(name, choice);
        return absl::OkStatus();
      }
    }
    return absl::InvalidArgumentError(absl::StrCat(name, ": ", UnknownName("choice", cell, known)));
  }
  if (absl::StartsWith(column, kValues)) {
    const std::string name = column.substr(sizeof(kValues) - 1);
    for (size_t k = 0; k < config.objectives.size(); ++k) {
      if (config.objectives[k].metric == name) (*values)[k] = Number(cell);
    }
    return absl::OkStatus();
  }
  if (column == "constraints" || column == "reports") {
    absl::StatusOr<Value> json = ParseJson(cell, column);
    if (!json.ok()) return json.status();
    trial->Set(column, *std::move(json));
    return absl::OkStatus();
  }
  const bool text = column == "state" || column == "failure" || column == "reason";
  trial->Set(column, text ? Value(cell) : Number(cell));
  return absl::OkStatus();
}

std::vector<std::string> Columns(const StudyConfig& config) {
  std::vector<std::string> columns = {"id", "state"};
  for (const Objective& objective : config.objectives) {
    columns.push_back(absl::StrCat(kValues, objective.metric));
  }
  for (const Parameter& parameter : config.space.parameters()) {
    columns.push_back(absl::StrCat(kParams, parameter.name));
  }
  columns.insert(columns.end(), std::begin(kLastColumns), std::end(kLastColumns));
  return columns;
}

}  // namespace

std::string CsvText(absl::string_view cell) {
  const bool blank_ends = !cell.empty() && (cell.front() == ' ' || cell.back() == ' ');
  if (cell.find_first_of(",\"\r\n") == absl::string_view::npos && !blank_ends) {
    return std::string(cell);
  }
  return absl::StrCat("\"", absl::StrReplaceAll(cell, {{"\"", "\"\""}}), "\"");
}

std::string CsvCell(const Parameter& parameter, double value) {
  if (std::isnan(value)) return "";
  const Value shown = parameter.ToValue(value);
  return parameter.is_categorical() ? ChoiceCell(parameter, shown) : WriteJson(shown);
}

std::string CsvHeader(const StudyConfig& config) { return Line(Columns(config)); }

std::string CsvRow(const StudyConfig& config, const Trial& trial) {
  const Value value = TrialToValue(config, trial);
  std::vector<std::string> cells = {absl::StrCat(trial.id),
                                    std::string(TrialStateName(trial.state))};
  for (size_t k = 0; k < config.objectives.size(); ++k) {
    cells.push_back(k < trial.values.size() ? WriteJson(trial.values[k]) : "");
  }
  for (int i = 0; i < config.space.size(); ++i) {
    cells.push_back(trial.point.empty() ? "" : CsvCell(config.space[i], trial.point[i]));
  }
  const auto cell = [&](const char* field) {
    const Value* const found = value.Find(field);
    return found == nullptr ? std::string() : Raw(*found);
  };
  for (const char* name : kLastColumns) cells.push_back(cell(name));
  return Line(cells);
}

absl::StatusOr<std::vector<Trial>> TrialsFromCsv(const StudyConfig& config, absl::string_view text,
                                                 const std::string& source) {
  const auto wrong = [&](absl::string_view message) {
    return absl::InvalidArgumentError(absl::StrCat(source, ":", message));
  };
  if (absl::StartsWith(text, "\xEF\xBB\xBF")) text.remove_prefix(3);  // spreadsheets write it
  if (text.empty()) return wrong(" the file is empty; the first line names the columns");
  size_t line = 1;
  const absl::StatusOr<Row> header = TakeRow(&text, &line);
  if (!header.ok()) return wrong(header.status().message());
  const std::vector<std::string> known = Columns(config);
  for (size_t i = 0; i < header->cells.size(); ++i) {
    const std::string& column = header->cells[i];
    if (std::find(known.begin(), known.end(), column) == known.end()) {
      return wrong(absl::StrCat("1: ", UnknownName("column", column, known)));
    }
    if (std::count(header->cells.begin(), header->cells.end(), column) > 1) {
      return wrong(absl::StrCat("1: the column \"", column, "\" stands there twice"));
    }
  }
  std::vector<Trial> trials;
  while (!text.empty()) {
    const absl::StatusOr<Row> row = TakeRow(&text, &line);
    if (!row.ok()) return wrong(row.status().message());
    if (row->cells.size() == 1 && row->cells[0].empty()) continue;  // a blank line
    if (row->cells.size() != header->cells.size()) {
      return wrong(absl::StrCat(row->line, ": ", row->cells.size(),
                                " cells, and the first line has ", header->cells.size()));
    }
    const std::string where = absl::StrCat(source, ":", row->line);
    Value trial = Value::Object(), params = Value::Object();
    std::vector<std::optional<Value>> values(config.objectives.size());
    for (size_t i = 0; i < header->cells.size(); ++i) {
      absl::Status status =
          AddCell(config, header->cells[i], row->cells[i], &trial, &params, &values);
      if (!status.ok()) return wrong(absl::StrCat(row->line, ": ", status.message()));
    }
    trial.Set("params", std::move(params));
    Value::List list;
    for (const std::optional<Value>& value : values) {
      if (value.has_value()) list.push_back(*value);
    }
    if (!list.empty()) trial.Set("values", std::move(list));
    absl::StatusOr<Trial> read = TrialFromValue(config, trial, where);
    if (!read.ok()) return read.status();
    trials.push_back(*std::move(read));
  }
  return trials;
}

}  // namespace sturgeon
