#include "report/page.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "core/json.h"
#include "report/html.h"

namespace sturgeon {

// Of report/page/; made by report/embed.sh.
const PageFiles& ReportPage();

namespace {

// page.html around what stands for the title, the policy, the style, the data and the script.
std::array<absl::string_view, 6> CutHtml() {
  std::array<absl::string_view, 6> html;
  absl::string_view rest = ReportPage().html;
  constexpr absl::string_view kPlaces[] = {"{{title}}", "{{policy}}", "{{style}}", "{{data}}",
                                           "{{script}}"};
  for (size_t i = 0; i < 5; ++i) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(rest, absl::MaxSplits(kPlaces[i], 1));
    html[i] = parts.first;
    rest = parts.second;
  }
  html[5] = rest;
  return html;
}

// Up to the data.
std::string Head(absl::string_view title, absl::string_view connect) {
  const std::array<absl::string_view, 6> html = CutHtml();
  return absl::StrCat(html[0], EscapeHtml(title), html[1], EscapeHtml(PagePolicy(connect)), html[2],
                      ReportPage().style, html[3]);
}

std::string Tail() {
  const std::array<absl::string_view, 6> html = CutHtml();
  return absl::StrCat(html[4], ReportPage().script, html[5]);
}

std::string SourceElement(const Value& source) {
  return absl::StrCat("<script type=\"application/json\" id=\"source\">",
                      ScriptJson(WriteJson(source)), "</script>\n");
}

}  // namespace

std::string ScriptJson(absl::string_view json) {
  // It stands in strings alone, where this is the same character.
  return absl::StrReplaceAll(json, {{"<", "\\u003c"}});
}

std::string PagePolicy(absl::string_view connect) {
  return absl::StrCat("default-src 'none'; script-src '", ReportPage().script_hash,
                      "'; style-src '", ReportPage().style_hash, "'; connect-src ", connect,
                      "; img-src data:; base-uri 'none'; form-action 'none'");
}

absl::Status ReportWriter::Begin(absl::string_view title) {
  return sink_(
      absl::StrCat(Head(title, "'none'"), SourceElement(Value::Object{{"kind", "embedded"}})));
}

absl::Status ReportWriter::Add(const ReportStudy& study) {
  return sink_(absl::StrCat("<script type=\"application/json\" class=\"study\">",
                            ScriptJson(ReportJson(study)), "</script>\n"));
}

absl::Status ReportWriter::End() { return sink_(Tail()); }

std::string LivePage(absl::string_view title, const Value& source) {
  return absl::StrCat(Head(title, "'self'"), SourceElement(source), Tail());
}

}  // namespace sturgeon
