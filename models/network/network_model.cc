#include "models/network/network_model.h"

#include <algorithm>
#include <array>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "core/suggest.h"
#include "core/value.h"
#include "core/value_reader.h"
#include "models/data/training_data.h"
#include "models/network/network.h"

namespace sturgeon {
namespace {

constexpr int kMaxLayers = 64;
constexpr int kStepDrops = 4;

// A model's hyperparameters in the network's terms.
struct Settings {
  MlpHyperparameters hyperparameters;
  MlpArchitecture architecture;  // but for the inputs, the classes and the hidden layers
  int layers = 0;
  int hidden_units = 1;
};

template <typename Enum, std::size_t N>
absl::Status ReadChoice(absl::string_view name, const Value& value,
                        const std::array<Enum, N>& choices, Enum* out) {
  std::string text;
  absl::Status status = ReadValue(value, name, &text);
  if (!status.ok()) return status;
  std::vector<std::string> known;
  for (Enum choice : choices) {
    known.emplace_back(ToString(choice));
    if (known.back() == text) {
      *out = choice;
      return absl::OkStatus();
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat(name, " is \"", text, "\"; it must be one of ", absl::StrJoin(known, ", ")));
}

absl::Status ReadCount(absl::string_view name, const Value& value, int least, int most, int* out) {
  int count = 0;
  absl::Status status = ReadValue(value, name, &count);
  if (!status.ok()) return status;
  if (count < least || count > most) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " is ", count, "; it must be in [", least, ", ", most, "]"));
  }
  *out = count;
  return absl::OkStatus();
}

bool IsFixed(absl::string_view name) {
  for (absl::string_view fixed :
       {"hidden_units", "layers", "activation", "batch_norm", "optimizer"}) {
    if (name == fixed) return true;
  }
  return false;
}

// Sets one hyperparameter by its name. The ranges of numbers are left to the network.
absl::Status Apply(absl::string_view name, const Value& value, Settings* settings) {
  MlpHyperparameters& h = settings->hyperparameters;
  MlpArchitecture& a = settings->architecture;
  static constexpr std::pair<absl::string_view, double MlpHyperparameters::*> kNumbers[] = {
      {"learning_rate", &MlpHyperparameters::learning_rate},
      {"momentum", &MlpHyperparameters::momentum},
      {"rms_decay", &MlpHyperparameters::rms_decay},
      {"beta1", &MlpHyperparameters::beta1},
      {"beta2", &MlpHyperparameters::beta2},
      {"epsilon", &MlpHyperparameters::epsilon},
      {"weight_decay", &MlpHyperparameters::weight_decay},
      {"dropout", &MlpHyperparameters::dropout},
      {"decay_rate", &MlpHyperparameters::decay_rate},
  };
  for (const auto& [known, field] : kNumbers) {
    if (name == known) return ReadValue(value, name, &(h.*field));
  }
  if (name == "batch_size") {
    return ReadCount(name, value, 1, std::numeric_limits<int>::max(), &h.batch_size);
  }
  if (name == "nesterov") return ReadValue(value, name, &h.nesterov);
  if (name == "learning_rate_decay") {
    constexpr std::array<MlpDecay, 5> kChoices = {MlpDecay::kNone, MlpDecay::kInverse,
                                                  MlpDecay::kExponential, MlpDecay::kCosine,
                                                  MlpDecay::kStep};
    return ReadChoice(name, value, kChoices, &h.decay);
  }
  if (name == "hidden_units") {
    return ReadCount(name, value, 1, std::numeric_limits<int>::max(), &settings->hidden_units);
  }
  if (name == "layers") return ReadCount(name, value, 0, kMaxLayers, &settings->layers);
  if (name == "activation") {
    constexpr std::array<MlpActivation, 3> kChoices = {MlpActivation::kRelu, MlpActivation::kTanh,
                                                       MlpActivation::kGelu};
    return ReadChoice(name, value, kChoices, &a.activation);
  }
  if (name == "batch_norm") return ReadValue(value, name, &a.batch_norm);
  if (name == "optimizer") {
    constexpr std::array<MlpOptimizer, 4> kChoices = {MlpOptimizer::kSgd, MlpOptimizer::kRmsprop,
                                                      MlpOptimizer::kAdam, MlpOptimizer::kAdamw};
    return ReadChoice(name, value, kChoices, &a.optimizer);
  }
  return absl::InvalidArgumentError(absl::StrCat("unknown parameter \"", name, "\""));
}

