// sturgeon tune: runs a study file, and shows what came of it.

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "apps/checkpoints.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "apps/interrupt.h"
#include "apps/kept_study.h"
#include "apps/progress.h"
#include "apps/stored_study.h"
#include "apps/summary.h"
#include "apps/terminal.h"
#include "apps/test_best.h"
#include "core/checkpoint_store.h"
#include "core/earlier_study.h"
#include "core/file.h"
#include "core/json.h"
#include "core/option_schema.h"
#include "core/result.h"
#include "core/runner.h"
#include "core/space_json.h"
#include "core/storage.h"
#include "core/study.h"
#include "core/study_spec.h"
#include "gflags/gflags.h"

DEFINE_string(study, "", "The study file; docs/command_line.md says what may stand in it.");
DEFINE_int64(trials, 0, "How many trials. (This, as most flags do, overrules the study file.)");
DEFINE_string(time_limit, "", "How long at most: 90s, 10m, 1h30m.");
DEFINE_string(budget, "",
              "What all trials together may take: steps=N, seconds=N (docs/command_line.md).");
DEFINE_string(strategy, "", "What proposes the trials: see sturgeon plugins --kind=strategy.");
DEFINE_string(strategy_options, "", "Options of the strategy, as k=v,k=v.");
DEFINE_string(stopping, "",
              "What stops running trials early: stopping rules, separated by commas; see sturgeon "
              "plugins --kind=stopping_rule.");
DEFINE_string(stopping_options, "", "Options of the one stopping rule, as k=v,k=v.");
DEFINE_string(runner, "", "What runs the trials: see sturgeon plugins --kind=runner.");
DEFINE_string(runner_options, "", "Options of the runner, as k=v,k=v.");
DEFINE_int32(parallelism, 0, "How many trials run at once; the runner's option of that name.");
DEFINE_string(storage, sturgeon::kDefaultStorage,
              "Where the study is kept: sqlite:FILE, postgresql://…, or memory: (nowhere).");
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
DEFINE_string(output, "",
              "Where the result file goes; NAME.result.json if none is said, NAME "
              "being the study's.");

namespace sturgeon {
namespace {

absl::Status At(absl::string_view where, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(where, ": ", status.message()));
}

absl::Status BadFlag(absl::string_view flag, absl::string_view message) {
  return absl::InvalidArgumentError(absl::StrCat("--", flag, ": ", message));
}

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
  if (!FlagGiven("stopping_options")) return absl::OkStatus();
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
  absl::Status status =
      Overrule("strategy", FLAGS_strategy, FLAGS_strategy_options, &spec->strategy);
  status.Update(OverruleStopping(&spec->stopping));
  status.Update(Overrule("runner", FLAGS_runner, FLAGS_runner_options, &spec->runner));
  if (FlagGiven("parallelism")) {
    if (FLAGS_parallelism < 1) return BadFlag("parallelism", "must be at least 1");
    spec->runner.options.Set("parallelism", int{FLAGS_parallelism});
  }
  return status;
}

// NAME.result.json, with what does not belong in a file's name replaced.
std::string DefaultOutput(const std::string& study_name) {
  std::string name;
  for (const char c : study_name) {
    const bool plain = absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
    name += plain ? c : '_';
  }
  return absl::StrCat(name.empty() || name[0] == '.' ? "study" : "", name, ".result.json");
}

// Everything that a run needs, made and checked before the first trial.
struct Setup {
  StudySpec spec;
  PreparedStudy prepared;
  std::unique_ptr<Runner> runner;
  std::vector<Value> enqueue;
  std::string output;
};

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

