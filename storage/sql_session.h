// Transactions of many threads over few connections.
//
// Reads run side by side, each on a connection of its own. Writes go over one connection, and those
// that come while a transaction runs share the next one: a database writes one transaction at a
// time anyway, and what costs is not the writing but the waiting until it is safe (an fsync, a
// round trip). So a process that finishes 50 trials at once waits once.
//
// While it waits for the disk, the next transaction runs.
//
// A transaction that fails only because of others runs again, after a random pause. One that fails
// because the connection broke runs again on a new one, for as long as the constructor says.
#ifndef STURGEON_STORAGE_SQL_SESSION_H_
#define STURGEON_STORAGE_SQL_SESSION_H_

#include <sys/types.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "storage/sql_connection.h"

namespace sturgeon {

class SqlSession {
 public:
  // `outage`: for how long to seek a connection that was lost, before Unavailable is said.
  SqlSession(SqlConnector connect, absl::Duration outage);
  ~SqlSession();

  // Runs `work` in a transaction that sees one instant. It may run more than once, and must do no
  // harm then; its own errors other than Aborted and Unavailable end it.
  absl::Status Read(absl::FunctionRef<absl::Status(SqlConnection&)> work);

  struct Attempt {
    SqlConnection& connection;
    // The transaction was tried before, and may have happened: the connection was lost meanwhile.
    bool uncertain;
  };
  // Runs `work` in a transaction, perhaps together with others' work, in any thread that calls
  // Write at that time. What it has written is undone if it returns an error. It may run more than
  // once, as above; where it cannot do so without harm (Attempt::uncertain), it returns Unknown,
  // which the caller is told as Unavailable, and which is no error of the others.
  absl::Status Write(SqlTransaction kind, absl::FunctionRef<absl::Status(const Attempt&)> work);

  // Runs `work` on a fresh connection, outside a transaction, and keeps the connection.
  absl::Status Prepare(absl::FunctionRef<absl::Status(SqlConnection&)> work);

 private:
  struct Request {
    absl::FunctionRef<absl::Status(const Attempt&)> work;
    SqlTransaction kind;
    absl::Status status;
    bool taken = false;  // by a thread that will see to its end
    bool done = false;
  };

  absl::Status CheckProcess() const;
  // Returns the connection that has committed it; null if it was not.
  std::shared_ptr<SqlConnection> Run(const std::vector<Request*>& batch);
  absl::Status TryOnce(const std::vector<Request*>& batch, bool uncertain);

  const SqlConnector connect_;
  const absl::Duration outage_;
  const pid_t process_;

  absl::Mutex mutex_;
  absl::CondVar changed_;
  std::vector<std::unique_ptr<SqlConnection>> idle_ ABSL_GUARDED_BY(mutex_);
  std::deque<Request*> queue_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;  // a thread runs what it took from the queue
  // That thread's; shared with those that wait for the disk.
  std::shared_ptr<SqlConnection> writer_;
};

}  // namespace sturgeon

#endif  // STURGEON_STORAGE_SQL_SESSION_H_
