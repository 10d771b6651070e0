#include "storage/sql_session.h"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace sturgeon {
namespace {

// How long others may keep a transaction from being had; the contract promises never "locked", so
// this only ends what would never end.
constexpr absl::Duration kPatience = absl::Minutes(5);
// How much work one transaction takes on: others wait for it.
constexpr size_t kLargestBatch = 64;
constexpr size_t kIdleConnections = 4;

absl::Duration RandomPause(int attempt) {
  thread_local std::minstd_rand generator{std::random_device{}()};
  const int longest = 1 << std::min(attempt, 6);  // up to 64 ms
  return absl::Microseconds(std::uniform_int_distribution<int>(100, longest * 1000)(generator));
}

// Whether, and for how long, a transaction that failed is tried again.
class Retry {
 public:
  explicit Retry(absl::Duration outage) : outage_(outage), start_(absl::Now()) {}

  // Returns after a pause whether to go on. `lost`: its connection is not to be used any more.
  bool Again(const absl::Status& status, bool lost) {
    if (!absl::IsAborted(status) && !(lost && Medium(status))) return false;
    const absl::Duration patience = absl::IsAborted(status) ? kPatience : outage_;
    if (absl::Now() - start_ >= patience) return false;
    absl::SleepFor(RandomPause(attempt_++));
    return true;
  }

  // What the caller is told of an error that was not overcome.
  static absl::Status Final(const absl::Status& status) {
    if (absl::IsUnknown(status)) {
      return absl::UnavailableError(
          absl::StrCat(status.message(), "; what was being written may be there or not"));
    }
    return absl::IsAborted(status) ? absl::UnavailableError(status.message()) : status;
  }

 private:
  static bool Medium(const absl::Status& status) {
    return absl::IsUnavailable(status) || absl::IsUnknown(status);
  }

  const absl::Duration outage_;
  const absl::Time start_;
  int attempt_ = 0;
};

}  // namespace

SqlSession::SqlSession(SqlConnector connect, absl::Duration outage)
    : connect_(std::move(connect)), outage_(outage), process_(getpid()) {}

SqlSession::~SqlSession() {
  if (getpid() == process_) return;
  // The parent's connections: to close them here would end them there.
  // (A shared pointer cannot let go: another one to the same keeps it from the end.)
  if (writer_ != nullptr) new std::shared_ptr<SqlConnection>(writer_);
  for (std::unique_ptr<SqlConnection>& connection : idle_) connection.release();
}

absl::Status SqlSession::CheckProcess() const {
  if (getpid() == process_) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "this storage was opened by the parent process; a child must open it anew");
}

absl::Status SqlSession::Prepare(absl::FunctionRef<absl::Status(SqlConnection&)> work) {
  Retry retry(outage_);
  for (;;) {
    absl::StatusOr<std::unique_ptr<SqlConnection>> connection = connect_();
    absl::Status status = connection.status();
    if (status.ok()) {
      status = work(**connection);
      if (status.ok()) {
        absl::MutexLock lock(&mutex_);
        idle_.push_back(*std::move(connection));
        return status;
      }
    }
    // Nobody waits for a server that has never answered.
    if (!absl::IsAborted(status) || !retry.Again(status, false)) return Retry::Final(status);
  }
}

absl::Status SqlSession::Read(absl::FunctionRef<absl::Status(SqlConnection&)> work) {
  absl::Status status = CheckProcess();
  if (!status.ok()) return status;
  Retry retry(outage_);
  for (;;) {
    std::unique_ptr<SqlConnection> connection;
    {
      absl::MutexLock lock(&mutex_);
      if (!idle_.empty()) {
        connection = std::move(idle_.back());
        idle_.pop_back();
      }
    }
    if (connection == nullptr) {
      absl::StatusOr<std::unique_ptr<SqlConnection>> made = connect_();
      status = made.status();
      if (made.ok()) connection = *std::move(made);
    }
    if (connection != nullptr) {
      status = connection->Begin(SqlTransaction::kRead);
      if (status.ok()) status = work(*connection);
      // Nothing was written; Rollback cannot fail.
      connection->Rollback();
      if (!connection->usable()) connection.reset();
    }
    const bool lost = connection == nullptr;
    if (!lost) {
      absl::MutexLock lock(&mutex_);
      if (idle_.size() < kIdleConnections) idle_.push_back(std::move(connection));
    }
    if (status.ok()) return status;
    if (!retry.Again(status, lost)) return Retry::Final(status);
  }
}

