#include "terminal/text.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace sturgeon {

namespace {

// One character of UTF-8; of what is none, one byte.
struct Character {
  absl::string_view bytes;
  char32_t code = 0;
  bool valid = false;
};

Character TakeCharacter(absl::string_view* text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>((*text)[i]); };
  const unsigned char first = byte(0);
  const size_t size = first < 0x80                     ? 1
                      : first >= 0xC2 && first <= 0xDF ? 2
                      : first >= 0xE0 && first <= 0xEF ? 3
                      : first >= 0xF0 && first <= 0xF4 ? 4
                                                       : 0;
  Character character;
  if (size > 0 && size <= text->size()) {
    char32_t code = size == 1 ? first : first & (0x7F >> size);
    character.valid = true;
    for (size_t i = 1; i < size; ++i) {
      character.valid &= (byte(i) & 0xC0) == 0x80;
      code = code << 6 | (byte(i) & 0x3F);
    }
    const bool too_long = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
    if (too_long || (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF) character.valid = false;
    character.code = code;
  }
  character.bytes = text->substr(0, character.valid ? size : 1);
  text->remove_prefix(character.bytes.size());
  return character;
}

// Columns of a character that can be shown (Unicode's East Asian Width, coarsely).
int ColumnsOf(char32_t c) {
  if ((c >= 0x300 && c <= 0x36F) || (c >= 0x200B && c <= 0x200D) || (c >= 0xFE00 && c <= 0xFE0F)) {
    return 0;
  }
  const bool wide = (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) ||
                    (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
                    (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
                    (c >= 0x1F300 && c <= 0x1FAFF) || (c >= 0x20000 && c <= 0x3FFFD);
  return wide ? 2 : 1;
}

bool MustBeEscaped(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x200E || c == 0x200F ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

}  // namespace

int TextColumns(absl::string_view text) {
  int columns = 0;
  while (!text.empty()) columns += ColumnsOf(TakeCharacter(&text).code);
  return columns;
}

std::string Printable(absl::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const Character c = TakeCharacter(&text);
    if (c.valid && !MustBeEscaped(c.code)) {
      absl::StrAppend(&shown, c.bytes);
    } else if (c.bytes == "\n") {
      shown += "\\n";
    } else if (c.bytes == "\t") {
      shown += "\\t";
    } else if (c.valid && c.code > 0xFF) {
      absl::StrAppendFormat(&shown, "\\u%04x", static_cast<unsigned>(c.code));
    } else {
      const unsigned code = c.valid ? c.code : static_cast<unsigned char>(c.bytes[0]);
      absl::StrAppendFormat(&shown, "\\x%02x", code);
    }
  }
  return shown;
}

std::string Elided(absl::string_view text, int columns) {
  const std::string shown = Printable(text);
  if (TextColumns(shown) <= columns) return shown;
  std::string kept;
  int taken = 1;  // the ellipsis
  for (absl::string_view rest = shown; !rest.empty();) {
    const Character c = TakeCharacter(&rest);
    taken += ColumnsOf(c.code);
    if (taken > columns) break;
    absl::StrAppend(&kept, c.bytes);
  }
  return kept + "…";
}

std::string Wrapped(absl::string_view text, int width, int indent, int column) {
  std::string wrapped;
  const char* separator = "";
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    const int columns = TextColumns(word);
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
