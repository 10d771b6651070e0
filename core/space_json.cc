#include "core/space_json.h"

#include <cmath>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/suggest.h"
#include "core/value_reader.h"

namespace sturgeon {
namespace {

// Reads a list field into `out`, which stays empty if the field is absent.
void ReadList(ObjectReader* reader, absl::string_view field, Value::List* out) {
  const Value* value = reader->Find(field);
  if (value == nullptr) return;
  if (value->is_list()) {
    *out = value->list();
    return;
  }
  reader->Note(absl::InvalidArgumentError(
      absl::StrCat(reader->Place(field), ": expected a list, got ", KindName(value->kind()))));
}

std::optional<double> OptionalNumber(ObjectReader* reader, absl::string_view field) {
  const Value* value = reader->Find(field);
  if (value == nullptr) return std::nullopt;
  double number = 0;
  reader->Note(ReadValue(*value, reader->Place(field), &number));
  return number;
}

absl::StatusOr<Condition> ConditionFromValue(const Value& value, const std::string& where) {
  Condition condition;
  ObjectReader reader(value, where);
  condition.parent = reader.Required<std::string>("name");
  ReadList(&reader, "in", &condition.in);
  condition.min = OptionalNumber(&reader, "min");
  condition.max = OptionalNumber(&reader, "max");
  absl::Status status = reader.Finish();
  if (!status.ok()) return status;
  return condition;
}

absl::StatusOr<Prior> PriorFromValue(const Value& value, const std::string& where) {
  Prior prior;
  ObjectReader reader(value, where);
  prior.width = reader.Optional<double>("width", prior.width);
  reader.Find("value");
  absl::Status status = reader.Finish();
  if (!status.ok()) return status;
  // Found again past the reader, to which a null is an absent field: it may be a choice.
  const Value* const believed = value.Find("value");
  if (believed == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(where, ": the field \"value\", the believed best value, is missing"));
  }
  prior.value = *believed;
  return prior;
}

absl::StatusOr<ParameterType> TypeFromName(const std::string& name) {
  for (const ParameterType type :
       {ParameterType::kFloat, ParameterType::kInt, ParameterType::kCategorical}) {
    if (name == ParameterTypeName(type)) return type;
  }
  return absl::InvalidArgumentError(UnknownName("type", name, {"float", "int", "categorical"}));
}

absl::StatusOr<Scale> ScaleFromName(const std::string& name) {
  for (const Scale scale : {Scale::kLinear, Scale::kLog, Scale::kReverseLog}) {
    if (name == ScaleName(scale)) return scale;
  }
  return absl::InvalidArgumentError(UnknownName("scale", name, {"linear", "log", "reverse_log"}));
}

absl::Status Prefixed(const absl::Status& status, const std::string& where) {
  if (status.ok() || where.empty()) return status;
  return absl::Status(status.code(), absl::StrCat(where, ": ", status.message()));
}

// Whole bounds of an int read back as ints.
Value Bound(const Parameter& p, double bound) {
  if (p.type == ParameterType::kInt) return static_cast<int64_t>(bound);
  return bound;
}

}  // namespace

absl::StatusOr<Parameter> ParameterFromValue(const Value& value, const std::string& where) {
  Parameter p;
  ObjectReader reader(value, where);
  p.name = reader.Required<std::string>("name");
  const auto type = reader.Required<std::string>("type");
  const auto scale = reader.Optional<std::string>("scale", "linear");
  const std::optional<double> low = OptionalNumber(&reader, "low");
  const std::optional<double> high = OptionalNumber(&reader, "high");
  p.step = reader.Optional<double>("step", 0);
  p.factor = reader.Optional<double>("factor", 0);
  ReadList(&reader, "choices", &p.choices);
  p.tier = reader.Optional<int>("tier", 0);
  if (const Value* fallback = reader.Find("default")) p.default_value = *fallback;
  if (const Value* prior = reader.Find("prior")) {
    absl::StatusOr<Prior> parsed = PriorFromValue(*prior, reader.Place("prior"));
    reader.Note(parsed.status());
    if (parsed.ok()) p.prior = *std::move(parsed);
  }
  if (const Value* condition = reader.Find("condition")) {
    absl::StatusOr<Condition> parsed = ConditionFromValue(*condition, reader.Place("condition"));
    reader.Note(parsed.status());
    if (parsed.ok()) p.condition = *std::move(parsed);
  }
  absl::Status status = reader.Finish();
  if (!status.ok()) return status;

  absl::StatusOr<ParameterType> known_type = TypeFromName(type);
  if (!known_type.ok()) return Prefixed(known_type.status(), reader.Place("type"));
  p.type = *known_type;
  absl::StatusOr<Scale> known_scale = ScaleFromName(scale);
  if (!known_scale.ok()) return Prefixed(known_scale.status(), reader.Place("scale"));
  p.scale = *known_scale;
  if (value.Find("tier") != nullptr && p.tier == 0) {
    return absl::InvalidArgumentError(absl::StrCat(reader.Place("tier"),
                                                   ": 0 is no tier; they are ", kFirstTier,
                                                   " (most important) to ", kLastTier));
  }
  const auto misplaced = [&](absl::string_view field, absl::string_view belongs) {
    return absl::InvalidArgumentError(absl::StrCat(reader.Place(field), ": goes with ", belongs,
                                                   ", and this parameter is ", type));
  };
  if (p.is_categorical()) {
    if (low || high) return misplaced(low ? "low" : "high", "a float or an int");
    if (p.step != 0) return misplaced("step", "a float or an int");
    if (p.factor != 0) return misplaced("factor", "a float or an int");
    if (p.scale != Scale::kLinear) return misplaced("scale", "a float or an int");
    return p;
  }
  if (!p.choices.empty()) return misplaced("choices", "a categorical");
  if (!low || !high) {
    return absl::InvalidArgumentError(absl::StrCat(where, ": the field \"", low ? "high" : "low",
                                                   "\" is missing; give both bounds"));
  }
  p.low = *low;
  p.high = *high;
  return p;
}

