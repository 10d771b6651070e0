// Text, numbers and times written for people who read them in a terminal.
#ifndef STURGEON_TERMINAL_TEXT_H_
#define STURGEON_TERMINAL_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace sturgeon {

// The text with line breaks at blanks, so that no line is wider than `width` columns unless a word
// is; lines behind the first begin with `indent` blanks. The text will stand at `column`.
std::string Wrapped(absl::string_view text, int width, int indent, int column = 0);

// Columns that UTF-8 text takes: none for a mark that joins the letter before it, two for what East
// Asian scripts and emoji take.
int TextColumns(absl::string_view text);

// The text as it may be shown: control characters, and those that turn the direction of writing,
// are escaped (\n, \x1b, \u202e), and so are bytes that are no UTF-8.
std::string Printable(absl::string_view text);

// Printable, and cut to `columns` with an ellipsis if it takes more.
std::string Elided(absl::string_view text, int columns);

// "0.1213", "1.5e-05": four digits that count.
std::string ShortNumber(double value);

// "0.4s", "31s", "2m05s", "1h02m".
std::string ShortDuration(absl::Duration duration);

}  // namespace sturgeon

#endif  // STURGEON_TERMINAL_TEXT_H_
