// Which finished trials count as good, and a bounded picture of all others.
//
//   Split split(/*objectives=*/1, limits);
//   split.Add(record);                              // in Strategy::Tell
//   split.Divide(/*good=*/5, &good, &others);       // in Strategy::Ask
//
// TPE compares the density of the few best trials with that of all the rest. As trials are only
// ever added, one that is not among the best k of today never will be, and of the many others a
// sample does. With one objective a split keeps the best `limits.near` trials; with several it
// keeps the nondominated ones. Of the others it keeps those `limits.far` with the smallest hashes
// of their ids: an even sample that does not depend on the order of the calls. The rest is
// forgotten. So what it holds is a function of the set of trials that were added.
//
// Cost, with k trials held: Add O(k); Divide O(k), or with several objectives a nondominated sort
// and a choice by hypervolume (strategies/pareto.h) among at most near + far trials, once a change.
// Memory: O(k); k is near + far, and with several objectives far and the size of the front.
#ifndef STURGEON_STRATEGIES_TPE_SPLIT_H_
#define STURGEON_STRATEGIES_TPE_SPLIT_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "core/trial.h"

namespace sturgeon::tpe {

// A finished trial. What is worth more comes first by the class, then by the violation, then by the
// losses.
struct Record {
  enum Class : uint8_t { kComplete, kStopped, kInfeasible, kFailed };

  int64_t id = 0;
  Class kind = kComplete;
  double violation = 0;     // the sum of what the constraints exceed 0 by
  Values losses;            // less is better; none if it failed
  std::vector<double> row;  // its coordinates [d], as mixture.h wants them; inactive: NaN

  bool failed() const { return kind == kFailed; }
};

// Of two trials with one objective: whether a is better. A strict order: of equals the earlier.
bool Better(const Record& a, const Record& b);
// Of two trials with several objectives: whether a is better in every sense. A partial order.
bool Beats(const Record& a, const Record& b);

// By which a sample is drawn.
uint64_t HashOfId(int64_t id);

class Split {
 public:
  struct Limits {
    int near = 100, far = 180;
  };
  struct Weighted {
    const Record* record;
    double weight;  // for how many trials it stands
  };

  Split(int objectives, Limits limits) : objectives_(objectives), limits_(limits) {}

  void Add(std::shared_ptr<const Record> record);

  // How many trials were added, and how many of them did not fail.
  int64_t size() const { return size_; }
  int64_t measured() const { return measured_; }

  // At most `count` <= limits.near good trials, from the best to the worst, and the others. With
  // one objective the good ones are the best; one that has exactly the loss of a better one is
  // neither, since a search that gathers round the same result again and again (rounded metrics,
  // parameters that do not matter) would go nowhere else. With several they are those of the first
  // nondominated fronts; of the front that does not fit as a whole those that together dominate the
  // largest hypervolume. What failed is never good.
  void Divide(int count, std::vector<const Record*>* good, std::vector<Weighted>* others) const;

 private:
  using Held = std::shared_ptr<const Record>;

  void AddToFar(Held record);
  // The trials in the order of their merit, at least the first `count` of them.
  std::vector<const Record*> ByMerit(int count) const;

  int objectives_;
  Limits limits_;
  int64_t size_ = 0, measured_ = 0;
  std::vector<Held> near_;  // one objective: from the best on; several: by the hashes of the ids
  std::vector<Held> far_;   // by the hashes of their ids
};

}  // namespace sturgeon::tpe

#endif  // STURGEON_STRATEGIES_TPE_SPLIT_H_
