// What stands in the columns of Optuna's tables, and how it is read: distributions, states,
// numbers, times, attributes.
//
// What Optuna has no column for (reverse log, tiers, conditions, why a trial failed, what a
// strategy knew) is kept in system attributes whose names begin with "sturgeon:"; docs/storage.md
// lists them.
//
// Everything here also reads what other programs have written: it may be anything.
#ifndef STURGEON_STORAGE_OPTUNA_FORMAT_H_
#define STURGEON_STORAGE_OPTUNA_FORMAT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/space.h"
#include "core/storage.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "core/value.h"

namespace sturgeon {

// System attributes of a study:
inline constexpr char kStudyAttribute[] = "sturgeon:study";            // StudyAttribute(config)
inline constexpr char kRetriesAttribute[] = "sturgeon:retries";        // trials that repeat another
inline constexpr char kMetricNamesAttribute[] = "study:metric_names";  // Optuna's
// and of a trial:
inline constexpr char kWorkerAttribute[] = "sturgeon:worker";      // TrialRecord::worker
inline constexpr char kProposalAttribute[] = "sturgeon:proposal";  // its point is known
inline constexpr char kRetryAttribute[] = "sturgeon:retry";        // what it repeats
inline constexpr char kEndAttribute[] = "sturgeon:end";            // why it failed or was stopped
inline constexpr char kStopAttribute[] = "sturgeon:stop";          // why it is to stop
inline constexpr char kReportAttribute[] = "sturgeon:report:";     // + step: all metrics
// All of the point, or of the values, where one is -0, which SQLite's columns make 0.
inline constexpr char kPointAttribute[] = "sturgeon:point";
inline constexpr char kValuesAttribute[] = "sturgeon:values";
inline constexpr char kFixedAttribute[] = "fixed_params";  // Optuna's, as those below
inline constexpr char kConstraintsAttribute[] = "constraints";
inline constexpr char kConstraintAttribute[] = "constraints:";  // + name: one value
inline constexpr char kFailedAttribute[] = "failed_trial";      // what an Optuna trial repeats

// States and kinds of numbers, as their columns' enumerations say them.
const char* OptunaState(TrialState state);
std::optional<TrialState> StateFromOptuna(absl::string_view name);
const char* OptunaDirection(Goal goal);
// "FINITE" …; the column beside has a value only for FINITE.
const char* OptunaNumberType(double value);
double NumberFromOptuna(double value, absl::string_view type);

// "2026-11-25 07:32:23.130996", UTC.
std::string OptunaTime(absl::Time time);
std::optional<absl::Time> TimeFromOptuna(absl::string_view text);

// The distribution of Optuna's that is nearest to a parameter and has all its values.
std::string DistributionJson(const Parameter& parameter);
// The other way. InvalidArgument: none that Optuna writes.
absl::StatusOr<Parameter> ParameterFromDistribution(absl::string_view name, absl::string_view json);
// Makes `parameter` have the values of `other`, too. InvalidArgument: one is a category, the other
// a number.
absl::Status Widen(const Parameter& other, Parameter* parameter);

// JSON as Python writes it, with NaN and the infinities: these become null, and the largest number
// with their sign. InvalidArgument: not JSON.
absl::StatusOr<Value> ParsePythonJson(absl::string_view json);
bool HasNegativeZero(absl::Span<const double> numbers);
// A list of numbers, which may be NaN or infinite; nullopt: no such list.
std::string NumbersJson(absl::Span<const double> numbers);
std::optional<std::vector<double>> NumbersFromJson(absl::string_view json);
// A name, as JSON; and what was one, or "".
std::string StringJson(absl::string_view text);
std::string StringFromJson(absl::string_view json);

// The value of an attribute; one that is no JSON is its text.
Value AttributeFromJson(absl::string_view json);

// kStudyAttribute: all of StudyConfig that a StudyRecord has, but the name and the goals. DataLoss:
// no such value.
std::string StudyAttribute(const StudyConfig& config);
absl::Status StudyFromAttribute(absl::string_view json, StudyConfig* config);

// kProposalAttribute: budget, resume_from, asked. The readers of attributes change nothing where
// there is none.
std::string ProposalAttribute(std::optional<int64_t> budget, std::optional<int64_t> resume_from,
                              const std::optional<AskedView>& asked);
void ProposalFromAttribute(absl::string_view json, TrialRecord* record);
// kRetryAttribute: retry_of, attempt, and the budget and resume_from of the trial that failed.
std::string RetryAttribute(const TrialRecord& record);
void RetryFromAttribute(absl::string_view json, TrialRecord* record);
std::string EndAttribute(FailureKind failure, absl::string_view reason);
void EndFromAttribute(absl::string_view json, Trial* trial);

// A study as its trials' rows are written and read.
class StudyLayout {
 public:
  // Of a study that we have made.
  explicit StudyLayout(StudyConfig config);
  // Of Optuna's: the space is the union of the distributions, {name, JSON}, that its trials have.
  // InvalidArgument: there is none.
  static absl::StatusOr<StudyLayout> Infer(
      StudyConfig config, absl::Span<const std::pair<std::string, std::string>> distributions);

  const StudyConfig& config() const { return config_; }
  const SearchSpace& space() const { return config_.space; }
  // The JSON of parameter i's distribution.
  const std::string& distribution(int i) const { return distributions_[i]; }
  // Which of the metrics is Optuna's intermediate value: the first objective's.
  int intermediate() const { return intermediate_; }
  int metrics() const { return static_cast<int>(config_.metrics.size()); }

  // The parameters of a point that have a value, as an object.
  Value Assignment(absl::Span<const double> point) const;

 private:
  StudyConfig config_;
  std::vector<std::string> distributions_;
  int intermediate_ = 0;
};

// Reads rows of trial_params into points. Keeps what it has parsed: one a reader, not thread-safe.
class PointReader {
 public:
  // `layout` must outlive the reader.
  explicit PointReader(const StudyLayout& layout) : layout_(layout) {}

  // Sets the element of `point`, [space.size()], that the row is about. A parameter that the space
  // does not have, and a choice that the parameter does not have, are left out.
  void Add(absl::string_view name, double value, absl::string_view distribution,
           absl::Span<double> point);
  // Of a trial that another tool has run, and that knows no conditions: makes inactive parameters
  // NaN, and moves discrete values onto the nearest of the parameter's.
  void FitForeign(absl::Span<double> point) const;

 private:
  const StudyLayout& layout_;
  int next_ = 0;  // rows come in the order of the space, as a rule
  // By name and JSON of another distribution: which choice of the space each of its choices is.
  absl::flat_hash_map<std::pair<std::string, std::string>, std::vector<int>> choices_;
};

// InvalidArgument: not UTF-8, with a NUL, or longer than kLongestName characters. `what`: "a
// study's name".
absl::Status CheckName(absl::string_view what, absl::string_view name);

}  // namespace sturgeon

#endif  // STURGEON_STORAGE_OPTUNA_FORMAT_H_
