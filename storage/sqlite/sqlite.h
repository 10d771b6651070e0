// Studies in an SQLite file: `sqlite:PATH`, relative to the folder of whoever runs the program.
//
// The right choice for one machine: any number of processes share the file, and Optuna and its
// dashboard open it (docs/storage.md). Several machines need postgresql: SQLite's locks and shared
// memory do not work on NFS.
//
// A file that is not there is made, unless the context forbids it (NotFound). Errors: Unavailable:
// it cannot be opened or written, was deleted or replaced meanwhile, or the disk is full. DataLoss:
// it is damaged, or no SQLite file. FailedPrecondition: it is of another program, or of another
// version of Optuna.
#ifndef STURGEON_STORAGE_SQLITE_SQLITE_H_
#define STURGEON_STORAGE_SQLITE_SQLITE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/option_schema.h"
#include "core/storage.h"

namespace sturgeon {

struct SqliteOptions {
  std::string url = "sqlite:sturgeon.db";
};

class SqliteStorage {
 public:
  static const Schema<SqliteOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<Storage>> Create(const SqliteOptions& options,
                                                         const StorageContext& context);
};

inline constexpr StoragePlugin kSqliteStorage =
    MakeStoragePlugin<SqliteStorage>("sqlite", "A file that any number of processes share");

}  // namespace sturgeon

#endif  // STURGEON_STORAGE_SQLITE_SQLITE_H_