// What is not tuned but follows from the rest.
void Complete(int epochs, Settings* settings) {
  MlpHyperparameters& h = settings->hyperparameters;
  h.decay_epochs = h.decay == MlpDecay::kStep ? std::max(epochs / (kStepDrops + 1), 1) : epochs;
}

class NetworkModel final : public Model {
 public:
  NetworkModel(std::shared_ptr<const TrainingData> data, const SearchSpace& space, int epochs,
               bool final, Settings settings, std::unique_ptr<MlpNetwork> network)
      : data_(std::move(data)),
        space_(space),
        epochs_(epochs),
        final_(final),
        settings_(std::move(settings)),
        network_(std::move(network)) {}

  absl::StatusOr<std::vector<double>> Train(int64_t steps, const StopToken& stop) override {
    const auto should_stop = [&stop] { return stop.stop_requested(); };
    MlpScore train;
    for (int64_t i = 0; i < steps; ++i) {
      const auto score = network_->TrainEpoch(
          Rows(data_->dataset.train, final_ ? data_->train_and_validation : data_->train),
          should_stop);
      if (!score.ok()) return score.status();
      train = *score;
    }
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    MlpScore validation{kNone, kNone};
    if (!final_) {
      const auto score = network_->Evaluate(Rows(data_->dataset.train, data_->validation));
      if (!score.ok()) return score.status();
      validation = *score;
    }
    return std::vector<double>{validation.error, validation.loss, train.error, train.loss};
  }

  absl::StatusOr<std::string> Save() const override { return network_->Save(); }
  absl::Status Load(absl::string_view state) override { return network_->Restore(state); }

  absl::Status Set(absl::string_view parameter, const Value& value) override {
    if (!space_.Find(parameter)) {
      return absl::InvalidArgumentError(UnknownName("parameter", parameter, space_.Names()));
    }
    if (IsFixed(parameter)) {
      return absl::FailedPreconditionError(
          absl::StrCat(parameter, " is fixed once the network exists"));
    }
    Settings changed = settings_;
    absl::Status status = Apply(parameter, value, &changed);
    Complete(epochs_, &changed);
    if (status.ok()) status = network_->SetHyperparameters(changed.hyperparameters);
    if (status.ok()) settings_ = std::move(changed);
    return status;
  }

  absl::StatusOr<std::vector<double>> Test() override {
    if (data_->test.empty()) {
      return absl::UnimplementedError(
          absl::StrCat("the dataset ", data_->dataset.name, " has no test examples"));
    }
    const auto score = network_->Evaluate(Rows(data_->dataset.test, data_->test));
    if (!score.ok()) return score.status();
    return std::vector<double>{score->error, score->loss};
  }

 private:
  static MlpExamples Rows(const Examples& examples, const std::vector<int32_t>& rows) {
    return {examples.features.data(), examples.labels.data(), rows};
  }

  const std::shared_ptr<const TrainingData> data_;
  const SearchSpace& space_;  // the factory's
  const int epochs_;
  const bool final_;
  Settings settings_;
  const std::unique_ptr<MlpNetwork> network_;
};

class NetworkModelFactory final : public ModelFactory {
 public:
  NetworkModelFactory(std::shared_ptr<const TrainingData> data, SearchSpace space, int epochs)
      : data_(std::move(data)),
        space_(std::move(space)),
        epochs_(epochs),
        metrics_({{"validation_error"}, {"validation_loss"}, {"train_error"}, {"train_loss"}}) {
    if (!data_->test.empty()) test_metrics_ = {{"test_error"}, {"test_loss"}};
    for (const Parameter& parameter : space_.parameters()) {
      if (!IsFixed(parameter.name)) settable_.push_back(parameter.name);
    }
  }

