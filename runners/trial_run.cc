#include "runners/trial_run.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/random.h"
#include "core/space_json.h"
#include "core/suggest.h"

namespace sturgeon {
namespace {

// The column of kTrainSeconds, which is none of the model's.
constexpr int kTimed = -1;

Outcome FailedBy(const absl::Status& status) {
  return Outcome::Failed(FailureKind::kError, status.message().empty()
                                                  ? absl::StatusCodeToString(status.code())
                                                  : std::string(status.message()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Model>> MakeTrialModel(const StudyConfig& study,
                                                      const ModelFactory& factory,
                                                      const Value& fixed, int64_t id,
                                                      absl::Span<const double> point, bool final) {
  Value assignment = PointToValue(study.space, point);
  for (const Value::Field& field : fixed.object()) assignment.Set(field.name, field.value);
  ModelOptions options;
  options.seed = RandomStream(study.seed, id, kModelStream)();
  options.final = final;
  absl::StatusOr<std::unique_ptr<Model>> model = factory.Create(assignment, options);
  if (model.ok() && *model == nullptr) return absl::InternalError("the model's factory made none");
  return model;
}

absl::StatusOr<TrialRunner> TrialRunner::Create(const StudyConfig& study, const ModelFactory& model,
                                                const Value& fixed) {
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
  TrialRunner runner(study, model, fixed);
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
  if (trial.resume_from.has_value()) {
    return absl::UnimplementedError(
        absl::StrCat("trial ", trial.id, " is to start from the checkpoint of trial ",
                     *trial.resume_from, ", but this runner keeps none"));
  }
  if (trial.budget.value_or(1) < 1) {
    return absl::InternalError(absl::StrCat("the strategy gave trial ", trial.id, " a budget of ",
                                            *trial.budget, "; the least is 1"));
  }
  try {
    return Train(trial, stop, timeout, report);
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

  absl::StatusOr<std::unique_ptr<Model>> model =
      MakeTrialModel(*study_, *model_, *fixed_, trial.id, trial.point);
  if (!model.ok()) return FailedBy(model.status());

  const int64_t last_step = LastStep(trial);
  std::vector<double> metrics(columns_.size());
  absl::Duration training;
  for (int64_t step = 1;; ++step) {
    if (token.stop_requested()) return cut_off();
    const absl::Time start = absl::Now();
    const absl::StatusOr<std::vector<double>> trained = (*model)->Train(1, token);
    training += std::max(absl::Now() - start, absl::ZeroDuration());
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
    for (size_t k = 0; k < columns_.size(); ++k) {
      metrics[k] =
          columns_[k] == kTimed ? absl::ToDoubleSeconds(training) : (*trained)[columns_[k]];
    }
    Decision decision = Decision::kContinue;
    if (reports_) {
      absl::StatusOr<Decision> answer = report(step, metrics);
      if (!answer.ok()) return answer.status();
      decision = *answer;
    }
    std::optional<Outcome> outcome = AfterReport(trial, step, metrics, decision);
    if (outcome.has_value()) return *std::move(outcome);
    if (step >= last_step) return OutcomeOf(metrics);
  }
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
  outcome.reason = absl::StrCat(finite ? "stopped by the strategy" : "a metric is not finite",
                                " after ", model_->unit(), " ", step);
  return outcome;
}

}  // namespace sturgeon
