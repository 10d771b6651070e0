#include "storage/sqlite/sqlite_connection.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace sturgeon {
namespace {

// The longest that a lock of others is waited for, in one go; the caller then tries again.
constexpr absl::Duration kLockPatience = absl::Minutes(1);
// Pages of the log after which it is written back to the file; 16 MB.
constexpr int kCheckpointPages = 4000;
constexpr int kCacheKilobytes = 16384;

const SqlDialect& Dialect() {
  static const SqlDialect* const dialect = [] {
    auto* d = new SqlDialect;
    d->key = "INTEGER NOT NULL";
    d->real = "FLOAT";
    d->time = "DATETIME";
    d->now = "strftime('%Y-%m-%d %H:%M:%f000', 'now')";
    d->heartbeat_age = "(julianday('now') - julianday(heartbeat)) * 86400.0";
    d->tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    d->indexes = "SELECT name FROM sqlite_master WHERE type = 'index'";
    return d;
  }();
  return *dialect;
}

// Called while others hold a lock, for the `attempt`th time: waits, and says whether to go on.
int WaitForLock(void* start, int attempt) {
  auto* const since = static_cast<absl::Time*>(start);
  const absl::Time now = absl::Now();
  if (attempt == 0) *since = now;
  if (now - *since > kLockPatience) return 0;
  thread_local std::minstd_rand generator{std::random_device{}()};
  const int longest = std::min(200 << std::min(attempt, 6), 10000);
  absl::SleepFor(
      absl::Microseconds(std::uniform_int_distribution<int>(longest / 8, longest)(generator)));
  return 1;
}

class Row final : public SqlRow {
 public:
  explicit Row(sqlite3_stmt* handle) : handle_(handle) {}
  bool null(int column) const override {
    return sqlite3_column_type(handle_, column) == SQLITE_NULL;
  }
  int64_t integer(int column) const override { return sqlite3_column_int64(handle_, column); }
  double number(int column) const override { return sqlite3_column_double(handle_, column); }
  absl::string_view text(int column) const override {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
    if (text == nullptr) return "";
    return absl::string_view(text, sqlite3_column_bytes(handle_, column));
  }

 private:
  sqlite3_stmt* const handle_;
};

// Leaves a statement as it was found, whatever happens in between.
class Reset {
 public:
  explicit Reset(sqlite3_stmt* handle) : handle_(handle) {}
  ~Reset() { sqlite3_reset(handle_); }

 private:
  sqlite3_stmt* const handle_;
};

}  // namespace

bool SqliteFile::known() const {
  absl::MutexLock lock(&mutex_);
  return file_.has_value();
}

absl::Status SqliteFile::Check() {
  absl::MutexLock lock(&mutex_);
  absl::Status status = CheckOne(path_, "the file", &file_);
  const std::string log = path_ + "-wal";
  if (status.ok()) status = CheckOne(log, absl::StrCat("its log ", log), &log_);
  lost_ |= !status.ok();
  return status;
}

absl::Status SqliteFile::CheckOne(const std::string& path, absl::string_view what,
                                  std::optional<Identity>* known) {
  struct stat file;
  if (stat(path.c_str(), &file) != 0) {
    if (!known->has_value()) return absl::OkStatus();
    return absl::UnavailableError(
        absl::StrCat(where_, ": ", what, " was deleted, or moved, while it was in use"));
  }
  const Identity found = {static_cast<uint64_t>(file.st_dev), static_cast<uint64_t>(file.st_ino)};
  if (!known->has_value()) *known = found;
  if ((*known)->device == found.device && (*known)->inode == found.inode) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat(where_, ": another file has taken the place of ", what, " while it was in use"));
}

void SqliteFile::Enter() {
  absl::MutexLock lock(&mutex_);
  ++connections_;
}

void SqliteFile::Leave() {
  absl::MutexLock lock(&mutex_);
  // A log that was lost may be other processes' still: a second one would do harm.
  if (--connections_ == 0 && !lost_) log_.reset();
}

absl::StatusOr<std::unique_ptr<SqliteConnection>> SqliteConnection::Open(
    std::shared_ptr<SqliteFile> file) {
  const bool known = file->known();
  if (known) {
    absl::Status status = file->Check();
    if (!status.ok()) return status;
  }
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(std::move(file)));
  const std::string& where = connection->where_;
  // NOMUTEX: a connection is used by one thread at a time.
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (known ? 0 : SQLITE_OPEN_CREATE);
  const int code =
      sqlite3_open_v2(connection->path_.c_str(), &connection->database_, flags, nullptr);
  if (connection->database_ == nullptr) {
    return absl::ResourceExhaustedError(absl::StrCat(where, ": out of memory"));
  }
  if (code != SQLITE_OK) {
    const int cause = sqlite3_system_errno(connection->database_);
    return absl::UnavailableError(
        absl::StrCat(where, ": the file cannot be opened", known ? "" : " or made", ": ",
                     cause != 0 ? std::strerror(cause) : sqlite3_errmsg(connection->database_),
                     "; check that its folder exists and may be written to"));
  }
  sqlite3_extended_result_codes(connection->database_, 1);
  absl::Status status = connection->SetUp();
  if (status.ok()) status = connection->file_->Check();
  if (!status.ok()) return status;
  return connection;
}

