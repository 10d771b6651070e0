// What pages are made of.
#ifndef STURGEON_REPORT_HTML_H_
#define STURGEON_REPORT_HTML_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sturgeon {

// A page as the program brings it along. The build makes a function that gives one of the page's
// sources (report/embed.sh), and whoever writes the page declares that.
struct PageFiles {
  absl::string_view html;  // with {{style}}, {{script}} and so on in it
  absl::string_view style, script;
  // Of these, as a content security policy names them: "sha256-…".
  absl::string_view style_hash, script_hash;
};

// The text, for an element or a quoted attribute.
std::string EscapeHtml(absl::string_view text);

}  // namespace sturgeon

#endif  // STURGEON_REPORT_HTML_H_
