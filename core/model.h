// The contract of a model: what is one assignment of the hyperparameters worth?
//
// A plugin of this kind is a `ModelFactory`: made once a study (it loads the data), shared by all
// trials, immutable. It makes one `Model` a trial, which trains step by step, can be saved, loaded,
// and changed while it trains:
//
//   auto model = factory->Create(assignment, {seed});
//   for (int step = 1; step <= factory->max_steps(); ++step) {
//     auto metrics = (*model)->Train(1, stop);       // [metrics().size()], in their order
//   }
//
// Threads: a factory's const methods may be called from several threads; a model belongs to one
// thread at a time. A model must be a function of (assignment, seed, what was done to it).
// Exceptions: a model may throw; runners turn that into a failed trial.
#ifndef STURGEON_CORE_MODEL_H_
#define STURGEON_CORE_MODEL_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/registry.h"
#include "core/space.h"
#include "core/stop_token.h"
#include "core/study_config.h"
#include "core/value.h"

namespace sturgeon {

class Model {
 public:
  virtual ~Model() = default;

  // Trains `steps` (at least 1) units more and returns the metrics after them, in the order of the
  // factory's. Where `stop` asks for it, returns Cancelled soon (within about a second); the model
  // is then good only for being destroyed. Values that are not finite are no error here: say so by
  // returning them.
  virtual absl::StatusOr<std::vector<double>> Train(int64_t steps, const StopToken& stop) = 0;

  // The whole state as bytes, and back into a model that was created from the same assignment and
  // seed: training on from there equals training without the break, bit for bit. A model of another
  // assignment may take it too, where it fits, and trains on under its own.
  // Unimplemented: the model cannot. InvalidArgument: not such a state, or another model's.
  virtual absl::StatusOr<std::string> Save() const {
    return absl::UnimplementedError("this model cannot be saved");
  }
  virtual absl::Status Load(absl::string_view state) {
    (void)state;
    return absl::UnimplementedError("this model cannot be loaded");
  }

  // Changes a hyperparameter from the next step on. FailedPrecondition: that one is fixed once
  // training has begun (say, the number of layers). InvalidArgument: no such one, or no such value.
  virtual absl::Status Set(absl::string_view parameter, const Value& value) {
    (void)value;
    return absl::FailedPreconditionError(std::string(parameter) +
                                         " cannot be changed while this model trains");
  }

  // The metrics on data held back for the very end, in the order of the factory's test_metrics.
  virtual absl::StatusOr<std::vector<double>> Test() {
    return absl::UnimplementedError("this model has no test data");
  }
};

// A metric that a study may name of any model: the seconds that a trial's training has taken (wall
// clock, the model's making not counted). It is measured by whoever runs the trial, and only if an
// objective or a constraint names it: a study that rests on it does not replay bit for bit.
inline constexpr char kTrainSeconds[] = "train_seconds";

struct Metric {
  std::string name;
  Goal goal = Goal::kMinimize;
};

struct ModelOptions {
  uint64_t seed = 0;
  // The model will not be judged on validation data but by Test: train on all data but the test
  // set.
  bool final = false;
  // A folder that is there for the model to write what it likes to, as long as it lives; how long
  // its files stay: core/checkpoint_store.h. "": there is none.
  std::string artifacts;
};

class ModelFactory {
 public:
  virtual ~ModelFactory() = default;

  // What may be tuned, with ranges, scales, tiers and defaults that work. Empty: the model takes
  // whatever parameters the study declares.
  virtual const SearchSpace& default_space() const = 0;

  // What Train returns; the first is the objective where a study names none.
  virtual const std::vector<Metric>& metrics() const = 0;
  // What Test returns; empty if there is no test data.
  virtual const std::vector<Metric>& test_metrics() const {
    static const auto* const kNone = new std::vector<Metric>();
    return *kNone;
  }

  // The unit of training ("epoch") and how many make a full training; at least 1.
  virtual std::string unit() const { return "step"; }
  virtual int64_t max_steps() const { return 1; }

  // The parameters that may change in mid-training: Set takes them, and Load the state of a model
  // that differs in nothing else. The others are fixed once training has begun.
  virtual std::vector<std::string> settable() const { return {}; }

  // What is wrong, for this model, with a study's parameters (those included that it fixes); asked
  // before the first trial, so that it is not what is wrong with every one of them. Errors begin
  // with the option that does not fit.
  virtual absl::Status CheckParameters(const SearchSpace& space) const {
    (void)space;
    return absl::OkStatus();
  }

  // A fresh model. `assignment` is an object of parameter names and values: the active parameters
  // of a point of the study's space, and those that the study fixed; what it lacks has its default.
  // InvalidArgument: a value that the model cannot have.
  virtual absl::StatusOr<std::unique_ptr<Model>> Create(const Value& assignment,
                                                        const ModelOptions& options) const = 0;
};

// What a model plugin's Create gets beside its options.
struct ModelContext {
  uint64_t seed = 0;  // of the study; for splits of the data
};

struct ModelKind {
  using Interface = ModelFactory;
  using Context = ModelContext;
  static constexpr char kName[] = "model";
};
using ModelPlugin = Plugin<ModelKind>;
using ModelRegistry = Registry<ModelKind>;
using LinkedModel = Linked<ModelKind>;

template <>
const LinkedModel* LinkedModel::head_;

template <typename Implementation>
constexpr ModelPlugin MakeModelPlugin(const char* name, const char* summary) {
  return MakePlugin<ModelKind, Implementation>(name, summary);
}

// A model out of a plain function from an assignment to the values of `metrics`: one step, no
// state. `function` may be called from several threads.
using ObjectiveFunction =
    std::function<absl::StatusOr<std::vector<double>>(const Value& assignment)>;
std::unique_ptr<ModelFactory> MakeFunctionModel(std::vector<Metric> metrics,
                                                ObjectiveFunction function);

}  // namespace sturgeon

#endif  // STURGEON_CORE_MODEL_H_
