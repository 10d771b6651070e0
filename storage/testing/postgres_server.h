// A PostgreSQL server of a test's own.
//
//   absl::StatusOr<std::unique_ptr<PostgresServer>> server = PostgresServer::Start();
//   ASSERT_TRUE(server.ok()) << server.status();
//   OpenStorage(registry, *(*server)->FreshUrl());
//
// The server listens on a socket in a folder of its own below /tmp (the path of a socket may have
// 107 bytes) and nowhere else. It ends, and the folder is removed, with the object, and also when
// the test's process dies: a shell that stands between the two sees its standard input end.
//
// PostgreSQL refuses to run as root. Where the test does, the server is put into a user namespace,
// where root has another number, as Bazel's sandbox allows; and where namespaces are not to be had
// it gets the user postgres, or nobody.
//
// Errors: FailedPrecondition: no server is installed; says what to install. Internal: it does not
// start; says what it printed.
#ifndef STURGEON_STORAGE_TESTING_POSTGRES_SERVER_H_
#define STURGEON_STORAGE_TESTING_POSTGRES_SERVER_H_

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sturgeon {

class PostgresServer {
 public:
  struct Options {
    // Whether the server waits for the disk. What a server acknowledged outlives its own death
    // either way, and only the loss of power needs it; so a test does not, a measurement does.
    bool fsync = false;
  };
  static absl::StatusOr<std::unique_ptr<PostgresServer>> Start(const Options& options);
  static absl::StatusOr<std::unique_ptr<PostgresServer>> Start() { return Start(Options()); }
  ~PostgresServer();

  // Of a database: "postgres" is there from the start.
  std::string Url(absl::string_view database) const;
  // Of a new one, without tables.
  absl::StatusOr<std::string> FreshUrl();
  // Runs SQL as the superuser.
  absl::Status Run(absl::string_view database, const std::string& sql) const;

  // Ends the server at once, as a crash does: what it had not written yet is lost.
  absl::Status Kill();
  // Starts it again on the same data.
  absl::Status Restart();

  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

 private:
  PostgresServer() = default;

  absl::Status Launch(const Options& options);
  // Has the shell do something.
  absl::Status Command(absl::string_view command);
  std::string Log() const;

  std::string folder_;
  pid_t shell_ = -1;
  int commands_ = -1, answers_ = -1;  // pipes to the shell and back
  int databases_ = 0;
};

}  // namespace sturgeon

#endif  // STURGEON_STORAGE_TESTING_POSTGRES_SERVER_H_