absl::Status SqlSession::Write(SqlTransaction kind,
                               absl::FunctionRef<absl::Status(const Attempt&)> work) {
  absl::Status status = CheckProcess();
  if (!status.ok()) return status;
  Request request{work, kind, absl::OkStatus()};
  mutex_.Lock();
  queue_.push_back(&request);
  for (;;) {
    while (!request.done && (request.taken || writing_)) changed_.Wait(&mutex_);
    if (request.done) break;
    writing_ = true;
    const size_t size = std::min(queue_.size(), kLargestBatch);
    const std::vector<Request*> batch(queue_.begin(), queue_.begin() + size);
    queue_.erase(queue_.begin(), queue_.begin() + size);
    for (Request* taken : batch) taken->taken = true;
    mutex_.Unlock();
    const std::shared_ptr<SqlConnection> committed = Run(batch);
    mutex_.Lock();
    writing_ = false;
    // A request lives on its thread's stack, and must not be touched once it is done.
    std::vector<Request*> to_sync;
    for (Request* ended : batch) {
      if (committed != nullptr && ended->kind == SqlTransaction::kDurable && ended->status.ok()) {
        to_sync.push_back(ended);
      } else {
        ended->done = true;
      }
    }
    changed_.SignalAll();
    if (to_sync.empty()) continue;
    mutex_.Unlock();
    const absl::Status synced = committed->Sync();
    mutex_.Lock();
    for (Request* ended : to_sync) {
      ended->status = synced;
      ended->done = true;
    }
    changed_.SignalAll();
  }
  mutex_.Unlock();
  return Retry::Final(request.status);
}

std::shared_ptr<SqlConnection> SqlSession::Run(const std::vector<Request*>& batch) {
  Retry retry(outage_);
  bool uncertain = false;
  for (;;) {
    const absl::Status status = TryOnce(batch, uncertain);
    if (status.ok()) return writer_;
    if (writer_ != nullptr && !writer_->usable()) writer_.reset();
    uncertain = uncertain || absl::IsUnknown(status);
    if (!retry.Again(status, writer_ == nullptr)) {
      for (Request* request : batch) request->status = status;
      return nullptr;
    }
  }
}

absl::Status SqlSession::TryOnce(const std::vector<Request*>& batch, bool uncertain) {
  if (writer_ == nullptr) {
    {
      absl::MutexLock lock(&mutex_);
      if (!idle_.empty()) {
        writer_ = std::move(idle_.back());
        idle_.pop_back();
      }
    }
    if (writer_ == nullptr) {
      absl::StatusOr<std::unique_ptr<SqlConnection>> made = connect_();
      if (!made.ok()) return made.status();
      writer_ = *std::move(made);
    }
  }
  SqlTransaction kind = SqlTransaction::kWrite;
  for (const Request* request : batch) kind = std::max(kind, request->kind);
  absl::Status status = writer_->Begin(kind);
  const auto execute = [&](absl::string_view sql) {
    if (status.ok() && batch.size() > 1) status = writer_->Execute(sql).status();
  };
  bool any = false;
  for (Request* request : batch) {
    execute("SAVEPOINT request");
    if (!status.ok()) break;
    request->status = request->work({*writer_, uncertain});
    if (request->status.ok()) {
      any = true;
    } else if (absl::IsAborted(request->status) || absl::IsUnavailable(request->status)) {
      status = request->status;
    } else {
      execute("ROLLBACK TO SAVEPOINT request");
    }
    execute("RELEASE SAVEPOINT request");
  }
  if (status.ok() && any) status = writer_->Commit();
  if (!status.ok() || !any) writer_->Rollback();
  return status;
}

}  // namespace sturgeon
