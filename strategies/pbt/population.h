// The bookkeeping of population based training: which stretches of training there are, and which
// one is due next. Internal to pbt; knows nothing of spaces and random numbers.
//
// A stretch is a trial that trains a member from rung k - 1 to rung k (k = 1 … rungs). It either
// starts a new member (rung 1), or goes on with the hyperparameters of the result that it starts
// from, or is a copy: it starts from a result as well, but its hyperparameters are others.
//
// Who was replaced by a copy is not on record: a copy names its source alone. So members have no
// names here. Each result of a rung below the last is worth one stretch to the next rung: its own,
// or, where copies outnumber the failures that they make up for, the copies take the places of the
// worst results that have not gone on. A stretch that fails leaves a place behind at the rung that
// it came from, which a copy of a good result takes (at rung 0: a new member). So a member neither
// dies nor multiplies.
//
// Everything here is a function of the set of stretches and of how they ended, not of the order of
// calls. Cost: O(log n) a call, but for a memmove of a rung's results; Next: O(rungs).
#ifndef STURGEON_STRATEGIES_PBT_POPULATION_H_
#define STURGEON_STRATEGIES_PBT_POPULATION_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "core/trial.h"

namespace sturgeon {

class Population {
 public:
  struct Stretch {
    int rung = 1;                   // that it trains to
    std::optional<int64_t> parent;  // the trial that it starts from, a result of the rung before
    bool copy = false;              // its hyperparameters are not its parent's
  };

  // A stretch that came to its rung.
  struct Result {
    const Trial* trial;
    int rung;
    double loss;
    double violation;    // the sum of what its constraints exceed 0 by
    int successors = 0;  // stretches that go on from it unchanged
  };

  // The feasible before the others, the less lossy, the earlier.
  struct Better {
    bool operator()(const Result* a, const Result* b) const;
  };

  // What comes next: a new member; to go on from a result, or to copy a better one in its place; to
  // copy a good result of a rung in the place of one that failed.
  struct Next {
    enum class Kind { kNewMember, kGoOn, kReplaceFailed } kind = Kind::kNewMember;
    const Result* result = nullptr;  // kGoOn
    int rung = 0;                    // whose results may be copied
  };

  // `size`: members that are under way before any goes on.
  Population(int rungs, int size);

  // A stretch has started, or has not after all.
  void Start(int64_t id, const Stretch& stretch) { Count(id, stretch, true); }
  void Withdraw(int64_t id, const Stretch& stretch) { Count(id, stretch, false); }
  // A stretch that has started came to its rung, or did not.
  void Succeed(const Trial& trial, int rung, double loss, double violation);
  void Fail(int64_t id, const Stretch& stretch);

  // What a trial came to; nullptr: it is no stretch that came to its rung.
  const Result* Find(int64_t trial) const;

  // What has waited longest; a new member if nothing has.
  Next next() const;

  // A rung's results, the best first.
  const std::vector<const Result*>& ranked(int rung) const { return rungs_[rung].ranked; }
  // The place of a result among them, from 0.
  size_t RankOf(const Result& result) const;

 private:
  // What there is at a rung, and what goes on from it.
  struct Rung {
    std::vector<const Result*> ranked;
    // Results without a successor: those whose turn will come, and those whose places copies took.
    absl::btree_set<const Result*, Better> waiting, replaced;
    absl::btree_set<int64_t> waiting_ids;
    std::vector<int64_t> failures;  // stretches from here that failed, ascending
    int64_t copies = 0;             // stretches from here that have no result of their own
  };

  void Count(int64_t id, const Stretch& stretch, bool start);
  void Wait(Rung& rung, const Result* result);
  void StopWaiting(Rung& rung, const Result* result);
  // Moves results between `waiting` and `replaced` until the worst are replaced, as many as should.
  void Settle(Rung& rung);

  const int size_;
  std::vector<Rung> rungs_;       // [rungs + 1]; rung 0 has no results
  std::vector<int64_t> members_;  // first stretches that have not failed, ascending
  std::deque<Result> results_;    // a deque: results never move
  absl::flat_hash_map<int64_t, Result*> by_id_;
};

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_PBT_POPULATION_H_
