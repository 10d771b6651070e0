#include "models/function/function.h"

#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "core/random.h"
#include "core/space.h"
#include "core/suggest.h"
#include "core/value.h"
#include "core/value_reader.h"

namespace sturgeon {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr uint32_t kNoiseStream = kFirstPluginStream;

using Arguments = absl::Span<const double>;

double Sphere(Arguments x) {
  double sum = 0;
  for (double v : x) sum += v * v;
  return sum;
}

double Rosenbrock(Arguments x) {
  double sum = 0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    const double valley = x[i + 1] - x[i] * x[i];
    sum += 100 * valley * valley + (1 - x[i]) * (1 - x[i]);
  }
  return sum;
}

double Ackley(Arguments x) {
  const auto d = static_cast<double>(x.size());
  double squares = 0, cosines = 0;
  for (double v : x) {
    squares += v * v;
    cosines += std::cos(2 * kPi * v);
  }
  return -20 * std::exp(-0.2 * std::sqrt(squares / d)) - std::exp(cosines / d) + 20 + std::exp(1.0);
}

double Rastrigin(Arguments x) {
  double sum = 10 * static_cast<double>(x.size());
  for (double v : x) sum += v * v - 10 * std::cos(2 * kPi * v);
  return sum;
}

double Branin(Arguments x) {
  const double parabola = x[1] - 5.1 / (4 * kPi * kPi) * x[0] * x[0] + 5 / kPi * x[0] - 6;
  return parabola * parabola + 10 * (1 - 1 / (8 * kPi)) * std::cos(x[0]) + 10;
}

// -sum_i alpha_i exp(-sum_j a_ij (x_j - p_ij)^2)
template <std::size_t D>
double Hartmann(Arguments x, const double (&a)[4][D], const double (&p)[4][D]) {
  constexpr double kAlpha[4] = {1.0, 1.2, 3.0, 3.2};
  double sum = 0;
  for (int i = 0; i < 4; ++i) {
    double exponent = 0;
    for (std::size_t j = 0; j < D; ++j) exponent += a[i][j] * (x[j] - p[i][j]) * (x[j] - p[i][j]);
    sum -= kAlpha[i] * std::exp(-exponent);
  }
  return sum;
}

double Hartmann3(Arguments x) {
  constexpr double kA[4][3] = {{3, 10, 30}, {0.1, 10, 35}, {3, 10, 30}, {0.1, 10, 35}};
  constexpr double kP[4][3] = {{0.3689, 0.1170, 0.2673},
                               {0.4699, 0.4387, 0.7470},
                               {0.1091, 0.8732, 0.5547},
                               {0.0381, 0.5743, 0.8828}};
  return Hartmann<3>(x, kA, kP);
}

double Hartmann6(Arguments x) {
  constexpr double kA[4][6] = {{10, 3, 17, 3.5, 1.7, 8},
                               {0.05, 10, 17, 0.1, 8, 14},
                               {3, 3.5, 1.7, 10, 17, 8},
                               {17, 8, 0.05, 10, 0.1, 14}};
  constexpr double kP[4][6] = {{0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886},
                               {0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991},
                               {0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650},
                               {0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381}};
  return Hartmann<6>(x, kA, kP);
}

struct TestFunction {
  const char* name;
  double (*value)(Arguments x);
  int dimensions;  // 0: any from `least` on
  int least;
  double low, high;
};

constexpr TestFunction kFunctions[] = {
    {"ackley", &Ackley, 0, 1, -32.768, 32.768},
    {"branin", &Branin, 2, 2, -5, 10},  // x1 has a range of its own
    {"hartmann3", &Hartmann3, 3, 3, 0, 1},
    {"hartmann6", &Hartmann6, 6, 6, 0, 1},
    {"rastrigin", &Rastrigin, 0, 1, -5.12, 5.12},
    {"rosenbrock", &Rosenbrock, 0, 2, -5, 10},
    {"sphere", &Sphere, 0, 1, -5.12, 5.12},
};

std::vector<std::string> FunctionNames() {
  std::vector<std::string> names;
  for (const TestFunction& function : kFunctions) names.emplace_back(function.name);
  return names;
}

class FunctionModel final : public Model {
 public:
  FunctionModel(double value, double noise, uint64_t seed)
      : value_(value), noise_(noise), seed_(seed) {}

