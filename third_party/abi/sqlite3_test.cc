#include <sqlite3.h>

#include <memory>

#include "gtest/gtest.h"

namespace sturgeon {
namespace {

// What storage/sqlite builds on: threads, write-ahead logs, ON CONFLICT (3.24), RETURNING (3.35).
TEST(Sqlite3Test, IsThreadSafeAndNewEnough) {
  EXPECT_NE(sqlite3_threadsafe(), 0);
  EXPECT_EQ(sqlite3_compileoption_used("OMIT_WAL"), 0);
  EXPECT_GE(sqlite3_libversion_number(), 3035000);
  EXPECT_STREQ(sqlite3_libversion(), SQLITE_VERSION);  // the header is the library's
}

TEST(Sqlite3Test, ReturnsWhatItKeeps) {
  sqlite3* opened = nullptr;
  ASSERT_EQ(sqlite3_open(":memory:", &opened), SQLITE_OK);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> database(opened, &sqlite3_close);
  ASSERT_EQ(sqlite3_exec(opened, "CREATE TABLE t (key TEXT PRIMARY KEY, value)", nullptr, nullptr,
                         nullptr),
            SQLITE_OK);
  for (int i = 1; i <= 2; ++i) {
    sqlite3_stmt* prepared = nullptr;
    ASSERT_EQ(sqlite3_prepare_v2(opened,
                                 "INSERT INTO t VALUES ('a', $1) ON CONFLICT (key) DO UPDATE SET "
                                 "value = value + excluded.value RETURNING value",
                                 -1, &prepared, nullptr),
              SQLITE_OK);
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(prepared,
                                                                          &sqlite3_finalize);
    ASSERT_EQ(sqlite3_bind_double(prepared, 1, 1.5), SQLITE_OK);
    ASSERT_EQ(sqlite3_step(prepared), SQLITE_ROW);
    EXPECT_EQ(sqlite3_column_double(prepared, 0), 1.5 * i);
    ASSERT_EQ(sqlite3_step(prepared), SQLITE_DONE);
  }
}

}  // namespace
}  // namespace sturgeon
