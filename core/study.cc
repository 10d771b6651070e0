#include "core/study.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/plugins.h"
#include "core/space_json.h"
#include "core/suggest.h"

namespace sturgeon {
namespace {

double Now() { return static_cast<double>(absl::ToUnixMicros(absl::Now())) * 1e-6; }

bool AllFinite(absl::Span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

// Whether `a` is at least as good as `b` in every objective and better in one.
bool Dominates(const std::vector<Objective>& objectives, const Trial& a, const Trial& b) {
  bool better = false;
  for (size_t k = 0; k < objectives.size(); ++k) {
    const double difference = objectives[k].Loss(a.values[k]) - objectives[k].Loss(b.values[k]);
    if (difference > 0) return false;
    better |= difference < 0;
  }
  return better;
}

absl::Status CheckEarlierTrial(const StudyConfig& config, const EarlierTrial& trial) {
  absl::Status status = config.space.Validate(trial.point);
  if (!status.ok()) return status;
  if (trial.values.size() != config.objectives.size()) {
    return absl::InvalidArgumentError(absl::StrCat("a trial has ", config.objectives.size(),
                                                   " values here, got ", trial.values.size()));
  }
  if (!AllFinite(trial.values)) return absl::InvalidArgumentError("a value is not finite");
  return absl::OkStatus();
}

absl::Status CheckConfig(const StudyConfig& config) {
  if (config.objectives.empty()) {
    return absl::InvalidArgumentError("a study needs at least one objective");
  }
  if (config.trials < 0) return absl::InvalidArgumentError("the number of trials is negative");
  for (const Objective& objective : config.objectives) {
    if (std::find(config.metrics.begin(), config.metrics.end(), objective.metric) ==
        config.metrics.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("objectives: ", UnknownName("metric", objective.metric, config.metrics)));
    }
    if (std::count_if(config.objectives.begin(), config.objectives.end(),
                      [&](const Objective& other) { return other.metric == objective.metric; }) >
        1) {
      return absl::InvalidArgumentError(
          absl::StrCat("objectives: the metric ", objective.metric, " is named twice"));
    }
  }
  for (size_t i = 0; i < config.constraints.size(); ++i) {
    const MetricConstraint& constraint = config.constraints[i];
    if (std::find(config.metrics.begin(), config.metrics.end(), constraint.metric) ==
        config.metrics.end()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "constraints[", i, "]: ", UnknownName("metric", constraint.metric, config.metrics)));
    }
    if (!std::isfinite(constraint.bound)) {
      return absl::InvalidArgumentError(
          absl::StrCat("constraints[", i, "]: the bound must be a finite number"));
    }
  }
  for (const EarlierStudy& earlier : config.warm_start) {
    for (size_t i = 0; i < earlier.trials.size(); ++i) {
      absl::Status status = CheckEarlierTrial(config, earlier.trials[i]);
      if (!status.ok()) {
        return absl::InvalidArgumentError(
            absl::StrCat("warm start: ", earlier.name, ": trials[", i, "]: ", status.message()));
      }
    }
  }
  return absl::OkStatus();
}

StudyConfig WithMetrics(StudyConfig config) {
  if (config.metrics.empty()) {
    for (const Objective& objective : config.objectives) config.metrics.push_back(objective.metric);
  }
  return config;
}

}  // namespace

double Suggestion::Number(absl::string_view name) const {
  const std::optional<int> i = space->Find(name);
  return i.has_value() && !(*space)[*i].is_categorical() ? point[*i]
                                                         : std::numeric_limits<double>::quiet_NaN();
}

Value Suggestion::Get(absl::string_view name) const {
  const std::optional<int> i = space->Find(name);
  return i.has_value() ? (*space)[*i].ToValue(point[*i]) : Value();
}

Study::Study(StudyConfig config, StudyHooks hooks)
    : config_(WithMetrics(std::move(config))), hooks_(std::move(hooks)) {}