absl::StatusOr<Setup> MakeSetup(const Plugins& plugins) {
  if (FLAGS_study.empty()) {
    return absl::InvalidArgumentError("give a study file: sturgeon tune --study=FILE.json");
  }
  const std::string& file = FLAGS_study;
  Setup setup;
  const absl::StatusOr<Value> json = ReadJsonFile(file);
  if (!json.ok()) return json.status();
  absl::StatusOr<StudySpec> spec = StudySpecFromValue(*json, file);
  if (!spec.ok()) return spec.status();
  setup.spec = *std::move(spec);
  absl::Status status = ApplyFlags(&setup.spec);
  if (!status.ok()) return status;

  absl::StatusOr<PreparedStudy> prepared = Prepare(setup.spec, plugins.models, file);
  if (!prepared.ok()) return prepared.status();
  setup.prepared = *std::move(prepared);

  // An error in a plugin that a flag has chosen is not the file's.
  const std::string runner_place =
      FLAGS_runner.empty() ? absl::StrCat(file, ": runner") : "--runner";
  absl::StatusOr<std::unique_ptr<Runner>> runner =
      plugins.runners.Create(setup.spec.runner, RunnerContext(), runner_place);
  if (!runner.ok()) return runner.status();
  setup.runner = *std::move(runner);
  StudyConfig& config = setup.prepared.config;
  config.parallelism = setup.runner->Parallelism();
  if (config.trials > 0 && config.parallelism > config.trials) {
    config.parallelism = static_cast<int>(config.trials);
  }

  absl::StatusOr<std::vector<EarlierStudy>> earlier =
      ReadEarlierStudies(setup.spec.warm_start, config);
  if (!earlier.ok()) {
    return FlagGiven("warm_start") ? BadFlag("warm_start", earlier.status().message())
                                   : At(absl::StrCat(file, ": warm_start"), earlier.status());
  }
  config.warm_start = *std::move(earlier);

  for (size_t i = 0; i < setup.spec.enqueue.size(); ++i) {
    setup.enqueue.push_back(WithoutFixed(setup.spec.enqueue[i], setup.prepared.fixed));
    status = PointFromValue(setup.prepared.config.space, setup.enqueue.back(),
                            absl::StrCat(file, ": enqueue[", i, "]"))
                 .status();
    if (!status.ok()) return status;
  }
  if (setup.spec.test_best && setup.prepared.model->test_metrics().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(file, ": test_best: the model ", setup.spec.model.name, " has no test data"));
  }
  if (setup.spec.test_best && setup.prepared.config.objectives.size() > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(file, ": test_best: of several objectives there is no one best trial"));
  }
  setup.output = FLAGS_output.empty() ? DefaultOutput(setup.spec.name) : FLAGS_output;
  status = CheckWritable(setup.output);
  if (!status.ok()) return At("--output", status);
  return setup;
}

// "digits: minimize validation_error over 6 parameters; coarse_to_fine, caviar, 60 trials"
std::string Introduction(const Setup& setup) {
  const StudyConfig& config = setup.prepared.config;
  std::string text = absl::StrCat(config.name, ": ");
  for (size_t i = 0; i < config.objectives.size(); ++i) {
    absl::StrAppend(&text, i > 0 ? ", " : "", GoalName(config.objectives[i].goal), " ",
                    config.objectives[i].metric);
  }
  absl::StrAppend(&text, " over ", config.space.size(),
                  config.space.size() == 1 ? " parameter; " : " parameters; ",
                  setup.spec.strategy.name, ", ", setup.spec.runner.name);
  if (setup.spec.trials > 0) absl::StrAppend(&text, ", ", setup.spec.trials, " trials");
  if (setup.spec.time_limit != absl::InfiniteDuration()) {
    absl::StrAppend(&text, ", ", ShortDuration(setup.spec.time_limit), " at most");
  }
  const Budget& budget = config.budget;
  if (budget.steps > 0) absl::StrAppend(&text, ", ", budget.steps, " ", config.unit, "s at most");
  if (budget.seconds > 0) {
    absl::StrAppend(&text, ", ", ShortDuration(absl::Seconds(budget.seconds)),
                    " of training at most");
  }
  if (budget.cost > 0) {
    absl::StrAppend(&text, ", ", budget.cost_metric, " ", ShortNumber(budget.cost), " at most");
  }
  const bool unlimited = setup.spec.trials == 0 &&
                         setup.spec.time_limit == absl::InfiniteDuration() && !budget.limited();
  if (setup.runner->Interactive()) {
    text += ", by hand";
  } else if (unlimited) {
    text += ", until the strategy has nothing more to try or Ctrl-C";
  }
  return text;
}

