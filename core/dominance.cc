#include "core/dominance.h"

#include <algorithm>
#include <utility>

namespace sturgeon {

bool Dominates(absl::Span<const double> a, absl::Span<const double> b) {
  bool better = false;
  for (size_t j = 0; j < a.size() && j < b.size(); ++j) {
    if (a[j] > b[j]) return false;
    better |= a[j] < b[j];
  }
  return better;
}

void NondominatedSet::Add(int64_t id, Values losses) {
  Entry added{id, std::move(losses)};
  const auto beats = [](const Entry& a, const Entry& b) {
    return Dominates(a.losses, b.losses) ||
           (a.losses.size() == 1 && a.losses == b.losses && a.id < b.id);
  };
  for (const Entry& entry : entries_) {
    if (beats(entry, added)) return;
  }
  entries_.erase(std::remove_if(entries_.begin(), entries_.end(),
                                [&](const Entry& entry) { return beats(added, entry); }),
                 entries_.end());
  entries_.push_back(std::move(added));
}

std::vector<int64_t> NondominatedSet::ids() const {
  std::vector<int64_t> ids;
  for (const Entry& entry : entries_) ids.push_back(entry.id);
  return ids;
}

}  // namespace sturgeon
