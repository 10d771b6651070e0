#include "benchmarks/test_objectives.h"

#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "core/random.h"

namespace sturgeon {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr uint32_t kShiftStream = 2000;

SearchSpace SpaceOf(std::vector<Parameter> parameters) {
  absl::StatusOr<SearchSpace> space = SearchSpace::Create(std::move(parameters));
  if (!space.ok()) std::abort();
  return *std::move(space);
}

SearchSpace UnitCube(int dimensions) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < dimensions; ++i) {
    parameters.push_back(Parameter::Float(absl::StrCat("x", i), 0, 1));
  }
  return SpaceOf(std::move(parameters));
}

std::vector<double> Shift(uint64_t seed, int dimensions, double low, double high) {
  RandomStream rng(seed, 0, kShiftStream);
  std::vector<double> shift(dimensions);
  for (double& x : shift) x = rng.Uniform(low, high);
  return shift;
}

// Σ s_i (x_i - c_i)^2, s_i from 1 down to `least`.
Instance Ellipsoid(uint64_t seed, int d, double least, double noise = 0) {
  return {UnitCube(d),
          [c = Shift(seed, d, 0.1, 0.9), least](const Point& x) {
            double sum = 0;
            for (size_t i = 0; i < x.size(); ++i) {
              const double share = static_cast<double>(i) / static_cast<double>(x.size() - 1);
              sum += std::pow(least, share) * (x[i] - c[i]) * (x[i] - c[i]);
            }
            return sum;
          },
          noise};
}

Instance Rosenbrock(uint64_t seed, int d) {
  return {UnitCube(d), [low = Shift(seed, 1, -2.3, -1.7)[0]](const Point& x) {
            double sum = 0;
            for (size_t i = 0; i + 1 < x.size(); ++i) {
              const double a = low + 4 * x[i], b = low + 4 * x[i + 1];
              sum += 100 * (b - a * a) * (b - a * a) + (1 - a) * (1 - a);
            }
            return sum;
          }};
}

Instance Rastrigin(uint64_t seed, int d) {
  return {UnitCube(d), [c = Shift(seed, d, 0.1, 0.9)](const Point& x) {
            double sum = 0;
            for (size_t i = 0; i < x.size(); ++i) {
              const double z = 10.24 * (x[i] - c[i]);
              sum += z * z + 10 * (1 - std::cos(2 * kPi * z));
            }
            return sum;
          }};
}

Instance Ackley(uint64_t seed, int d) {
  return {UnitCube(d), [c = Shift(seed, d, 0.1, 0.9)](const Point& x) {
            double squares = 0, cosines = 0;
            const auto n = static_cast<double>(x.size());
            for (size_t i = 0; i < x.size(); ++i) {
              const double z = 30 * (x[i] - c[i]);
              squares += z * z / n;
              cosines += std::cos(2 * kPi * z) / n;
            }
            return 20 * (1 - std::exp(-0.2 * std::sqrt(squares))) + std::exp(1) - std::exp(cosines);
          }};
}

Instance Branin(uint64_t /*seed*/) {
  return {UnitCube(2), [](const Point& p) {
            const double x = -5 + 15 * p[0], y = 15 * p[1];
            const double q = y - 5.1 / (4 * kPi * kPi) * x * x + 5 / kPi * x - 6;
            return q * q + 10 * (1 - 1 / (8 * kPi)) * std::cos(x) + 10 - 0.39788735772973816;
          }};
}

Instance Hartmann6(uint64_t /*seed*/) {
  return {UnitCube(6), [](const Point& x) {
            constexpr double kAlpha[4] = {1, 1.2, 3, 3.2};
            constexpr double kA[4][6] = {{10, 3, 17, 3.5, 1.7, 8},
                                         {0.05, 10, 17, 0.1, 8, 14},
                                         {3, 3.5, 1.7, 10, 17, 8},
                                         {17, 8, 0.05, 10, 0.1, 14}};
            constexpr double kP[4][6] = {{0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886},
                                         {0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991},
                                         {0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650},
                                         {0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381}};
            double value = 0;
            for (int k = 0; k < 4; ++k) {
              double sum = 0;
              for (int i = 0; i < 6; ++i) sum += kA[k][i] * (x[i] - kP[k][i]) * (x[i] - kP[k][i]);
              value -= kAlpha[k] * std::exp(-sum);
            }
            return value + 3.32237;
          }};
}

// What tuning a network is like: a learning rate that matters most and diverges a little above its
// optimum, momentum and width that matter less, layers, an optimizer with a parameter of its own.
Instance Training(uint64_t seed) {
  SearchSpace space = SpaceOf({
      Parameter::Float("learning_rate", 1e-4, 1, Scale::kLog),
      Parameter::Float("momentum", 0.9, 0.999, Scale::kReverseLog).Tier(2),
      Parameter::Int("hidden_units", 32, 512, Scale::kLog).Tier(2),
      Parameter::Int("layers", 1, 4).Tier(3),
      Parameter::Categorical("optimizer", {"sgd", "adam", "rmsprop"}).Tier(3),
      Parameter::Float("beta2", 0.99, 0.9999, Scale::kReverseLog)
          .Tier(4)
          .When("optimizer", {"adam"}),
  });
  auto regret = [space, c = Shift(seed, 6, 0.3, 0.7)](const Point& point) {
    Point u(point.size());
    space.ToUnit(point, absl::MakeSpan(u));
    if (u[0] > c[0] + 0.2) return std::nan("");
    const auto part = [&](int i, double weight) { return weight * (u[i] - c[i]) * (u[i] - c[i]); };
    const double best_layers = std::floor(c[3] * 4) + 1;
    const double layers = 0.01 * (point[3] - best_layers) * (point[3] - best_layers);
    const double optimizer = point[4] == 1 ? part(5, 0.02) : 0.02 + 0.03 * point[4];
    return part(0, 2) + part(1, 0.3) + part(2, 0.1) + layers + optimizer;
  };
  return {space, regret, 0.003};
}

}  // namespace

std::vector<NamedObjective> TestObjectives() {
  return {
      {"sphere, 2", [](uint64_t s) { return Ellipsoid(s, 2, 1); }},
      {"sphere, 4", [](uint64_t s) { return Ellipsoid(s, 4, 1); }},
      {"sphere, 10", [](uint64_t s) { return Ellipsoid(s, 10, 1); }},
      {"sphere, 4, noisy", [](uint64_t s) { return Ellipsoid(s, 4, 1, 0.02); }},
      {"ellipsoid, 6", [](uint64_t s) { return Ellipsoid(s, 6, 0.01); }},
      {"rosenbrock, 4", [](uint64_t s) { return Rosenbrock(s, 4); }},
      {"branin", Branin},
      {"hartmann6", Hartmann6},
      {"ackley, 4", [](uint64_t s) { return Ackley(s, 4); }},
      {"rastrigin, 4", [](uint64_t s) { return Rastrigin(s, 4); }},
      {"training, 6 mixed", Training},
  };
}

}  // namespace sturgeon
