// Studies on a PostgreSQL server: `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`.
//
// The right choice for several hosts: any number of processes share the database, and Optuna and
// its dashboard open it (docs/storage.md). All that libpq reads counts: the URL and its parameters
// (sslmode, target_session_attrs, several hosts …), PGPASSWORD and the other variables, ~/.pgpass.
// The database must be there; its tables are made.
//
// Errors: Unavailable: no server, or none that lets us in; a server that was lost is sought for
// `outage` seconds first. FailedPrecondition: the database is of another program, or of another
// version of Optuna.
#ifndef STURGEON_STORAGE_POSTGRESQL_POSTGRESQL_H_
#define STURGEON_STORAGE_POSTGRESQL_POSTGRESQL_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/option_schema.h"
#include "core/storage.h"

namespace sturgeon {

struct PostgresqlOptions {
  std::string url = "postgresql://";
  double outage = 60.0;
};

class PostgresqlStorage {
 public:
  static const Schema<PostgresqlOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<Storage>> Create(const PostgresqlOptions& options,
                                                         const StorageContext& context);
};

inline constexpr StoragePlugin kPostgresqlStorage = MakeStoragePlugin<PostgresqlStorage>(
    "postgresql", "A PostgreSQL database that any number of hosts share");

}  // namespace sturgeon

#endif  // STURGEON_STORAGE_POSTGRESQL_POSTGRESQL_H_
