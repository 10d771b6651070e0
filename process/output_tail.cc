#include "process/output_tail.h"

#include <cstddef>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace sturgeon {
namespace {

constexpr size_t kKept = 4096;
constexpr size_t kLinesShown = 3;
constexpr size_t kLineShown = 200;

}  // namespace

void OutputTail::Add(absl::string_view bytes) {
  kept_.append(bytes.data(), bytes.size());
  if (kept_.size() > 2 * kKept) kept_.erase(0, kept_.size() - kKept);
}

std::string OutputTail::Lines() const {
  std::vector<std::string> lines;
  for (absl::string_view line : absl::StrSplit(kept_, absl::ByAnyChar("\r\n"))) {
    line = absl::StripAsciiWhitespace(line);
    if (!line.empty()) lines.emplace_back(line.substr(0, kLineShown));
  }
  if (lines.size() > kLinesShown) lines.erase(lines.begin(), lines.end() - kLinesShown);
  return absl::StrJoin(lines, " | ");
}

std::string LastWords(absl::string_view lines) {
  return lines.empty() ? "" : absl::StrCat("; its last output: ", lines);
}

}  // namespace sturgeon
