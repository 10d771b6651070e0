#include "apps/study_flags.h"

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "apps/command.h"
#include "core/json.h"
#include "core/option_schema.h"
#include "core/space.h"
#include "core/space_json.h"
#include "gflags/gflags.h"

DEFINE_string(study, "", "The study file; docs/command_line.md says what may stand in it.");
DEFINE_int64(trials, 0, "How many trials. (This, as most flags do, overrules the study file.)");
DEFINE_string(time_limit, "", "How long at most: 90s, 10m, 1h30m.");
DEFINE_string(budget, "",
              "What all trials together may take: steps=N, seconds=N (docs/command_line.md).");
DEFINE_string(model_options, "", "Options of the model, as k=v,k=v.");
DEFINE_string(strategy, "", "What proposes the trials: see sturgeon plugins --kind=strategy.");
DEFINE_string(strategy_options, "", "Options of the strategy, as k=v,k=v.");
DEFINE_string(stopping, "",
              "Rules that stop trials early, separated by commas: see sturgeon plugins "
              "--kind=stopping_rule.");
DEFINE_string(stopping_options, "", "Options of the one stopping rule, as k=v,k=v.");
DEFINE_string(runner, "", "What runs the trials: see sturgeon plugins --kind=runner.");
DEFINE_string(runner_options, "", "Options of the runner, as k=v,k=v.");
DEFINE_int32(parallelism, 0, "How many trials run at once; the runner's option of that name.");
DEFINE_string(study_name, "", "The study's name there; that of the study file if none is said.");
DEFINE_int32(retries, 0, "How often a trial that fails is repeated.");
DEFINE_int64(seed, 0, "The same seed gives the same proposals.");
DEFINE_string(tiers, "",
              "Tune only the parameters of these tiers, such as 1,2; the others keep "
              "their defaults.");
DEFINE_string(warm_start, "",
              "Result files of earlier studies to learn from, separated by commas.");
DEFINE_bool(test_best, false,
            "Train the best once more at the end, and judge it by the test data.");

namespace sturgeon {

absl::Status At(absl::string_view where, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(where, ": ", status.message()));
}

absl::Status BadFlag(absl::string_view flag, absl::string_view message) {
  return absl::InvalidArgumentError(absl::StrCat("--", flag, ": ", message));
}

namespace {

// Lets the flags --strategy and --strategy_options (or the runner's) overrule the file's plugin.
// Options of the file go with its plugin: another name starts with none.
absl::Status Overrule(const char* kind, const std::string& name, const std::string& options,
                      PluginSpec* spec) {
  if (!name.empty() && name != spec->name) *spec = {name};
  absl::StatusOr<Value> parsed = ParseAssignments(options);
  if (!parsed.ok()) return BadFlag(absl::StrCat(kind, "_options"), parsed.status().message());
  for (Value::Field& field : parsed->object()) spec->options.Set(field.name, field.value);
  return absl::OkStatus();
}

// Likewise for the stopping rules: names overrule the file's list, options go to the only rule.
absl::Status OverruleStopping(std::vector<PluginSpec>* rules) {
  if (FlagGiven("stopping")) {
    std::vector<PluginSpec> given;
    for (const absl::string_view name : absl::StrSplit(FLAGS_stopping, ',', absl::SkipEmpty())) {
      PluginSpec rule = {std::string(name)};
      for (const PluginSpec& of_file : *rules) {
        if (of_file.name == name) rule = of_file;
      }
      given.push_back(std::move(rule));
    }
    *rules = std::move(given);
  }
  if (FLAGS_stopping_options.empty()) return absl::OkStatus();
  if (rules->size() != 1) {
    return BadFlag("stopping_options",
                   rules->empty() ? "there is no stopping rule; name one by --stopping"
                                  : absl::StrCat("there are ", rules->size(),
                                                 " stopping rules; write their options into the "
                                                 "study file"));
  }
  return Overrule("stopping", "", FLAGS_stopping_options, &rules->front());
}

absl::Status ReadTiers(const std::string& text, std::vector<int>* tiers) {
  tiers->clear();
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    int tier = 0;
    if (!absl::SimpleAtoi(part, &tier) || tier < kFirstTier || tier > kLastTier) {
      return BadFlag("tiers", absl::StrCat("\"", part, "\" is no tier; they are ", kFirstTier,
                                           " to ", kLastTier, ", separated by commas"));
    }
    tiers->push_back(tier);
  }
  return absl::OkStatus();
}

