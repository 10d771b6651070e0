#include "models/command/command.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "core/failure.h"
#include "core/file.h"
#include "core/json.h"
#include "core/space.h"
#include "core/study_spec.h"
#include "core/suggest.h"
#include "core/temporary_folder.h"
#include "core/value_reader.h"
#include "models/command/invocation.h"
#include "models/command/report.h"
#include "models/command/running_program.h"
#include "process/output_tail.h"

namespace sturgeon {
namespace {

namespace fs = std::filesystem;

constexpr char kCheckpoint[] = "checkpoint";

// What all trials have in common.
struct Setup {
  CommandOptions options;
  std::vector<Metric> metrics;
  Invocation invocation;

  bool saves() const { return invocation.Uses(kCheckpoint); }
};

class CommandTraining final : public Model {
 public:
  CommandTraining(const Setup& setup, Value assignment, const ModelOptions& options)
      : setup_(setup), assignment_(std::move(assignment)), options_(options) {}

  absl::StatusOr<std::vector<double>> Train(int64_t steps, const StopToken& stop) override;
  absl::StatusOr<std::string> Save() const override;
  absl::Status Load(absl::string_view state) override;
  absl::Status Set(absl::string_view parameter, const Value& value) override;

 private:
  // How far the program is, as far as it was heard.
  struct Progress {
    int64_t step = 0;             // of the last report; 0: none
    std::vector<double> metrics;  // it
    std::string checkpoint;       // the file that it named, absolute
    std::string state;            // what that held, once it is read
    bool ended = false;           // there will be no other
  };

  absl::Status Start();
  // This trial's own, made at the first call.
  absl::StatusOr<std::string> Scratch();
  // Reads a line of the program's, or its end.
  absl::Status ReadOn(const StopToken& stop);
  absl::Status Take(const std::string& line);
  absl::Status TakeReport(Report report);
  absl::Status TakeEnd();
  void EndWith(std::vector<double> metrics);
  absl::Status Fail(absl::string_view reason) const;
  // What the checkpoint of the last report holds.
  absl::StatusOr<std::string> CheckpointState() const;

