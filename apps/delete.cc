// sturgeon delete: a stored study, with all its trials and checkpoints.

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "apps/checkpoints.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "apps/stored_study.h"
#include "gflags/gflags.h"
#include "terminal/text.h"

DECLARE_string(study_name);
DEFINE_bool(yes, false, "Do not ask.");
DEFINE_bool(keep_checkpoints, false, "Leave the study's checkpoints where they are.");

namespace sturgeon {
namespace {

// Whether the user, who is asked on the terminal, says yes.
bool Confirmed(const std::string& question) {
  std::fprintf(stderr, "%s [y/N] ", question.c_str());
  std::string answer;
  for (int c = std::getchar(); c != EOF && c != '\n'; c = std::getchar()) {
    answer += static_cast<char>(c);
  }
  answer = absl::AsciiStrToLower(absl::StripAsciiWhitespace(answer));
  return answer == "y" || answer == "yes";
}

int Run(const std::vector<std::string>&, const Plugins& plugins) {
  const absl::Status known = CheckFormat();
  if (!known.ok()) return Complain(known, kExitUsage);
  if (FLAGS_study_name.empty()) {
    return Complain("say which study to delete: sturgeon delete --study_name=NAME", kExitUsage);
  }
  const absl::StatusOr<StoredStudy> stored = OpenStored(plugins.storages);
  if (!stored.ok()) return Complain(stored.status(), kExitUsage);
  Storage& storage = *stored->storage;
  const StudyRecord& study = stored->study;
  const absl::StatusOr<std::vector<StudyListing>> list = storage.ListStudies();
  if (!list.ok()) return Complain(list.status(), kExitFailed);
  int64_t trials = 0, running = 0;
  for (const StudyListing& listing : *list) {
    if (listing.id != study.id) continue;
    running = listing.running;
    trials =
        listing.waiting + listing.running + listing.complete + listing.stopped + listing.failed;
  }
  const std::vector<std::string> folders = CheckpointFoldersOf(study);
  const std::string where = absl::StrJoin(folders, ", ");
  const bool checkpoints = !folders.empty() && !FLAGS_keep_checkpoints;
  const std::string what = Printable(
      absl::StrCat(study.config.name, " and its ", trials, trials == 1 ? " trial" : " trials",
                   running > 0 ? absl::StrCat(" (", running, " of them running)") : "", " from ",
                   storage.description(), checkpoints ? ", and its checkpoints, " : "",
                   checkpoints ? where : ""));
  if (!FLAGS_yes) {
    if (isatty(STDIN_FILENO) == 0) {
      return Complain(absl::StrCat("this deletes ", what, "; if that is meant, add --yes"),
                      kExitUsage);
    }
    if (!Confirmed(absl::StrCat("Delete ", what, "?"))) {
      std::fprintf(stderr, "Nothing is deleted.\n");
      return kExitFailed;
    }
  }
  const absl::Status deleted = storage.DeleteStudy(study.id);
  if (!deleted.ok()) return Complain(deleted, kExitFailed);
  if (checkpoints) {
    for (const std::string& folder : folders) {
      const absl::Status removed = RemoveCheckpoints(study, folder);
      if (removed.ok()) continue;
      return Complain(absl::StrCat(study.config.name, " is deleted, but ", removed.message()),
                      kExitFailed);
    }
  } else if (!folders.empty()) {
    std::fprintf(stderr, "Its checkpoints stay: %s\n", Printable(where).c_str());
  }
  const Value done = Value::Object{{"deleted", study.config.name}, {"trials", trials}};
  const bool printed = PrintDone(done, absl::StrCat("Deleted ", what));
  return printed ? kExitDone : kExitFailed;
}

constexpr CommandFlag kFlags[] = {kStorageFlag,
                                  {"study_name", "NAME", "Which study."},
                                  {"yes", ""},
                                  {"keep_checkpoints", ""},
                                  kFormatFlag};

}  // namespace

const Command kDeleteCommand = {
    "delete",
    "Deletes a study with all its trials and checkpoints.",
    "--study_name=NAME [flags]",
    "sturgeon delete --study_name=digits",
    kFlags,
    0,
    &Run,
};

}  // namespace sturgeon