absl::StatusOr<std::unique_ptr<Study>> Study::Create(StudyConfig config, const PluginSpec& strategy,
                                                     const Plugins& plugins, StudyHooks hooks) {
  std::unique_ptr<Study> study(new Study(std::move(config), std::move(hooks)));
  absl::Status status = CheckConfig(study->config_);
  if (!status.ok()) return status;
  {
    absl::MutexLock lock(&study->mutex_);
    Study* const self = study.get();
    // The strategy speaks only while it is being called, and then the lock is held.
    const StrategyContext context = {study->config_, plugins,
                                     [self](absl::string_view line) ABSL_NO_THREAD_SAFETY_ANALYSIS {
                                       self->notes_.emplace_back(line);
                                     }};
    auto made = plugins.strategies.Create(strategy, context);
    if (!made.ok()) return made.status();
    study->strategy_ = *std::move(made);
  }
  study->CallHooks(nullptr, {});
  return study;
}

void Study::CallHooks(const std::function<void(const Trial&)>& hook,
                      absl::Span<const Trial* const> trials) {
  if (!hook && !hooks_.on_note) return;
  absl::MutexLock one_at_a_time(&hooks_mutex_);
  std::vector<std::string> notes;
  {
    absl::MutexLock lock(&mutex_);
    notes.swap(notes_);
  }
  if (hooks_.on_note) {
    for (const std::string& note : notes) hooks_.on_note(note);
  }
  if (!hook) return;
  for (const Trial* trial : trials) hook(*trial);
}

Trial& Study::Start(Point point) {
  Trial& trial = trials_.emplace_back();
  trial.id = static_cast<int64_t>(trials_.size()) - 1;
  trial.point = std::move(point);
  trial.started = Now();
  ++counts_.running;
  running_.emplace(trial.id, &trial);
  pending_stale_ = true;
  return trial;
}

absl::StatusOr<std::vector<Suggestion>> Study::Ask(int count) {
  if (count < 1)
    return absl::InvalidArgumentError(absl::StrCat("cannot ask for ", count, " trials"));
  std::vector<Suggestion> suggestions;
  std::vector<const Trial*> started;
  {
    absl::MutexLock lock(&mutex_);
    const auto hand_out = [&](Proposal proposal) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      Trial& trial = Start(std::move(proposal.point));
      suggestions.push_back(
          {trial.id, trial.point, proposal.budget, proposal.resume_from, &config_.space});
      started.push_back(&trial);
    };
    suggestions.reserve(count);
    while (!queue_.empty() && count > 0) {
      hand_out({std::move(queue_.front()), std::nullopt, std::nullopt});
      queue_.pop_front();
      --count;
    }
    if (count > 0) {
      if (pending_stale_) {
        pending_.clear();
        for (const auto& [id, trial] : running_) pending_.push_back({id, trial->point});
        pending_stale_ = false;
      }
      const auto first_id = static_cast<int64_t>(trials_.size());
      absl::StatusOr<std::vector<Proposal>> proposals =
          strategy_->Ask({first_id, count, absl::MakeConstSpan(pending_)});
      if (!proposals.ok()) return proposals.status();
      if (static_cast<int>(proposals->size()) > count) {
        return absl::InternalError(absl::StrCat("the strategy proposed ", proposals->size(),
                                                " trials where ", count, " were asked for"));
      }
      for (const Proposal& proposal : *proposals) {
        absl::Status status = config_.space.Validate(proposal.point);
        if (!status.ok()) {
          return absl::InternalError(
              absl::StrCat("the strategy proposed an invalid point: ", status.message()));
        }
      }
      for (Proposal& proposal : *proposals) hand_out(std::move(proposal));
    }
  }
  CallHooks(hooks_.on_start, started);
  return suggestions;
}

