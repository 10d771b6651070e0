#include "apps/line_reader.h"

#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sturgeon {
namespace {

// The lines of a text, "<too long>" for those above the limit.
std::vector<std::string> Lines(const std::string& text, size_t limit) {
  std::FILE* const file = std::tmpfile();
  EXPECT_NE(file, nullptr);
  EXPECT_EQ(std::fwrite(text.data(), 1, text.size(), file), text.size());
  std::rewind(file);
  LineReader reader(fileno(file), limit);
  std::vector<std::string> lines;
  while (reader.Next()) {
    EXPECT_TRUE(!reader.too_long() || reader.line().empty());
    lines.push_back(reader.too_long() ? "<too long>" : std::string(reader.line()));
  }
  std::fclose(file);
  return lines;
}

using Strings = std::vector<std::string>;

TEST(LineReader, SplitsAtLineEnds) {
  EXPECT_EQ(Lines("", 100), Strings());
  EXPECT_EQ(Lines("\n", 100), Strings{""});
  EXPECT_EQ(Lines("one\n\nthree\n", 100), (Strings{"one", "", "three"}));
  EXPECT_EQ(Lines("one\nlast", 100), (Strings{"one", "last"}));
}

TEST(LineReader, SkipsWhatIsTooLongAndGoesOn) {
  EXPECT_EQ(Lines("12345\n123456\n12\n", 5), (Strings{"12345", "<too long>", "12"}));
  EXPECT_EQ(Lines("123456", 5), Strings{"<too long>"});
  const std::string huge(1000000, 'x');
  EXPECT_EQ(Lines(huge + "\nafter\n" + huge, 100), (Strings{"<too long>", "after", "<too long>"}));
}

TEST(LineReader, LinesLongerThanABufferStayWhole) {
  const std::string a(300000, 'a'), b(70000, 'b');
  EXPECT_EQ(Lines(a + "\n" + b + "\n" + a, 1 << 20), (Strings{a, b, a}));
}

}  // namespace
}  // namespace sturgeon
