// The dashboard's own pages: the list of studies, and messages. (A study's page is the report's.)
#ifndef STURGEON_DASHBOARD_PAGES_H_
#define STURGEON_DASHBOARD_PAGES_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sturgeon {

struct HtmlPage {
  std::string html;
  std::string policy;  // its content security policy, which lets its own script and style run
};

// The studies of a storage, which the page fetches.
HtmlPage IndexPage(absl::string_view storage);

// Says something, and leads to the studies.
HtmlPage MessagePage(absl::string_view message);

}  // namespace sturgeon

#endif  // STURGEON_DASHBOARD_PAGES_H_