absl::StatusOr<Trial*> Study::FindRunning(int64_t id) {
  const auto found = running_.find(id);
  if (found != running_.end()) return found->second;
  if (id < 0 || id >= static_cast<int64_t>(trials_.size())) {
    return absl::NotFoundError(
        absl::StrCat("there is no trial ", id,
                     trials_.empty() ? "; none was asked for yet"
                                     : absl::StrCat("; the last one is ", trials_.size() - 1)));
  }
  return absl::FailedPreconditionError(
      absl::StrCat("trial ", id, " has ended already (", TrialStateName(trials_[id].state), ")"));
}

absl::StatusOr<Decision> Study::Report(int64_t id, int64_t step, absl::Span<const double> values) {
  Decision decision = Decision::kStop;
  {
    absl::MutexLock lock(&mutex_);
    absl::StatusOr<Trial*> running = FindRunning(id);
    if (!running.ok()) return running.status();
    Trial& trial = **running;
    if (values.size() != config_.metrics.size()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "trial ", id, ": a report has ", config_.metrics.size(), " values, got ", values.size()));
    }
    if (!trial.reports.empty() && step <= trial.reports.step(trial.reports.size() - 1)) {
      return absl::InvalidArgumentError(absl::StrCat("trial ", id, ": the step ", step,
                                                     " is not above the last one reported, ",
                                                     trial.reports.step(trial.reports.size() - 1)));
    }
    trial.reports.Add(step, values);
    if (AllFinite(values)) decision = strategy_->OnReport({id, trial.point, trial.reports});
  }
  CallHooks(nullptr, {});
  return decision;
}

absl::Status Study::CheckOutcome(const Outcome& outcome) const {
  if (outcome.state == TrialState::kRunning || outcome.state == TrialState::kWaiting) {
    return absl::InvalidArgumentError(
        absl::StrCat("a trial cannot end as ", TrialStateName(outcome.state)));
  }
  const size_t expected = outcome.state == TrialState::kFailed ? 0 : config_.objectives.size();
  // A trial may be stopped before it has reported anything.
  const bool may_lack = outcome.state == TrialState::kStopped && outcome.values.empty();
  if (outcome.values.size() != expected && !may_lack) {
    return absl::InvalidArgumentError(absl::StrCat("a ", TrialStateName(outcome.state),
                                                   " trial has ", expected, " values, got ",
                                                   outcome.values.size()));
  }
  const size_t constraints = outcome.constraints.size();
  const bool none_yet = outcome.state != TrialState::kComplete && constraints == 0;
  if (!config_.constraints.empty() && constraints != config_.constraints.size() && !none_yet) {
    return absl::InvalidArgumentError(absl::StrCat("a ", TrialStateName(outcome.state),
                                                   " trial has ", config_.constraints.size(),
                                                   " constraint values, got ", constraints));
  }
  return absl::OkStatus();
}

absl::Status Study::Tell(int64_t id, Outcome outcome) {
  const Trial* finished = nullptr;
  absl::Status told;
  {
    absl::MutexLock lock(&mutex_);
    absl::StatusOr<Trial*> running = FindRunning(id);
    if (!running.ok()) return running.status();
    absl::Status status = CheckOutcome(outcome);
    if (!status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("trial ", id, ": ", status.message()));
    }
    Trial& trial = **running;
    if (!AllFinite(outcome.values) || !AllFinite(outcome.constraints)) {
      outcome = Outcome::Failed(FailureKind::kNotFinite, "a value is not finite");
    }
    trial.state = outcome.state;
    trial.failure = outcome.failure;
    trial.values = std::move(outcome.values);
    trial.constraints = std::move(outcome.constraints);
    trial.reason = std::move(outcome.reason);
    trial.seconds = std::max(0.0, Now() - trial.started);
    running_.erase(id);
    --counts_.running;
    pending_stale_ = true;
    told = Finished(trial);
    finished = &trial;
  }
  CallHooks(hooks_.on_finish, {finished});
  return told;
}

