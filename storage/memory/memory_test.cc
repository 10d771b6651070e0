#include "storage/memory/memory.h"

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/space.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/conformance.h"

namespace sturgeon {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

StorageCase MemoryCase() {
  StorageCase storage_case{"memory", &kMemoryStorage, [] { return "memory:"; }};
  storage_case.shared = false;
  storage_case.trials = 2000;
  return storage_case;
}
INSTANTIATE_TEST_SUITE_P(Memory, StorageConformance, ::testing::Values(MemoryCase()),
                         StorageCaseName);

TEST(MemoryStorageTest, HasNoPlace) {
  EXPECT_TRUE(MemoryStorage::Create({"memory:"}, {}).ok());
  EXPECT_EQ(MemoryStorage::Create({"memory:here"}, {}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(MemoryStorageTest, SilentWorkersLoseTheirTrials) {
  absl::Time now = absl::FromUnixSeconds(1000);
  MemoryStorage storage([&now] { return now; });
  StudyRecord record;
  record.config.space = *SearchSpace::Create({Parameter::Float("x", 0, 1)});
  record.config.metrics = {"value"};
  const int64_t study = *storage.CreateStudy(record);
  ReadCursor cursor;
  ASSERT_EQ(storage.Claim(study, {2, 0, "w"}, &cursor)->claimed.size(), 2);
  ASSERT_TRUE(storage.Propose(study, {{0, {0.5}, {}, {}, {}}, {1, {0.25}, {}, {}, {}}}).ok());
  now += absl::Seconds(50);
  ASSERT_TRUE(storage.Heartbeat(study, {1}).ok());
  EXPECT_THAT(*storage.SettleLost(study, absl::Minutes(1), nullptr, {}), IsEmpty());
  now += absl::Seconds(20);
  EXPECT_THAT(*storage.SettleLost(study, absl::Minutes(1), nullptr, {1}), ElementsAre(0));
  EXPECT_EQ(storage.Finish(study, 0, Outcome::Complete({1}), {}).code(),
            absl::StatusCode::kFailedPrecondition);
  const ClaimResult repeated = *storage.Claim(study, {1, 2, "w"}, &cursor);
  ASSERT_EQ(repeated.claimed.size(), 1);
  EXPECT_EQ(repeated.claimed[0].retry_of, 0);
  EXPECT_EQ(*repeated.claimed[0].enqueued.Find("x"), Value(0.5));
}

}  // namespace
}  // namespace sturgeon
