#include "storage/postgresql/postgres_connection.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/testing/postgres_server.h"

namespace sturgeon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(PostgresTargetTest, NeverShowsThePassword) {
  const auto target =
      PostgresTarget::Parse("postgresql://ann:se%40cret@host:5433/db?sslmode=disable");
  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_EQ(target->where, "postgresql://ann:***@host:5433/db?sslmode=disable");
  EXPECT_EQ(target->password, "se@cret");
  // Passwords whose special characters were not escaped, so that they end up in other parts.
  for (const char* url :
       {"postgresql://ann:hunter2/x@host/db", "postgresql://ann:hunter2%x@host/db",
        "postgresql://ann:x@hunter2:y@host/db",
        "postgresql://host/db?password=hunter2&unknown=1"}) {
    const absl::Status status = PostgresTarget::Parse(url).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << url;
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("hunter2")));
  }
}

class PostgresConnectionTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto server = PostgresServer::Start();
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = server->release();
  }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }

  void SetUp() override {
    ASSERT_NE(server_, nullptr);
    const auto url = server_->FreshUrl();
    ASSERT_TRUE(url.ok()) << url.status();
    url_ = *url;
    connection_ = Connect(url_);
    ASSERT_NE(connection_, nullptr);
  }

  static std::unique_ptr<PostgresConnection> Connect(const std::string& url) {
    const auto target = PostgresTarget::Parse(url);
    EXPECT_TRUE(target.ok()) << target.status();
    auto connection = PostgresConnection::Open(*target);
    EXPECT_TRUE(connection.ok()) << connection.status();
    return connection.ok() ? *std::move(connection) : nullptr;
  }
  static absl::Status ConnectError(const std::string& url) {
    const auto target = PostgresTarget::Parse(url);
    if (!target.ok()) return target.status();
    return PostgresConnection::Open(*target).status();
  }
  static std::vector<std::string> Column(SqlConnection& connection, const std::string& sql) {
    std::vector<std::string> texts;
    const absl::Status status = connection.Query(sql, {}, [&](const SqlRow& row) {
      texts.push_back(row.null(0) ? "NULL" : std::string(row.text(0)));
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return texts;
  }
  void Do(SqlConnection& connection, const std::string& sql) {
    const auto done = connection.Execute(sql);
    ASSERT_TRUE(done.ok()) << done.status();
  }

  static PostgresServer* server_;
  std::string url_;
  std::unique_ptr<PostgresConnection> connection_;
};

PostgresServer* PostgresConnectionTest::server_ = nullptr;

TEST_F(PostgresConnectionTest, ValuesReadBackExactly) {
  Do(*connection_, "CREATE TABLE t (i BIGINT, d DOUBLE PRECISION, s TEXT)");
  const std::vector<double> numbers = {
      0.1, -0.0, 5e-324, 1.7976931348623157e308, 1.0 / 3, std::numeric_limits<double>::infinity()};
  const std::string odd = "'; DROP TABLE t; -- \"\\ \xF0\x9F\x90\x9F";
  for (const double number : numbers) {
    const auto rows = connection_->Execute("INSERT INTO t VALUES ($1, $2, $3)",
                                           {std::numeric_limits<int64_t>::min(), number, odd});
    ASSERT_TRUE(rows.ok()) << rows.status();
    EXPECT_EQ(*rows, 1);
  }
  ASSERT_TRUE(connection_->Execute("INSERT INTO t VALUES ($1, $2, $3)", {{}, {}, ""}).ok());
  std::vector<double> read;
  const absl::Status status =
      connection_->Query("SELECT i, d, s FROM t", {}, [&](const SqlRow& row) {
        if (row.null(0)) {
          EXPECT_TRUE(row.null(1));
          EXPECT_FALSE(row.null(2));
          EXPECT_EQ(row.integer(0), 0);
          return absl::OkStatus();
        }
        EXPECT_EQ(row.integer(0), std::numeric_limits<int64_t>::min());
        EXPECT_EQ(row.text(2), odd);
        read.push_back(row.number(1));
        return absl::OkStatus();
      });
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_EQ(read, numbers);
  EXPECT_TRUE(std::signbit(read[1]));
}

TEST_F(PostgresConnectionTest, ManyStatementsAtOnce) {
  Do(*connection_, "CREATE TABLE t (i BIGINT PRIMARY KEY, s TEXT)");
  std::vector<SqlValue> parameters;
  for (int64_t i = 0; i < 1000; ++i) {
    parameters.push_back(i);
    parameters.push_back("x");
  }
  ASSERT_TRUE(connection_->ExecuteAll("INSERT INTO t VALUES ($1, $2)", 2, parameters).ok());
  EXPECT_THAT(Column(*connection_, "SELECT SUM(i) FROM t"), ElementsAre("499500"));
  // One of them fails; the connection is as good as before.
  EXPECT_TRUE(absl::IsAlreadyExists(connection_->ExecuteAll(
      "INSERT INTO t VALUES ($1, $2)", 2, {int64_t{5000}, "x", 17, "x", int64_t{6000}, "x"})));
  EXPECT_TRUE(connection_->usable());
  EXPECT_THAT(Column(*connection_, "SELECT COUNT(*) FROM t"), ElementsAre("1000"));
}

TEST_F(PostgresConnectionTest, ErrorsSayWhatCanBeDone) {
  Do(*connection_, "CREATE TABLE t (i INTEGER UNIQUE, s TEXT)");
  const char* const insert = "INSERT INTO t VALUES ($1, $2)";
  ASSERT_TRUE(connection_->Execute(insert, {1, "x"}).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(connection_->Execute(insert, {1, "y"}).status()));
  EXPECT_TRUE(
      absl::IsInvalidArgument(connection_->Execute(insert, {int64_t{1} << 40, "y"}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(connection_->Execute(insert, {2, "\xff"}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      connection_->Execute(insert, {2, absl::string_view("a\0b", 3)}).status()));
  const absl::Status wrong = connection_->Execute("SELECT no such thing").status();
  EXPECT_TRUE(absl::IsInternal(wrong)) << wrong;
  EXPECT_THAT(std::string(wrong.message()), HasSubstr(url_));
  EXPECT_TRUE(connection_->usable());

  ASSERT_TRUE(connection_->Begin(SqlTransaction::kRead).ok());
  EXPECT_FALSE(connection_->Execute(insert, {3, "x"}).ok());
  connection_->Rollback();
}

TEST_F(PostgresConnectionTest, TransactionsSeeAndWaitAsTheyShould) {
  Do(*connection_, "CREATE TABLE t (i INTEGER)");
  const auto other = Connect(url_);
  ASSERT_NE(other, nullptr);
  ASSERT_TRUE(other->Begin(SqlTransaction::kRead).ok());
  EXPECT_THAT(Column(*other, "SELECT COUNT(*) FROM t"), ElementsAre("0"));
  ASSERT_TRUE(connection_->Begin(SqlTransaction::kKept).ok());
  EXPECT_THAT(Column(*connection_, "SHOW synchronous_commit"), ElementsAre("on"));
  connection_->Rollback();
  ASSERT_TRUE(connection_->Begin(SqlTransaction::kDurable).ok());
  EXPECT_THAT(Column(*connection_, "SHOW synchronous_commit"), ElementsAre("on"));
  Do(*connection_, "INSERT INTO t VALUES (1)");
  ASSERT_TRUE(connection_->Commit().ok());
  EXPECT_THAT(Column(*other, "SELECT COUNT(*) FROM t"), ElementsAre("0")) << "one instant";
  other->Rollback();
  EXPECT_THAT(Column(*other, "SELECT COUNT(*) FROM t"), ElementsAre("1"));

  ASSERT_TRUE(connection_->Begin(SqlTransaction::kWrite).ok());
  EXPECT_THAT(Column(*connection_, "SHOW synchronous_commit"), ElementsAre("off"));
  Do(*connection_, "DELETE FROM t");
  connection_->Rollback();
  EXPECT_THAT(Column(*connection_, "SELECT i FROM t"), ElementsAre("1"));

  // An error in it does not become a success.
  ASSERT_TRUE(connection_->Begin(SqlTransaction::kWrite).ok());
  Do(*connection_, "DELETE FROM t");
  EXPECT_FALSE(connection_->Execute("SELECT no such thing").ok());
  EXPECT_FALSE(connection_->Commit().ok());
  EXPECT_THAT(Column(*connection_, "SELECT i FROM t"), ElementsAre("1"));
}

TEST_F(PostgresConnectionTest, AServerThatDoesNotWaitForTheDiskDoesSoForUs) {
  const std::string database =
      url_.substr(url_.find("fresh_"), url_.find('?') - url_.find("fresh_"));
  ASSERT_TRUE(server_
                  ->Run("postgres",
                        absl::StrCat("ALTER DATABASE ", database, " SET synchronous_commit = off"))
                  .ok());
  const auto connection = Connect(url_);
  ASSERT_NE(connection, nullptr);
  ASSERT_TRUE(connection->Begin(SqlTransaction::kDurable).ok());
  EXPECT_THAT(Column(*connection, "SHOW synchronous_commit"), ElementsAre("on"));
}

TEST_F(PostgresConnectionTest, ALostServerIsTold) {
  Do(*connection_, "CREATE TABLE t (i INTEGER)");
  const auto other = Connect(url_);
  const auto third = Connect(url_);
  ASSERT_TRUE(connection_->Begin(SqlTransaction::kDurable).ok());
  Do(*connection_, "INSERT INTO t VALUES (1)");
  ASSERT_TRUE(server_->Kill().ok());
  const absl::Status committed = connection_->Commit();
  EXPECT_TRUE(absl::IsUnknown(committed)) << committed;
  EXPECT_FALSE(connection_->usable());
  EXPECT_TRUE(absl::IsUnavailable(other->Begin(SqlTransaction::kRead)));
  EXPECT_FALSE(other->usable());
  other->Rollback();
  EXPECT_TRUE(absl::IsUnavailable(third->ExecuteAll("INSERT INTO t VALUES ($1)", 1, {1, 2, 3})));
  EXPECT_FALSE(third->usable());
  const absl::Status gone = ConnectError(url_);
  EXPECT_TRUE(absl::IsUnavailable(gone)) << gone;
  EXPECT_THAT(std::string(gone.message()), HasSubstr(url_));
  ASSERT_TRUE(server_->Restart().ok());
  const auto again = Connect(url_);
  ASSERT_NE(again, nullptr);
  EXPECT_THAT(Column(*again, "SELECT i FROM t"), ElementsAre());
}

TEST_F(PostgresConnectionTest, WhoIsNotLetInIsToldWhy) {
  ASSERT_TRUE(server_->Run("postgres", "CREATE ROLE locked LOGIN PASSWORD 'right'").ok());
  const std::string locked = absl::StrReplaceAll(url_, {{"sturgeon@", "locked:right@"}});
  EXPECT_NE(Connect(locked), nullptr);

  absl::Status status = ConnectError(absl::StrReplaceAll(url_, {{"sturgeon@", "locked:hunter2@"}}));
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("password authentication failed"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("locked:***@"));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("hunter2")));
  status = ConnectError(absl::StrReplaceAll(url_, {{"sturgeon@", "locked@"}}));
  EXPECT_THAT(std::string(status.message()), HasSubstr("PGPASSWORD"));
  status = ConnectError(server_->Url("nowhere"));
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("\"nowhere\" does not exist"));
  status = ConnectError("postgresql://ann:hunter2@no-such-host.invalid/db");
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("no-such-host.invalid"));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("hunter2")));
}

TEST_F(PostgresConnectionTest, DeadlocksAreToBeTriedAgain) {
  Do(*connection_, "SET deadlock_timeout = '10ms'");
  Do(*connection_, "CREATE TABLE t (i INTEGER PRIMARY KEY)");
  Do(*connection_, "INSERT INTO t VALUES (1), (2)");
  // A lock that is not to be had stands for one side of a deadlock.
  const auto other = Connect(url_);
  ASSERT_TRUE(other->Begin(SqlTransaction::kWrite).ok());
  Do(*other, "DELETE FROM t WHERE i = 1");
  ASSERT_TRUE(connection_->Begin(SqlTransaction::kWrite).ok());
  const absl::Status status =
      connection_->Execute("SELECT i FROM t WHERE i = 1 FOR UPDATE NOWAIT").status();
  EXPECT_TRUE(absl::IsAborted(status)) << status;
  connection_->Rollback();
  other->Rollback();
}

}  // namespace
}  // namespace sturgeon
