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
#include <string>
#include <utility>
#include <vector>

#include "absl/container/node_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storage/sql_connection.h"

struct sqlite3;
struct sqlite3_stmt;

namespace sturgeon {

// Which file a path led to.
struct FileIdentity {
  uint64_t device = 0, inode = 0;
};

class SqliteConnection final : public SqlConnection {
 public:
  // Opens the file, and makes an empty one if there is none and `known` is null; otherwise it must
  // still be the file that `known` names. `path` is absolute; `where` names it in errors.
  static absl::StatusOr<std::unique_ptr<SqliteConnection>> Open(const std::string& path,
                                                                const std::string& where,
                                                                const FileIdentity* known);
  ~SqliteConnection() override;

  const FileIdentity& identity() const { return identity_; }

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

  SqliteConnection(std::string path, std::string where)
      : path_(std::move(path)), where_(std::move(where)) {}

  absl::Status SetUp();
  // Prepared once, and kept.
  absl::StatusOr<Statement*> Prepare(absl::string_view sql);
  absl::Status Bind(const Statement& statement, SqlParameters parameters);
  // A statement without parameters and without result.
  absl::Status Simple(const char* sql);
  // Unavailable: the path leads to another file by now, or to none.
  absl::Status CheckFile();
  // Unavailable: the log cannot be opened.
  absl::Status OpenLog();
  absl::Status ErrorOf(int code);

  const std::string path_, where_;
  FileIdentity identity_;
  sqlite3* database_ = nullptr;
  bool usable_ = true;
  bool durable_ = false;      // the transaction that is open
  int log_ = -1;              // a descriptor of the write-ahead log, to sync it by
  absl::Time waiting_since_;  // for a lock
  absl::node_hash_map<std::string, Statement> statements_;
};

}  // namespace sturgeon

#endif  // STURGEON_STORAGE_SQLITE_SQLITE_CONNECTION_H_
