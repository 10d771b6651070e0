#include "apps/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace sturgeon {

namespace {

// Columns of UTF-8 text, whose continuation bytes take none.
int Columns(absl::string_view text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

bool IsLiveTerminal(int descriptor) {
  const char* const kind = std::getenv("TERM");
  return isatty(descriptor) != 0 && kind != nullptr && std::strcmp(kind, "dumb") != 0;
}

int TerminalWidth(int descriptor) {
  winsize size = {};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

std::string Wrapped(absl::string_view text, int width, int indent, int column) {
  std::string wrapped;
  const char* separator = "";
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    const int columns = Columns(word);
    if (*separator && column + 1 + columns > width) {
      absl::StrAppend(&wrapped, "\n", std::string(indent, ' '));
      column = indent;
      separator = "";
    }
    absl::StrAppend(&wrapped, separator, word);
    column += columns + (*separator ? 1 : 0);
    separator = " ";
  }
  return wrapped;
}

std::string ShortNumber(double value) { return absl::StrFormat("%.4g", value); }

std::string ShortDuration(absl::Duration duration) {
  const double seconds = absl::ToDoubleSeconds(duration);
  if (seconds < 9.95) return absl::StrFormat("%.1fs", seconds);
  const auto whole = static_cast<int64_t>(seconds + 0.5);
  if (whole < 60) return absl::StrCat(whole, "s");
  if (whole < 3600) return absl::StrFormat("%dm%02ds", whole / 60, whole % 60);
  return absl::StrFormat("%dh%02dm", whole / 3600, whole / 60 % 60);
}

}  // namespace sturgeon
