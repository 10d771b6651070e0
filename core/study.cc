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
#include "core/trial_check.h"

namespace sturgeon {
namespace {

// A coordinate of a point that is not known.
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

double Now() { return static_cast<double>(absl::ToUnixMicros(absl::Now())) * 1e-6; }

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

// Whether a trial that came to its end has been trained as far as can be.
bool TrainedInFull(const StudyConfig& config, const Trial& trial) {
  return !trial.budget.has_value() || (config.max_steps > 0 && *trial.budget >= config.max_steps);
}

absl::Status CheckBudget(const StudyConfig& config) {
  const Budget& budget = config.budget;
  const auto wrong = [](absl::string_view field, double value) {
    return absl::InvalidArgumentError(absl::StrCat(
        "budget: ", field, ": ", value, " is out of range; a number above 0, or 0 for no limit"));
  };
  if (budget.steps < 0) return wrong("steps", static_cast<double>(budget.steps));
  if (!(budget.seconds >= 0) || std::isinf(budget.seconds)) return wrong("seconds", budget.seconds);
  if (!(budget.cost >= 0) || std::isinf(budget.cost)) return wrong("cost", budget.cost);
  if (budget.cost_metric.empty()) {
    return budget.cost == 0 ? absl::OkStatus()
                            : absl::InvalidArgumentError(
                                  "budget: cost: say in cost_metric which metric counts it");
  }
  if (std::find(config.metrics.begin(), config.metrics.end(), budget.cost_metric) ==
      config.metrics.end()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "budget: cost_metric: ", UnknownName("metric", budget.cost_metric, config.metrics)));
  }
  return absl::OkStatus();
}

