#include "stopping/percentile/percentile.h"

#include "absl/strings/str_cat.h"

namespace sturgeon {

const Schema<PercentileOptions>& PercentileRule::OptionSchema() {
  static const auto* const schema =
      new Schema<PercentileOptions>(QuantileSchema<PercentileOptions>().Add(
          "percentile", &PercentileOptions::percentile,
          "The share of trials that are good enough, per cent.", Between(0.0, 100.0)));
  return *schema;
}

absl::StatusOr<std::unique_ptr<StoppingRule>> PercentileRule::Create(
    const PercentileOptions& options, const StoppingRuleContext& context) {
  return QuantileRule::Create(options, options.percentile / 100,
                              absl::StrCat("the value of the best ", options.percentile, " % of"),
                              context.study);
}

}  // namespace sturgeon
