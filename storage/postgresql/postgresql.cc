#include "storage/postgresql/postgresql.h"

#include <utility>

#include "absl/time/time.h"
#include "storage/postgresql/postgres_connection.h"
#include "storage/sql_storage.h"

namespace sturgeon {

const Schema<PostgresqlOptions>& PostgresqlStorage::OptionSchema() {
  static const auto* const schema = new Schema<PostgresqlOptions>(
      Schema<PostgresqlOptions>()
          .Add("url", &PostgresqlOptions::url,
               "postgresql://USER:PASSWORD@HOST:PORT/DATABASE; what is missing is libpq's default.")
          .Add("outage", &PostgresqlOptions::outage,
               "Seconds for which a server that was lost is sought.", AtLeast(0.0)));
  return *schema;
}

absl::StatusOr<std::unique_ptr<Storage>> PostgresqlStorage::Create(const PostgresqlOptions& options,
                                                                   const StorageContext&) {
  absl::StatusOr<PostgresTarget> target = PostgresTarget::Parse(options.url);
  if (!target.ok()) return target.status();
  std::string where = target->where;
  auto connect = [target = *std::move(target)]() -> absl::StatusOr<std::unique_ptr<SqlConnection>> {
    auto connection = PostgresConnection::Open(target);
    if (!connection.ok()) return connection.status();
    return std::unique_ptr<SqlConnection>(*std::move(connection));
  };
  auto storage =
      SqlStorage::Open(std::move(connect), std::move(where), absl::Seconds(options.outage));
  if (!storage.ok()) return storage.status();
  return std::unique_ptr<Storage>(*std::move(storage));
}

}  // namespace sturgeon
