#include "runners/trial_run.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/failure.h"
#include "core/random.h"
#include "core/space_json.h"
#include "core/suggest.h"

namespace sturgeon {
namespace {

// The column of kTrainSeconds, which is none of the model's.
constexpr int kTimed = -1;

Outcome FailedBy(const absl::Status& status) {
  return Outcome::Failed(FailureKindOf(status), status.message().empty()
                                                    ? absl::StatusCodeToString(status.code())
                                                    : std::string(status.message()));
}

uint64_t SeedOf(const StudyConfig& study, int64_t id) {
  return RandomStream(study.seed, id, kModelStream)();
}

absl::StatusOr<std::unique_ptr<Model>> Make(const StudyConfig& study, const ModelFactory& factory,
                                            const Value& fixed, absl::Span<const double> point,
                                            const ModelOptions& options) {
  Value assignment = PointToValue(study.space, point);
  for (const Value::Field& field : fixed.object()) assignment.Set(field.name, field.value);
  absl::StatusOr<std::unique_ptr<Model>> model = factory.Create(assignment, options);
  if (model.ok() && *model == nullptr) return absl::InternalError("the model's factory made none");
  return model;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Model>> MakeTrialModel(const StudyConfig& study,
                                                      const ModelFactory& factory,
                                                      const Value& fixed, int64_t id,
                                                      absl::Span<const double> point, bool final) {
  ModelOptions options;
  options.seed = SeedOf(study, id);
  options.final = final;
  return Make(study, factory, fixed, point, options);
}

absl::StatusOr<TrialRunner> TrialRunner::Create(const StudyConfig& study, const ModelFactory& model,
                                                const Value& fixed, CheckpointStore* checkpoints) {
  if (!fixed.is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the fixed values of a study are an object, got ", KindName(fixed.kind())));
  }
  for (const Value::Field& field : fixed.object()) {
    if (study.space.Find(field.name).has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat(field.name, " is both fixed and tuned; take it out of one of the two"));
    }
  }
  TrialRunner runner(study, model, fixed, checkpoints);
  std::vector<std::string> known;
  for (const Metric& metric : model.metrics()) known.push_back(metric.name);
  for (const std::string& name : study.metrics) {
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end() && name == kTrainSeconds) {
      runner.columns_.push_back(kTimed);
      continue;
    }
    if (found == known.end()) {
      return absl::InvalidArgumentError(UnknownName("metric of the model", name, known));
    }
    runner.columns_.push_back(static_cast<int>(found - known.begin()));
  }
  const auto begin = study.metrics.begin(), end = study.metrics.end();
  for (const Objective& objective : study.objectives) {
    runner.objectives_.push_back(static_cast<int>(std::find(begin, end, objective.metric) - begin));
  }
  for (const MetricConstraint& constraint : study.constraints) {
    runner.constraints_.push_back(
        static_cast<int>(std::find(begin, end, constraint.metric) - begin));
  }
  const bool objectives_alone = std::all_of(begin, end, [&](const std::string& name) {
    return std::any_of(study.objectives.begin(), study.objectives.end(),
                       [&](const Objective& objective) { return objective.metric == name; });
  });
  runner.reports_ = model.max_steps() > 1 || !objectives_alone;
  return runner;
}

int64_t TrialRunner::LastStep(const Suggestion& trial) const {
  return std::min(trial.budget.value_or(model_->max_steps()), model_->max_steps());
}

absl::StatusOr<Outcome> TrialRunner::Run(const Suggestion& trial, const StopToken& stop,
                                         absl::Duration timeout,
                                         const ReportFunction& report) const {
  if (trial.budget.value_or(1) < 1) {
    return absl::InternalError(absl::StrCat("the strategy gave trial ", trial.id, " a budget of ",
                                            *trial.budget, "; the least is 1"));
  }
  try {
    return Train(trial, stop, timeout, report);
  } catch (const std::bad_alloc&) {
    return Outcome::Failed(FailureKind::kOutOfMemory, "out of memory");
  } catch (const std::exception& error) {
    return Outcome::Failed(FailureKind::kException, error.what());
  } catch (...) {
    return Outcome::Failed(FailureKind::kException, "it threw what is no std::exception");
  }
}

absl::StatusOr<Outcome> TrialRunner::Train(const Suggestion& trial, const StopToken& stop,
                                           absl::Duration timeout,
                                           const ReportFunction& report) const {
  const StopToken token(&stop, nullptr, absl::Now() + timeout);
  const auto cut_off = [&] {
    if (stop.cancelled()) return Outcome::Failed(FailureKind::kCancelled, "cancelled");
    if (stop.past_deadline()) {
      return Outcome::Failed(FailureKind::kCancelled, "the study's time was over");
    }
    return Outcome::Failed(FailureKind::kTimeout,
                           absl::StrCat("ran for longer than ", absl::FormatDuration(timeout)));
  };
  if (token.stop_requested()) return cut_off();

  absl::StatusOr<Training> training = Begin(trial);
  if (!training.ok()) {
    return absl::IsCancelled(training.status()) && token.stop_requested()
               ? cut_off()
               : FailedBy(training.status());
  }

  const int64_t last_step = LastStep(trial);
  if (training->step == last_step) {
    const std::vector<double> metrics = MetricsOf(*training);
    std::optional<Outcome> outcome = AfterReport(trial, last_step, metrics, Decision::kContinue);
    return outcome.has_value() ? *std::move(outcome) : OutcomeOf(metrics);
  }
  for (;;) {
    if (token.stop_requested()) return cut_off();
    const absl::Time start = absl::Now();
    absl::StatusOr<std::vector<double>> trained = training->model->Train(1, token);
    training->time += std::max(absl::Now() - start, absl::ZeroDuration());
    if (!trained.ok()) {
      return absl::IsCancelled(trained.status()) && token.stop_requested()
                 ? cut_off()
                 : FailedBy(trained.status());
    }
    if (trained->size() != model_->metrics().size()) {
      return Outcome::Failed(FailureKind::kError,
                             absl::StrCat("the model returned ", trained->size(),
                                          " metrics where it declares ", model_->metrics().size()));
    }
    training->metrics = *std::move(trained);
    const int64_t step = ++training->step;
    const std::vector<double> metrics = MetricsOf(*training);
    Decision decision = Decision::kContinue;
    if (reports_) {
      absl::StatusOr<Decision> answer = report(step, metrics);
      if (!answer.ok()) return answer.status();
      decision = *answer;
    }
    std::optional<Outcome> outcome = AfterReport(trial, step, metrics, decision);
    if (!outcome.has_value() || outcome->state != TrialState::kFailed) {
      MaybeSave(trial, decision, &*training);
    }
    if (outcome.has_value()) return *std::move(outcome);
    if (step >= last_step) return OutcomeOf(metrics);
  }
}

absl::StatusOr<TrialRunner::Training> TrialRunner::Begin(const Suggestion& trial) const {
  if (checkpoints_ != nullptr) {
    for (const std::optional<int64_t>& from : {trial.retry_of, trial.resume_from}) {
      if (!from.has_value()) continue;
      absl::StatusOr<std::optional<Training>> training = GoOn(trial, *from);
      if (!training.ok()) return training.status();
      if (training->has_value()) return **std::move(training);
    }
  }
  return BeginAfresh(trial, SeedOf(*study_, trial.origin.value_or(trial.id)));
}

absl::StatusOr<TrialRunner::Training> TrialRunner::BeginAfresh(const Suggestion& trial,
                                                               uint64_t seed) const {
  ModelOptions options;
  options.seed = seed;
  if (checkpoints_ != nullptr) options.artifacts = checkpoints_->Artifacts(trial.id);
  absl::StatusOr<std::unique_ptr<Model>> model =
      Make(*study_, *model_, *fixed_, trial.point, options);
  if (!model.ok()) return model.status();
  Training training;
  training.model = *std::move(model);
  training.seed = seed;
  return training;
}

absl::StatusOr<std::optional<TrialRunner::Training>> TrialRunner::GoOn(const Suggestion& trial,
                                                                       int64_t from) const {
  absl::StatusOr<Checkpoint> checkpoint = checkpoints_->Load(from);
  if (!checkpoint.ok()) {
    if (!absl::IsNotFound(checkpoint.status())) checkpoints_->NoteOnce(checkpoint.status());
    return std::nullopt;
  }
  absl::StatusOr<Training> training = BeginAfresh(trial, checkpoint->seed);
  if (!training.ok()) return training.status();
  absl::Status loaded = training->model->Load(checkpoint->state);
  if (absl::IsUnimplemented(loaded)) return std::nullopt;
  if (loaded.ok() && checkpoint->metrics.size() != model_->metrics().size()) {
    loaded = absl::InvalidArgumentError(absl::StrCat(
        "it has ", checkpoint->metrics.size(), " metrics, the model ", model_->metrics().size()));
  }
  if (loaded.ok() && checkpoint->step > LastStep(trial)) {
    loaded =
        absl::InvalidArgumentError(absl::StrCat("it is of ", model_->unit(), " ", checkpoint->step,
                                                "; the trial ends at ", LastStep(trial)));
  }
  if (!loaded.ok()) {
    const std::string reason =
        absl::StrCat("trial ", trial.id, " cannot start from the checkpoint of trial ", from, ": ",
                     loaded.message());
    const FailureKind kind = FailureKindOf(loaded);
    loaded = kind == FailureKind::kError ? absl::Status(loaded.code(), reason)
                                         : FailureStatus(kind, reason);
    // A repetition can do without.
    if (from != trial.retry_of) return loaded;
    checkpoints_->NoteOnce(loaded);
    return std::nullopt;
  }
  training->step = checkpoint->step;
  training->time = absl::Seconds(checkpoint->train_seconds);
  training->metrics = std::move(checkpoint->metrics);
  if (from == trial.retry_of) {
    // It is this trial's from now on, should it fail as well.
    const bool paused = training->step == LastStep(trial) && training->step < model_->max_steps();
    if (Keep(trial.id, std::move(checkpoint->state), paused, *training)) checkpoints_->Remove(from);
  }
  return std::optional<Training>(*std::move(training));
}

std::vector<double> TrialRunner::MetricsOf(const Training& training) const {
  std::vector<double> metrics;
  for (const int column : columns_) {
    metrics.push_back(column == kTimed ? absl::ToDoubleSeconds(training.time)
                                       : training.metrics[column]);
  }
  return metrics;
}

void TrialRunner::MaybeSave(const Suggestion& trial, Decision decision, Training* training) const {
  if (checkpoints_ == nullptr || !training->can_save) return;
  const int64_t every = checkpoints_->options().every;
  const bool at_end = training->step >= LastStep(trial);
  const bool paused = at_end ? training->step < model_->max_steps() : decision == Decision::kPause;
  const bool due =
      every > 0 && (at_end || (decision == Decision::kContinue && training->step % every == 0));
  if (!paused && !due) return;
  absl::StatusOr<std::string> state = "";
  // What a model throws here is no reason to lose what it has learned.
  try {
    state = training->model->Save();
  } catch (const std::exception& error) {
    state = absl::InternalError(error.what());
  } catch (...) {
    state = absl::InternalError("it threw what is no std::exception");
  }
  if (state.ok()) {
    Keep(trial.id, *std::move(state), paused, *training);
    return;
  }
  training->can_save = false;
  if (!absl::IsUnimplemented(state.status())) {
    checkpoints_->NoteOnce(absl::Status(
        state.status().code(),
        absl::StrCat("trial ", trial.id, " cannot be saved: ", state.status().message())));
  }
}

bool TrialRunner::Keep(int64_t trial, std::string state, bool paused,
                       const Training& training) const {
  Checkpoint checkpoint;
  checkpoint.trial = trial;
  checkpoint.step = training.step;
  checkpoint.seed = training.seed;
  checkpoint.train_seconds = absl::ToDoubleSeconds(training.time);
  checkpoint.metrics = training.metrics;
  checkpoint.state = std::move(state);
  const absl::Status status = checkpoints_->Save(std::move(checkpoint), paused);
  // FailedPrecondition: the trial has ended in the study's eyes.
  if (!status.ok() && !absl::IsFailedPrecondition(status)) checkpoints_->NoteOnce(status);
  return status.ok();
}

Outcome TrialRunner::OutcomeOf(absl::Span<const double> metrics) const {
  Outcome outcome;
  for (const int column : objectives_) outcome.values.push_back(metrics[column]);
  for (size_t k = 0; k < constraints_.size(); ++k) {
    outcome.constraints.push_back(study_->constraints[k].Excess(metrics[constraints_[k]]));
  }
  return outcome;
}

std::optional<Outcome> TrialRunner::AfterReport(const Suggestion& trial, int64_t step,
                                                absl::Span<const double> metrics,
                                                Decision decision) const {
  for (const std::vector<int>* columns : {&objectives_, &constraints_}) {
    for (const int column : *columns) {
      if (std::isfinite(metrics[column])) continue;
      return Outcome::Failed(FailureKind::kNotFinite,
                             absl::StrCat(study_->metrics[column], " is ", metrics[column],
                                          " after ", model_->unit(), " ", step));
    }
  }
  if (decision == Decision::kContinue || step >= LastStep(trial)) return std::nullopt;
  const bool finite = std::all_of(metrics.begin(), metrics.end(),
                                  [](double metric) { return std::isfinite(metric); });
  Outcome outcome = OutcomeOf(metrics);
  outcome.state = TrialState::kStopped;
  outcome.reason = absl::StrCat(!finite                        ? "a metric is not finite"
                                : decision == Decision::kPause ? "paused by the strategy"
                                                               : "stopped by the strategy",
                                " after ", model_->unit(), " ", step);
  return outcome;
}

}  // namespace sturgeon