  const SearchSpace& default_space() const override { return space_; }
  const std::vector<Metric>& metrics() const override { return metrics_; }
  const std::vector<Metric>& test_metrics() const override { return test_metrics_; }
  std::string unit() const override { return "epoch"; }
  int64_t max_steps() const override { return epochs_; }
  std::vector<std::string> settable() const override { return settable_; }

  absl::StatusOr<std::unique_ptr<Model>> Create(const Value& assignment,
                                                const ModelOptions& options) const override {
    Settings settings;
    for (const Parameter& parameter : space_.parameters()) {
      absl::Status status =
          Apply(parameter.name, parameter.ToValue(parameter.DefaultNumber()), &settings);
      if (!status.ok()) return status;
    }
    if (!assignment.is_object() && !assignment.is_null()) {
      return absl::InvalidArgumentError(
          absl::StrCat("an assignment is an object, not ", KindName(assignment.kind())));
    }
    if (assignment.is_object()) {
      for (const Value::Field& field : assignment.object()) {
        if (!space_.Find(field.name)) {
          return absl::InvalidArgumentError(UnknownName("parameter", field.name, space_.Names()));
        }
        absl::Status status = Apply(field.name, field.value, &settings);
        if (!status.ok()) return status;
      }
    }
    Complete(epochs_, &settings);
    MlpArchitecture architecture = settings.architecture;
    architecture.inputs = data_->dataset.dimensions;
    architecture.classes = data_->dataset.classes();
    architecture.hidden.assign(settings.layers, settings.hidden_units);
    auto network = MlpNetwork::Create(architecture, settings.hyperparameters, options.seed);
    if (!network.ok()) return network.status();
    return std::unique_ptr<Model>(std::make_unique<NetworkModel>(
        data_, space_, epochs_, options.final, std::move(settings), *std::move(network)));
  }

 private:
  const std::shared_ptr<const TrainingData> data_;
  const SearchSpace space_;
  const int epochs_;
  const std::vector<Metric> metrics_;
  std::vector<Metric> test_metrics_;
  std::vector<std::string> settable_;
};

}  // namespace

const Schema<NetworkOptions>& NetworkOptionSchema() {
  static const auto* const schema = new Schema<NetworkOptions>(
      Schema<NetworkOptions>()
          .Add("dataset", &NetworkOptions::dataset,
               "What to learn: fashion_mnist, or csv:PATH for a table whose last column is the "
               "label.")
          .Add("epochs", &NetworkOptions::epochs, "Passes over the data in a full training.",
               AtLeast(1))
          .Add("validation_fraction", &NetworkOptions::validation_fraction,
               "Share of the training examples that is held back to judge by.", Between(0.0, 1.0))
          .Add("train_limit", &NetworkOptions::train_limit,
               "Training examples used at most, for quick work; 0: all.", AtLeast(int64_t{0})));
  return *schema;
}

absl::StatusOr<std::unique_ptr<ModelFactory>> MakeNetworkModelFactory(
    const NetworkOptions& options, const ModelContext& context, std::vector<Parameter> parameters) {
  auto space = SearchSpace::Create(std::move(parameters));
  if (!space.ok()) return space.status();
  auto dataset = LoadDataset(options.dataset);
  if (!dataset.ok()) return dataset.status();
  auto data = SplitDataset(*std::move(dataset), options.validation_fraction, options.train_limit,
                           context.seed);
  if (!data.ok()) return data.status();
  return std::unique_ptr<ModelFactory>(std::make_unique<NetworkModelFactory>(
      std::make_shared<const TrainingData>(*std::move(data)), *std::move(space), options.epochs));
}

}  // namespace sturgeon
