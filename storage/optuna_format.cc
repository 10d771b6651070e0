#include "storage/optuna_format.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/civil_time.h"
#include "core/json.h"
#include "core/space_json.h"
#include "core/value_reader.h"
#include "storage/optuna_schema.h"

namespace sturgeon {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr char kFloatDistribution[] = "FloatDistribution";
constexpr char kIntDistribution[] = "IntDistribution";
constexpr char kCategoricalDistribution[] = "CategoricalDistribution";

bool IsAligned(double value, double low, double step) {
  const double k = (value - low) / step;
  return std::abs(k - std::round(k)) < 1e-6;
}

// A non-negative number of exactly `text`'s digits.
bool Digits(absl::string_view text, int* value) {
  *value = 0;
  for (const char c : text) {
    if (!absl::ascii_isdigit(c)) return false;
    *value = *value * 10 + (c - '0');
  }
  return !text.empty() && text.size() <= 9;
}

std::optional<int64_t> IntegerOf(const Value* value) {
  int64_t integer = 0;
  if (value == nullptr || !ReadValue(*value, "", &integer).ok()) return std::nullopt;
  return integer;
}

std::optional<double> NumberOf(const Value* value) {
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->number();
}

Value::List ListOf(absl::Span<const int64_t> numbers) {
  return Value::List(numbers.begin(), numbers.end());
}

std::vector<int64_t> IntegersOf(const Value& list) {
  std::vector<int64_t> numbers;
  if (!list.is_list()) return numbers;
  for (const Value& value : list.list()) {
    if (const std::optional<int64_t> number = IntegerOf(&value)) numbers.push_back(*number);
  }
  return numbers;
}

// JSON whose tokens NaN, Infinity and -Infinity, outside strings, are replaced.
std::string WithoutPythonNumbers(absl::string_view json) {
  std::string plain;
  plain.reserve(json.size());
  bool in_string = false;
  for (size_t i = 0; i < json.size();) {
    const absl::string_view rest = json.substr(i);
    if (in_string) {
      const size_t length = json[i] == '\\' && rest.size() > 1 ? 2 : 1;
      in_string = json[i] != '"';
      plain.append(rest.data(), length);
      i += length;
    } else if (absl::StartsWith(rest, "NaN")) {
      plain += "null";
      i += 3;
    } else if (absl::StartsWith(rest, "Infinity")) {
      plain += "1.7976931348623157e308";
      i += 8;
    } else {
      in_string = json[i] == '"';
      plain += json[i++];
    }
  }
  return plain;
}

}  // namespace

const char* OptunaState(TrialState state) {
  switch (state) {
    case TrialState::kWaiting:
      return "WAITING";
    case TrialState::kRunning:
      return "RUNNING";
    case TrialState::kComplete:
      return "COMPLETE";
    case TrialState::kStopped:
      return "PRUNED";
    case TrialState::kFailed:
      return "FAIL";
  }
  return "FAIL";
}

std::optional<TrialState> StateFromOptuna(absl::string_view name) {
  for (const TrialState state : {TrialState::kWaiting, TrialState::kRunning, TrialState::kComplete,
                                 TrialState::kStopped, TrialState::kFailed}) {
    if (name == OptunaState(state)) return state;
  }
  return std::nullopt;
}

const char* OptunaDirection(Goal goal) { return goal == Goal::kMinimize ? "MINIMIZE" : "MAXIMIZE"; }

const char* OptunaNumberType(double value) {
  if (std::isnan(value)) return "NAN";
  if (std::isinf(value)) return value > 0 ? "INF_POS" : "INF_NEG";
  return "FINITE";
}

double NumberFromOptuna(double value, absl::string_view type) {
  if (type == "FINITE") return value;
  if (type == "INF_POS") return kInfinity;
  if (type == "INF_NEG") return -kInfinity;
  return kNaN;
}

std::string OptunaTime(absl::Time time) {
  const absl::CivilSecond second = absl::ToCivilSecond(time, absl::UTCTimeZone());
  const int64_t micros =
      absl::ToInt64Microseconds(time - absl::FromCivil(second, absl::UTCTimeZone()));
  char text[64];
  const int length =
      std::snprintf(text, sizeof(text), "%04d-%02d-%02d %02d:%02d:%02d.%06d",
                    static_cast<int>(second.year()), second.month(), second.day(), second.hour(),
                    second.minute(), second.second(), static_cast<int>(micros));
  return std::string(text, length);
}