absl::Status CheckConfig(const StudyConfig& config) {
  if (config.objectives.empty()) {
    return absl::InvalidArgumentError("a study needs at least one objective");
  }
  if (config.trials < 0) return absl::InvalidArgumentError("the number of trials is negative");
  if (config.max_steps < 0) return absl::InvalidArgumentError("the number of steps is negative");
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
  for (const std::string& name : config.settable) {
    if (!config.space.Find(name).has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("settable: ", UnknownName("parameter", name, config.space.Names())));
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
  return CheckBudget(config);
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
    : config_(WithMetrics(std::move(config))), hooks_(std::move(hooks)), spending_(config_) {}

absl::StatusOr<std::unique_ptr<Study>> Study::Make(StudyConfig config, const PluginSpec& strategy,
                                                   const Plugins& plugins, StudyHooks hooks) {
  std::unique_ptr<Study> study(new Study(std::move(config), std::move(hooks)));
  absl::Status status = CheckConfig(study->config_);
  if (!status.ok()) return status;
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
  for (const PluginSpec& spec : study->config_.stopping) {
    auto rule = plugins.stopping_rules.Create(spec, {study->config_});
    if (!rule.ok()) return rule.status();
    study->stopping_.push_back(*std::move(rule));
  }
  return study;
}

absl::StatusOr<std::unique_ptr<Study>> Study::Create(StudyConfig config, const PluginSpec& strategy,
                                                     const Plugins& plugins, StudyHooks hooks) {
  absl::StatusOr<std::unique_ptr<Study>> study =
      Make(std::move(config), strategy, plugins, std::move(hooks));
  if (study.ok()) (*study)->CallHooks(nullptr, {});
  return study;
}

absl::StatusOr<std::unique_ptr<Study>> Study::Attach(StudyConfig config, const PluginSpec& strategy,
                                                     const Plugins& plugins, StudyHooks hooks,
                                                     const StudyPlace& place) {
  absl::StatusOr<std::unique_ptr<Study>> made =
      Make(std::move(config), strategy, plugins, std::move(hooks));
  if (!made.ok()) return made;
  Study& study = **made;
  study.store_ = std::make_unique<StudyStore>(place);
  absl::Status status = study.store_->SettleLost();
  if (!status.ok()) return status;
  {
    absl::MutexLock asking(&study.ask_mutex_);
    std::vector<const Trial*> ended;
    status = study.ReadOthers(&ended);
    if (!status.ok()) return status;
  }
  study.CallHooks(nullptr, {});
  return made;
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

int64_t& Study::CountOf(TrialState state) {
  switch (state) {
    case TrialState::kWaiting:
      return counts_.waiting;
    case TrialState::kRunning:
      return counts_.running;
    case TrialState::kComplete:
      return counts_.complete;
    case TrialState::kStopped:
      return counts_.stopped;
    case TrialState::kFailed:
      break;
  }
  return counts_.failed;
}

Trial& Study::Add(TrialState state, Point point) {
  Trial& trial = trials_.emplace_back();
  trial.id = static_cast<int64_t>(trials_.size()) - 1;
  trial.state = state;
  trial.point = std::move(point);
  ++CountOf(state);
  return trial;
}

void Study::SetState(Trial& trial, TrialState state) {
  --CountOf(trial.state);
  ++CountOf(state);
  trial.state = state;
}

void Study::SetOrigin(int64_t id, std::optional<int64_t> retry_of,
                      std::optional<int64_t> resume_from) {
  const std::optional<int64_t> from = retry_of.has_value() ? retry_of : resume_from;
  if (!from.has_value()) return;
  const auto before = origins_.find(*from);
  const int64_t origin = before == origins_.end() ? *from : before->second;
  origins_[id] = origin;
}

Suggestion Study::Start(Trial& trial, Proposal proposal, std::optional<int64_t> retry_of) {
  SetState(trial, TrialState::kRunning);
  trial.point = std::move(proposal.point);
  trial.budget = proposal.budget;
  trial.resume_from = proposal.resume_from;
  trial.started = Now();
  running_.emplace(trial.id, &trial);
  pending_stale_ = true;
  SetOrigin(trial.id, retry_of, trial.resume_from);
  Suggestion suggestion;
  suggestion.id = trial.id;
  suggestion.point = trial.point;
  suggestion.budget = trial.budget;
  suggestion.resume_from = trial.resume_from;
  suggestion.retry_of = retry_of;
  const auto origin = origins_.find(trial.id);
  if (origin != origins_.end()) suggestion.origin = origin->second;
  suggestion.space = &config_.space;
  return suggestion;
}

absl::StatusOr<std::vector<Suggestion>> Study::Ask(int count, int64_t limit) {
  if (count < 1)
    return absl::InvalidArgumentError(absl::StrCat("cannot ask for ", count, " trials"));
  return AskAnyway(count, limit, /*instead=*/nullptr);
}

absl::StatusOr<std::optional<Suggestion>> Study::AskFor(const Proposal& proposal, int64_t limit) {
  absl::Status status = config_.space.Validate(proposal.point);
  if (!status.ok()) return status;
  if (proposal.budget.value_or(1) < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("a budget of ", *proposal.budget, "; the least is 1"));
  }
  if (proposal.resume_from.has_value()) {
    const absl::StatusOr<Trial> from = Get(*proposal.resume_from);
    if (!from.ok() || !from->finished()) {
      return absl::InvalidArgumentError(
          absl::StrCat("no trial can go on from trial ", *proposal.resume_from,
                       from.ok() ? ", which has not ended" : "; there is none"));
    }
  }
  absl::StatusOr<std::vector<Suggestion>> suggestions = AskAnyway(1, limit, &proposal);
  if (!suggestions.ok()) return suggestions.status();
  if (suggestions->empty()) return std::optional<Suggestion>();
  return std::optional<Suggestion>(std::move(suggestions->front()));
}

absl::StatusOr<std::vector<Suggestion>> Study::AskAnyway(int count, int64_t limit,
                                                         const Proposal* instead) {
  std::vector<const Trial*> started, ended;
  absl::StatusOr<std::vector<Suggestion>> suggestions =
      store_ == nullptr ? AskHere(count, limit, instead, &started)
                        : AskStored(count, limit, instead, &started, &ended);
  if (!suggestions.ok()) return suggestions;
  if (!ended.empty()) CallHooks(hooks_.on_finish, ended);
  CallHooks(hooks_.on_start, started);
  return suggestions;
}

absl::StatusOr<std::vector<Suggestion>> Study::AskHere(int count, int64_t limit,
                                                       const Proposal* instead,
                                                       std::vector<const Trial*>* started) {
  absl::MutexLock lock(&mutex_);
  if (limit > 0) count = static_cast<int>(std::min<int64_t>(count, limit - counts_.total()));
  std::vector<Suggestion> suggestions;
  out_of_budget_ = false;
  if (count < 1 || !HasRoom()) return suggestions;
  suggestions.reserve(count);
  const auto hand_out = [&](Proposal proposal) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    Trial& trial = Add(TrialState::kRunning, {});
    suggestions.push_back(Start(trial, std::move(proposal)));
    started->push_back(&trial);
  };
  while (!queue_.empty() && count > 0 && HasRoom()) {
    hand_out({std::move(queue_.front()), std::nullopt, std::nullopt});
    queue_.pop_front();
    --count;
  }
  if (count == 0 || !queue_.empty()) return suggestions;
  if (instead != nullptr) {
    if (HasRoomFor(*instead)) hand_out(*instead);
    return suggestions;
  }
  absl::StatusOr<std::vector<Proposal>> proposals =
      Propose(static_cast<int64_t>(trials_.size()), count);
  if (!proposals.ok()) return proposals.status();
  for (Proposal& proposal : *proposals) {
    if (!HasRoomFor(proposal)) break;
    hand_out(std::move(proposal));
  }
  return suggestions;
}

Spent Study::SpentSoFar(bool planned) const {
  Spent spent = spending_.total();
  const double now = Now();
  for (const auto* running : {&running_, &elsewhere_}) {
    for (const auto& entry : *running) {
      const Trial& trial = *entry.second;
      Spent own = spending_.Of(trial);
      own.seconds = std::max(0.0, now - trial.started);
      if (planned) {
        own.steps = std::max(own.steps, spending_.PlannedSteps(trial.budget, trial.resume_from));
      }
      spent += own;
    }
  }
  return spent;
}

bool Study::HasRoom(int64_t steps) {
  out_of_budget_ = false;
  if (!config_.budget.limited()) return true;
  const Spent spent = SpentSoFar(/*planned=*/true);
  const int64_t limit = config_.budget.steps;
  out_of_budget_ = UsedUp(spent, config_).has_value() || (limit > 0 && spent.steps + steps > limit);
  return !out_of_budget_;
}

bool Study::out_of_budget() const {
  absl::MutexLock lock(&mutex_);
  return out_of_budget_;
}

absl::StatusOr<std::vector<Proposal>> Study::Propose(int64_t first_id, int count) {
  if (pending_stale_) {
    pending_.clear();
    auto here = running_.begin();
    auto there = elsewhere_.begin();
    while (here != running_.end() || there != elsewhere_.end()) {
      const bool take_here =
          there == elsewhere_.end() || (here != running_.end() && here->first < there->first);
      const Trial& trial = *(take_here ? here++ : there++)->second;
      pending_.push_back({trial.id, trial.point, trial.budget, trial.resume_from});
    }
    pending_stale_ = false;
  }
  absl::StatusOr<std::vector<Proposal>> proposals =
      strategy_->Ask({first_id, count, absl::MakeConstSpan(pending_)});
  if (!proposals.ok()) return proposals;
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
    const std::optional<int64_t>& from = proposal.resume_from;
    if (from.has_value() && (*from < 0 || *from >= first_id || !trials_[*from].finished())) {
      return absl::InternalError(
          absl::StrCat("the strategy wants to go on from trial ", *from, ", which has not ended"));
    }
  }
  return proposals;
}

