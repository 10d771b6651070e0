#include "storage/optuna_schema.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace sturgeon {
namespace {

constexpr int64_t kSchemaVersion = 12;
constexpr char kRevision[] = "v3.2.0.a";
// The oldest Optuna that makes these tables, and knows a study's metric names.
constexpr char kLibraryVersion[] = "3.2.0";
// What `optuna storage upgrade` can bring up to date.
constexpr const char* kOlderRevisions[] = {"v0.9.0.a", "v1.2.0.a", "v1.3.0.a",
                                           "v2.4.0.a", "v2.6.0.a", "v3.0.0.a",
                                           "v3.0.0.b", "v3.0.0.c", "v3.0.0.d"};

// $KEY, $REAL and $TIME are the dialect's types; $DIRECTION … are its enumerations.
constexpr const char* kTables[] = {
    R"(CREATE TABLE alembic_version (
  version_num VARCHAR(32) NOT NULL,
  CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
))",
    R"(CREATE TABLE version_info (
  version_info_id INTEGER NOT NULL,
  schema_version INTEGER,
  library_version VARCHAR(256),
  PRIMARY KEY (version_info_id),
  CHECK (version_info_id=1)
))",
    R"(CREATE TABLE studies (
  study_id $KEY,
  study_name VARCHAR(512) NOT NULL,
  PRIMARY KEY (study_id)
))",
    "CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name)",
    R"(CREATE TABLE study_directions (
  study_direction_id $KEY,
  direction $DIRECTION NOT NULL,
  study_id INTEGER NOT NULL,
  objective INTEGER NOT NULL,
  PRIMARY KEY (study_direction_id),
  UNIQUE (study_id, objective),
  FOREIGN KEY(study_id) REFERENCES studies (study_id)
))",
    R"(CREATE TABLE study_user_attributes (
  study_user_attribute_id $KEY,
  study_id INTEGER,
  "key" VARCHAR(512),
  value_json TEXT,
  PRIMARY KEY (study_user_attribute_id),
  UNIQUE (study_id, "key"),
  FOREIGN KEY(study_id) REFERENCES studies (study_id)
))",
    R"(CREATE TABLE study_system_attributes (
  study_system_attribute_id $KEY,
  study_id INTEGER,
  "key" VARCHAR(512),
  value_json TEXT,
  PRIMARY KEY (study_system_attribute_id),
  UNIQUE (study_id, "key"),
  FOREIGN KEY(study_id) REFERENCES studies (study_id)
))",
    R"(CREATE TABLE trials (
  trial_id $KEY,
  number INTEGER,
  study_id INTEGER,
  state $STATE NOT NULL,
  datetime_start $TIME,
  datetime_complete $TIME,
  PRIMARY KEY (trial_id),
  FOREIGN KEY(study_id) REFERENCES studies (study_id)
))",
    "CREATE INDEX ix_trials_study_id ON trials (study_id)",
    R"(CREATE TABLE trial_user_attributes (
  trial_user_attribute_id $KEY,
  trial_id INTEGER,
  "key" VARCHAR(512),
  value_json TEXT,
  PRIMARY KEY (trial_user_attribute_id),
  UNIQUE (trial_id, "key"),
  FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
))",
    R"(CREATE TABLE trial_system_attributes (
  trial_system_attribute_id $KEY,
  trial_id INTEGER,
  "key" VARCHAR(512),
  value_json TEXT,
  PRIMARY KEY (trial_system_attribute_id),
  UNIQUE (trial_id, "key"),
  FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
))",
    R"(CREATE TABLE trial_params (
  param_id $KEY,
  trial_id INTEGER,
  param_name VARCHAR(512),
  param_value $REAL,
  distribution_json TEXT,
  PRIMARY KEY (param_id),
  UNIQUE (trial_id, param_name),
  FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
))",
    R"(CREATE TABLE trial_values (
  trial_value_id $KEY,
  trial_id INTEGER NOT NULL,
  objective INTEGER NOT NULL,
  value $REAL,
  value_type $VALUE_TYPE NOT NULL,
  PRIMARY KEY (trial_value_id),
  UNIQUE (trial_id, objective),
  FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
))",
    R"(CREATE TABLE trial_intermediate_values (
  trial_intermediate_value_id $KEY,
  trial_id INTEGER NOT NULL,
  step INTEGER NOT NULL,
  intermediate_value $REAL,
  intermediate_value_type $REPORT_TYPE NOT NULL,
  PRIMARY KEY (trial_intermediate_value_id),
  UNIQUE (trial_id, step),
  FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
))",
    R"(CREATE TABLE trial_heartbeats (
  trial_heartbeat_id $KEY,
  trial_id INTEGER NOT NULL,
  heartbeat $TIME NOT NULL,
  PRIMARY KEY (trial_heartbeat_id),
  UNIQUE (trial_id),
  FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
))",
};

