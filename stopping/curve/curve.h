// Stops a trial whose learning curve, extrapolated, hardly ends better than the best trial has.
//
// With b the least final loss of the complete and feasible trials, and T the last step of a full
// training, a trial is stopped at a step if
//   P(its loss at T < b | its losses so far) < chance,
// by the model of stopping/curve/extrapolation.h. It needs four reports of the trial and one
// complete trial. T is StudyConfig::max_steps, or, where that is not known, the last step that a
// complete trial has reported.
//
// Each look has that chance to be wrong, so that over all of a trial's steps a good one is lost
// more often; `interval` makes the rule look less often.
//
// The final loss of a trial is its objective's value where the rule watches an objective, else the
// metric's in its last report.
//
// Determinism: a function of the set of trials told and the trial's reports. Cost: that of the
// extrapolation a look, O(1) a told trial.
#ifndef STURGEON_STOPPING_CURVE_CURVE_H_
#define STURGEON_STOPPING_CURVE_CURVE_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/option_schema.h"
#include "core/stopping_rule.h"
#include "core/strategy.h"
#include "core/trial.h"
#include "stopping/lineage.h"
#include "stopping/watch.h"

namespace sturgeon {

struct CurveOptions : WatchOptions {
  double chance = 0.01;
};

class CurveRule final : public StoppingRule {
 public:
  static const Schema<CurveOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<StoppingRule>> Create(const CurveOptions& options,
                                                              const StoppingRuleContext& context);

  absl::Status Tell(absl::Span<const Trial* const> finished) override;
  std::optional<std::string> ShouldStop(const RunningTrial& trial) const override;

 private:
  CurveRule(const CurveOptions& options, Watch watch, int64_t max_steps)
      : options_(options), watch_(std::move(watch)), max_steps_(max_steps) {}

  const CurveOptions options_;
  const Watch watch_;
  Lineage lineage_;
  const int64_t max_steps_;  // the study's; 0: not known
  int64_t longest_ = 0;      // the last step of a complete trial
  double best_ = std::numeric_limits<double>::infinity();
};

inline constexpr StoppingRulePlugin kCurveRule = MakeStoppingRulePlugin<CurveRule>(
    "curve", "Stops what, by its learning curve, will hardly beat the best");

}  // namespace sturgeon

#endif  // STURGEON_STOPPING_CURVE_CURVE_H_
