// Whatever lines come, each but the first and blank ones has one answer, and the answer is JSON.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "apps/serve_session.h"
#include "core/json.h"
#include "core/plugins.h"

namespace {

// Each may ask for thousands of trials, so many lines would only be slow.
constexpr size_t kMostLines = 16;

const sturgeon::Plugins& AllPlugins() {
  static const auto* const plugins = [] {
    auto linked = sturgeon::Plugins::FromLinked();
    if (!linked.ok() || linked->strategies.Names().empty()) std::abort();
    return new sturgeon::Plugins(*std::move(linked));
  }();
  return *plugins;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  sturgeon::ServeSession session(AllPlugins());
  bool first = true;
  for (size_t i = 0; i < lines.size() && i < kMostLines; ++i) {
    const std::optional<std::string> answer = session.Answer(lines[i]);
    const bool blank = absl::StripAsciiWhitespace(lines[i]).empty();
    if (answer.has_value() != (!blank && !first)) std::abort();
    if (!blank) first = false;
    if (!answer.has_value()) continue;
    const auto value = sturgeon::ParseJson(*answer, "answer");
    if (!value.ok() || !value->is_object() || value->object().size() != 1) std::abort();
    if (answer->find('\n') != std::string::npos) std::abort();
  }
  return 0;
}
