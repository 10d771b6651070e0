#include "storage/postgresql/postgres_connection.h"

#include <libpq-fe.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "core/storage.h"

namespace sturgeon {
namespace {

// What libpq does unless the URL says otherwise. A connection attempt may take 10 s, and of one
// that stands the silence of the other side ends it within a minute.
constexpr std::pair<const char*, const char*> kDefaults[] = {
    {"connect_timeout", "10"},     {"keepalives_idle", "30"},
    {"keepalives_interval", "10"}, {"keepalives_count", "3"},
    {"tcp_user_timeout", "60000"}, {"fallback_application_name", "sturgeon"},
};

// Results look the same whatever the server's defaults; a server that does not wait for the disk by
// default does so for us.
constexpr char kSettings[] =
    "SET DateStyle = ISO; SET extra_float_digits = 3; "
    "SET idle_in_transaction_session_timeout = '60s'; "
    "SELECT set_config('synchronous_commit', 'on', false) "
    "WHERE current_setting('synchronous_commit') = 'off'";

// Statements sent before their answers are read. The answers, some 50 bytes each, must fit into the
// socket's buffer: the server stops reading while it cannot write.
constexpr int kPipelined = 128;

// Types, as the server numbers them (pg_type.dat).
constexpr Oid kFindOut = 0, kBigInt = 20;

const SqlDialect& Dialect() {
  static const SqlDialect* const dialect = [] {
    auto* d = new SqlDialect;
    d->enum_types = true;
    d->key = "SERIAL NOT NULL";
    d->real = "DOUBLE PRECISION";
    d->time = "TIMESTAMP WITHOUT TIME ZONE";
    // In the session's time zone, as Optuna has it; by the clock, and not since the transaction's
    // start, which may have waited for locks.
    d->now = "CAST(clock_timestamp() AS TIMESTAMP)";
    d->heartbeat_age = "EXTRACT(EPOCH FROM (CAST(clock_timestamp() AS TIMESTAMP) - heartbeat))";
    d->for_update = " FOR UPDATE";
    d->tables = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()";
    d->indexes = "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()";
    // Any number will do that no other program has chosen.
    d->lock_schema = "SELECT pg_advisory_xact_lock(8391181932276476003)";
    return d;
  }();
  return *dialect;
}

// Whether '@' stands in a URL only where it ends the user and the password. One elsewhere shows
// that libpq takes a part of a password for something else, such as a host, which it would show.
bool EndsUserInfoOnce(absl::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == absl::string_view::npos) return true;
  url = url.substr(scheme + 3);
  const size_t at = url.find('@');
  if (at == absl::string_view::npos) return true;
  return url.find('/') > at && url.substr(0, url.find('?', at)).rfind('@') == at;
}

std::string OneLine(absl::string_view message) {
  return absl::StrReplaceAll(absl::StripAsciiWhitespace(message), {{"\n\t", "; "}, {"\n", "; "}});
}

class Row final : public SqlRow {
 public:
  Row(const PGresult* result, int row) : result_(result), row_(row) {}
  bool null(int column) const override { return PQgetisnull(result_, row_, column) != 0; }
  int64_t integer(int column) const override {
    const absl::string_view shown = text(column);
    int64_t value = 0;
    if (absl::SimpleAtoi(shown, &value)) return value;
    if (shown == "t") return 1;
    const double real = number(column);
    return real >= -0x1p63 && real < 0x1p63 ? static_cast<int64_t>(real) : 0;
  }
  double number(int column) const override {
    double value = 0;
    return absl::SimpleAtod(text(column), &value) ? value : 0;
  }
  absl::string_view text(int column) const override {
    return absl::string_view(PQgetvalue(result_, row_, column), PQgetlength(result_, row_, column));
  }