absl::Status Study::Finished(const Trial& trial) {
  switch (trial.state) {
    case TrialState::kWaiting:
    case TrialState::kRunning:
      break;
    case TrialState::kComplete:
      ++counts_.complete;
      break;
    case TrialState::kStopped:
      ++counts_.stopped;
      break;
    case TrialState::kFailed:
      ++counts_.failed;
      break;
  }
  UpdateFront(trial);
  const Trial* const finished[] = {&trial};
  return strategy_->Tell(finished);
}

void Study::UpdateFront(const Trial& trial) {
  if (trial.state != TrialState::kComplete || !trial.feasible()) return;
  const std::vector<Objective>& objectives = config_.objectives;
  // Of several equal trials of a single objective the earliest stays, whenever it was told.
  const auto beats = [&](const Trial& a, const Trial& b) {
    return Dominates(objectives, a, b) ||
           (objectives.size() == 1 && a.values == b.values && a.id < b.id);
  };
  for (const int64_t id : front_) {
    if (beats(trials_[id], trial)) return;
  }
  front_.erase(std::remove_if(front_.begin(), front_.end(),
                              [&](int64_t id) ABSL_NO_THREAD_SAFETY_ANALYSIS {
                                return beats(trial, trials_[id]);
                              }),
               front_.end());
  front_.push_back(trial.id);
}

absl::Status Study::Enqueue(Point point) {
  absl::Status status = config_.space.Validate(point);
  if (!status.ok()) return status;
  absl::MutexLock lock(&mutex_);
  queue_.push_back(std::move(point));
  return absl::OkStatus();
}

absl::Status Study::Enqueue(const Value& assignment) {
  absl::StatusOr<Point> point = PointFromValue(config_.space, assignment, "enqueued trial");
  return point.ok() ? Enqueue(*std::move(point)) : point.status();
}

absl::StatusOr<int64_t> Study::Import(Trial trial) {
  absl::Status status = config_.space.Validate(trial.point);
  if (!status.ok()) return status;
  Outcome outcome;
  outcome.state = trial.state;
  outcome.values = trial.values;
  outcome.constraints = trial.constraints;
  status = CheckOutcome(outcome);
  if (!status.ok()) return status;
  if (!AllFinite(trial.values) || !AllFinite(trial.constraints)) {
    return absl::InvalidArgumentError("an imported trial's values must be finite");
  }
  for (size_t i = 0; i < trial.reports.size(); ++i) {
    if (trial.reports.values(i).size() != config_.metrics.size()) {
      return absl::InvalidArgumentError(absl::StrCat("an imported trial's reports must have ",
                                                     config_.metrics.size(), " values"));
    }
  }
  const Trial* finished = nullptr;
  absl::Status told;
  {
    absl::MutexLock lock(&mutex_);
    trial.id = static_cast<int64_t>(trials_.size());
    trials_.push_back(std::move(trial));
    finished = &trials_.back();
    told = Finished(*finished);
  }
  CallHooks(hooks_.on_finish, {finished});
  if (!told.ok()) return told;
  return finished->id;
}

std::optional<Trial> Study::Best() const {
  absl::MutexLock lock(&mutex_);
  if (front_.empty() || config_.objectives.size() != 1) return std::nullopt;
  return trials_[front_.front()];
}

std::vector<Trial> Study::ParetoFront() const {
  absl::MutexLock lock(&mutex_);
  std::vector<int64_t> ids = front_;
  std::sort(ids.begin(), ids.end());
  std::vector<Trial> trials;
  for (const int64_t id : ids) trials.push_back(trials_[id]);
  return trials;
}

Study::Counts Study::counts() const {
  absl::MutexLock lock(&mutex_);
  return counts_;
}

absl::StatusOr<Trial> Study::Get(int64_t id) const {
  absl::MutexLock lock(&mutex_);
  if (id < 0 || id >= static_cast<int64_t>(trials_.size())) {
    return absl::NotFoundError(absl::StrCat("there is no trial ", id));
  }
  return trials_[id];
}

std::vector<Trial> Study::Trials() const {
  absl::MutexLock lock(&mutex_);
  return {trials_.begin(), trials_.end()};
}

}  // namespace sturgeon
