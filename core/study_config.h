// What a study is about: its space, its objectives, its seed. Fixed once the study exists.
#ifndef STURGEON_CORE_STUDY_CONFIG_H_
#define STURGEON_CORE_STUDY_CONFIG_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/space.h"

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

struct StudyConfig {
  std::string name = "study";
  SearchSpace space;
  std::vector<Objective> objectives = {Objective()};  // at least one
  // The names of what a trial reports at each step. Empty: the objectives' metrics.
  std::vector<std::string> metrics;
  // How many trials are planned: a hint for strategies that divide a budget; 0: not known.
  int64_t trials = 0;
  // How many trials will run at once: a hint.
  int parallelism = 1;
  uint64_t seed = 0;
};

}  // namespace sturgeon

#endif  // STURGEON_CORE_STUDY_CONFIG_H_
