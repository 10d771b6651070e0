// sturgeon action: one action of a study that is built (experiments/defs.bzl), or of what is made
// of its result. The rules call it; apps/rounds.h has the files that pass between them.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "apps/expectation.h"
#include "apps/hyperparameters.h"
#include "apps/kept_study.h"
#include "apps/report_study.h"
#include "apps/result_file.h"
#include "apps/result_table.h"
#include "apps/rounds.h"
#include "apps/study_flags.h"
#include "apps/summary.h"
#include "apps/test_best.h"
#include "apps/trial_csv.h"
#include "apps/trial_task.h"
#include "core/file.h"
#include "core/json.h"
#include "core/result.h"
#include "core/runner.h"
#include "core/study.h"
#include "core/suggest.h"
#include "gflags/gflags.h"

DECLARE_string(output);
DEFINE_int32(rounds, 0, "propose, collect: how many rounds are finished.");
DEFINE_int32(width, 0, "propose, collect: how many trials a round has.");
DEFINE_int32(max_failures, -1,
             "collect: more trials than this may not have failed; -1: any number may.");
DEFINE_string(
    expect, "",
    "check: what the best trial must have, as JSON: {\"validation_error\": \"<= 0.12\"}.");
DEFINE_string(header, "", "hyperparameters: where a C++ header of them goes.");
DEFINE_string(include, "", "hyperparameters: how the header stands in includes.");
DEFINE_string(namespace, "", "hyperparameters: the header's namespace.");