absl::StatusOr<std::vector<Suggestion>> Study::AskStored(int count, int64_t limit,
                                                         const Proposal* instead,
                                                         std::vector<const Trial*>* started,
                                                         std::vector<const Trial*>* ended) {
  absl::MutexLock asking(&ask_mutex_);
  if (config_.budget.limited()) {
    // Before a number is claimed: what the others have spent.
    absl::Status status = ReadOthers(ended);
    if (!status.ok()) return status;
    absl::MutexLock lock(&mutex_);
    if (!HasRoom()) return std::vector<Suggestion>();
  }
  absl::StatusOr<ClaimResult> claim = store_->Claim(count, limit);
  if (!claim.ok()) return claim.status();

  std::vector<Suggestion> suggestions;
  std::vector<StoredProposal> stored;
  std::vector<int64_t> refused, left_over;
  absl::Status status;
  {
    absl::MutexLock lock(&mutex_);
    // What the others did, in the order of the ids; then what is ours.
    std::vector<const Trial*> news;
    for (TrialRecord& record : claim->changes) Adopt(std::move(record), &news);
    ended->insert(ended->end(), news.begin(), news.end());
    status = Finished(news);
    if (!status.ok()) return status;
    std::vector<int64_t> fresh;
    for (TrialRecord& record : claim->claimed) {
      Trial& trial = Slot(record.trial.id);
      if (record.enqueued.is_null()) {
        fresh.push_back(trial.id);
        continue;
      }
      elsewhere_.erase(trial.id);
      hidden_.erase(trial.id);
      absl::StatusOr<Point> point =
          PointFromValue(config_.space, record.enqueued, "the enqueued trial");
      if (!point.ok()) {
        SetState(trial, TrialState::kFailed);
        trial.failure = FailureKind::kError;
        trial.reason = std::string(point.status().message());
        refused.push_back(trial.id);
        continue;
      }
      suggestions.push_back(
          Start(trial, {*std::move(point), record.trial.budget, record.trial.resume_from},
                record.retry_of));
      started->push_back(&trial);
      stored.push_back(
          {trial.id, trial.point, record.trial.budget, record.trial.resume_from, std::nullopt});
    }
    size_t used = 0;  // of `fresh`
    if (instead != nullptr && !fresh.empty()) {
      if (HasRoomFor(*instead)) {
        Trial& trial = trials_[fresh[used++]];
        suggestions.push_back(Start(trial, *instead));
        started->push_back(&trial);
        stored.push_back(
            {trial.id, trial.point, instead->budget, instead->resume_from, std::nullopt});
      }
    } else if (!fresh.empty()) {
      absl::StatusOr<std::vector<Proposal>> proposals =
          Propose(fresh.front(), static_cast<int>(fresh.size()));
      status = proposals.status();
      const size_t proposed = proposals.ok() ? proposals->size() : 0;
      AskedView view;
      view.first_id = fresh.front();
      view.count = static_cast<int32_t>(fresh.size());
      for (const PendingTrial& trial : pending_) view.pending.push_back(trial.id);
      view.hidden.assign(hidden_.begin(), hidden_.end());
      for (size_t i = 0; i < proposed && HasRoomFor((*proposals)[i]); ++i) {
        Trial& trial = trials_[fresh[used++]];
        view.index = static_cast<int32_t>(i);
        suggestions.push_back(Start(trial, (*proposals)[i]));
        started->push_back(&trial);
        stored.push_back(
            {trial.id, trial.point, (*proposals)[i].budget, (*proposals)[i].resume_from, view});
      }
    }
    left_over.assign(fresh.begin() + static_cast<ptrdiff_t>(used), fresh.end());
    for (size_t i = 0; i < left_over.size(); ++i) {
      --CountOf(trials_.back().state);
      trials_.pop_back();
    }
  }
  if (!left_over.empty()) {
    status.Update(store_->Unclaim(left_over, out_of_budget()
                                                 ? "the study's budget had no room for it"
                                                 : "the strategy had nothing more to try"));
  }
  for (const int64_t id : refused) {
    const absl::StatusOr<Trial> trial = Get(id);
    status.Update(store_->Finish(id, Outcome::Failed(trial->failure, trial->reason),
                                 /*worth_repeating=*/false));
  }
  if (!stored.empty()) status.Update(store_->Propose(stored));
  if (!status.ok()) return status;
  return suggestions;
}

