#include "stopping/wilcoxon/wilcoxon.h"

#include <cstddef>
#include <vector>

#include "absl/strings/str_cat.h"
#include "stopping/wilcoxon/signed_rank.h"

namespace sturgeon {

const Schema<WilcoxonOptions>& WilcoxonRule::OptionSchema() {
  static const auto* const schema = new Schema<WilcoxonOptions>(WatchSchema<WilcoxonOptions>().Add(
      "p_threshold", &WilcoxonOptions::p_threshold,
      "A trial is stopped where chance alone would make it look as bad with a probability "
      "below this.",
      Between(0.0, 1.0)));
  return *schema;
}

absl::StatusOr<std::unique_ptr<StoppingRule>> WilcoxonRule::Create(
    const WilcoxonOptions& options, const StoppingRuleContext& context) {
  if (context.study.objectives.size() != 1) {
    return absl::InvalidArgumentError(
        "needs a study with one objective: of several there is no best trial to compare with");
  }
  absl::StatusOr<Watch> watch = Watch::Create(options, context.study);
  if (!watch.ok()) return watch.status();
  return std::unique_ptr<StoppingRule>(
      new WilcoxonRule(options, *std::move(watch), context.study.objectives[0]));
}

absl::Status WilcoxonRule::Tell(absl::Span<const Trial* const> finished) {
  lineage_.Add(finished);
  for (const Trial* trial : finished) {
    if (trial->state != TrialState::kComplete || !trial->feasible()) continue;
    if (best_ != nullptr) {
      const double loss = objective_.Loss(trial->values[0]);
      const double least = objective_.Loss(best_->values[0]);
      if (loss > least || (loss == least && trial->id > best_->id)) continue;
    }
    best_ = trial;
  }
  return absl::OkStatus();
}

std::optional<std::string> WilcoxonRule::ShouldStop(const RunningTrial& trial) const {
  if (best_ == nullptr || !watch_.Due(trial.reports)) return std::nullopt;
  const Curve ours = lineage_.CurveOf(watch_, trial.reports, trial.resume_from),
              bests = lineage_.CurveOf(watch_, best_->reports, best_->resume_from);
  std::vector<double> differences;
  double mean = 0;
  for (size_t i = 0, k = 0; i < ours.size() && k < bests.size();) {
    if (ours.steps[i] == bests.steps[k]) {
      const double difference = ours.losses[i++] - bests.losses[k++];
      differences.push_back(difference);
      const auto n = static_cast<double>(differences.size());
      // Step by step: a sum of huge values overflows.
      mean += difference / n - mean / n;
    } else {
      ++(ours.steps[i] < bests.steps[k] ? i : k);
    }
  }
  if (!(mean > 0)) return std::nullopt;
  const double p = SignedRankPValue(differences);
  if (!(p < options_.p_threshold)) return std::nullopt;
  return absl::StrCat(watch_.metric(), " is worse than that of the best trial, ", best_->id,
                      ", on the ", differences.size(), " steps so far (p = ", p, ")");
}

}  // namespace sturgeon
