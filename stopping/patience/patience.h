// Stops a trial that no longer improves by itself, whatever the others do (early stopping as in
// Prechelt, "Early stopping - but when?", 1998; Keras' EarlyStopping).
//
// An improvement at step s is a loss more than `min_delta` below the least one so far (the first
// report is one). A trial whose last improvement was at step s is stopped at the first step at or
// after s + patience. min_delta is in the metric's own units.
//
// A stopped trial is not complete: it cannot be the best. Where the last epochs of a trial that has
// converged do no harm and the model keeps what it had, give the model less to train instead; this
// rule is for trials that should not count once they have come to a halt.
//
// Determinism: a function of the trial's reports. Cost: O(reports) a look.
#ifndef STURGEON_STOPPING_PATIENCE_PATIENCE_H_
#define STURGEON_STOPPING_PATIENCE_PATIENCE_H_

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
#include "core/trial.h"
#include "stopping/lineage.h"
#include "stopping/watch.h"

namespace sturgeon {

struct PatienceOptions : WatchOptions {
  int64_t patience = 5;
  double min_delta = 0;
};

class PatienceRule final : public StoppingRule {
 public:
  static const Schema<PatienceOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<StoppingRule>> Create(const PatienceOptions& options,
                                                              const StoppingRuleContext& context);

  absl::Status Tell(absl::Span<const Trial* const> finished) override;
  std::optional<std::string> ShouldStop(const RunningTrial& trial) const override;

 private:
  PatienceRule(const PatienceOptions& options, Watch watch)
      : options_(options), watch_(std::move(watch)) {}

  const PatienceOptions options_;
  const Watch watch_;
  Lineage lineage_;
};

inline constexpr StoppingRulePlugin kPatienceRule = MakeStoppingRulePlugin<PatienceRule>(
    "patience", "Stops what has not improved on itself for some steps");

}  // namespace sturgeon

#endif  // STURGEON_STOPPING_PATIENCE_PATIENCE_H_