absl::StatusOr<std::vector<Parameter>> ParametersFromValue(const Value& list,
                                                           const std::string& where) {
  if (!list.is_list()) {
    return absl::InvalidArgumentError(
        absl::StrCat(where, ": expected a list of parameters, got ", KindName(list.kind())));
  }
  std::vector<Parameter> parameters;
  for (size_t i = 0; i < list.list().size(); ++i) {
    const Value& entry = list.list()[i];
    const Value* name = entry.Find("name");
    std::string place = absl::StrCat(where, "[", i, "]");
    if (name != nullptr && name->is_string()) absl::StrAppend(&place, " (", name->string(), ")");
    absl::StatusOr<Parameter> parameter = ParameterFromValue(entry, place);
    if (!parameter.ok()) return parameter.status();
    parameters.push_back(*std::move(parameter));
  }
  return parameters;
}

absl::StatusOr<SearchSpace> SpaceFromValue(const Value& list, const std::string& where) {
  absl::StatusOr<std::vector<Parameter>> parameters = ParametersFromValue(list, where);
  if (!parameters.ok()) return parameters.status();
  absl::StatusOr<SearchSpace> space = SearchSpace::Create(*std::move(parameters));
  // Create says "parameters[i]" itself; what stands before it in `where` is kept.
  if (!space.ok()) {
    const size_t at = where.rfind(": ");
    return Prefixed(space.status(), at == std::string::npos ? "" : where.substr(0, at));
  }
  return space;
}

Value ToValue(const Parameter& p) {
  Value value;
  value.Set("name", p.name);
  value.Set("type", std::string(ParameterTypeName(p.type)));
  if (p.is_categorical()) {
    value.Set("choices", p.choices);
  } else {
    value.Set("low", Bound(p, p.low));
    value.Set("high", Bound(p, p.high));
    if (p.scale != Scale::kLinear) value.Set("scale", std::string(ScaleName(p.scale)));
    if (p.step != 0) value.Set("step", Bound(p, p.step));
    if (p.factor != 0) value.Set("factor", Bound(p, p.factor));
  }
  if (p.tier != kFirstTier) value.Set("tier", p.tier);
  if (p.default_value.has_value()) value.Set("default", *p.default_value);
  if (p.prior.has_value()) {
    value.Set("prior", Value::Object{{"value", p.prior->value}, {"width", p.prior->width}});
  }
  if (p.condition.has_value()) {
    Value condition;
    condition.Set("name", p.condition->parent);
    if (!p.condition->in.empty()) condition.Set("in", p.condition->in);
    if (p.condition->min.has_value()) condition.Set("min", *p.condition->min);
    if (p.condition->max.has_value()) condition.Set("max", *p.condition->max);
    value.Set("condition", std::move(condition));
  }
  return value;
}

Value ToValue(const SearchSpace& space) {
  Value::List list;
  for (const Parameter& p : space.parameters()) list.push_back(ToValue(p));
  return list;
}

Value PointToValue(const SearchSpace& space, absl::Span<const double> point) {
  Value value = Value::Object();
  for (int i = 0; i < space.size(); ++i) {
    if (!std::isnan(point[i])) {
      // Names are unique, so the fields need no look-up.
      value.object().push_back({space[i].name, space[i].ToValue(point[i])});
    }
  }
  return value;
}

absl::StatusOr<Point> PointFromValue(const SearchSpace& space, const Value& object,
                                     const std::string& where) {
  if (!object.is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat(where, ": expected an object of parameters, got ", KindName(object.kind())));
  }
  Point point(space.size(), std::numeric_limits<double>::quiet_NaN());
  for (const Value::Field& field : object.object()) {
    const std::optional<int> i = space.Find(field.name);
    if (!i.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat(where, ": ", UnknownName("parameter", field.name, space.Names())));
    }
    absl::StatusOr<double> number = space[*i].FromValue(field.value);
    if (!number.ok()) {
      return Prefixed(number.status(), absl::StrCat(where, ": ", field.name));
    }
    point[*i] = *number;
  }
  space.Canonicalize(absl::MakeSpan(point));
  return point;
}

}  // namespace sturgeon
