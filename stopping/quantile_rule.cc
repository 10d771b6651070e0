#include "stopping/quantile_rule.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "absl/strings/str_cat.h"

namespace sturgeon {

double Quantile(absl::Span<const double> sorted, double q) {
  const double h = q * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<size_t>(h);
  const double share = h - static_cast<double>(low);
  if (share == 0 || low + 1 >= sorted.size()) return sorted[low];
  // Not low + share (high - low), which overflows where the two are far apart.
  return (1 - share) * sorted[low] + share * sorted[low + 1];
}

absl::StatusOr<std::unique_ptr<StoppingRule>> QuantileRule::Create(const QuantileOptions& options,
                                                                   double quantile,
                                                                   std::string name,
                                                                   const StudyConfig& study) {
  WatchOptions watched = options;
  watched.warmup_steps =
      std::max<int64_t>(options.warmup_steps,
                        std::llround(options.warmup_share * static_cast<double>(study.max_steps)));
  absl::StatusOr<Watch> watch = Watch::Create(watched, study);
  if (!watch.ok()) return watch.status();
  return std::unique_ptr<StoppingRule>(
      new QuantileRule(options, quantile, std::move(name), *std::move(watch)));
}

absl::Status QuantileRule::Tell(absl::Span<const Trial* const> finished) {
  lineage_.Add(finished);
  for (const Trial* trial : finished) {
    if (trial->state != TrialState::kComplete) continue;
    const Curve curve = lineage_.CurveOf(watch_, trial->reports, trial->resume_from);
    double mean = 0, best = 0;
    for (size_t i = 0; i < curve.size(); ++i) {
      const double loss = curve.losses[i];
      // The mean step by step: sums of huge values overflow.
      mean += loss / static_cast<double>(i + 1) - mean / static_cast<double>(i + 1);
      best = i == 0 ? loss : std::min(best, loss);
      const double entry = options_.against == "value"  ? loss
                           : options_.against == "best" ? best
                                                        : mean;
      std::vector<double>& column = columns_[curve.steps[i]];
      column.insert(std::upper_bound(column.begin(), column.end(), entry), entry);
    }
  }
  return absl::OkStatus();
}

std::optional<std::string> QuantileRule::ShouldStop(const RunningTrial& trial) const {
  if (!watch_.Due(trial.reports)) return std::nullopt;
  const int64_t step = trial.reports.step(trial.reports.size() - 1);
  const auto column = columns_.find(step);
  if (column == columns_.end() ||
      static_cast<int64_t>(column->second.size()) < options_.warmup_trials) {
    return std::nullopt;
  }
  const Curve curve = lineage_.CurveOf(watch_, trial.reports, trial.resume_from);
  if (curve.empty()) return std::nullopt;
  const double best = curve.Best();
  const double bound = Quantile(column->second, quantile_);
  if (!(best > bound)) return std::nullopt;
  return absl::StrCat(watch_.metric(), " ", watch_.Value(best), " up to ", watch_.Step(step),
                      " is ", watch_.worse(), " ", watch_.Value(bound), ", ", name_, " ",
                      column->second.size(), " trials");
}

}  // namespace sturgeon
