// The search space: what may vary, and on which scale.
//
//   auto space = SearchSpace::Create({
//       Parameter::Float("learning_rate", 1e-4, 1, Scale::kLog).Tier(1),
//       Parameter::Float("momentum", 0.9, 0.999, Scale::kReverseLog).Tier(2),
//       Parameter::Int("layers", 1, 4).Tier(3),
//       Parameter::Categorical("optimizer", {"sgd", "adam"}).Tier(3),
//       Parameter::Float("beta2", 0.99, 0.9999, Scale::kReverseLog).Tier(4)
//           .When("optimizer", {"adam"}),
//   });
//
// Points. A point of a space of n parameters is a flat array of n doubles: the value of a float or
// an int, the index of a category's choice, and NaN where a parameter is inactive because its
// condition does not hold. The space is the key to the array; names are looked up once, not once a
// trial.
//
// Unit cube. Every parameter maps [0, 1] onto its values so that a uniform u samples uniformly in
// the parameter's own coordinate:
//   linear       v = low + u (high - low)
//   log          v = low (high / low)^u                               low > 0
//   reverse_log  v = 1 - 10^r, r = lerp(log10(1 - low), log10(1 - high), u)      high < 1
// Reverse log is for averages over about 1 / (1 - v) steps, such as a momentum: 0.999 to 0.9995
// (1,000 against 2,000 steps) gets as much of the coordinate as 0.9 to 0.95 (10 against 20).
// A discrete parameter of n values gives each value an equal share of [0, 1], except an int on a
// log scale without a factor, whose value v owns [log(v - 1/2), log(v + 1/2)].
#ifndef STURGEON_CORE_SPACE_H_
#define STURGEON_CORE_SPACE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/value.h"

namespace sturgeon {

enum class ParameterType : uint8_t { kFloat, kInt, kCategorical };
enum class Scale : uint8_t { kLinear, kLog, kReverseLog };

absl::string_view ParameterTypeName(ParameterType type);  // "float", "int", "categorical"
absl::string_view ScaleName(Scale scale);                 // "linear", "log", "reverse_log"

using Point = std::vector<double>;

// Whether coordinates, or points, are the same: inactive is the same as inactive.
bool SameCoordinate(double a, double b);
bool SamePoint(absl::Span<const double> a, absl::Span<const double> b);

// When a parameter exists at all: its parent is active, and the parent's value is one of `in`, or
// (for a numeric parent) lies between `min` and `max`, both included.
struct Condition {
  std::string parent;
  std::vector<Value> in;
  std::optional<double> min, max;
};

// The importance of a parameter, the answer to "what should I tune first?": 1 the learning rate;
// 2 momentum, hidden units, mini-batch size; 3 layers, learning-rate decay; 4 rarely worth it.
inline constexpr int kFirstTier = 1;
inline constexpr int kLastTier = 4;

// What the user believes of a parameter's best value: a hint that a strategy weighs against what it
// sees, and that a wrong belief must not ruin.
struct Prior {
  Value value;  // one of the parameter's values
  // Numeric: the standard deviation of the belief, in the parameter's unit coordinate. Categorical:
  // the probability that another choice is best. In (0, 1].
  double width = 0.15;
};

struct Parameter {
  std::string name;
  ParameterType type = ParameterType::kFloat;
  Scale scale = Scale::kLinear;
  double low = 0, high = 1;    // both included; float and int
  double step = 0;             // linear scale: values low + k step; 0: none (int: 1)
  double factor = 0;           // log scale: values low factor^k, such as powers of two; 0: none
  std::vector<Value> choices;  // categorical: null, booleans, numbers or strings, all different
  int tier = 0;                // 1 to 4; 0: not said, and SearchSpace::Create makes it 1
  std::optional<Value> default_value;  // otherwise the middle of the scale, or the first choice
  std::optional<Condition> condition;
  std::optional<sturgeon::Prior> prior;

  static Parameter Float(std::string name, double low, double high, Scale scale = Scale::kLinear);
  static Parameter Int(std::string name, int64_t low, int64_t high, Scale scale = Scale::kLinear);
  static Parameter Categorical(std::string name, std::vector<Value> choices);

