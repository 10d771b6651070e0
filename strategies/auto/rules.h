// Which strategy `auto` uses when: the rules, without the machinery that follows them (auto.h).
//
// One objective
//   1. A finite space of no more points than trials are planned: grid, which tries each once.
//   2. Up to G results: gp. A model of the objective makes the most of few results, and up to G its
//      cost, O(n^3), is small against that of a training.
//   3. From there on, by what suits many trials:
//        cma_es  all parameters numeric and unconditional, no constraints, and more than
//                `cma_es_trials` trials planned: an evolution strategy needs some hundred trials to
//                adapt its covariance, and then goes on improving where a density model stalls;
//        tpe     otherwise: its cost a trial stays flat, and categorical and conditional parameters
//                are to it what they are.
// Several objectives: gp up to G results, then nsga2.
//
// G is `gp_trials`, less beyond `gp_dimensions` parameters, in proportion: a gp's cost grows with
// both. Where no more than 1.2 G trials are planned, gp keeps them all: a few last trials are not
// worth a change. With G trials or more at once gp would have proposed all of its share before it
// has seen a result, so the study begins with what else would have come later.
#ifndef STURGEON_STRATEGIES_AUTO_RULES_H_
#define STURGEON_STRATEGIES_AUTO_RULES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/study_config.h"

namespace sturgeon {

struct AutoOptions {
  int gp_trials = 250;
  int gp_dimensions = 50;
  int cma_es_trials = 1000;
};

// What the choice rests on beside the study: monotone in the trials asked for and told, so that no
// strategy comes back.
struct AutoProgress {
  int64_t asked = 0;         // trials before this one, whatever became of them
  int64_t measured = 0;      // finished ones with values
  bool constrained = false;  // whether one of them had constraints
};

struct AutoChoice {
  // The names of strategies, the preferred one first; the others are for programs that lack it.
  std::vector<std::string> names;
  std::string why;  // for a note
};

class AutoRules {
 public:
  // `study` must outlive this.
  AutoRules(const AutoOptions& options, const StudyConfig& study);

  AutoChoice Choose(const AutoProgress& progress) const;

 private:
  AutoChoice Early() const;
  AutoChoice Later(const AutoProgress& progress) const;

  const AutoOptions options_;
  const StudyConfig& study_;
  int dimensions_ = 0;  // parameters that are no constants
  bool categorical_ = false, conditional_ = false;
  std::optional<int64_t> points_;  // of a finite space that the planned trials exhaust
  int64_t gp_trials_ = 0;          // G; 0: never gp; the largest int64_t: gp throughout
};

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_AUTO_RULES_H_
