#include "stopping/median/median.h"

namespace sturgeon {

const Schema<MedianOptions>& MedianRule::OptionSchema() {
  static const auto* const schema = new Schema<MedianOptions>(QuantileSchema<MedianOptions>());
  return *schema;
}

absl::StatusOr<std::unique_ptr<StoppingRule>> MedianRule::Create(
    const MedianOptions& options, const StoppingRuleContext& context) {
  return QuantileRule::Create(options, 0.5, "the median of", context.study);
}

}  // namespace sturgeon
