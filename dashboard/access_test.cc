#include "dashboard/access.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

using ::testing::HasSubstr;

TEST(ListenAddress, IsHostAndPort) {
  EXPECT_EQ(ParseListenAddress("127.0.0.1:8080")->text(), "127.0.0.1:8080");
  EXPECT_EQ(ParseListenAddress("0")->text(), "127.0.0.1:0");
  EXPECT_EQ(ParseListenAddress("9000")->text(), "127.0.0.1:9000");
  EXPECT_EQ(ParseListenAddress("[::1]:9000")->text(), "[::1]:9000");
  EXPECT_EQ(ParseListenAddress("Node-7.example.org:80")->text(), "node-7.example.org:80");
  for (const char* wrong : {"", ":", ":80", "host", "host:", "host:x", "host:65536", "host:-1",
                            "[::1]", "[::1]80", "[x]:80", "::1:80", "a b:80", "123456789"}) {
    const auto address = ParseListenAddress(wrong);
    EXPECT_FALSE(address.ok()) << wrong;
    EXPECT_THAT(std::string(address.status().message()), HasSubstr("say HOST:PORT")) << wrong;
  }
}

TEST(ListenAddress, KnowsWhatThisMachineAloneReaches) {
  for (const char* own : {"127.0.0.1:1", "127.8.9.10:1", "localhost:1", "[::1]:1"}) {
    EXPECT_TRUE(ParseListenAddress(own)->loopback()) << own;
  }
  for (const char* other : {"0.0.0.0:1", "10.0.0.1:1", "[::]:1", "[::2]:1", "host:1",
                            "127.0.0.1.example.org:1", "localhost.example.org:1"}) {
    EXPECT_FALSE(ParseListenAddress(other)->loopback()) << other;
  }
}

TEST(Token, IsLongAndNeverTheSame) {
  const std::string token = *MakeToken();
  EXPECT_EQ(token.size(), 43);
  EXPECT_EQ(
      token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
      std::string::npos);
  EXPECT_NE(*MakeToken(), token);
}

TEST(Token, OnlyTheSameIsTheSame) {
  EXPECT_TRUE(SameSecret("abc", "abc"));
  for (const char* other : {"", "ab", "abd", "abcd", "Abc"}) {
    EXPECT_FALSE(SameSecret(other, "abc")) << other;
  }
  // No token is no way in.
  EXPECT_FALSE(SameSecret("", ""));
}

TEST(Cookie, IsFoundByItsWholeName) {
  EXPECT_EQ(CookieOf("a=1; sturgeon_80=x=y; b=2", "sturgeon_80"), "x=y");
  EXPECT_EQ(CookieOf("a=1;sturgeon_80=x", "sturgeon_80"), "x");
  EXPECT_EQ(CookieOf("xsturgeon_80=1; sturgeon_8=2", "sturgeon_80"), "");
  EXPECT_EQ(CookieOf("sturgeon_80", "sturgeon_80"), "");
  EXPECT_EQ(CookieOf("", "sturgeon_80"), "");
}

TEST(Access, OnThisMachineOnlyItsOwnNamesAreAnswered) {
  const Access access({"127.0.0.1", 8080}, "", "node7");
  for (const char* fine : {"127.0.0.1:8080", "127.0.0.1", "localhost:8080", "LOCALHOST:9000",
                           "[::1]:8080", "127.0.0.2:1"}) {
    EXPECT_TRUE(access.CheckHost(fine).ok()) << fine;
  }
  // Names that somebody may have pointed here; and what is none.
  for (const char* wrong : {"", "evil.example", "evil.example:8080", "localhost.evil.example",
                            "127.0.0.1.evil.example", "node7", "10.0.0.1", "[::2]:8080",
                            "localhost:8080@evil.example", "localhost\r\nX: y", "[::1", "[::1]x"}) {
    EXPECT_EQ(access.CheckHost(wrong).code(), absl::StatusCode::kPermissionDenied) << wrong;
  }
}

TEST(Access, ElsewhereTheMachinesNamesAndAddressesAreAnswered) {
  const Access access({"0.0.0.0", 8080}, "secret", "Node7");
  for (const char* fine : {"10.0.0.1:8080", "[fe80::1]:8080", "node7:8080", "node7.example.org",
                           "127.0.0.1:8080", "localhost"}) {
    EXPECT_TRUE(access.CheckHost(fine).ok()) << fine;
  }
  for (const char* wrong :
       {"evil.example", "node71", "node7x.example.org", "10.0.0.1.evil.example", ""}) {
    EXPECT_FALSE(access.CheckHost(wrong).ok()) << wrong;
  }
  EXPECT_TRUE(Access({"tuner.lan", 80}, "secret", "").CheckHost("tuner.lan").ok());
}

TEST(Access, OnlyOurOwnPagesChangeAnything) {
  const Access access({"127.0.0.1", 8080}, "", "");
  EXPECT_TRUE(access.CheckOrigin("http://localhost:8080", "localhost:8080").ok());
  EXPECT_TRUE(access.CheckOrigin("https://localhost", "localhost").ok());  // behind a proxy
  for (const char* wrong : {"", "null", "http://localhost", "http://localhost:8081",
                            "http://evil.example", "http://localhost:8080.evil.example",
                            "http://localhost:8080/", "file://", "localhost:8080"}) {
    EXPECT_FALSE(access.CheckOrigin(wrong, "localhost:8080").ok()) << wrong;
  }
  EXPECT_FALSE(access.CheckOrigin("http://", "").ok());
}

TEST(Access, TheCookieIsNobodyElses) {
  const Access access({"10.0.0.1", 8080}, "secret", "");
  EXPECT_TRUE(access.needs_token());
  EXPECT_EQ(access.SetCookie(), "sturgeon_8080=secret; Path=/; HttpOnly; SameSite=Strict");
  EXPECT_TRUE(access.HasCookie("a=b; sturgeon_8080=secret"));
  EXPECT_FALSE(access.HasCookie("sturgeon_8081=secret"));
  EXPECT_FALSE(access.HasCookie("sturgeon_8080=secre"));
  EXPECT_FALSE(access.HasCookie(""));
}

}  // namespace
}  // namespace sturgeon
