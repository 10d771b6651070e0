// Schedules: which hyperparameters a training had, from which step to which. They are read off the
// trials of a study whose trials go on from each other, and can be trained again.
//
//   {"unit": "epoch",
//    "origin": 2,
//    "days": [
//      {"until": 1, "params": {"learning_rate": 0.03, "momentum": 0.9}},
//      {"until": 6, "params": {"learning_rate": 0.01}},
//      {"until": 27}]}
//
// A day goes on from the one before and ends after the step `until`, counted from the very start.
// `params` is what it has otherwise than the day before; what not even the first day names has its
// default. `origin` is the trial of the study whose random numbers the model had: with it, and the
// study's seed, the training comes out the same bit for bit.
#ifndef STURGEON_RUNNERS_SCHEDULE_H_
#define STURGEON_RUNNERS_SCHEDULE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/model.h"
#include "core/space.h"
#include "core/storage.h"
#include "core/study_config.h"
#include "core/value.h"

namespace sturgeon {

struct Schedule {
  struct Day {
    int64_t until = 0;
    Value params = Value::Object();
  };

  std::string unit = "step";
  std::optional<int64_t> origin;
  std::vector<Day> days;  // at least one; `until` grows
};

// InvalidArgument, beginning with `where`: not such a value.
absl::StatusOr<Schedule> ScheduleFromValue(const Value& value, const std::string& where);
Value ToValue(const Schedule& schedule);

// The schedule that made a trial's model: its own stretch of training behind that of the trial that
// it went on from, and so on. `read` gives a trial of the study. FailedPrecondition: one of them
// has not trained at all (it failed, or another tool made it). Else the errors of `read`.
using TrialReader = std::function<absl::StatusOr<TrialRecord>(int64_t number)>;
absl::StatusOr<Schedule> ScheduleOf(const StudyConfig& study, int64_t trial,
                                    const TrialReader& read);

// The days as points of a space, for a model. InvalidArgument: another unit; more steps than a full
// training has; no parameter of the space, or no value of its; a parameter changes that the model
// does not let change in mid-training.
struct ScheduledDay {
  int64_t until = 0;
  Point point;
};
absl::StatusOr<std::vector<ScheduledDay>> FitSchedule(const Schedule& schedule,
                                                      const SearchSpace& space,
                                                      const ModelFactory& model);

}  // namespace sturgeon

#endif  // STURGEON_RUNNERS_SCHEDULE_H_
