#include "terminal/terminal.h"

#include <cstdlib>

#include "gtest/gtest.h"

namespace sturgeon {
namespace {

void SetLocale(const char* all, const char* ctype, const char* lang) {
  setenv("LC_ALL", all, 1);
  setenv("LC_CTYPE", ctype, 1);
  setenv("LANG", lang, 1);
}

TEST(Terminal, TheFirstVariableThatIsSetSaysWhetherTextIsUtf8) {
  SetLocale("", "", "");
  EXPECT_FALSE(SpeaksUtf8());
  SetLocale("", "", "de_DE.UTF-8");
  EXPECT_TRUE(SpeaksUtf8());
  SetLocale("", "C", "de_DE.UTF-8");
  EXPECT_FALSE(SpeaksUtf8());
  SetLocale("C.utf8", "C", "C");
  EXPECT_TRUE(SpeaksUtf8());
  SetLocale("POSIX", "C.UTF-8", "C.UTF-8");
  EXPECT_FALSE(SpeaksUtf8());
}

TEST(Terminal, WhatIsNoneHas80Columns) {
  EXPECT_FALSE(IsLiveTerminal(-1));
  EXPECT_EQ(TerminalWidth(-1), 80);
}

}  // namespace
}  // namespace sturgeon
