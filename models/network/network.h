// A multilayer perceptron for classification, trained by mini-batch gradient descent.
//
// Defines MlpNetwork, a plain numeric library: no plugin, no flags, no global state. Prefer the
// model plugin `mlp` (models/mlp) inside a study; use this class to embed the network elsewhere.
//
//     MlpArchitecture architecture;
//     architecture.inputs = 784;
//     architecture.hidden = {128, 128};
//     architecture.classes = 10;
//     auto network = MlpNetwork::Create(architecture, MlpHyperparameters(), /*seed=*/1);
//     for (int epoch = 0; epoch < 10; ++epoch) {
//       auto train = (*network)->TrainEpoch(examples);     // mean loss and error of the epoch
//       auto test = (*network)->Evaluate(held_out);
//     }
//
// Formulas. With a_0 = x, hidden layer l computes
//     z_l = W_l a_{l-1} + b_l,   a_l = dropout(f(z_l)),
// or, with batch normalisation (Ioffe and Szegedy, 2015), z_l = scale * (u - mean) /
// sqrt(variance + 1e-5) + shift with u = W_l a_{l-1}. Mean and (biased) variance are those of the
// mini-batch while training; evaluation uses running averages, which move a tenth of the way to
// each mini-batch's mean and unbiased variance. The last layer is linear, and the loss is the mean
// cross-entropy of the softmax, in nats. Weights start from He's normal distribution of variance
// 2 / fan-in (He et al., 2015; 1 / fan-in for the last layer and for tanh), biases at zero.
//
// Determinism: a function of (architecture, hyperparameters, seed, data) on one instruction set;
// other instruction sets round differently. Threads: one object is used by one thread at a time,
// different objects by any threads; nothing here starts a thread. Cost of an epoch over n rows:
// about 6 n P floating-point operations for P weights. Arithmetic is float32, with subnormal
// numbers taken as zero during the calls.
#ifndef STURGEON_MODELS_NETWORK_NETWORK_H_
#define STURGEON_MODELS_NETWORK_NETWORK_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace sturgeon {

enum class MlpActivation {
  kRelu,  // max(0, z)
  kTanh,
  kGelu,  // z / 2 * (1 + tanh(sqrt(2 / pi) (z + 0.044715 z^3))) (Hendrycks and Gimpel, 2016)
};

// g is the gradient of the mini-batch's mean loss, plus weight_decay * w for the weights in all but
// AdamW; a the learning rate of the epoch.
enum class MlpOptimizer {
  kSgd,      // v = momentum v + g;  w -= a v  (nesterov: w -= a (g + momentum v))
  kRmsprop,  // s = rms_decay s + (1 - rms_decay) g^2;  w -= a g / (sqrt(s) + epsilon)
  kAdam,     // Kingma and Ba, 2015, with bias correction
  kAdamw,    // Loshchilov and Hutter, 2019: Adam, and w -= a weight_decay w for the weights
};

// The learning rate of epoch e = 0, 1, … with r = decay_rate and p = decay_epochs.
enum class MlpDecay {
  kNone,         // learning_rate
  kInverse,      // learning_rate / (1 + r e)
  kExponential,  // learning_rate * exp(-r e)
  kCosine,       // learning_rate * (1 + cos(pi min(e / p, 1))) / 2
  kStep,         // learning_rate * exp(-r p floor(e / p)): the exponential, held for p epochs
};

// What is fixed for the network's life.
struct MlpArchitecture {
  int inputs = 0;           // features of an example, at least 1
  std::vector<int> hidden;  // width of each hidden layer, at least 1; none: softmax regression
  int classes = 0;          // at least 2
  MlpActivation activation = MlpActivation::kRelu;
  bool batch_norm = false;
  MlpOptimizer optimizer = MlpOptimizer::kSgd;
};

// What may change between epochs.
struct MlpHyperparameters {
  double learning_rate = 0.05;  // > 0
  double momentum = 0.9;        // [0, 1), SGD
  bool nesterov = false;        // SGD
  double rms_decay = 0.9;       // [0, 1), RMSprop
  double beta1 = 0.9;           // [0, 1), Adam
  double beta2 = 0.999;         // [0, 1), Adam
  double epsilon = 1e-8;        // > 0, RMSprop and Adam
  double weight_decay = 0.0;    // >= 0
  double dropout = 0.0;         // [0, 1): share of hidden activations set to zero
  int batch_size = 64;          // >= 1
  MlpDecay decay = MlpDecay::kNone;
  double decay_rate = 0.0;  // >= 0, per epoch
  double decay_epochs = 1;  // > 0
};

// Labelled examples: the chosen `rows` of features [n, inputs] (row-major) and labels [n] in
// [0, classes). The network reads them during a call and keeps nothing.
struct MlpExamples {
  const float* features = nullptr;
  const int32_t* labels = nullptr;
  absl::Span<const int32_t> rows;
};

struct MlpScore {
  double loss = 0.0;   // mean cross-entropy, nats
  double error = 0.0;  // share of examples whose largest output is not the label
};

class MlpNetwork {
 public:
  // InvalidArgument names the field that is out of its range, its value and the range.
  static absl::StatusOr<std::unique_ptr<MlpNetwork>> Create(
      const MlpArchitecture& architecture, const MlpHyperparameters& hyperparameters,
      uint64_t seed);
  ~MlpNetwork();

  // Takes effect at the next epoch. InvalidArgument as above, and nothing is changed then.
  absl::Status SetHyperparameters(const MlpHyperparameters& hyperparameters);
  const MlpHyperparameters& hyperparameters() const;
  const MlpArchitecture& architecture() const;

  // One pass over the rows in a random order that depends on (seed, epoch) alone, and the mean
  // scores of its mini-batches as they were met. `stop` (may be empty) is asked before each few
  // mini-batches; once it answers true the call ends with Cancelled, and what was trained in this
  // epoch stays while the epoch does not count. InvalidArgument: no rows, or a label out of range.
  absl::StatusOr<MlpScore> TrainEpoch(const MlpExamples& examples,
                                      const std::function<bool()>& stop = nullptr);

  // Scores without dropout, with the running averages of batch normalisation. Errors as above.
  absl::StatusOr<MlpScore> Evaluate(const MlpExamples& examples);

  // Epochs completed, and the learning rate that the next one will use.
  int64_t epoch() const;
  double LearningRate() const;

  // All trained numbers: for each layer the weights [out, in] row-major, then the biases [out], or,
  // for hidden layers with batch normalisation, its scales [out] and shifts [out].
  std::vector<float> Parameters() const;
  // InvalidArgument when the length differs.
  absl::Status SetParameters(absl::Span<const float> parameters);

  // The complete state but for the hyperparameters: parameters, the optimiser's averages, running
  // statistics and counters, in a versioned binary format with a checksum. A network restored from
  // it and given the same hyperparameters goes on bit for bit.
  std::string Save() const;
  // InvalidArgument: not such a state, damaged, of a newer format, or of another architecture (both
  // are named). The network is unchanged after an error.
  absl::Status Restore(absl::string_view state);

 private:
  class Impl;
  explicit MlpNetwork(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// "relu", "sgd", "cosine" …: the names that options and search spaces use.
absl::string_view ToString(MlpActivation activation);
absl::string_view ToString(MlpOptimizer optimizer);
absl::string_view ToString(MlpDecay decay);

}  // namespace sturgeon

#endif  // STURGEON_MODELS_NETWORK_NETWORK_H_