 private:
  const PGresult* const result_;
  const int row_;
};

// Parameters as libpq takes them: C strings, or null.
class Texts {
 public:
  // InvalidArgument: PostgreSQL has no text with the character NUL.
  static absl::StatusOr<Texts> Of(SqlParameters parameters) {
    Texts texts;
    texts.owned_.reserve(parameters.size());
    for (const SqlValue& value : parameters) {
      std::string text;
      if (value.integer() != nullptr) {
        text = absl::StrCat(*value.integer());
      } else if (value.number() != nullptr) {
        char digits[32];
        text.assign(digits, std::snprintf(digits, sizeof(digits), "%.17g", *value.number()));
      } else if (value.text() != nullptr) {
        text = std::string(*value.text());
        if (absl::StrContains(text, absl::string_view("\0", 1))) {
          return absl::InvalidArgumentError(
              "PostgreSQL cannot store text with the character NUL in it");
        }
      } else {
        texts.owned_.emplace_back();
        texts.pointers_.push_back(nullptr);
        continue;
      }
      texts.owned_.push_back(std::move(text));
      texts.pointers_.push_back(texts.owned_.back().c_str());
    }
    return texts;
  }
  int size() const { return static_cast<int>(pointers_.size()); }
  const char* const* data() const { return pointers_.data(); }

 private:
  std::vector<std::string> owned_;
  std::vector<const char*> pointers_;
};

}  // namespace

absl::StatusOr<PostgresTarget> PostgresTarget::Parse(absl::string_view url) {
  PostgresTarget target;
  target.where = WithoutPassword(url);
  char* why = nullptr;
  PQconninfoOption* const options = PQconninfoParse(std::string(url).c_str(), &why);
  // What libpq says of a URL may quote the password, where it took that for something else.
  PQfreemem(why);
  if (options == nullptr || !EndsUserInfoOnce(url)) {
    PQconninfoFree(options);
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", target.where, "\" is no URL of a PostgreSQL database; it has the form ",
        "postgresql://USER:PASSWORD@HOST:PORT/DATABASE?NAME=VALUE&…, with libpq's parameters as ",
        "NAMEs, and characters such as @ : / ? % in a part written as %40 %3A %2F %3F %25"));
  }
  for (const PQconninfoOption* option = options; option->keyword != nullptr; ++option) {
    if (option->val == nullptr || *option->val == '\0') continue;
    target.parameters.emplace_back(option->keyword, option->val);
    if (std::strcmp(option->keyword, "password") == 0) target.password = option->val;
  }
  PQconninfoFree(options);
  for (const auto& fallback : kDefaults) {
    const bool given = std::any_of(target.parameters.begin(), target.parameters.end(),
                                   [&](const auto& p) { return p.first == fallback.first; });
    if (!given) target.parameters.emplace_back(fallback.first, fallback.second);
  }
  target.parameters.emplace_back("client_encoding", "UTF8");
  return target;
}

void PostgresConnection::FreeResult::operator()(pg_result* result) const { PQclear(result); }

