#include "report/data.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/importance.h"
#include "core/json.h"
#include "core/space_json.h"
#include "core/spending.h"
#include "core/study_spec.h"

namespace sturgeon {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

void AppendNumber(double value, std::string* out) {
  if (!std::isfinite(value)) {
    *out += "null";
    return;
  }
  char buffer[32];
  constexpr double kExact = 9007199254740992;  // 2^53
  const bool whole = value == std::trunc(value) && std::abs(value) < kExact;
  const std::to_chars_result end =
      whole && !(value == 0 && std::signbit(value))
          ? std::to_chars(buffer, buffer + sizeof(buffer), static_cast<int64_t>(value))
          : std::to_chars(buffer, buffer + sizeof(buffer), value);
  out->append(buffer, end.ptr);
}

// Writes an object's fields, one after another.
class Fields {
 public:
  explicit Fields(std::string* out) : out_(out) { *out_ += '{'; }
  void End() { *out_ += '}'; }

  std::string* Field(absl::string_view name) {
    absl::StrAppend(out_, std::exchange(separator_, ","), "\"", name, "\":");
    return out_;
  }
  void Json(absl::string_view name, const Value& value) { *Field(name) += WriteJson(value); }

  // An entry for each of 0 … count - 1.
  template <typename Number>
  void Column(absl::string_view name, size_t count, const Number& number) {
    Numbers(count, number, Field(name));
  }
  // Columns, of `count` entries each.
  template <typename Number>
  void Columns(absl::string_view name, size_t columns, size_t count, const Number& number) {
    std::string* const out = Field(name);
    *out += '[';
    for (size_t c = 0; c < columns; ++c) {
      if (c > 0) *out += ',';
      Numbers(
          count, [&](size_t i) { return number(c, i); }, out);
    }
    *out += ']';
  }

 private:
  template <typename Number>
  static void Numbers(size_t count, const Number& number, std::string* out) {
    *out += '[';
    for (size_t i = 0; i < count; ++i) {
      if (i > 0) *out += ',';
      AppendNumber(number(i), out);
    }
    *out += ']';
  }

  std::string* const out_;
  const char* separator_ = "";
};

// Texts that many trials share, each once.
class Texts {
 public:
  int IndexOf(const std::string& text) {
    const auto [it, fresh] = index_.try_emplace(text, static_cast<int>(list_.size()));
    if (fresh) list_.emplace_back(text);
    return it->second;
  }
  const Value::List& list() const { return list_; }

