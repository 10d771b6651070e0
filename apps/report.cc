// sturgeon report: studies as a page to look at.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "apps/report_study.h"
#include "apps/stored_study.h"
#include "core/file.h"
#include "gflags/gflags.h"

DECLARE_string(storage);
DECLARE_string(output);

namespace sturgeon {
namespace {

constexpr char kDefaultReport[] = "report.html";

// The studies that the arguments name: result files, and those of the storage; all of the storage
// if there are none.
absl::StatusOr<std::vector<ReportStudy>> Read(const std::vector<std::string>& arguments,
                                              const Plugins& plugins) {
  std::vector<std::string> names = arguments;
  std::unique_ptr<Storage> storage;
  const auto open = [&]() -> absl::Status {
    if (storage != nullptr) return absl::OkStatus();
    absl::StatusOr<std::unique_ptr<Storage>> opened = OpenExisting(plugins.storages, FLAGS_storage);
    if (!opened.ok()) return opened.status();
    storage = *std::move(opened);
    return absl::OkStatus();
  };
  if (names.empty()) {
    absl::Status status = open();
    if (!status.ok()) return status;
    const absl::StatusOr<std::vector<StudyListing>> list = storage->ListStudies();
    if (!list.ok()) return list.status();
    if (list->empty()) return FindStored(*storage, "").status();  // says what to do
    for (const StudyListing& study : *list) names.push_back(study.name);
  }
  std::vector<ReportStudy> studies;
  for (const std::string& name : names) {
    if (!arguments.empty() && absl::EndsWith(name, ".json")) {
      absl::StatusOr<ReportStudy> study = ReportResult(name, plugins);
      if (!study.ok()) return study.status();
      studies.push_back(*std::move(study));
      continue;
    }
    absl::Status status = open();
    if (!status.ok()) return status;
    const absl::StatusOr<StudyRecord> record = FindStored(*storage, name);
    if (!record.ok()) return record.status();
    absl::StatusOr<ReportStudy> study = ReportStored(*storage, *record, plugins);
    if (!study.ok()) return study.status();
    studies.push_back(*std::move(study));
  }
  return studies;
}

int Run(const std::vector<std::string>& arguments, const Plugins& plugins) {
  absl::Status status = CheckFormat();
  if (!status.ok()) return Complain(status, kExitUsage);
  const std::string output = FLAGS_output.empty() ? kDefaultReport : FLAGS_output;
  status = CheckWritable(output);
  if (!status.ok()) return Complain(absl::StrCat("--output: ", status.message()), kExitUsage);
  const absl::StatusOr<std::vector<ReportStudy>> studies = Read(arguments, plugins);
  if (!studies.ok()) return Complain(studies.status(), kExitUsage);
  status = WriteReportFile(output, *studies);
  if (!status.ok()) return Complain(status, kExitFailed);
  Value::List names;
  int64_t trials = 0;
  for (const ReportStudy& study : *studies) {
    names.emplace_back(study.config.name);
    trials += static_cast<int64_t>(study.trials.size());
  }
  const std::string what =
      names.size() == 1 ? names.front().string() : absl::StrCat(names.size(), " studies");
  const Value done =
      Value::Object{{"studies", std::move(names)}, {"trials", trials}, {"output", output}};
  const bool printed = PrintDone(done, absl::StrCat("Wrote ", what, ", ", trials, " trial",
                                                    trials == 1 ? "" : "s", ", to ", output));
  return printed ? kExitDone : kExitFailed;
}

constexpr CommandFlag kFlags[] = {
    {"storage", "WHERE",
     "Where the studies are kept: sqlite:FILE or postgresql://…; sqlite:sturgeon.db if none is "
     "said."},
    {"output", "FILE", "Where the page goes; report.html if none is said. Written in one piece."},
    {"format", "FORMAT", "text or json: what is said of the file that was written."},
};

}  // namespace

const Command kReportCommand = {
    "report",
    "Writes a page that shows studies: plots and tables in one file, for any browser.",
    "[STUDY | RESULT.json]… [flags]",
    "sturgeon report digits digits_2 --output=digits.html",
    kFlags,
    1000,
    &Run,
};

}  // namespace sturgeon
