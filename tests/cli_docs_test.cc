// docs/command_line.md says what `sturgeon serve` does.

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "tests/program.h"

namespace sturgeon {
namespace {

TEST(Docs, TheTranscriptOfServeIsTrue) {
  const std::string page = ReadAll("docs/command_line.md");
  std::string sent, answered;
  for (const absl::string_view line : absl::StrSplit(page, '\n')) {
    if (absl::StartsWith(line, "-> ")) absl::StrAppend(&sent, line.substr(3), "\n");
    if (absl::StartsWith(line, "<- ")) absl::StrAppend(&answered, line.substr(3), "\n");
  }
  EXPECT_FALSE(answered.empty());
  const ProgramResult result = RunSturgeon({"serve"}, sent);
  EXPECT_EQ(result.out, answered);
  EXPECT_EQ(result.err, "");
}

}  // namespace
}  // namespace sturgeon