absl::Status SqliteConnection::SetUp() {
  sqlite3_busy_handler(database_, &WaitForLock, &waiting_since_);
  sqlite3_wal_autocheckpoint(database_, kCheckpointPages);
  absl::Status status = Simple("PRAGMA foreign_keys = ON");
  if (status.ok()) status = Simple(absl::StrCat("PRAGMA cache_size = -", kCacheKilobytes).c_str());
  if (!status.ok()) return status;
  // The first thing that reads the file.
  std::string mode;
  const auto keep_mode = [&](const SqlRow& row) {
    mode = std::string(row.text(0));
    return absl::OkStatus();
  };
  status = Query("PRAGMA journal_mode", {}, keep_mode);
  if (status.ok() && mode != "wal" && sqlite3_db_readonly(database_, "main") == 0) {
    // A journal whose deletion was not synced would come back after a loss of power, and with it
    // the file as it was before the log: all that stands in the log would be ignored.
    status = Simple("PRAGMA synchronous = EXTRA");
    if (status.ok()) status = Query("PRAGMA journal_mode = WAL", {}, keep_mode);
    if (status.ok() && mode != "wal") {
      status = absl::FailedPreconditionError(
          absl::StrCat(where_, ": its file system does not support a write-ahead log"));
    }
  }
  if (status.ok()) status = Simple("PRAGMA synchronous = NORMAL");
  // From the first read on the log is there, and no other process takes it away.
  return status.ok() ? Simple("SELECT 1 FROM sqlite_master LIMIT 1") : status;
}

SqliteConnection::~SqliteConnection() {
  for (auto& statement : statements_) sqlite3_finalize(statement.second.handle);
  sqlite3_close(database_);
  if (log_ >= 0) close(log_);
  file_->Leave();
}

const SqlDialect& SqliteConnection::dialect() const { return Dialect(); }

absl::Status SqliteConnection::ErrorOf(int code) {
  const std::string cause = absl::StrCat(where_, ": ", sqlite3_errmsg(database_));
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::AbortedError(absl::StrCat(where_, ": another process keeps the file to itself (",
                                             sqlite3_errmsg(database_), ")"));
    case SQLITE_CONSTRAINT:
      if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY) {
        return absl::AlreadyExistsError(cause);
      }
      return absl::InternalError(cause);
    case SQLITE_FULL:
      return absl::UnavailableError(
          absl::StrCat(where_, ": the disk is full; nothing of this was written"));
    case SQLITE_READONLY:
      // What was moved is found out about by its own code.
      if (code == SQLITE_READONLY_DBMOVED) {
        usable_ = false;
        return absl::UnavailableError(
            absl::StrCat(where_, ": the file was deleted, or moved, while it was in use"));
      }
      return absl::UnavailableError(
          absl::StrCat(where_, ": the file, or its folder, may only be read"));
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH: {
      usable_ = false;
      const int error = sqlite3_system_errno(database_);
      return absl::UnavailableError(error == 0 ? cause
                                               : absl::StrCat(cause, ": ", std::strerror(error)));
    }
    case SQLITE_NOTADB:
      return absl::DataLossError(
          absl::StrCat(where_, ": the file is no SQLite database; choose another"));
    case SQLITE_CORRUPT:
      return absl::DataLossError(
          absl::StrCat(where_, ": the file is damaged (", sqlite3_errmsg(database_),
                       "); `sqlite3 FILE .recover | sqlite3 NEW` saves what can be read"));
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
      return absl::InvalidArgumentError(cause);
    case SQLITE_NOMEM:
      return absl::ResourceExhaustedError(absl::StrCat(where_, ": out of memory"));
    default:
      return absl::InternalError(absl::StrCat(cause, " (code ", code, ")"));
  }
}

absl::Status SqliteConnection::Simple(const char* sql) {
  const int code = sqlite3_exec(database_, sql, nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : ErrorOf(code);
}

absl::StatusOr<SqliteConnection::Statement*> SqliteConnection::Prepare(absl::string_view sql) {
  const auto known = statements_.find(sql);
  if (known != statements_.end()) return &known->second;
  Statement statement;
  const int code = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement.handle, nullptr);
  if (code != SQLITE_OK) return ErrorOf(code);
  // SQLite counts parameters as they come, whatever their names.
  const int count = sqlite3_bind_parameter_count(statement.handle);
  for (int i = 1; i <= count; ++i) {
    statement.places.push_back(
        sqlite3_bind_parameter_index(statement.handle, absl::StrCat("$", i).c_str()));
  }
  return &(statements_[std::string(sql)] = std::move(statement));
}