// "warm start: 58 trials of mnist, 40 trials of digits": what is left of the earlier studies.
std::string WarmStart(const StudyConfig& config) {
  std::string text = "warm start: ";
  for (const EarlierStudy& earlier : config.warm_start) {
    absl::StrAppend(&text, &earlier == &config.warm_start.front() ? "" : ", ",
                    earlier.trials.size(), earlier.trials.size() == 1 ? " trial" : " trials",
                    " of ", earlier.name);
  }
  return text;
}

// "resuming sqlite:sturgeon.db: 23 trials complete, 1 failed, 2 running elsewhere"
std::string Resumption(const Study& study, const Storage& storage, int64_t planned) {
  const Study::Counts counts = study.counts();
  std::string text = absl::StrCat("resuming ", storage.description(), ": ", counts.complete,
                                  counts.complete == 1 ? " trial complete" : " trials complete");
  if (counts.stopped > 0) absl::StrAppend(&text, ", ", counts.stopped, " stopped");
  if (counts.failed > 0) absl::StrAppend(&text, ", ", counts.failed, " failed");
  if (counts.running > 0) absl::StrAppend(&text, ", ", counts.running, " running elsewhere");
  if (counts.waiting > 0) absl::StrAppend(&text, ", ", counts.waiting, " waiting");
  if (planned > 0 && counts.total() >= planned) {
    text += "; nothing is left to do (more --trials go on, another --study_name starts afresh)";
  }
  return text;
}

std::string TestText(const Value& test) {
  std::string text = "\nTest: ";
  const char* separator = "";
  for (const Value::Field& metric : test.Find("metrics")->object()) {
    absl::StrAppend(&text, std::exchange(separator, ", "), metric.name, " ",
                    ShortNumber(metric.value.number()));
  }
  return absl::StrCat(text, ", by trial ", test.Find("trial")->integer(),
                      " trained once more on all training data\n");
}

