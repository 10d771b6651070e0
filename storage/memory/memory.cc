#include "storage/memory/memory.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/space_json.h"

namespace sturgeon {
namespace {

// Whether a reader learns nothing by reading it again.
bool Unchanged(const TrialRecord& record) {
  return !record.trial.finished() &&
         (record.trial.state == TrialState::kWaiting || record.trial.point.empty());
}

// How many values a report has.
size_t Metrics(const StudyConfig& config) {
  return config.metrics.empty() ? config.objectives.size() : config.metrics.size();
}

absl::Status CheckPoint(const StudyConfig& config, const Point& point) {
  if (point.size() == static_cast<size_t>(config.space.size())) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("a point of this study has ", config.space.size(),
                                                 " parameters, got ", point.size()));
}

absl::Status CheckReport(const StudyConfig& config, size_t values) {
  if (values == Metrics(config)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("a report of this study has ", Metrics(config), " values, got ", values));
}

absl::Status CheckOutcome(const StudyConfig& config, const Outcome& outcome) {
  if (outcome.state == TrialState::kRunning || outcome.state == TrialState::kWaiting) {
    return absl::InvalidArgumentError(
        absl::StrCat("a trial cannot end as ", TrialStateName(outcome.state)));
  }
  const size_t values = outcome.values.size();
  const bool none = values == 0 && outcome.state != TrialState::kComplete;
  const bool all = values == config.objectives.size() && outcome.state != TrialState::kFailed;
  if (!none && !all) {
    return absl::InvalidArgumentError(
        absl::StrCat("a ", TrialStateName(outcome.state), " trial of this study has ",
                     outcome.state == TrialState::kFailed ? 0 : config.objectives.size(),
                     " values, got ", values));
  }
  if (std::any_of(outcome.values.begin(), outcome.values.end(),
                  [](double value) { return std::isnan(value); })) {
    return absl::InvalidArgumentError("the value of an objective is NaN");
  }
  return absl::OkStatus();
}

absl::Status CheckImported(const StudyConfig& config, const Trial& trial) {
  Outcome outcome;
  outcome.state = trial.state;
  outcome.values = trial.values;
  absl::Status status = CheckOutcome(config, outcome);
  // One that failed may never have had a point.
  if (status.ok() && !(trial.point.empty() && trial.state == TrialState::kFailed)) {
    status = CheckPoint(config, trial.point);
  }
  for (size_t i = 0; i < trial.reports.size() && status.ok(); ++i) {
    status = CheckReport(config, trial.reports.values(i).size());
  }
  return status;
}

}  // namespace

const Schema<MemoryOptions>& MemoryStorage::OptionSchema() {
  static const auto* const schema = new Schema<MemoryOptions>(
      Schema<MemoryOptions>().Add("url", &MemoryOptions::url, "memory: alone."));
  return *schema;
}

absl::StatusOr<std::unique_ptr<Storage>> MemoryStorage::Create(MemoryOptions options,
                                                               const StorageContext& /*context*/) {
  if (options.url != "memory:") {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", options.url, "\": memory has no place to name; write memory:"));
  }
  return std::unique_ptr<Storage>(new MemoryStorage(&absl::Now));
}

MemoryStorage::MemoryStorage(Clock clock) : clock_(std::move(clock)) {}

double MemoryStorage::Now() const {
  return static_cast<double>(absl::ToUnixMicros(clock_())) * 1e-6;
}

absl::StatusOr<MemoryStorage::Study*> MemoryStorage::Find(int64_t study) {
  const auto found = studies_.find(study);
  if (found != studies_.end()) return &found->second;
  return absl::NotFoundError(absl::StrCat("memory: has no study of the id ", study));
}

absl::StatusOr<TrialRecord*> MemoryStorage::FindRunning(Study& study, int64_t number) {
  if (number < 0 || number >= static_cast<int64_t>(study.trials.size())) {
    return absl::NotFoundError(
        absl::StrCat("the study ", study.record.config.name, " has no trial ", number));
  }
  TrialRecord& record = study.trials[number];
  if (record.trial.state == TrialState::kRunning) return &record;
  return absl::FailedPreconditionError(
      absl::StrCat("trial ", number, " does not run; it is ", TrialStateName(record.trial.state)));
}

TrialRecord& MemoryStorage::Append(Study& study, TrialState state) {
  TrialRecord& record = study.trials.emplace_back();
  record.trial.id = static_cast<int64_t>(study.trials.size()) - 1;
  record.trial.state = state;
  if (state == TrialState::kWaiting) study.waiting.insert(record.trial.id);
  return record;
}

