// The study file: which model, which parameters, which strategy and runner, how long.
//
//   { "name": "digits", "model": {"name": "mlp", "dataset": "fashion_mnist"},
//     "objectives": [{"metric": "validation_error", "goal": "minimize"}],
//     "constraints": [{"metric": "train_seconds", "at_most": 60}],
//     "parameters": [{"name": "learning_rate", "type": "float", "low": 1e-4, "high": 1,
//                     "scale": "log", "tier": 1}],
//     "fixed": {"activation": "relu"},
//     "enqueue": [{"learning_rate": 0.1}],
//     "warm_start": ["earlier.result.json"],
//     "strategy": {"name": "coarse_to_fine", "rounds": 3},
//     "stopping": "median",
//     "runner": {"name": "caviar", "parallelism": 2}, "trials": 60, "time_limit": "10m",
//     "budget": {"steps": 1620}, "seed": 1 }
#ifndef STURGEON_CORE_STUDY_SPEC_H_
#define STURGEON_CORE_STUDY_SPEC_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/model.h"
#include "core/option_schema.h"
#include "core/space.h"
#include "core/study_config.h"
#include "core/value.h"

namespace sturgeon {

struct StudySpec {
  // An objective; without a goal it has the model's for that metric.
  struct SpecObjective {
    std::string metric;
    std::optional<Goal> goal;
  };

  std::string name = "study";
  PluginSpec model;
  std::vector<SpecObjective> objectives;  // empty: the model's first metric
  std::vector<MetricConstraint> constraints;
  std::vector<Parameter> parameters;    // what differs from the model's default space
  Value fixed = Value::Object();        // parameters that are not tuned, with their values
  std::vector<int> tiers;               // tune only the parameters of these tiers; empty: all
  std::vector<Value> enqueue;           // assignments to try first
  std::vector<std::string> warm_start;  // result files of earlier studies
  bool allow_duplicates = false;        // StudyConfig's
  PluginSpec strategy = {"auto"};
  std::vector<PluginSpec> stopping;  // StudyConfig's
  PluginSpec runner = {"caviar"};
  int64_t trials = 0;  // 0: no limit but the time's
  absl::Duration time_limit = absl::InfiniteDuration();
  Budget budget;  // StudyConfig's
  uint64_t seed = 0;
  // Train the best assignment once more at the end, on all data but the test set, and test it.
  bool test_best = false;
};

// Reads a study file's JSON. InvalidArgument, with `source` (the file's name) and the place in it.
absl::StatusOr<StudySpec> StudySpecFromValue(const Value& value, const std::string& source);

// The other way: a study file that is read as `spec` again.
Value ToValue(const StudySpec& spec);

// The stopping rules of a study: one, by its name or as an object, or a list of them.
absl::StatusOr<std::vector<PluginSpec>> StoppingFromValue(const Value& value,
                                                          const std::string& where);

// "minimize" or "maximize". InvalidArgument begins with `where`.
absl::StatusOr<Goal> GoalFromName(const std::string& name, const std::string& where);

// {"metric": …, "goal": …} and {"metric": …, "at_most": …} (or "at_least").
absl::StatusOr<StudySpec::SpecObjective> ObjectiveFromValue(const Value& value,
                                                            const std::string& where);
absl::StatusOr<MetricConstraint> ConstraintFromValue(const Value& value, const std::string& where);
Value ToValue(const Objective& objective);
Value ToValue(const MetricConstraint& constraint);

// {"steps": 1620, "seconds": 3600, "cost": 20, "cost_metric": "dollars"}, each of them where it is
// wanted. Ranges are left to the study.
absl::StatusOr<Budget> BudgetFromValue(const Value& value, const std::string& where);

// "10m", "1h30m", "90s": a positive duration. InvalidArgument shows the form.
absl::StatusOr<absl::Duration> ParseTimeLimit(const std::string& text);

// A study file with its model made and its space complete: ready for Study::Create, but for the
// trials of earlier studies (core/earlier_study.h reads them).
struct PreparedStudy {
  std::unique_ptr<ModelFactory> model;
  StudyConfig config;
  Value fixed = Value::Object();  // for RunRequest::fixed
};

// Makes the model and joins its default space with what the file says: a parameter of the file
// takes the place of the model's of that name (its tier, condition and default stay where the file
// says nothing); those left out keep the model's range; those of other tiers than `tiers` are fixed
// at their defaults. Errors begin with `source`.
absl::StatusOr<PreparedStudy> Prepare(const StudySpec& spec, const ModelRegistry& models,
                                      const std::string& source);

}  // namespace sturgeon

#endif  // STURGEON_CORE_STUDY_SPEC_H_
