// What every strategy promises, as a test suite that a plugin's author runs over the plugin:
//
//   Plugins Samplers() {                            // what the strategy asks the registry for
//     Plugins plugins;
//     EXPECT_TRUE(plugins.samplers.Add(kUniformSampler).ok());
//     return plugins;
//   }
//   INSTANTIATE_TEST_SUITE_P(Random, StrategyConformance,
//                            testing::Values(StrategyCase{"uniform", &kRandomStrategy,
//                            Samplers()}), StrategyCaseName);
//
// A case declares what the strategy can do; the suite holds it to the contract of core/strategy.h
// and to what was declared, over many spaces: proposals are valid, and no more than asked for; they
// are a function of the seed and of what was told, so that a fresh strategy that is told all
// finished trials at once goes on as the old one would have; failed, stopped, infeasible, enqueued
// and imported trials, equal and huge values, priors and earlier studies do no harm; one that comes
// to an end has tried no point twice; minimising f and maximising -f are the same; what was not
// declared is refused with an error that says so. A strategy that divides trainings gets studies
// whose trials train step by step, end at their budgets, fail and are stopped at any of them.
#ifndef STURGEON_STRATEGIES_CONFORMANCE_H_
#define STURGEON_STRATEGIES_CONFORMANCE_H_

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "core/plugins.h"
#include "core/space.h"
#include "core/strategy.h"
#include "core/study_config.h"
#include "core/value.h"
#include "gtest/gtest.h"

namespace sturgeon {

struct StrategyCase {
  std::string name;  // in the names of the tests: letters, digits, underscores
  const StrategyPlugin* plugin;
  Plugins plugins;  // what the strategy may ask for by name; it is added itself
  Value options = Value::Object();

  // Declared capabilities. What is false must make Create fail with InvalidArgument.
  bool conditional_spaces = true;
  bool continuous_spaces = true;   // otherwise every parameter must be discrete
  bool several_objectives = true;  // otherwise a study has one
  bool unplanned = true;           // works where StudyConfig::trials is 0
  int max_dimensions = 0;          // the most parameters that a space may have; 0: any number
  // The length of a full training in the suite's studies, for a strategy that needs to know it, and
  // refuses a study without, or with one step. 0: it does not.
  int64_t max_steps = 0;

  // Declared behaviour.
  bool uses_seed = true;      // another seed gives other proposals
  bool full_batches = true;   // proposes as many trials as it is asked for, until it is exhausted
  bool exhausts = false;      // comes to an end on a finite space
  bool repeats = false;       // may propose a point twice before that end
  bool stops_trials = false;  // OnReport may answer something else than kContinue
  int trials = 48;  // how long the suite's studies are; fewer for a strategy whose Ask is slow
};

class StrategyConformance : public testing::TestWithParam<StrategyCase> {
 protected:
  void SetUp() override;

  // The case's strategy; a failed test and nullptr if it cannot be made.
  std::unique_ptr<Strategy> Make(const StudyConfig& config);
  absl::StatusOr<std::unique_ptr<Strategy>> TryMake(const StudyConfig& config);
  absl::StatusOr<std::unique_ptr<Strategy>> TryMake(const StudyConfig& config,
                                                    const Value& options);

  // A study of so many trials over the suite's spaces that the case declares to support.
  std::vector<StudyConfig> Configs() const;
  bool Supports(const SearchSpace& space) const;

  Plugins plugins_;
  std::vector<std::string> notes_;
};

std::string StrategyCaseName(const testing::TestParamInfo<StrategyCase>& info);
void PrintTo(const StrategyCase& strategy_case, std::ostream* os);

// The suite's spaces, each with a name: one parameter of every kind and scale, nested conditions,
// constants, no parameter at all, ten mixed ones and a hundred, small finite ones.
struct NamedSpace {
  std::string name;
  SearchSpace space;
};
std::vector<NamedSpace> StrategyTestSpaces();

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_CONFORMANCE_H_
