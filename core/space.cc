#include "core/space.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/json.h"
#include "core/suggest.h"

namespace sturgeon {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
// Above this a double no longer tells neighbouring integers apart.
constexpr double kLargestInt = 9007199254740992.0;
// Slack for grids given in decimal fractions: (1 - 0) / 0.1 is 10 up to rounding.
constexpr double kGridSlack = 1e-9;

bool IsInt(double v) { return v == std::floor(v) && std::abs(v) <= kLargestInt; }

// The length of a log scale. The quotient high / low may overflow, the difference does not.
double LogSpan(const Parameter& p) { return std::log(p.high) - std::log(p.low); }

// Where an int on a log scale (without a factor) begins to own the coordinate.
double LogIntLow(const Parameter& p) { return std::log(p.low - 0.5); }
double LogIntHigh(const Parameter& p) { return std::log(p.high + 0.5); }

bool IsLogInt(const Parameter& p) {
  return p.type == ParameterType::kInt && p.scale == Scale::kLog && p.factor == 0;
}

absl::Status Invalid(std::string message) { return absl::InvalidArgumentError(std::move(message)); }

absl::Status CheckCategorical(const Parameter& p) {
  if (p.choices.empty()) {
    return Invalid("a categorical parameter needs \"choices\", a list of at least one value");
  }
  for (size_t i = 0; i < p.choices.size(); ++i) {
    if (p.choices[i].is_list() || p.choices[i].is_object()) {
      return Invalid(absl::StrCat("choices[", i, "] is ", KindName(p.choices[i].kind()),
                                  "; a choice is a string, a number, a boolean or null"));
    }
    for (size_t j = 0; j < i; ++j) {
      if (p.choices[i] == p.choices[j]) {
        return Invalid(
            absl::StrCat("the choice ", WriteJson(p.choices[i]), " is given twice; remove one"));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status CheckNumeric(const Parameter& p) {
  const bool is_int = p.type == ParameterType::kInt;
  if (!std::isfinite(p.low) || !std::isfinite(p.high)) {
    return Invalid("\"low\" and \"high\" must be finite numbers");
  }
  if (p.low > p.high) {
    return Invalid(absl::StrCat("low ", p.low, " is above high ", p.high, "; swap them"));
  }
  if (!std::isfinite(p.high - p.low)) return Invalid("the range high - low overflows");
  if (is_int && (!IsInt(p.low) || !IsInt(p.high))) {
    return Invalid(absl::StrCat("an int needs whole numbers within 2^53 as bounds, got ", p.low,
                                " and ", p.high));
  }
  if (p.scale == Scale::kLog && p.low <= 0) {
    return Invalid(absl::StrCat("a log scale needs low > 0, got ", p.low,
                                "; raise low, or use the linear scale"));
  }
  if (p.scale == Scale::kReverseLog && is_int) {
    return Invalid("the scale reverse_log is for floats; an int takes linear or log");
  }
  if (p.scale == Scale::kReverseLog && p.high >= 1) {
    return Invalid(absl::StrCat("a reverse log scale (1 - 10^r) needs high < 1, got ", p.high,
                                "; for a momentum try 0.999"));
  }
  if (p.step != 0 && p.scale != Scale::kLinear) {
    return Invalid(absl::StrCat("a step goes with the linear scale, not with ", ScaleName(p.scale),
                                "; for powers use \"factor\" with the log scale"));
  }
  if (p.factor != 0 && p.scale != Scale::kLog) {
    return Invalid(absl::StrCat("a factor goes with the log scale, not with ", ScaleName(p.scale)));
  }
  if (p.step < 0 || !std::isfinite(p.step)) return Invalid("\"step\" must be positive");
  if (p.step > 0 && p.high > p.low && p.step > p.high - p.low) {
    return Invalid(absl::StrCat("the step ", p.step, " is larger than the range ", p.high - p.low));
  }
  if (is_int && !IsInt(p.step)) return Invalid("an int's step must be a whole number");
  if (p.factor != 0 && !(p.factor > 1 && std::isfinite(p.factor))) {
    return Invalid("\"factor\" must be above 1");
  }
  if (is_int && p.factor != 0 && !IsInt(p.factor)) {
    return Invalid("an int's factor must be a whole number");
  }
  if ((p.step > 0 && (p.high - p.low) / p.step > kLargestInt)) {
    return Invalid("the step is too small for the range");
  }
  return absl::OkStatus();
}

absl::Status CheckParameter(const Parameter& p) {
  if (p.tier != 0 && (p.tier < kFirstTier || p.tier > kLastTier)) {
    return Invalid(absl::StrCat("tier ", p.tier, " is out of range; it must be ", kFirstTier,
                                " (most important) to ", kLastTier));
  }
  absl::Status status = p.is_categorical() ? CheckCategorical(p) : CheckNumeric(p);
  if (status.ok() && p.default_value.has_value()) {
    status = p.FromValue(*p.default_value).status();
    if (!status.ok()) return Invalid(absl::StrCat("default: ", status.message()));
  }
  if (status.ok() && p.prior.has_value()) {
    status = p.FromValue(p.prior->value).status();
    if (!status.ok()) return Invalid(absl::StrCat("prior: value: ", status.message()));
    if (!(p.prior->width > 0 && p.prior->width <= 1)) {
      return Invalid(absl::StrCat("prior: width: ", p.prior->width,
                                  " is out of range; more than 0 and at most 1, ",
                                  p.is_categorical() ? "the probability that another choice is best"
                                                     : "a share of the parameter's own scale"));
    }
  }
  return status;
}

absl::Status AtParameter(size_t i, const Parameter& p, absl::string_view message) {
  return Invalid(absl::StrCat("parameters[", i, "]", p.name.empty() ? "" : " (", p.name,
                              p.name.empty() ? "" : ")", ": ", message));
}

}  // namespace

bool SameCoordinate(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

bool SamePoint(absl::Span<const double> a, absl::Span<const double> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), SameCoordinate);
}

absl::string_view ParameterTypeName(ParameterType type) {
  switch (type) {
    case ParameterType::kFloat:
      return "float";
    case ParameterType::kInt:
      return "int";
    case ParameterType::kCategorical:
      return "categorical";
  }
  return "";
}

absl::string_view ScaleName(Scale scale) {
  switch (scale) {
    case Scale::kLinear:
      return "linear";
    case Scale::kLog:
      return "log";
    case Scale::kReverseLog:
      return "reverse_log";
  }
  return "";
}

Parameter Parameter::Float(std::string name, double low, double high, Scale scale) {
  Parameter p;
  p.name = std::move(name);
  p.scale = scale;
  p.low = low;
  p.high = high;
  return p;
}

Parameter Parameter::Int(std::string name, int64_t low, int64_t high, Scale scale) {
  Parameter p = Float(std::move(name), static_cast<double>(low), static_cast<double>(high), scale);
  p.type = ParameterType::kInt;
  return p;
}

Parameter Parameter::Categorical(std::string name, std::vector<Value> choices) {
  Parameter p;
  p.name = std::move(name);
  p.type = ParameterType::kCategorical;
  p.choices = std::move(choices);
  return p;
}

int64_t Parameter::Levels() const {
  if (is_categorical()) return static_cast<int64_t>(choices.size());
  if (low == high) return 1;
  if (factor > 0) {
    return static_cast<int64_t>(LogSpan(*this) / std::log(factor) + kGridSlack) + 1;
  }
  if (step > 0 || type == ParameterType::kInt) {
    return static_cast<int64_t>((high - low) / (step > 0 ? step : 1) + kGridSlack) + 1;
  }
  return 0;
}

double Parameter::Level(int64_t k) const {
  if (is_categorical()) return static_cast<double>(k);
  const double spacing = step > 0 ? step : 1;
  const double value = factor > 0 ? low * std::pow(factor, static_cast<double>(k))
                                  : low + static_cast<double>(k) * spacing;
  if (type == ParameterType::kInt) return std::round(value);
  return std::min(value, high);
}

int64_t Parameter::LevelOf(double value) const {
  if (is_categorical()) return std::llround(value);
  const double spacing = step > 0 ? step : 1;
  const double k =
      factor > 0 ? (std::log(value) - std::log(low)) / std::log(factor) : (value - low) / spacing;
  return std::min(std::max<int64_t>(std::llround(k), 0), Levels() - 1);
}

Parameter::Share Parameter::ShareOf(double value) const {
  if (IsLogInt(*this) && low < high) {
    const double begin = LogIntLow(*this), span = LogIntHigh(*this) - begin;
    return {(std::log(value - 0.5) - begin) / span, (std::log(value + 0.5) - begin) / span};
  }
  const auto k = static_cast<double>(LevelOf(value)), n = static_cast<double>(Levels());
  return {k / n, (k + 1) / n};
}

double Parameter::FromUnit(double u) const {
  u = std::min(std::max(u, 0.0), 1.0);
  if (low == high && !is_categorical()) return low;
  if (IsLogInt(*this)) {
    const double v =
        std::round(std::exp(LogIntLow(*this) + u * (LogIntHigh(*this) - LogIntLow(*this))));
    return std::min(std::max(v, low), high);
  }
  if (const int64_t levels = Levels(); levels > 0) {
    const auto k = static_cast<int64_t>(u * static_cast<double>(levels));
    return Level(std::min(k, levels - 1));
  }
  double v = low;
  switch (scale) {
    case Scale::kLinear:
      v = low + u * (high - low);
      break;
    case Scale::kLog:
      v = std::exp(std::log(low) + u * LogSpan(*this));
      break;
    // 1 - high and 1 - low are exact near 1, which is where they must be.
    case Scale::kReverseLog:
      v = 1 - (1 - low) * std::exp(u * std::log((1 - high) / (1 - low)));
      break;
  }
  return std::min(std::max(v, low), high);
}

double Parameter::ToUnit(double value) const {
  if (low == high && !is_categorical()) return 0.5;
  if (IsLogInt(*this)) {
    return (std::log(value) - LogIntLow(*this)) / (LogIntHigh(*this) - LogIntLow(*this));
  }
  if (const int64_t levels = Levels(); levels > 0) {
    return (static_cast<double>(LevelOf(value)) + 0.5) / static_cast<double>(levels);
  }
  double u = 0;
  switch (scale) {
    case Scale::kLinear:
      u = (value - low) / (high - low);
      break;
    case Scale::kLog:
      u = (std::log(value) - std::log(low)) / LogSpan(*this);
      break;
    case Scale::kReverseLog:
      u = std::log((1 - value) / (1 - low)) / std::log((1 - high) / (1 - low));
      break;
  }
  return std::min(std::max(u, 0.0), 1.0);
}

absl::StatusOr<double> Parameter::FromValue(const Value& value) const {
  if (is_categorical()) {
    const auto found = std::find(choices.begin(), choices.end(), value);
    if (found != choices.end()) return static_cast<double>(found - choices.begin());
    return Invalid(absl::StrCat(
        WriteJson(value), " is no choice; the choices are ",
        absl::StrJoin(choices, ", ",
                      [](std::string* out, const Value& choice) { *out += WriteJson(choice); })));
  }
  if (!value.is_number()) {
    return Invalid(absl::StrCat("expected a number, got ", KindName(value.kind())));
  }
  const double number = value.number();
  if (type == ParameterType::kInt && !IsInt(number)) {
    return Invalid(absl::StrCat("expected an integer, got ", WriteJson(value)));
  }
  if (!(low <= number && number <= high)) {
    return Invalid(
        absl::StrCat(WriteJson(value), " is out of range; it must be in [", low, ", ", high, "]"));
  }
  if (step > 0 || factor > 0) {
    const double nearest = Level(LevelOf(number));
    if (std::abs(nearest - number) > kGridSlack * std::max(1.0, std::abs(number))) {
      return Invalid(absl::StrCat(WriteJson(value), " is off the grid of ",
                                  step > 0 ? "step " : "factor ", step > 0 ? step : factor,
                                  " from ", low, "; the nearest value is ", nearest));
    }
    return nearest;
  }
  return number;
}

Value Parameter::ToValue(double value) const {
  if (std::isnan(value)) return Value();
  if (is_categorical()) return choices[static_cast<size_t>(value)];
  if (type == ParameterType::kInt) return static_cast<int64_t>(value);
  return value;
}

double Parameter::DefaultNumber() const {
  if (default_value.has_value()) {
    absl::StatusOr<double> number = FromValue(*default_value);
    if (number.ok()) return *number;
  }
  return is_categorical() ? 0 : FromUnit(0.5);
}

double Parameter::PriorNumber() const {
  if (!prior.has_value()) return kNaN;
  absl::StatusOr<double> number = FromValue(prior->value);
  return number.ok() ? *number : kNaN;
}

absl::StatusOr<SearchSpace> SearchSpace::Create(std::vector<Parameter> parameters) {
  SearchSpace space;
  space.parameters_ = std::move(parameters);
  for (Parameter& p : space.parameters_) {
    if (p.tier == 0) p.tier = kFirstTier;
  }
  const auto& all = space.parameters_;
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].name.empty())
      return AtParameter(i, all[i], "the field \"name\" is missing or empty");
    const auto [first, fresh] = space.index_.emplace(all[i].name, static_cast<int>(i));
    if (!fresh) {
      return AtParameter(
          i, all[i],
          absl::StrCat("the name is taken by parameters[", first->second, "]; rename one of them"));
    }
    absl::Status status = CheckParameter(all[i]);
    if (!status.ok()) return AtParameter(i, all[i], status.message());
  }