absl::Status Study::ReadOthers(std::vector<const Trial*>* ended) {
  absl::MutexLock lock(&mutex_);
  absl::Status status = store_->Read([&](TrialRecord record) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    Adopt(std::move(record), ended);
    return absl::OkStatus();
  });
  status.Update(Finished(*ended));
  return status;
}

Trial& Study::Slot(int64_t id) {
  while (static_cast<int64_t>(trials_.size()) <= id) {
    Add(TrialState::kRunning, Point(config_.space.size(), kUnknown));
  }
  return trials_[id];
}

void Study::Adopt(TrialRecord record, std::vector<const Trial*>* ended) {
  const int64_t id = record.trial.id;
  Trial& trial = Slot(id);
  if (trial.finished() || running_.contains(id)) return;
  SetOrigin(id, record.retry_of, record.trial.resume_from);
  SetState(trial, record.trial.state);
  pending_stale_ = true;
  elsewhere_.erase(id);
  hidden_.erase(id);
  if (!trial.finished()) {
    trial.started = record.trial.started;
    trial.budget = record.trial.budget;
    trial.resume_from = record.trial.resume_from;
    if (trial.state == TrialState::kRunning && config_.space.Validate(record.trial.point).ok()) {
      trial.point = std::move(record.trial.point);
      elsewhere_.emplace(id, &trial);
    } else {
      hidden_.insert(id);
    }
    return;
  }
  const bool fits = CheckEnded(config_, record.trial).ok();
  trial = std::move(record.trial);
  if (fits) {
    ended->push_back(&trial);
  } else {
    trial.point.assign(config_.space.size(), kUnknown);
  }
}