absl::StatusOr<int64_t> MemoryStorage::CreateStudy(const StudyRecord& study) {
  absl::MutexLock lock(&mutex_);
  for (const auto& [id, other] : studies_) {
    if (other.record.config.name == study.config.name) {
      return absl::AlreadyExistsError(
          absl::StrCat("memory: has a study ", study.config.name, " already"));
    }
  }
  Study& made = studies_[next_study_];
  made.record = study;
  made.record.config.warm_start.clear();
  made.record.id = next_study_;
  return next_study_++;
}

absl::StatusOr<StudyRecord> MemoryStorage::FindStudy(absl::string_view name) {
  absl::MutexLock lock(&mutex_);
  for (const auto& [id, study] : studies_) {
    if (study.record.config.name == name) return study.record;
  }
  return absl::NotFoundError(absl::StrCat("memory: has no study ", name));
}

absl::StatusOr<std::vector<StudyListing>> MemoryStorage::ListStudies() {
  absl::MutexLock lock(&mutex_);
  std::vector<StudyListing> list;
  for (const auto& [id, study] : studies_) {
    StudyListing& listing = list.emplace_back();
    listing.id = id;
    listing.name = study.record.config.name;
    for (const Objective& objective : study.record.config.objectives) {
      listing.goals.push_back(objective.goal);
    }
    for (const TrialRecord& record : study.trials) {
      const Trial& trial = record.trial;
      listing.waiting += trial.state == TrialState::kWaiting;
      listing.running += trial.state == TrialState::kRunning;
      listing.complete += trial.state == TrialState::kComplete;
      listing.stopped += trial.state == TrialState::kStopped;
      listing.failed += trial.state == TrialState::kFailed;
      if (trial.state == TrialState::kWaiting) continue;
      const absl::Time start = absl::FromUnixMicros(std::llround(trial.started * 1e6));
      if (listing.first_start == absl::InfinitePast() || start < listing.first_start) {
        listing.first_start = start;
      }
    }
  }
  return list;
}

absl::Status MemoryStorage::DeleteStudy(int64_t study) {
  absl::MutexLock lock(&mutex_);
  absl::Status status = Find(study).status();
  if (status.ok()) studies_.erase(study);
  return status;
}

absl::Status MemoryStorage::SetAttribute(int64_t study, absl::string_view name,
                                         const Value& value) {
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<Study*> found = Find(study);
  if (!found.ok()) return found.status();
  Value& attributes = (*found)->record.attributes;
  if (!value.is_null()) {
    attributes.Set(name, value);
    return absl::OkStatus();
  }
  Value::Object& fields = attributes.object();
  fields.erase(std::remove_if(fields.begin(), fields.end(),
                              [&](const Value::Field& field) { return field.name == name; }),
               fields.end());
  return absl::OkStatus();
}

absl::StatusOr<int64_t> MemoryStorage::Enqueue(int64_t study, absl::Span<const Value> assignments) {
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<Study*> found = Find(study);
  if (!found.ok()) return found.status();
  const auto first = static_cast<int64_t>((*found)->trials.size());
  for (const Value& assignment : assignments) {
    if (!assignment.is_object()) {
      return absl::InvalidArgumentError(
          absl::StrCat("an enqueued trial is an object, got ", KindName(assignment.kind())));
    }
  }
  for (const Value& assignment : assignments) {
    Append(**found, TrialState::kWaiting).enqueued = assignment;
  }
  return first;
}

absl::StatusOr<int64_t> MemoryStorage::Import(int64_t study, absl::Span<const TrialRecord> trials) {
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<Study*> found = Find(study);
  if (!found.ok()) return found.status();
  for (size_t i = 0; i < trials.size(); ++i) {
    absl::Status status = CheckImported((*found)->record.config, trials[i].trial);
    if (!status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("trials[", i, "]: ", status.message()));
    }
  }
  const auto first = static_cast<int64_t>((*found)->trials.size());
  ImportNumbers numbers(first);
  for (const TrialRecord& record : trials) {
    TrialRecord& added = Append(**found, record.trial.state);
    added = numbers.Next(record);
    (*found)->retries += added.retry_of.has_value();
  }
  return first;
}

void MemoryStorage::ReadOpen(const Study& study, ReadCursor* cursor,
                             std::vector<TrialRecord>* changes) {
  std::vector<int64_t> open;
  const auto size = static_cast<int64_t>(study.trials.size());
  // Numbers that were taken back may be given again, and are then new.
  cursor->next = std::min(cursor->next, size);
  for (const int64_t number : cursor->open) {
    if (number >= size) break;
    const TrialRecord& record = study.trials[number];
    if (!Unchanged(record)) changes->push_back(record);
    if (!record.trial.finished()) open.push_back(number);
  }
  cursor->open = std::move(open);
}

