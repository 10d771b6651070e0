// The contract of a stopping rule: is a running trial worth going on?
//
// Rules go with any strategy: a study has any number of them (StudyConfig::stopping), asks each
// after a report at which the strategy wants to go on, and stops the trial if one says so. The
// trial then ends `stopped`, with its last reported values and the rule's words as its reason.
//
//   Tell({trial 0, trial 1})
//   ShouldStop({id 2, reports up to step 3})    -> nullopt
//   ShouldStop({id 2, reports up to step 4})    -> "error 0.31 up to epoch 4 is above …"
//
// What the study guarantees: one call at a time; every finished trial is told exactly once,
// whoever proposed it, before the next report is asked about; the last report's metrics are finite
// (earlier ones, and those of trials that have ended, may not be). What it asks for: an answer is a
// function of (study, options, the set of trials told, the running trial), so that a fresh rule
// that is told all of them in one call answers as the old one, in whatever order they ended. No
// clock, no global state, no random numbers but from RandomStream(seed, trial id, stream). A rule
// is asked while the study is locked: a millisecond is long.
#ifndef STURGEON_CORE_STOPPING_RULE_H_
#define STURGEON_CORE_STOPPING_RULE_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "core/registry.h"
#include "core/strategy.h"
#include "core/study_config.h"
#include "core/trial.h"

namespace sturgeon {

class StoppingRule {
 public:
  virtual ~StoppingRule() = default;

  // Trials that finished since the last call, in the order of their ids. What is pointed to stays
  // where it is and as it is until the rule is destroyed.
  virtual absl::Status Tell(absl::Span<const Trial* const> finished) = 0;

  // A running trial has reported (there is at least one report). Why it should be stopped, in
  // words, without the rule's name; nullopt: it should go on.
  virtual std::optional<std::string> ShouldStop(const RunningTrial& trial) const = 0;
};

struct StoppingRuleContext {
  const StudyConfig& study;  // outlives the rule; `metrics` has the names of what is reported
};

struct StoppingRuleKind {
  using Interface = StoppingRule;
  using Context = StoppingRuleContext;
  static constexpr char kName[] = "stopping rule";
};
using StoppingRulePlugin = Plugin<StoppingRuleKind>;
using StoppingRuleRegistry = Registry<StoppingRuleKind>;
using LinkedStoppingRule = Linked<StoppingRuleKind>;

template <>
const LinkedStoppingRule* LinkedStoppingRule::head_;

template <typename Implementation>
constexpr StoppingRulePlugin MakeStoppingRulePlugin(const char* name, const char* summary) {
  return MakePlugin<StoppingRuleKind, Implementation>(name, summary);
}

}  // namespace sturgeon

#endif  // STURGEON_CORE_STOPPING_RULE_H_
