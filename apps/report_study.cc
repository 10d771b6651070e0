#include "apps/report_study.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "apps/kept_study.h"
#include "apps/result_file.h"
#include "apps/stored_study.h"
#include "core/file.h"
#include "core/strategy.h"
#include "core/study_spec.h"
#include "core/trial_check.h"
#include "report/page.h"

namespace sturgeon {

namespace {

// Beyond this many trials nobody waits for a strategy to hear of them all again.
constexpr size_t kMostRetold = 20000;

// The rounds of the study's strategy, as far as it has any: told the trials, a strategy knows them.
std::vector<SearchRound> RoundsOf(const Plugins& plugins, const ReportStudy& study) {
  PluginSpec spec;
  if (study.trials.size() > kMostRetold || !ReadValue(study.strategy, "", &spec).ok()) return {};
  const auto strategy = plugins.strategies.Create(
      spec, StrategyContext{study.config, plugins, [](absl::string_view) {}});
  if (!strategy.ok()) return {};  // of another version, or another program
  std::vector<const Trial*> finished;
  for (const Trial& trial : study.trials) {
    // What another tool has stored need not be what a strategy may assume.
    if (CheckEnded(study.config, trial).ok()) finished.push_back(&trial);
  }
  return (*strategy)->Tell(finished).ok() ? (*strategy)->Rounds() : std::vector<SearchRound>();
}

}  // namespace

ReportStudy ReportHead(const StudyRecord& study, const std::string& source) {
  ReportStudy report;
  report.config = study.config;
  report.config.budget = BudgetOf(study);
  report.source = source;
  report.strategy = StrategyOf(study);
  if (const Value* spec = study.attributes.Find(kSpecAttribute)) {
    if (const Value* runner = spec->Find("runner")) report.runner = *runner;
  }
  return report;
}

void CompleteReport(const Plugins& plugins, ReportStudy* study) {
  AddImportance(study);
  study->rounds = RoundsOf(plugins, *study);
}

absl::StatusOr<ReportStudy> ReportStored(Storage& storage, const StudyRecord& study,
                                         const Plugins& plugins) {
  ReportStudy report = ReportHead(study, storage.description());
  ReadCursor cursor;
  absl::Status status = storage.Read(study.id, &cursor, [&](TrialRecord record) {
    report.trials.push_back(std::move(record.trial));
    report.workers.push_back(std::move(record.worker));
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  CompleteReport(plugins, &report);
  return report;
}

absl::StatusOr<ReportStudy> ReportResult(const std::string& file, const Plugins& plugins) {
  absl::StatusOr<ResultFile> result = ReadResultFile(file);
  if (!result.ok()) return result.status();
  ReportStudy report;
  report.config = std::move(result->config);
  report.trials = std::move(result->trials);
  std::sort(report.trials.begin(), report.trials.end(),
            [](const Trial& a, const Trial& b) { return a.id < b.id; });
  report.source = file.substr(file.rfind('/') + 1);
  report.strategy = std::move(result->strategy);
  CompleteReport(plugins, &report);
  return report;
}

ReportStudy ReportOf(const Study& study, const PluginSpec& strategy, const PluginSpec& runner,
                     const std::string& source, const Plugins& plugins) {
  ReportStudy report;
  report.config = study.config();
  report.source = source;
  report.strategy = ToValue(strategy);
  report.runner = ToValue(runner);
  report.trials = study.Trials();
  CompleteReport(plugins, &report);
  return report;
}

absl::Status WriteReportFile(const std::string& path, const std::vector<ReportStudy>& studies) {
  absl::StatusOr<std::unique_ptr<FileWriter>> file = FileWriter::Open(path);
  if (!file.ok()) return file.status();
  ReportWriter writer([&](absl::string_view piece) { return (*file)->Write(piece); });
  const std::string title =
      studies.size() == 1 ? studies.front().config.name : absl::StrCat(studies.size(), " studies");
  absl::Status status = writer.Begin(title);
  for (const ReportStudy& study : studies) {
    if (status.ok()) status = writer.Add(study);
  }
  if (status.ok()) status = writer.End();
  return status.ok() ? (*file)->Commit() : status;
}

}  // namespace sturgeon