// The flags take the place of what the file says.
absl::Status ApplyFlags(StudySpec* spec) {
  if (FlagGiven("study_name")) {
    if (FLAGS_study_name.empty()) return BadFlag("study_name", "must not be empty");
    spec->name = FLAGS_study_name;
  }
  if (FLAGS_retries < 0) return BadFlag("retries", "must be at least 0");
  if (FlagGiven("trials")) {
    if (FLAGS_trials < 1) return BadFlag("trials", "must be at least 1");
    spec->trials = FLAGS_trials;
  }
  if (FlagGiven("seed")) {
    if (FLAGS_seed < 0) return BadFlag("seed", "must be at least 0");
    spec->seed = static_cast<uint64_t>(FLAGS_seed);
  }
  if (FlagGiven("time_limit")) {
    const absl::StatusOr<absl::Duration> limit = ParseTimeLimit(FLAGS_time_limit);
    if (!limit.ok()) return BadFlag("time_limit", limit.status().message());
    spec->time_limit = *limit;
  }
  if (FlagGiven("budget")) {
    const absl::StatusOr<Value> given = ParseAssignments(FLAGS_budget);
    if (!given.ok()) return BadFlag("budget", given.status().message());
    absl::StatusOr<Budget> budget = BudgetFromValue(*given, "--budget");
    if (!budget.ok()) return budget.status();
    spec->budget = *std::move(budget);
  }
  if (FlagGiven("tiers")) {
    absl::Status status = ReadTiers(FLAGS_tiers, &spec->tiers);
    if (!status.ok()) return status;
  }
  if (FlagGiven("warm_start")) {
    spec->warm_start = absl::StrSplit(FLAGS_warm_start, ',', absl::SkipEmpty());
  }
  if (FlagGiven("test_best")) spec->test_best = FLAGS_test_best;
  absl::Status status = Overrule("model", "", FLAGS_model_options, &spec->model);
  status.Update(Overrule("strategy", FLAGS_strategy, FLAGS_strategy_options, &spec->strategy));
  status.Update(OverruleStopping(&spec->stopping));
  status.Update(Overrule("runner", FLAGS_runner, FLAGS_runner_options, &spec->runner));
  if (FlagGiven("parallelism")) {
    if (FLAGS_parallelism < 1) return BadFlag("parallelism", "must be at least 1");
    spec->runner.options.Set("parallelism", int{FLAGS_parallelism});
  }
  return status;
}

// What the study's space has of an enqueued assignment: parameters that flags have fixed are left
// out.
Value WithoutFixed(const Value& assignment, const Value& fixed) {
  if (!assignment.is_object()) return assignment;
  Value::Object kept;
  for (const Value::Field& field : assignment.object()) {
    if (fixed.Find(field.name) == nullptr) kept.push_back(field);
  }
  return kept;
}

}  // namespace

absl::StatusOr<StudySpec> SpecFromFlags() {
  const absl::StatusOr<Value> json = ReadJsonFile(FLAGS_study);
  if (!json.ok()) return json.status();
  absl::StatusOr<StudySpec> spec = StudySpecFromValue(*json, FLAGS_study);
  if (!spec.ok()) return spec;
  absl::Status status = ApplyFlags(&*spec);
  if (!status.ok()) return status;
  return spec;
}

absl::StatusOr<std::vector<EarlierStudy>> EarlierStudiesOf(const StudySpec& spec,
                                                           const StudyConfig& config) {
  absl::StatusOr<std::vector<EarlierStudy>> earlier = ReadEarlierStudies(spec.warm_start, config);
  if (earlier.ok()) return earlier;
  return FlagGiven("warm_start") ? BadFlag("warm_start", earlier.status().message())
                                 : At(absl::StrCat(FLAGS_study, ": warm_start"), earlier.status());
}

absl::StatusOr<std::vector<Value>> EnqueuedBy(const StudySpec& spec,
                                              const PreparedStudy& prepared) {
  std::vector<Value> enqueued;
  for (size_t i = 0; i < spec.enqueue.size(); ++i) {
    enqueued.push_back(WithoutFixed(spec.enqueue[i], prepared.fixed));
    absl::Status status = PointFromValue(prepared.config.space, enqueued.back(),
                                         absl::StrCat(FLAGS_study, ": enqueue[", i, "]"))
                              .status();
    if (!status.ok()) return status;
  }
  return enqueued;
}

}  // namespace sturgeon
