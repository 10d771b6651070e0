#include "strategies/tpe/split.h"

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "core/random.h"
#include "strategies/pareto.h"

namespace sturgeon::tpe {
namespace {

bool HashesLower(const std::shared_ptr<const Record>& a, const std::shared_ptr<const Record>& b) {
  return HashOfId(a->id) < HashOfId(b->id);
}

// Of one class and violation, the order of the trials by fronts, and in the front in which the
// `count`-th lies, by what they add to the hypervolume.
void AppendByFronts(std::vector<const Record*> records, int m, size_t count,
                    std::vector<const Record*>* ordered) {
  std::vector<double> losses;
  for (const Record* record : records) {
    losses.insert(losses.end(), record->losses.begin(), record->losses.end());
  }
  const std::vector<int> ranks = NondominatedRanks(losses, m);
  const int fronts = *std::max_element(ranks.begin(), ranks.end()) + 1;
  for (int rank = 0; rank < fronts && ordered->size() < count; ++rank) {
    std::vector<const Record*> front;
    losses.clear();
    for (size_t i = 0; i < records.size(); ++i) {
      if (ranks[i] != rank) continue;
      front.push_back(records[i]);
      losses.insert(losses.end(), records[i]->losses.begin(), records[i]->losses.end());
    }
    const auto left = static_cast<int>(count - ordered->size());
    for (const int i : SelectHypervolumeSubset(losses, ReferencePoint(losses, m), left)) {
      ordered->push_back(front[i]);
    }
  }
}

}  // namespace

bool Better(const Record& a, const Record& b) {
  const double a_loss = a.failed() ? 0 : a.losses[0], b_loss = b.failed() ? 0 : b.losses[0];
  return std::tie(a.kind, a.violation, a_loss, a.id) < std::tie(b.kind, b.violation, b_loss, b.id);
}

bool Beats(const Record& a, const Record& b) {
  if (a.kind != b.kind) return a.kind < b.kind;
  if (a.violation != b.violation) return a.violation < b.violation;
  return !a.failed() && Dominates(a.losses, b.losses);
}

uint64_t HashOfId(int64_t id) { return SplitMix64(static_cast<uint64_t>(id)); }

void Split::Add(Held record) {
  ++size_;
  if (!record->failed()) ++measured_;
  if (objectives_ == 1) {
    const auto better = [](const Held& a, const Held& b) { return Better(*a, *b); };
    near_.insert(std::upper_bound(near_.begin(), near_.end(), record, better), std::move(record));
    if (near_.size() <= static_cast<size_t>(limits_.near)) return;
    AddToFar(std::move(near_.back()));
    near_.pop_back();
    return;
  }
  for (const Held& other : near_) {
    if (Beats(*other, *record)) return AddToFar(std::move(record));
  }
  const auto beaten = std::stable_partition(
      near_.begin(), near_.end(), [&](const Held& other) { return !Beats(*record, *other); });
  for (auto other = beaten; other != near_.end(); ++other) AddToFar(std::move(*other));
  near_.erase(beaten, near_.end());
  near_.insert(std::upper_bound(near_.begin(), near_.end(), record, HashesLower),
               std::move(record));
}

void Split::AddToFar(Held record) {
  far_.insert(std::upper_bound(far_.begin(), far_.end(), record, HashesLower), std::move(record));
  if (far_.size() > static_cast<size_t>(limits_.far)) far_.pop_back();
}

std::vector<const Record*> Split::ByMerit(int count) const {
  std::vector<const Record*> ordered;
  if (objectives_ == 1) {
    for (const Held& record : near_) ordered.push_back(record.get());
    return ordered;
  }
  // Of a large front an even sample is chosen from.
  std::vector<const Record*> all;
  for (const Held& record : near_) {
    if (all.size() < static_cast<size_t>(limits_.near)) all.push_back(record.get());
  }
  for (const Held& record : far_) all.push_back(record.get());
  const auto class_and_violation = [](const Record* a, const Record* b) {
    return std::tie(a->kind, a->violation) < std::tie(b->kind, b->violation);
  };
  std::stable_sort(all.begin(), all.end(), class_and_violation);
  for (size_t i = 0; i < all.size() && ordered.size() < static_cast<size_t>(count);) {
    size_t end = i + 1;
    while (end < all.size() && !class_and_violation(all[i], all[end])) ++end;
    if (all[i]->failed()) break;
    AppendByFronts(
        {all.begin() + static_cast<ptrdiff_t>(i), all.begin() + static_cast<ptrdiff_t>(end)},
        objectives_, static_cast<size_t>(count), &ordered);
    i = end;
  }
  return ordered;
}

void Split::Divide(int count, std::vector<const Record*>* good,
                   std::vector<Weighted>* others) const {
  good->clear();
  others->clear();
  absl::flat_hash_set<const Record*> used;  // what is good, and what repeats it
  const Record* before = nullptr;
  for (const Record* record : ByMerit(count)) {
    if (good->size() == static_cast<size_t>(count) || record->failed()) break;
    const bool repeats = objectives_ == 1 && before != nullptr && before->kind == record->kind &&
                         before->violation == record->violation && before->losses == record->losses;
    if (!repeats) good->push_back(record);
    used.insert(record);
    before = record;
  }

  // `total` trials are held or stood for by those of `held`.
  const auto append = [&](const std::vector<Held>& held, size_t limit, int64_t total) {
    const size_t first = others->size();
    for (const Held& record : held) {
      if (used.contains(record.get())) {
        --total;
      } else if (others->size() - first < limit) {
        others->push_back({record.get(), 1});
      }
    }
    const auto taken = static_cast<double>(others->size() - first);
    for (size_t i = first; i < others->size(); ++i) {
      (*others)[i].weight = static_cast<double>(total) / taken;
    }
  };
  const auto near = static_cast<int64_t>(near_.size());
  append(near_, static_cast<size_t>(limits_.near), near);
  append(far_, static_cast<size_t>(limits_.far), size_ - near);
}

}  // namespace sturgeon::tpe