namespace sturgeon {
namespace {

constexpr int kSummaryWidth = 100;  // columns

// What propose and collect begin with.
struct Setup {
  StudySpec spec;
  PreparedStudy prepared;
  Value limits;  // of a trial
  std::vector<Value> enqueued;
  FinishedRounds finished;
};

absl::StatusOr<Setup> MakeSetup(const RoundsFolder& folder, const Plugins& plugins) {
  absl::StatusOr<StudySpec> spec = SpecFromFlags();
  if (!spec.ok()) return spec.status();
  Setup setup;
  setup.spec = *std::move(spec);
  absl::Status status = PlanRounds(folder.width(), FLAGS_study, &setup.spec, &setup.limits);
  if (!status.ok()) return status;
  absl::StatusOr<PreparedStudy> prepared = Prepare(setup.spec, plugins.models, FLAGS_study);
  if (!prepared.ok()) return prepared.status();
  setup.prepared = *std::move(prepared);
  StudyConfig& config = setup.prepared.config;
  config.parallelism = folder.width();
  const std::vector<Metric>& metrics = setup.prepared.model->metrics();
  const bool own = std::any_of(metrics.begin(), metrics.end(),
                               [](const Metric& metric) { return metric.name == kTrainSeconds; });
  const auto& measured = config.metrics;
  if (!own && std::find(measured.begin(), measured.end(), kTrainSeconds) != measured.end()) {
    return absl::InvalidArgumentError(absl::StrCat(
        FLAGS_study, ": ", kTrainSeconds,
        " is another one each time, and what is built should not be; `bazel run` the study"));
  }
  status = CheckTest(setup.spec, setup.prepared, FLAGS_study);
  if (!status.ok()) return status;
  absl::StatusOr<std::vector<EarlierStudy>> earlier = EarlierStudiesOf(setup.spec, config);
  if (!earlier.ok()) return earlier.status();
  config.warm_start = *std::move(earlier);
  absl::StatusOr<std::vector<Value>> enqueued = EnqueuedBy(setup.spec, setup.prepared);
  if (!enqueued.ok()) return enqueued.status();
  setup.enqueued = *std::move(enqueued);
  absl::StatusOr<FinishedRounds> finished = folder.Read(config, FLAGS_rounds);
  if (!finished.ok()) return finished.status();
  setup.finished = *std::move(finished);
  return setup;
}

absl::Status Propose(const RoundsFolder& folder, const Plugins& plugins) {
  absl::StatusOr<Setup> setup = MakeSetup(folder, plugins);
  if (!setup.ok()) return setup.status();
  const absl::StatusOr<std::unique_ptr<Study>> study =
      Study::Create(setup->prepared.config, setup->spec.strategy, plugins);
  if (!study.ok()) return At(FLAGS_study, study.status());
  const std::vector<Trial>& trials = setup->finished.trials;
  for (const Trial& trial : trials) {
    absl::Status status = (*study)->Import(trial).status();
    if (!status.ok()) return status;
  }
  for (size_t i = trials.size(); i < setup->enqueued.size(); ++i) {
    absl::Status status = (*study)->Enqueue(setup->enqueued[i]);
    if (!status.ok()) return status;
  }
  const auto tasks =
      ProposeRound(**study, setup->spec, setup->prepared.fixed, setup->limits, folder.width());
  if (!tasks.ok()) return At(FLAGS_study, tasks.status());
  for (int i = 0; i < folder.width(); ++i) {
    absl::Status status =
        WriteFile(folder.TaskPath(FLAGS_rounds, i), WriteJsonPretty(ToValue((*tasks)[i])) + "\n");
    if (!status.ok()) return status;
  }
  if (FLAGS_rounds == 0) return absl::OkStatus();
  return folder.WriteRound(FLAGS_rounds - 1, std::move(setup->finished.last));
}

// As if `tune` had run them: what the strategy had been told when it proposed each.
std::vector<TrialRecord> Records(const Setup& setup, int width) {
  std::vector<TrialRecord> records;
  const auto enqueued = static_cast<int64_t>(setup.enqueued.size());
  size_t round = 0;
  for (const Trial& trial : setup.finished.trials) {
    const std::vector<int64_t>& firsts = setup.finished.firsts;
    while (round + 1 < firsts.size() && trial.id >= firsts[round + 1]) ++round;
    TrialRecord& record = records.emplace_back();
    record.trial = trial;
    if (trial.id < enqueued) continue;
    AskedView view;
    view.first_id = std::max(firsts[round], enqueued);
    view.count = static_cast<int32_t>(width - (view.first_id - firsts[round]));
    view.index = static_cast<int32_t>(trial.id - view.first_id);
    record.asked = std::move(view);
  }
  return records;
}

// The time from the first start to the last end.
RunSummary SummaryOf(const Study& study) {
  RunSummary summary;
  double first = 0, last = 0;
  for (const Trial& trial : study.Trials()) {
    if (last == 0 || trial.started < first) first = trial.started;
    last = std::max(last, trial.started + trial.seconds);
  }
  summary.elapsed = absl::Seconds(last - first);
  const Study::Counts counts = study.counts();
  if (counts.total() < study.config().trials) summary.end = RunEnd::kExhausted;
  return summary;
}

absl::Status WriteResults(const Study& study, const Setup& setup, const Value& test,
                          const std::string& folder, const Plugins& plugins) {
  const StudyConfig& config = study.config();
  Value result = ResultToValue(study, setup.spec.strategy);
  if (!test.is_null()) result.Set("test", test);
  absl::Status status = WriteFile(folder + "/result.json", WriteJsonPretty(result) + "\n");
  std::string csv = CsvHeader(config);
  for (const Trial& trial : study.Trials()) csv += CsvRow(config, trial);
  if (status.ok()) status = WriteFile(folder + "/trials.csv", csv);
  std::string summary = StudySummary(study, SummaryOf(study), kSummaryWidth);
  if (!test.is_null()) summary += TestText(test);
  if (status.ok()) status = WriteFile(folder + "/summary.txt", summary);
  if (!status.ok()) return status;
  const PluginSpec& strategy = setup.spec.strategy;
  return WriteReportFile(folder + "/report.html",
                         {ReportOf(study, strategy, setup.spec.runner, "study.db", plugins)});
}

// The best trial's test, if the study wants one.
absl::StatusOr<Value> Test(Study& study, const Setup& setup, const Plugins& plugins) {
  const std::optional<Trial> best = study.Best();
  if (!setup.spec.test_best || !best.has_value()) return Value();
  const absl::StatusOr<std::unique_ptr<Runner>> runner =
      plugins.runners.Create(setup.spec.runner, RunnerContext());
  if (!runner.ok()) return runner.status();
  RunRequest request = {study, *setup.prepared.model, setup.prepared.fixed};
  request.source = &setup.spec.model;
  return TestBest(request, **runner, *best);
}

absl::Status Collect(const RoundsFolder& folder, const Plugins& plugins) {
  absl::StatusOr<Setup> setup = MakeSetup(folder, plugins);
  if (!setup.ok()) return setup.status();
  absl::Status status = folder.ReadTimes(FLAGS_rounds, &setup->finished.trials);
  if (!status.ok()) return status;
  absl::StatusOr<KeptStudy> kept =
      KeepStudy(plugins.storages, absl::StrCat("sqlite:", FLAGS_output, "/study.db"),
                setup->prepared.config, setup->spec);
  if (!kept.ok()) return kept.status();
  if (kept->found) {
    return absl::AlreadyExistsError(
        absl::StrCat(kept->storage->description(), " is there already; delete it"));
  }
  status = kept->storage->Import(kept->place.study, Records(*setup, folder.width())).status();
  if (!status.ok()) return status;
  const absl::StatusOr<std::unique_ptr<Study>> study =
      Study::Attach(setup->prepared.config, setup->spec.strategy, plugins, {}, kept->place);
  if (!study.ok()) return At(FLAGS_study, study.status());
  const absl::StatusOr<Value> test = Test(**study, *setup, plugins);
  if (!test.ok()) return At("the test failed", test.status());
  status = WriteResults(**study, *setup, *test, FLAGS_output, plugins);
  if (!status.ok()) return status;
  const int64_t failed = (*study)->counts().failed;
  if (FLAGS_max_failures < 0 || failed <= FLAGS_max_failures) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      failed, failed == 1 ? " trial" : " trials", " of ", (*study)->counts().total(),
      " failed, and max_failures is ", FLAGS_max_failures, "; ", FirstFailure(**study)));
}

