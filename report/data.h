// A study as the data that the page reads (report/page.h): one JSON object, its trials as columns.
//
//   {"name": "digits", "source": "sqlite:sturgeon.db", "seed": 1, "strategy": {…}, "runner": {…},
//    "objectives": [{"metric": …, "goal": …}], "constraints": [{"metric": …, "at_most": …}],
//    "metrics": […], "unit": "epoch", "max_steps": 8, "cost_metric": "", "settable": […],
//    "planned": 60, "space": […],
//    "importance": [{"measure": …, "metric": …, "quantile": 1, "explained": 0.7,
//                    "shares": […], "lows": […], "highs": [a number a parameter], "notes": […]}],
//    "rounds": [{"first_trial": 0, "box": [[low, high], …]}],
//    "states": ["waiting", …], "failures": ["", "error", …], "reasons": […], "workers": […],
//    "trials": {"id": […], "state": […], "failure": […], "reason": […], "worker": […],
//               "started": […], "seconds": […], "steps": […], "budget": […], "resume_from": […],
//               "params": [[…], …], "values": [[…], …], "constraints": [[…], …],
//               "reports": {"count": […], "step": […], "values": [[…], …]}}}
//
// Each column of `trials` has one entry a trial, in the order of their ids. `state`, `failure`,
// `reason` and `worker` are indices into the lists before them. `params` has one column a parameter
// of the space, and numbers alone: of a category, the index of its choice. `values` has one column
// an objective, `constraints` one a constraint. `steps`, and `cost` where there is a metric
// for it, are what the trial spent itself (core/spending.h). `reports` are those of all trials one
// after another: how many each has, the steps, and one column a metric. What a trial has not is
// null, and so is what is not finite. A number reads back as exactly the double that it was.
//
// Nothing is looked up by a name that a study has chosen, and a study of 100,000 trials of six
// parameters is about 15 MB. Cost: linear in the trials.
#ifndef STURGEON_REPORT_DATA_H_
#define STURGEON_REPORT_DATA_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "core/strategy.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "core/value.h"

namespace sturgeon {

// What mattered, by one measure and for one objective.
struct ReportImportance {
  std::string measure;  // "fanova": over the whole space; "ped_anova": near the best
  std::string metric;
  std::vector<double> shares, lows, highs;  // one a parameter: the share, and its interval
  // As core/importance.h has them.
  double quantile = 1, explained = 0;
  std::vector<std::string> notes;  // tiers that the data contradict
};

struct ReportStudy {
  StudyConfig config;
  std::string source;      // where it is kept, for people; no password
  Value strategy, runner;  // as a study file has them; null: not known
  std::vector<ReportImportance> importance;
  std::vector<SearchRound> rounds;  // of a strategy that goes in rounds
  std::vector<Trial> trials;        // in the order of their ids; those that run or wait, too
  // For each trial who ran it, "" if that is not known; or empty.
  std::vector<std::string> workers;
};

// Sets `importance` to what is known of each objective.
void AddImportance(ReportStudy* study);

// What is sent of the reports of all trials: of studies with more rows, each trial's are thinned
// evenly, the first and the last kept.
inline constexpr size_t kMostReportRows = 400000;

std::string ReportJson(const ReportStudy& study);
// Of these trials alone, by their indices, in order.
std::string ReportJson(const ReportStudy& study, absl::Span<const size_t> rows);

}  // namespace sturgeon

#endif  // STURGEON_REPORT_DATA_H_
