// Studies as a report shows them, from where they are.
#ifndef STURGEON_APPS_REPORT_STUDY_H_
#define STURGEON_APPS_REPORT_STUDY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/option_schema.h"
#include "core/plugins.h"
#include "core/storage.h"
#include "core/study.h"
#include "report/data.h"

namespace sturgeon {

// What is known of a stored study without its trials. `source`: where it is kept.
ReportStudy ReportHead(const StudyRecord& study, const std::string& source);
// Works out what follows from a study's trials.
void CompleteReport(const Plugins& plugins, ReportStudy* study);

// A stored study as it is now, trials that run or wait included. Errors are the storage's.
absl::StatusOr<ReportStudy> ReportStored(Storage& storage, const StudyRecord& study,
                                         const Plugins& plugins);

// A result file. NotFound, PermissionDenied: it cannot be read; InvalidArgument: it is none.
absl::StatusOr<ReportStudy> ReportResult(const std::string& file, const Plugins& plugins);

// A study that runs here.
ReportStudy ReportOf(const Study& study, const PluginSpec& strategy, const PluginSpec& runner,
                     const std::string& source, const Plugins& plugins);

// Writes them as one page.
absl::Status WriteReportFile(const std::string& path, const std::vector<ReportStudy>& studies);

}  // namespace sturgeon

#endif  // STURGEON_APPS_REPORT_STUDY_H_
