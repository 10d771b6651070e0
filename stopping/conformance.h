// What every stopping rule promises, as a test suite that a plugin's author runs over the plugin:
//
//   INSTANTIATE_TEST_SUITE_P(Median, StoppingRuleConformance,
//                            testing::Values(StoppingRuleCase{"median", &kMedianRule}),
//                            StoppingRuleCaseName);
//
// A case declares what the rule can do; the suite holds it to the contract of core/stopping_rule.h
// and to what was declared: answers are a function of the set of trials told and of the running
// trial; minimising f and maximising -f are the same; a trial that leads goes on, one that is
// hopeless is stopped; `metric`, `warmup_steps` and `interval` mean what they mean everywhere; ends
// of every kind, values that are not finite, equal and huge ones do no harm; unknown options and
// metrics are refused with an error that says what would be right.
#ifndef STURGEON_STOPPING_CONFORMANCE_H_
#define STURGEON_STOPPING_CONFORMANCE_H_

#include <memory>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "core/stopping_rule.h"
#include "core/study_config.h"
#include "core/value.h"
#include "gtest/gtest.h"

namespace sturgeon {

struct StoppingRuleCase {
  std::string name;  // in the names of the tests: letters, digits, underscores
  const StoppingRulePlugin* plugin;
  // The suite's curves fall from about 1 to between 0 and 1 in 20 steps, that of the trial that
  // leads, faster than any, to 0; the hopeless one stays at 50.
  Value options = Value::Object();

  // Declared behaviour.
  bool uses_goal = true;           // minimising f and maximising -f are the same
  bool several_objectives = true;  // otherwise Create is InvalidArgument
};

class StoppingRuleConformance : public testing::TestWithParam<StoppingRuleCase> {
 protected:
  absl::StatusOr<std::unique_ptr<StoppingRule>> TryMake(const StudyConfig& config,
                                                        const Value& options) const;
  // The case's rule, with further options; a failed test and nullptr if it cannot be made.
  std::unique_ptr<StoppingRule> Make(const StudyConfig& config,
                                     const Value& options = Value::Object()) const;
};

std::string StoppingRuleCaseName(const testing::TestParamInfo<StoppingRuleCase>& info);
void PrintTo(const StoppingRuleCase& rule_case, std::ostream* os);

}  // namespace sturgeon

#endif  // STURGEON_STOPPING_CONFORMANCE_H_
