// A study's trials and outcome as JSON values: the result file.
#ifndef STURGEON_CORE_RESULT_H_
#define STURGEON_CORE_RESULT_H_

#include <functional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/option_schema.h"
#include "core/spending.h"
#include "core/study.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "core/value.h"

namespace sturgeon {

// {"id": 0, "state": "complete", "params": {…}, "values": [0.12], "constraints": [], "reports":
//  [[step, value…]], "failure": "timeout", "reason": "…", "started": …, "seconds": …}; what is
// empty is left out, except values of a complete trial. No point: no params.
Value TrialToValue(const StudyConfig& config, const Trial& trial);

// All of a result but its trials and what ResultTail has. `best` is the Pareto front, or the best
// trial, if there is one; the strategy is left out if it is null.
Value ResultHead(const StudyConfig& config, const Value& strategy, const std::vector<Trial>& best);

// What stands behind the trials: "importance", core/importance.h's default of `trials`, "spent",
// and of a study with one objective "progress". `cost` stands where the study has a metric for it.
Value ResultTail(const StudyConfig& config, absl::Span<const Trial> trials,
                 const Spending& spending);

// {"study": …, "seed": …, "strategy": …, "objectives": […], "constraints": […], "metrics": […],
//  "planned": 60, "space": […], "best": {trial} (several objectives: "pareto": […]), "trials": […],
//  "importance": {"learning_rate": 0.33, …}, "spent": {"steps": 1620, "seconds": 723.1, "cost": 3},
//  "progress": [{"trial": 0, "value": 0.18, "steps": 27, "seconds": 12.1}, …]}: the trials that
// improved the best value, and what had been spent by the end of each. Running trials are left out,
// and so are constraints where there are none; "best" is null if no complete trial is feasible.
Value ResultToValue(const Study& study, const PluginSpec& strategy);

// Writes WriteJsonPretty(ResultToValue(…)) and a newline, one trial at a time: Begin, Add for each,
// End. Errors are those of the sink.
class ResultWriter {
 public:
  using Sink = std::function<absl::Status(absl::string_view)>;
  explicit ResultWriter(Sink sink) : sink_(std::move(sink)) {}

  absl::Status Begin(const Value& head);
  absl::Status Add(Value trial);
  absl::Status End(const Value& tail);

 private:
  const Sink sink_;
  Value::List waiting_;  // while all trials may yet fit into a line
  bool open_ = false;
};

}  // namespace sturgeon

#endif  // STURGEON_CORE_RESULT_H_
