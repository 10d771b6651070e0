#include "stopping/threshold/threshold.h"

#include <cmath>

#include "absl/strings/str_cat.h"

namespace sturgeon {

const Schema<ThresholdOptions>& ThresholdRule::OptionSchema() {
  static const auto* const schema =
      new Schema<ThresholdOptions>(WatchSchema<ThresholdOptions>(WatchGoal::kAny)
                                       .Add("at_most", &ThresholdOptions::at_most,
                                            "The highest value that is no reason to stop.")
                                       .Add("at_least", &ThresholdOptions::at_least,
                                            "The lowest value that is no reason to stop."));
  return *schema;
}

absl::StatusOr<std::unique_ptr<StoppingRule>> ThresholdRule::Create(
    const ThresholdOptions& options, const StoppingRuleContext& context) {
  if (std::isinf(options.at_most) && std::isinf(options.at_least)) {
    return absl::InvalidArgumentError("there is no bound; give \"at_most\" or \"at_least\"");
  }
  if (options.at_most < options.at_least) {
    return absl::InvalidArgumentError(
        absl::StrCat("no value is at most ", options.at_most, " and at least ", options.at_least));
  }
  absl::StatusOr<Watch> watch = Watch::Create(options, context.study, WatchGoal::kAny);
  if (!watch.ok()) return watch.status();
  return std::unique_ptr<StoppingRule>(new ThresholdRule(options, *std::move(watch)));
}

absl::Status ThresholdRule::Tell(absl::Span<const Trial* const> /*finished*/) {
  return absl::OkStatus();
}

std::optional<std::string> ThresholdRule::ShouldStop(const RunningTrial& trial) const {
  if (!watch_.Due(trial.reports)) return std::nullopt;
  const Curve curve = watch_.CurveOf(trial.reports);
  if (curve.empty()) return std::nullopt;
  const double value = curve.losses.back();
  const bool above = value > options_.at_most;
  if (!above && !(value < options_.at_least)) return std::nullopt;
  return absl::StrCat(watch_.metric(), " ", value, " after ", watch_.Step(curve.steps.back()),
                      " is ", above ? "above " : "below ",
                      above ? options_.at_most : options_.at_least);
}

}  // namespace sturgeon
