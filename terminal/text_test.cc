#include "terminal/text.h"

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

TEST(Text, WrapsAtBlanks) {
  EXPECT_EQ(Wrapped("", 10, 2), "");
  EXPECT_EQ(Wrapped("one two", 7, 2), "one two");
  EXPECT_EQ(Wrapped("one two three", 7, 2), "one two\n  three");
  EXPECT_EQ(Wrapped("one two three four", 11, 2), "one two\n  three\n  four");
  EXPECT_EQ(Wrapped("unbreakable and more", 5, 0), "unbreakable\nand\nmore");
  EXPECT_EQ(Wrapped("one two", 9, 4, 4), "one\n    two");
  // Three bytes, one column.
  EXPECT_EQ(Wrapped("1 … 22", 6, 2), "1 … 22");
}

TEST(Text, ShortNumbersHaveFourDigits) {
  EXPECT_EQ(ShortNumber(0.121349), "0.1213");
  EXPECT_EQ(ShortNumber(-1e-05), "-1e-05");
  EXPECT_EQ(ShortNumber(512), "512");
}

TEST(Text, ShortDurations) {
  EXPECT_EQ(ShortDuration(absl::ZeroDuration()), "0.0s");
  EXPECT_EQ(ShortDuration(absl::Milliseconds(9940)), "9.9s");
  EXPECT_EQ(ShortDuration(absl::Milliseconds(9960)), "10s");
  EXPECT_EQ(ShortDuration(absl::Milliseconds(59600)), "1m00s");
  EXPECT_EQ(ShortDuration(absl::Seconds(125)), "2m05s");
  EXPECT_EQ(ShortDuration(absl::Minutes(62)), "1h02m");
}

TEST(Text, WhatWouldMoveTheCursorIsEscaped) {
  EXPECT_EQ(Printable("plain, größer, 学習率"), "plain, größer, 学習率");
  EXPECT_EQ(Printable("a\x1b[2Jb\nc\td\x7f"), "a\\x1b[2Jb\\nc\\td\\x7f");
  EXPECT_EQ(Printable("\xC2\x9B\xE2\x80\xAE"), "\\x9b\\u202e");
  EXPECT_EQ(Printable("\xFF\xC3("), "\\xff\\xc3(");
}

TEST(Text, TextIsCutByColumns) {
  EXPECT_EQ(TextColumns("größer"), 6);
  EXPECT_EQ(TextColumns("学習率"), 6);
  EXPECT_EQ(Elided("learning_rate", 13), "learning_rate");
  EXPECT_EQ(Elided("learning_rate", 8), "learnin…");
  EXPECT_EQ(Elided("学習率", 4), "学…");
  EXPECT_EQ(Elided("a\nb", 3), "a\\…");
}

}  // namespace
}  // namespace sturgeon
