// A connection to a database that speaks SQL: what storage/sql_storage.h asks of SQLite and
// PostgreSQL.
//
// One SQL text serves both. Parameters are $1, $2 …, text is UTF-8, ON CONFLICT and RETURNING are
// there, and what differs is in SqlDialect. Text that came from outside is a parameter, never a
// part of the SQL.
//
//   connection->Begin(SqlTransaction::kDurable);
//   connection->Execute("UPDATE trials SET state = $1 WHERE trial_id = $2", {"COMPLETE", id});
//   connection->Commit();
//
// Errors, by what the caller can do about them:
//   Aborted        this transaction could not be had beside others (SQLITE_BUSY_SNAPSHOT, a
//                  deadlock, a serialization failure): roll back and do all of it again;
//   Unavailable    the medium: no connection, disk full, file gone, no right to write. A connection
//                  that is not usable() any more is thrown away;
//   Unknown        the connection was lost within Commit: it may have happened or not;
//   AlreadyExists  a row that a UNIQUE constraint forbids;
//   InvalidArgument  a value that its column cannot hold;
//   DataLoss       the database is damaged, or none;
//   FailedPrecondition  the database is there, but not to be used (another schema, say);
//   Internal       our SQL is wrong.
// Messages name the database and what would be right, never a password. Waiting for a lock is the
// connection's business; no error says "locked".
//
// Threads: one at a time.
#ifndef STURGEON_STORAGE_SQL_CONNECTION_H_
#define STURGEON_STORAGE_SQL_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace sturgeon {

// A parameter of a statement. Text is not copied: it must live as long as the call.
class SqlValue {
 public:
  SqlValue() = default;                              // NULL
  SqlValue(int value) : data_(int64_t{value}) {}     // NOLINT(google-explicit-constructor)
  SqlValue(int64_t value) : data_(value) {}          // NOLINT(google-explicit-constructor)
  SqlValue(double value) : data_(value) {}           // NOLINT(google-explicit-constructor)
  SqlValue(absl::string_view text) : data_(text) {}  // NOLINT(google-explicit-constructor)
  SqlValue(const std::string& text)                  // NOLINT(google-explicit-constructor)
      : data_(absl::string_view(text)) {}
  SqlValue(const char* text)
      : data_(absl::string_view(text)) {}  // NOLINT(google-explicit-constructor)

  // Exactly one of these is the value; none of them is NULL.
  const int64_t* integer() const { return std::get_if<int64_t>(&data_); }
  const double* number() const { return std::get_if<double>(&data_); }
  const absl::string_view* text() const { return std::get_if<absl::string_view>(&data_); }

 private:
  std::variant<std::monostate, int64_t, double, absl::string_view> data_;
};
using SqlParameters = absl::Span<const SqlValue>;

// A row of a result, while its visitor runs. Columns count from 0; a NULL reads as 0 or "", and so
// does what cannot be converted.
class SqlRow {
 public:
  virtual ~SqlRow() = default;
  virtual bool null(int column) const = 0;
  virtual int64_t integer(int column) const = 0;
  virtual double number(int column) const = 0;
  virtual absl::string_view text(int column) const = 0;
};
using SqlVisitor = absl::FunctionRef<absl::Status(const SqlRow&)>;

// What the databases say differently. Each is a piece of SQL.
struct SqlDialect {
  bool enum_types = false;  // enumerations are types of their own, made by CREATE TYPE
  const char* key = "";     // the type of a primary key that counts up: "SERIAL NOT NULL"
  const char* real = "";    // of a 64-bit float
  const char* time = "";    // of a date-time
  // An expression for the present, by the database's clock, as Optuna writes it to
  // trial_heartbeats.heartbeat; and one for the seconds that have passed since that column's time.
  const char* now = "";
  const char* heartbeat_age = "";
  // What a SELECT ends with to keep its rows from being changed until the transaction ends, where a
  // writing transaction does not keep all others out anyway.
  const char* for_update = "";
  // Queries of the names of the tables and of the indexes that are there, and one that keeps others
  // from creating any until the transaction ends ("": a writing transaction does).
  const char* tables = "";
  const char* indexes = "";
  const char* lock_schema = "";
};

enum class SqlTransaction : uint8_t {
  kRead,     // every statement sees the same instant
  kWrite,    // committed, it survives the death of the process
  kKept,     // and that of a server, whose clients live on and rely on it
  kDurable,  // committed and synced, it survives the loss of power
};

class SqlConnection {
 public:
  virtual ~SqlConnection() = default;

  virtual const SqlDialect& dialect() const = 0;
  // Whether it can be used again; false after its server has gone, or its file.
  virtual bool usable() const = 0;

  // A statement without result. Returns how many rows it has changed.
  virtual absl::StatusOr<int64_t> Execute(absl::string_view sql, SqlParameters parameters) = 0;
  // The same statement with `width` of `parameters` after another; a database that is far away may
  // answer them all at once.
  virtual absl::Status ExecuteAll(absl::string_view sql, int width, SqlParameters parameters);
  // Calls `visit` with each row; its error ends the query, and is returned. No other statement may
  // run on this connection meanwhile.
  virtual absl::Status Query(absl::string_view sql, SqlParameters parameters, SqlVisitor visit) = 0;

  // Transactions do not nest; Execute also takes SAVEPOINT, RELEASE and ROLLBACK TO. A statement
  // outside one is a transaction of its own.
  virtual absl::Status Begin(SqlTransaction kind) = 0;
  virtual absl::Status Commit() = 0;
  // After Commit of a durable transaction: returns once it is durable. Unlike all else it may be
  // called beside another thread's use of the connection, which need not wait for the disk then. A
  // database whose Commit waits itself has nothing to do here. Unknown: it may be lost.
  virtual absl::Status Sync() { return absl::OkStatus(); }
  // Also where the transaction has ended by itself, or never began.
  virtual void Rollback() = 0;

  absl::StatusOr<int64_t> Execute(absl::string_view sql,
                                  std::initializer_list<SqlValue> parameters = {}) {
    return Execute(sql, SqlParameters(parameters.begin(), parameters.size()));
  }
  absl::Status Query(absl::string_view sql, std::initializer_list<SqlValue> parameters,
                     SqlVisitor visit) {
    return Query(sql, SqlParameters(parameters.begin(), parameters.size()), visit);
  }
};

// Makes a connection; may be called from any thread.
using SqlConnector = std::function<absl::StatusOr<std::unique_ptr<SqlConnection>>()>;

inline absl::Status SqlConnection::ExecuteAll(absl::string_view sql, int width,
                                              SqlParameters parameters) {
  for (size_t i = 0; i < parameters.size(); i += width) {
    absl::StatusOr<int64_t> rows = Execute(sql, parameters.subspan(i, width));
    if (!rows.ok()) return rows.status();
  }
  return absl::OkStatus();
}

}  // namespace sturgeon

#endif  // STURGEON_STORAGE_SQL_CONNECTION_H_