void MemoryStorage::ReadNew(const Study& study, int64_t end, ReadCursor* cursor,
                            std::vector<TrialRecord>* changes) {
  for (; cursor->next < end; ++cursor->next) {
    const TrialRecord& record = study.trials[cursor->next];
    changes->push_back(record);
    if (!record.trial.finished()) cursor->open.push_back(cursor->next);
  }
}

absl::StatusOr<ClaimResult> MemoryStorage::Claim(int64_t id, const ClaimRequest& request,
                                                 ReadCursor* cursor) {
  if (request.count < 1) {
    return absl::InvalidArgumentError(absl::StrCat("cannot claim ", request.count, " trials"));
  }
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<Study*> found = Find(id);
  if (!found.ok()) return found.status();
  Study& study = **found;
  ClaimResult result;
  const auto take = [&](TrialRecord& record) {
    record.trial.state = TrialState::kRunning;
    record.trial.started = Now();
    record.worker = request.worker;
    study.running[record.trial.id] = clock_();
    result.claimed.push_back(record);
  };
  int count = request.count;
  for (; count > 0 && !study.waiting.empty(); --count) {
    TrialRecord& record = study.trials[*study.waiting.begin()];
    study.waiting.erase(study.waiting.begin());
    take(record);
  }
  ReadOpen(study, cursor, &result.changes);
  ReadNew(study, static_cast<int64_t>(study.trials.size()), cursor, &result.changes);
  for (; count > 0; --count) {
    const auto number = static_cast<int64_t>(study.trials.size());
    if (request.limit > 0 && number - study.retries >= request.limit) break;
    take(Append(study, TrialState::kRunning));
  }
  return result;
}

absl::Status MemoryStorage::Propose(int64_t id, absl::Span<const StoredProposal> proposals) {
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<Study*> found = Find(id);
  if (!found.ok()) return found.status();
  for (const StoredProposal& proposal : proposals) {
    absl::Status status = CheckPoint((*found)->record.config, proposal.point);
    if (status.ok()) status = FindRunning(**found, proposal.number).status();
    if (!status.ok()) return status;
  }
  for (const StoredProposal& proposal : proposals) {
    TrialRecord& record = (*found)->trials[proposal.number];
    record.trial.point = proposal.point;
    record.trial.budget = proposal.budget;
    record.trial.resume_from = proposal.resume_from;
    record.asked = proposal.asked;
  }
  return absl::OkStatus();
}

absl::Status MemoryStorage::Unclaim(int64_t id, absl::Span<const int64_t> numbers,
                                    absl::string_view reason) {
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<Study*> found = Find(id);
  if (!found.ok()) return found.status();
  Study& study = **found;
  std::vector<int64_t> sorted(numbers.begin(), numbers.end());
  std::sort(sorted.rbegin(), sorted.rend());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  for (const int64_t number : sorted) {
    const absl::StatusOr<TrialRecord*> record = FindRunning(study, number);
    if (!record.ok()) return record.status();
    if (!(*record)->trial.point.empty()) {
      return absl::FailedPreconditionError(
          absl::StrCat("trial ", number, " has its point; it can only be finished"));
    }
  }
  for (const int64_t number : sorted) {
    TrialRecord& record = study.trials[number];
    if (!record.enqueued.is_null()) {
      record.trial.state = TrialState::kWaiting;
      record.trial.started = 0;
      study.running.erase(number);
      study.stop.erase(number);
      study.waiting.insert(number);
    } else if (number == static_cast<int64_t>(study.trials.size()) - 1) {
      study.running.erase(number);
      study.stop.erase(number);
      study.trials.pop_back();
    } else {
      End(study, record, Outcome::Failed(FailureKind::kCancelled, std::string(reason)), {});
    }
  }
  return absl::OkStatus();
}

absl::Status MemoryStorage::Report(int64_t id, int64_t number, int64_t step,
                                   absl::Span<const double> values) {
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<Study*> found = Find(id);
  if (!found.ok()) return found.status();
  absl::Status status = CheckReport((*found)->record.config, values.size());
  if (!status.ok()) return status;
  absl::StatusOr<TrialRecord*> record = FindRunning(**found, number);
  if (!record.ok()) return record.status();
  ReportLog& reports = (*record)->trial.reports;
  if (reports.empty() || step > reports.step(reports.size() - 1)) {
    reports.Add(step, values);
    return absl::OkStatus();
  }
  // An earlier step: in its place.
  ReportLog sorted;
  bool placed = false;
  for (size_t i = 0; i < reports.size(); ++i) {
    if (!placed && reports.step(i) >= step) {
      sorted.Add(step, values);
      placed = true;
    }
    if (reports.step(i) != step) sorted.Add(reports.step(i), reports.values(i));
  }
  reports = std::move(sorted);
  return absl::OkStatus();
}

