// A study's trials and outcome as JSON values: the result file.
#ifndef STURGEON_CORE_RESULT_H_
#define STURGEON_CORE_RESULT_H_

#include "core/option_schema.h"
#include "core/study.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "core/value.h"

namespace sturgeon {

// {"id": 0, "state": "complete", "params": {…}, "values": [0.12], "constraints": [], "reports":
//  [[step, value…]], "failure": "timeout", "reason": "…", "started": …, "seconds": …}; what is
//  empty is
// left out, except values of a complete trial.
Value TrialToValue(const StudyConfig& config, const Trial& trial);

// {"study": …, "seed": …, "strategy": …, "objectives": […], "constraints": […], "metrics": […],
//  "best": {trial} (several objectives: "pareto": […]), "trials": […], "importance": {…}}. Running
// trials are left out, and so are constraints where there are none; "best" is null if no complete
// trial is feasible.
Value ResultToValue(const Study& study, const PluginSpec& strategy);

}  // namespace sturgeon

#endif  // STURGEON_CORE_RESULT_H_