int Run(const std::vector<std::string>&, const Plugins& plugins) {
  const absl::Status known = CheckFormat();
  if (!known.ok()) return Complain(known, kExitUsage);
  const absl::StatusOr<Setup> setup = MakeSetup(plugins);
  if (!setup.ok()) return Complain(setup.status(), kExitUsage);

  // Study first, then progress: the strategy may speak when it is made, before there is a line.
  std::vector<std::string> early_notes;
  std::unique_ptr<Progress> progress;
  StudyHooks hooks;
  hooks.on_finish = [&](const Trial& trial) { progress->Finished(trial); };
  const auto note = [&](absl::string_view line) {
    if (progress != nullptr) {
      progress->Note(line);
    } else {
      early_notes.emplace_back(line);
    }
  };
  hooks.on_note = note;
  const absl::StatusOr<std::unique_ptr<CheckpointStore>> checkpoints =
      OpenCheckpoints(setup->prepared.config.name, setup->spec.model.name, note);
  if (!checkpoints.ok()) return Complain(checkpoints.status(), kExitUsage);
  absl::StatusOr<KeptStudy> kept =
      KeepStudy(plugins.storages, FLAGS_storage, setup->prepared.config, setup->spec);
  if (!kept.ok()) return Complain(At("--storage", kept.status()), kExitUsage);
  kept->place.retries = FLAGS_retries;
  const absl::StatusOr<std::unique_ptr<Study>> study = Study::Attach(
      setup->prepared.config, setup->spec.strategy, plugins, std::move(hooks), kept->place);
  if (!study.ok()) {
    const bool files = FLAGS_strategy.empty() && FLAGS_strategy_options.empty() &&
                       FLAGS_stopping.empty() && FLAGS_stopping_options.empty();
    return Complain(files ? At(FLAGS_study, study.status()) : study.status(), kExitUsage);
  }
  if (!kept->found) {
    (*checkpoints)->Clear();
    for (const Value& assignment : setup->enqueue) {
      const absl::Status status = (*study)->Enqueue(assignment);
      if (!status.ok()) return Complain(At(FLAGS_study, status), kExitUsage);
    }
  }

  const absl::Status remembered = RememberCheckpoints(**checkpoints, /*fresh=*/!kept->found,
                                                      kept->place.study, kept->storage.get());
  if (!remembered.ok()) return Complain(At("--checkpoints", remembered), kExitUsage);

  const std::atomic<bool>* const interrupted = InterruptFlag();
  progress = std::make_unique<Progress>(
      stderr,
      Progress::Plan{setup->spec.trials, setup->spec.time_limit, setup->prepared.config.objectives,
                     setup->runner->Interactive()},
      interrupted);
  progress->Note(Introduction(*setup));
  if (!setup->prepared.config.warm_start.empty()) {
    progress->Note(WarmStart(setup->prepared.config));
  }
  if (kept->found) progress->Note(Resumption(**study, *kept->storage, setup->spec.trials));
  for (const Trial& trial : (*study)->Trials()) {
    if (trial.finished()) progress->Found(trial);
  }
  for (const std::string& line : early_notes) progress->Note(line);

  RunRequest request = {**study,
                        *setup->prepared.model,
                        setup->prepared.fixed,
                        setup->spec.trials,
                        setup->spec.time_limit,
                        interrupted};
  request.source = &setup->spec.model;
  request.checkpoints = checkpoints->get();
  const absl::StatusOr<RunSummary> summary = setup->runner->Run(request);

  Value result = ResultToValue(**study, setup->spec.strategy);
  absl::Status written = WriteFile(setup->output, WriteJsonPretty(result) + "\n");
  absl::StatusOr<Value> test = Value();
  const std::optional<Trial> best = (*study)->Best();
  if (setup->spec.test_best && best.has_value() && summary.ok() && !interrupted->load()) {
    progress->Note(
        absl::StrCat("training trial ", best->id, " once more on all training data, for the test"));
    request.time_limit = absl::InfiniteDuration();
    test = TestBest(request, *setup->runner, *best);
    if (test.ok()) {
      result.Set("test", *test);
      written = WriteFile(setup->output, WriteJsonPretty(result) + "\n");
    }
  }
  progress->End();

  if (!written.ok()) Complain(written, kExitFailed);
  if (!summary.ok()) return Complain(summary.status(), kExitFailed);
  std::string text;
  if (FLAGS_format == "json") {
    text = WriteJsonPretty(result) + "\n";
  } else {
    text = StudySummary(**study, *summary, TerminalWidth(STDOUT_FILENO));
    if (test.ok() && !test->is_null()) text += TestText(*test);
    if (written.ok()) absl::StrAppend(&text, "\nResult file: ", setup->output, "\n");
    if (kept->storage->description() != "memory:") {
      absl::StrAppend(&text, "Kept in ", kept->storage->description(), "\n");
    }
  }
  const bool printed = Print(text);

  if (summary->end == RunEnd::kCancelled || interrupted->load()) return kExitInterrupted;
  const Study::Counts counts = (*study)->counts();
  const bool left_at_once = setup->runner->Interactive() && counts.failed == 0;
  if (counts.complete + counts.stopped == 0 && !left_at_once) {
    const std::string failure = FirstFailure(**study);
    return Complain(failure.empty() ? "no trial finished within the time limit"
                                    : absl::StrCat("every trial failed; ", failure),
                    kExitFailed);
  }
  if (!test.ok()) return Complain(At("the test failed", test.status()), kExitFailed);
  return written.ok() && printed ? kExitDone : kExitFailed;
}

constexpr CommandFlag kFlags[] = {
    {"study", "FILE"},
    {"trials", "N"},
    {"time_limit", "TIME"},
    {"budget", "K=V"},
    {"strategy", "NAME"},
    {"strategy_options", "K=V"},
    {"stopping", "NAMES"},
    {"stopping_options", "K=V"},
    {"runner", "NAME"},
    {"runner_options", "K=V"},
    {"parallelism", "N"},
    {"storage", "WHERE"},
    {"study_name", "NAME"},
    {"retries", "N"},
    {"checkpoints", "DIR"},
    {"checkpoint_every", "N"},
    {"checkpoint_limit", "SIZE"},
    {"seed", "N"},
    {"tiers", "LIST"},
    {"warm_start", "FILES"},
    {"test_best", ""},
    {"output", "FILE"},
    kFormatFlag,
};

}  // namespace

const Command kTuneCommand = {
    "tune",
    "Runs a study, and shows what came of it.",
    "--study=FILE [flags]",
    "sturgeon tune --study=digits.json --trials=60 --parallelism=4",
    kFlags,
    0,
    &Run,
};

}  // namespace sturgeon