  absl::StatusOr<std::vector<double>> Train(int64_t steps, const StopToken& stop) override {
    if (stop.stop_requested()) return absl::CancelledError("stopped before the evaluation");
    step_ += steps;
    double value = value_;
    if (noise_ > 0) {
      value += noise_ * RandomStream(seed_, static_cast<uint64_t>(step_), kNoiseStream).Normal();
    }
    return std::vector<double>{value};
  }

  // The state is the number of the step, which decides the noise.
  absl::StatusOr<std::string> Save() const override {
    std::string state(sizeof(step_), '\0');
    std::memcpy(&state[0], &step_, sizeof(step_));
    return state;
  }
  absl::Status Load(absl::string_view state) override {
    int64_t step = 0;
    if (state.size() == sizeof(step)) std::memcpy(&step, state.data(), sizeof(step));
    if (state.size() != sizeof(step) || step < 0) {
      return absl::InvalidArgumentError("this is not the state of a function model");
    }
    step_ = step;
    return absl::OkStatus();
  }

 private:
  const double value_;
  const double noise_;
  const uint64_t seed_;
  int64_t step_ = 0;
};

class FunctionModelFactory final : public ModelFactory {
 public:
  FunctionModelFactory(const TestFunction& function, SearchSpace space, double noise)
      : function_(function), space_(std::move(space)), noise_(noise) {}

  const SearchSpace& default_space() const override { return space_; }
  const std::vector<Metric>& metrics() const override { return metrics_; }
  std::string unit() const override { return "evaluation"; }

  absl::StatusOr<std::unique_ptr<Model>> Create(const Value& assignment,
                                                const ModelOptions& options) const override {
    ObjectReader reader(assignment, function_.name);
    std::vector<double> x;
    for (const Parameter& parameter : space_.parameters()) {
      x.push_back(reader.Optional(parameter.name, parameter.DefaultNumber()));
    }
    absl::Status status = reader.Finish();
    if (!status.ok()) return status;
    return std::unique_ptr<Model>(
        std::make_unique<FunctionModel>(function_.value(x), noise_, options.seed));
  }

 private:
  const TestFunction& function_;
  const SearchSpace space_;
  const double noise_;
  const std::vector<Metric> metrics_ = {{"value"}};
};

}  // namespace

const Schema<FunctionOptions>& TestFunctionModel::OptionSchema() {
  static const auto* const schema = new Schema<FunctionOptions>(
      Schema<FunctionOptions>()
          .Add("function", &FunctionOptions::function, "Which function.", OneOf(FunctionNames()))
          .Add("dimensions", &FunctionOptions::dimensions,
               "Number of parameters; 0: the function's own, or 2.", Between(0, 1000))
          .Add("noise", &FunctionOptions::noise, "Standard deviation of the noise on each value.",
               AtLeast(0.0)));
  return *schema;
}

absl::StatusOr<std::unique_ptr<ModelFactory>> TestFunctionModel::Create(
    const FunctionOptions& options, const ModelContext&) {
  const TestFunction* function = nullptr;
  for (const TestFunction& known : kFunctions) {
    if (options.function == known.name) function = &known;
  }
  if (function == nullptr) {
    return absl::InvalidArgumentError(UnknownName("function", options.function, FunctionNames()));
  }
  if (!std::isfinite(options.noise) || options.noise < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("noise is ", options.noise, "; it must be at least 0 and finite"));
  }
  int dimensions = function->dimensions > 0 ? function->dimensions : 2;
  if (options.dimensions > 0 && options.dimensions != dimensions) {
    if (function->dimensions > 0 || options.dimensions < function->least) {
      return absl::InvalidArgumentError(
          absl::StrCat("dimensions is ", options.dimensions, "; ", function->name, " has ",
                       function->dimensions > 0 ? "exactly " : "at least ", function->least));
    }
    dimensions = options.dimensions;
  }
  std::vector<Parameter> parameters;
  for (int i = 0; i < dimensions; ++i) {
    parameters.push_back(Parameter::Float(absl::StrCat("x", i), function->low, function->high));
  }
  if (function->value == &Branin) {
    parameters[1].low = 0;
    parameters[1].high = 15;
  }
  auto space = SearchSpace::Create(std::move(parameters));
  if (!space.ok()) return space.status();
  return std::unique_ptr<ModelFactory>(
      std::make_unique<FunctionModelFactory>(*function, *std::move(space), options.noise));
}

}  // namespace sturgeon
