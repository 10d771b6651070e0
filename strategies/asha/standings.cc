#include "strategies/asha/standings.h"

namespace sturgeon::asha {

void Standings::Settle() {
  const size_t size = this->size() / eta_;
  while (top_.size() > size) {
    const auto last = --top_.end();
    rest_.insert(*last);
    top_.erase(last);
  }
  while (top_.size() < size) {
    top_.insert(*rest_.begin());
    rest_.erase(rest_.begin());
  }
}

void Standings::Add(const Standing& standing, bool waiting) {
  (IsTop(standing) ? top_ : rest_).insert(standing);
  if (!standing.out) ++alive_;
  if (waiting && !standing.out) waiting_.insert(standing);
  Settle();
}

void Standings::Remove(const Standing& standing) {
  top_.erase(standing);
  rest_.erase(standing);
  waiting_.erase(standing);
  if (!standing.out) --alive_;
  Settle();
}

}  // namespace sturgeon::asha
