// For steps that are folds of a cross-validation, or instances of a problem: stops a trial that is
// worse than the best one on the folds so far, by Wilcoxon's signed-rank test
// (stopping/wilcoxon/signed_rank.h; as Optuna's WilcoxonPruner, with an exact p-value).
//
// The best trial is the complete and feasible one with the least loss of the study's objective, the
// earliest of equals. With d_i the running trial's loss less the best one's, at the steps that both
// have reported, the trial is stopped if
//   p < p_threshold, p the p-value of the test that differences tend to be positive, and
//   their mean is above 0: a trial that is better on average is never stopped.
// Fewer than four differences are never significant at 0.1.
//
// The metric that it watches should be that of the fold alone, not an average so far: the test
// takes the differences as independent. The learning curve of one training is not; for that there
// are the rules `median` and `curve`.
//
// Determinism: a function of the set of trials told and the trial's reports. Errors of Create:
// InvalidArgument, where the study has several objectives. Cost: O(n) a look, plus the test's.
#ifndef STURGEON_STOPPING_WILCOXON_WILCOXON_H_
#define STURGEON_STOPPING_WILCOXON_WILCOXON_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

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

struct WilcoxonOptions : WatchOptions {
  double p_threshold = 0.1;
};

class WilcoxonRule final : public StoppingRule {
 public:
  static const Schema<WilcoxonOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<StoppingRule>> Create(const WilcoxonOptions& options,
                                                              const StoppingRuleContext& context);

  absl::Status Tell(absl::Span<const Trial* const> finished) override;
  std::optional<std::string> ShouldStop(const RunningTrial& trial) const override;

 private:
  WilcoxonRule(const WilcoxonOptions& options, Watch watch, Objective objective)
      : options_(options), watch_(std::move(watch)), objective_(std::move(objective)) {}

  const WilcoxonOptions options_;
  const Watch watch_;
  Lineage lineage_;
  const Objective objective_;
  const Trial* best_ = nullptr;
};

inline constexpr StoppingRulePlugin kWilcoxonRule = MakeStoppingRulePlugin<WilcoxonRule>(
    "wilcoxon", "For folds: stops what is significantly worse than the best trial");

}  // namespace sturgeon

#endif  // STURGEON_STOPPING_WILCOXON_WILCOXON_H_