 private:
  absl::flat_hash_map<std::string, int> index_;
  Value::List list_;
};

double OrNaN(const std::optional<int64_t>& number) {
  return number.has_value() ? static_cast<double>(*number) : kNaN;
}

Value StateNames() {
  Value::List names;
  for (int i = 0; i <= static_cast<int>(TrialState::kFailed); ++i) {
    names.emplace_back(std::string(TrialStateName(static_cast<TrialState>(i))));
  }
  return names;
}

Value FailureNames() {
  Value::List names;
  for (int i = 0; i <= static_cast<int>(FailureKind::kCancelled); ++i) {
    names.emplace_back(std::string(FailureKindName(static_cast<FailureKind>(i))));
  }
  return names;
}

void AppendHead(const ReportStudy& study, Fields* fields) {
  const StudyConfig& config = study.config;
  fields->Json("name", config.name);
  fields->Json("source", study.source);
  // As text: a number of JavaScript has 53 bits.
  fields->Json("seed", absl::StrCat(config.seed));
  fields->Json("strategy", study.strategy);
  fields->Json("runner", study.runner);
  Value::List objectives;
  for (const Objective& objective : config.objectives) {
    objectives.push_back(ToValue(objective));
  }
  fields->Json("objectives", std::move(objectives));
  Value::List constraints;
  for (const MetricConstraint& constraint : config.constraints) {
    constraints.push_back(ToValue(constraint));
  }
  fields->Json("constraints", std::move(constraints));
  Value::List metrics(config.metrics.begin(), config.metrics.end());
  if (metrics.empty()) {
    for (const Objective& objective : config.objectives) metrics.emplace_back(objective.metric);
  }
  fields->Json("metrics", std::move(metrics));
  fields->Json("unit", config.unit);
  fields->Json("max_steps", config.max_steps);
  fields->Json("cost_metric", config.budget.cost_metric);
  fields->Json("settable", Value::List(config.settable.begin(), config.settable.end()));
  fields->Json("planned", config.trials);
  fields->Json("space", ToValue(config.space));

  Value::List importance;
  for (const ReportImportance& entry : study.importance) {
    importance.emplace_back(
        Value::Object{{"measure", entry.measure},
                      {"metric", entry.metric},
                      {"quantile", entry.quantile},
                      {"explained", entry.explained},
                      {"shares", Value::List(entry.shares.begin(), entry.shares.end())},
                      {"lows", Value::List(entry.lows.begin(), entry.lows.end())},
                      {"highs", Value::List(entry.highs.begin(), entry.highs.end())},
                      {"notes", Value::List(entry.notes.begin(), entry.notes.end())}});
  }
  fields->Json("importance", std::move(importance));
  Value::List rounds;
  for (const SearchRound& round : study.rounds) {
    Value::List box;
    for (const std::vector<double>& range : round.box) {
      box.emplace_back(Value::List(range.begin(), range.end()));
    }
    rounds.emplace_back(Value::Object{{"first_trial", round.first_trial}, {"box", std::move(box)}});
  }
  fields->Json("rounds", std::move(rounds));
  fields->Json("states", StateNames());
  fields->Json("failures", FailureNames());
}

// Which of a trial's rows of reports are sent: `sent` of `rows`, the first and the last among them.
size_t SentRow(size_t k, size_t sent, size_t rows) {
  return sent < 2 ? rows - 1 : k * (rows - 1) / (sent - 1);
}

void AppendReports(const std::vector<Trial>& trials, absl::Span<const size_t> shown, size_t metrics,
                   Fields* fields) {
  size_t rows = 0, reporting = 0;
  for (const size_t row : shown) {
    const Trial& trial = trials[row];
    rows += trial.reports.size();
    reporting += trial.reports.empty() ? 0 : 1;
  }
  // Every trial may have as many.
  const size_t most =
      rows <= kMostReportRows ? rows : std::max<size_t>(2, kMostReportRows / reporting);
  std::vector<std::pair<const ReportLog*, size_t>> sent;
  sent.reserve(std::min(rows, kMostReportRows));
  std::vector<size_t> counts;
  counts.reserve(shown.size());
  for (const size_t row : shown) {
    const Trial& trial = trials[row];
    const size_t count = std::min(trial.reports.size(), most);
    counts.push_back(count);
    for (size_t k = 0; k < count; ++k) {
      sent.emplace_back(&trial.reports, SentRow(k, count, trial.reports.size()));
    }
  }
  Fields reports(fields->Field("reports"));
  reports.Json("thinned", most < rows && rows > kMostReportRows);
  reports.Column("count", counts.size(), [&](size_t i) { return static_cast<double>(counts[i]); });
  reports.Column("step", sent.size(), [&](size_t i) {
    return static_cast<double>(sent[i].first->step(sent[i].second));
  });
  reports.Columns("values", metrics, sent.size(), [&](size_t m, size_t i) {
    const auto values = sent[i].first->values(sent[i].second);
    return m < values.size() ? values[m] : kNaN;
  });
  reports.End();
}

void AppendTrials(const ReportStudy& study, absl::Span<const size_t> rows, Fields* fields) {
  const StudyConfig& config = study.config;
  const std::vector<Trial>& trials = study.trials;
  const size_t n = rows.size();
  Texts reasons, workers;
  reasons.IndexOf("");
  workers.IndexOf("");
  std::vector<int> reason, worker;
  std::vector<Spent> spent;
  Spending spending(config);
  // What a trial spent depends on those before it.
  for (size_t row = 0, next = 0; row < trials.size() && next < n; ++row) {
    if (row == rows[next]) {
      ++next;
      reason.push_back(reasons.IndexOf(trials[row].reason));
      worker.push_back(row < study.workers.size() ? workers.IndexOf(study.workers[row]) : 0);
      spent.push_back(spending.Of(trials[row]));
    }
    if (trials[row].finished()) spending.Add(trials[row]);
  }
  const auto trial = [&](size_t i) -> const Trial& { return trials[rows[i]]; };
  fields->Json("reasons", reasons.list());
  fields->Json("workers", workers.list());

  Fields columns(fields->Field("trials"));
  columns.Column("id", n, [&](size_t i) { return static_cast<double>(trial(i).id); });
  columns.Column("state", n, [&](size_t i) { return static_cast<double>(trial(i).state); });
  columns.Column("failure", n, [&](size_t i) { return static_cast<double>(trial(i).failure); });
  columns.Column("reason", n, [&](size_t i) { return reason[i]; });
  columns.Column("worker", n, [&](size_t i) { return worker[i]; });
  columns.Column("started", n, [&](size_t i) { return trial(i).started; });
  columns.Column("seconds", n, [&](size_t i) { return trial(i).seconds; });
  columns.Column("steps", n, [&](size_t i) { return static_cast<double>(spent[i].steps); });
  if (!config.budget.cost_metric.empty()) {
    columns.Column("cost", n, [&](size_t i) { return spent[i].cost; });
  }
  columns.Column("budget", n, [&](size_t i) { return OrNaN(trial(i).budget); });
  columns.Column("resume_from", n, [&](size_t i) { return OrNaN(trial(i).resume_from); });
  columns.Columns("params", config.space.size(), n, [&](size_t p, size_t i) {
    return p < trial(i).point.size() ? trial(i).point[p] : kNaN;
  });
  columns.Columns("values", config.objectives.size(), n, [&](size_t k, size_t i) {
    return k < trial(i).values.size() ? trial(i).values[k] : kNaN;
  });
  size_t constraints = config.constraints.size();
  for (const Trial& any : trials) constraints = std::max(constraints, any.constraints.size());
  columns.Columns("constraints", constraints, n, [&](size_t k, size_t i) {
    return k < trial(i).constraints.size() ? trial(i).constraints[k] : kNaN;
  });
  const size_t metrics = config.metrics.empty() ? config.objectives.size() : config.metrics.size();
  AppendReports(trials, rows, metrics, &columns);
  columns.End();
}

}  // namespace