absl::StatusOr<std::unique_ptr<PostgresConnection>> PostgresConnection::Open(
    const PostgresTarget& target) {
  std::vector<const char*> names, values;
  for (const auto& parameter : target.parameters) {
    names.push_back(parameter.first.c_str());
    values.push_back(parameter.second.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  std::unique_ptr<PostgresConnection> opened(new PostgresConnection(target.where));
  PGconn* const connection = PQconnectdbParams(names.data(), values.data(), /*expand_dbname=*/0);
  opened->connection_ = connection;
  if (connection == nullptr) {
    return absl::ResourceExhaustedError(absl::StrCat(target.where, ": out of memory"));
  }
  if (PQstatus(connection) != CONNECTION_OK) {
    std::string why = OneLine(PQerrorMessage(connection));
    if (!target.password.empty()) why = absl::StrReplaceAll(why, {{target.password, "***"}});
    const bool password = PQconnectionNeedsPassword(connection) != 0;
    return absl::UnavailableError(absl::StrCat(
        target.where, ": ", why,
        password ? "; the password can stand in the URL, in PGPASSWORD, or in ~/.pgpass" : ""));
  }
  // They go to standard error otherwise.
  PQsetNoticeProcessor(
      connection, [](void*, const char*) {}, nullptr);
  absl::StatusOr<Result> set = opened->Simple(kSettings);
  if (!set.ok()) return set.status();
  return opened;
}

PostgresConnection::~PostgresConnection() { PQfinish(connection_); }

const SqlDialect& PostgresConnection::dialect() const { return Dialect(); }

absl::Status PostgresConnection::ErrorOf(const pg_result* result) {
  const ExecStatusType code = PQresultStatus(result);
  if (code == PGRES_COMMAND_OK || code == PGRES_TUPLES_OK) return absl::OkStatus();
  const auto field = [&](int name) -> absl::string_view {
    const char* const text = PQresultErrorField(result, name);
    return text != nullptr ? text : "";
  };
  const absl::string_view state = field(PG_DIAG_SQLSTATE);
  // What has no code comes from libpq, not from the server.
  if (PQstatus(connection_) != CONNECTION_OK || state.empty()) {
    usable_ = false;
    return absl::UnavailableError(absl::StrCat(
        where_, ": the connection to the server was lost: ", OneLine(PQerrorMessage(connection_))));
  }
  absl::string_view message = field(PG_DIAG_MESSAGE_PRIMARY);
  if (message.empty()) message = PQerrorMessage(connection_);
  const std::string cause = absl::StrCat(where_, ": ", OneLine(message));
  const auto one_of = [&](std::initializer_list<absl::string_view> states) {
    return std::find(states.begin(), states.end(), state) != states.end();
  };
  // https://www.postgresql.org/docs/current/errcodes-appendix.html; classes are two characters.
  const absl::string_view kind = state.substr(0, 2);
  // A deadlock, a serialization failure, a lock not to be had; and tables that another has created
  // just now.
  if (one_of({"40001", "40P01", "55P03", "42P07", "42710"}) ||
      (state == "23505" && field(PG_DIAG_SCHEMA_NAME) == "pg_catalog")) {
    return absl::AbortedError(cause);
  }
  if (state == "23505") return absl::AlreadyExistsError(cause);
  if (kind == "22") return absl::InvalidArgumentError(cause);
  if (kind == "25" && state == "25006") {
    // It was the primary server once, perhaps: another connection may find the one that is now.
    usable_ = false;
    return absl::UnavailableError(absl::StrCat(cause, " (is the server a standby?)"));
  }
  if (state == "42501") {
    return absl::UnavailableError(absl::StrCat(cause, "; the user needs rights to these tables"));
  }
  if (state == "3F000") {
    return absl::FailedPreconditionError(
        absl::StrCat(cause, "; the user's search_path needs a schema that is there"));
  }
  if (kind == "53") return absl::UnavailableError(cause);  // disk full, out of memory
  if (kind == "57" || kind == "58" || kind == "08") {      // shut down, cancelled, I/O error
    usable_ = false;
    return absl::UnavailableError(cause);
  }
  if (kind == "XX") return absl::DataLossError(cause);
  return absl::InternalError(absl::StrCat(cause, " (SQLSTATE ", state, ")"));
}

absl::StatusOr<PostgresConnection::Result> PostgresConnection::Simple(const char* sql) {
  Result result(PQexec(connection_, sql));
  absl::Status status = ErrorOf(result.get());
  if (!status.ok()) return status;
  return result;
}

absl::StatusOr<const char*> PostgresConnection::Prepare(absl::string_view sql,
                                                        SqlParameters parameters) {
  const auto known = statements_.find(sql);
  if (known != statements_.end()) return known->second.c_str();
  std::string text(sql), name = absl::StrCat("s", statements_.size());
  // The server finds out what the others are. An integer that is compared with a column of 32 bits
  // may be larger than any in it, and that is no error.
  std::vector<Oid> types;
  for (const SqlValue& value : parameters) {
    types.push_back(value.integer() != nullptr ? kBigInt : kFindOut);
  }
  const Result result(PQprepare(connection_, name.c_str(), text.c_str(),
                                static_cast<int>(types.size()), types.data()));
  absl::Status status = ErrorOf(result.get());
  if (!status.ok()) return status;
  return statements_.emplace(std::move(text), std::move(name)).first->second.c_str();
}

absl::StatusOr<PostgresConnection::Result> PostgresConnection::ExecutePrepared(
    absl::string_view sql, SqlParameters parameters) {
  const absl::StatusOr<const char*> statement = Prepare(sql, parameters);
  if (!statement.ok()) return statement.status();
  const absl::StatusOr<Texts> texts = Texts::Of(parameters);
  if (!texts.ok()) return texts.status();
  Result result(PQexecPrepared(connection_, *statement, texts->size(), texts->data(), nullptr,
                               nullptr, /*resultFormat=*/0));
  absl::Status status = ErrorOf(result.get());
  if (!status.ok()) return status;
  return result;
}

absl::StatusOr<int64_t> PostgresConnection::Execute(absl::string_view sql,
                                                    SqlParameters parameters) {
  const absl::StatusOr<Result> result =
      parameters.empty() ? Simple(std::string(sql).c_str()) : ExecutePrepared(sql, parameters);
  if (!result.ok()) return result.status();
  int64_t rows = 0;  // none, of statements that change no rows
  if (!absl::SimpleAtoi(PQcmdTuples(result->get()), &rows)) rows = 0;
  return rows;
}

absl::Status PostgresConnection::ExecuteAll(absl::string_view sql, int width,
                                            SqlParameters parameters) {
  if (parameters.size() <= static_cast<size_t>(width)) {
    return parameters.empty() ? absl::OkStatus() : Execute(sql, parameters).status();
  }
  const absl::StatusOr<const char*> statement = Prepare(sql, parameters.subspan(0, width));
  if (!statement.ok()) return statement.status();
  const size_t step = static_cast<size_t>(width) * kPipelined;
  for (size_t i = 0; i < parameters.size(); i += step) {
    absl::Status status = SendAll(*statement, width, parameters.subspan(i, step));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status PostgresConnection::SendAll(const char* statement, int width,
                                         SqlParameters parameters) {
  // Before anything is sent, since what was sent must be answered.
  const absl::StatusOr<Texts> texts = Texts::Of(parameters);
  if (!texts.ok()) return texts.status();
  if (PQenterPipelineMode(connection_) != 1) return ErrorOf(nullptr);
  bool sent = true;
  for (int i = 0; i < texts->size() && sent; i += width) {
    sent = PQsendQueryPrepared(connection_, statement, width, texts->data() + i, nullptr, nullptr,
                               /*resultFormat=*/0) == 1;
  }
  sent = sent && PQpipelineSync(connection_) == 1;
  absl::Status status;
  // Of each statement a result, and a null after it; the sync ends it.
  for (int nulls = 0; sent && nulls < 2;) {
    const Result result(PQgetResult(connection_));
    if (result == nullptr) {
      ++nulls;
      continue;
    }
    nulls = 0;
    const ExecStatusType code = PQresultStatus(result.get());
    if (code == PGRES_PIPELINE_SYNC) break;
    if (code != PGRES_PIPELINE_ABORTED && status.ok()) status = ErrorOf(result.get());
  }
  if (!sent || PQexitPipelineMode(connection_) != 1) {
    usable_ = false;
    if (status.ok()) {
      status = absl::UnavailableError(absl::StrCat(
          where_,
          ": the connection to the server was lost: ", OneLine(PQerrorMessage(connection_))));
    }
  }
  return status;
}

absl::Status PostgresConnection::Query(absl::string_view sql, SqlParameters parameters,
                                       SqlVisitor visit) {
  const absl::StatusOr<Result> result = ExecutePrepared(sql, parameters);
  if (!result.ok()) return result.status();
  const int rows = PQntuples(result->get());
  for (int i = 0; i < rows; ++i) {
    absl::Status status = visit(Row(result->get(), i));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status PostgresConnection::Begin(SqlTransaction kind) {
  const char* sql = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
  if (kind == SqlTransaction::kRead) sql = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
  if (kind == SqlTransaction::kWrite) {
    sql = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL synchronous_commit = off";
  }
  return Simple(sql).status();
}

absl::Status PostgresConnection::Commit() {
  const absl::StatusOr<Result> result = Simple("COMMIT");
  if (!result.ok()) {
    // It may have reached the server, and only the answer was lost.
    return usable_ ? result.status() : absl::UnknownError(result.status().message());
  }
  // Of a transaction with an error in it, COMMIT is a rollback.
  if (std::strcmp(PQcmdStatus(result->get()), "COMMIT") == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(where_, ": a transaction with an error was committed"));
}

void PostgresConnection::Rollback() {
  if (!usable_ || PQtransactionStatus(connection_) == PQTRANS_IDLE) return;
  Simple("ROLLBACK").status().IgnoreError();
  if (PQtransactionStatus(connection_) != PQTRANS_IDLE) usable_ = false;
}

}  // namespace sturgeon
