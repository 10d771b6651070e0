#include "core/earlier_study.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/json.h"
#include "core/trial.h"
#include "core/value_reader.h"

namespace sturgeon {
namespace {

// How far outside its range a value may lie, as a share of the range on the parameter's scale.
constexpr double kMargin = 0.1;

absl::Status Invalid(std::string message) { return absl::InvalidArgumentError(std::move(message)); }

// The list in a field of a result.
absl::StatusOr<const Value::List*> FindList(const Value& object, const char* field,
                                            const std::string& where) {
  const Value* const list = object.Find(field);
  if (list == nullptr || !list->is_list()) {
    return Invalid(absl::StrCat(where, ": the list \"", field,
                                "\" is missing; a result file of sturgeon tune has one"));
  }
  return &list->list();
}

// Where this study's objectives stand among the earlier one's.
absl::StatusOr<std::vector<size_t>> FindObjectives(const Value& result, const StudyConfig& study,
                                                   const std::string& source) {
  const absl::StatusOr<const Value::List*> list = FindList(result, "objectives", source);
  if (!list.ok()) return list.status();
  std::vector<std::string> metrics, goals;
  for (size_t i = 0; i < (*list)->size(); ++i) {
    const std::string where = absl::StrCat(source, ": objectives[", i, "]");
    ObjectReader reader((**list)[i], where);
    metrics.push_back(reader.Required<std::string>("metric"));
    goals.push_back(reader.Required<std::string>("goal"));
    absl::Status status = reader.Finish();
    if (!status.ok()) return status;
  }
  std::vector<size_t> columns;
  for (const Objective& objective : study.objectives) {
    const size_t at = std::find(metrics.begin(), metrics.end(), objective.metric) - metrics.begin();
    if (at == metrics.size()) {
      return Invalid(absl::StrCat(source, ": this study's objective is ", objective.metric,
                                  ", and the earlier study's was ", absl::StrJoin(metrics, ", "),
                                  "; they must be the same"));
    }
    if (goals[at] != GoalName(objective.goal)) {
      return Invalid(absl::StrCat(source, ": this study is to ", GoalName(objective.goal), " ",
                                  objective.metric, ", and the earlier study's goal was to ",
                                  goals[at], " it; they must be the same"));
    }
    columns.push_back(at);
  }
  return columns;
}

// The coordinate on the parameter's scale, of which its range is [0, 1]; NaN where there is none.
double Coordinate(const Parameter& p, double v) {
  switch (p.scale) {
    case Scale::kLinear:
      return (v - p.low) / (p.high - p.low);
    case Scale::kLog:
      return (std::log(v) - std::log(p.low)) / (std::log(p.high) - std::log(p.low));
    case Scale::kReverseLog:
      return std::log((1 - v) / (1 - p.low)) / std::log((1 - p.high) / (1 - p.low));
  }
  return v;
}

// The parameter's flat double for an earlier value; nullopt: there is none near.
std::optional<double> Translate(const Parameter& p, const Value& value) {
  if (p.is_categorical()) {
    const absl::StatusOr<double> choice = p.FromValue(value);
    if (!choice.ok()) return std::nullopt;
    return *choice;
  }
  if (!value.is_number()) return std::nullopt;
  if (p.low == p.high) return p.low;
  const double coordinate = Coordinate(p, value.number());
  // Written so that NaN is too far.
  if (!(coordinate >= -kMargin && coordinate <= 1 + kMargin)) return std::nullopt;
  const double v = std::min(std::max(value.number(), p.low), p.high);
  if (p.step > 0 || p.factor > 0) return p.FromUnit(p.ToUnit(v));
  return p.type == ParameterType::kInt ? std::round(v) : v;
}

// The trial's point in this space; nullopt: it has none.
absl::StatusOr<std::optional<Point>> TranslatePoint(const SearchSpace& space, const Value& trial,
                                                    const std::string& where) {
  const Value* const params = trial.Find("params");
  if (params == nullptr || !params->is_object()) {
    return Invalid(absl::StrCat(where, ": the object \"params\" is missing"));
  }
  Point point(space.size(), std::numeric_limits<double>::quiet_NaN());
  for (const Value::Field& field : params->object()) {
    const std::optional<int> i = space.Find(field.name);
    if (!i.has_value()) continue;
    const std::optional<double> number = Translate(space[*i], field.value);
    if (!number.has_value()) return std::optional<Point>();
    point[*i] = *number;
  }
  space.Canonicalize(absl::MakeSpan(point));
  return std::optional<Point>(std::move(point));
}

absl::StatusOr<std::vector<double>> Numbers(const Value::List& list, const std::string& where) {
  std::vector<double> numbers;
  for (size_t i = 0; i < list.size(); ++i) {
    absl::Status status =
        ReadValue(list[i], absl::StrCat(where, "[", i, "]"), &numbers.emplace_back());
    if (!status.ok()) return status;
    if (!std::isfinite(numbers.back())) {
      return Invalid(absl::StrCat(where, "[", i, "]: the number is not finite"));
    }
  }
  return numbers;
}

}  // namespace

absl::StatusOr<EarlierStudy> EarlierStudyFromValue(const Value& result, const StudyConfig& study,
                                                   const std::string& source) {
  const absl::StatusOr<std::vector<size_t>> columns = FindObjectives(result, study, source);
  if (!columns.ok()) return columns.status();
  const absl::StatusOr<const Value::List*> trials = FindList(result, "trials", source);
  if (!trials.ok()) return trials.status();

  EarlierStudy earlier;
  const Value* const name = result.Find("study");
  earlier.name = name != nullptr && name->is_string() ? name->string() : source;
  for (size_t t = 0; t < (*trials)->size(); ++t) {
    const Value& entry = (**trials)[t];
    const std::string where = absl::StrCat(source, ": trials[", t, "]");
    const Value* const state = entry.Find("state");
    if (state == nullptr || !state->is_string()) {
      return Invalid(absl::StrCat(where, ": the string \"state\" is missing"));
    }
    if (state->string() != TrialStateName(TrialState::kComplete)) continue;

    const absl::StatusOr<const Value::List*> list = FindList(entry, "values", where);
    if (!list.ok()) return list.status();
    const absl::StatusOr<std::vector<double>> values = Numbers(**list, where + ": values");
    if (!values.ok()) return values.status();
    EarlierTrial trial;
    for (const size_t column : *columns) {
      if (column >= values->size()) {
        return Invalid(absl::StrCat(where, ": values: there are fewer than objectives"));
      }
      trial.values.push_back((*values)[column]);
    }
    if (const Value* excess = entry.Find("constraints"); excess != nullptr && excess->is_list()) {
      const auto constraints = Numbers(excess->list(), where + ": constraints");
      if (!constraints.ok()) return constraints.status();
      trial.feasible = std::all_of(constraints->begin(), constraints->end(),
                                   [](double constraint) { return constraint <= 0; });
    }
    absl::StatusOr<std::optional<Point>> point = TranslatePoint(study.space, entry, where);
    if (!point.ok()) return point.status();
    if (!point->has_value()) continue;
    trial.point = **std::move(point);
    earlier.trials.push_back(std::move(trial));
  }
  return earlier;
}

absl::StatusOr<std::vector<EarlierStudy>> ReadEarlierStudies(const std::vector<std::string>& paths,
                                                             const StudyConfig& study) {
  std::vector<EarlierStudy> studies;
  for (const std::string& path : paths) {
    const absl::StatusOr<Value> result = ReadJsonFile(path);
    if (!result.ok()) return result.status();
    absl::StatusOr<EarlierStudy> earlier = EarlierStudyFromValue(*result, study, path);
    if (!earlier.ok()) return earlier.status();
    studies.push_back(*std::move(earlier));
  }
  return studies;
}

}  // namespace sturgeon
