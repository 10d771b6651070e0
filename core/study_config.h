// What a study is about: its space, its objectives, its seed. Fixed once the study exists.
#ifndef STURGEON_CORE_STUDY_CONFIG_H_
#define STURGEON_CORE_STUDY_CONFIG_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/option_schema.h"
#include "core/space.h"
#include "core/trial.h"

namespace sturgeon {

enum class Goal : uint8_t { kMinimize, kMaximize };

inline absl::string_view GoalName(Goal goal) {
  return goal == Goal::kMinimize ? "minimize" : "maximize";
}

struct Objective {
  std::string metric = "value";
  Goal goal = Goal::kMinimize;

  // The value with the sign that makes less better.
  double Loss(double value) const { return goal == Goal::kMinimize ? value : -value; }
};

// A bound on a metric: what a trial must not cost, or must reach, to be worth anything.
struct MetricConstraint {
  std::string metric;  // one of StudyConfig::metrics
  double bound = 0;
  bool at_least = false;  // otherwise at most

  // The constraint's value, Trial::constraints: at most 0 where the bound is kept.
  double Excess(double value) const { return at_least ? bound - value : value - bound; }
  double MetricOf(double excess) const { return at_least ? bound - excess : bound + excess; }
};

// What a study may spend on all of its trials together; 0: no limit. A trial starts while there is
// room for it, counting what those that run have yet to train; one that was enqueued, or is
// repeated, while there is any. A trial that runs when the budget has been used up is stopped at
// its next report. core/spending.h says what a trial spends.
struct Budget {
  int64_t steps = 0;        // the model's
  double seconds = 0;       // of all trials, those side by side counted each
  double cost = 0;          // in units of the metric
  std::string cost_metric;  // one of StudyConfig::metrics, which grows with what a trial costs

  bool limited() const { return steps > 0 || seconds > 0 || cost > 0; }
};

// A finished trial of an earlier study, translated into the space and the objectives of this one.
struct EarlierTrial {
  Point point;
  Values values;  // in the order of StudyConfig::objectives
  bool feasible = true;
};

// A study on another task (other data, another size of the model) whose trials say where good
// regions may lie. Its values need not be comparable with this study's: only their order counts.
struct EarlierStudy {
  std::string name;
  std::vector<EarlierTrial> trials;
};

struct StudyConfig {
  std::string name = "study";
  SearchSpace space;
  std::vector<Objective> objectives = {Objective()};  // at least one
  // What makes a trial feasible: Trial::constraints has their values, in this order. A study
  // without may still be told constraint values that whoever runs its trials has computed.
  std::vector<MetricConstraint> constraints;
  // The names of what a trial reports at each step. Empty: the objectives' metrics.
  std::vector<std::string> metrics;
  // What is wanted of each of `metrics`, as far as it is known (the model says it); may be shorter.
  std::vector<std::optional<Goal>> metric_goals;
  // Those of the space's parameters that may change in mid-training (ModelFactory::settable).
  std::vector<std::string> settable;
  // How many steps make a full training, and what the model calls one ("epoch"); 0: not known.
  int64_t max_steps = 0;
  std::string unit = "step";
  // How many trials are planned: a hint for strategies that divide a budget; 0: not known.
  int64_t trials = 0;
  // Enforced by the study; not stored with it.
  Budget budget;
  // How many trials will run at once: a hint.
  int parallelism = 1;
  uint64_t seed = 0;
  // Whether a strategy may propose a point again while an untried one is left (for objectives so
  // noisy that repeating pays). Where it may not, it proposes nothing once all points were tried.
  bool allow_duplicates = false;
  // What may stop a running trial beside the strategy: stopping rules, with their options.
  std::vector<PluginSpec> stopping;
  // What a strategy that learns may learn from beside this study's own trials. The trials are no
  // trials of this study: they have no ids and are not told.
  std::vector<EarlierStudy> warm_start;
};

}  // namespace sturgeon

#endif  // STURGEON_CORE_STUDY_CONFIG_H_
