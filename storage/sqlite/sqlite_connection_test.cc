#include "storage/sqlite/sqlite_connection.h"

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SqliteConnectionTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = absl::StrCat(testing::TempDir(), "/connection.XXXXXX");
    ASSERT_NE(mkdtemp(&pattern[0]), nullptr);
    file_ = std::make_shared<SqliteFile>(pattern + "/x.db", "x.db");
    connection_ = Open();
    ASSERT_TRUE(connection_->Execute("CREATE TABLE t (a INTEGER UNIQUE, b TEXT, c FLOAT)").ok());
  }

  std::unique_ptr<SqliteConnection> Open() {
    auto opened = SqliteConnection::Open(file_);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return *std::move(opened);
  }

  std::vector<std::string> Texts(SqlConnection& connection, absl::string_view sql,
                                 std::initializer_list<SqlValue> parameters = {}) {
    std::vector<std::string> texts;
    const absl::Status status = connection.Query(sql, parameters, [&](const SqlRow& row) {
      texts.push_back(row.null(0) ? "NULL" : std::string(row.text(0)));
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return texts;
  }

  std::shared_ptr<SqliteFile> file_;
  std::unique_ptr<SqliteConnection> connection_;
};

TEST_F(SqliteConnectionTest, ParametersGoByNumberAndNotByPlace) {
  EXPECT_THAT(Texts(*connection_, "SELECT $2 || $1 || $2", {"a", "b"}), ElementsAre("bab"));
  EXPECT_THAT(Texts(*connection_, "SELECT $1", {SqlValue()}), ElementsAre("NULL"));
  EXPECT_THAT(Texts(*connection_, "SELECT $1", {""}), ElementsAre(""));
  EXPECT_THAT(Texts(*connection_, "SELECT typeof($1) || typeof($2) || typeof($3)", {1, 1.5, "1"}),
              ElementsAre("integerrealtext"));
  EXPECT_EQ(connection_->Execute("SELECT $1", {1, 2}).status().code(), absl::StatusCode::kInternal);
}

TEST_F(SqliteConnectionTest, CountsRowsAndNamesErrors) {
  EXPECT_EQ(*connection_->Execute("INSERT INTO t VALUES ($1, $2, $3)", {1, "x", 0.5}), 1);
  ASSERT_TRUE(
      connection_->ExecuteAll("INSERT INTO t VALUES ($1, $2, 0)", 2, {2, "y", 3, "z"}).ok());
  EXPECT_EQ(*connection_->Execute("UPDATE t SET b = 'w' WHERE a > $1", {1}), 2);
  const absl::Status twice =
      connection_->Execute("INSERT INTO t VALUES ($1, $2, $3)", {1, "x", 0.5}).status();
  EXPECT_EQ(twice.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(twice.message()), HasSubstr("x.db: "));
  EXPECT_EQ(connection_->Execute("SELEKT 1").status().code(), absl::StatusCode::kInternal);
  // The statement that failed can be used again.
  EXPECT_TRUE(connection_->Execute("INSERT INTO t VALUES ($1, $2, $3)", {4, "x", 0.5}).ok());
}

TEST_F(SqliteConnectionTest, AReaderSeesOneInstant) {
  auto reader = Open();
  ASSERT_TRUE(reader->Begin(SqlTransaction::kRead).ok());
  EXPECT_THAT(Texts(*reader, "SELECT COUNT(*) FROM t"), ElementsAre("0"));
  for (const SqlTransaction kind : {SqlTransaction::kWrite, SqlTransaction::kDurable}) {
    ASSERT_TRUE(connection_->Begin(kind).ok());
    ASSERT_TRUE(connection_->Execute("INSERT INTO t VALUES (NULL, 'x', 0)").ok());
    ASSERT_TRUE(connection_->Commit().ok());
  }
  EXPECT_THAT(Texts(*reader, "SELECT COUNT(*) FROM t"), ElementsAre("0"));
  reader->Rollback();
  EXPECT_THAT(Texts(*reader, "SELECT COUNT(*) FROM t"), ElementsAre("2"));
}

TEST_F(SqliteConnectionTest, RollbackUndoesAndMayComeAtAnyTime) {
  connection_->Rollback();
  ASSERT_TRUE(connection_->Begin(SqlTransaction::kWrite).ok());
  ASSERT_TRUE(connection_->Execute("INSERT INTO t VALUES (1, 'x', 0)").ok());
  ASSERT_TRUE(connection_->Execute("SAVEPOINT s").ok());
  ASSERT_TRUE(connection_->Execute("INSERT INTO t VALUES (2, 'x', 0)").ok());
  ASSERT_TRUE(connection_->Execute("ROLLBACK TO SAVEPOINT s").ok());
  EXPECT_THAT(Texts(*connection_, "SELECT a FROM t"), ElementsAre("1"));
  connection_->Rollback();
  EXPECT_THAT(Texts(*connection_, "SELECT COUNT(*) FROM t"), ElementsAre("0"));
}

TEST_F(SqliteConnectionTest, AnErrorOfTheVisitorEndsAQuery) {
  ASSERT_TRUE(connection_->Execute("INSERT INTO t VALUES (1, 'x', 0), (2, 'y', 0)").ok());
  int rows = 0;
  const absl::Status status = connection_->Query("SELECT a FROM t", {}, [&](const SqlRow&) {
    ++rows;
    return absl::CancelledError("enough");
  });
  EXPECT_EQ(status, absl::CancelledError("enough"));
  EXPECT_EQ(rows, 1);
}

}  // namespace
}  // namespace sturgeon
