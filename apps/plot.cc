// sturgeon plot: a stored study, drawn with characters.

#include "terminal/plot.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "apps/stored_study.h"
#include "apps/study_plot.h"
#include "core/json.h"
#include "core/suggest.h"
#include "gflags/gflags.h"
#include "terminal/terminal.h"

DEFINE_string(metric, "",
              "Which metric: an objective, for curve any that trials report; the first objective "
              "if none is said.");
DEFINE_string(parameter, "",
              "slice: over these parameters, with commas between; all if none is said.");
DEFINE_string(ids, "",
              "curve: the trials whose curves are lines, such as 7,12; the three best if none is "
              "said.");
DEFINE_int32(height, 0, "Lines for the values of a plot; 16 if none is said, 10 for several.");

namespace sturgeon {
namespace {

constexpr size_t kBestLines = 3;
constexpr int kMostHeight = 1000;

// What must be at hand before a plot is drawn.
struct Request {
  Storage& storage;
  const StudyRecord& study;
  const StudyConfig& config;
};

absl::Status ReadAll(const Request& request, const std::function<void(const Trial& trial)>& visit) {
  ReadCursor cursor;
  return request.storage.Read(request.study.id, &cursor, [&](TrialRecord record) {
    visit(record.trial);
    return absl::OkStatus();
  });
}

// The index of --metric among names; the first if none is said.
absl::StatusOr<size_t> FindMetric(const std::vector<std::string>& names) {
  if (FLAGS_metric.empty()) return 0;
  const auto found = std::find(names.begin(), names.end(), FLAGS_metric);
  if (found != names.end()) return static_cast<size_t>(found - names.begin());
  return absl::InvalidArgumentError(
      absl::StrCat("--metric: ", UnknownName("metric", FLAGS_metric, names)));
}

absl::StatusOr<size_t> FindObjective(const StudyConfig& config) {
  std::vector<std::string> names;
  for (const Objective& objective : config.objectives) names.push_back(objective.metric);
  return FindMetric(names);
}

absl::StatusOr<std::vector<TextPlot>> History(const Request& request) {
  const absl::StatusOr<size_t> objective = FindObjective(request.config);
  if (!objective.ok()) return objective.status();
  ValuePlot plot(request.config, *objective, std::nullopt);
  const absl::Status read = ReadAll(request, [&](const Trial& trial) { plot.Add(trial); });
  if (!read.ok()) return read;
  return std::vector<TextPlot>{plot.Plot()};
}

absl::StatusOr<std::vector<TextPlot>> Slice(const Request& request) {
  const StudyConfig& config = request.config;
  const absl::StatusOr<size_t> objective = FindObjective(config);
  if (!objective.ok()) return objective.status();
  std::vector<std::string> names = absl::StrSplit(FLAGS_parameter, ',', absl::SkipEmpty());
  if (names.empty()) names = config.space.Names();
  std::vector<ValuePlot> slices;
  for (const std::string& name : names) {
    const std::optional<int> parameter = config.space.Find(name);
    if (!parameter.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--parameter: ", UnknownName("parameter", name, config.space.Names())));
    }
    slices.emplace_back(config, *objective, parameter);
  }
  const absl::Status read = ReadAll(request, [&](const Trial& trial) {
    for (ValuePlot& slice : slices) slice.Add(trial);
  });
  if (!read.ok()) return read;
  std::vector<TextPlot> plots;
  for (const ValuePlot& slice : slices) plots.push_back(slice.Plot());
  return plots;
}

// --ids, or the best trials'.
absl::StatusOr<std::vector<int64_t>> Lines(const Request& request) {
  std::vector<int64_t> ids;
  for (const absl::string_view part : absl::StrSplit(FLAGS_ids, ',', absl::SkipEmpty())) {
    int64_t id = 0;
    if (!absl::SimpleAtoi(part, &id) || id < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("--ids: \"", part, "\" is no number of a trial"));
    }
    ids.push_back(id);
  }
  if (ids.size() > CurvePlot::kMostLines) {
    return absl::InvalidArgumentError(
        absl::StrCat("--ids: at most ", CurvePlot::kMostLines, " curves find room"));
  }
  if (!ids.empty()) return ids;
  const Objective& objective = request.config.objectives[0];
  std::vector<std::pair<double, int64_t>> best;
  absl::Status read = request.storage.ReadValues(
      request.study.id, [&](int64_t number, absl::Span<const double> values, bool feasible) {
        if (!feasible || values.empty()) return;
        best.emplace_back(objective.Loss(values[0]), number);
        if (best.size() < 2 * kBestLines) return;
        std::sort(best.begin(), best.end());
        best.resize(kBestLines);
      });
  if (!read.ok()) return read;
  std::sort(best.begin(), best.end());
  for (size_t i = 0; i < std::min(kBestLines, best.size()); ++i) ids.push_back(best[i].second);
  return ids;
}

absl::StatusOr<std::vector<TextPlot>> Curves(const Request& request) {
  const StudyConfig& config = request.config;
  std::vector<std::string> names = config.metrics;
  if (names.empty()) {
    for (const Objective& objective : config.objectives) names.push_back(objective.metric);
  }
  absl::StatusOr<size_t> metric = FindMetric(names);
  if (!metric.ok()) return metric.status();
  if (FLAGS_metric.empty()) {
    const auto objective = std::find(names.begin(), names.end(), config.objectives[0].metric);
    if (objective != names.end()) *metric = objective - names.begin();
  }
  absl::StatusOr<std::vector<int64_t>> lines = Lines(request);
  if (!lines.ok()) return lines.status();
  int64_t highest = -1;
  CurvePlot curves(config, *metric, names[*metric], *lines);
  const absl::Status read = ReadAll(request, [&](const Trial& trial) {
    curves.Add(trial);
    highest = std::max(highest, trial.id);
  });
  if (!read.ok()) return read;
  for (const int64_t id : *lines) {
    if (id > highest) {
      return absl::NotFoundError(absl::StrCat("--ids: ", config.name, " has no trial ", id,
                                              "; the last is trial ", highest));
    }
  }
  return std::vector<TextPlot>{curves.Plot()};
}

struct Kind {
  const char* name;
  absl::StatusOr<std::vector<TextPlot>> (*make)(const Request& request);
  const char* nothing;  // why there may be nothing to draw
};
constexpr Kind kKinds[] = {
    {"history", &History, "no trial has a value yet"},
    {"slice", &Slice, "no trial has a value yet"},
    {"curve", &Curves, "its trials have reported nothing while they trained"},
};

absl::StatusOr<const Kind*> FindKind(const std::vector<std::string>& arguments) {
  if (arguments.empty()) {
    return absl::InvalidArgumentError("say what to draw: sturgeon plot history, slice or curve");
  }
  std::vector<std::string> names;
  for (const Kind& kind : kKinds) {
    if (arguments[0] == kind.name) return &kind;
    names.emplace_back(kind.name);
  }
  return absl::InvalidArgumentError(UnknownName("plot", arguments[0], names));
}

absl::Status CheckFlags(const Kind& kind) {
  for (const auto& [flag, of] :
       {std::pair<const char*, const char*>{"parameter", "slice"}, {"ids", "curve"}}) {
    if (FlagGiven(flag) && absl::string_view(kind.name) != of) {
      return absl::InvalidArgumentError(
          absl::StrCat("--", flag, " goes with sturgeon plot ", of, " alone"));
    }
  }
  if (FlagGiven("height") && (FLAGS_height < 5 || FLAGS_height > kMostHeight)) {
    return absl::InvalidArgumentError(absl::StrCat("--height: must be 5 to ", kMostHeight));
  }
  return CheckFormat();
}

int Run(const std::vector<std::string>& arguments, const Plugins& plugins) {
  const absl::StatusOr<const Kind*> kind = FindKind(arguments);
  if (!kind.ok()) return Complain(kind.status(), kExitUsage);
  const absl::Status flags = CheckFlags(**kind);
  if (!flags.ok()) return Complain(flags, kExitUsage);
  const absl::StatusOr<StoredStudy> stored = OpenStored(plugins.storages);
  if (!stored.ok()) return Complain(stored.status(), kExitUsage);
  const StudyConfig& config = stored->study.config;
  const absl::StatusOr<std::vector<TextPlot>> plots =
      (*kind)->make({*stored->storage, stored->study, config});
  if (!plots.ok()) {
    const bool usage = absl::IsInvalidArgument(plots.status()) || absl::IsNotFound(plots.status());
    return Complain(plots.status(), usage ? kExitUsage : kExitFailed);
  }

  if (FLAGS_format == "json") {
    Value::List list;
    for (const TextPlot& plot : *plots) list.push_back(PlotToValue(plot));
    Value value = Value::Object();
    value.Set("study", config.name);
    value.Set("plots", std::move(list));
    return Print(WriteJson(value) + "\n") ? kExitDone : kExitFailed;
  }
  PlotRoom room;
  room.width = TerminalWidth(STDOUT_FILENO);
  room.height = FLAGS_height > 0 ? FLAGS_height : plots->size() > 1 ? 10 : 16;
  room.utf8 = SpeaksUtf8();
  std::string text;
  for (const TextPlot& plot : *plots) {
    const std::string drawn = DrawPlot(plot, room);
    if (drawn.empty()) continue;  // say, of a parameter that was never active
    absl::StrAppend(&text, text.empty() ? "" : "\n", drawn);
  }
  if (text.empty()) {
    return Complain(absl::StrCat(config.name, ": there is nothing to draw: ", (*kind)->nothing),
                    kExitFailed);
  }
  return Print(text) ? kExitDone : kExitFailed;
}

constexpr CommandFlag kFlags[] = {
    kStorageFlag,    kStudyNameFlag,  {"metric", "NAME"}, {"parameter", "LIST"},
    {"ids", "LIST"}, {"height", "N"}, kFormatFlag};

}  // namespace

const Command kPlotCommand = {
    "plot",
    "Draws a study with characters: its history, slices or learning curves.",
    "history|slice|curve [flags]",
    "sturgeon plot slice --study_name=digits --parameter=learning_rate",
    kFlags,
    1,
    &Run,
};

}  // namespace sturgeon
