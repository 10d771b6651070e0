// What trials cost, and what a study has got for it.
//
//   Spending spending(study.config());
//   for (const Trial& trial : trials) spending.Add(trial);   // that have ended, by their ids
//   spending.total().steps
//   spending.improvements()                                  // the best value against what was
//   spent
//
// One trial spends
//   steps    what it trained itself: from the checkpoint that it started from, or from 0, to its
//            last report. Without reports: as far as it was to be trained, if it was; none, if it
//            failed, or the trial that it goes on from did report (it took that one's model as it
//            was).
//   seconds  Trial::seconds, whether it got anywhere or not.
//   cost     the last report of the budget's metric, less what the trial that it goes on from had
//            come to, if it counts on from there.
//
// Determinism: of steps and cost; seconds are measured. Threads: one at a time. Cost: O(1) a trial.
#ifndef STURGEON_CORE_SPENDING_H_
#define STURGEON_CORE_SPENDING_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/study_config.h"
#include "core/trial.h"

namespace sturgeon {

struct Spent {
  int64_t steps = 0;
  double seconds = 0;
  double cost = 0;

  Spent& operator+=(const Spent& other) {
    steps += other.steps;
    seconds += other.seconds;
    cost += other.cost;
    return *this;
  }
};

class Spending {
 public:
  // `study` must outlive this.
  explicit Spending(const StudyConfig& study);

  // What a trial has spent; `seconds` are its own, which a running one does not have.
  Spent Of(const Trial& trial) const;
  // How many steps a trial is to train; 0: that is not known.
  int64_t PlannedSteps(std::optional<int64_t> budget, std::optional<int64_t> resume_from) const;

  // A trial that has ended.
  void Add(const Trial& trial);
  const Spent& total() const { return total_; }

  // A trial that was the best so far when it was added, and what had been spent by then.
  struct Improvement {
    int64_t trial = 0;
    double value = 0;
    Spent spent;
  };
  // Of a study with one objective; else there are none.
  const std::vector<Improvement>& improvements() const { return improvements_; }

 private:
  struct Reached {
    int64_t step = 0;
    double cost = 0;
    bool reported = false;
  };
  Reached StartOf(std::optional<int64_t> resume_from) const;
  std::optional<double> CostAt(const Trial& trial, size_t report) const;

  const StudyConfig& study_;
  std::optional<size_t> cost_column_;  // of the reports
  Spent total_;
  std::vector<Improvement> improvements_;
  absl::flat_hash_map<int64_t, Reached> reached_;  // by the trials that others may go on from
};

// What of its budget a study has used up, in words: "all of its 1620 epochs"; nullopt: nothing.
std::optional<std::string> UsedUp(const Spent& spent, const StudyConfig& study);

}  // namespace sturgeon

#endif  // STURGEON_CORE_SPENDING_H_
