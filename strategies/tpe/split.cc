#include "strategies/tpe/split.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace sturgeon::tpe {

bool operator<(const Worth& a, const Worth& b) {
  return std::tie(a.kind, a.violation, a.loss, a.id) < std::tie(b.kind, b.violation, b.loss, b.id);
}

// The finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): a bijection, so no two ids tie.
uint64_t HashOfId(int64_t id) {
  uint64_t z = static_cast<uint64_t>(id) + 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

void Split::Add(Member member) {
  ++size_;
  if (member.worth.kind != Worth::kFailed) ++measured_;
  const auto better = [](const Member& a, const Member& b) { return a.worth < b.worth; };
  best_.insert(std::upper_bound(best_.begin(), best_.end(), member, better), std::move(member));
  if (best_.size() <= best_limit_) return;

  Member worst = std::move(best_.back());
  best_.pop_back();
  worst.hash = HashOfId(worst.worth.id);
  const auto smaller = [](const Member& a, const Member& b) { return a.hash < b.hash; };
  rest_.insert(std::upper_bound(rest_.begin(), rest_.end(), worst, smaller), std::move(worst));
  if (rest_.size() > rest_limit_) rest_.pop_back();
}

}  // namespace sturgeon::tpe