  Parameter&& Step(double value) && { return step = value, std::move(*this); }
  Parameter&& Factor(double value) && { return factor = value, std::move(*this); }
  Parameter&& Tier(int value) && { return tier = value, std::move(*this); }
  Parameter&& Default(Value value) && { return default_value = std::move(value), std::move(*this); }
  Parameter&& Prior(Value value, double width = sturgeon::Prior().width) && {
    return prior = sturgeon::Prior{std::move(value), width}, std::move(*this);
  }
  Parameter&& When(std::string parent, std::vector<Value> in) && {
    return condition = Condition{std::move(parent), std::move(in), {}, {}}, std::move(*this);
  }
  Parameter&& WhenBetween(std::string parent, std::optional<double> min,
                          std::optional<double> max) && {
    return condition = Condition{std::move(parent), {}, min, max}, std::move(*this);
  }

  bool is_categorical() const { return type == ParameterType::kCategorical; }

  // How many values there are; 0 for a continuum.
  int64_t Levels() const;

  // Discrete parameters only: the k-th value, 0 <= k < Levels(); the number of the value nearest to
  // `value`; and the stretch of the unit interval that it owns.
  double Level(int64_t k) const;
  int64_t LevelOf(double value) const;
  struct Share {
    double low, high;
  };
  Share ShareOf(double value) const;

  // One coordinate of the unit cube to a value and back. FromUnit clamps u to [0, 1]; ToUnit gives
  // the middle of a discrete value's share, so FromUnit(ToUnit(v)) == v. Valid parameters only.
  double FromUnit(double u) const;
  double ToUnit(double value) const;

  // The flat double of an outside value and back. InvalidArgument: another type, out of range, no
  // such choice, off the step's grid.
  absl::StatusOr<double> FromValue(const Value& value) const;
  Value ToValue(double value) const;

  // The default, or what stands for it, as a flat double.
  double DefaultNumber() const;

  // The prior's value as a flat double; NaN if there is no prior.
  double PriorNumber() const;
};

class SearchSpace {
 public:
  SearchSpace() = default;

  // Checks everything there is to check; a condition may name a parameter that stands later.
  // InvalidArgument begins with `parameters[i] (name): ` and says what would be right.
  static absl::StatusOr<SearchSpace> Create(std::vector<Parameter> parameters);

  int size() const { return static_cast<int>(parameters_.size()); }
  const Parameter& operator[](int i) const { return parameters_[i]; }
  const std::vector<Parameter>& parameters() const { return parameters_; }

  // The index of a parameter; nullopt if there is none of that name.
  std::optional<int> Find(absl::string_view name) const;
  std::vector<std::string> Names() const;

  // Maps one point of the unit cube, [size()], to a point of the space: inactive parameters become
  // NaN. Both spans have size() elements and may be the same. Cost: O(size()), no allocation.
  void FromUnit(absl::Span<const double> unit, absl::Span<double> point) const;
  // The other way; an inactive parameter stays NaN.
  void ToUnit(absl::Span<const double> point, absl::Span<double> unit) const;

  // Makes NaN of every parameter whose condition does not hold in `point`; an active one that is
  // NaN gets its default.
  void Canonicalize(absl::Span<double> point) const;

  // Whether parameter i's own condition holds, given the parents' values in `point`.
  bool IsActive(int i, absl::Span<const double> point) const;

  // OK if `point` has the right size, every active parameter holds one of its values, and every
  // inactive one is NaN. Otherwise InvalidArgument naming the parameter.
  absl::Status Validate(absl::Span<const double> point) const;

  Point Default() const;

  // The parameters' levels, as SamplerContext wants them.
  std::vector<int64_t> Levels() const;

  // How many distinct points there are, conditions counted; nullopt for a continuum or above
  // `limit`.
  std::optional<int64_t> CountPoints(int64_t limit) const;

  // The space without the named parameters, which get fixed values: conditions on them are
  // resolved, and parameters that can then never be active go too (they are in neither part).
  struct Fixed;
  absl::StatusOr<Fixed> Fix(absl::Span<const Value::Field> fixed) const;

  // Indices in an order in which parents stand before their children.
  const std::vector<int>& order() const { return order_; }
  // The parent of parameter i, or -1.
  int parent(int i) const { return rules_[i].parent; }

 private:
  // A condition with names looked up.
  struct Rule {
    int parent = -1;
    std::vector<double> in;  // flat values of the parent
    double min = 0, max = -1;
  };

  bool Holds(const Rule& rule, double parent_value) const;

  std::vector<Parameter> parameters_;
  std::vector<Rule> rules_;
  std::vector<int> order_;
  bool conditional_ = false;
  absl::flat_hash_map<std::string, int> index_;
};

struct SearchSpace::Fixed {
  SearchSpace space;
  Value values = Value::Object();  // name -> value of what was fixed
};

}  // namespace sturgeon

#endif  // STURGEON_CORE_SPACE_H_
