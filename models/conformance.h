// What every model promises, as a test suite that a plugin's author runs over the plugin:
//
//   INSTANTIATE_TEST_SUITE_P(Mlp, ModelConformance,
//                            testing::Values(ModelCase{"adam", &kMlpModel, options}),
//                            ModelCaseName);
//
// A case declares what the model can do; the suite holds it to the contract of core/model.h and to
// what was declared: the default space is valid, and its defaults and random points make models;
// metrics are declared and come in that number; a model is a function of its assignment, its seed
// and what was done to it, whatever else runs beside it; n steps at once equal n times one step; a
// saved and loaded model goes on as if nothing had been, and a bad state is an error; what can be
// Set counts as if it had been so from the start; a stop is honoured; unknown names and values of
// other types are errors that name them.
#ifndef STURGEON_MODELS_CONFORMANCE_H_
#define STURGEON_MODELS_CONFORMANCE_H_

#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "core/model.h"
#include "core/value.h"
#include "gtest/gtest.h"

namespace sturgeon {

struct ModelCase {
  std::string name;  // in the names of the tests: letters, digits, underscores
  const ModelPlugin* plugin;
  Value options = Value::Object();
  // Beside the defaults; of interest where another assignment is another piece of code.
  Value assignment = Value::Object();

  // Declared capabilities.
  bool saves = true;      // otherwise Save and Load are Unimplemented
  bool uses_seed = true;  // another seed gives other metrics
  bool has_test = false;  // Test works; otherwise it is Unimplemented
  // Parameters that may change while the model trains, each with a value that makes a difference,
  // and names of those that may not.
  Value settable = Value::Object();
  std::vector<std::string> fixed = {};
};

class ModelConformance : public testing::TestWithParam<ModelCase> {
 protected:
  void SetUp() override;

  // A model of the case; a failed test and nullptr if it cannot be made.
  std::unique_ptr<Model> Make(uint64_t seed = 1) const;
  std::unique_ptr<Model> Make(const Value& assignment, uint64_t seed) const;

  std::unique_ptr<ModelFactory> factory_;
};

std::string ModelCaseName(const testing::TestParamInfo<ModelCase>& info);
void PrintTo(const ModelCase& model_case, std::ostream* os);

// For a model's own tests: the object of the active parameters of a point of the space.
Value AssignmentOf(const SearchSpace& space, const Point& point);
// Trains and expects success; the metrics, empty after a failure.
std::vector<double> TrainSteps(Model* model, int64_t steps);

}  // namespace sturgeon

#endif  // STURGEON_MODELS_CONFORMANCE_H_
