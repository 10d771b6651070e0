#include "report/page.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "core/json.h"
#include "report/page_files.h"
#include "report/sha256.h"

namespace sturgeon {
namespace {

// The page's files, by what they are; each kind is one element of the page.
struct PageText {
  std::string script, style;
  // page.html around what stands for the title, the policy, the style, the data and the script.
  std::array<std::string, 6> html;
  std::string script_hash, style_hash;
};

PageText MakePageText() {
  PageText text;
  text.script = "\"use strict\";\n";
  for (const EmbeddedFile& file : PageFiles()) {
    const absl::string_view name = file.name;
    if (name == "page.html") {
      absl::string_view rest = file.contents;
      constexpr absl::string_view kPlaces[] = {"{{title}}", "{{policy}}", "{{style}}", "{{data}}",
                                               "{{script}}"};
      for (size_t i = 0; i < 5; ++i) {
        const std::pair<absl::string_view, absl::string_view> parts =
            absl::StrSplit(rest, absl::MaxSplits(kPlaces[i], 1));
        text.html[i] = std::string(parts.first);
        rest = parts.second;
      }
      text.html[5] = std::string(rest);
    } else {
      const bool script = name.size() > 3 && name.substr(name.size() - 3) == ".js";
      absl::StrAppend(script ? &text.script : &text.style, file.contents, "\n");
    }
  }
  text.script_hash = Sha256Source(text.script);
  text.style_hash = Sha256Source(text.style);
  return text;
}

const PageText& Text() {
  static const PageText* const text = new PageText(MakePageText());
  return *text;
}

std::string Escaped(absl::string_view text) {
  return absl::StrReplaceAll(
      text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

// Up to the data.
std::string Head(absl::string_view title, absl::string_view connect) {
  const PageText& text = Text();
  return absl::StrCat(text.html[0], Escaped(title), text.html[1], Escaped(PagePolicy(connect)),
                      text.html[2], text.style, text.html[3]);
}

std::string Tail() {
  const PageText& text = Text();
  return absl::StrCat(text.html[4], text.script, text.html[5]);
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
  return absl::StrCat("default-src 'none'; script-src '", Text().script_hash, "'; style-src '",
                      Text().style_hash, "'; connect-src ", connect,
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