  space.rules_.resize(all.size());
  for (size_t i = 0; i < all.size(); ++i) {
    if (!all[i].condition.has_value()) continue;
    const Condition& condition = *all[i].condition;
    const std::optional<int> parent = space.Find(condition.parent);
    if (!parent.has_value()) {
      return AtParameter(
          i, all[i],
          absl::StrCat("condition: ", UnknownName("parameter", condition.parent, space.Names())));
    }
    Rule& rule = space.rules_[i];
    rule.parent = *parent;
    const Parameter& on = all[*parent];
    const bool bounded = condition.min.has_value() || condition.max.has_value();
    if (condition.in.empty() != bounded) {
      return AtParameter(
          i, all[i],
          "condition: give either \"in\", a list of values of the parent, or \"min\" "
          "and \"max\", its bounds");
    }
    if (bounded && on.is_categorical()) {
      return AtParameter(i, all[i],
                         absl::StrCat("condition: ", on.name,
                                      " is categorical; list its "
                                      "choices in \"in\" instead of \"min\" and \"max\""));
    }
    for (const Value& value : condition.in) {
      absl::StatusOr<double> number = on.FromValue(value);
      if (!number.ok()) {
        return AtParameter(
            i, all[i],
            absl::StrCat("condition: a value of ", on.name, ": ", number.status().message()));
      }
      rule.in.push_back(*number);
    }
    if (bounded) {
      rule.min = condition.min.value_or(-std::numeric_limits<double>::infinity());
      rule.max = condition.max.value_or(std::numeric_limits<double>::infinity());
      if (!(rule.min <= rule.max) || rule.max < on.low || rule.min > on.high) {
        return AtParameter(
            i, all[i],
            absl::StrCat("condition: no value of ", on.name,
                         " lies between min and max; its range is [", on.low, ", ", on.high, "]"));
      }
    }
    space.conditional_ = true;
  }

