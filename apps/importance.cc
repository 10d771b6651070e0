// sturgeon importance: what mattered in a stored study, or in that of a result file.

#include "core/importance.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "apps/importance_table.h"
#include "apps/result_file.h"
#include "apps/stored_study.h"
#include "core/json.h"
#include "core/study_spec.h"
#include "core/suggest.h"
#include "gflags/gflags.h"

DECLARE_string(metric);
DECLARE_string(storage);
DECLARE_string(study_name);
DEFINE_string(method, "fanova",
              "fanova (what explains the values, over the whole space), ped_anova (what tells good "
              "trials from others), or permutation.");
DEFINE_string(goal, "",
              "minimize or maximize: what is good of a metric that the study has no goal for.");
DEFINE_double(quantile, 0,
              "The share of the trials that count as good, such as 0.1: what matters near the "
              "best. 1, all of them, if none is said; with ped_anova 0.1.");
DEFINE_bool(ranks, true,
            "Whether trials count by the ranks of their values. With --noranks a few values that "
            "are far off may decide it all.");
DEFINE_bool(pairs, false, "Also what pairs of parameters do together. fanova only.");

namespace sturgeon {
namespace {

absl::StatusOr<ImportanceOptions> OptionsOfFlags() {
  ImportanceOptions options;
  const std::optional<ImportanceMethod> method = ImportanceMethodFromName(FLAGS_method);
  if (!method.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--method: ", UnknownName("method", FLAGS_method, ImportanceMethodNames())));
  }
  options.method = *method;
  options.metric = FLAGS_metric;
  if (!FLAGS_goal.empty()) {
    const absl::StatusOr<Goal> goal = GoalFromName(FLAGS_goal, "--goal");
    if (!goal.ok()) return goal.status();
    options.goal = *goal;
  }
  if (FlagGiven("quantile")) options.quantile = FLAGS_quantile;
  options.ranks = FLAGS_ranks;
  options.pairs = FLAGS_pairs;
  return options;
}

struct Ended {
  StudyConfig config;
  std::vector<Trial> trials;
};

absl::StatusOr<Ended> OfFile(const std::string& path) {
  if (FlagGiven("storage") || FlagGiven("study_name")) {
    return absl::InvalidArgumentError(
        absl::StrCat("--storage and --study_name do not go with a file, ", path));
  }
  if (!absl::EndsWith(path, ".json")) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is no result file (.json); a stored study is named by --study_name"));
  }
  absl::StatusOr<ResultFile> file = ReadResultFile(path);
  if (!file.ok()) return file.status();
  return Ended{std::move(file->config), std::move(file->trials)};
}

absl::StatusOr<Ended> OfStorage(const StorageRegistry& storages) {
  const absl::StatusOr<StoredStudy> stored = OpenStored(storages);
  if (!stored.ok()) return stored.status();
  Ended ended;
  ended.config = stored->study.config;
  ReadCursor cursor;
  absl::Status status = stored->storage->Read(stored->study.id, &cursor, [&](TrialRecord record) {
    if (record.trial.finished()) ended.trials.push_back(std::move(record.trial));
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return ended;
}

int Run(const std::vector<std::string>& arguments, const Plugins& plugins) {
  const absl::Status known = CheckFormat();
  if (!known.ok()) return Complain(known, kExitUsage);
  const absl::StatusOr<ImportanceOptions> options = OptionsOfFlags();
  if (!options.ok()) return Complain(options.status(), kExitUsage);
  const absl::StatusOr<Ended> ended =
      arguments.empty() ? OfStorage(plugins.storages) : OfFile(arguments[0]);
  if (!ended.ok()) return Complain(ended.status(), kExitUsage);
  const absl::StatusOr<ImportanceReport> report =
      Importance(ended->config, ended->trials, *options);
  if (!report.ok()) return Complain(report.status(), kExitUsage);
  const std::string text = FLAGS_format == "json"
                               ? WriteJsonPretty(ToValue(ended->config, *report)) + "\n"
                               : ImportanceText(ended->config, *report);
  return Print(text) ? kExitDone : kExitFailed;
}

constexpr CommandFlag kFlags[] = {
    kStorageFlag,
    kStudyNameFlag,
    {"method", "METHOD"},
    {"metric", "NAME",
     "What they must have mattered to: an objective, the metric of a constraint, or another that "
     "trials report; the first objective if none is said."},
    {"quantile", "SHARE"},
    {"goal", "GOAL"},
    {"pairs", ""},
    {"ranks", ""},
    kFormatFlag,
};

}  // namespace

const Command kImportanceCommand = {
    "importance",
    "Says which parameters mattered, and how far to believe it.",
    "[RESULT.json] [flags]",
    "sturgeon importance --study_name=digits --pairs\n"
    "sturgeon importance digits.result.json --method=ped_anova --quantile=0.2",
    kFlags,
    1,
    &Run,
};

}  // namespace sturgeon
