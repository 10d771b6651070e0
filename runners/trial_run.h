// Running one trial: from a suggestion to its outcome. What all runners have in common.
//
//   auto trials = TrialRunner::Create(study.config(), model, fixed);
//   auto outcome = trials->Run(suggestion, stop, absl::Seconds(60),
//                              [&](int64_t step, absl::Span<const double> metrics) {
//                                return study.Report(suggestion.id, step, metrics);
//                              });
//   study.Tell(suggestion.id, *std::move(outcome));
//
// Whatever a model does becomes an outcome: nothing that it throws gets out.
#ifndef STURGEON_RUNNERS_TRIAL_RUN_H_
#define STURGEON_RUNNERS_TRIAL_RUN_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/model.h"
#include "core/stop_token.h"
#include "core/strategy.h"
#include "core/study.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "core/value.h"

namespace sturgeon {

// Takes the study's metrics after a step, [StudyConfig::metrics], and answers what is to become of
// the trial. An error ends the run.
using ReportFunction =
    std::function<absl::StatusOr<Decision>(int64_t step, absl::Span<const double> metrics)>;

// The model of a trial: made from the active parameters of its point, `fixed`, and the seed that
// the trial has of its own, RandomStream(study seed, trial id, kModelStream). With `final` it
// trains for the test (ModelOptions). Throws what the factory throws.
absl::StatusOr<std::unique_ptr<Model>> MakeTrialModel(const StudyConfig& study,
                                                      const ModelFactory& factory,
                                                      const Value& fixed, int64_t id,
                                                      absl::Span<const double> point,
                                                      bool final = false);

// What a study's trials have in common. Threads: const methods may be called from any; what it was
// created from must outlive it.
class TrialRunner {
 public:
  // InvalidArgument: the study wants a metric that the model does not have (the known ones are
  // named; kTrainSeconds any has), or `fixed` is no object or fixes a parameter that the study
  // tunes.
  static absl::StatusOr<TrialRunner> Create(const StudyConfig& study, const ModelFactory& model,
                                            const Value& fixed);

  // Makes the model (MakeTrialModel) and trains it step by step to the trial's budget, or to
  // max_steps() where that is less or no budget is given. Reports each step, unless a report could
  // say no more than the outcome (one step, and no metric but objectives).
  //
  // The outcome is
  //   complete               after the last step, whatever its report is answered;
  //   stopped                where a report before it is answered by kStop; also by kPause, as
  //                          there are no checkpoints yet from which a paused trial could go on;
  //   failed, kException     the model threw: what() is the reason;
  //   failed, kError         it returned an error, or broke its contract;
  //   failed, kNotFinite     an objective, or a metric that a constraint is on, is NaN or infinite,
  //                          at once, whichever the step;
  //   failed, kTimeout       it ran for longer than `timeout`;
  //   failed, kCancelled     `stop` asked for it.
  // The latter two are cooperative: they come when the model heeds its token, or its step ends.
  // With its values come those of the study's constraints (MetricConstraint::Excess).
  //
  // Errors are not the model's but end the run: those of `report`; Unimplemented, if the trial is
  // to start from another one's checkpoint; Internal, if its budget is not positive.
  absl::StatusOr<Outcome> Run(const Suggestion& trial, const StopToken& stop,
                              absl::Duration timeout, const ReportFunction& report) const;

  // What `decision`, the answer to the report of a step, makes of the trial: nullopt, it goes on;
  // else how it ends here. For runners that hold reports back and are answered later.
  std::optional<Outcome> AfterReport(const Suggestion& trial, int64_t step,
                                     absl::Span<const double> metrics, Decision decision) const;

 private:
  TrialRunner(const StudyConfig& study, const ModelFactory& model, const Value& fixed)
      : study_(&study), model_(&model), fixed_(&fixed) {}

  int64_t LastStep(const Suggestion& trial) const;
  // The values of the objectives and the constraints.
  Outcome OutcomeOf(absl::Span<const double> metrics) const;
  // Run, after what the strategy wants was checked, and with the model's exceptions.
  absl::StatusOr<Outcome> Train(const Suggestion& trial, const StopToken& stop,
                                absl::Duration timeout, const ReportFunction& report) const;

  const StudyConfig* study_;
  const ModelFactory* model_;
  const Value* fixed_;
  bool reports_ = true;
  std::vector<int> columns_;  // of the study's metrics in the model's; kTimed: kTrainSeconds
  // Of the objectives and the constraints in the study's metrics.
  std::vector<int> objectives_, constraints_;
};

}  // namespace sturgeon

#endif  // STURGEON_RUNNERS_TRIAL_RUN_H_