absl::StatusOr<Trial*> Study::FindRunning(int64_t id) {
  const auto found = running_.find(id);
  if (found != running_.end() && !ending_.contains(id)) return found->second;
  if (id < 0 || id >= static_cast<int64_t>(trials_.size())) {
    return absl::NotFoundError(
        absl::StrCat("there is no trial ", id,
                     trials_.empty() ? "; none was asked for yet"
                                     : absl::StrCat("; the last one is ", trials_.size() - 1)));
  }
  if (trials_[id].finished() || ending_.contains(id)) {
    return absl::FailedPreconditionError(
        absl::StrCat("trial ", id, " has ended already (", TrialStateName(trials_[id].state), ")"));
  }
  return absl::FailedPreconditionError(absl::StrCat("trial ", id, " does not run here"));
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
    if (AllFinite(values)) decision = Judge({id, trial.point, trial.reports, trial.resume_from});
  }
  if (store_ != nullptr) {
    const absl::Status status = store_->Report(id, step, values);
    // One that was given up for lost learns of it at its end.
    if (!status.ok() && !absl::IsFailedPrecondition(status)) return status;
  }
  CallHooks(nullptr, {});
  return decision;
}

Decision Study::Judge(const RunningTrial& trial) {
  const Decision decision = strategy_->OnReport(trial);
  if (store_ != nullptr) {
    if (std::optional<std::string> reason = store_->StopReason(trial.id)) {
      stop_reasons_[trial.id] = *std::move(reason);
      return Decision::kStop;
    }
  }
  if (decision != Decision::kContinue) return decision;
  for (size_t i = 0; i < stopping_.size(); ++i) {
    const std::optional<std::string> why = stopping_[i]->ShouldStop(trial);
    if (!why.has_value()) continue;
    stop_reasons_[trial.id] = absl::StrCat(config_.stopping[i].name, ": ", *why);
    return Decision::kStop;
  }
  if (!config_.budget.limited()) return decision;
  const std::optional<std::string> used_up = UsedUp(SpentSoFar(/*planned=*/false), config_);
  if (!used_up.has_value()) return decision;
  stop_reasons_[trial.id] = absl::StrCat("the study has spent ", *used_up);
  return Decision::kStop;
}

absl::Status Study::Tell(int64_t id, Outcome outcome) {
  const Trial* finished = nullptr;
  absl::Status told;
  {
    absl::MutexLock lock(&mutex_);
    absl::StatusOr<Trial*> running = FindRunning(id);
    if (!running.ok()) return running.status();
    absl::Status status = CheckOutcome(config_, outcome);
    if (!status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("trial ", id, ": ", status.message()));
    }
    if (!AllFinite(outcome.values) || !AllFinite(outcome.constraints)) {
      outcome = Outcome::Failed(FailureKind::kNotFinite, "a value is not finite");
    }
    const auto reason = stop_reasons_.find(id);
    if (reason != stop_reasons_.end() && outcome.state == TrialState::kStopped) {
      outcome.reason = reason->second;
    }
    finished = *running;
    if (outcome.state == TrialState::kComplete && !TrainedInFull(config_, *finished)) {
      outcome.state = TrialState::kStopped;
      outcome.reason = absl::StrCat("paused at its budget, ", config_.unit, " ", *finished->budget);
    }
    if (store_ == nullptr) {
      End(**running, std::move(outcome));
      told = Finished({&finished, 1});
    } else {
      ending_.insert(id);
    }
  }
  // Without the lock, so that trials that end at the same time may share one write.
  if (store_ != nullptr) {
    bool ended = false;
    told = TellStored(id, std::move(outcome), &ended);
    if (!ended) return told;
  }
  CallHooks(hooks_.on_finish, {finished});
  return told;
}

