#include "runners/panda/diary.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/json.h"

namespace sturgeon {

bool Day::ended_well() const { return state != TrialState::kFailed && std::isfinite(loss); }

bool Day::interrupted() const {
  return failure == FailureKind::kCancelled || failure == FailureKind::kLostWorker;
}

const Day& Diary::Add(const Trial& trial) {
  const Objective& objective = study_.objectives.front();
  const size_t column = std::find(study_.metrics.begin(), study_.metrics.end(), objective.metric) -
                        study_.metrics.begin();
  Day day;
  day.trial = trial.id;
  day.from = trial.resume_from;
  day.point = trial.point;
  day.state = trial.state;
  day.failure = trial.failure;
  day.reason = trial.reason;
  day.loss = trial.values.empty() ? std::numeric_limits<double>::quiet_NaN()
                                  : objective.Loss(trial.values.front());
  const Day* const before = day.from.has_value() ? Find(*day.from) : nullptr;
  if (before != nullptr) day.first_step = before->last_step;
  day.last_step = day.first_step;
  const ReportLog& reports = trial.reports;
  if (!reports.empty()) {
    day.first_step = reports.step(0) - 1;
    day.last_step = reports.step(reports.size() - 1);
    for (size_t i = 0; i < reports.size(); ++i) {
      day.losses.push_back(objective.Loss(reports.values(i)[column]));
    }
  } else if (!trial.values.empty() && before == nullptr) {
    // A model of one step reports nothing but its outcome.
    day.last_step = 1;
    day.losses.push_back(day.loss);
  }
  steps_ += day.steps();
  index_[day.trial] = days_.size();
  days_.push_back(std::move(day));
  return days_.back();
}

const Day* Diary::Find(int64_t trial) const {
  const auto found = index_.find(trial);
  return found == index_.end() ? nullptr : &days_[found->second];
}

std::vector<const Day*> Diary::Chain(int64_t trial) const {
  std::vector<const Day*> chain;
  for (const Day* day = Find(trial); day != nullptr;
       day = day->from.has_value() ? Find(*day->from) : nullptr) {
    chain.push_back(day);
  }
  std::reverse(chain.begin(), chain.end());
  return chain;
}

std::string FourDigits(double value) { return absl::StrFormat("%.4g", value); }

std::string DescribeChange(const SearchSpace& space, absl::Span<const double> before,
                           absl::Span<const double> point) {
  std::string text;
  for (int i = 0; i < space.size(); ++i) {
    if (std::isnan(point[i])) continue;
    if (!before.empty() && before[i] == point[i]) continue;
    const Value value = space[i].ToValue(point[i]);
    absl::StrAppend(&text, text.empty() ? "" : ", ", space[i].name, " ",
                    value.is_number() ? FourDigits(value.number()) : WriteJson(value));
  }
  return text;
}

}  // namespace sturgeon
