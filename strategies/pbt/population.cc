#include "strategies/pbt/population.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace sturgeon {
namespace {

void InsertSorted(std::vector<int64_t>& ids, int64_t id) {
  ids.insert(std::lower_bound(ids.begin(), ids.end(), id), id);
}

void EraseSorted(std::vector<int64_t>& ids, int64_t id) {
  const auto at = std::lower_bound(ids.begin(), ids.end(), id);
  if (at != ids.end() && *at == id) ids.erase(at);
}

}  // namespace

bool Population::Better::operator()(const Result* a, const Result* b) const {
  return std::tie(a->violation, a->loss, a->trial->id) <
         std::tie(b->violation, b->loss, b->trial->id);
}

Population::Population(int rungs, int size) : size_(size), rungs_(rungs + 1) {}

void Population::Count(int64_t id, const Stretch& stretch, bool start) {
  if (!stretch.parent.has_value()) {
    start ? InsertSorted(members_, id) : EraseSorted(members_, id);
    return;
  }
  Rung& rung = rungs_[stretch.rung - 1];
  Result* const parent = by_id_.at(*stretch.parent);
  // A second stretch that goes on unchanged (a trial that is repeated) takes a place like a copy.
  const bool first = !stretch.copy && (start ? parent->successors++ : --parent->successors) == 0;
  if (!first) {
    rung.copies += start ? 1 : -1;
  } else if (start) {
    StopWaiting(rung, parent);
  } else {
    Wait(rung, parent);
  }
  Settle(rung);
}

void Population::Wait(Rung& rung, const Result* result) {
  rung.waiting.insert(result);
  rung.waiting_ids.insert(result->trial->id);
}

void Population::StopWaiting(Rung& rung, const Result* result) {
  rung.waiting.erase(result);
  rung.waiting_ids.erase(result->trial->id);
  rung.replaced.erase(result);
}

void Population::Settle(Rung& rung) {
  const int64_t taken =
      std::clamp<int64_t>(rung.copies - static_cast<int64_t>(rung.failures.size()), 0,
                          static_cast<int64_t>(rung.waiting.size() + rung.replaced.size()));
  const auto replace_worst = [&rung] {
    const Result* const worst = *rung.waiting.rbegin();
    rung.waiting.erase(worst);
    rung.waiting_ids.erase(worst->trial->id);
    rung.replaced.insert(worst);
  };
  const auto restore_best = [&] {
    const Result* const best = *rung.replaced.begin();
    rung.replaced.erase(best);
    Wait(rung, best);
  };
  while (static_cast<int64_t>(rung.replaced.size()) > taken) restore_best();
  while (static_cast<int64_t>(rung.replaced.size()) < taken) replace_worst();
  while (!rung.waiting.empty() && !rung.replaced.empty() &&
         Better()(*rung.replaced.begin(), *rung.waiting.rbegin())) {
    restore_best();
    replace_worst();
  }
}

void Population::Succeed(const Trial& trial, int rung, double loss, double violation) {
  Result& result = results_.emplace_back(Result{&trial, rung, loss, violation});
  by_id_[trial.id] = &result;
  Rung& at = rungs_[rung];
  at.ranked.insert(std::lower_bound(at.ranked.begin(), at.ranked.end(), &result, Better()),
                   &result);
  if (rung + 1 == static_cast<int>(rungs_.size())) return;  // trained to the end
  Wait(at, &result);
  Settle(at);
}

void Population::Fail(int64_t id, const Stretch& stretch) {
  if (!stretch.parent.has_value()) {
    EraseSorted(members_, id);
    return;
  }
  Rung& rung = rungs_[stretch.rung - 1];
  InsertSorted(rung.failures, id);
  Settle(rung);
}

const Population::Result* Population::Find(int64_t trial) const {
  const auto found = by_id_.find(trial);
  return found == by_id_.end() ? nullptr : found->second;
}

size_t Population::RankOf(const Result& result) const {
  const std::vector<const Result*>& all = rungs_[result.rung].ranked;
  return std::lower_bound(all.begin(), all.end(), &result, Better()) - all.begin();
}

Population::Next Population::next() const {
  // Members start `size` at a time, and all of them are due since the first of them was.
  const size_t begun = members_.size() % size_;
  int64_t oldest =
      begun == 0 ? std::numeric_limits<int64_t>::max() : members_[members_.size() - begun];
  Next next;
  for (size_t k = 1; k + 1 < rungs_.size(); ++k) {
    const Rung& rung = rungs_[k];
    if (!rung.waiting_ids.empty() && *rung.waiting_ids.begin() < oldest) {
      oldest = *rung.waiting_ids.begin();
      next = {Next::Kind::kGoOn, by_id_.at(oldest), static_cast<int>(k)};
    }
    if (rung.copies < static_cast<int64_t>(rung.failures.size()) &&
        rung.failures[rung.copies] < oldest) {
      oldest = rung.failures[rung.copies];
      next = {Next::Kind::kReplaceFailed, nullptr, static_cast<int>(k)};
    }
  }
  return next;
}

}  // namespace sturgeon
