// Stops a trial whose metric leaves given bounds: what diverges, what is too slow, what does not
// reach by some step what any good trial has by then.
//
// At the first look (interval, warmup_steps) after which the metric of the last report is above
// `at_most` or below `at_least`, the trial ends. The goal of the metric does not matter.
//
//   {"name": "threshold", "metric": "train_loss", "at_most": 10}
//   {"name": "threshold", "metric": "accuracy", "at_least": 0.5, "warmup_steps": 4}
//
// Unlike a constraint of the study, which the final values must keep to be the best, this ends the
// training.
//
// Determinism: a function of the trial's last report. Cost: O(reports) a look.
#ifndef STURGEON_STOPPING_THRESHOLD_THRESHOLD_H_
#define STURGEON_STOPPING_THRESHOLD_THRESHOLD_H_

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
#include "stopping/watch.h"

namespace sturgeon {

struct ThresholdOptions : WatchOptions {
  double at_most = std::numeric_limits<double>::infinity();
  double at_least = -std::numeric_limits<double>::infinity();
};

class ThresholdRule final : public StoppingRule {
 public:
  static const Schema<ThresholdOptions>& OptionSchema();
  // InvalidArgument also: there is no bound, or no value between the two.
  static absl::StatusOr<std::unique_ptr<StoppingRule>> Create(const ThresholdOptions& options,
                                                              const StoppingRuleContext& context);

  absl::Status Tell(absl::Span<const Trial* const> finished) override;
  std::optional<std::string> ShouldStop(const RunningTrial& trial) const override;

 private:
  ThresholdRule(const ThresholdOptions& options, Watch watch)
      : options_(options), watch_(std::move(watch)) {}

  const ThresholdOptions options_;
  const Watch watch_;
};

inline constexpr StoppingRulePlugin kThresholdRule =
    MakeStoppingRulePlugin<ThresholdRule>("threshold", "Stops what leaves given bounds");

}  // namespace sturgeon

#endif  // STURGEON_STOPPING_THRESHOLD_THRESHOLD_H_
