// Compares a running trial with a quantile of the others at the same step: what the rules `median`
// and `percentile` have in common.
//
// At step s, let b be the least loss that the trial has had up to s, and a_1 … a_n what the n
// complete trials that reported at s had there (`against`):
//   "value"    the loss at s itself (Optuna's MedianPruner and PercentilePruner);
//   "average"  the mean of the losses up to s (Golovin et al., "Google Vizier: a service for
//              black-box optimization", KDD 2017, section 3.2);
//   "best"     the least loss up to s.
// The trial is stopped if n >= warmup_trials and b is strictly above the q-quantile of the a_i:
// with a_1 <= … <= a_n and h = q (n - 1), a_[h] + (h - [h]) (a_[h]+1 - a_[h]), indices from 0.
//
// With a full training of T steps no trial is stopped up to step round(warmup_share T), or
// warmup_steps, if that is later: in the first steps curves cross, and of good trials half would be
// stopped there (benchmarks/README.md has measurements).
//
// Trials that were stopped or failed are not compared with: the quantile is one of those that were
// worth finishing, which makes the rule stricter as the study goes on.
//
// Determinism: a function of the set of trials told and the trial's reports. Memory: a double for
// each report of a complete trial. Cost: O(reports of the trial) a look, O(n) a told report.
#ifndef STURGEON_STOPPING_QUANTILE_RULE_H_
#define STURGEON_STOPPING_QUANTILE_RULE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/option_schema.h"
#include "core/stopping_rule.h"
#include "core/strategy.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "stopping/lineage.h"
#include "stopping/watch.h"

namespace sturgeon {

struct QuantileOptions : WatchOptions {
  double warmup_share = 0.05;
  int64_t warmup_trials = 5;
  std::string against = "value";
};

template <typename Options>
Schema<Options> QuantileSchema() {
  return WatchSchema<Options>()
      .template Add<double>(
          "warmup_share", &Options::warmup_share,
          "The share of a full training after which no trial is stopped yet, where its length is "
          "known; warmup_steps, if that is more.",
          Between(0.0, 1.0))
      .template Add<int64_t>(
          "warmup_trials", &Options::warmup_trials,
          "No trial is stopped until so many complete ones have reported at its step.",
          AtLeast<int64_t>(1))
      .template Add<std::string>(
          "against", &Options::against,
          "What the trial's best value so far is compared with: the others' value at the step, the "
          "average of their values up to it, or their best up to it.",
          OneOf({"value", "average", "best"}));
}

class QuantileRule final : public StoppingRule {
 public:
  // `quantile` in [0, 1], of the losses; `name` is what it is called in reasons, "the median of".
  static absl::StatusOr<std::unique_ptr<StoppingRule>> Create(const QuantileOptions& options,
                                                              double quantile, std::string name,
                                                              const StudyConfig& study);

  absl::Status Tell(absl::Span<const Trial* const> finished) override;
  std::optional<std::string> ShouldStop(const RunningTrial& trial) const override;

 private:
  QuantileRule(const QuantileOptions& options, double quantile, std::string name, Watch watch)
      : options_(options), quantile_(quantile), name_(std::move(name)), watch_(std::move(watch)) {}

  const QuantileOptions options_;
  const double quantile_;
  const std::string name_;
  const Watch watch_;
  Lineage lineage_;
  // By step: what the complete trials had there, sorted.
  absl::btree_map<int64_t, std::vector<double>> columns_;
};

// The q-quantile of sorted values, as above. There is at least one.
double Quantile(absl::Span<const double> sorted, double q);

}  // namespace sturgeon

#endif  // STURGEON_STOPPING_QUANTILE_RULE_H_
