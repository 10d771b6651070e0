// The model `function`: test functions with known minima, for trying strategies out. Parameters x0,
// x1, …, linear over the function's domain; the metric `value` is to be minimised.
//
//   name        d        domain            least value
//   sphere      any      [-5.12, 5.12]^d   0 at 0               sum x_i^2
//   rosenbrock  any >= 2 [-5, 10]^d        0 at (1, …, 1)       a curved valley
//   ackley      any      [-32.768, 32.768]^d  0 at 0            many shallow local minima
//   rastrigin   any      [-5.12, 5.12]^d   0 at 0               about 11^d local minima
//   branin      2        [-5, 10] x [0, 15]  0.397887 at three points
//   hartmann3   3        [0, 1]^3          -3.86278
//   hartmann6   6        [0, 1]^6          -3.32237             six local minima
// Formulas and constants: Surjanovic and Bingham, "Virtual Library of Simulation Experiments";
// Dixon and Szegö, "Towards Global Optimisation 2", 1978, for the last three.
//
// With the option `noise` = s each evaluation adds s z, z standard normal, drawn by (seed of the
// model, step).
#ifndef STURGEON_MODELS_FUNCTION_FUNCTION_H_
#define STURGEON_MODELS_FUNCTION_FUNCTION_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/model.h"
#include "core/option_schema.h"

namespace sturgeon {

struct FunctionOptions {
  std::string function = "branin";
  int dimensions = 0;
  double noise = 0.0;
};

class TestFunctionModel {
 public:
  static const Schema<FunctionOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<ModelFactory>> Create(const FunctionOptions& options,
                                                              const ModelContext& context);
};

inline constexpr ModelPlugin kFunctionModel =
    MakeModelPlugin<TestFunctionModel>("function", "Test functions with known minima");

}  // namespace sturgeon

#endif  // STURGEON_MODELS_FUNCTION_FUNCTION_H_
