// sturgeon delete: a stored study, with all its trials.

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "apps/stored_study.h"
#include "apps/terminal.h"
#include "core/json.h"
#include "gflags/gflags.h"

DECLARE_string(study_name);
DEFINE_bool(yes, false, "Do not ask.");

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
  const std::string what = Printable(
      absl::StrCat(study.config.name, " and its ", trials, trials == 1 ? " trial" : " trials",
                   running > 0 ? absl::StrCat(" (", running, " of them running)") : "", " from ",
                   storage.description()));
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
  const bool printed = FLAGS_format == "json"
                           ? Print(WriteJson(Value(Value::Object{{"deleted", study.config.name},
                                                                 {"trials", trials}})) +
                                   "\n")
                           : Print(absl::StrCat("Deleted ", what, "\n"));
  return printed ? kExitDone : kExitFailed;
}

constexpr CommandFlag kFlags[] = {
    kStorageFlag, {"study_name", "NAME", "Which study."}, {"yes", ""}, kFormatFlag};

}  // namespace

const Command kDeleteCommand = {
    "delete",
    "Deletes a study with all its trials.",
    "--study_name=NAME [flags]",
    "sturgeon delete --study_name=digits",
    kFlags,
    0,
    &Run,
};

}  // namespace sturgeon