void AddImportance(ReportStudy* study) {
  const StudyConfig& config = study->config;
  study->importance.clear();
  for (const Objective& objective : config.objectives) {
    for (const ImportanceMethod method : {ImportanceMethod::kFanova, ImportanceMethod::kPedAnova}) {
      ImportanceOptions options;
      options.method = method;
      options.metric = objective.metric;
      const absl::StatusOr<ImportanceReport> found = Importance(config, study->trials, options);
      if (!found.ok()) continue;  // no error is known of an objective
      ReportImportance entry;
      entry.measure = std::string(ImportanceMethodName(method));
      entry.metric = found->metric;
      entry.quantile = found->quantile;
      entry.explained = found->explained;
      for (const ParameterImportance& parameter : found->parameters) {
        entry.shares.push_back(parameter.importance);
        entry.lows.push_back(parameter.low);
        entry.highs.push_back(parameter.high);
      }
      entry.notes = TierNotes(config.space, *found);
      study->importance.push_back(std::move(entry));
    }
  }
}

std::string ReportJson(const ReportStudy& study) {
  std::vector<size_t> rows(study.trials.size());
  std::iota(rows.begin(), rows.end(), size_t{0});
  return ReportJson(study, rows);
}

std::string ReportJson(const ReportStudy& study, absl::Span<const size_t> rows) {
  std::string out;
  out.reserve(rows.size() * 120 + 4096);
  Fields fields(&out);
  AppendHead(study, &fields);
  AppendTrials(study, rows, &fields);
  fields.End();
  return out;
}

}  // namespace sturgeon