// By number, since all calls name trials by it; and the few that wait or run among the many.
constexpr const char* kIndexes[] = {
    "CREATE INDEX IF NOT EXISTS sturgeon_trials_number ON trials (study_id, number)",
    "CREATE INDEX IF NOT EXISTS sturgeon_trials_waiting ON trials (study_id, number) "
    "WHERE state = 'WAITING'",
    "CREATE INDEX IF NOT EXISTS sturgeon_trials_running ON trials (study_id, number) "
    "WHERE state = 'RUNNING'",
};

struct Enumeration {
  const char* placeholder;
  const char* name;  // of the type
  const char* values;
  const char* varchar;  // wide enough for its longest value
};
constexpr Enumeration kEnumerations[] = {
    {"$DIRECTION", "studydirection", "'NOT_SET', 'MINIMIZE', 'MAXIMIZE'", "VARCHAR(8)"},
    {"$STATE", "trialstate", "'RUNNING', 'COMPLETE', 'PRUNED', 'FAIL', 'WAITING'", "VARCHAR(8)"},
    {"$VALUE_TYPE", "trialvaluetype", "'FINITE', 'INF_POS', 'INF_NEG'", "VARCHAR(7)"},
    {"$REPORT_TYPE", "trialintermediatevaluetype", "'FINITE', 'INF_POS', 'INF_NEG', 'NAN'",
     "VARCHAR(7)"},
};

absl::Status CreateTables(SqlConnection& connection) {
  const SqlDialect& dialect = connection.dialect();
  std::vector<std::pair<absl::string_view, absl::string_view>> types = {
      {"$KEY", dialect.key}, {"$REAL", dialect.real}, {"$TIME", dialect.time}};
  for (const Enumeration& e : kEnumerations) {
    types.emplace_back(e.placeholder, dialect.enum_types ? e.name : e.varchar);
    if (!dialect.enum_types) continue;
    absl::StatusOr<int64_t> made =
        connection.Execute(absl::StrCat("CREATE TYPE ", e.name, " AS ENUM (", e.values, ")"));
    if (!made.ok()) return made.status();
  }
  for (const char* table : kTables) {
    absl::StatusOr<int64_t> made = connection.Execute(absl::StrReplaceAll(table, types));
    if (!made.ok()) return made.status();
  }
  absl::StatusOr<int64_t> written = connection.Execute(
      "INSERT INTO version_info (version_info_id, schema_version, library_version) "
      "VALUES (1, $1, $2)",
      {kSchemaVersion, kLibraryVersion});
  if (!written.ok()) return written.status();
  return connection.Execute("INSERT INTO alembic_version (version_num) VALUES ($1)", {kRevision})
      .status();
}

// What of the tables is there.
enum class Found { kNothing, kOptuna };

