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
#include "apps/report_study.h"
#include "apps/stored_study.h"
#include "apps/study_flags.h"
#include "apps/summary.h"
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
#include "terminal/terminal.h"
#include "terminal/text.h"

DEFINE_string(storage, sturgeon::kDefaultStorage,
              "Where the study is kept: sqlite:FILE, postgresql://…, or memory: (nowhere).");
DEFINE_string(output, "", "The result file; NAME.result.json if none is said.");
DEFINE_string(report, "", "A page that shows the study, in one file.");

namespace sturgeon {
namespace {

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

absl::StatusOr<Setup> MakeSetup(const Plugins& plugins) {
  if (FLAGS_study.empty()) {
    return absl::InvalidArgumentError("give a study file: sturgeon tune --study=FILE.json");
  }
  const std::string& file = FLAGS_study;
  Setup setup;
  absl::StatusOr<StudySpec> spec = SpecFromFlags();
  if (!spec.ok()) return spec.status();
  setup.spec = *std::move(spec);

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

  absl::StatusOr<std::vector<EarlierStudy>> earlier = EarlierStudiesOf(setup.spec, config);
  if (!earlier.ok()) return earlier.status();
  config.warm_start = *std::move(earlier);

  absl::StatusOr<std::vector<Value>> enqueued = EnqueuedBy(setup.spec, setup.prepared);
  if (!enqueued.ok()) return enqueued.status();
  setup.enqueue = *std::move(enqueued);
  const absl::Status testable = CheckTest(setup.spec, setup.prepared, file);
  if (!testable.ok()) return testable;
  setup.output = FLAGS_output.empty() ? DefaultOutput(setup.spec.name) : FLAGS_output;
  absl::Status status = CheckWritable(setup.output);
  if (!status.ok()) return At("--output", status);
  if (!FLAGS_report.empty()) {
    status = CheckWritable(FLAGS_report);
    if (!status.ok()) return At("--report", status);
  }
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
  if (!FLAGS_report.empty()) {
    written.Update(
        WriteReportFile(FLAGS_report, {ReportOf(**study, setup->spec.strategy, setup->spec.runner,
                                                kept->storage->description(), plugins)}));
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
    if (written.ok() && !FLAGS_report.empty()) {
      absl::StrAppend(&text, "Report: ", FLAGS_report, "\n");
    }
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
    {"model_options", "K=V"},
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
    {"report", "FILE"},
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