absl::Status Check(const std::string& path) {
  const absl::StatusOr<Value> expected = ParseJson(FLAGS_expect, "--expect");
  if (!expected.ok()) return expected.status();
  const absl::StatusOr<ResultFile> result = ReadResultFile(path);
  if (!result.ok()) return result.status();
  return CheckExpected(*result, *expected);
}

absl::Status WriteHyperparameters(const std::string& path) {
  const absl::StatusOr<ResultFile> result = ReadResultFile(path);
  if (!result.ok()) return result.status();
  const absl::StatusOr<Value> best = BestParameters(*result);
  if (!best.ok()) return best.status();
  absl::Status status = WriteFile(FLAGS_output, WriteJsonPretty(*best) + "\n");
  if (!status.ok() || FLAGS_header.empty()) return status;
  const absl::StatusOr<std::string> header = HyperparametersHeader(
      *result, FLAGS_include.empty() ? FLAGS_header : FLAGS_include, FLAGS_namespace);
  if (!header.ok()) return header.status();
  return WriteFile(FLAGS_header, *header);
}

absl::Status WriteTable(const std::string& path) {
  const absl::StatusOr<Value> value = ReadJsonFile(path);
  if (!value.ok()) return value.status();
  const auto entries = EntriesFromValue(*value, path);
  if (!entries.ok()) return entries.status();
  const absl::StatusOr<ResultTable> table = MakeTable(*entries);
  if (!table.ok()) return table.status();
  absl::Status status = WriteFile(FLAGS_output + "/table.md", TableMarkdown(*table));
  status.Update(WriteFile(FLAGS_output + "/table.csv", TableCsv(*table)));
  status.Update(WriteFile(FLAGS_output + "/table.json", WriteJsonPretty(TableJson(*table)) + "\n"));
  return status;
}

// Propose and Collect.
absl::Status DoRounds(const std::string& path, const Plugins& plugins,
                      absl::Status (*action)(const RoundsFolder&, const Plugins&)) {
  if (FLAGS_study.empty()) return BadFlag("study", "give a study file");
  if (FLAGS_width < 1) return BadFlag("width", "must be at least 1");
  if (FLAGS_rounds < 0) return BadFlag("rounds", "must be at least 0");
  return action(RoundsFolder(path, FLAGS_width), plugins);
}

int Run(const std::vector<std::string>& arguments, const Plugins& plugins) {
  const absl::Status known = CheckFormat();
  if (!known.ok()) return Complain(known, kExitUsage);
  const std::string action = arguments.empty() ? "" : arguments[0];
  const std::vector<std::string> actions = {"propose", "trial",           "collect",
                                            "check",   "hyperparameters", "table"};
  if (std::find(actions.begin(), actions.end(), action) == actions.end()) {
    return Complain(UnknownName("action", action, actions), kExitUsage);
  }
  if (arguments.size() < 2) {
    return Complain(absl::StrCat("action ", action, " needs a path; see sturgeon action --help"),
                    kExitUsage);
  }
  const std::string& path = arguments[1];
  const absl::Status status = action == "propose"           ? DoRounds(path, plugins, &Propose)
                              : action == "trial"           ? RunTaskFile(path, plugins)
                              : action == "collect"         ? DoRounds(path, plugins, &Collect)
                              : action == "check"           ? Check(path)
                              : action == "hyperparameters" ? WriteHyperparameters(path)
                                                            : WriteTable(path);
  if (status.ok()) return kExitDone;
  return Complain(status, absl::IsInvalidArgument(status) ? kExitUsage : kExitFailed);
}

constexpr CommandFlag kFlags[] = {
    {"study", "FILE"},
    {"rounds", "N"},
    {"width", "N"},
    {"model_options", "K=V"},
    {"strategy", "NAME"},
    {"strategy_options", "K=V"},
    {"seed", "N"},
    {"trials", "N", "How many trials are planned, for strategies that go by it."},
    {"warm_start", "FILES"},
    {"study_name", "NAME", "collect: what the study is called there."},
    {"max_failures", "N"},
    {"expect", "JSON"},
    {"header", "FILE"},
    {"include", "PATH"},
    {"namespace", "NAME"},
    {"output", "PATH", "collect, table: the folder where the files go; hyperparameters: the file."},
    kFormatFlag,
};

}  // namespace

const Command kActionCommand = {
    "action",
    "Does a part of a study that is built: for the rules of experiments/defs.bzl.",
    "propose|trial|collect|check|hyperparameters|table PATH [flags]",
    "sturgeon action propose rounds --study=digits.json --width=4 --rounds=0\n"
    "sturgeon action trial rounds/round_0/trial_0.json\n"
    "sturgeon action collect rounds --study=digits.json --width=4 --rounds=1 --output=.\n"
    "sturgeon action check result.json --expect='{\"value\": \"< 1\"}'",
    kFlags,
    2,
    &Run,
};

}  // namespace sturgeon
