#include "core/storage.h"

#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

TEST(WithoutPasswordTest, HidesIt) {
  EXPECT_EQ(WithoutPassword("postgresql://ann:secret@host:5432/db"),
            "postgresql://ann:***@host:5432/db");
  EXPECT_EQ(WithoutPassword("postgresql://ann:se@cret:x@host/db"), "postgresql://ann:***@host/db");
  EXPECT_EQ(WithoutPassword("postgresql://host/db?user=ann&password=secret&sslmode=require"),
            "postgresql://host/db?user=ann&password=***&sslmode=require");
  EXPECT_EQ(WithoutPassword("postgresql://ann:se/cr?et@host/db"), "postgresql://ann:***@host/db");
  EXPECT_EQ(WithoutPassword("postgresql:///db?password=secret"), "postgresql:///db?password=***");
}

TEST(WithoutPasswordTest, LeavesTheRest) {
  for (const std::string url : {"memory:", "sqlite:some/path:with@signs.db",
                                "postgresql://ann@host:5432/db", "postgresql://host:5432/db"}) {
    EXPECT_EQ(WithoutPassword(url), url);
  }
}

TEST(WorkerTest, ThisOneIsThere) { EXPECT_FALSE(WorkerIsGone(WorkerName())); }

TEST(WorkerTest, AnotherProcessOfTheSameNumberIsNotTheWorker) {
  const std::string name = WorkerName();
  EXPECT_TRUE(WorkerIsGone(name + "0")) << name;
}

TEST(WorkerTest, OfAnotherHostNothingIsKnown) {
  EXPECT_FALSE(WorkerIsGone("elsewhere-" + WorkerName()));
  EXPECT_FALSE(WorkerIsGone(""));
  EXPECT_FALSE(WorkerIsGone("optuna"));
}

TEST(OpenStorageTest, SaysWhatIsThere) {
  const StorageRegistry none;
  const absl::Status no_scheme = OpenStorage(none, "sturgeon.db").status();
  EXPECT_EQ(no_scheme.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(std::string(no_scheme.message()).find("sqlite:sturgeon.db"), std::string::npos)
      << no_scheme;
  const absl::Status unknown = OpenStorage(none, "mysql://ann:secret@host/db").status();
  EXPECT_EQ(unknown.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(unknown.ToString().find("secret"), std::string::npos) << unknown;
}

}  // namespace
}  // namespace sturgeon
