// Stops a trial whose best value so far is worse than the median of the complete trials at the same
// step. Formula, sources, cost: stopping/quantile_rule.h, with the quantile 1/2.
//
// Half of the trials of a random search would be stopped by it after their first step, if each
// trial's rank never changed; it saves as much as its curves rarely cross. It needs no more to be
// known of a metric than its goal.
#ifndef STURGEON_STOPPING_MEDIAN_MEDIAN_H_
#define STURGEON_STOPPING_MEDIAN_MEDIAN_H_

#include <memory>

#include "absl/status/statusor.h"
#include "core/option_schema.h"
#include "core/stopping_rule.h"
#include "stopping/quantile_rule.h"

namespace sturgeon {

struct MedianOptions : QuantileOptions {};

class MedianRule {
 public:
  static const Schema<MedianOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<StoppingRule>> Create(const MedianOptions& options,
                                                              const StoppingRuleContext& context);
};

inline constexpr StoppingRulePlugin kMedianRule = MakeStoppingRulePlugin<MedianRule>(
    "median", "Stops what is worse than the median of the others at the same step");

}  // namespace sturgeon

#endif  // STURGEON_STOPPING_MEDIAN_MEDIAN_H_
