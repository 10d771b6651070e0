#include "storage/sql_storage.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/json.h"
#include "storage/optuna_schema.h"
#include "storage/sql_trials.h"

namespace sturgeon {
namespace {

using Attempt = SqlSession::Attempt;

constexpr char kInsertTrialAttribute[] =
    "INSERT INTO trial_system_attributes (trial_id, \"key\", value_json) VALUES ($1, $2, $3) "
    "ON CONFLICT (trial_id, \"key\") DO UPDATE SET value_json = excluded.value_json";
constexpr char kInsertValue[] =
    "INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES ($1, $2, $3, $4)";
constexpr char kInsertReport[] =
    "INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, "
    "intermediate_value_type) VALUES ($1, $2, $3, $4) ON CONFLICT (trial_id, step) DO UPDATE SET "
    "intermediate_value = excluded.intermediate_value, "
    "intermediate_value_type = excluded.intermediate_value_type";
constexpr char kInsertParameter[] =
    "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) "
    "VALUES ($1, $2, $3, $4) ON CONFLICT (trial_id, param_name) DO UPDATE SET "
    "param_value = excluded.param_value, distribution_json = excluded.distribution_json";

// The tables that hold a trial's parts.
constexpr const char* kParts[] = {"trial_params",
                                  "trial_values",
                                  "trial_intermediate_values",
                                  "trial_user_attributes",
                                  "trial_system_attributes",
                                  "trial_heartbeats"};

absl::Status Run(SqlConnection& connection, absl::string_view sql,
                 std::initializer_list<SqlValue> parameters) {
  return connection.Execute(sql, parameters).status();
}

// The first row's first column; nullopt: no row, or NULL.
absl::StatusOr<std::optional<int64_t>> QueryInteger(SqlConnection& connection,
                                                    absl::string_view sql,
                                                    std::initializer_list<SqlValue> parameters) {
  std::optional<int64_t> found;
  absl::Status status = connection.Query(sql, parameters, [&](const SqlRow& row) {
    if (!found && !row.null(0)) found = row.integer(0);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return found;
}

// A number beside its type, as two columns have them.
SqlValue NumberColumn(double value) { return std::isfinite(value) ? SqlValue(value) : SqlValue(); }

// To the nearest microsecond, which is what the tables hold; so a time that was read is written as
// it was.
absl::Duration WholeMicroseconds(double seconds) {
  return absl::Floor(absl::Seconds(seconds) + absl::Nanoseconds(500), absl::Microseconds(1));
}
absl::Time FromSeconds(double seconds) { return absl::UnixEpoch() + WholeMicroseconds(seconds); }

absl::Status SetTrialAttribute(SqlConnection& connection, int64_t trial_id, const char* key,
                               absl::string_view json) {
  return Run(connection, kInsertTrialAttribute, {trial_id, key, json});
}

absl::StatusOr<int64_t> NextNumber(SqlConnection& connection, int64_t study) {
  absl::StatusOr<std::optional<int64_t>> last =
      QueryInteger(connection, "SELECT MAX(number) FROM trials WHERE study_id = $1", {study});
  if (!last.ok()) return last.status();
  return last->has_value() ? **last + 1 : 0;
}

// How many of the study's trials repeat another; and adds `more` to it.
absl::StatusOr<int64_t> CountRetries(SqlConnection& connection, int64_t study) {
  absl::StatusOr<std::optional<int64_t>> count =
      QueryInteger(connection,
                   "SELECT CAST(value_json AS INTEGER) FROM study_system_attributes "
                   "WHERE study_id = $1 AND \"key\" = $2",
                   {study, kRetriesAttribute});
  if (!count.ok()) return count.status();
  return count->value_or(0);
}
absl::Status AddRetries(SqlConnection& connection, int64_t study, int64_t more) {
  const absl::StatusOr<int64_t> count = CountRetries(connection, study);
  if (!count.ok()) return count.status();
  return Run(connection,
             "INSERT INTO study_system_attributes (study_id, \"key\", value_json) "
             "VALUES ($1, $2, $3) "
             "ON CONFLICT (study_id, \"key\") DO UPDATE SET value_json = excluded.value_json",
             {study, kRetriesAttribute, absl::StrCat(*count + more)});
}

// Returns its key.
absl::StatusOr<int64_t> InsertTrial(SqlConnection& connection, int64_t study, int64_t number,
                                    TrialState state, SqlValue start, SqlValue end) {
  absl::StatusOr<std::optional<int64_t>> key = QueryInteger(
      connection,
      "INSERT INTO trials (number, study_id, state, datetime_start, datetime_complete) "
      "VALUES ($1, $2, $3, $4, $5) RETURNING trial_id",
      {number, study, OptunaState(state), start, end});
  if (!key.ok()) return key.status();
  if (!key->has_value()) return absl::InternalError("a new trial got no key");
  return **key;
}

absl::Status InsertParameters(SqlConnection& connection, int64_t trial_id,
                              const StudyLayout& layout, absl::Span<const double> point) {
  std::vector<SqlValue> parameters;
  for (int i = 0; i < layout.space().size(); ++i) {
    if (std::isnan(point[i])) continue;
    parameters.push_back(trial_id);
    parameters.push_back(layout.space()[i].name);
    parameters.push_back(point[i]);
    parameters.push_back(layout.distribution(i));
  }
  absl::Status status = connection.ExecuteAll(kInsertParameter, 4, parameters);
  if (!status.ok() || !HasNegativeZero(point)) return status;
  return SetTrialAttribute(connection, trial_id, kPointAttribute, NumbersJson(point));
}

absl::Status InsertReport(SqlConnection& connection, int64_t trial_id, const StudyLayout& layout,
                          int64_t step, absl::Span<const double> values) {
  const double value = values[layout.intermediate()];
  absl::Status status = Run(connection, kInsertReport,
                            {trial_id, step, NumberColumn(value), OptunaNumberType(value)});
  if (!status.ok() || (values.size() == 1 && !HasNegativeZero(values))) return status;
  return SetTrialAttribute(connection, trial_id, absl::StrCat(kReportAttribute, step).c_str(),
                           NumbersJson(values));
}

// The columns and attributes of an end.
absl::Status InsertOutcome(SqlConnection& connection, int64_t trial_id, const Outcome& outcome) {
  std::vector<SqlValue> parameters;
  for (size_t i = 0; i < outcome.values.size(); ++i) {
    parameters.push_back(trial_id);
    parameters.push_back(static_cast<int64_t>(i));
    parameters.push_back(NumberColumn(outcome.values[i]));
    parameters.push_back(OptunaNumberType(outcome.values[i]));
  }
  absl::Status status = connection.ExecuteAll(kInsertValue, 4, parameters);
  if (status.ok() && HasNegativeZero(outcome.values)) {
    status = SetTrialAttribute(connection, trial_id, kValuesAttribute, NumbersJson(outcome.values));
  }
  if (status.ok() && !outcome.constraints.empty()) {
    status = SetTrialAttribute(connection, trial_id, kConstraintsAttribute,
                               NumbersJson(outcome.constraints));
  }
  if (status.ok() && (outcome.failure != FailureKind::kNone || !outcome.reason.empty())) {
    status = SetTrialAttribute(connection, trial_id, kEndAttribute,
                               EndAttribute(outcome.failure, outcome.reason));
  }
  return status;
}

absl::Status CheckOutcome(const StudyLayout& layout, const Outcome& outcome) {
  const size_t objectives = layout.config().objectives.size();
  if (outcome.state == TrialState::kRunning || outcome.state == TrialState::kWaiting) {
    return absl::InvalidArgumentError(
        absl::StrCat("a trial cannot end as ", TrialStateName(outcome.state)));
  }
  const bool may_lack = outcome.state != TrialState::kComplete;
  const bool may_have = outcome.state != TrialState::kFailed;
  if (!(may_have && outcome.values.size() == objectives) && !(may_lack && outcome.values.empty())) {
    return absl::InvalidArgumentError(
        absl::StrCat("a ", TrialStateName(outcome.state), " trial of this study has ",
                     may_have ? objectives : 0, " values, got ", outcome.values.size()));
  }
  for (const double value : outcome.values) {
    if (std::isnan(value)) return absl::InvalidArgumentError("a value is NaN");
  }
  return absl::OkStatus();
}

absl::Status CheckPoint(const StudyLayout& layout, absl::Span<const double> point) {
  if (point.size() == static_cast<size_t>(layout.space().size())) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the study has ", layout.space().size(),
                                                 " parameters, the point has ", point.size()));
}

absl::Status CheckReport(const StudyLayout& layout, int64_t step, size_t values) {
  if (values != static_cast<size_t>(layout.metrics())) {
    return absl::InvalidArgumentError(
        absl::StrCat("a report of this study has ", layout.metrics(), " values, got ", values));
  }
  if (step < 0 || step > std::numeric_limits<int32_t>::max()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the step ", step, " is not between 0 and 2147483647"));
  }
  return absl::OkStatus();
}

struct TrialKey {
  int64_t trial_id = 0;
  TrialState state = TrialState::kRunning;
};

// NotFound: no such trial.
absl::StatusOr<TrialKey> FindTrial(SqlConnection& connection, int64_t study, int64_t number) {
  std::optional<TrialKey> found;
  absl::Status status = connection.Query(
      absl::StrCat("SELECT trial_id, state FROM trials WHERE study_id = $1 AND number = $2",
                   connection.dialect().for_update),
      {study, number}, [&](const SqlRow& row) {
        found =
            TrialKey{row.integer(0), StateFromOptuna(row.text(1)).value_or(TrialState::kFailed)};
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  if (!found) return absl::NotFoundError(absl::StrCat("there is no trial ", number));
  return *found;
}

// FailedPrecondition: it is not running.
absl::StatusOr<int64_t> FindRunning(SqlConnection& connection, int64_t study, int64_t number) {
  absl::StatusOr<TrialKey> trial = FindTrial(connection, study, number);
  if (!trial.ok()) return trial.status();
  if (trial->state == TrialState::kRunning) return trial->trial_id;
  if (trial->state == TrialState::kWaiting) {
    return absl::FailedPreconditionError(
        absl::StrCat("trial ", number, " has not been claimed, it waits"));
  }
  // Why, for whoever comes too late.
  Trial ended;
  absl::Status status = connection.Query(
      "SELECT value_json FROM trial_system_attributes WHERE trial_id = $1 AND \"key\" = $2",
      {trial->trial_id, kEndAttribute}, [&](const SqlRow& row) {
        EndFromAttribute(row.text(0), &ended);
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return absl::FailedPreconditionError(
      absl::StrCat("trial ", number, " has ended as ", TrialStateName(trial->state), " already",
                   ended.reason.empty() ? "" : ": ", ended.reason));
}

absl::StatusOr<bool> HasAttribute(SqlConnection& connection, int64_t trial_id, const char* key) {
  absl::StatusOr<std::optional<int64_t>> found = QueryInteger(
      connection,
      "SELECT COUNT(*) FROM trial_system_attributes WHERE trial_id = $1 AND \"key\" = $2",
      {trial_id, key});
  if (!found.ok()) return found.status();
  return found->value_or(0) > 0;
}

// Starts the life of a claimed trial: its worker, and that worker's first heartbeat.
absl::Status Beat(SqlConnection& connection, int64_t trial_id) {
  return connection
      .Execute(absl::StrCat("INSERT INTO trial_heartbeats (trial_id, heartbeat) VALUES ($1, ",
                            connection.dialect().now,
                            ") ON CONFLICT (trial_id) DO UPDATE SET heartbeat = "
                            "excluded.heartbeat"),
               {trial_id})
      .status();
}
absl::Status SetWorker(SqlConnection& connection, int64_t trial_id, absl::string_view worker) {
  absl::Status status =
      SetTrialAttribute(connection, trial_id, kWorkerAttribute, StringJson(worker));
  return status.ok() ? Beat(connection, trial_id) : status;
}

// Ends a running trial; enqueues a copy if `retry` says so. `study` is locked.
absl::Status End(SqlConnection& connection, int64_t study, const StudyLayout& layout,
                 int64_t trial_id, const Outcome& outcome, const RetryRule& retry) {
  absl::Status status =
      Run(connection, "UPDATE trials SET state = $1, datetime_complete = $2 WHERE trial_id = $3",
          {OptunaState(outcome.state), OptunaTime(absl::Now()), trial_id});
  if (status.ok()) status = InsertOutcome(connection, trial_id, outcome);
  if (status.ok()) {
    status = Run(connection, "DELETE FROM trial_heartbeats WHERE trial_id = $1", {trial_id});
  }
  if (!status.ok() || outcome.state != TrialState::kFailed || retry.retries <= 0) return status;

  TrialRecord failed;
  status =
      SqlTrials(connection, study, layout).ReadThese({trial_id}, [&](TrialRecord record, int64_t) {
        failed = std::move(record);
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  if (failed.attempt >= retry.retries || failed.trial.point.empty()) return absl::OkStatus();
  TrialRecord copy;
  copy.retry_of = failed.trial.id;
  copy.attempt = failed.attempt + 1;
  copy.trial.budget = failed.trial.budget;
  copy.trial.resume_from = failed.trial.resume_from;
  const absl::StatusOr<int64_t> number = NextNumber(connection, study);
  if (!number.ok()) return number.status();
  const absl::StatusOr<int64_t> key =
      InsertTrial(connection, study, *number, TrialState::kWaiting, {}, {});
  if (!key.ok()) return key.status();
  status = SetTrialAttribute(connection, *key, kFixedAttribute,
                             WriteJson(layout.Assignment(failed.trial.point)));
  if (status.ok()) {
    status = SetTrialAttribute(connection, *key, kRetryAttribute, RetryAttribute(copy));
  }
  return status.ok() ? AddRetries(connection, study, 1) : status;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqlStorage>> SqlStorage::Open(SqlConnector connect,
                                                             std::string description,
                                                             absl::Duration outage) {
  std::unique_ptr<SqlStorage> storage(
      new SqlStorage(std::move(connect), std::move(description), outage));
  absl::Status status = storage->session_.Prepare([&](SqlConnection& connection) {
    return PrepareOptunaSchema(connection, storage->description_);
  });
  if (!status.ok()) return status;
  return storage;
}

absl::Status SqlStorage::Placed(int64_t study, const absl::Status& status) {
  if (status.ok() || absl::StartsWith(status.message(), description_)) return status;
  std::string name = absl::StrCat("of id ", study);
  absl::MutexLock lock(&mutex_);
  const auto known = known_.find(study);
  if (known != known_.end()) name = absl::StrCat("\"", known->second.name, "\"");
  return absl::Status(status.code(),
                      absl::StrCat(description_, ": study ", name, ": ", status.message()));
}

std::string SqlStorage::Where(absl::string_view study_name) const {
  return absl::StrCat(description_, ": study \"", study_name, "\": ");
}

absl::StatusOr<SqlStorage::Layout> SqlStorage::LoadLayout(SqlConnection& connection, int64_t study,
                                                          absl::string_view name,
                                                          absl::string_view attribute) {
  const auto located = [&](const absl::Status& status, absl::StatusCode code) {
    return absl::Status(code, absl::StrCat(Where(name), status.message()));
  };
  StudyConfig config;
  config.name = std::string(name);
  config.objectives.clear();
  absl::Status status = connection.Query(
      "SELECT direction FROM study_directions WHERE study_id = $1 ORDER BY objective", {study},
      [&](const SqlRow& row) {
        config.objectives.push_back({"value", row.text(0) == OptunaDirection(Goal::kMaximize)
                                                  ? Goal::kMaximize
                                                  : Goal::kMinimize});
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  if (config.objectives.empty()) {
    return absl::DataLossError(absl::StrCat(Where(name), "it has no direction"));
  }
  if (!attribute.empty()) {
    status = StudyFromAttribute(attribute, &config);
    if (!status.ok()) return located(status, absl::StatusCode::kDataLoss);
    return std::make_shared<const StudyLayout>(std::move(config));
  }

  if (config.objectives.size() > 1) {
    for (size_t i = 0; i < config.objectives.size(); ++i) {
      config.objectives[i].metric = absl::StrCat("value_", i);
    }
  }
  status = connection.Query(
      "SELECT value_json FROM study_system_attributes WHERE study_id = $1 AND \"key\" = $2",
      {study, kMetricNamesAttribute}, [&](const SqlRow& row) {
        const Value names = AttributeFromJson(row.text(0));
        if (!names.is_list() || names.list().size() != config.objectives.size()) {
          return absl::OkStatus();
        }
        for (size_t i = 0; i < config.objectives.size(); ++i) {
          if (names.list()[i].is_string()) config.objectives[i].metric = names.list()[i].string();
        }
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  std::vector<std::pair<std::string, std::string>> distributions;
  status = connection.Query(
      "SELECT p.param_name, p.distribution_json, MIN(p.param_id) FROM trials t "
      "JOIN trial_params p ON p.trial_id = t.trial_id WHERE t.study_id = $1 "
      "GROUP BY p.param_name, p.distribution_json ORDER BY MIN(p.param_id)",
      {study}, [&](const SqlRow& row) {
        distributions.emplace_back(row.text(0), row.text(1));
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  absl::StatusOr<StudyLayout> layout = StudyLayout::Infer(std::move(config), distributions);
  if (!layout.ok()) return located(layout.status(), absl::StatusCode::kFailedPrecondition);
  return std::make_shared<const StudyLayout>(*std::move(layout));
}

absl::StatusOr<SqlStorage::Layout> SqlStorage::FindLayout(SqlConnection& connection, int64_t study,
                                                          bool lock, bool fresh) {
  std::optional<Known> row_is;
  absl::Status status = connection.Query(
      absl::StrCat("SELECT study_name, (SELECT a.value_json FROM study_system_attributes a "
                   "WHERE a.study_id = studies.study_id AND a.\"key\" = '",
                   kStudyAttribute, "') FROM studies WHERE study_id = $1",
                   lock ? connection.dialect().for_update : ""),
      {study}, [&](const SqlRow& row) {
        row_is = Known{std::string(row.text(0)), std::string(row.text(1)), nullptr};
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  if (!row_is) {
    return absl::NotFoundError(
        absl::StrCat(description_, ": there is no study of id ", study, " (any more)"));
  }
  if (!fresh || !row_is->attribute.empty()) {
    absl::MutexLock guard(&mutex_);
    const auto known = known_.find(study);
    if (known != known_.end() && known->second.name == row_is->name &&
        known->second.attribute == row_is->attribute) {
      return known->second.layout;
    }
  }
  absl::StatusOr<Layout> layout = LoadLayout(connection, study, row_is->name, row_is->attribute);
  if (!layout.ok()) return layout;
  row_is->layout = *layout;
  absl::MutexLock guard(&mutex_);
  known_[study] = *std::move(row_is);
  return layout;
}

absl::StatusOr<int64_t> SqlStorage::CreateStudy(const StudyRecord& study) {
  const StudyLayout layout(study.config);
  const StudyConfig& config = layout.config();
  absl::Status status = CheckName("a study's name", config.name);
  for (const Parameter& parameter : config.space.parameters()) {
    if (status.ok()) status = CheckName("a parameter's name", parameter.name);
  }
  if (!study.attributes.is_object()) {
    return absl::InvalidArgumentError("a study's attributes are an object");
  }
  for (const Value::Field& field : study.attributes.object()) {
    if (status.ok()) status = CheckName("an attribute's name", field.name);
  }
  if (!status.ok()) return status;

  const auto exists = [&] {
    return absl::AlreadyExistsError(absl::StrCat(description_, ": there is a study \"", config.name,
                                                 "\" already; choose another name"));
  };
  const std::string attribute = StudyAttribute(config);
  Value::List metric_names;
  for (const Objective& objective : config.objectives) metric_names.push_back(objective.metric);
  const std::string metric_names_json = WriteJson(std::move(metric_names));
  int64_t id = 0;
  status = session_.Write(SqlTransaction::kDurable, [&](const Attempt& attempt) {
    SqlConnection& connection = attempt.connection;
    absl::StatusOr<std::optional<int64_t>> key = QueryInteger(
        connection, "SELECT study_id FROM studies WHERE study_name = $1", {config.name});
    if (!key.ok()) return key.status();
    if (key->has_value()) return exists();
    key =
        QueryInteger(connection, "INSERT INTO studies (study_name) VALUES ($1) RETURNING study_id",
                     {config.name});
    // Another process may have been as quick.
    if (absl::IsAlreadyExists(key.status())) return exists();
    if (!key.ok()) return key.status();
    id = key->value_or(0);
    absl::Status written;
    for (size_t i = 0; i < config.objectives.size() && written.ok(); ++i) {
      written = Run(connection,
                    "INSERT INTO study_directions (study_id, objective, direction) "
                    "VALUES ($1, $2, $3)",
                    {id, static_cast<int64_t>(i), OptunaDirection(config.objectives[i].goal)});
    }
    const std::pair<const char*, const std::string*> attributes[] = {
        {kStudyAttribute, &attribute}, {kMetricNamesAttribute, &metric_names_json}};
    for (const auto& system : attributes) {
      if (!written.ok()) return written;
      written = Run(connection,
                    "INSERT INTO study_system_attributes (study_id, \"key\", value_json) "
                    "VALUES ($1, $2, $3)",
                    {id, system.first, *system.second});
    }
    for (const Value::Field& field : study.attributes.object()) {
      if (!written.ok()) return written;
      written = Run(connection,
                    "INSERT INTO study_user_attributes (study_id, \"key\", value_json) "
                    "VALUES ($1, $2, $3)",
                    {id, field.name, WriteJson(field.value)});
    }
    return written;
  });
  if (!status.ok()) return status;
  return id;
}

absl::StatusOr<StudyRecord> SqlStorage::FindStudy(absl::string_view name) {
  StudyRecord record;
  absl::Status status = session_.Read([&](SqlConnection& connection) {
    const absl::StatusOr<std::optional<int64_t>> id =
        QueryInteger(connection, "SELECT study_id FROM studies WHERE study_name = $1", {name});
    if (!id.ok()) return id.status();
    if (!id->has_value()) {
      return absl::NotFoundError(absl::StrCat(description_, ": there is no study \"", name, "\""));
    }
    record.id = **id;
    absl::StatusOr<Layout> layout =
        FindLayout(connection, record.id, /*lock=*/false, /*fresh=*/true);
    if (!layout.ok()) return layout.status();
    record.config = (*layout)->config();
    record.attributes = Value::Object();
    return connection.Query(
        "SELECT \"key\", value_json FROM study_user_attributes WHERE study_id = $1 "
        "ORDER BY study_user_attribute_id",
        {record.id}, [&](const SqlRow& row) {
          record.attributes.Set(row.text(0), AttributeFromJson(row.text(1)));
          return absl::OkStatus();
        });
  });
  if (!status.ok()) return status;
  return record;
}

absl::StatusOr<std::vector<StudyListing>> SqlStorage::ListStudies() {
  std::vector<StudyListing> studies;
  absl::Status status = session_.Read([&](SqlConnection& connection) {
    studies.clear();
    absl::Status read = connection.Query(
        "SELECT study_id, study_name FROM studies ORDER BY study_id", {}, [&](const SqlRow& row) {
          StudyListing study;
          study.id = row.integer(0);
          study.name = std::string(row.text(1));
          studies.push_back(std::move(study));
          return absl::OkStatus();
        });
    if (!read.ok()) return read;
    const auto find = [&](int64_t id) -> StudyListing* {
      const auto place = std::lower_bound(
          studies.begin(), studies.end(), id,
          [](const StudyListing& study, int64_t other) { return study.id < other; });
      return place != studies.end() && place->id == id ? &*place : nullptr;
    };
    read = connection.Query(
        "SELECT study_id, direction FROM study_directions ORDER BY study_id, objective", {},
        [&](const SqlRow& row) {
          if (StudyListing* const study = find(row.integer(0))) {
            study->goals.push_back(row.text(1) == OptunaDirection(Goal::kMaximize)
                                       ? Goal::kMaximize
                                       : Goal::kMinimize);
          }
          return absl::OkStatus();
        });
    if (!read.ok()) return read;
    return connection.Query(
        "SELECT study_id, state, COUNT(*), MIN(datetime_start) FROM trials "
        "GROUP BY study_id, state",
        {}, [&](const SqlRow& row) {
          StudyListing* const study = find(row.integer(0));
          const std::optional<TrialState> state = StateFromOptuna(row.text(1));
          if (study == nullptr || !state) return absl::OkStatus();
          int64_t* const counts[] = {&study->waiting, &study->running, &study->complete,
                                     &study->stopped, &study->failed};
          *counts[static_cast<int>(*state)] = row.integer(2);
          const std::optional<absl::Time> start = TimeFromOptuna(row.text(3));
          if (start &&
              (study->first_start == absl::InfinitePast() || *start < study->first_start)) {
            study->first_start = *start;
          }
          return absl::OkStatus();
        });
  });
  if (!status.ok()) return status;
  return studies;
}

absl::Status SqlStorage::DeleteStudy(int64_t study) {
  return Placed(study, session_.Write(SqlTransaction::kDurable, [&](const Attempt& attempt) {
    SqlConnection& connection = attempt.connection;
    std::string name;
    absl::Status status =
        connection.Query(absl::StrCat("SELECT study_name FROM studies WHERE study_id = $1",
                                      connection.dialect().for_update),
                         {study}, [&](const SqlRow& row) {
                           name = std::string(row.text(0));
                           return absl::OkStatus();
                         });
    if (!status.ok()) return status;
    for (const char* part : kParts) {
      status = Run(connection,
                   absl::StrCat("DELETE FROM ", part,
                                " WHERE trial_id IN (SELECT trial_id FROM trials "
                                "WHERE study_id = $1)"),
                   {study});
      if (!status.ok()) return status;
    }
    for (const char* table :
         {"trials", "study_directions", "study_user_attributes", "study_system_attributes"}) {
      status =
          Run(connection, absl::StrCat("DELETE FROM ", table, " WHERE study_id = $1"), {study});
      if (!status.ok()) return status;
    }
    absl::StatusOr<int64_t> deleted =
        connection.Execute("DELETE FROM studies WHERE study_id = $1", {study});
    if (!deleted.ok()) return deleted.status();
    if (*deleted == 0 && !attempt.uncertain) {
      return absl::NotFoundError(
          absl::StrCat(description_, ": there is no study of id ", study, " (any more)"));
    }
    return absl::OkStatus();
  }));
}

absl::Status SqlStorage::SetAttribute(int64_t study, absl::string_view name, const Value& value) {
  absl::Status status = CheckName("an attribute's name", name);
  if (!status.ok()) return status;
  const std::string json = WriteJson(value);
  return Placed(study, session_.Write(SqlTransaction::kDurable, [&](const Attempt& attempt) {
    SqlConnection& connection = attempt.connection;
    const absl::StatusOr<Layout> layout = FindLayout(connection, study, /*lock=*/true);
    if (!layout.ok()) return layout.status();
    if (value.is_null()) {
      return Run(connection,
                 "DELETE FROM study_user_attributes WHERE study_id = $1 AND \"key\" = $2",
                 {study, name});
    }
    return Run(connection,
               "INSERT INTO study_user_attributes (study_id, \"key\", value_json) "
               "VALUES ($1, $2, $3) "
               "ON CONFLICT (study_id, \"key\") DO UPDATE SET value_json = excluded.value_json",
               {study, name, json});
  }));
}

absl::StatusOr<int64_t> SqlStorage::Enqueue(int64_t study, absl::Span<const Value> assignments) {
  std::vector<std::string> jsons;
  for (const Value& assignment : assignments) {
    if (!assignment.is_object()) {
      return absl::InvalidArgumentError("what is enqueued must be an object, {name: value}");
    }
    jsons.push_back(WriteJson(assignment));
  }
  int64_t first = 0;
  absl::Status status = session_.Write(SqlTransaction::kDurable, [&](const Attempt& attempt) {
    if (attempt.uncertain) return absl::UnknownError("the connection was lost");
    SqlConnection& connection = attempt.connection;
    const absl::StatusOr<Layout> layout = FindLayout(connection, study, /*lock=*/true);
    if (!layout.ok()) return layout.status();
    const absl::StatusOr<int64_t> next = NextNumber(connection, study);
    if (!next.ok()) return next.status();
    first = *next;
    for (size_t i = 0; i < jsons.size(); ++i) {
      const absl::StatusOr<int64_t> key = InsertTrial(
          connection, study, first + static_cast<int64_t>(i), TrialState::kWaiting, {}, {});
      if (!key.ok()) return key.status();
      absl::Status written = SetTrialAttribute(connection, *key, kFixedAttribute, jsons[i]);
      if (!written.ok()) return written;
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return Placed(study, status);
  return first;
}

absl::StatusOr<int64_t> SqlStorage::Import(int64_t study, absl::Span<const TrialRecord> trials) {
  int64_t first = 0;
  const auto import_one = [&](SqlConnection& connection, const StudyLayout& layout,
                              const TrialRecord& record) -> absl::Status {
    const Trial& trial = record.trial;
    Outcome outcome;
    outcome.state = trial.state;
    outcome.values = trial.values;
    outcome.constraints = trial.constraints;
    outcome.failure = trial.failure;
    outcome.reason = trial.reason;
    absl::Status status = CheckOutcome(layout, outcome);
    // A trial may have failed before it had a point.
    const bool pointless = trial.point.empty() && trial.state == TrialState::kFailed;
    if (status.ok() && !pointless) status = CheckPoint(layout, trial.point);
    for (size_t i = 0; i < trial.reports.size() && status.ok(); ++i) {
      status = CheckReport(layout, trial.reports.step(i), trial.reports.values(i).size());
    }
    for (const Value::Field& field : record.attributes.object()) {
      if (status.ok()) status = CheckName("an attribute's name", field.name);
    }
    if (!status.ok()) return status;

    const absl::StatusOr<int64_t> key = InsertTrial(
        connection, study, trial.id, trial.state, OptunaTime(FromSeconds(trial.started)),
        OptunaTime(FromSeconds(trial.started) + WholeMicroseconds(trial.seconds)));
    if (!key.ok()) return key.status();
    if (!pointless) {
      status = InsertParameters(connection, *key, layout, trial.point);
      if (status.ok()) {
        status = SetTrialAttribute(
            connection, *key, kProposalAttribute,
            ProposalAttribute(record.trial.budget, record.trial.resume_from, record.asked));
      }
    }
    for (size_t i = 0; i < trial.reports.size() && status.ok(); ++i) {
      status =
          InsertReport(connection, *key, layout, trial.reports.step(i), trial.reports.values(i));
    }
    if (status.ok()) status = InsertOutcome(connection, *key, outcome);
    if (status.ok() && !record.worker.empty()) {
      status = SetTrialAttribute(connection, *key, kWorkerAttribute, StringJson(record.worker));
    }
    if (status.ok() && (record.retry_of || record.attempt != 0)) {
      status = SetTrialAttribute(connection, *key, kRetryAttribute, RetryAttribute(record));
    }
    for (const Value::Field& field : record.attributes.object()) {
      if (!status.ok()) return status;
      status = Run(connection,
                   "INSERT INTO trial_user_attributes (trial_id, \"key\", value_json) "
                   "VALUES ($1, $2, $3)",
                   {*key, field.name, WriteJson(field.value)});
    }
    return status;
  };

  absl::Status status = session_.Write(SqlTransaction::kDurable, [&](const Attempt& attempt) {
    if (attempt.uncertain) return absl::UnknownError("the connection was lost");
    const absl::StatusOr<Layout> layout = FindLayout(attempt.connection, study, /*lock=*/true);
    if (!layout.ok()) return layout.status();
    const absl::StatusOr<int64_t> next = NextNumber(attempt.connection, study);
    if (!next.ok()) return next.status();
    first = *next;
    ImportNumbers numbers(first);
    int64_t retries = 0;
    for (size_t i = 0; i < trials.size(); ++i) {
      absl::Status imported = import_one(attempt.connection, **layout, numbers.Next(trials[i]));
      if (!imported.ok()) {
        return absl::Status(imported.code(), absl::StrCat("trials[", i, "]: ", imported.message()));
      }
      if (trials[i].retry_of) ++retries;
    }
    return retries == 0 ? absl::OkStatus() : AddRetries(attempt.connection, study, retries);
  });
  if (!status.ok()) return Placed(study, status);
  return first;
}

absl::StatusOr<ClaimResult> SqlStorage::Claim(int64_t study, const ClaimRequest& request,
                                              ReadCursor* cursor) {
  if (request.count < 1) {
    return absl::InvalidArgumentError(absl::StrCat("cannot claim ", request.count, " trials"));
  }
  ClaimResult result;
  ReadCursor moved;
  absl::Status status = session_.Write(SqlTransaction::kKept, [&](const Attempt& attempt) {
    result = ClaimResult();
    moved = *cursor;
    SqlConnection& connection = attempt.connection;
    const absl::StatusOr<Layout> layout = FindLayout(connection, study, /*lock=*/true);
    if (!layout.ok()) return layout.status();

    const std::string now = OptunaTime(absl::Now());
    std::vector<int64_t> waiting;  // keys
    absl::Status written = connection.Query(
        "SELECT trial_id FROM trials WHERE study_id = $1 AND state = 'WAITING' "
        "ORDER BY number LIMIT $2",
        {study, int64_t{request.count}}, [&](const SqlRow& row) {
          waiting.push_back(row.integer(0));
          return absl::OkStatus();
        });
    if (!written.ok()) return written;
    if (!waiting.empty()) {
      written =
          SqlTrials(connection, study, **layout)
              .ReadThese(waiting, [&](TrialRecord record, int64_t trial_id) -> absl::Status {
                record.trial.state = TrialState::kRunning;
                if (const auto start = TimeFromOptuna(now)) {
                  record.trial.started = absl::ToDoubleSeconds(*start - absl::UnixEpoch());
                }
                record.worker = request.worker;
                // What Optuna gave it as parameters is from now on what it wants to be fixed.
                const std::string fixed = WriteJson(record.enqueued);
                result.claimed.push_back(std::move(record));
                absl::Status kept = SetTrialAttribute(connection, trial_id, kFixedAttribute, fixed);
                if (!kept.ok()) return kept;
                return Run(connection, "DELETE FROM trial_params WHERE trial_id = $1", {trial_id});
              });
    }
    for (const int64_t trial_id : waiting) {
      if (!written.ok()) return written;
      written = Run(connection,
                    "UPDATE trials SET state = 'RUNNING', datetime_start = $1 WHERE trial_id = $2",
                    {now, trial_id});
      if (written.ok()) written = SetWorker(connection, trial_id, request.worker);
    }
    if (!written.ok()) return written;

    const absl::StatusOr<int64_t> next = NextNumber(connection, study);
    if (!next.ok()) return next.status();
    written = ReadOn(connection, study, **layout, &moved, [&](TrialRecord record) {
      result.changes.push_back(std::move(record));
      return absl::OkStatus();
    });
    if (!written.ok()) return written;

    int64_t fresh = request.count - static_cast<int64_t>(waiting.size());
    if (request.limit > 0 && fresh > 0) {
      const absl::StatusOr<int64_t> retries = CountRetries(connection, study);
      if (!retries.ok()) return retries.status();
      fresh = std::min(fresh, request.limit - (*next - *retries));
    }
    for (int64_t i = 0; i < fresh; ++i) {
      const absl::StatusOr<int64_t> key =
          InsertTrial(connection, study, *next + i, TrialState::kRunning, now, {});
      if (!key.ok()) return key.status();
      written = SetWorker(connection, *key, request.worker);
      if (!written.ok()) return written;
      TrialRecord record;
      record.trial.id = *next + i;
      record.worker = request.worker;
      if (const auto start = TimeFromOptuna(now)) {
        record.trial.started = absl::ToDoubleSeconds(*start - absl::UnixEpoch());
      }
      result.claimed.push_back(std::move(record));
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return Placed(study, status);
  *cursor = std::move(moved);
  return result;
}

absl::Status SqlStorage::Propose(int64_t study, absl::Span<const StoredProposal> proposals) {
  return Placed(study, session_.Write(SqlTransaction::kKept, [&](const Attempt& attempt) {
    SqlConnection& connection = attempt.connection;
    const absl::StatusOr<Layout> layout = FindLayout(connection, study, /*lock=*/true);
    if (!layout.ok()) return layout.status();
    for (const StoredProposal& proposal : proposals) {
      absl::Status status = CheckPoint(**layout, proposal.point);
      if (!status.ok()) return status;
      const absl::StatusOr<int64_t> trial_id = FindRunning(connection, study, proposal.number);
      if (!trial_id.ok()) return trial_id.status();
      const absl::StatusOr<bool> has = HasAttribute(connection, *trial_id, kProposalAttribute);
      if (!has.ok()) return has.status();
      if (*has) {  // it is proposed anew
        status = Run(connection, "DELETE FROM trial_params WHERE trial_id = $1", {*trial_id});
        if (status.ok()) {
          status = Run(connection,
                       "DELETE FROM trial_system_attributes WHERE trial_id = $1 AND \"key\" = $2",
                       {*trial_id, kPointAttribute});
        }
        if (!status.ok()) return status;
      }
      status = InsertParameters(connection, *trial_id, **layout, proposal.point);
      if (status.ok()) {
        status = SetTrialAttribute(
            connection, *trial_id, kProposalAttribute,
            ProposalAttribute(proposal.budget, proposal.resume_from, proposal.asked));
      }
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }));
}

absl::Status SqlStorage::Unclaim(int64_t study, absl::Span<const int64_t> numbers,
                                 absl::string_view reason) {
  std::vector<int64_t> from_last(numbers.begin(), numbers.end());
  std::sort(from_last.rbegin(), from_last.rend());
  return Placed(study, session_.Write(SqlTransaction::kKept, [&](const Attempt& attempt) {
    SqlConnection& connection = attempt.connection;
    const absl::StatusOr<Layout> layout = FindLayout(connection, study, /*lock=*/true);
    if (!layout.ok()) return layout.status();
    for (const int64_t number : from_last) {
      const absl::StatusOr<int64_t> trial_id = FindRunning(connection, study, number);
      if (!trial_id.ok()) {
        if (attempt.uncertain) continue;
        return trial_id.status();
      }
      absl::StatusOr<bool> has = HasAttribute(connection, *trial_id, kProposalAttribute);
      if (!has.ok()) return has.status();
      if (*has) {
        return absl::FailedPreconditionError(
            absl::StrCat("trial ", number, " has its point; it can only be finished"));
      }
      absl::Status status;
      // One that waited before waits again.
      has = HasAttribute(connection, *trial_id, kFixedAttribute);
      if (!has.ok()) return has.status();
      const absl::StatusOr<int64_t> next = NextNumber(connection, study);
      if (!next.ok()) return next.status();
      if (*has) {
        status = Run(connection,
                     "UPDATE trials SET state = 'WAITING', datetime_start = NULL "
                     "WHERE trial_id = $1",
                     {*trial_id});
        if (status.ok()) {
          status = Run(connection, "DELETE FROM trial_heartbeats WHERE trial_id = $1", {*trial_id});
        }
      } else if (*next == number + 1) {
        for (const char* part : kParts) {
          if (status.ok()) {
            status = Run(connection, absl::StrCat("DELETE FROM ", part, " WHERE trial_id = $1"),
                         {*trial_id});
          }
        }
        if (status.ok()) {
          status = Run(connection, "DELETE FROM trials WHERE trial_id = $1", {*trial_id});
        }
      } else {
        status = End(connection, study, **layout, *trial_id,
                     Outcome::Failed(FailureKind::kCancelled, std::string(reason)), RetryRule());
      }
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }));
}

absl::Status SqlStorage::Report(int64_t study, int64_t number, int64_t step,
                                absl::Span<const double> values) {
  return Placed(study, session_.Write(SqlTransaction::kWrite, [&](const Attempt& attempt) {
    // The trial's own row is lock enough.
    const absl::StatusOr<Layout> layout = FindLayout(attempt.connection, study, /*lock=*/false);
    if (!layout.ok()) return layout.status();
    absl::Status status = CheckReport(**layout, step, values.size());
    if (!status.ok()) return status;
    const absl::StatusOr<int64_t> trial_id = FindRunning(attempt.connection, study, number);
    if (!trial_id.ok()) return trial_id.status();
    return InsertReport(attempt.connection, *trial_id, **layout, step, values);
  }));
}

absl::Status SqlStorage::Finish(int64_t study, int64_t number, const Outcome& outcome,
                                const RetryRule& retry) {
  return Placed(study, session_.Write(SqlTransaction::kDurable, [&](const Attempt& attempt) {
    SqlConnection& connection = attempt.connection;
    const absl::StatusOr<Layout> layout = FindLayout(connection, study, /*lock=*/true);
    if (!layout.ok()) return layout.status();
    absl::Status status = CheckOutcome(**layout, outcome);
    if (!status.ok()) return status;
    const absl::StatusOr<int64_t> trial_id = FindRunning(connection, study, number);
    if (!trial_id.ok()) {
      // If the connection broke while this was being committed, the trial may have ended by it.
      if (!attempt.uncertain) return trial_id.status();
      const absl::StatusOr<TrialKey> trial = FindTrial(connection, study, number);
      return trial.ok() && trial->state == outcome.state ? absl::OkStatus() : trial_id.status();
    }
    return End(connection, study, **layout, *trial_id, outcome, retry);
  }));
}

absl::Status SqlStorage::RequestStop(int64_t study, int64_t number, absl::string_view reason) {
  return Placed(study, session_.Write(SqlTransaction::kKept, [&](const Attempt& attempt) {
    SqlConnection& connection = attempt.connection;
    const absl::StatusOr<Layout> layout = FindLayout(connection, study, /*lock=*/true);
    if (!layout.ok()) return layout.status();
    const absl::StatusOr<int64_t> trial_id = FindRunning(connection, study, number);
    if (!trial_id.ok()) return trial_id.status();
    return SetTrialAttribute(connection, *trial_id, kStopAttribute, StringJson(reason));
  }));
}

absl::StatusOr<StudyWishes> SqlStorage::ReadWishes(int64_t study,
                                                   absl::Span<const int64_t> numbers) {
  StudyWishes wishes;
  absl::Status status = session_.Read([&](SqlConnection& connection) {
    wishes = StudyWishes();
    bool found = false;
    absl::Status read = connection.Query(
        "SELECT s.study_id, a.value_json FROM studies s LEFT JOIN study_user_attributes a "
        "ON a.study_id = s.study_id AND a.\"key\" = $2 WHERE s.study_id = $1",
        {study, kPausedAttribute}, [&](const SqlRow& row) {
          found = true;
          wishes.paused = !row.null(1) && AttributeFromJson(row.text(1)) == Value(true);
          return absl::OkStatus();
        });
    if (!read.ok()) return read;
    if (!found) {
      return absl::NotFoundError(
          absl::StrCat(description_, ": there is no study of id ", study, " (any more)"));
    }
    for (const int64_t number : numbers) {
      if (!read.ok()) return read;
      read = connection.Query(
          "SELECT a.value_json FROM trials t JOIN trial_system_attributes a "
          "ON a.trial_id = t.trial_id AND a.\"key\" = $3 "
          "WHERE t.study_id = $1 AND t.number = $2 AND t.state = 'RUNNING'",
          {study, number, kStopAttribute}, [&](const SqlRow& row) {
            wishes.stop.emplace_back(number, StringFromJson(row.text(0)));
            return absl::OkStatus();
          });
    }
    std::sort(wishes.stop.begin(), wishes.stop.end());
    return read;
  });
  if (!status.ok()) return Placed(study, status);
  return wishes;
}

absl::Status SqlStorage::Heartbeat(int64_t study, absl::Span<const int64_t> numbers) {
  if (numbers.empty()) return absl::OkStatus();
  return Placed(study, session_.Write(SqlTransaction::kWrite, [&](const Attempt& attempt) {
    const absl::StatusOr<Layout> layout = FindLayout(attempt.connection, study, /*lock=*/false);
    if (!layout.ok()) return layout.status();
    for (const int64_t number : numbers) {
      const absl::StatusOr<TrialKey> trial = FindTrial(attempt.connection, study, number);
      if (absl::IsNotFound(trial.status())) continue;
      if (!trial.ok()) return trial.status();
      // One that has ended must not make the others look dead.
      if (trial->state != TrialState::kRunning) continue;
      absl::Status beaten = Beat(attempt.connection, trial->trial_id);
      if (!beaten.ok()) return beaten;
    }
    return absl::OkStatus();
  }));
}

absl::StatusOr<std::vector<int64_t>> SqlStorage::SettleLost(
    int64_t study, absl::Duration grace, const std::function<bool(absl::string_view)>& dead,
    const RetryRule& retry) {
  struct Lost {
    int64_t trial_id, number;
    std::string reason;
  };
  absl::flat_hash_map<std::string, bool> gone;  // by worker
  const auto find = [&](SqlConnection& connection, std::vector<Lost>* lost) {
    lost->clear();
    return connection.Query(
        absl::StrCat("SELECT t.trial_id, t.number, ", connection.dialect().heartbeat_age,
                     ", (SELECT a.value_json FROM trial_system_attributes a "
                     "WHERE a.trial_id = t.trial_id AND a.\"key\" = '",
                     kWorkerAttribute,
                     "') FROM trials t LEFT JOIN trial_heartbeats h ON h.trial_id = t.trial_id "
                     "WHERE t.study_id = $1 AND t.state = 'RUNNING' ORDER BY t.number"),
        {study}, [&](const SqlRow& row) {
          const std::string worker = StringFromJson(row.text(3));
          const double silent = row.number(2);
          if (!row.null(2) && silent > absl::ToDoubleSeconds(grace)) {
            lost->push_back({row.integer(0), row.integer(1),
                             absl::StrCat("its worker ", worker, " was silent for ",
                                          static_cast<int64_t>(silent), " s")});
          } else if (dead && !worker.empty()) {
            const auto place = gone.try_emplace(worker, false);
            if (place.second) place.first->second = dead(worker);
            if (place.first->second) {
              lost->push_back({row.integer(0), row.integer(1),
                               absl::StrCat("its worker ", worker, " is gone")});
            }
          }
          return absl::OkStatus();
        });
  };

  // Mostly there are none, and then nothing is written.
  std::vector<Lost> lost;
  absl::Status status = session_.Read([&](SqlConnection& connection) {
    const absl::StatusOr<Layout> layout = FindLayout(connection, study, /*lock=*/false);
    if (!layout.ok()) return layout.status();
    return find(connection, &lost);
  });
  if (!status.ok()) return Placed(study, status);
  std::vector<int64_t> numbers;
  if (lost.empty()) return numbers;
  status = session_.Write(SqlTransaction::kDurable, [&](const Attempt& attempt) {
    numbers.clear();
    const absl::StatusOr<Layout> layout = FindLayout(attempt.connection, study, /*lock=*/true);
    if (!layout.ok()) return layout.status();
    absl::Status written = find(attempt.connection, &lost);
    for (const Lost& trial : lost) {
      if (!written.ok()) return written;
      written = End(attempt.connection, study, **layout, trial.trial_id,
                    Outcome::Failed(FailureKind::kLostWorker, trial.reason), retry);
      numbers.push_back(trial.number);
    }
    return written;
  });
  if (!status.ok()) return Placed(study, status);
  return numbers;
}

absl::Status SqlStorage::ReadValues(int64_t study, const ValuesVisitor& visit) {
  // A transaction may be tried again, and the visitor must not see its trials twice.
  struct Seen {
    int64_t number;
    Values values;
    bool feasible;
  };
  std::vector<Seen> seen;
  absl::Status status = session_.Read([&](SqlConnection& connection) {
    seen.clear();
    const absl::StatusOr<Layout> layout = FindLayout(connection, study, /*lock=*/false);
    if (!layout.ok()) return layout.status();
    return ReadValuesOn(connection, study, **layout,
                        [&](int64_t number, absl::Span<const double> values, bool feasible) {
                          seen.push_back({number, Values(values.begin(), values.end()), feasible});
                        });
  });
  if (!status.ok()) return Placed(study, status);
  for (const Seen& trial : seen) visit(trial.number, trial.values, trial.feasible);
  return absl::OkStatus();
}

absl::Status SqlStorage::Read(int64_t study, ReadCursor* cursor,
                              const std::function<absl::Status(TrialRecord)>& visit) {
  absl::Status stopped;  // by the visitor
  absl::Status status = session_.Read([&](SqlConnection& connection) {
    const absl::StatusOr<Layout> layout = FindLayout(connection, study, /*lock=*/false);
    if (!layout.ok()) return layout.status();
    absl::Status read = ReadOn(connection, study, **layout, cursor, [&](TrialRecord record) {
      stopped = visit(std::move(record));
      return stopped.ok() ? stopped : absl::CancelledError();
    });
    return stopped.ok() ? read : absl::OkStatus();
  });
  return stopped.ok() ? Placed(study, status) : stopped;
}

}  // namespace sturgeon