std::optional<absl::Time> TimeFromOptuna(absl::string_view text) {
  if (text.size() < 19 || text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  int year, month, day, hour, minute, second;
  if (!Digits(text.substr(0, 4), &year) || !Digits(text.substr(5, 2), &month) ||
      !Digits(text.substr(8, 2), &day) || !Digits(text.substr(11, 2), &hour) ||
      !Digits(text.substr(14, 2), &minute) || !Digits(text.substr(17, 2), &second)) {
    return std::nullopt;
  }
  int micros = 0;
  if (text.size() > 20 && text[19] == '.') {
    const absl::string_view fraction = text.substr(20, 6);
    if (!Digits(fraction, &micros)) return std::nullopt;
    for (size_t i = fraction.size(); i < 6; ++i) micros *= 10;
  }
  return absl::FromCivil(absl::CivilSecond(year, month, day, hour, minute, second),
                         absl::UTCTimeZone()) +
         absl::Microseconds(micros);
}

std::string DistributionJson(const Parameter& p) {
  Value attributes = Value::Object();
  const char* name = kCategoricalDistribution;
  if (p.is_categorical()) {
    attributes.Set("choices", p.choices);
  } else {
    const bool is_int = p.type == ParameterType::kInt;
    const auto number = [&](double value) {
      return is_int ? Value(static_cast<int64_t>(value)) : Value(value);
    };
    name = is_int ? kIntDistribution : kFloatDistribution;
    // Optuna's grids end on a value.
    const double high = p.step > 0 && p.low < p.high ? p.Level(p.Levels() - 1) : p.high;
    if (is_int) {
      attributes.Set("step", number(p.step > 0 ? p.step : 1));
    } else {
      attributes.Set("step", p.step > 0 ? Value(p.step) : Value());
    }
    attributes.Set("low", number(p.low));
    attributes.Set("high", number(high));
    attributes.Set("log", p.scale == Scale::kLog);
  }
  return WriteJson(Value(Value::Object{{"name", name}, {"attributes", std::move(attributes)}}));
}

absl::StatusOr<Parameter> ParameterFromDistribution(absl::string_view name,
                                                    absl::string_view json) {
  const auto invalid = [&](absl::string_view why) {
    return absl::InvalidArgumentError(
        absl::StrCat("parameter \"", name, "\": the distribution ", json.substr(0, 200), " ", why));
  };
  const absl::StatusOr<Value> value = ParsePythonJson(json);
  if (!value.ok()) return invalid("is no JSON");
  const Value* kind = value->Find("name");
  const Value* attributes = value->Find("attributes");
  if (kind == nullptr || !kind->is_string() || attributes == nullptr) {
    return invalid("lacks \"name\" or \"attributes\"");
  }
  Parameter p;
  p.name = std::string(name);
  if (kind->string() == kCategoricalDistribution) {
    const Value* choices = attributes->Find("choices");
    if (choices == nullptr || !choices->is_list() || choices->list().empty()) {
      return invalid("has no choices");
    }
    p.type = ParameterType::kCategorical;
    for (const Value& choice : choices->list()) {
      // What is no scalar, or equal to another choice, goes by its text.
      Value known = choice.is_list() || choice.is_object() ? Value(WriteJson(choice)) : choice;
      while (absl::c_linear_search(p.choices, known)) {
        known = absl::StrCat(known.is_string() ? known.string() : WriteJson(known), " (",
                             p.choices.size(), ")");
      }
      p.choices.push_back(std::move(known));
    }
    return p;
  }
  if (kind->string() == kIntDistribution) {
    p.type = ParameterType::kInt;
  } else if (kind->string() != kFloatDistribution) {
    return invalid(absl::StrCat("has no name that is known: ", kFloatDistribution, ", ",
                                kIntDistribution, ", ", kCategoricalDistribution));
  }
  const std::optional<double> low = NumberOf(attributes->Find("low"));
  const std::optional<double> high = NumberOf(attributes->Find("high"));
  if (!low || !high) return invalid("lacks \"low\" or \"high\"");
  p.low = *low;
  p.high = *high;
  p.step = NumberOf(attributes->Find("step")).value_or(0);
  if (p.type == ParameterType::kInt && p.step == 1) p.step = 0;
  const Value* log = attributes->Find("log");
  if (log != nullptr && log->is_bool() && log->boolean()) p.scale = Scale::kLog;
  // A step as wide as the range leaves its lower end alone.
  if (p.step > p.high - p.low) {
    p.high = p.low;
    p.step = 0;
  }
  return p;
}

absl::Status Widen(const Parameter& other, Parameter* parameter) {
  Parameter& p = *parameter;
  if (p.is_categorical() != other.is_categorical()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "parameter \"", p.name, "\" is a category in some trials, a number in others"));
  }
  if (p.is_categorical()) {
    for (const Value& choice : other.choices) {
      if (!absl::c_linear_search(p.choices, choice)) p.choices.push_back(choice);
    }
    return absl::OkStatus();
  }
  const bool p_single = p.low == p.high, other_single = other.low == other.high;
  if (p.type != other.type) p.type = ParameterType::kFloat;
  if (p.scale != other.scale) p.scale = Scale::kLinear;
  const double step = p_single ? other.step : p.step;
  const bool one_grid = step > 0 && (p_single || p.step == step) &&
                        (other_single || other.step == step) && IsAligned(other.low, p.low, step);
  p.step = one_grid && p.scale == Scale::kLinear ? step : 0;
  p.low = std::min(p.low, other.low);
  p.high = std::max(p.high, other.high);
  if (p.step > p.high - p.low) p.step = 0;
  return absl::OkStatus();
}

