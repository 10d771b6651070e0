// What mattered: how much of a metric's variation each hyperparameter answers for.
//
//   auto report = Importance(study.config(), study.Trials());
//   for (const ParameterImportance& p : report->parameters) …
//
// Three measures, all on the unit cube of the parameters' own scales (core/space.h), so that a
// learning rate counts by its logarithm:
//   fanova       a random forest learns the metric; the share of its variance that a parameter
//                explains, averaged over all others. Exact for each tree (core/marginal_forest.h).
//                It speaks of the whole space, wherever the trials lie. Pairs: what two parameters
//                do together beyond what each does alone.
//   ped_anova    how far the good trials' values of a parameter differ from all trials' values
//                (core/ped_anova.h). It speaks of the good ones among what was tried: what matters
//                near the best. Shares of their sum.
//   permutation  how much worse the forest predicts trials that it has not learnt from, when a
//                parameter's values are shuffled among them (Breiman, "Random forests", Machine
//                Learning 45, 2001): (E' - E) / (2 Var), for a perfect forest Sobol's total effect.
//                It speaks of where the trials lie, and of main effects and interactions together.
// docs/importance.md says when to believe which.
//
// An inactive parameter (conditions) has a coordinate like any other, which then has no effect:
// the space is the cube, and all of its points that differ in inactive coordinates only are one
// assignment. So a parameter that exists in a third of the space, where it explains all, has main
// effect 1/9, interaction with its parent 2/9, and total effect 1/3 of that third's variance.
//
// Trials that count are those that have ended, but for those that were cut off (kCancelled) and
// those that failed before their point was known. A stopped trial counts by its last value. An
// objective of a failed trial is worse than all others. Deterministic: a function of its arguments.
#ifndef STURGEON_CORE_IMPORTANCE_H_
#define STURGEON_CORE_IMPORTANCE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "core/value.h"

namespace sturgeon {

enum class ImportanceMethod : uint8_t { kFanova, kPedAnova, kPermutation };

// "fanova", "ped_anova", "permutation".
absl::string_view ImportanceMethodName(ImportanceMethod method);
std::optional<ImportanceMethod> ImportanceMethodFromName(absl::string_view name);
std::vector<std::string> ImportanceMethodNames();

// With fewer trials, nothing is said.
inline constexpr int64_t kFewestTrials = 8;

struct ImportanceOptions {
  ImportanceMethod method = ImportanceMethod::kFanova;
  // What must have mattered to: an objective, a constraint's metric, or another metric that trials
  // report (the last value); empty: the first objective.
  std::string metric;
  // What is wanted of a metric that the study has no goal for.
  std::optional<Goal> goal;
  // The share of the trials that count as good, in (0, 1]. ped_anova: 0.1 unless said. For the
  // others, 1 unless said, trials that are no good are all as bad as the worst good one: what is
  // explained is how good the good ones are, and what makes them so.
  std::optional<double> quantile;
  // Whether trials count by the ranks of their values: then one diverged run weighs no more than a
  // bad one, and a failed one is the last. A rank is the share of the space, as a forest sees it,
  // where the value is less: among the trials of a strategy that learns, most of whom lie together
  // where it is good, a rank says what matters there. Otherwise by the values themselves, and a
  // failed trial has the worst of them.
  bool ranks = true;
  // Whether interactions of pairs are wanted. fanova only.
  bool pairs = false;
  int trees = 64;
  uint64_t seed = 0;  // of the forest
};

struct ParameterImportance {
  double importance = 0;  // in [0, 1]; of permutation, rarely above
  // An interval that holds it with a probability of 90 %, as far as other trials of the same study
  // might have said something else: from random halves of the trials.
  double low = 0, high = 0;
  // fanova: the total effect, with all interactions.
  double total = 0;
  // The tiers that the data allow (Parameter::tier): where the parameter may stand, if as many get
  // each tier as the space says. All of these, if the data do not tell.
  int first_tier = kFirstTier, last_tier = kLastTier;
};

struct PairImportance {
  int first = 0, second = 0;  // parameters of the space
  double importance = 0;
};

struct ImportanceReport {
  ImportanceMethod method = ImportanceMethod::kFanova;
  std::string metric;
  double quantile = 1;
  int64_t trials = 0;  // that count
  int64_t failed = 0;  // of these
  // The share of the variance of trials that it has not seen that the forest predicts (R^2, out of
  // bag): at most 1, and 0 or less where it has learnt nothing. ped_anova: 0.
  double explained = 0;
  // What a parameter without any influence would be given: a share of about that size says nothing.
  // Of ped_anova 0, as it takes that off.
  double noise = 0;
  std::vector<ParameterImportance> parameters;  // in the space's order
  std::vector<PairImportance> pairs;            // the most important first
};

// All 0 below kFewestTrials, and where all trials have the same value. InvalidArgument: no such
// metric (names those that there are), an option out of its range, pairs of another measure than
// fanova, a quantile of a metric that has no goal. Cost: less than a second for 100,000 trials
// in ten dimensions, since each tree draws at most 1,000 of them.
absl::StatusOr<ImportanceReport> Importance(const StudyConfig& config,
                                            absl::Span<const Trial> trials,
                                            const ImportanceOptions& options = {});

// The parameters whose tier the data contradict, in the space's order: "hidden_units: you said tier
// 3, the data say tier 1".
std::vector<std::string> TierNotes(const SearchSpace& space, const ImportanceReport& report);

// {"study": …, "metric": …, "method": "fanova", "quantile": 1, "trials": 60, "failed": 2,
//  "explained": 0.71, "noise": 0.02, "parameters": [{"name": …, "importance": 0.42, "interval":
//  [0.31, 0.53], "total": 0.61, "tier": 1, "data_tiers": [1, 2]}, …], "pairs": [{"parameters": [A,
//  B], "importance": 0.08}, …], "tier_notes": [TEXT, …]}; the most important first.
Value ToValue(const StudyConfig& config, const ImportanceReport& report);

}  // namespace sturgeon

#endif  // STURGEON_CORE_IMPORTANCE_H_
