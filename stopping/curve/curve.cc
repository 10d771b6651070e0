#include "stopping/curve/curve.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "stopping/curve/extrapolation.h"

namespace sturgeon {

const Schema<CurveOptions>& CurveRule::OptionSchema() {
  static const auto* const schema = new Schema<CurveOptions>(WatchSchema<CurveOptions>().Add(
      "chance", &CurveOptions::chance,
      "A trial is stopped where its chance to end better than the best is below this.",
      Between(0.0, 1.0)));
  return *schema;
}

absl::StatusOr<std::unique_ptr<StoppingRule>> CurveRule::Create(
    const CurveOptions& options, const StoppingRuleContext& context) {
  absl::StatusOr<Watch> watch = Watch::Create(options, context.study);
  if (!watch.ok()) return watch.status();
  return std::unique_ptr<StoppingRule>(
      new CurveRule(options, *std::move(watch), context.study.max_steps));
}

absl::Status CurveRule::Tell(absl::Span<const Trial* const> finished) {
  lineage_.Add(finished);
  for (const Trial* trial : finished) {
    if (trial->state != TrialState::kComplete) continue;
    if (!trial->reports.empty()) {
      longest_ = std::max(longest_, trial->reports.step(trial->reports.size() - 1));
    }
    const std::optional<double> loss = watch_.FinalLoss(*trial);
    if (loss.has_value() && trial->feasible()) best_ = std::min(best_, *loss);
  }
  return absl::OkStatus();
}

std::optional<std::string> CurveRule::ShouldStop(const RunningTrial& trial) const {
  if (best_ == std::numeric_limits<double>::infinity() || !watch_.Due(trial.reports)) {
    return std::nullopt;
  }
  const Curve curve = lineage_.CurveOf(watch_, trial.reports, trial.resume_from);
  const std::optional<Forecast> forecast =
      Extrapolate(curve.steps, curve.losses, max_steps_ > 0 ? max_steps_ : longest_, best_);
  if (!forecast.has_value() || !(forecast->chance < options_.chance)) return std::nullopt;
  return absl::StrCat(watch_.metric(), " ", watch_.Value(curve.losses.back()), " after ",
                      watch_.Step(curve.steps.back()), " heads for ", watch_.Value(forecast->mean),
                      "; the chance to beat ", watch_.Value(best_), " is ", forecast->chance);
}

}  // namespace sturgeon
