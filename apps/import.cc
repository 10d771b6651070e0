// sturgeon import: a file, or a study of another storage, into a storage.

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "apps/checkpoints.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "apps/import_file.h"
#include "apps/stored_study.h"
#include "core/file.h"
#include "core/json.h"
#include "core/space_json.h"
#include "core/study_spec.h"
#include "gflags/gflags.h"
#include "terminal/text.h"

DECLARE_string(storage);
DECLARE_string(study);
DECLARE_string(study_name);
DEFINE_string(from, "", "Instead of a file: a storage, to copy --study_name from.");
DEFINE_bool(append, false, "Add the trials to the study of that name, which is there already.");

namespace sturgeon {
namespace {

struct Import {
  StudyRecord study;                // with --append the stored one
  std::vector<TrialRecord> trials;  // those that wait are enqueued
  std::vector<std::string> notes;
};

// The study that the file's trials are of, where the user has named it: the stored one, of
// --append, or the study file's.
absl::StatusOr<std::optional<StudyRecord>> KnownStudy(Storage& storage, const Plugins& plugins) {
  if (FLAGS_append) {
    absl::StatusOr<StudyRecord> stored = FindStored(storage, FLAGS_study_name);
    if (!stored.ok()) return stored.status();
    return std::optional<StudyRecord>(*std::move(stored));
  }
  if (FLAGS_study.empty()) return std::optional<StudyRecord>();
  const absl::StatusOr<Value> json = ReadJsonFile(FLAGS_study);
  if (!json.ok()) return json.status();
  const absl::StatusOr<StudySpec> spec = StudySpecFromValue(*json, FLAGS_study);
  if (!spec.ok()) return spec.status();
  absl::StatusOr<PreparedStudy> prepared = Prepare(*spec, plugins.models, FLAGS_study);
  if (!prepared.ok()) return prepared.status();
  StudyRecord study;
  study.config = std::move(prepared->config);
  return std::optional<StudyRecord>(std::move(study));
}

absl::StatusOr<Import> FromFile(const std::string& path, Storage& storage, const Plugins& plugins) {
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return text.status();
  absl::StatusOr<std::optional<StudyRecord>> known = KnownStudy(storage, plugins);
  if (!known.ok()) return known.status();
  absl::StatusOr<ImportedFile> file =
      ReadImport(*text, path, known->has_value() ? &(*known)->config : nullptr);
  if (!file.ok()) return file.status();
  Import import;
  for (Trial& trial : file->trials) import.trials.emplace_back().trial = std::move(trial);
  if (FLAGS_append) {
    import.study = **std::move(known);
    return import;
  }
  import.study.config = std::move(file->config);
  if (!FLAGS_study_name.empty()) import.study.config.name = FLAGS_study_name;
  if (!file->strategy.is_null()) import.study.attributes.Set(kStrategyAttribute, file->strategy);
  if (file->renumbered) {
    import.notes.emplace_back("the file leaves trials out, so they have new numbers, from 0 on");
  }
  return import;
}

absl::StatusOr<Import> FromStorage(const Plugins& plugins) {
  const auto storage = OpenExisting(plugins.storages, FLAGS_from);
  if (!storage.ok()) return storage.status();
  absl::StatusOr<StudyRecord> study = FindStored(**storage, FLAGS_study_name);
  if (!study.ok()) return study.status();
  Import import;
  import.study = *std::move(study);
  import.study.attributes = WithoutCheckpoints(import.study.attributes);
  int64_t running = 0;
  ReadCursor cursor;
  absl::Status status = (*storage)->Read(import.study.id, &cursor, [&](TrialRecord record) {
    Trial& trial = record.trial;
    if (trial.state == TrialState::kRunning) {
      // Its worker knows nothing of the copy, and the numbers behind it must stay.
      ++running;
      trial.state = TrialState::kFailed;
      trial.failure = FailureKind::kCancelled;
      trial.reason = "it ran when the study was copied";
    }
    import.trials.push_back(std::move(record));
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  if (running > 0) {
    import.notes.push_back(
        absl::StrCat(running, running == 1 ? " trial that runs is" : " trials that run are",
                     " cancelled in the copy"));
  }
  return import;
}

// Stretches of trials that have ended in one step each, and those that wait between them.
absl::Status Add(Storage& storage, int64_t study, const std::vector<TrialRecord>& trials) {
  std::vector<TrialRecord> ended;
  const auto flush = [&] {
    absl::Status status = ended.empty() ? absl::OkStatus() : storage.Import(study, ended).status();
    ended.clear();
    return status;
  };
  for (const TrialRecord& record : trials) {
    if (record.trial.finished()) {
      ended.push_back(record);
      continue;
    }
    absl::Status status = flush();
    if (status.ok()) status = storage.Enqueue(study, {record.enqueued}).status();
    if (!status.ok()) return status;
  }
  return flush();
}

int Run(const std::vector<std::string>& arguments, const Plugins& plugins) {
  const absl::Status known = CheckFormat();
  if (!known.ok()) return Complain(known, kExitUsage);
  if (arguments.empty() == FLAGS_from.empty()) {
    return Complain("import takes a file (sturgeon import FILE.json), or another storage (--from)",
                    kExitUsage);
  }
  if (!FLAGS_from.empty() && (FLAGS_append || !FLAGS_study.empty())) {
    return Complain("--from copies a whole study; --append and --study go with a file", kExitUsage);
  }
  const auto storage = FLAGS_append ? OpenExisting(plugins.storages, FLAGS_storage)
                                    : OpenStorage(plugins.storages, FLAGS_storage);
  if (!storage.ok()) return Complain(storage.status(), kExitUsage);
  absl::StatusOr<Import> import =
      FLAGS_from.empty() ? FromFile(arguments[0], **storage, plugins) : FromStorage(plugins);
  if (!import.ok()) return Complain(import.status(), kExitUsage);

  int64_t id = import->study.id;
  if (!FLAGS_append) {
    const absl::StatusOr<int64_t> made = (*storage)->CreateStudy(import->study);
    if (absl::IsAlreadyExists(made.status())) {
      return Complain(
          absl::StrCat((*storage)->description(), " has a study ", import->study.config.name,
                       " already; give this one another name (--study_name), or add to "
                       "that one (--append)"),
          kExitUsage);
    }
    if (!made.ok()) return Complain(made.status(), kExitFailed);
    id = *made;
  }
  const absl::Status added = Add(**storage, id, import->trials);
  if (!added.ok()) {
    if (!FLAGS_append) (*storage)->DeleteStudy(id).IgnoreError();
    return Complain(added, kExitFailed);
  }
  for (const std::string& note : import->notes) std::fprintf(stderr, "%s\n", note.c_str());
  const auto count = static_cast<int64_t>(import->trials.size());
  const std::string& name = import->study.config.name;
  const Value done =
      Value::Object{{"study", name}, {"trials", count}, {"storage", (*storage)->description()}};
  const bool printed = PrintDone(
      done, Printable(absl::StrCat(
                FLAGS_append ? "Added " : "Imported ", count, count == 1 ? " trial" : " trials",
                FLAGS_append ? " to " : " as ", name, ", in ", (*storage)->description())));
  return printed ? kExitDone : kExitFailed;
}

constexpr CommandFlag kFlags[] = {
    kStorageFlag,
    {"study_name", "NAME",
     "What the study is called; as in the file if none is said. With --from: which one to copy."},
    {"append", ""},
    {"study", "FILE", "The study file, for files that do not say what their study is: jsonl, csv."},
    {"from", "WHERE"},
    kFormatFlag,
};

}  // namespace

const Command kImportCommand = {
    "import",
    "Makes a study of a result file or an export, or copies one.",
    "[FILE] [flags]",
    "sturgeon import digits.result.json --study_name=digits_2\n"
    "sturgeon import --from=sqlite:old.db --study_name=digits --storage=sqlite:new.db",
    kFlags,
    1,
    &Run,
};

}  // namespace sturgeon
