#include "core/suggest.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sturgeon {
namespace {

// Levenshtein distance with a swap of neighbours counted as one edit, regardless of case.
size_t EditDistance(const std::string& a, const std::string& b) {
  std::vector<size_t> before(b.size() + 1), previous(b.size() + 1), row(b.size() + 1);
  std::iota(previous.begin(), previous.end(), 0);
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] =
          std::min({previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(previous);
    previous.swap(row);
  }
  return previous[b.size()];
}

}  // namespace

std::string Nearest(absl::string_view name, const std::vector<std::string>& known) {
  // Only the head of an overlong name is compared, so the cost stays bounded.
  const std::string wanted = absl::AsciiStrToLower(name.substr(0, 64));
  std::string nearest;
  size_t least = std::min<size_t>(3, (wanted.size() + 2) / 3) + 1;
  for (const std::string& candidate : known) {
    const size_t distance = EditDistance(wanted, absl::AsciiStrToLower(candidate));
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  if (!nearest.empty() || wanted.size() < 3) return nearest;
  // "rand" for "random", "sobol_scrambled" for "sobol".
  for (const std::string& candidate : known) {
    if (absl::StartsWith(candidate, wanted) || absl::StartsWith(wanted, candidate))
      return candidate;
  }
  return nearest;
}

std::string UnknownName(absl::string_view what, absl::string_view name,
                        const std::vector<std::string>& known) {
  std::string message = absl::StrCat("unknown ", what, " \"", name, "\"");
  const std::string nearest = Nearest(name, known);
  if (!nearest.empty()) absl::StrAppend(&message, "; did you mean \"", nearest, "\"?");
  absl::StrAppend(&message, nearest.empty() ? "; known: " : " Known: ",
                  known.empty() ? "none" : absl::StrJoin(known, ", "));
  return message;
}

}  // namespace sturgeon
