#include "storage/sql_trials.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace sturgeon {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
// Trials a chunk of a long read.
constexpr int64_t kChunk = 512;
// Trials a query by key or number; lists that are shorter repeat their last, so that a database
// sees one statement and not one a length.
constexpr size_t kListed = 16;
constexpr char kListedPlaces[] =
    "($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";

// The study, and kListed numbers.
std::vector<SqlValue> ListParameters(int64_t study, absl::Span<const int64_t> numbers) {
  std::vector<SqlValue> parameters = {study};
  for (size_t i = 0; i < kListed; ++i) {
    parameters.push_back(numbers[std::min(i, numbers.size() - 1)]);
  }
  return parameters;
}

}  // namespace

SqlTrials::SqlTrials(SqlConnection& connection, int64_t study, const StudyLayout& layout)
    : connection_(connection), study_(study), layout_(layout), points_(layout) {}

absl::Status SqlTrials::ReadFrom(int64_t first_number, Visitor visit) {
  // By key from here on: within a study keys and numbers have one order, and every database has an
  // index of keys.
  int64_t next = 0;
  if (first_number > 0) {
    // Not MIN(trial_id), for which PostgreSQL reads all keys from the first.
    bool none = true;
    absl::Status status = connection_.Query(
        "SELECT trial_id FROM trials WHERE study_id = $1 AND number >= $2 ORDER BY number LIMIT 1",
        {study_, first_number}, [&](const SqlRow& row) {
          none = false;
          next = row.integer(0);
          return absl::OkStatus();
        });
    if (!status.ok() || none) return status;
  }
  for (;;) {
    rows_.clear();
    absl::Status status = connection_.Query(
        "SELECT trial_id, number, state, datetime_start, datetime_complete FROM trials "
        "WHERE study_id = $1 AND trial_id >= $2 ORDER BY trial_id LIMIT $3",
        {study_, next, kChunk}, [&](const SqlRow& row) { return AddTrial(row); });
    if (!status.ok()) return status;
    if (rows_.empty()) return absl::OkStatus();
    const int64_t last = rows_.back().trial_id;
    const bool more = static_cast<int64_t>(rows_.size()) == kChunk;
    status = ReadChunk("t.study_id = $1 AND t.trial_id BETWEEN $2 AND $3", {study_, next, last});
    if (status.ok()) status = Visit(visit);
    if (!status.ok() || !more) return status;
    next = last + 1;
  }
}

