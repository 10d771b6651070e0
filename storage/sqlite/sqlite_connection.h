// A connection to an SQLite file.
//
// The file has a write-ahead log, so readers and a writer do not hinder each other; several writers
// take turns, with random pauses between their attempts. Sync waits for the disk (fdatasync of the
// log) after the writer's lock was given back, so threads and processes wait side by side: what one
// of them has synced, the others need not.
//
// The log needs a file system that shares memory between its processes: not NFS.
#ifndef STURGEON_STORAGE_SQLITE_SQLITE_CONNECTION_H_
#define STURGEON_STORAGE_SQLITE_SQLITE_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/node_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "storage/sql_connection.h"

struct sqlite3;
struct sqlite3_stmt;

namespace sturgeon {

// What the connections of one storage share: which file theirs is, and which is its log. What is
// written to a file without a name is lost.
//
// Threads: every method may be called from any thread at any time.
class SqliteFile {
 public:
  // `path` is absolute; `where` names it in errors.
  SqliteFile(std::string path, std::string where)
      : path_(std::move(path)), where_(std::move(where)) {}

  const std::string& path() const { return path_; }
  const std::string& where() const { return where_; }
  bool known() const;

  // Remembers which files there are. Unavailable: one that was there is there no more, or another
  // has taken its place.
  absl::Status Check();

  // A connection to the file begins, and has ended. The last one takes the log away itself.
  void Enter();
  void Leave();

 private:
  struct Identity {
    uint64_t device, inode;
  };

  absl::Status CheckOne(const std::string& path, absl::string_view what,
                        std::optional<Identity>* known) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string path_, where_;
  mutable absl::Mutex mutex_;
  std::optional<Identity> file_ ABSL_GUARDED_BY(mutex_), log_ ABSL_GUARDED_BY(mutex_);
  int connections_ ABSL_GUARDED_BY(mutex_) = 0;
  bool lost_ ABSL_GUARDED_BY(mutex_) = false;
};

class SqliteConnection final : public SqlConnection {
 public:
  // Opens the file; the first connection makes an empty one if there is none.
  static absl::StatusOr<std::unique_ptr<SqliteConnection>> Open(std::shared_ptr<SqliteFile> file);
  ~SqliteConnection() override;

  const SqlDialect& dialect() const override;
  bool usable() const override { return usable_; }
  absl::StatusOr<int64_t> Execute(absl::string_view sql, SqlParameters parameters) override;
  absl::Status Query(absl::string_view sql, SqlParameters parameters, SqlVisitor visit) override;
  absl::Status Begin(SqlTransaction kind) override;
  absl::Status Commit() override;
  absl::Status Sync() override;
  void Rollback() override;
  using SqlConnection::Execute;
  using SqlConnection::Query;

 private:
  struct Statement {
    sqlite3_stmt* handle = nullptr;
    std::vector<int> places;  // of $1, $2 … among its parameters; 0: not used
  };

  explicit SqliteConnection(std::shared_ptr<SqliteFile> file)
      : file_(std::move(file)), path_(file_->path()), where_(file_->where()) {
    file_->Enter();
  }

  absl::Status SetUp();
  // Prepared once, and kept.
  absl::StatusOr<Statement*> Prepare(absl::string_view sql);
  absl::Status Bind(const Statement& statement, SqlParameters parameters);
  // A statement without parameters and without result.
  absl::Status Simple(const char* sql);
  // Unavailable: the log cannot be opened.
  absl::Status OpenLog();
  absl::Status ErrorOf(int code);

  const std::shared_ptr<SqliteFile> file_;
  const std::string path_, where_;
  sqlite3* database_ = nullptr;
  bool usable_ = true;
  bool durable_ = false;      // the transaction that is open
  int log_ = -1;              // a descriptor of the write-ahead log, to sync it by
  absl::Time waiting_since_;  // for a lock
  absl::node_hash_map<std::string, Statement> statements_;
};

}  // namespace sturgeon

#endif  // STURGEON_STORAGE_SQLITE_SQLITE_CONNECTION_H_