absl::StatusOr<Value> ParsePythonJson(absl::string_view json) {
  absl::StatusOr<Value> value = ParseJson(json, "");
  if (value.ok() || (!absl::StrContains(json, "NaN") && !absl::StrContains(json, "Infinity"))) {
    return value;
  }
  return ParseJson(WithoutPythonNumbers(json), "");
}

bool HasNegativeZero(absl::Span<const double> numbers) {
  return absl::c_any_of(numbers, [](double x) { return x == 0 && std::signbit(x); });
}

std::string NumbersJson(absl::Span<const double> numbers) {
  std::string json = "[";
  for (const double number : numbers) {
    if (json.size() > 1) json += ", ";
    if (std::isnan(number)) {
      json += "NaN";
    } else if (std::isinf(number)) {
      json += number > 0 ? "Infinity" : "-Infinity";
    } else {
      json += WriteJson(Value(number));
    }
  }
  return json + "]";
}

std::optional<std::vector<double>> NumbersFromJson(absl::string_view json) {
  json = absl::StripAsciiWhitespace(json);
  if (!absl::ConsumePrefix(&json, "[") || !absl::ConsumeSuffix(&json, "]")) return std::nullopt;
  std::vector<double> numbers;
  if (absl::StripAsciiWhitespace(json).empty()) return numbers;
  for (const absl::string_view item : absl::StrSplit(json, ',')) {
    double number;
    if (!absl::SimpleAtod(item, &number)) return std::nullopt;
    numbers.push_back(number);
  }
  return numbers;
}

std::string StringJson(absl::string_view text) { return WriteJson(Value(std::string(text))); }

std::string StringFromJson(absl::string_view json) {
  // Most have nothing to unescape.
  if (json.size() >= 2 && json.front() == '"' && json.back() == '"' &&
      !absl::StrContains(json, '\\')) {
    return std::string(json.substr(1, json.size() - 2));
  }
  absl::StatusOr<Value> value = ParseJson(json, "");
  return value.ok() && value->is_string() ? value->string() : "";
}

Value AttributeFromJson(absl::string_view json) {
  absl::StatusOr<Value> value = ParsePythonJson(json);
  return value.ok() ? *std::move(value) : Value(std::string(json));
}