  // Parents first; whoever cannot be placed stands on a cycle.
  std::vector<bool> placed(all.size(), false);
  while (space.order_.size() < all.size()) {
    const size_t before = space.order_.size();
    for (size_t i = 0; i < all.size(); ++i) {
      const int parent = space.rules_[i].parent;
      if (placed[i] || (parent >= 0 && !placed[parent])) continue;
      placed[i] = true;
      space.order_.push_back(static_cast<int>(i));
    }
    if (space.order_.size() == before) {
      const size_t i = std::find(placed.begin(), placed.end(), false) - placed.begin();
      return AtParameter(i, all[i],
                         "its condition depends on itself, directly or by way of others; "
                         "remove one of the conditions on the circle");
    }
  }
  return space;
}

std::optional<int> SearchSpace::Find(absl::string_view name) const {
  const auto found = index_.find(name);
  if (found == index_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> SearchSpace::Names() const {
  std::vector<std::string> names;
  names.reserve(parameters_.size());
  for (const Parameter& p : parameters_) names.push_back(p.name);
  return names;
}

bool SearchSpace::Holds(const Rule& rule, double parent_value) const {
  // An inactive parent is NaN, which equals and lies between nothing.
  if (rule.in.empty()) return rule.min <= parent_value && parent_value <= rule.max;
  return std::find(rule.in.begin(), rule.in.end(), parent_value) != rule.in.end();
}

bool SearchSpace::IsActive(int i, absl::Span<const double> point) const {
  const Rule& rule = rules_[i];
  return rule.parent < 0 || Holds(rule, point[rule.parent]);
}

void SearchSpace::FromUnit(absl::Span<const double> unit, absl::Span<double> point) const {
  for (int i = 0; i < size(); ++i) point[i] = parameters_[i].FromUnit(unit[i]);
  if (!conditional_) return;
  for (const int i : order_) {
    if (!IsActive(i, point)) point[i] = kNaN;
  }
}

void SearchSpace::ToUnit(absl::Span<const double> point, absl::Span<double> unit) const {
  for (int i = 0; i < size(); ++i) {
    unit[i] = std::isnan(point[i]) ? kNaN : parameters_[i].ToUnit(point[i]);
  }
}

void SearchSpace::Canonicalize(absl::Span<double> point) const {
  for (const int i : order_) {
    if (!IsActive(i, point)) {
      point[i] = kNaN;
    } else if (std::isnan(point[i])) {
      point[i] = parameters_[i].DefaultNumber();
    }
  }
}

absl::Status SearchSpace::Validate(absl::Span<const double> point) const {
  if (static_cast<int>(point.size()) != size()) {
    return Invalid(
        absl::StrCat("a point of this space has ", size(), " values, got ", point.size()));
  }
  for (const int i : order_) {
    const Parameter& p = parameters_[i];
    if (!IsActive(i, point)) {
      if (!std::isnan(point[i])) {
        return Invalid(absl::StrCat(p.name, ": must be left out, since the condition on ",
                                    parameters_[rules_[i].parent].name, " does not hold"));
      }
      continue;
    }
    if (std::isnan(point[i])) return Invalid(absl::StrCat(p.name, ": the value is missing"));
    if (p.is_categorical()) {
      if (!(point[i] >= 0 && point[i] < static_cast<double>(p.choices.size()) && IsInt(point[i]))) {
        return Invalid(absl::StrCat(p.name, ": ", point[i], " is no index of its ",
                                    p.choices.size(), " choices"));
      }
      continue;
    }
    absl::StatusOr<double> number = p.FromValue(point[i]);
    if (!number.ok()) return Invalid(absl::StrCat(p.name, ": ", number.status().message()));
  }
  return absl::OkStatus();
}

Point SearchSpace::Default() const {
  Point point(size(), kNaN);
  Canonicalize(absl::MakeSpan(point));
  return point;
}

std::vector<int64_t> SearchSpace::Levels() const {
  std::vector<int64_t> levels;
  levels.reserve(parameters_.size());
  for (const Parameter& p : parameters_) levels.push_back(p.Levels());
  return levels;
}

std::optional<int64_t> SearchSpace::CountPoints(int64_t limit) const {
  std::vector<std::vector<int>> children(parameters_.size());
  std::vector<int> roots;
  for (const int i : order_) {
    (rules_[i].parent < 0 ? roots : children[rules_[i].parent]).push_back(i);
  }
  // Points of the subtree below an active parameter: the sum over its values of the product over
  // the children that each value activates. Counted in doubles, which are exact up to 2^53.
  const std::function<double(int)> count = [&](int i) -> double {
    const Parameter& p = parameters_[i];
    const int64_t levels = p.Levels();
    if (levels == 0 || levels > limit) return std::numeric_limits<double>::infinity();
    if (children[i].empty()) return static_cast<double>(levels);
    double sum = 0;
    for (int64_t k = 0; k < levels && sum <= static_cast<double>(limit); ++k) {
      double product = 1;
      for (const int child : children[i]) {
        if (Holds(rules_[child], p.Level(k))) product *= count(child);
      }
      sum += product;
    }
    return sum;
  };
  double total = 1;
  for (const int root : roots) total *= count(root);
  if (!(total <= static_cast<double>(limit))) return std::nullopt;
  return static_cast<int64_t>(total);
}

absl::StatusOr<SearchSpace::Fixed> SearchSpace::Fix(absl::Span<const Value::Field> fixed) const {
  Point values(parameters_.size(), kNaN);
  std::vector<bool> is_fixed(parameters_.size(), false);
  for (const Value::Field& field : fixed) {
    const std::optional<int> i = Find(field.name);
    if (!i.has_value()) return Invalid(UnknownName("parameter", field.name, Names()));
    absl::StatusOr<double> number = parameters_[*i].FromValue(field.value);
    if (!number.ok()) return Invalid(absl::StrCat(field.name, ": ", number.status().message()));
    values[*i] = *number;
    is_fixed[*i] = true;
  }
  // Parents first: a parameter goes where its parent went, unless the fixed parent lets it live.
  std::vector<bool> never(parameters_.size(), false);
  std::vector<bool> free_of_condition(parameters_.size(), false);
  for (const int i : order_) {
    const int parent = rules_[i].parent;
    if (parent < 0) continue;
    if (never[parent] || (is_fixed[parent] && !Holds(rules_[i], values[parent]))) {
      never[i] = true;
    } else if (is_fixed[parent]) {
      // What remains is the condition of the fixed parent itself; a tuned grandparent keeps its
      // say.
      free_of_condition[i] = true;
    }
  }
  Fixed result;
  std::vector<Parameter> rest;
  for (int i = 0; i < size(); ++i) {
    if (never[i]) continue;
    if (is_fixed[i]) {
      result.values.Set(parameters_[i].name, parameters_[i].ToValue(values[i]));
      continue;
    }
    Parameter p = parameters_[i];
    for (int at = i; free_of_condition[at];) {
      at = rules_[at].parent;
      p.condition = parameters_[at].condition;
    }
    rest.push_back(std::move(p));
  }
  absl::StatusOr<SearchSpace> space = Create(std::move(rest));
  if (!space.ok()) return space.status();
  result.space = *std::move(space);
  return result;
}

}  // namespace sturgeon
