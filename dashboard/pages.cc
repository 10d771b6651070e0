#include "dashboard/pages.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "report/html.h"

namespace sturgeon {

// Of dashboard/page/; made by report/embed.sh.
const PageFiles& IndexFiles();
const PageFiles& MessageFiles();

namespace {

HtmlPage Make(const PageFiles& page, absl::string_view text) {
  return {
      absl::StrReplaceAll(
          page.html,
          {{"{{style}}", page.style}, {"{{script}}", page.script}, {"{{text}}", EscapeHtml(text)}}),
      absl::StrCat("default-src 'none'; style-src '", page.style_hash, "'; script-src '",
                   page.script_hash, "'; connect-src 'self'; base-uri 'none'; form-action 'none'")};
}

}  // namespace

HtmlPage IndexPage(absl::string_view storage) { return Make(IndexFiles(), storage); }

HtmlPage MessagePage(absl::string_view message) { return Make(MessageFiles(), message); }

}  // namespace sturgeon