absl::Status Study::TellStored(int64_t id, Outcome outcome, bool* ended) {
  const absl::Status stored =
      store_->Finish(id, outcome, outcome.failure != FailureKind::kCancelled);
  absl::MutexLock lock(&mutex_);
  ending_.erase(id);
  if (absl::IsFailedPrecondition(stored)) {
    outcome = Outcome::Failed(FailureKind::kLostWorker,
                              "given up for lost by another process before it ended");
    notes_.push_back(
        absl::StrCat("trial ", id, " had been given up for lost; its result is dropped"));
  } else if (!stored.ok()) {
    return stored;
  }
  Trial& trial = trials_[id];
  End(trial, std::move(outcome));
  *ended = true;
  const Trial* const finished[] = {&trial};
  return Finished(finished);
}

void Study::End(Trial& trial, Outcome outcome) {
  SetState(trial, outcome.state);
  trial.failure = outcome.failure;
  trial.values = std::move(outcome.values);
  trial.constraints = std::move(outcome.constraints);
  trial.reason = std::move(outcome.reason);
  trial.seconds = std::max(0.0, Now() - trial.started);
  running_.erase(trial.id);
  stop_reasons_.erase(trial.id);
  pending_stale_ = true;
}

absl::Status Study::Finished(absl::Span<const Trial* const> trials) {
  if (trials.empty()) return absl::OkStatus();
  for (const Trial* trial : trials) {
    UpdateFront(*trial);
    spending_.Add(*trial);
  }
  absl::Status status = strategy_->Tell(trials);
  for (const std::unique_ptr<StoppingRule>& rule : stopping_) {
    if (status.ok()) status = rule->Tell(trials);
  }
  return status;
}

void Study::UpdateFront(const Trial& trial) {
  if (trial.state != TrialState::kComplete || !trial.feasible()) return;
  Values losses;
  for (size_t k = 0; k < config_.objectives.size(); ++k) {
    losses.push_back(config_.objectives[k].Loss(trial.values[k]));
  }
  front_.Add(trial.id, std::move(losses));
}

absl::Status Study::Enqueue(Point point) {
  absl::Status status = config_.space.Validate(point);
  if (!status.ok()) return status;
  if (store_ != nullptr) return store_->Enqueue(PointToValue(config_.space, point)).status();
  absl::MutexLock lock(&mutex_);
  queue_.push_back(std::move(point));
  return absl::OkStatus();
}

absl::Status Study::Enqueue(const Value& assignment) {
  absl::StatusOr<Point> point = PointFromValue(config_.space, assignment, "enqueued trial");
  return point.ok() ? Enqueue(*std::move(point)) : point.status();
}

absl::StatusOr<int64_t> Study::Import(Trial trial) {
  absl::Status status = CheckEnded(config_, trial);
  if (!status.ok()) return status;
  // The ids of another study are none here.
  trial.resume_from.reset();
  std::vector<const Trial*> ended;
  int64_t id = 0;
  if (store_ != nullptr) {
    absl::MutexLock asking(&ask_mutex_);
    const absl::StatusOr<int64_t> number = store_->Import(trial);
    if (!number.ok()) return number;
    id = *number;
    status = ReadOthers(&ended);
  } else {
    absl::MutexLock lock(&mutex_);
    Trial& added = Add(trial.state, {});
    id = trial.id = added.id;
    added = std::move(trial);
    ended.push_back(&added);
    status = Finished(ended);
  }
  CallHooks(hooks_.on_finish, ended);
  if (!status.ok()) return status;
  return id;
}

void Study::Note(absl::string_view line) {
  {
    absl::MutexLock lock(&mutex_);
    notes_.emplace_back(line);
  }
  CallHooks(nullptr, {});
}

std::optional<Trial> Study::Best() const {
  absl::MutexLock lock(&mutex_);
  if (front_.empty() || config_.objectives.size() != 1) return std::nullopt;
  return trials_[front_.ids().front()];
}

std::vector<Trial> Study::ParetoFront() const {
  absl::MutexLock lock(&mutex_);
  std::vector<int64_t> ids = front_.ids();
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