absl::Status SqliteConnection::Bind(const Statement& statement, SqlParameters parameters) {
  if (parameters.size() != statement.places.size()) {
    return absl::InternalError(absl::StrCat("a statement of ", statement.places.size(),
                                            " parameters was given ", parameters.size()));
  }
  for (size_t i = 0; i < parameters.size(); ++i) {
    const SqlValue& value = parameters[i];
    const int place = statement.places[i];
    int code = SQLITE_OK;
    if (value.integer() != nullptr) {
      code = sqlite3_bind_int64(statement.handle, place, *value.integer());
    } else if (value.number() != nullptr) {
      code = sqlite3_bind_double(statement.handle, place, *value.number());
    } else if (value.text() != nullptr) {
      // A null pointer would be NULL, and not "".
      const char* const data = value.text()->empty() ? "" : value.text()->data();
      code = sqlite3_bind_text64(statement.handle, place, data, value.text()->size(), SQLITE_STATIC,
                                 SQLITE_UTF8);
    } else {
      code = sqlite3_bind_null(statement.handle, place);
    }
    if (code != SQLITE_OK) return ErrorOf(code);
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> SqliteConnection::Execute(absl::string_view sql, SqlParameters parameters) {
  const absl::StatusOr<Statement*> statement = Prepare(sql);
  if (!statement.ok()) return statement.status();
  const Reset reset((*statement)->handle);
  absl::Status status = Bind(**statement, parameters);
  if (!status.ok()) return status;
  int code;
  do {
    code = sqlite3_step((*statement)->handle);
  } while (code == SQLITE_ROW);
  if (code != SQLITE_DONE) return ErrorOf(code);
  return sqlite3_changes(database_);
}

absl::Status SqliteConnection::Query(absl::string_view sql, SqlParameters parameters,
                                     SqlVisitor visit) {
  const absl::StatusOr<Statement*> statement = Prepare(sql);
  if (!statement.ok()) return statement.status();
  const Reset reset((*statement)->handle);
  absl::Status status = Bind(**statement, parameters);
  if (!status.ok()) return status;
  const Row row((*statement)->handle);
  for (;;) {
    const int code = sqlite3_step((*statement)->handle);
    if (code == SQLITE_DONE) return absl::OkStatus();
    if (code != SQLITE_ROW) return ErrorOf(code);
    status = visit(row);
    if (!status.ok()) return status;
  }
}

absl::Status SqliteConnection::Begin(SqlTransaction kind) {
  durable_ = kind == SqlTransaction::kDurable;
  if (kind == SqlTransaction::kRead) return Execute("BEGIN").status();
  absl::Status status = file_->Check();
  usable_ = usable_ && status.ok();
  return status.ok() ? Execute("BEGIN IMMEDIATE").status() : status;
}

absl::Status SqliteConnection::Commit() {
  // First, while nothing has happened that could not be kept.
  if (durable_ && log_ < 0) {
    absl::Status status = OpenLog();
    if (!status.ok()) return status;
  }
  return Execute("COMMIT").status();
}

// The log is there from the first transaction on, and stays while any connection is open. SQLite
// takes no locks on it, so a descriptor of our own takes none of its locks along when it closes.
absl::Status SqliteConnection::OpenLog() {
  const auto error = [&](const std::string& file, int cause) {
    return absl::UnavailableError(absl::StrCat(where_, ": ", file, ": ", std::strerror(cause)));
  };
  const std::string log = path_ + "-wal";
  const int descriptor = open(log.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return error(log, errno);
  // Its name, and that of the file itself, must survive as well.
  const std::string folder = path_.substr(0, path_.rfind('/') + 1);
  const int folder_descriptor = open(folder.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY);
  const bool synced = folder_descriptor >= 0 && fsync(folder_descriptor) == 0;
  const int cause = errno;
  if (folder_descriptor >= 0) close(folder_descriptor);
  // A folder that may not be read cannot be synced by us; some file systems sync none.
  if (!synced && cause != EACCES && cause != EINVAL) {
    close(descriptor);
    return error(folder, cause);
  }
  log_ = descriptor;
  return absl::OkStatus();
}

absl::Status SqliteConnection::Sync() {
  if (fdatasync(log_) == 0) return absl::OkStatus();
  return absl::UnknownError(
      absl::StrCat(where_, ": the disk did not confirm what was written: ", std::strerror(errno)));
}

void SqliteConnection::Rollback() {
  if (sqlite3_get_autocommit(database_) == 0) Execute("ROLLBACK").IgnoreError();
}

}  // namespace sturgeon
