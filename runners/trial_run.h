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
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/checkpoint_store.h"
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
                                            const Value& fixed,
                                            CheckpointStore* checkpoints = nullptr);

  // Makes the model (MakeTrialModel) and trains it step by step to the trial's budget, or to
  // max_steps() where that is less or no budget is given. Reports each step, unless a report could
  // say no more than the outcome (one step, and no metric but objectives).
  //
  // With a store of checkpoints, the model is saved every `every` steps and at the end of the
  // training (if `every` is not 0), and where another trial may go on from it: when the trial is
  // paused, and at the end of a budget below max_steps(). A model that cannot be saved, and a
  // checkpoint that cannot be written, do the trial no harm. A trial that repeats another
  // (retry_of) goes on from that one's checkpoint, which becomes its own; one that is to start from
  // another (resume_from) from that one's. It then has the seed of the trial that made the
  // checkpoint, and reports the steps after it alone; a checkpoint of its last step is its outcome.
  // As the model's contract has it, all is then as if there had been no break. Where there is no
  // store, no checkpoint, or a model that cannot be loaded, it is trained from the start, with the
  // seed of its origin.
  //
  // The outcome is
  //   complete               after the last step, whatever its report is answered;
  //   stopped                where a report before it is answered by kStop or kPause;
  //   failed, kException     the model threw: what() is the reason;
  //   failed, kOutOfMemory   it threw std::bad_alloc;
  //   failed, kError         it returned an error, or broke its contract; it refuses the checkpoint
  //                          that it is to start from, or that is of a step beyond the trial's end;
  //   failed, another kind   it returned an error that says so (core/failure.h);
  //   failed, kNotFinite     an objective, or a metric that a constraint is on, is NaN or infinite,
  //                          at once, whichever the step;
  //   failed, kTimeout       it ran for longer than `timeout`;
  //   failed, kCancelled     `stop` asked for it.
  // The latter two are cooperative: they come when the model heeds its token, or its step ends.
  // With its values come those of the study's constraints (MetricConstraint::Excess).
  //
  // Errors are not the model's but end the run: those of `report`; Internal, if the trial's budget
  // is not positive.
  absl::StatusOr<Outcome> Run(const Suggestion& trial, const StopToken& stop,
                              absl::Duration timeout, const ReportFunction& report) const;

  // What `decision`, the answer to the report of a step, makes of the trial: nullopt, it goes on;
  // else how it ends here. For runners that hold reports back and are answered later.
  std::optional<Outcome> AfterReport(const Suggestion& trial, int64_t step,
                                     absl::Span<const double> metrics, Decision decision) const;

 private:
  // A model, and how far it is.
  struct Training {
    std::unique_ptr<Model> model;
    uint64_t seed = 0;
    int64_t step = 0;
    absl::Duration time;          // that its training took
    std::vector<double> metrics;  // the model's, after the last step
    bool can_save = true;
  };

  TrialRunner(const StudyConfig& study, const ModelFactory& model, const Value& fixed,
              CheckpointStore* checkpoints)
      : study_(&study), model_(&model), fixed_(&fixed), checkpoints_(checkpoints) {}

  int64_t LastStep(const Suggestion& trial) const;
  // The values of the objectives and the constraints.
  Outcome OutcomeOf(absl::Span<const double> metrics) const;
  // A model that is to be trained: as it was saved, or a fresh one. Errors: those of the trial.
  absl::StatusOr<Training> Begin(const Suggestion& trial) const;
  absl::StatusOr<Training> BeginAfresh(const Suggestion& trial, uint64_t seed) const;
  // nullopt: there is nothing to go on from.
  absl::StatusOr<std::optional<Training>> GoOn(const Suggestion& trial, int64_t from) const;
  // The study's metrics out of the model's.
  std::vector<double> MetricsOf(const Training& training) const;
  // Saves the model if it should be after a step, at which `decision` was taken.
  void MaybeSave(const Suggestion& trial, Decision decision, Training* training) const;
  // Writes a checkpoint; false: it could not be, which is noted.
  bool Keep(int64_t trial, std::string state, bool paused, const Training& training) const;
  // Run, after what the strategy wants was checked, and with the model's exceptions.
  absl::StatusOr<Outcome> Train(const Suggestion& trial, const StopToken& stop,
                                absl::Duration timeout, const ReportFunction& report) const;

  const StudyConfig* study_;
  const ModelFactory* model_;
  const Value* fixed_;
  CheckpointStore* checkpoints_;  // may be null
  bool reports_ = true;
  std::vector<int> columns_;  // of the study's metrics in the model's; kTimed: kTrainSeconds
  // Of the objectives and the constraints in the study's metrics.
  std::vector<int> objectives_, constraints_;
};

}  // namespace sturgeon

#endif  // STURGEON_RUNNERS_TRIAL_RUN_H_
