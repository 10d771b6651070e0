// sturgeon replay: whether a stored study's decisions come out again.

#include "core/replay.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "apps/kept_study.h"
#include "apps/stored_study.h"
#include "core/earlier_study.h"
#include "core/json.h"
#include "core/runner.h"
#include "core/study_spec.h"
#include "gflags/gflags.h"
#include "terminal/text.h"

namespace sturgeon {
namespace {

// How the worker ran the study: by the study file and the flags that are kept with it.
absl::StatusOr<ReplayPlan> PlanOf(const StudyRecord& study, absl::string_view worker,
                                  const Plugins& plugins) {
  const Value* kept = study.attributes.Find(SpecAttributeOf(worker));
  if (kept == nullptr) kept = study.attributes.Find(kSpecAttribute);
  if (kept == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat(study.config.name,
                     " has no study file kept with it (it was imported, or made "
                     "by another tool), so its strategy is not known"));
  }
  const absl::StatusOr<StudySpec> spec =
      StudySpecFromValue(*kept, absl::StrCat("the study file kept with ", study.config.name));
  if (!spec.ok()) return spec.status();
  ReplayPlan plan;
  plan.config = study.config;
  plan.config.trials = spec->trials;
  plan.strategy = spec->strategy;
  const auto runner = plugins.runners.Create(spec->runner, RunnerContext(), "its runner");
  if (!runner.ok()) return runner.status();
  plan.config.parallelism = (*runner)->Parallelism();
  if (spec->trials > 0 && plan.config.parallelism > spec->trials) {
    plan.config.parallelism = static_cast<int>(spec->trials);
  }
  absl::StatusOr<std::vector<EarlierStudy>> earlier =
      ReadEarlierStudies(spec->warm_start, plan.config);
  if (!earlier.ok()) {
    return absl::Status(earlier.status().code(),
                        absl::StrCat("its warm start: ", earlier.status().message()));
  }
  plan.config.warm_start = *std::move(earlier);
  return plan;
}

Value Shown(const StudyConfig& config, const std::string& parameter, double value) {
  if (std::isnan(value)) return Value();
  const Parameter& p = config.space[*config.space.Find(parameter)];
  // What is stored may be no value of the parameter at all.
  const bool choice = !p.is_categorical() || (value >= 0 && value < p.choices.size());
  return choice ? p.ToValue(value) : Value(value);
}

std::string Text(const StudyConfig& config, const Replayed& replayed) {
  const std::string name = Printable(config.name);
  const auto count = [](int64_t n, const char* what) {
    return absl::StrCat(n, " ", what, n == 1 ? "" : "s");
  };
  const std::string told = replayed.told > 0 ? absl::StrCat(" (", count(replayed.told, "trial"),
                                                            " enqueued, repeated or imported)")
                                             : "";
  if (!replayed.difference.has_value()) {
    return absl::StrCat(name, " replays bit for bit: ", count(replayed.proposals, "proposal"), told,
                        "\n");
  }
  const ReplayDifference& difference = *replayed.difference;
  std::string text = absl::StrCat(name, " does not replay: trial ", difference.trial);
  if (difference.parameter.empty()) {
    absl::StrAppend(&text, ": ", Printable(difference.what), "\n");
  } else {
    const auto shown = [&](double value) {
      return std::isnan(value) ? std::string("inactive")
                               : Printable(WriteJson(Shown(config, difference.parameter, value)));
    };
    absl::StrAppend(&text, ", ", Printable(difference.parameter), ": stored ",
                    shown(difference.stored), ", replayed ", shown(difference.replayed), "\n");
  }
  absl::StrAppend(&text, "Before it, ", count(replayed.proposals, "proposal"),
                  " came out bit for bit.\n",
                  "Likely causes: another version or build of sturgeon, another processor, a warm "
                  "start\nfile that has changed, or trials that were changed by hand.\n");
  return text;
}

Value Json(const StudyConfig& config, const Replayed& replayed) {
  Value json;
  json.Set("study", config.name);
  json.Set("replays", !replayed.difference.has_value());
  json.Set("proposals", replayed.proposals);
  json.Set("told_only", replayed.told);
  if (replayed.difference.has_value()) {
    const ReplayDifference& difference = *replayed.difference;
    Value shown;
    shown.Set("trial", difference.trial);
    if (difference.parameter.empty()) {
      shown.Set("what", difference.what);
    } else {
      shown.Set("parameter", difference.parameter);
      shown.Set("stored", Shown(config, difference.parameter, difference.stored));
      shown.Set("replayed", Shown(config, difference.parameter, difference.replayed));
    }
    json.Set("difference", std::move(shown));
  }
  return json;
}

int Run(const std::vector<std::string>&, const Plugins& plugins) {
  const absl::Status known = CheckFormat();
  if (!known.ok()) return Complain(known, kExitUsage);
  const absl::StatusOr<StoredStudy> stored = OpenStored(plugins.storages);
  if (!stored.ok()) return Complain(stored.status(), kExitUsage);
  Storage& storage = *stored->storage;
  const StudyRecord& study = stored->study;
  const absl::StatusOr<std::vector<TrialRecord>> trials = ReadForReplay(storage, study.id);
  if (!trials.ok()) return Complain(trials.status(), kExitFailed);
  const bool any = std::any_of(trials->begin(), trials->end(),
                               [](const TrialRecord& record) { return record.asked.has_value(); });
  if (!any) {
    return Complain(absl::StrCat(study.config.name,
                                 " has no trial that a strategy of sturgeon's has proposed; there "
                                 "is nothing to replay"),
                    kExitUsage);
  }
  const absl::StatusOr<Replayed> replayed = Replay(
      *trials, plugins, [&](absl::string_view worker) { return PlanOf(study, worker, plugins); });
  if (!replayed.ok()) return Complain(replayed.status(), kExitFailed);
  const bool printed =
      Print(FLAGS_format == "json" ? WriteJsonPretty(Json(study.config, *replayed)) + "\n"
                                   : Text(study.config, *replayed));
  return printed && !replayed->difference.has_value() ? kExitDone : kExitFailed;
}

constexpr CommandFlag kFlags[] = {kStorageFlag, kStudyNameFlag, kFormatFlag};

}  // namespace

const Command kReplayCommand = {
    "replay",  "Makes a study's decisions again, and says whether they come out bit for bit.",
    "[flags]", "sturgeon replay --study_name=digits",
    kFlags,    0,
    &Run,
};

}  // namespace sturgeon