  const Setup& setup_;
  Value assignment_;
  const ModelOptions options_;
  int64_t step_ = 0;
  Progress progress_;
  std::optional<std::vector<double>> result_;  // said without a step
  std::string near_miss_;  // a line that looked like a report, and why it is none
  absl::Status failure_;
  std::unique_ptr<TemporaryFolder> scratch_;
  Call call_;
  std::unique_ptr<RunningProgram> program_;  // goes before the folder
};

absl::StatusOr<std::vector<double>> CommandTraining::Train(int64_t steps, const StopToken& stop) {
  if (stop.stop_requested()) return absl::CancelledError("stopped");
  if (!failure_.ok()) return failure_;
  const int64_t last = setup_.options.max_steps;
  const int64_t target = steps < last - step_ ? step_ + steps : std::max(last, step_);
  while (!progress_.ended && (progress_.step < target || target >= last)) {
    const absl::Status status = program_ == nullptr ? Start() : ReadOn(stop);
    if (status.ok()) continue;
    program_.reset();
    if (!absl::IsCancelled(status)) failure_ = status;
    return status;
  }
  step_ = target;
  return progress_.metrics;
}

absl::StatusOr<std::string> CommandTraining::Scratch() {
  if (scratch_ == nullptr) {
    absl::StatusOr<std::unique_ptr<TemporaryFolder>> made = TemporaryFolder::Make("trial");
    if (!made.ok()) return made.status();
    scratch_ = *std::move(made);
  }
  return scratch_->path();
}

absl::Status CommandTraining::Start() {
  Invocation::Trial trial;
  trial.assignment = assignment_;
  trial.seed = options_.seed;
  const Invocation& invocation = setup_.invocation;
  if (!options_.artifacts.empty()) {
    std::error_code error;
    trial.artifacts = fs::absolute(options_.artifacts, error).string();
  } else if (invocation.Uses("artifacts")) {
    const absl::StatusOr<std::string> folder = Scratch();
    if (!folder.ok()) return folder.status();
    trial.artifacts = absl::StrCat(*folder, "/artifacts");
    std::error_code error;
    fs::create_directory(trial.artifacts, error);
  }
  const auto write = [&](const char* name, absl::string_view contents, std::string* path) {
    const absl::StatusOr<std::string> folder = Scratch();
    if (!folder.ok()) return folder.status();
    *path = absl::StrCat(*folder, "/", name);
    return WriteFile(*path, contents);
  };
  if (invocation.Uses("params_file")) {
    absl::Status status =
        write("params.json", WriteJsonPretty(assignment_) + "\n", &trial.params_file);
    if (!status.ok()) return status;
  }
  if (setup_.saves() && progress_.step > 0) {
    trial.checkpoint.emplace();
    absl::Status status = write("checkpoint", progress_.state, &*trial.checkpoint);
    if (!status.ok()) return status;
  }
  absl::StatusOr<Call> call = invocation.For(trial);
  if (!call.ok()) return call.status();
  call_ = *std::move(call);
  // What an earlier run has left would pass for this one's.
  if (!call_.result_file.empty()) {
    std::error_code ignored;
    fs::remove(call_.result_file, ignored);
  }
  RunningProgram::Options options;
  options.arguments = call_.arguments;
  options.environment = call_.environment;
  options.folder = call_.folder;
  if (setup_.options.timeout > 0) options.timeout = absl::Seconds(setup_.options.timeout);
  options.memory_bytes = setup_.options.memory_limit << 20;
  absl::StatusOr<std::unique_ptr<RunningProgram>> program = RunningProgram::Start(options);
  if (!program.ok()) return program.status();
  program_ = *std::move(program);
  return absl::OkStatus();
}

absl::Status CommandTraining::ReadOn(const StopToken& stop) {
  const absl::StatusOr<std::optional<std::string>> line = program_->NextLine(stop);
  if (line.ok()) return line->has_value() ? Take(**line) : TakeEnd();
  const FailureKind kind = FailureKindOf(line.status());
  std::string reason(line.status().message());
  if (kind == FailureKind::kOutOfMemory && setup_.options.memory_limit > 0) {
    absl::StrAppend(&reason, "; the limit is ", setup_.options.memory_limit, " MiB");
    return FailureStatus(kind, reason);
  }
  return line.status();
}

absl::Status CommandTraining::Take(const std::string& line) {
  const absl::string_view text = absl::StripAsciiWhitespace(line);
  if (!absl::StartsWith(text, "{")) {
    program_->Note(line);
    return absl::OkStatus();
  }
  const absl::StatusOr<Value> value = ParseLenientJson(text);
  if (!value.ok()) {
    if (near_miss_.empty()) {
      near_miss_ = absl::StrCat(text.substr(0, 200), " is no JSON: ", value.status().message());
    }
    program_->Note(line);
    return absl::OkStatus();
  }
  absl::StatusOr<std::optional<Report>> report =
      ReportFromValue(*value, setup_.metrics, setup_.options.unit);
  if (!report.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("its program printed ", text.substr(0, 200), ": ", report.status().message()));
  }
  if (!report->has_value()) {
    program_->Note(line);
    return absl::OkStatus();
  }
  return TakeReport(**std::move(report));
}

absl::Status CommandTraining::TakeReport(Report report) {
  if (!report.step.has_value()) {
    result_ = std::move(report.metrics);
    return absl::OkStatus();
  }
  const int64_t step = *report.step, last = setup_.options.max_steps;
  if (last > 1) {
    if (step == 0) return absl::OkStatus();  // before any training
    if (step < progress_.step) {
      return absl::InvalidArgumentError(absl::StrCat("its program reported ", setup_.options.unit,
                                                     " ", step, " after ", progress_.step,
                                                     "; the steps of a training count up"));
    }
    if (step > last && progress_.step == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("the first report of its program is of ", setup_.options.unit, " ", step,
                       ", but a training has ", last, "; set max_steps to how many there are"));
    }
    if (step > last) {
      EndWith(progress_.metrics);
      return absl::OkStatus();
    }
  }
  progress_.step = step;
  progress_.metrics = std::move(report.metrics);
  progress_.state.clear();
  progress_.checkpoint =
      report.checkpoint.empty() ? "" : (fs::path(call_.folder) / report.checkpoint).string();
  return absl::OkStatus();
}