absl::Status SqlTrials::ReadThese(absl::Span<const int64_t> trial_ids, Visitor visit) {
  const std::string where = absl::StrCat("t.study_id = $1 AND t.trial_id IN ", kListedPlaces);
  for (size_t i = 0; i < trial_ids.size(); i += kListed) {
    const std::vector<SqlValue> parameters = ListParameters(study_, trial_ids.subspan(i, kListed));
    rows_.clear();
    absl::Status status =
        connection_.Query(absl::StrCat("SELECT t.trial_id, t.number, t.state, t.datetime_start, "
                                       "t.datetime_complete FROM trials t WHERE ",
                                       where, " ORDER BY t.trial_id"),
                          parameters, [&](const SqlRow& row) { return AddTrial(row); });
    if (status.ok()) status = ReadChunk(where, parameters);
    if (status.ok()) status = Visit(visit);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status SqlTrials::AddTrial(const SqlRow& row) {
  Row trial;
  trial.trial_id = row.integer(0);
  Trial& t = trial.record.trial;
  t.id = row.integer(1);
  const std::optional<TrialState> state = StateFromOptuna(row.text(2));
  if (row.null(1) || t.id < 0 || !state) {
    return absl::DataLossError(absl::StrCat("the trial of trial_id ", trial.trial_id,
                                            " has the number \"", row.text(1),
                                            "\" and the state \"", row.text(2), "\""));
  }
  t.state = *state;
  const std::optional<absl::Time> start = TimeFromOptuna(row.text(3));
  if (start) {
    t.started = absl::ToDoubleSeconds(*start - absl::UnixEpoch());
    if (const std::optional<absl::Time> end = TimeFromOptuna(row.text(4))) {
      t.seconds = std::max(0.0, absl::ToDoubleSeconds(*end - *start));
    }
  }
  t.point.assign(layout_.space().size(), kNaN);
  rows_.push_back(std::move(trial));
  return absl::OkStatus();
}

absl::Status SqlTrials::ReadPart(absl::string_view sql, absl::string_view where,
                                 absl::string_view order, SqlParameters parameters,
                                 absl::FunctionRef<void(const SqlRow&, Row&)> add) {
  size_t at = 0;
  return connection_.Query(absl::StrCat(sql, " WHERE ", where, order), parameters,
                           [&](const SqlRow& row) {
                             const int64_t trial_id = row.integer(0);
                             while (at < rows_.size() && rows_[at].trial_id < trial_id) ++at;
                             if (at < rows_.size() && rows_[at].trial_id == trial_id)
                               add(row, rows_[at]);
                             return absl::OkStatus();
                           });
}

absl::Status SqlTrials::ReadChunk(absl::string_view where, SqlParameters parameters) {
  absl::Status status = ReadPart(
      "SELECT t.trial_id, p.param_name, p.param_value, p.distribution_json "
      "FROM trials t JOIN trial_params p ON p.trial_id = t.trial_id",
      where, " ORDER BY t.trial_id, p.param_id", parameters, [&](const SqlRow& row, Row& trial) {
        trial.has_parameters = true;
        points_.Add(row.text(1), row.number(2), row.text(3),
                    absl::MakeSpan(trial.record.trial.point));
      });
  if (!status.ok()) return status;
  const size_t objectives = layout_.config().objectives.size();
  status = ReadPart(
      "SELECT t.trial_id, v.objective, v.value, v.value_type "
      "FROM trials t JOIN trial_values v ON v.trial_id = t.trial_id",
      where, " ORDER BY t.trial_id", parameters, [&](const SqlRow& row, Row& trial) {
        const int64_t objective = row.integer(1);
        if (objective < 0 || objective >= static_cast<int64_t>(objectives)) return;
        Values& values = trial.record.trial.values;
        if (values.empty()) values.assign(objectives, kNaN);
        values[objective] = NumberFromOptuna(row.number(2), row.text(3));
        ++trial.values;
      });
  if (!status.ok()) return status;
  status = ReadPart(
      "SELECT t.trial_id, i.step, i.intermediate_value, i.intermediate_value_type "
      "FROM trials t JOIN trial_intermediate_values i ON i.trial_id = t.trial_id",
      where, " ORDER BY t.trial_id, i.step", parameters, [&](const SqlRow& row, Row& trial) {
        trial.intermediate.emplace_back(row.integer(1),
                                        NumberFromOptuna(row.number(2), row.text(3)));
      });
  if (!status.ok()) return status;
  // Other tools keep whole optimisers in these attributes: only what is known is fetched.
  static const std::string* const known = new std::string(absl::StrCat(
      " AND (a.\"key\" IN ('", kWorkerAttribute, "', '", kProposalAttribute, "', '",
      kRetryAttribute, "', '", kEndAttribute, "', '", kPointAttribute, "', '", kValuesAttribute,
      "', '", kFixedAttribute, "', '", kConstraintsAttribute, "', '", kFailedAttribute,
      "') OR a.\"key\" LIKE '", kReportAttribute, "%' OR a.\"key\" LIKE '", kConstraintAttribute,
      "%') ORDER BY t.trial_id, a.\"key\""));
  status = ReadPart(
      "SELECT t.trial_id, a.\"key\", a.value_json "
      "FROM trials t JOIN trial_system_attributes a ON a.trial_id = t.trial_id",
      where, *known, parameters, [&](const SqlRow& row, Row& trial) { AddAttribute(row, trial); });
  if (!status.ok()) return status;
  status = ReadPart(
      "SELECT t.trial_id, a.\"key\", a.value_json "
      "FROM trials t JOIN trial_user_attributes a ON a.trial_id = t.trial_id",
      where, " ORDER BY t.trial_id, a.trial_user_attribute_id", parameters,
      [&](const SqlRow& row, Row& trial) {
        trial.record.attributes.Set(row.text(1), AttributeFromJson(row.text(2)));
      });
  if (!status.ok()) return status;
  for (Row& row : rows_) Complete(row);
  return absl::OkStatus();
}

void SqlTrials::AddAttribute(const SqlRow& row, Row& trial) {
  absl::string_view key = row.text(1);
  const absl::string_view json = row.text(2);
  TrialRecord& record = trial.record;
  if (key == kWorkerAttribute) {
    record.worker = StringFromJson(json);
  } else if (key == kProposalAttribute) {
    trial.proposed = true;
    ProposalFromAttribute(json, &record);
  } else if (key == kRetryAttribute) {
    trial.retry = true;
    RetryFromAttribute(json, &record);
  } else if (key == kEndAttribute) {
    EndFromAttribute(json, &record.trial);
  } else if (key == kPointAttribute || key == kValuesAttribute) {
    const std::optional<std::vector<double>> numbers = NumbersFromJson(json);
    if (numbers && key == kPointAttribute && numbers->size() == record.trial.point.size()) {
      record.trial.point = *numbers;
    } else if (numbers && key == kValuesAttribute &&
               numbers->size() == record.trial.values.size()) {
      record.trial.values.assign(numbers->begin(), numbers->end());
    }
  } else if (key == kFixedAttribute) {
    trial.fixed = AttributeFromJson(json);
  } else if (key == kConstraintsAttribute) {
    trial.constraints = NumbersFromJson(json).value_or(std::vector<double>());
  } else if (key == kFailedAttribute) {
    int64_t number = 0;
    if (!trial.retry && absl::SimpleAtoi(json, &number)) record.retry_of = number;
  } else if (absl::ConsumePrefix(&key, kReportAttribute)) {
    int64_t step = 0;
    std::optional<std::vector<double>> values = NumbersFromJson(json);
    if (absl::SimpleAtoi(key, &step) && values)
      trial.reports.emplace_back(step, *std::move(values));
  } else if (absl::StartsWith(key, kConstraintAttribute)) {
    double value = kNaN;
    if (absl::SimpleAtod(json, &value)) record.trial.constraints.push_back(value);
  }
}

void SqlTrials::Complete(Row& row) const {
  TrialRecord& record = row.record;
  Trial& t = record.trial;
  t.constraints.insert(t.constraints.begin(), row.constraints.begin(), row.constraints.end());

  // Steps come in their order, rows of all metrics in that of their names.
  std::sort(row.reports.begin(), row.reports.end());
  const size_t metrics = layout_.metrics();
  std::vector<double> values;
  for (const std::pair<int64_t, double>& step : row.intermediate) {
    values.assign(metrics, kNaN);
    const auto all =
        std::lower_bound(row.reports.begin(), row.reports.end(), step.first,
                         [](const auto& report, int64_t at) { return report.first < at; });
    values[layout_.intermediate()] = step.second;
    // If another tool has reported the step since, its number holds.
    if (all != row.reports.end() && all->first == step.first && all->second.size() == metrics) {
      const double same = all->second[layout_.intermediate()];
      if (same == step.second || (std::isnan(same) && std::isnan(step.second))) {
        values = all->second;
      }
    }
    t.reports.Add(step.first, values);
  }

  if (!t.finished()) {
    if (!row.proposed) {
      // Optuna's own retries come with parameters instead of values to be fixed.
      record.enqueued = row.fixed;
      if (t.state == TrialState::kWaiting && !record.enqueued.is_object()) {
        record.enqueued = Value::Object();
      }
      if (t.state == TrialState::kWaiting) {
        const Value given = layout_.Assignment(t.point);
        for (const Value::Field& field : given.object()) {
          if (record.enqueued.Find(field.name) == nullptr) {
            record.enqueued.Set(field.name, field.value);
          }
        }
      }
      t.point.clear();
    }
    t.values.clear();
    t.constraints.clear();
    t.failure = FailureKind::kNone;
    return;
  }
  if (!row.proposed) {
    // What others have run is held to what a study of ours would have let pass.
    if (row.has_parameters) {
      points_.FitForeign(absl::MakeSpan(t.point));
    } else {
      t.point.clear();
    }
    const bool finite = std::all_of(t.values.begin(), t.values.end(),
                                    [](double value) { return std::isfinite(value); });
    const bool whole = row.values == layout_.config().objectives.size();
    if (t.state == TrialState::kStopped && !(finite && whole)) t.values.clear();
    if (t.state == TrialState::kComplete && !(finite && whole)) {
      t.state = TrialState::kFailed;
      t.failure = whole ? FailureKind::kNotFinite : FailureKind::kError;
      t.reason = whole ? "a value is not finite" : "it is complete, but a value is missing";
    }
  }
  if (t.state == TrialState::kFailed) {
    t.values.clear();
    if (t.failure == FailureKind::kNone) t.failure = FailureKind::kError;
  }
}

absl::Status SqlTrials::Visit(Visitor visit) {
  for (Row& row : rows_) {
    absl::Status status = visit(std::move(row.record), row.trial_id);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ReadValuesOn(SqlConnection& connection, int64_t study, const StudyLayout& layout,
                          const Storage::ValuesVisitor& visit) {
  std::vector<int64_t> infeasible;  // keys, in order
  absl::Status status = connection.Query(
      absl::StrCat("SELECT t.trial_id, a.\"key\", a.value_json "
                   "FROM trials t JOIN trial_system_attributes a ON a.trial_id = t.trial_id "
                   "WHERE t.study_id = $1 AND t.state = 'COMPLETE' AND (a.\"key\" = '",
                   kConstraintsAttribute, "' OR a.\"key\" LIKE '", kConstraintAttribute,
                   "%') ORDER BY t.trial_id"),
      {study}, [&](const SqlRow& row) {
        std::vector<double> constraints;
        if (row.text(1) == kConstraintsAttribute) {
          constraints = NumbersFromJson(row.text(2)).value_or(std::vector<double>());
        } else {
          double value = kNaN;
          if (absl::SimpleAtod(row.text(2), &value)) constraints.push_back(value);
        }
        const bool keeps =
            std::all_of(constraints.begin(), constraints.end(), [](double c) { return c <= 0; });
        if (!keeps) infeasible.push_back(row.integer(0));
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  const size_t objectives = layout.config().objectives.size();
  Values values;
  int64_t trial_id = -1, number = -1;
  const auto flush = [&] {
    if (trial_id < 0) return;
    visit(number, values, !std::binary_search(infeasible.begin(), infeasible.end(), trial_id));
  };
  status = connection.Query(
      "SELECT t.trial_id, t.number, v.objective, v.value, v.value_type "
      "FROM trials t JOIN trial_values v ON v.trial_id = t.trial_id "
      "WHERE t.study_id = $1 AND t.state = 'COMPLETE' ORDER BY t.trial_id",
      {study}, [&](const SqlRow& row) {
        if (row.integer(0) != trial_id) {
          flush();
          trial_id = row.integer(0);
          number = row.integer(1);
          values.assign(objectives, kNaN);
        }
        const int64_t objective = row.integer(2);
        if (objective >= 0 && objective < static_cast<int64_t>(objectives)) {
          values[objective] = NumberFromOptuna(row.number(3), row.text(4));
        }
        return absl::OkStatus();
      });
  if (status.ok()) flush();
  return status;
}

absl::Status ReadOn(SqlConnection& connection, int64_t study, const StudyLayout& layout,
                    ReadCursor* cursor, absl::FunctionRef<absl::Status(TrialRecord)> visit) {
  SqlTrials trials(connection, study, layout);
  std::vector<int64_t>& open = cursor->open;
  // Numbers from `next` on are read anyway, if the cursor was put back.
  open.erase(std::remove_if(open.begin(), open.end(),
                            [&](int64_t number) { return number >= cursor->next; }),
             open.end());

  std::vector<int64_t> worth_reading;  // keys
  static const std::string* const peek = new std::string(absl::StrCat(
      "SELECT t.trial_id FROM trials t WHERE t.study_id = $1 AND t.number IN ", kListedPlaces,
      " AND (t.state NOT IN ('WAITING', 'RUNNING') OR EXISTS (SELECT 1 FROM "
      "trial_system_attributes a WHERE a.trial_id = t.trial_id AND a.\"key\" = '",
      kProposalAttribute, "'))"));
  for (size_t i = 0; i < open.size(); i += kListed) {
    const absl::Span<const int64_t> numbers = absl::MakeConstSpan(open).subspan(i, kListed);
    absl::Status status =
        connection.Query(*peek, ListParameters(study, numbers), [&](const SqlRow& row) {
          worth_reading.push_back(row.integer(0));
          return absl::OkStatus();
        });
    if (!status.ok()) return status;
  }
  std::sort(worth_reading.begin(), worth_reading.end());
  absl::Status status =
      trials.ReadThese(worth_reading, [&](TrialRecord record, int64_t) -> absl::Status {
        const int64_t number = record.trial.id;
        const bool ended = record.trial.finished();
        absl::Status visited = visit(std::move(record));
        if (visited.ok() && ended)
          open.erase(std::remove(open.begin(), open.end(), number), open.end());
        return visited;
      });
  if (!status.ok()) return status;
  return trials.ReadFrom(cursor->next, [&](TrialRecord record, int64_t) -> absl::Status {
    const int64_t number = record.trial.id;
    const bool ended = record.trial.finished();
    absl::Status visited = visit(std::move(record));
    if (!visited.ok()) return visited;
    if (!ended) open.push_back(number);
    cursor->next = std::max(cursor->next, number + 1);
    return absl::OkStatus();
  });
}

}  // namespace sturgeon
