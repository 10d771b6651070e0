// sturgeon export: a stored study as a file.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "apps/stored_study.h"
#include "apps/trial_csv.h"
#include "core/file.h"
#include "core/json.h"
#include "core/result.h"
#include "core/spending.h"
#include "core/suggest.h"
#include "gflags/gflags.h"
#include "runners/schedule.h"

DECLARE_string(output);
DEFINE_string(to, "",
              "json (the result file, as tune writes it), csv, jsonl (a trial a line), or schedule "
              "(which hyperparameters the best trial's training had from when to when; the runner "
              "panda trains it again). If none is said, what --output ends with, or json.");
DEFINE_int64(trial, -1, "--to=schedule: of that trial; the best, if none is said.");

namespace sturgeon {
namespace {

using Sink = std::function<absl::Status(absl::string_view)>;

// Calls `visit` with the trials that have ended.
absl::Status ForEachEnded(Storage& storage, int64_t study, ReadCursor* cursor,
                          const std::function<absl::Status(Trial)>& visit) {
  return storage.Read(study, cursor, [&](TrialRecord record) {
    return record.trial.finished() ? visit(std::move(record.trial)) : absl::OkStatus();
  });
}

// The best trials and what mattered stand around the trials, so these are read twice.
absl::StatusOr<int64_t> ExportResult(Storage& storage, const StudyRecord& study, const Sink& sink) {
  StudyConfig config = study.config;
  config.budget = BudgetOf(study);
  // Points and values alone.
  std::vector<Trial> brief;
  Spending spending(config);
  ReadCursor seen;
  absl::Status status = ForEachEnded(storage, study.id, &seen, [&](Trial trial) {
    spending.Add(trial);
    trial.reports = {};
    trial.reason.clear();
    trial.reason.shrink_to_fit();
    if (trial.point.empty()) trial.point = Point(config.space.size(), std::nan(""));
    brief.push_back(std::move(trial));
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  absl::StatusOr<std::vector<int64_t>> best = BestTrials(storage, study);
  if (!best.ok()) return best.status();
  const auto is_new = [&](int64_t id) {  // ended since
    return id >= seen.next || std::binary_search(seen.open.begin(), seen.open.end(), id);
  };
  const bool changed = std::any_of(best->begin(), best->end(), is_new);
  if (changed) return absl::AbortedError("the study is being worked on; try again");
  const absl::StatusOr<std::vector<Trial>> leaders = ReadTrials(storage, study.id, *best);
  if (!leaders.ok()) return leaders.status();

  ResultWriter writer(sink);
  status = writer.Begin(ResultHead(config, StrategyOf(study), *leaders));
  if (!status.ok()) return status;
  ReadCursor again;
  int64_t count = 0;
  status = ForEachEnded(storage, study.id, &again, [&](const Trial& trial) {
    if (is_new(trial.id)) return absl::OkStatus();
    ++count;
    return writer.Add(TrialToValue(config, trial));
  });
  if (status.ok()) status = writer.End(ResultTail(config, brief, spending));
  if (!status.ok()) return status;
  return count;
}

absl::StatusOr<int64_t> ExportLines(Storage& storage, const StudyRecord& study, bool csv,
                                    const Sink& sink) {
  if (csv) {
    absl::Status status = sink(CsvHeader(study.config));
    if (!status.ok()) return status;
  }
  ReadCursor cursor;
  int64_t count = 0;
  absl::Status status = ForEachEnded(storage, study.id, &cursor, [&](const Trial& trial) {
    ++count;
    return sink(csv ? CsvRow(study.config, trial)
                    : WriteJson(TrialToValue(study.config, trial)) + "\n");
  });
  if (!status.ok()) return status;
  return count;
}

absl::StatusOr<TrialRecord> ReadRecord(Storage& storage, int64_t study, int64_t number) {
  // A reader that knows all but this one.
  ReadCursor cursor;
  cursor.next = std::numeric_limits<int64_t>::max() / 4;
  cursor.open = {number};
  absl::StatusOr<TrialRecord> found =
      absl::NotFoundError(absl::StrCat("there is no trial ", number, " that has ended"));
  absl::Status status = storage.Read(study, &cursor, [&](TrialRecord record) {
    if (record.trial.finished()) found = std::move(record);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return found;
}

// Returns the number of days.
absl::StatusOr<int64_t> ExportSchedule(Storage& storage, const StudyRecord& study,
                                       const Sink& sink) {
  int64_t trial = FLAGS_trial;
  if (!FlagGiven("trial")) {
    const absl::StatusOr<std::vector<int64_t>> best = BestTrials(storage, study);
    if (!best.ok()) return best.status();
    if (best->size() != 1) {
      return absl::FailedPreconditionError(
          absl::StrCat(best->empty() ? "no trial is complete" : "there is no one best trial",
                       "; name one by --trial=NUMBER"));
    }
    trial = best->front();
  }
  const absl::StatusOr<Schedule> schedule = ScheduleOf(
      study.config, trial, [&](int64_t number) { return ReadRecord(storage, study.id, number); });
  if (!schedule.ok()) return schedule.status();
  absl::Status status = sink(WriteJsonPretty(ToValue(*schedule)) + "\n");
  if (!status.ok()) return status;
  return static_cast<int64_t>(schedule->days.size());
}

absl::StatusOr<std::string> Kind() {
  const std::vector<std::string> kinds = {"json", "csv", "jsonl", "schedule"};
  if (FLAGS_to.empty()) {
    for (const std::string& kind : kinds) {
      if (absl::EndsWith(FLAGS_output, "." + kind)) return kind;
    }
    return std::string("json");
  }
  if (std::find(kinds.begin(), kinds.end(), FLAGS_to) != kinds.end()) return FLAGS_to;
  return absl::InvalidArgumentError(absl::StrCat("--to: ", UnknownName("format", FLAGS_to, kinds)));
}

int Run(const std::vector<std::string>&, const Plugins& plugins) {
  const absl::Status known = CheckFormat();
  if (!known.ok()) return Complain(known, kExitUsage);
  const absl::StatusOr<std::string> kind = Kind();
  if (!kind.ok()) return Complain(kind.status(), kExitUsage);
  if (FlagGiven("trial") && *kind != "schedule") {
    return Complain("--trial: goes with --to=schedule; other exports are of all trials",
                    kExitUsage);
  }
  const absl::StatusOr<StoredStudy> stored = OpenStored(plugins.storages);
  if (!stored.ok()) return Complain(stored.status(), kExitUsage);
  Storage& storage = *stored->storage;
  const StudyRecord& study = stored->study;

  std::unique_ptr<FileWriter> file;
  if (!FLAGS_output.empty()) {
    auto opened = FileWriter::Open(FLAGS_output);
    if (!opened.ok()) {
      return Complain(absl::StrCat("--output: ", opened.status().message()), kExitUsage);
    }
    file = *std::move(opened);
  }
  const Sink sink = [&](absl::string_view piece) {
    if (file != nullptr) return file->Write(piece);
    return std::fwrite(piece.data(), 1, piece.size(), stdout) == piece.size()
               ? absl::OkStatus()
               : absl::UnavailableError("cannot write to stdout");
  };
  const absl::StatusOr<int64_t> count = *kind == "json" ? ExportResult(storage, study, sink)
                                        : *kind == "schedule"
                                            ? ExportSchedule(storage, study, sink)
                                            : ExportLines(storage, study, *kind == "csv", sink);
  if (!count.ok()) return Complain(count.status(), kExitFailed);
  if (file == nullptr) return Print("") ? kExitDone : kExitFailed;
  const absl::Status committed = file->Commit();
  if (!committed.ok()) return Complain(committed, kExitFailed);
  const std::string noun = *kind == "schedule" ? "day" : "trial";
  const Value done =
      Value::Object{{"study", study.config.name}, {noun + "s", *count}, {"output", FLAGS_output}};
  const bool printed = PrintDone(done, absl::StrCat("Wrote ", *count, " ", noun,
                                                    *count == 1 ? "" : "s", " to ", FLAGS_output));
  return printed ? kExitDone : kExitFailed;
}

constexpr CommandFlag kFlags[] = {
    kStorageFlag,
    kStudyNameFlag,
    {"to", "KIND"},
    {"trial", "NUMBER"},
    {"output", "FILE", "Where it goes; stdout if none is said. Written in one piece."},
    {"format", "FORMAT", "text or json: what is said of a file that was written."},
};

}  // namespace

const Command kExportCommand = {
    "export",  "Writes the trials of a study that have ended to a file.",
    "[flags]", "sturgeon export --study_name=digits --output=digits.csv",
    kFlags,    0,
    &Run,
};

}  // namespace sturgeon
