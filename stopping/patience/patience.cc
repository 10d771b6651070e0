#include "stopping/patience/patience.h"

#include <cstddef>
#include <cstdint>

#include "absl/strings/str_cat.h"

namespace sturgeon {

const Schema<PatienceOptions>& PatienceRule::OptionSchema() {
  static const auto* const schema = new Schema<PatienceOptions>(
      WatchSchema<PatienceOptions>()
          .Add("patience", &PatienceOptions::patience,
               "A trial is stopped so many steps after its last improvement.", AtLeast<int64_t>(1))
          .Add(
              "min_delta", &PatienceOptions::min_delta,
              "By how much more than this the metric must change for the better, in its own units.",
              AtLeast(0.0)));
  return *schema;
}

absl::StatusOr<std::unique_ptr<StoppingRule>> PatienceRule::Create(
    const PatienceOptions& options, const StoppingRuleContext& context) {
  absl::StatusOr<Watch> watch = Watch::Create(options, context.study);
  if (!watch.ok()) return watch.status();
  return std::unique_ptr<StoppingRule>(new PatienceRule(options, *std::move(watch)));
}

absl::Status PatienceRule::Tell(absl::Span<const Trial* const> finished) {
  lineage_.Add(finished);
  return absl::OkStatus();
}

std::optional<std::string> PatienceRule::ShouldStop(const RunningTrial& trial) const {
  if (!watch_.Due(trial.reports)) return std::nullopt;
  const Curve curve = lineage_.CurveOf(watch_, trial.reports, trial.resume_from);
  if (curve.empty()) return std::nullopt;
  size_t improved = 0;
  for (size_t i = 1; i < curve.size(); ++i) {
    if (curve.losses[i] < curve.losses[improved] - options_.min_delta) improved = i;
  }
  // Unsigned, since steps may be as far apart as their type has it.
  const uint64_t since =
      static_cast<uint64_t>(curve.steps.back()) - static_cast<uint64_t>(curve.steps[improved]);
  if (since < static_cast<uint64_t>(options_.patience)) return std::nullopt;
  return absl::StrCat(watch_.metric(), " has not improved for ", since, " steps on ",
                      watch_.Value(curve.losses[improved]), " at ",
                      watch_.Step(curve.steps[improved]));
}

}  // namespace sturgeon
