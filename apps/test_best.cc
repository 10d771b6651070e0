#include "apps/test_best.h"

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/model.h"
#include "core/space_json.h"
#include "core/stop_token.h"
#include "core/storage.h"
#include "core/study.h"
#include "runners/schedule.h"
#include "runners/trial_run.h"
#include "terminal/text.h"

namespace sturgeon {
namespace {

// The trial's model, trained once more on all data but the test data. A training that went on from
// others' had hyperparameters that changed as it went, and has them again.
absl::StatusOr<std::unique_ptr<Model>> TrainForTest(const RunRequest& request,
                                                    const ModelFactory& factory, const Trial& trial,
                                                    const StopToken& stop) {
  const Study& study = request.study;
  std::vector<ScheduledDay> days = {{factory.max_steps(), trial.point}};
  int64_t origin = trial.id;
  if (trial.resume_from.has_value()) {
    const auto read = [&](int64_t number) -> absl::StatusOr<TrialRecord> {
      absl::StatusOr<Trial> one = study.Get(number);
      if (!one.ok()) return one.status();
      TrialRecord record;
      record.trial = *std::move(one);
      return record;
    };
    const absl::StatusOr<Schedule> schedule = ScheduleOf(study.config(), trial.id, read);
    if (!schedule.ok()) return schedule.status();
    absl::StatusOr<std::vector<ScheduledDay>> fit = FitSchedule(*schedule, study.space(), factory);
    if (!fit.ok()) return fit.status();
    days = *std::move(fit);
    origin = schedule->origin.value_or(origin);
  }
  std::unique_ptr<Model> model;
  int64_t step = 0;
  for (size_t i = 0; i < days.size(); ++i) {
    const Value params = PointToValue(study.space(), days[i].point);
    if (i == 0 || params != PointToValue(study.space(), days[i - 1].point)) {
      absl::StatusOr<std::unique_ptr<Model>> next =
          MakeTrialModel(study.config(), factory, request.fixed, origin, days[i].point,
                         /*final=*/true);
      if (!next.ok()) return next.status();
      if (model != nullptr) {
        const absl::StatusOr<std::string> state = model->Save();
        if (!state.ok()) return state.status();
        absl::Status loaded = (*next)->Load(*state);
        if (!loaded.ok()) return loaded;
      }
      model = *std::move(next);
    }
    for (; step < days[i].until; ++step) {
      if (stop.stop_requested()) return absl::CancelledError("interrupted");
      absl::Status status = model->Train(1, stop).status();
      if (!status.ok()) return status;
    }
  }
  return model;
}

}  // namespace

absl::StatusOr<Value> TestBest(const RunRequest& request, Runner& runner, const Trial& best) {
  const absl::StatusOr<std::unique_ptr<ModelFactory>> isolated = runner.Isolated(request);
  if (!isolated.ok()) return isolated.status();
  const ModelFactory& factory = *isolated == nullptr ? request.model : **isolated;
  const StopToken stop(request.cancelled);
  const absl::Time start = absl::Now();
  std::vector<double> metrics;
  // A model may throw.
  try {
    const absl::StatusOr<std::unique_ptr<Model>> model = TrainForTest(request, factory, best, stop);
    if (!model.ok()) return model.status();
    absl::StatusOr<std::vector<double>> tested = (*model)->Test();
    if (!tested.ok()) return tested.status();
    metrics = *std::move(tested);
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  } catch (...) {
    return absl::InternalError("it threw what is no std::exception");
  }
  if (metrics.size() != factory.test_metrics().size()) {
    return absl::InternalError(absl::StrCat("the model returned ", metrics.size(),
                                            " test metrics where it declares ",
                                            factory.test_metrics().size()));
  }
  Value named = Value::Object();
  for (size_t i = 0; i < metrics.size(); ++i) {
    named.Set(factory.test_metrics()[i].name, metrics[i]);
  }
  return Value(Value::Object{{"trial", best.id},
                             {"metrics", std::move(named)},
                             {"seconds", absl::ToDoubleSeconds(absl::Now() - start)}});
}

std::string TestText(const Value& test) {
  std::string text = "\nTest: ";
  const char* separator = "";
  for (const Value::Field& metric : test.Find("metrics")->object()) {
    absl::StrAppend(&text, std::exchange(separator, ", "), metric.name, " ",
                    ShortNumber(metric.value.number()));
  }
  return absl::StrCat(text, ", by trial ", test.Find("trial")->integer(),
                      " trained once more on all training data\n");
}

absl::Status CheckTest(const StudySpec& spec, const PreparedStudy& prepared,
                       const std::string& source) {
  if (!spec.test_best) return absl::OkStatus();
  if (prepared.model->test_metrics().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(source, ": test_best: the model ", spec.model.name, " has no test data"));
  }
  if (prepared.config.objectives.size() > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(source, ": test_best: of several objectives there is no one best trial"));
  }
  return absl::OkStatus();
}

}  // namespace sturgeon
