// What came of a study, as text for people.
#ifndef STURGEON_APPS_SUMMARY_H_
#define STURGEON_APPS_SUMMARY_H_

#include <string>

#include "core/runner.h"
#include "core/study.h"

namespace sturgeon {

// How the run went; the best trials with their parameters, a column each (as many as fit into
// `width` columns, five at most); what mattered; and why trials failed. Ends with a newline.
std::string StudySummary(const Study& study, const RunSummary& run, int width);

// The reason of the first failed trial that was not merely cut off: "trial 3: …"; empty if none.
std::string FirstFailure(const Study& study);

}  // namespace sturgeon

#endif  // STURGEON_APPS_SUMMARY_H_