absl::Status CommandTraining::TakeEnd() {
  if (!call_.result_file.empty()) {
    const absl::StatusOr<std::string> text = ReadFile(call_.result_file);
    if (!text.ok()) return Fail(absl::StrCat("no result_file: ", text.status().message()));
    const absl::StatusOr<Value> value = ParseLenientJson(*text);
    if (!value.ok()) {
      return Fail(absl::StrCat(call_.result_file, " is no JSON: ", value.status().message()));
    }
    const absl::StatusOr<std::optional<Report>> report =
        ReportFromValue(*value, setup_.metrics, setup_.options.unit);
    if (!report.ok()) return Fail(absl::StrCat(call_.result_file, ": ", report.status().message()));
    if (!report->has_value()) {
      return Fail(absl::StrCat(call_.result_file, " has no ", setup_.metrics[0].name));
    }
    EndWith((*report)->metrics);
  } else if (result_.has_value()) {
    EndWith(*result_);
  } else if (progress_.step > 0 || !progress_.metrics.empty()) {
    EndWith(progress_.metrics);
  } else {
    Value example;
    for (const Metric& metric : setup_.metrics) example.Set(metric.name, 0.25);
    return Fail(absl::StrCat("it must print a line such as ", WriteJson(example),
                             near_miss_.empty() ? "" : "; ", near_miss_));
  }
  return absl::OkStatus();
}

void CommandTraining::EndWith(std::vector<double> metrics) {
  progress_.metrics = std::move(metrics);
  progress_.ended = true;
  program_.reset();
}

absl::Status CommandTraining::Fail(absl::string_view reason) const {
  return absl::InvalidArgumentError(absl::StrCat("its program ended without a result: ", reason,
                                                 LastWords(program_->LastLines())));
}

absl::StatusOr<std::string> CommandTraining::CheckpointState() const {
  if (progress_.step == 0 || progress_.ended || !progress_.state.empty()) return progress_.state;
  if (progress_.checkpoint.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("its program named no checkpoint when it reported ", setup_.options.unit, " ",
                     progress_.step, "; it must add \"checkpoint\": FILE to its reports"));
  }
  absl::StatusOr<std::string> state = ReadFile(progress_.checkpoint);
  if (state.ok() && state->empty()) {
    return absl::DataLossError(absl::StrCat(progress_.checkpoint, " is empty"));
  }
  return state;
}

// A line of JSON, then the program's checkpoint.
absl::StatusOr<std::string> CommandTraining::Save() const {
  if (!setup_.saves()) return Model::Save();
  absl::StatusOr<std::string> state = CheckpointState();
  if (!state.ok()) return state.status();
  Value metrics = Value::List();
  for (const double metric : progress_.metrics) {
    metrics.list().emplace_back(absl::StrFormat("%.17g", metric));
  }
  Value head;
  head.Set("trained", step_)
      .Set("step", progress_.step)
      .Set("ended", progress_.ended)
      .Set("metrics", std::move(metrics))
      .Set("bytes", static_cast<int64_t>(state->size()));
  return absl::StrCat(WriteJson(head), "\n", *state);
}

