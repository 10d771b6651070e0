// Stops a trial whose best value so far is not among the best `percentile` per cent of the complete
// trials at the same step. Formula, sources, cost: stopping/quantile_rule.h, with the quantile
// percentile / 100 of the losses. With percentile = 50 it is the rule `median`; less is stricter.
#ifndef STURGEON_STOPPING_PERCENTILE_PERCENTILE_H_
#define STURGEON_STOPPING_PERCENTILE_PERCENTILE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "core/option_schema.h"
#include "core/stopping_rule.h"
#include "stopping/quantile_rule.h"

namespace sturgeon {

struct PercentileOptions : QuantileOptions {
  double percentile = 25;
};

class PercentileRule {
 public:
  static const Schema<PercentileOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<StoppingRule>> Create(const PercentileOptions& options,
                                                              const StoppingRuleContext& context);
};

inline constexpr StoppingRulePlugin kPercentileRule = MakeStoppingRulePlugin<PercentileRule>(
    "percentile", "Stops what is not among the best few per cent at the same step");

}  // namespace sturgeon

#endif  // STURGEON_STOPPING_PERCENTILE_PERCENTILE_H_
