// Training in rungs: many configurations are trained a little, and the better ones go on.
//
//   absl::StatusOr<Rungs> rungs = Rungs::Create(/*eta=*/3, /*min_steps=*/1, context.study);
//   RungHistory history(*rungs, context.study);
//   history.Add(*trial);                                   // in Strategy::Tell, for each trial
//   proposal.budget = rungs->budget(k);                    // in Strategy::Ask …
//   proposal.resume_from = config.results[k - 1]->id;      // … a configuration's next stretch
//
// A configuration is a point and the chain of trials that train it: the first begins it, and each
// of the others goes on from the one before (Trial::resume_from) to a higher budget. Which
// configurations there are, and what each came to at each rung, follows from the trials alone: it
// is a function of the set of those that were added, so a study may be resumed, shared and
// replayed.
#ifndef STURGEON_STRATEGIES_RUNGS_H_
#define STURGEON_STRATEGIES_RUNGS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/option_schema.h"
#include "core/strategy.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "core/value.h"

namespace sturgeon {

// The options that all strategies with rungs have. Where new configurations come from (`over`) is
// each one's own default: its options begin with RungOptions(…).
struct RungOptions {
  explicit RungOptions(std::string searcher) : over{std::move(searcher), Value::Object()} {}

  PluginSpec over;
  int eta = 3;
  int64_t min_steps = 0;
};

// Adds them to the schema of a strategy's options.
template <typename Options>
void AddRungOptions(Schema<Options>& schema) {
  PluginSpec Options::*const over = &RungOptions::over;
  int Options::*const eta = &RungOptions::eta;
  int64_t Options::*const min_steps = &RungOptions::min_steps;
  schema
      .Add("over", over, "Where new configurations come from: a strategy, with options of its own.")
      .Add("eta", eta, "One of so many goes on from each rung to the next.", Between(2, 100))
      .Add("min_steps", min_steps,
           "The lowest rung, in the model's steps. 0: a full training divided by eta^3, or more if "
           "the planned trials would bring none to the top.",
           AtLeast(0));
}

// The budgets of a study, from the least to a full training of R steps.
//
// Rung k of 0 … K is round(r (R / r)^(k / K)) steps with K = round(log_eta(R / r)), at least 1: r
// at the bottom, R at the top, and between two rungs a factor as near eta as there can be. Where R
// is r eta^K these are the budgets of the literature: 1, 3, 9, 27; from 2 to 52 it makes 2, 6, 18,
// 52.
class Rungs {
 public:
  // `min_steps` is r; 0: R / eta^3, or more where so few trials are planned that none of them would
  // reach the top: 1 + eta + … + eta^K are needed for one, if that many begin. InvalidArgument: the
  // model's full training is not known or has one step, or r is not below it.
  static absl::StatusOr<Rungs> Create(int eta, int64_t min_steps, const StudyConfig& study);

  int size() const { return static_cast<int>(steps_.size()); }  // at least 2
  int top() const { return size() - 1; }
  int eta() const { return eta_; }
  int64_t steps(int rung) const { return steps_[rung]; }

  // A proposal's budget for a rung; the top one is a full training.
  std::optional<int64_t> budget(int rung) const {
    return rung == top() ? std::nullopt : std::make_optional(steps_[rung]);
  }
  // The highest rung that a training of that budget reaches; -1: none.
  int RungOf(std::optional<int64_t> budget) const;

  // "1, 3, 9, 27 epochs".
  std::string Describe(const StudyConfig& study) const;

 private:
  Rungs(int eta, std::vector<int64_t> steps) : eta_(eta), steps_(std::move(steps)) {}

  int eta_;
  std::vector<int64_t> steps_;
};

// InvalidArgument for several objectives: rungs rank their trials by one.
absl::Status CheckOneObjective(const StudyConfig& study);

struct Configuration {
  const Trial* first = nullptr;  // that began it
  // What ended at each rung; null: nothing has. Of several (a failed trial was repeated) one that
  // has values, then the earliest.
  std::vector<const Trial*> results;
  int highest = -1;  // the highest rung with a result

  int64_t id() const { return first->id; }
};

// Where a configuration stands among those of its rung: less is better. What failed, or was stopped
// before it had used its budget, is last and goes no further; then the infeasible ones by the sum
// of what their constraints exceed 0 by, then the loss; of equals the earlier.
struct Standing {
  bool out = false;
  double violation = 0;
  double loss = 0;
  int64_t id = 0;  // of the configuration

  bool operator<(const Standing& other) const {
    return std::tie(out, violation, loss, id) <
           std::tie(other.out, other.violation, other.loss, other.id);
  }
};

class RungHistory {
 public:
  // Both must outlive this.
  RungHistory(const Rungs& rungs, const StudyConfig& study) : rungs_(rungs), study_(study) {}
  RungHistory(const RungHistory&) = delete;

  // What a trial changed: the configuration it belongs to (never moved), its rung (-1: below the
  // lowest), and what counted there before it (null: nothing). A trial whose predecessor is not
  // known begins a configuration. The trial must outlive this.
  struct Change {
    Configuration* configuration;
    int rung;
    const Trial* before;
  };
  Change Add(const Trial& trial);

  size_t size() const { return configurations_.size(); }
  // The configuration that a trial belongs to; nullptr: not known.
  const Configuration* Find(int64_t trial) const;
  // That a running trial goes on with; nullptr: it begins one.
  const Configuration* ResumedBy(const PendingTrial& trial) const {
    return trial.resume_from.has_value() ? Find(*trial.resume_from) : nullptr;
  }

  // The configurations by the highest rung in which they have a result, each in the order of their
  // ids.
  struct ById {
    bool operator()(const Configuration* a, const Configuration* b) const {
      return a->id() < b->id();
    }
  };
  using Ordered = absl::btree_set<const Configuration*, ById>;
  const Ordered& AtMost(int rung) const { return by_highest_[rung]; }

  // The standing of a configuration at a rung in which it has a result.
  Standing StandingOf(const Configuration& configuration, int rung) const;
  // Likewise, were `result` its result.
  Standing StandingOf(const Configuration& configuration, int rung, const Trial& result) const;

  const Rungs& rungs() const { return rungs_; }
  const StudyConfig& study() const { return study_; }

 private:
  const Rungs& rungs_;
  const StudyConfig& study_;
  std::deque<Configuration> configurations_;
  absl::flat_hash_map<int64_t, Configuration*> of_trial_;
  std::vector<Ordered> by_highest_ = std::vector<Ordered>(rungs_.size());
};

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_RUNGS_H_