absl::Status CommandTraining::Load(absl::string_view state) {
  if (!setup_.saves()) return Model::Load(state);
  const absl::Status bad = absl::InvalidArgumentError("this is not the state of a program");
  const size_t line = state.find('\n');
  if (line == absl::string_view::npos) return bad;
  const absl::StatusOr<Value> head = ParseJson(state.substr(0, line), "");
  if (!head.ok()) return bad;
  ObjectReader reader(*head, "");
  Progress progress;
  const int64_t trained = reader.Required<int64_t>("trained");
  progress.step = reader.Required<int64_t>("step");
  progress.ended = reader.Required<bool>("ended");
  const int64_t bytes = reader.Required<int64_t>("bytes");
  const Value* const metrics = reader.Find("metrics");
  if (!reader.Finish().ok() || metrics == nullptr || !metrics->is_list()) return bad;
  for (const Value& metric : metrics->list()) {
    progress.metrics.push_back(0);
    if (!metric.is_string() || !absl::SimpleAtod(metric.string(), &progress.metrics.back())) {
      return bad;
    }
  }
  progress.state = std::string(state.substr(line + 1));
  const bool begun = progress.step > 0 || progress.ended;
  if (trained < 0 || progress.step < 0 || bytes != static_cast<int64_t>(progress.state.size()) ||
      progress.metrics.size() != (begun ? setup_.metrics.size() : 0)) {
    return bad;
  }
  program_.reset();
  step_ = trained;
  progress_ = std::move(progress);
  result_.reset();
  failure_ = absl::OkStatus();
  return absl::OkStatus();
}

absl::Status CommandTraining::Set(absl::string_view parameter, const Value& value) {
  const std::vector<std::string>& settable = setup_.options.settable;
  if (std::find(settable.begin(), settable.end(), parameter) == settable.end()) {
    return Model::Set(parameter, value);
  }
  if (value.is_list() || value.is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat(parameter, ": expected one value, got ", KindName(value.kind())));
  }
  if (program_ != nullptr) {
    if (progress_.step > step_) {
      return absl::FailedPreconditionError(
          absl::StrCat("the program has no checkpoint of ", setup_.options.unit, " ", step_));
    }
    absl::StatusOr<std::string> state = CheckpointState();
    if (!state.ok()) return state.status();
    program_.reset();
    progress_.state = *std::move(state);
  }
  assignment_.Set(parameter, value);
  return absl::OkStatus();
}

class CommandFactory final : public ModelFactory {
 public:
  explicit CommandFactory(Setup setup) : setup_(std::move(setup)) {}

  const SearchSpace& default_space() const override { return space_; }
  const std::vector<Metric>& metrics() const override { return setup_.metrics; }
  std::string unit() const override { return setup_.options.unit; }
  int64_t max_steps() const override { return setup_.options.max_steps; }
  std::vector<std::string> settable() const override { return setup_.options.settable; }

  absl::Status CheckParameters(const SearchSpace& space) const override {
    for (const std::string& name : setup_.options.settable) {
      if (!space.Find(name).has_value()) {
        return absl::InvalidArgumentError(
            absl::StrCat("settable: ", UnknownName("parameter", name, space.Names())));
      }
    }
    return setup_.invocation.CheckParameters(space);
  }

  absl::StatusOr<std::unique_ptr<Model>> Create(const Value& assignment,
                                                const ModelOptions& options) const override {
    return std::unique_ptr<Model>(std::make_unique<CommandTraining>(setup_, assignment, options));
  }

 private:
  const SearchSpace space_;  // empty: the study's
  const Setup setup_;
};

