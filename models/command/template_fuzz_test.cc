// Any text is a template or an error; a template with its braces doubled says itself.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "models/command/template.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = sturgeon::Template::Parse(text);
  if (parsed.ok()) {
    size_t asked = 0;
    const auto rendered = parsed->Render([&](const std::string& name) {
      ++asked;
      if (name.empty()) std::abort();
      return std::optional<std::string>("value");
    });
    if (!rendered.ok() || !rendered->has_value()) std::abort();
    if (asked != parsed->placeholders().size()) std::abort();
  } else if (parsed.status().message().empty()) {
    std::abort();
  }
  const auto plain =
      sturgeon::Template::Parse(absl::StrReplaceAll(text, {{"{", "{{"}, {"}", "}}"}}));
  if (!plain.ok() || !plain->placeholders().empty()) std::abort();
  if (**plain->Render([](const std::string&) { return std::nullopt; }) != text) std::abort();
  return 0;
}
