#include "third_party/abi/libraries.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

TEST(LibrariesTest, EveryLibraryAnswers) {
  const absl::StatusOr<std::string> result = RoundTrip("caviar");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(*result, testing::StrEq("caviar"));
}

}  // namespace
}  // namespace sturgeon
