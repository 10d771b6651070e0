#include "core/result_reader.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/space_json.h"
#include "core/study_spec.h"
#include "core/suggest.h"
#include "core/trial_check.h"
#include "core/value_reader.h"

namespace sturgeon {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

absl::Status Invalid(std::string message) { return absl::InvalidArgumentError(std::move(message)); }

absl::Status ReadNumbers(const Value& list, const std::string& where, std::vector<double>* out) {
  if (!list.is_list()) {
    return Invalid(
        absl::StrCat(where, ": expected a list of numbers, got ", KindName(list.kind())));
  }
  for (size_t i = 0; i < list.list().size(); ++i) {
    const Value& entry = list.list()[i];
    out->push_back(kNaN);
    if (entry.is_null()) continue;
    absl::Status status = ReadValue(entry, absl::StrCat(where, "[", i, "]"), &out->back());
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ReadReports(const StudyConfig& config, const Value& list, const std::string& where,
                         ReportLog* reports) {
  if (!list.is_list()) {
    return Invalid(
        absl::StrCat(where, ": expected a list of reports, got ", KindName(list.kind())));
  }
  for (size_t i = 0; i < list.list().size(); ++i) {
    const std::string place = absl::StrCat(where, "[", i, "]");
    const Value& row = list.list()[i];
    if (!row.is_list() || row.list().size() != config.metrics.size() + 1) {
      return Invalid(absl::StrCat(place, ": expected a list of a step and ", config.metrics.size(),
                                  " metrics"));
    }
    int64_t step = 0;
    absl::Status status = ReadValue(row.list()[0], place + "[0]", &step);
    if (!status.ok()) return status;
    std::vector<double> values;
    status = ReadNumbers(Value::List(row.list().begin() + 1, row.list().end()), place, &values);
    if (!status.ok()) return status;
    if (!reports->empty() && step <= reports->step(reports->size() - 1)) {
      return Invalid(absl::StrCat(place, ": the step ", step, " is not above the one before"));
    }
    reports->Add(step, values);
  }
  return absl::OkStatus();
}

// The point of the parameters that are given; the others are NaN.
absl::StatusOr<Point> ReadPoint(const SearchSpace& space, const Value& params,
                                const std::string& where) {
  if (!params.is_object()) {
    return Invalid(
        absl::StrCat(where, ": expected an object of parameters, got ", KindName(params.kind())));
  }
  if (params.object().empty()) return Point();
  Point point(space.size(), kNaN);
  for (const Value::Field& field : params.object()) {
    const std::optional<int> i = space.Find(field.name);
    if (!i.has_value()) {
      return Invalid(
          absl::StrCat(where, ": ", UnknownName("parameter", field.name, space.Names())));
    }
    const absl::StatusOr<double> number = space[*i].FromValue(field.value);
    if (!number.ok()) {
      return Invalid(absl::StrCat(where, ": ", field.name, ": ", number.status().message()));
    }
    point[*i] = *number;
  }
  return point;
}

template <typename Read>
absl::Status ForEach(const Value& object, const char* field, const std::string& source, Read read) {
  const Value* const list = object.Find(field);
  if (list == nullptr) return absl::OkStatus();
  if (!list->is_list()) {
    return Invalid(
        absl::StrCat(source, ": ", field, ": expected a list, got ", KindName(list->kind())));
  }
  for (size_t i = 0; i < list->list().size(); ++i) {
    absl::Status status = read(list->list()[i], absl::StrCat(source, ": ", field, "[", i, "]"));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckImported(const StudyConfig& config, const Trial& trial) {
  if (trial.state != TrialState::kFailed || !trial.point.empty()) return CheckEnded(config, trial);
  Trial elsewhere = trial;
  elsewhere.point = config.space.Default();
  return CheckEnded(config, elsewhere);
}

absl::StatusOr<Trial> TrialFromValue(const StudyConfig& config, const Value& value,
                                     const std::string& where) {
  ObjectReader reader(value, where);
  Trial trial;
  trial.id = reader.Optional<int64_t>("id", 0);
  const auto state = reader.Required<std::string>("state");
  if (const Value* params = reader.Find("params")) {
    absl::StatusOr<Point> point = ReadPoint(config.space, *params, reader.Place("params"));
    reader.Note(point.status());
    if (point.ok()) trial.point = *std::move(point);
  }
  if (reader.Find("budget") != nullptr) trial.budget = reader.Required<int64_t>("budget");
  if (reader.Find("resume_from") != nullptr) {
    trial.resume_from = reader.Required<int64_t>("resume_from");
  }
  if (const Value* values = reader.Find("values")) {
    std::vector<double> numbers;
    reader.Note(ReadNumbers(*values, reader.Place("values"), &numbers));
    trial.values.assign(numbers.begin(), numbers.end());
  }
  if (const Value* constraints = reader.Find("constraints")) {
    reader.Note(ReadNumbers(*constraints, reader.Place("constraints"), &trial.constraints));
  }
  if (const Value* reports = reader.Find("reports")) {
    reader.Note(ReadReports(config, *reports, reader.Place("reports"), &trial.reports));
  }
  const auto failure = reader.Optional<std::string>("failure", "");
  trial.reason = reader.Optional<std::string>("reason", "");
  trial.started = reader.Optional<double>("started", 0);
  trial.seconds = reader.Optional<double>("seconds", 0);
  absl::Status status = reader.Finish();
  if (!status.ok()) return status;

  const std::optional<TrialState> known_state = TrialStateFromName(state);
  if (!known_state.has_value() || *known_state == TrialState::kWaiting ||
      *known_state == TrialState::kRunning) {
    return Invalid(absl::StrCat(reader.Place("state"), ": ",
                                UnknownName("state", state, {"complete", "stopped", "failed"})));
  }
  trial.state = *known_state;
  if (!failure.empty()) {
    const std::optional<FailureKind> kind = FailureKindFromName(failure);
    if (!kind.has_value()) {
      return Invalid(absl::StrCat(reader.Place("failure"), ": unknown kind \"", failure, "\""));
    }
    trial.failure = *kind;
  }
  if (trial.state == TrialState::kFailed && trial.failure == FailureKind::kNone) {
    trial.failure = FailureKind::kError;
  }
  status = CheckImported(config, trial);
  if (!status.ok()) return Invalid(absl::StrCat(where, ": ", status.message()));
  return trial;
}

absl::StatusOr<StudyConfig> StudyConfigFromResult(const Value& result, const std::string& source) {
  if (!result.is_object()) {
    return Invalid(absl::StrCat(source, ": expected a result file, got ", KindName(result.kind())));
  }
  StudyConfig config;
  const Value* const name = result.Find("study");
  if (name == nullptr || !name->is_string() || result.Find("trials") == nullptr) {
    return Invalid(absl::StrCat(source,
                                ": no result file of sturgeon tune: \"study\" or \"trials\" "
                                "is missing"));
  }
  config.name = name->string();
  if (const Value* seed = result.Find("seed")) {
    int64_t number = 0;
    absl::Status status = ReadValue(*seed, absl::StrCat(source, ": seed"), &number);
    if (!status.ok()) return status;
    config.seed = static_cast<uint64_t>(number);
  }
  if (const Value* steps = result.Find("max_steps")) {
    absl::Status status = ReadValue(*steps, absl::StrCat(source, ": max_steps"), &config.max_steps);
    if (!status.ok()) return status;
    if (config.max_steps < 0) return Invalid(absl::StrCat(source, ": max_steps is negative"));
  }
  if (const Value* planned = result.Find("planned")) {
    absl::Status status = ReadValue(*planned, absl::StrCat(source, ": planned"), &config.trials);
    if (!status.ok()) return status;
    if (config.trials < 0) return Invalid(absl::StrCat(source, ": planned is negative"));
  }
  if (const Value* unit = result.Find("unit")) {
    absl::Status status = ReadValue(*unit, absl::StrCat(source, ": unit"), &config.unit);
    if (!status.ok()) return status;
  }
  const Value* const space = result.Find("space");
  if (space == nullptr) {
    return Invalid(absl::StrCat(source,
                                ": it has no \"space\", which older versions did not write; "
                                "say the study file: --study=FILE"));
  }
  absl::StatusOr<SearchSpace> read = SpaceFromValue(*space, absl::StrCat(source, ": space"));
  if (!read.ok()) return read.status();
  config.space = *std::move(read);

  config.objectives.clear();
  absl::Status status =
      ForEach(result, "objectives", source, [&](const Value& entry, const std::string& where) {
        const auto objective = ObjectiveFromValue(entry, where);
        if (objective.ok()) {
          config.objectives.push_back(
              {objective->metric, objective->goal.value_or(Goal::kMinimize)});
        }
        return objective.status();
      });
  if (!status.ok()) return status;
  if (config.objectives.empty()) {
    return Invalid(absl::StrCat(source, ": objectives: there is none"));
  }
  status =
      ForEach(result, "constraints", source, [&](const Value& entry, const std::string& where) {
        auto constraint = ConstraintFromValue(entry, where);
        if (constraint.ok()) config.constraints.push_back(*std::move(constraint));
        return constraint.status();
      });
  if (!status.ok()) return status;
  status = ForEach(result, "metrics", source, [&](const Value& entry, const std::string& where) {
    return ReadValue(entry, where, &config.metrics.emplace_back());
  });
  if (!status.ok()) return status;
  status = ForEach(result, "settable", source, [&](const Value& entry, const std::string& where) {
    return ReadValue(entry, where, &config.settable.emplace_back());
  });
  if (!status.ok()) return status;
  const auto check = [&](const std::string& metric, const char* what) {
    if (config.metrics.empty()) return absl::OkStatus();
    if (std::find(config.metrics.begin(), config.metrics.end(), metric) != config.metrics.end()) {
      return absl::OkStatus();
    }
    return Invalid(
        absl::StrCat(source, ": ", what, ": ", UnknownName("metric", metric, config.metrics)));
  };
  for (const Objective& objective : config.objectives) {
    status.Update(check(objective.metric, "objectives"));
  }
  if (config.metrics.empty()) {
    for (const Objective& objective : config.objectives) config.metrics.push_back(objective.metric);
  }
  for (const MetricConstraint& constraint : config.constraints) {
    status.Update(check(constraint.metric, "constraints"));
  }
  if (!status.ok()) return status;
  return config;
}

absl::StatusOr<std::vector<Trial>> TrialsFromResult(const StudyConfig& config, const Value& result,
                                                    const std::string& source) {
  std::vector<Trial> trials;
  absl::Status status =
      ForEach(result, "trials", source, [&](const Value& entry, const std::string& where) {
        absl::StatusOr<Trial> trial = TrialFromValue(config, entry, where);
        if (trial.ok()) trials.push_back(*std::move(trial));
        return trial.status();
      });
  if (!status.ok()) return status;
  return trials;
}

}  // namespace sturgeon
