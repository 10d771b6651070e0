// What becomes of calls that share a transaction whose answer is lost.

#include "storage/sql_session.h"

#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/space.h"
#include "core/storage.h"
#include "core/value.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/sql_connection.h"
#include "storage/sql_storage.h"
#include "storage/sqlite/sqlite_connection.h"

namespace sturgeon {
namespace {

using ::testing::HasSubstr;

// What the connections of a test do otherwise than SQLite's.
struct Trouble {
  absl::Mutex mutex;
  bool held = false;     // nothing is committed
  int waiting = 0;       // commits that are held
  int lost = 0;          // commits of several calls whose answer was lost
  bool lose = false;     // whether the next of those loses it
  bool happens = false;  // and whether it has happened nevertheless
};

class TroubledConnection final : public SqlConnection {
 public:
  TroubledConnection(std::unique_ptr<SqlConnection> connection, Trouble* trouble)
      : connection_(std::move(connection)), trouble_(trouble) {}

  const SqlDialect& dialect() const override { return connection_->dialect(); }
  bool usable() const override { return usable_ && connection_->usable(); }
  absl::StatusOr<int64_t> Execute(absl::string_view sql, SqlParameters parameters) override {
    if (sql == "SAVEPOINT request") ++calls_;
    return connection_->Execute(sql, parameters);
  }
  absl::Status Query(absl::string_view sql, SqlParameters parameters, SqlVisitor visit) override {
    return connection_->Query(sql, parameters, visit);
  }
  absl::Status Begin(SqlTransaction kind) override {
    calls_ = 0;
    return connection_->Begin(kind);
  }
  absl::Status Commit() override {
    absl::MutexLock lock(&trouble_->mutex);
    ++trouble_->waiting;
    trouble_->mutex.Await(absl::Condition(
        +[](Trouble* trouble) { return !trouble->held; }, trouble_));
    --trouble_->waiting;
    if (!trouble_->lose || calls_ < 2) return connection_->Commit();
    trouble_->lose = false;
    ++trouble_->lost;
    usable_ = false;
    absl::Status status;
    if (trouble_->happens) status = connection_->Commit();
    connection_->Rollback();
    return status.ok() ? absl::UnknownError("the connection broke") : status;
  }
  absl::Status Sync() override { return connection_->Sync(); }
  void Rollback() override { connection_->Rollback(); }
  using SqlConnection::Execute;
  using SqlConnection::Query;

 private:
  const std::unique_ptr<SqlConnection> connection_;
  Trouble* const trouble_;
  bool usable_ = true;
  int calls_ = 0;  // in the transaction, if several share it
};

TEST(SqlSessionTest, WhoMayHaveEnqueuedFailsAloneWhenAnAnswerIsLost) {
  for (const bool happens : {false, true}) {
    std::string folder = absl::StrCat(testing::TempDir(), "/session.XXXXXX");
    ASSERT_NE(mkdtemp(&folder[0]), nullptr);
    auto file = std::make_shared<SqliteFile>(folder + "/x.db", "x.db");
    Trouble trouble;
    const auto opened = SqlStorage::Open(
        [&]() -> absl::StatusOr<std::unique_ptr<SqlConnection>> {
          auto connection = SqliteConnection::Open(file);
          if (!connection.ok()) return connection.status();
          return std::make_unique<TroubledConnection>(*std::move(connection), &trouble);
        },
        "x.db", /*outage=*/absl::Minutes(1));
    ASSERT_TRUE(opened.ok()) << opened.status();
    Storage& storage = **opened;
    StudyRecord record;
    record.config.space = *SearchSpace::Create({Parameter::Float("x", 0, 1)});
    const absl::StatusOr<int64_t> study = storage.CreateStudy(record);
    ASSERT_TRUE(study.ok()) << study.status();

    // Two calls that come while a third commits share a transaction, if both come in time.
    absl::Status enqueue, finish;
    while (trouble.lost == 0) {
      ReadCursor cursor;
      const auto claim = storage.Claim(*study, {1, 0, "w"}, &cursor);
      ASSERT_TRUE(claim.ok()) << claim.status();
      const int64_t trial = claim->claimed.front().trial.id;
      ASSERT_TRUE(storage.Propose(*study, {{trial, {0.5}, {}, {}, {}}}).ok());
      {
        absl::MutexLock lock(&trouble.mutex);
        trouble.held = trouble.lose = true;
        trouble.happens = happens;
      }
      std::vector<std::thread> threads;
      threads.emplace_back([&] { EXPECT_TRUE(storage.SetAttribute(*study, "a", 1).ok()); });
      {
        absl::MutexLock lock(&trouble.mutex);
        trouble.mutex.Await(absl::Condition(
            +[](Trouble* held) { return held->waiting > 0; }, &trouble));
      }
      int begun = 0;
      threads.emplace_back([&] {
        {
          absl::MutexLock lock(&trouble.mutex);
          ++begun;
        }
        enqueue = storage.Enqueue(*study, {Value(Value::Object{{"x", 0.25}})}).status();
      });
      threads.emplace_back([&] {
        {
          absl::MutexLock lock(&trouble.mutex);
          ++begun;
        }
        finish = storage.Finish(*study, trial, Outcome::Complete({1}), {});
      });
      {
        absl::MutexLock lock(&trouble.mutex);
        trouble.mutex.Await(absl::Condition(
            +[](int* count) { return *count == 2; }, &begun));
        trouble.held = false;
      }
      for (std::thread& thread : threads) thread.join();
      EXPECT_EQ(enqueue.ok(), trouble.lost == 0) << enqueue;
      EXPECT_TRUE(finish.ok()) << finish;
    }
    EXPECT_EQ(enqueue.code(), absl::StatusCode::kUnavailable) << enqueue;
    EXPECT_THAT(std::string(enqueue.message()), HasSubstr("may be there or not"));
    EXPECT_EQ(storage.ListStudies()->front().waiting, happens ? 1 : 0);
  }
}

}  // namespace
}  // namespace sturgeon
