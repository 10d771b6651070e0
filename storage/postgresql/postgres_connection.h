// A connection to a PostgreSQL server, by libpq.
//
// Transactions that write are READ COMMITTED: storage/sql_storage.h locks the study's row first,
// and each statement sees what was committed before it. Those that read are REPEATABLE READ. Commit
// waits until the server has the transaction on disk (synchronous_commit), but for kWrite: a server
// that crashes forgets what it has not written, and a worker that lives on must not go on with a
// trial that is another's by then.
//
// Statements are prepared once a connection. Values travel as text, which is exact: 17 digits to
// the server, and from it the fewest that read back as the same double.
//
// A server that vanishes without a word (its host is switched off) is noticed after a minute by
// TCP's keep-alives, unless the URL says otherwise; and a client that does so within a transaction
// loses its locks after as long.
#ifndef STURGEON_STORAGE_POSTGRESQL_POSTGRES_CONNECTION_H_
#define STURGEON_STORAGE_POSTGRESQL_POSTGRES_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/sql_connection.h"

struct pg_conn;
struct pg_result;

namespace sturgeon {

// Where a server is, and how to reach it.
struct PostgresTarget {
  std::string where;                                            // the URL without its password
  std::string password;                                         // "": none in the URL
  std::vector<std::pair<std::string, std::string>> parameters;  // libpq's

  // InvalidArgument: it is no URL that libpq knows; the message shows no part of the password.
  static absl::StatusOr<PostgresTarget> Parse(absl::string_view url);
};

class PostgresConnection final : public SqlConnection {
 public:
  // Unavailable: there is no server, or it does not let us in; says why.
  static absl::StatusOr<std::unique_ptr<PostgresConnection>> Open(const PostgresTarget& target);
  ~PostgresConnection() override;

  const SqlDialect& dialect() const override;
  bool usable() const override { return usable_; }
  absl::StatusOr<int64_t> Execute(absl::string_view sql, SqlParameters parameters) override;
  // Sends all and then waits: one round trip.
  absl::Status ExecuteAll(absl::string_view sql, int width, SqlParameters parameters) override;
  absl::Status Query(absl::string_view sql, SqlParameters parameters, SqlVisitor visit) override;
  absl::Status Begin(SqlTransaction kind) override;
  absl::Status Commit() override;
  void Rollback() override;
  using SqlConnection::Execute;
  using SqlConnection::Query;

 private:
  struct FreeResult {
    void operator()(pg_result* result) const;
  };
  using Result = std::unique_ptr<pg_result, FreeResult>;

  explicit PostgresConnection(std::string where) : where_(std::move(where)) {}

  // The name of the statement on the server. Prepared once, for parameters such as these, and kept.
  absl::StatusOr<const char*> Prepare(absl::string_view sql, SqlParameters parameters);
  // Statements without parameters, which are not kept.
  absl::StatusOr<Result> Simple(const char* sql);
  absl::StatusOr<Result> ExecutePrepared(absl::string_view sql, SqlParameters parameters);
  absl::Status SendAll(const char* statement, int width, SqlParameters parameters);
  // What of a result is an error; null is one.
  absl::Status ErrorOf(const pg_result* result);

  const std::string where_;
  pg_conn* connection_ = nullptr;
  bool usable_ = true;
  absl::flat_hash_map<std::string, std::string> statements_;  // names, by their SQL
};

}  // namespace sturgeon

#endif  // STURGEON_STORAGE_POSTGRESQL_POSTGRES_CONNECTION_H_
