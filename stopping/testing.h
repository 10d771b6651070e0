// Trials and studies for the tests of stopping rules.
#ifndef STURGEON_STOPPING_TESTING_H_
#define STURGEON_STOPPING_TESTING_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/option_schema.h"
#include "core/space.h"
#include "core/stopping_rule.h"
#include "core/strategy.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "gtest/gtest.h"

namespace sturgeon {

// One float, one metric, `value`, which is the objective.
inline StudyConfig OneMetric(Goal goal = Goal::kMinimize) {
  StudyConfig config;
  // Valid by construction.
  config.space = *SearchSpace::Create({Parameter::Float("x", 0, 1)});
  config.objectives = {{"value", goal}};
  config.metrics = {"value"};
  return config;
}

// The rule of the options "k=v,k=v".
inline std::unique_ptr<StoppingRule> MakeRule(const StoppingRulePlugin& plugin,
                                              const StudyConfig& config,
                                              const std::string& options) {
  auto rule = plugin.create(*ParseAssignments(options), plugin.name, {config});
  EXPECT_TRUE(rule.ok()) << rule.status();
  return *std::move(rule);
}

// A complete trial that reported these values at steps 1, 2, …
inline Trial CompleteTrial(int64_t id, const std::vector<double>& curve) {
  Trial trial;
  trial.id = id;
  trial.state = TrialState::kComplete;
  trial.point = {0.5};
  for (size_t i = 0; i < curve.size(); ++i) {
    trial.reports.Add(static_cast<int64_t>(i) + 1, {curve[i]});
  }
  if (!curve.empty()) trial.values = {curve.back()};
  return trial;
}

inline void TellTrials(StoppingRule* rule, const std::vector<Trial>& trials) {
  for (const Trial& trial : trials) {
    const Trial* const told[] = {&trial};
    const absl::Status status = rule->Tell(told);
    EXPECT_TRUE(status.ok()) << status;
  }
}

// What the rule says of a running trial that has reported these values at steps 1, 2, …
inline std::optional<std::string> Judge(const StoppingRule& rule,
                                        const std::vector<double>& curve) {
  const Trial trial = CompleteTrial(1000, curve);
  return rule.ShouldStop({trial.id, trial.point, trial.reports});
}

}  // namespace sturgeon

#endif  // STURGEON_STOPPING_TESTING_H_