std::string StudyAttribute(const StudyConfig& config) {
  Value value = Value::Object();
  value.Set("space", ToValue(config.space));
  Value::List objectives;
  for (const Objective& objective : config.objectives) objectives.push_back(objective.metric);
  value.Set("objectives", std::move(objectives));
  Value::List constraints;
  for (const MetricConstraint& constraint : config.constraints) {
    constraints.push_back(Value::Object{{"metric", constraint.metric},
                                        {"bound", constraint.bound},
                                        {"at_least", constraint.at_least}});
  }
  value.Set("constraints", std::move(constraints));
  value.Set("metrics", Value::List(config.metrics.begin(), config.metrics.end()));
  // As text: JSON's integers end before a seed's.
  value.Set("seed", absl::StrCat(config.seed));
  value.Set("max_steps", config.max_steps);
  value.Set("unit", config.unit);
  value.Set("settable", Value::List(config.settable.begin(), config.settable.end()));
  value.Set("trials", config.trials);
  value.Set("allow_duplicates", config.allow_duplicates);
  return WriteJson(value);
}

absl::Status StudyFromAttribute(absl::string_view json, StudyConfig* config) {
  const auto lost = [](absl::string_view why) {
    return absl::DataLossError(
        absl::StrCat("its attribute ", kStudyAttribute, " cannot be read: ", why));
  };
  const absl::StatusOr<Value> value = ParseJson(json, "");
  if (!value.ok()) return lost(value.status().message());
  const Value* parameters = value->Find("space");
  const Value* objectives = value->Find("objectives");
  const Value* constraints = value->Find("constraints");
  const Value* metrics = value->Find("metrics");
  const Value* seed = value->Find("seed");
  for (const Value* list : {parameters, objectives, constraints, metrics}) {
    if (list == nullptr || !list->is_list()) return lost("it lacks a list");
  }
  if (!parameters->list().empty()) {
    absl::StatusOr<SearchSpace> space = SpaceFromValue(*parameters, "space");
    if (!space.ok()) return lost(space.status().message());
    config->space = *std::move(space);
  }
  if (objectives->list().size() != config->objectives.size()) {
    return lost("it has another number of objectives than the study has directions");
  }
  for (size_t i = 0; i < objectives->list().size(); ++i) {
    if (!objectives->list()[i].is_string()) return lost("an objective is no text");
    config->objectives[i].metric = objectives->list()[i].string();
  }
  for (const Value& constraint : constraints->list()) {
    ObjectReader reader(constraint, "constraints");
    MetricConstraint read;
    read.metric = reader.Required<std::string>("metric");
    read.bound = reader.Required<double>("bound");
    read.at_least = reader.Required<bool>("at_least");
    absl::Status status = reader.Finish();
    if (!status.ok()) return lost(status.message());
    config->constraints.push_back(std::move(read));
  }
  for (const Value& metric : metrics->list()) {
    if (!metric.is_string()) return lost("a metric is no text");
    config->metrics.push_back(metric.string());
  }
  if (seed == nullptr || !seed->is_string() || !absl::SimpleAtoi(seed->string(), &config->seed)) {
    return lost("it has no seed");
  }
  config->max_steps = std::max<int64_t>(IntegerOf(value->Find("max_steps")).value_or(0), 0);
  const Value* unit = value->Find("unit");
  if (unit != nullptr && unit->is_string()) config->unit = unit->string();
  if (const Value* settable = value->Find("settable")) {
    if (!settable->is_list()) return lost("settable is no list");
    for (const Value& name : settable->list()) {
      if (!name.is_string()) return lost("a settable parameter is no text");
      config->settable.push_back(name.string());
    }
  }
  config->trials = IntegerOf(value->Find("trials")).value_or(0);
  const Value* duplicates = value->Find("allow_duplicates");
  config->allow_duplicates =
      duplicates != nullptr && duplicates->is_bool() && duplicates->boolean();
  return absl::OkStatus();
}

std::string ProposalAttribute(std::optional<int64_t> budget, std::optional<int64_t> resume_from,
                              const std::optional<AskedView>& asked) {
  Value value = Value::Object();
  if (asked) {
    value.Set("asked", Value::List{asked->first_id, int64_t{asked->count}, int64_t{asked->index},
                                   ListOf(asked->pending), ListOf(asked->hidden)});
  }
  if (budget) value.Set("budget", *budget);
  if (resume_from) value.Set("resume_from", *resume_from);
  return WriteJson(value);
}

