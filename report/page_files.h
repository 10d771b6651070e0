// What the page is made of, as the program brings it along.
#ifndef STURGEON_REPORT_PAGE_FILES_H_
#define STURGEON_REPORT_PAGE_FILES_H_

#include "absl/strings/string_view.h"

namespace sturgeon {

struct PageFiles {
  absl::string_view html;  // with {{title}}, {{policy}}, {{style}}, {{data}} and {{script}} in it
  absl::string_view style, script;
  // Of these, as a content security policy names them: "sha256-…".
  absl::string_view style_hash, script_hash;
};

const PageFiles& Page();

}  // namespace sturgeon

#endif  // STURGEON_REPORT_PAGE_FILES_H_
