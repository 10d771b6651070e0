#include "runners/schedule.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/space_json.h"
#include "core/value_reader.h"

namespace sturgeon {
namespace {

absl::StatusOr<Schedule::Day> DayFromValue(const Value& value, const std::string& where,
                                           int64_t before) {
  ObjectReader reader(value, where);
  Schedule::Day day;
  day.until = reader.Required<int64_t>("until");
  if (const Value* params = reader.Find("params")) {
    day.params = *params;
    if (!params->is_object()) {
      reader.Note(absl::InvalidArgumentError(
          absl::StrCat(reader.Place("params"), ": expected an object of parameters, got ",
                       KindName(params->kind()))));
    }
  }
  absl::Status status = reader.Finish();
  if (!status.ok()) return status;
  if (day.until <= before) {
    return absl::InvalidArgumentError(absl::StrCat(
        reader.Place("until"), ": ", day.until, " is too small; ",
        before == 0 ? "the least is 1" : absl::StrCat("the day before ends at ", before)));
  }
  return day;
}

}  // namespace

absl::StatusOr<Schedule> ScheduleFromValue(const Value& value, const std::string& where) {
  Schedule schedule;
  ObjectReader reader(value, where);
  schedule.unit = reader.Optional<std::string>("unit", schedule.unit);
  if (reader.Find("origin") != nullptr) {
    schedule.origin = reader.Required<int64_t>("origin");
    if (*schedule.origin < 0) {
      reader.Note(absl::InvalidArgumentError(
          absl::StrCat(reader.Place("origin"), ": must be at least 0, got ", *schedule.origin)));
    }
  }
  const Value* const days = reader.Find("days");
  if (days == nullptr || !days->is_list() || days->list().empty()) {
    reader.Note(absl::InvalidArgumentError(
        absl::StrCat(reader.Place("days"),
                     ": expected a list of days, such as [{\"until\": 5, \"params\": "
                     "{\"learning_rate\": 0.01}}]",
                     days == nullptr   ? ""
                     : days->is_list() ? ", got an empty one"
                                       : absl::StrCat(", got ", KindName(days->kind())))));
  }
  absl::Status status = reader.Finish();
  if (!status.ok()) return status;
  for (size_t i = 0; i < days->list().size(); ++i) {
    absl::StatusOr<Schedule::Day> day =
        DayFromValue(days->list()[i], absl::StrCat(reader.Place("days"), "[", i, "]"),
                     i == 0 ? 0 : schedule.days.back().until);
    if (!day.ok()) return day.status();
    schedule.days.push_back(*std::move(day));
  }
  return schedule;
}

Value ToValue(const Schedule& schedule) {
  Value::List days;
  for (const Schedule::Day& day : schedule.days) {
    Value value = Value::Object({{"until", day.until}});
    if (!day.params.object().empty()) value.Set("params", day.params);
    days.push_back(std::move(value));
  }
  Value value = Value::Object({{"unit", schedule.unit}});
  if (schedule.origin.has_value()) value.Set("origin", *schedule.origin);
  value.Set("days", std::move(days));
  return value;
}

absl::StatusOr<Schedule> ScheduleOf(const StudyConfig& study, int64_t trial,
                                    const TrialReader& read) {
  std::vector<TrialRecord> chain;
  for (std::optional<int64_t> next = trial; next.has_value();) {
    absl::StatusOr<TrialRecord> record = read(*next);
    if (!record.ok()) return record.status();
    // Trials go on from earlier ones; what another program has written may not.
    if (!chain.empty() && record->trial.id >= chain.back().trial.id) {
      return absl::FailedPreconditionError(absl::StrCat(
          "trial ", chain.back().trial.id, " goes on from a later one, trial ", *next));
    }
    next = record->trial.resume_from;
    chain.push_back(*std::move(record));
  }
  std::reverse(chain.begin(), chain.end());

  Schedule schedule;
  schedule.unit = study.unit;
  // A repetition has the random numbers of what it repeats.
  for (std::optional<int64_t> first = chain.front().trial.id; first.has_value();) {
    schedule.origin = first;
    const absl::StatusOr<TrialRecord> record = read(*first);
    if (!record.ok()) return record.status();
    if (record->retry_of.has_value() && *record->retry_of >= *first) break;
    first = record->retry_of;
  }
  const SearchSpace& space = study.space;
  Point before(space.size(), std::nan(""));
  for (const TrialRecord& record : chain) {
    const Trial& day = record.trial;
    const bool one_step = day.reports.empty() && !day.values.empty() && schedule.days.empty();
    if (day.reports.empty() && !one_step) {
      if (&record == &chain.back() && !schedule.days.empty()) break;  // it took the model over
      return absl::FailedPreconditionError(absl::StrCat("trial ", day.id, " has trained no ",
                                                        study.unit, day.reason.empty() ? "" : ": ",
                                                        day.reason));
    }
    absl::Status valid = space.Validate(day.point);
    if (!valid.ok()) {
      return absl::FailedPreconditionError(absl::StrCat("trial ", day.id, ": ", valid.message()));
    }
    const Value params = PointToValue(space, day.point);
    Schedule::Day scheduled;
    scheduled.until = one_step ? 1 : day.reports.step(day.reports.size() - 1);
    for (const Value::Field& field : params.object()) {
      const int i = *space.Find(field.name);
      if (!SameCoordinate(before[i], day.point[i])) scheduled.params.Set(field.name, field.value);
    }
    before = day.point;
    schedule.days.push_back(std::move(scheduled));
  }
  return schedule;
}

absl::StatusOr<std::vector<ScheduledDay>> FitSchedule(const Schedule& schedule,
                                                      const SearchSpace& space,
                                                      const ModelFactory& model) {
  if (schedule.unit != model.unit()) {
    return absl::InvalidArgumentError(absl::StrCat("unit: the schedule counts in \"", schedule.unit,
                                                   "\", the model in \"", model.unit(), "\""));
  }
  const std::vector<std::string> settable = model.settable();
  std::vector<ScheduledDay> days;
  Value params = Value::Object();
  for (size_t i = 0; i < schedule.days.size(); ++i) {
    const Schedule::Day& day = schedule.days[i];
    const std::string where = absl::StrCat("days[", i, "]");
    if (day.until > model.max_steps()) {
      return absl::InvalidArgumentError(absl::StrCat(where, ": until: ", day.until,
                                                     " is more than a full training, ",
                                                     model.max_steps(), " ", model.unit(), "s"));
    }
    for (const Value::Field& field : day.params.object()) params.Set(field.name, field.value);
    absl::StatusOr<Point> point = PointFromValue(space, params, where + ": params");
    if (!point.ok()) return point.status();
    for (int k = 0; i > 0 && k < space.size(); ++k) {
      if (SameCoordinate((*point)[k], days.back().point[k]) ||
          std::find(settable.begin(), settable.end(), space[k].name) != settable.end()) {
        continue;
      }
      return absl::InvalidArgumentError(
          absl::StrCat(where, ": ", space[k].name,
                       " changes, which the model does not let change in "
                       "mid-training",
                       settable.empty() ? "" : "; what it does: ", absl::StrJoin(settable, ", ")));
    }
    params = PointToValue(space, *point);
    days.push_back({day.until, *std::move(point)});
  }
  return days;
}

}  // namespace sturgeon