absl::StatusOr<std::vector<Metric>> ReadMetrics(const Value& list) {
  std::vector<Metric> metrics;
  for (size_t i = 0; i < list.list().size(); ++i) {
    const std::string place = absl::StrCat("metrics[", i, "]");
    const Value& element = list.list()[i];
    Metric metric;
    if (element.is_string()) {
      metric.name = element.string();
    } else if (element.is_object()) {
      ObjectReader reader(element, place);
      metric.name = reader.Required<std::string>("name");
      const auto goal = GoalFromName(reader.Optional<std::string>("goal", "minimize"), place);
      reader.Note(goal.status());
      absl::Status status = reader.Finish();
      if (!status.ok()) return status;
      metric.goal = *goal;
    } else {
      return absl::InvalidArgumentError(absl::StrCat(
          place, ": expected a name, or {\"name\": NAME, \"goal\": \"maximize\"}, got ",
          KindName(element.kind())));
    }
    if (metric.name.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(place, ": the name is empty"));
    }
    for (const Metric& other : metrics) {
      if (other.name == metric.name) {
        return absl::InvalidArgumentError(
            absl::StrCat(place, ": ", metric.name, " is there already"));
      }
    }
    metrics.push_back(std::move(metric));
  }
  if (metrics.empty()) {
    return absl::InvalidArgumentError("metrics: it is empty; the first is the objective");
  }
  return metrics;
}

}  // namespace

const Schema<CommandOptions>& CommandModel::OptionSchema() {
  static const auto* const schema = new Schema<CommandOptions>(
      Schema<CommandOptions>()
          .Add("argv", &CommandOptions::argv,
               "The program and its arguments, with placeholders: {learning_rate} and so on, "
               "{flags}, {params_file}, {program}, {seed}, {steps}, {artifacts}, "
               "{checkpoint}.")
          .Add("program", &CommandOptions::program,
               "What {program} stands for: a path, from the folder where sturgeon runs.")
          .Add("shell", &CommandOptions::shell,
               "Whether argv[0] is a script for /bin/sh, and the rest its $1, $2, ….")
          .Add("env", &CommandOptions::env,
               "Variables of the program's environment, with placeholders; null takes one away.")
          .Add("working_directory", &CommandOptions::working_directory,
               "Where the program runs, with placeholders; \"\": where sturgeon does.")
          .Add(
              "metrics", &CommandOptions::metrics,
              "What the program reports, the objective first: names, or {\"name\": NAME, \"goal\": "
              "\"maximize\"}.")
          .Add("result_file", &CommandOptions::result_file,
               "A JSON file that the program writes its result to, with placeholders; \"\": the "
               "result is the last report on its standard output.")
          .Add("unit", &CommandOptions::unit, "What the program calls a step of its training.")
          .Add("max_steps", &CommandOptions::max_steps,
               "How many steps a training has; 1: reports on the way are not looked at.",
               AtLeast(int64_t{1}))
          .Add("timeout", &CommandOptions::timeout,
               "Seconds after which the program is stopped and its trial fails; 0: none.",
               AtLeast(0.0))
          .Add("memory_limit", &CommandOptions::memory_limit,
               "MiB of memory that each process of the program may have for its data; 0: no limit.",
               Between(int64_t{0}, int64_t{1} << 30))
          .Add("settable", &CommandOptions::settable,
               "Parameters that may change at a checkpoint, for pbt and the panda."));
  return *schema;
}

absl::StatusOr<std::unique_ptr<ModelFactory>> CommandModel::Create(CommandOptions options,
                                                                   const ModelContext&) {
  absl::StatusOr<std::vector<Metric>> metrics = ReadMetrics(options.metrics);
  if (!metrics.ok()) return metrics.status();
  if (options.unit.empty()) return absl::InvalidArgumentError("unit: it is empty");
  absl::StatusOr<Invocation> invocation = Invocation::Create(options);
  if (!invocation.ok()) return invocation.status();
  Setup setup = {std::move(options), *std::move(metrics), *std::move(invocation)};
  if (!setup.options.settable.empty() && !setup.saves()) {
    return absl::InvalidArgumentError(
        "settable: a parameter can change only at a checkpoint that the program goes on from; "
        "write {checkpoint?} into argv, or leave this out");
  }
  return std::unique_ptr<ModelFactory>(std::make_unique<CommandFactory>(std::move(setup)));
}

}  // namespace sturgeon