absl::StatusOr<Found> CheckTables(SqlConnection& connection, absl::string_view where) {
  std::vector<std::string> tables;
  absl::Status status = connection.Query(connection.dialect().tables, {}, [&](const SqlRow& row) {
    tables.emplace_back(row.text(0));
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  if (tables.empty()) return Found::kNothing;
  const auto has = [&](absl::string_view name) { return absl::c_linear_search(tables, name); };
  if (!has("studies") || !has("trials") || !has("version_info") || !has("alembic_version")) {
    std::sort(tables.begin(), tables.end());
    if (tables.size() > 3) tables.resize(3);
    return absl::FailedPreconditionError(
        absl::StrCat(where, " is a database of something else (it has the tables ",
                     absl::StrJoin(tables, ", "), "); studies need one of their own"));
  }

  int64_t schema = 0;
  std::string library, revision;
  status = connection.Query("SELECT schema_version, library_version FROM version_info", {},
                            [&](const SqlRow& row) {
                              schema = row.integer(0);
                              library = std::string(row.text(1));
                              return absl::OkStatus();
                            });
  if (!status.ok()) return status;
  status = connection.Query("SELECT version_num FROM alembic_version", {}, [&](const SqlRow& row) {
    revision = std::string(row.text(0));
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  if (schema == kSchemaVersion && revision == kRevision) return Found::kOptuna;
  const std::string versions =
      absl::StrCat(where, " has the tables of Optuna's schema ", schema, ", revision ",
                   revision.empty() ? "unknown" : revision, " (Optuna ", library,
                   "); Sturgeon knows schema ", kSchemaVersion, ", revision ", kRevision);
  if (schema < kSchemaVersion || absl::c_linear_search(kOlderRevisions, revision)) {
    return absl::FailedPreconditionError(
        absl::StrCat(versions, ": bring it up to date by `optuna storage upgrade --storage URL`"));
  }
  return absl::FailedPreconditionError(
      absl::StrCat(versions, ": a newer Optuna has made it, and it needs a newer Sturgeon"));
}

absl::StatusOr<bool> HasIndexes(SqlConnection& connection) {
  // The last of them that is made; a study has a few running trials at most.
  bool found = false;
  absl::Status status = connection.Query(connection.dialect().indexes, {}, [&](const SqlRow& row) {
    found = found || row.text(0) == "sturgeon_trials_running";
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return found;
}

absl::Status Create(SqlConnection& connection, absl::string_view where) {
  if (*connection.dialect().lock_schema != '\0') {
    absl::Status locked = connection.Query(connection.dialect().lock_schema, {},
                                           [](const SqlRow&) { return absl::OkStatus(); });
    if (!locked.ok()) return locked;
  }
  // Another process may have been faster.
  absl::StatusOr<Found> found = CheckTables(connection, where);
  if (!found.ok()) return found.status();
  if (*found == Found::kNothing) {
    absl::Status created = CreateTables(connection);
    if (!created.ok()) return created;
  }
  for (const char* index : kIndexes) {
    absl::StatusOr<int64_t> made = connection.Execute(index);
    if (!made.ok()) return made.status();
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status PrepareOptunaSchema(SqlConnection& connection, absl::string_view where) {
  absl::Status status = connection.Begin(SqlTransaction::kRead);
  if (!status.ok()) return status;
  const absl::StatusOr<Found> found = CheckTables(connection, where);
  const absl::StatusOr<bool> indexed =
      found.ok() && *found == Found::kOptuna ? HasIndexes(connection) : false;
  connection.Rollback();
  if (!found.ok()) return found.status();
  if (!indexed.ok()) return indexed.status();
  if (*indexed) return absl::OkStatus();

  status = connection.Begin(SqlTransaction::kDurable);
  if (status.ok()) status = Create(connection, where);
  if (status.ok()) status = connection.Commit();
  if (status.ok()) return connection.Sync();
  connection.Rollback();
  // Tables that are there can be read without our indexes, if slower.
  if (*found == Found::kOptuna && absl::IsUnavailable(status) && connection.usable()) {
    return absl::OkStatus();
  }
  return status;
}

}  // namespace sturgeon