void ProposalFromAttribute(absl::string_view json, TrialRecord* record) {
  const absl::StatusOr<Value> value = ParseJson(json, "");
  if (!value.ok()) return;
  record->trial.budget = IntegerOf(value->Find("budget"));
  record->trial.resume_from = IntegerOf(value->Find("resume_from"));
  const Value* asked = value->Find("asked");
  if (asked == nullptr || !asked->is_list() || asked->list().size() != 5) return;
  const Value::List& parts = asked->list();
  const std::optional<int64_t> first = IntegerOf(&parts[0]), count = IntegerOf(&parts[1]),
                               index = IntegerOf(&parts[2]);
  if (!first || !count || !index) return;
  AskedView view;
  view.first_id = *first;
  view.count = static_cast<int32_t>(*count);
  view.index = static_cast<int32_t>(*index);
  view.pending = IntegersOf(parts[3]);
  view.hidden = IntegersOf(parts[4]);
  record->asked = std::move(view);
}

std::string RetryAttribute(const TrialRecord& record) {
  Value value = Value::Object();
  if (record.retry_of) value.Set("of", *record.retry_of);
  value.Set("attempt", int64_t{record.attempt});
  if (record.trial.budget) value.Set("budget", *record.trial.budget);
  if (record.trial.resume_from) value.Set("resume_from", *record.trial.resume_from);
  return WriteJson(value);
}

void RetryFromAttribute(absl::string_view json, TrialRecord* record) {
  const absl::StatusOr<Value> value = ParseJson(json, "");
  if (!value.ok()) return;
  record->retry_of = IntegerOf(value->Find("of"));
  record->attempt = static_cast<int32_t>(IntegerOf(value->Find("attempt")).value_or(0));
  // What it is to be proposed with; the proposal, if it has had one, was read before.
  if (!record->trial.budget) record->trial.budget = IntegerOf(value->Find("budget"));
  if (!record->trial.resume_from) record->trial.resume_from = IntegerOf(value->Find("resume_from"));
}

std::string EndAttribute(FailureKind failure, absl::string_view reason) {
  Value value = Value::Object();
  if (failure != FailureKind::kNone) {
    value.Set("failure", std::string(FailureKindName(failure)));
  }
  value.Set("reason", std::string(reason));
  return WriteJson(value);
}

void EndFromAttribute(absl::string_view json, Trial* trial) {
  const absl::StatusOr<Value> value = ParseJson(json, "");
  if (!value.ok()) return;
  const Value* failure = value->Find("failure");
  if (failure != nullptr && failure->is_string()) {
    trial->failure = FailureKindFromName(failure->string()).value_or(FailureKind::kError);
  }
  const Value* reason = value->Find("reason");
  if (reason != nullptr && reason->is_string()) trial->reason = reason->string();
}

StudyLayout::StudyLayout(StudyConfig config) : config_(std::move(config)) {
  if (config_.metrics.empty()) {
    for (const Objective& objective : config_.objectives) {
      config_.metrics.push_back(objective.metric);
    }
  }
  for (const Parameter& parameter : config_.space.parameters()) {
    distributions_.push_back(DistributionJson(parameter));
  }
  const auto first = absl::c_find(config_.metrics, config_.objectives[0].metric);
  if (first != config_.metrics.end()) {
    intermediate_ = static_cast<int>(first - config_.metrics.begin());
  }
}

absl::StatusOr<StudyLayout> StudyLayout::Infer(
    StudyConfig config, absl::Span<const std::pair<std::string, std::string>> distributions) {
  std::vector<Parameter> parameters;
  absl::flat_hash_map<std::string, size_t> found;
  for (const std::pair<std::string, std::string>& distribution : distributions) {
    absl::StatusOr<Parameter> parameter =
        ParameterFromDistribution(distribution.first, distribution.second);
    if (!parameter.ok()) return parameter.status();
    const auto place = found.emplace(distribution.first, parameters.size());
    if (place.second) {
      parameters.push_back(*std::move(parameter));
    } else {
      absl::Status status = Widen(*parameter, &parameters[place.first->second]);
      if (!status.ok()) return status;
    }
  }
  if (!parameters.empty()) {
    absl::StatusOr<SearchSpace> space = SearchSpace::Create(std::move(parameters));
    if (!space.ok()) return space.status();
    config.space = *std::move(space);
  }
  // Optuna's trials report one number.
  config.metrics = {config.objectives[0].metric};
  return StudyLayout(std::move(config));
}