void MemoryStorage::End(Study& study, TrialRecord& record, const Outcome& outcome,
                        const RetryRule& retry) {
  Trial& trial = record.trial;
  trial.state = outcome.state;
  trial.failure = outcome.failure;
  trial.values = outcome.values;
  trial.constraints = outcome.constraints;
  trial.reason = outcome.reason;
  trial.seconds = std::max(0.0, Now() - trial.started);
  study.running.erase(trial.id);
  study.stop.erase(trial.id);
  if (outcome.state != TrialState::kFailed || record.attempt >= retry.retries ||
      trial.point.empty()) {
    return;
  }
  // By value: appending to the deque is no reason for `record` to move, but plain to read.
  TrialRecord copy;
  copy.enqueued = PointToValue(study.record.config.space, trial.point);
  copy.retry_of = trial.id;
  copy.attempt = record.attempt + 1;
  copy.attributes = record.attributes;
  TrialRecord& added = Append(study, TrialState::kWaiting);
  copy.trial = added.trial;
  copy.trial.budget = record.trial.budget;
  copy.trial.resume_from = record.trial.resume_from;
  added = std::move(copy);
  ++study.retries;
}

absl::Status MemoryStorage::Finish(int64_t id, int64_t number, const Outcome& outcome,
                                   const RetryRule& retry) {
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<Study*> found = Find(id);
  if (!found.ok()) return found.status();
  absl::Status status = CheckOutcome((*found)->record.config, outcome);
  if (!status.ok()) return status;
  absl::StatusOr<TrialRecord*> record = FindRunning(**found, number);
  if (!record.ok()) return record.status();
  End(**found, **record, outcome, retry);
  return absl::OkStatus();
}

absl::Status MemoryStorage::RequestStop(int64_t id, int64_t number, absl::string_view reason) {
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<Study*> found = Find(id);
  if (!found.ok()) return found.status();
  absl::Status status = FindRunning(**found, number).status();
  if (status.ok()) (*found)->stop[number] = std::string(reason);
  return status;
}

absl::StatusOr<StudyWishes> MemoryStorage::ReadWishes(int64_t id,
                                                      absl::Span<const int64_t> numbers) {
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<Study*> found = Find(id);
  if (!found.ok()) return found.status();
  StudyWishes wishes;
  const Value* const paused = (*found)->record.attributes.Find(kPausedAttribute);
  wishes.paused = paused != nullptr && *paused == Value(true);
  for (const auto& [number, reason] : (*found)->stop) {
    if (absl::c_linear_search(numbers, number)) wishes.stop.emplace_back(number, reason);
  }
  return wishes;
}

absl::Status MemoryStorage::Heartbeat(int64_t id, absl::Span<const int64_t> numbers) {
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<Study*> found = Find(id);
  if (!found.ok()) return found.status();
  for (const int64_t number : numbers) {
    // One that has ended must not make the others look dead.
    const auto running = (*found)->running.find(number);
    if (running != (*found)->running.end()) running->second = clock_();
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int64_t>> MemoryStorage::SettleLost(
    int64_t id, absl::Duration grace, const std::function<bool(absl::string_view)>& dead,
    const RetryRule& retry) {
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<Study*> found = Find(id);
  if (!found.ok()) return found.status();
  Study& study = **found;
  const absl::Time now = clock_();
  std::vector<int64_t> lost;
  for (const auto& [number, heartbeat] : study.running) {
    const bool silent = now - heartbeat > grace;
    if (silent || (dead != nullptr && dead(study.trials[number].worker))) lost.push_back(number);
  }
  for (const int64_t number : lost) {
    TrialRecord& record = study.trials[number];
    End(study, record,
        Outcome::Failed(FailureKind::kLostWorker,
                        absl::StrCat("its worker is gone: ", record.worker)),
        retry);
  }
  return lost;
}

absl::Status MemoryStorage::Read(int64_t id, ReadCursor* cursor,
                                 const std::function<absl::Status(TrialRecord)>& visit) {
  // Copied a stretch at a time, so that `visit` is called without the lock.
  constexpr int64_t kStretch = 256;
  for (bool first = true;; first = false) {
    std::vector<TrialRecord> changes;
    bool over = false;
    {
      absl::MutexLock lock(&mutex_);
      absl::StatusOr<Study*> found = Find(id);
      if (!found.ok()) return found.status();
      if (first) ReadOpen(**found, cursor, &changes);
      const auto size = static_cast<int64_t>((*found)->trials.size());
      const int64_t end = std::min(size, cursor->next + kStretch);
      ReadNew(**found, end, cursor, &changes);
      over = end >= size;
    }
    for (TrialRecord& record : changes) {
      absl::Status status = visit(std::move(record));
      if (!status.ok()) return status;
    }
    if (over) return absl::OkStatus();
  }
}

}  // namespace sturgeon
