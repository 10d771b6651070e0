// The files that the page is made of, as the program brings them along.
#ifndef STURGEON_REPORT_PAGE_FILES_H_
#define STURGEON_REPORT_PAGE_FILES_H_

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace sturgeon {

struct EmbeddedFile {
  absl::string_view name;  // without a folder
  absl::string_view contents;
};

// In the order in which the page has them.
absl::Span<const EmbeddedFile> PageFiles();

}  // namespace sturgeon

#endif  // STURGEON_REPORT_PAGE_FILES_H_