Value StudyLayout::Assignment(absl::Span<const double> point) const {
  Value assignment = Value::Object();
  for (size_t i = 0; i < point.size(); ++i) {
    if (!std::isnan(point[i])) assignment.Set(space()[i].name, space()[i].ToValue(point[i]));
  }
  return assignment;
}

void PointReader::Add(absl::string_view name, double value, absl::string_view distribution,
                      absl::Span<double> point) {
  const SearchSpace& space = layout_.space();
  if (space.size() == 0) return;
  if (next_ >= space.size()) next_ = 0;
  if (space[next_].name != name) {
    const std::optional<int> found = space.Find(name);
    if (!found) return;
    next_ = *found;
  }
  const int i = next_++;
  if (!space[i].is_categorical()) {
    point[i] = value;
    return;
  }
  const double choice_count = static_cast<double>(space[i].choices.size());
  if (distribution == layout_.distribution(i)) {
    if (value >= 0 && value < choice_count) point[i] = std::floor(value);
    return;
  }
  auto place = choices_.try_emplace({std::string(name), std::string(distribution)});
  std::vector<int>& meaning = place.first->second;
  if (place.second) {
    absl::StatusOr<Parameter> other = ParameterFromDistribution(name, distribution);
    if (other.ok()) {
      for (const Value& choice : other->choices) {
        const auto same = absl::c_find(space[i].choices, choice);
        meaning.push_back(same == space[i].choices.end()
                              ? -1
                              : static_cast<int>(same - space[i].choices.begin()));
      }
    }
  }
  if (!(value >= 0 && value < static_cast<double>(meaning.size()))) return;
  const int choice = meaning[static_cast<size_t>(value)];
  if (choice >= 0) point[i] = choice;
}

void PointReader::FitForeign(absl::Span<double> point) const {
  const SearchSpace& space = layout_.space();
  for (const int i : space.order()) {
    if (std::isnan(point[i])) continue;
    if (!space.IsActive(i, point)) {
      point[i] = kNaN;
    } else if (!space[i].is_categorical() && space[i].Levels() > 0 && point[i] >= space[i].low &&
               point[i] <= space[i].high) {
      point[i] = space[i].Level(space[i].LevelOf(point[i]));
    }
  }
}

absl::Status CheckName(absl::string_view what, absl::string_view name) {
  int characters = 0;
  for (size_t i = 0; i < name.size(); ++characters) {
    const auto byte = static_cast<unsigned char>(name[i]);
    const size_t length = byte == 0      ? 0
                          : byte < 0x80  ? 1
                          : byte < 0xC2  ? 0
                          : byte < 0xE0  ? 2
                          : byte < 0xF0  ? 3
                          : byte <= 0xF4 ? 4
                                         : 0;
    bool valid = length > 0 && i + length <= name.size();
    for (size_t k = 1; valid && k < length; ++k) {
      valid = (static_cast<unsigned char>(name[i + k]) & 0xC0) == 0x80;
    }
    // Overlong forms, surrogates, and what lies above U+10FFFF.
    if (valid && length > 2) {
      const auto second = static_cast<unsigned char>(name[i + 1]);
      valid = !(byte == 0xE0 && second < 0xA0) && !(byte == 0xED && second > 0x9F) &&
              !(byte == 0xF0 && second < 0x90) && !(byte == 0xF4 && second > 0x8F);
    }
    if (!valid) {
      return absl::InvalidArgumentError(
          absl::StrCat(what, " must be UTF-8 without NUL; byte ", i, " is not"));
    }
    i += length;
  }
  if (characters <= kLongestName) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(what, " has ", characters, " characters; the longest has ", kLongestName));
}

}  // namespace sturgeon
