#include "report/page.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Report(absl::string_view title, const ReportStudy& study) {
  std::string page;
  ReportWriter writer([&](absl::string_view piece) {
    page.append(piece.data(), piece.size());
    return absl::OkStatus();
  });
  EXPECT_TRUE(writer.Begin(title).ok());
  EXPECT_TRUE(writer.Add(study).ok());
  EXPECT_TRUE(writer.End().ok());
  return page;
}

// What stands between two texts.
std::string Between(absl::string_view text, absl::string_view before, absl::string_view after) {
  const size_t from = text.find(before);
  if (from == absl::string_view::npos) return "";
  text.remove_prefix(from + before.size());
  return std::string(text.substr(0, text.find(after)));
}

TEST(Report, ThePolicyLetsNothingRunButByItsHash) {
  const std::string page = Report("digits", {});
  const std::string policy = PagePolicy("'none'");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  EXPECT_THAT(policy, HasSubstr("; script-src 'sha256-"));
  EXPECT_THAT(policy, HasSubstr("; style-src 'sha256-"));
  EXPECT_EQ(Between(page, "<title>", "</title>"), "digits");
}

TEST(Report, NamesCannotLeaveTheirPlaces) {
  ReportStudy study;
  study.config.name = "</script><script>alert(1)</script><!--";
  const std::string page = Report("</title><script>alert(1)</script>", study);
  EXPECT_THAT(page, Not(HasSubstr("alert(1)</script>")));
  EXPECT_THAT(page, HasSubstr("&lt;/title&gt;&lt;script&gt;alert(1)"));
  EXPECT_THAT(page, HasSubstr("\\u003c/script>\\u003cscript>alert(1)\\u003c/script>\\u003c!--"));
}

TEST(Report, IsTheSameEachTime) { EXPECT_EQ(Report("a", {}), Report("a", {})); }

TEST(Report, ReachesNoOtherHost) {
  const std::string page = Report("digits", {});
  EXPECT_THAT(page, HasSubstr("connect-src &#39;none&#39;"));
  EXPECT_FALSE(absl::StrContains(page, " src=")) << "a file of its own";
}

TEST(Report, TheSinksErrorsComeBack) {
  ReportWriter writer([](absl::string_view) { return absl::UnavailableError("disk full"); });
  EXPECT_EQ(writer.Begin("a"), absl::UnavailableError("disk full"));
  EXPECT_EQ(writer.Add({}), absl::UnavailableError("disk full"));
  EXPECT_EQ(writer.End(), absl::UnavailableError("disk full"));
}

TEST(LivePage, SaysWhereItsDataIs) {
  const std::string page = LivePage("live", Value::Object{{"kind", "x<y"}});
  EXPECT_THAT(page, HasSubstr("{\"kind\": \"x\\u003cy\"}"));
  EXPECT_THAT(page, HasSubstr("connect-src &#39;self&#39;"));
}

}  // namespace
}  // namespace sturgeon
