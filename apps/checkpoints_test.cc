#include "apps/checkpoints.h"

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

TEST(ParseSizeTest, ReadsNumbersWithAndWithoutUnits) {
  const auto size = [](absl::string_view text) {
    const absl::StatusOr<int64_t> parsed = ParseSize(text);
    EXPECT_TRUE(parsed.ok()) << parsed.status();
    return parsed.ok() ? *parsed : -1;
  };
  EXPECT_EQ(size("1"), 1);
  EXPECT_EQ(size("1048576"), 1048576);
  EXPECT_EQ(size("7B"), 7);
  EXPECT_EQ(size("2k"), 2048);
  EXPECT_EQ(size("2KB"), 2048);
  EXPECT_EQ(size("1MiB"), 1048576);
  EXPECT_EQ(size("1.5G"), 1610612736);
  EXPECT_EQ(size("3T"), int64_t{3} << 40);
}

TEST(ParseSizeTest, RefusesTheRest) {
  for (const char* text : {"", "0", "-1", "+1", "G", "B", "iB", "1iB", "1X", "1GG", "0.1", "nan",
                           "inf", "infG", "1e30", "2000000T", "one", "1 XG"}) {
    const absl::Status status = ParseSize(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_TRUE(absl::StrContains(status.message(), "such as 500M")) << status;
  }
}

}  // namespace
}  // namespace sturgeon
