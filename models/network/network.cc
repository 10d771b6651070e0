#include "models/network/network.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>
#include <utility>

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/random.h"
#include "models/network/optimizer.h"
#include "models/network/panels.h"

namespace sturgeon {
namespace {

using network_internal::ArrayMap;
using network_internal::ConstArrayMap;
using network_internal::kPanelRows;
using network_internal::Multiply;
using network_internal::OuterProduct;
using network_internal::PaddedRows;
using network_internal::PanelBuffer;
using network_internal::PanelCount;
using network_internal::PanelIndex;
using network_internal::PanelSize;
using network_internal::Parameter;
using network_internal::StoreColumn;
using network_internal::Transpose;
using network_internal::Update;

using Column = Eigen::Array<float, kPanelRows, 1>;
using ColumnMap = Eigen::Map<Column, Eigen::AlignedMax>;
using ConstColumnMap = Eigen::Map<const Column, Eigen::AlignedMax>;

constexpr float kBatchNormEpsilon = 1e-5f;
constexpr float kRunningShare = 0.1f;  // of each mini-batch in the running statistics
constexpr int kEvaluationBatch = 512;
constexpr int kBatchesBetweenStops = 8;
constexpr int64_t kMaxWeights = int64_t{1} << 26;

// Streams of the network's seed.
constexpr uint32_t kInitStream = kFirstPluginStream;         // trial: the layer
constexpr uint32_t kShuffleStream = kFirstPluginStream + 1;  // trial: the epoch
constexpr uint32_t kDropoutStream = kFirstPluginStream + 2;  // trial: the step; + the layer

constexpr char kMagic[8] = {'S', 'T', 'G', 'N', 'M', 'L', 'P', '\0'};
constexpr uint32_t kVersion = 1;

// Takes subnormal numbers as zero within a scope: momentum of weights whose gradient is always zero
// (border pixels) decays into them, where arithmetic is many times slower.
class ScopedFlushSubnormals {
 public:
#if defined(__SSE__)
  ScopedFlushSubnormals() : saved_(_mm_getcsr()) { _mm_setcsr(saved_ | kFlushToZero | kAreZero); }
  ~ScopedFlushSubnormals() { _mm_setcsr(saved_); }

 private:
  static constexpr unsigned int kFlushToZero = 0x8000;  // of results
  static constexpr unsigned int kAreZero = 0x0040;      // of operands
  unsigned int saved_;
#else
  ScopedFlushSubnormals() {}
  ~ScopedFlushSubnormals() {}
#endif
};

absl::Status OutOfRange(absl::string_view field, double value, absl::string_view range) {
  return absl::InvalidArgumentError(absl::StrCat(field, " is ", value, "; it must be ", range));
}

absl::Status Validate(const MlpArchitecture& a) {
  if (a.inputs < 1) return OutOfRange("inputs", a.inputs, "at least 1");
  if (a.classes < 2) return OutOfRange("classes", a.classes, "at least 2");
  std::vector<int> widths = a.hidden;
  widths.push_back(a.classes);
  int64_t weights = 0;
  int64_t inputs = a.inputs;
  for (int width : widths) {
    if (width < 1) return OutOfRange("a hidden layer's width", width, "at least 1");
    weights += inputs * width;
    if (weights > kMaxWeights) {
      return absl::InvalidArgumentError(
          absl::StrCat("a network ", a.inputs, "-", absl::StrJoin(widths, "-"), " has more than ",
                       kMaxWeights, " weights, which is the most that can be trained"));
    }
    inputs = width;
  }
  return absl::OkStatus();
}

absl::Status Validate(const MlpHyperparameters& h) {
  // Written so that NaN is out of every range.
  const auto is_share = [](double x) { return x >= 0 && x < 1; };
  const auto is_positive = [](double x) { return x > 0 && std::isfinite(x); };
  const auto is_nonnegative = [](double x) { return x >= 0 && std::isfinite(x); };
  if (!is_positive(h.learning_rate)) {
    return OutOfRange("learning_rate", h.learning_rate, "more than 0");
  }
  if (!is_share(h.momentum)) return OutOfRange("momentum", h.momentum, "in [0, 1)");
  if (!is_share(h.rms_decay)) return OutOfRange("rms_decay", h.rms_decay, "in [0, 1)");
  if (!is_share(h.beta1)) return OutOfRange("beta1", h.beta1, "in [0, 1)");
  if (!is_share(h.beta2)) return OutOfRange("beta2", h.beta2, "in [0, 1)");
  if (!is_share(h.dropout)) return OutOfRange("dropout", h.dropout, "in [0, 1)");
  if (!is_positive(h.epsilon)) return OutOfRange("epsilon", h.epsilon, "more than 0");
  if (!is_nonnegative(h.weight_decay)) {
    return OutOfRange("weight_decay", h.weight_decay, "at least 0");
  }
  if (h.batch_size < 1) return OutOfRange("batch_size", h.batch_size, "at least 1");
  if (!is_nonnegative(h.decay_rate)) return OutOfRange("decay_rate", h.decay_rate, "at least 0");
  if (!is_positive(h.decay_epochs))
    return OutOfRange("decay_epochs", h.decay_epochs, "more than 0");
  return absl::OkStatus();
}

absl::Status Validate(const MlpExamples& examples, int classes) {
  if (examples.rows.empty()) return absl::InvalidArgumentError("no examples were given");
  for (int32_t row : examples.rows) {
    const int32_t label = examples.labels[row];
    if (label < 0 || label >= classes) {
      return absl::InvalidArgumentError(absl::StrCat("the label of row ", row, " is ", label,
                                                     "; labels of ", classes,
                                                     " classes must be in [0, ", classes, ")"));
    }
  }
  return absl::OkStatus();
}

struct Layer {
  int inputs = 0;
  int outputs = 0;
  bool last = false;
  bool batch_norm = false;

  Parameter weight;  // [outputs, inputs]
  Parameter shift;   // [outputs, 1]: the bias, or the shift of batch normalisation
  Parameter scale;   // [outputs, 1], batch normalisation only
  PanelBuffer running_mean;
  PanelBuffer running_variance;

  // Of the current mini-batch, [outputs, samples].
  PanelBuffer activation;  // what the next layer reads; logits, then probabilities in the last
  PanelBuffer delta;       // derivative of the loss by activation, then by the linear part
  PanelBuffer slope;       // tanh and GELU: the activation's derivative, times the dropout's factor
  PanelBuffer normalised;  // batch normalisation: (u - mean) / sqrt(variance + epsilon)
  PanelBuffer inverse_deviation;  // [outputs, 1]
  PanelBuffer mask;               // dropout's factors: 0 or 1 / (1 - dropout)
};

// Appends plain numbers to a string, and reads them back with bounds checks.
class Writer {
 public:
  template <typename T>
  void Put(T value) {
    static_assert(std::is_trivially_copyable_v<T>);
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    bytes_.append(bytes, sizeof(T));
  }
  void PutBytes(const char* data, std::size_t size) { bytes_.append(data, size); }
  std::string& bytes() { return bytes_; }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(absl::string_view bytes) : bytes_(bytes) {}
  template <typename T>
  bool Get(T* value) {
    if (bytes_.size() < sizeof(T)) return false;
    std::memcpy(value, bytes_.data(), sizeof(T));
    bytes_.remove_prefix(sizeof(T));
    return true;
  }
  absl::string_view rest() const { return bytes_; }

 private:
  absl::string_view bytes_;
};

// FNV-1a, 64 bits.
uint64_t Checksum(absl::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

std::string Describe(const MlpArchitecture& a) {
  return absl::StrCat(a.inputs, "-", absl::StrJoin(a.hidden, "-"), a.hidden.empty() ? "" : "-",
                      a.classes, " ", ToString(a.activation), a.batch_norm ? " batch_norm" : "",
                      " ", ToString(a.optimizer));
}

}  // namespace

class MlpNetwork::Impl {
 public:
  Impl(const MlpArchitecture& architecture, const MlpHyperparameters& hyperparameters,
       uint64_t seed);

  // False: `stop` said so.
  bool TrainEpoch(const MlpExamples& examples, const std::function<bool()>& stop, MlpScore* score);
  MlpScore Evaluate(const MlpExamples& examples);
  double LearningRate() const;
  std::string Save() const;
  absl::Status Restore(absl::string_view state);

  // Calls visit(buffer, rows, columns) for every array of parameters in the order of
  // MlpNetwork::Parameters, or, when `complete`, for every array of the state.
  template <typename Layers, typename F>
  static void Visit(Layers& layers, bool complete, F&& visit) {
    for (auto& layer : layers) {
      VisitParameter(layer.weight, layer.outputs, layer.inputs, complete, visit);
      if (layer.batch_norm) VisitParameter(layer.scale, layer.outputs, 1, complete, visit);
      VisitParameter(layer.shift, layer.outputs, 1, complete, visit);
      if (layer.batch_norm && complete) {
        visit(layer.running_mean, layer.outputs, 1);
        visit(layer.running_variance, layer.outputs, 1);
      }
    }
  }
  std::vector<float> Numbers(bool complete) const;
  std::size_t NumberCount(bool complete) const;
  // `numbers` holds NumberCount(complete) floats; need not be aligned.
  void SetNumbers(bool complete, const char* numbers);

  const MlpArchitecture architecture;
  MlpHyperparameters hyperparameters;
  int64_t epoch = 0;

 private:
  template <typename P, typename F>
  static void VisitParameter(P& parameter, int rows, int columns, bool complete, F& visit) {
    visit(parameter.value, rows, columns);
    if (!complete) return;
    if (parameter.first.size() > 0) visit(parameter.first, rows, columns);
    if (parameter.second.size() > 0) visit(parameter.second, rows, columns);
  }

  void GatherInputs(const MlpExamples& examples, absl::Span<const int32_t> rows);
  void Forward(int samples, bool training);
  void FinishPanel(Layer& layer, int panel, float* z, int samples, bool training);
  void DropOut(Layer& layer, int index, int samples);
  void ScoreOutputs(const MlpExamples& examples, absl::Span<const int32_t> rows, bool training,
                    double* loss, int64_t* errors);
  void Backward(int samples, const Update& update);
  void FinishDelta(Layer& layer, int panel, float* delta, int samples, const Update& update);

  uint64_t seed_;
  int64_t step_ = 0;
  double beta1_power_ = 1;  // the products of all beta1 and beta2 used so far
  double beta2_power_ = 1;
  std::vector<Layer> layers_;

  // Scratch.
  PanelBuffer input_;       // [inputs, samples]
  PanelBuffer transposed_;  // a layer's weights, transposed
  std::vector<int32_t> order_;
};

MlpNetwork::Impl::Impl(const MlpArchitecture& a, const MlpHyperparameters& h, uint64_t seed)
    : architecture(a), hyperparameters(h), seed_(seed) {
  std::vector<int> widths = a.hidden;
  widths.push_back(a.classes);
  int inputs = a.inputs;
  std::size_t largest = 0;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    layers_.emplace_back();
    Layer& layer = layers_.back();
    layer.inputs = inputs;
    layer.outputs = widths[i];
    layer.last = i + 1 == widths.size();
    layer.batch_norm = a.batch_norm && !layer.last;
    layer.weight.Resize(PanelSize(layer.outputs, layer.inputs), a.optimizer);
    layer.shift.Resize(PaddedRows(layer.outputs), a.optimizer);
    if (layer.batch_norm) {
      layer.scale.Resize(PaddedRows(layer.outputs), a.optimizer);
      layer.running_mean.Resize(PaddedRows(layer.outputs));
      layer.running_variance.Resize(PaddedRows(layer.outputs));
      layer.inverse_deviation.Resize(PaddedRows(layer.outputs));
      std::fill_n(layer.scale.value.data(), layer.scale.value.size(), 1.0f);
      std::fill_n(layer.running_variance.data(), layer.running_variance.size(), 1.0f);
    }
    if (i > 0) largest = std::max(largest, PanelSize(layer.inputs, layer.outputs));

    const bool is_linear = layer.last || a.activation == MlpActivation::kTanh;
    const double deviation = std::sqrt((is_linear ? 1.0 : 2.0) / layer.inputs);
    RandomStream random(seed_, i, kInitStream);
    for (int r = 0; r < layer.outputs; ++r) {
      for (int c = 0; c < layer.inputs; ++c) {
        layer.weight.value.data()[PanelIndex(r, c, layer.inputs)] =
            static_cast<float>(random.Normal() * deviation);
      }
    }
    inputs = layer.outputs;
  }
  transposed_.Resize(largest);
}

void MlpNetwork::Impl::GatherInputs(const MlpExamples& examples, absl::Span<const int32_t> rows) {
  const int samples = static_cast<int>(rows.size());
  const int inputs = architecture.inputs;
  input_.Reserve(PanelSize(inputs, samples));
  for (int j = 0; j < samples; ++j) {
    StoreColumn(examples.features + static_cast<std::size_t>(rows[j]) * inputs, inputs, j, samples,
                input_.data());
  }
}

// From a finished panel of u = W a, [kPanelRows, samples], to the layer's output.
void MlpNetwork::Impl::FinishPanel(Layer& layer, int panel, float* z, int samples, bool training) {
  const int first = panel * kPanelRows;
  const std::size_t offset = static_cast<std::size_t>(first) * samples;
  Column shift = ConstColumnMap(layer.shift.value.data() + first);
  const auto column = [](float* data, int j) { return ColumnMap(data + j * kPanelRows); };

  if (layer.batch_norm) {
    const Column scale = ConstColumnMap(layer.scale.value.data() + first);
    ColumnMap running_mean(layer.running_mean.data() + first);
    ColumnMap running_variance(layer.running_variance.data() + first);
    if (training) {
      Column mean = Column::Zero();
      for (int j = 0; j < samples; ++j) mean += column(z, j);
      mean /= static_cast<float>(samples);
      Column variance = Column::Zero();
      for (int j = 0; j < samples; ++j) variance += (column(z, j) - mean).square();
      variance /= static_cast<float>(samples);
      ColumnMap inverse(layer.inverse_deviation.data() + first);
      inverse = (variance + kBatchNormEpsilon).rsqrt();
      float* normalised = layer.normalised.data() + offset;
      for (int j = 0; j < samples; ++j) {
        column(normalised, j) = (column(z, j) - mean) * inverse;
        column(z, j) = column(normalised, j) * scale;  // the shift is added below
      }
      if (samples > 1) {  // one example has no variance
        const float unbiased = static_cast<float>(samples) / static_cast<float>(samples - 1);
        running_mean += kRunningShare * (mean - running_mean);
        running_variance += kRunningShare * (variance * unbiased - running_variance);
      }
    } else {
      const Column factor = scale / (running_variance + kBatchNormEpsilon).sqrt();
      shift -= running_mean * factor;
      for (int j = 0; j < samples; ++j) column(z, j) *= factor;
    }
  }

  if (layer.last) {
    for (int j = 0; j < samples; ++j) column(z, j) += shift;
    return;
  }
  float* slope = layer.slope.data() + offset;
  switch (architecture.activation) {
    case MlpActivation::kRelu:
      for (int j = 0; j < samples; ++j) column(z, j) = (column(z, j) + shift).max(0.0f);
      break;
    case MlpActivation::kTanh:
      for (int j = 0; j < samples; ++j) {
        column(z, j) = (column(z, j) + shift).tanh();
        if (training) column(slope, j) = 1.0f - column(z, j).square();
      }
      break;
    case MlpActivation::kGelu: {
      constexpr float kCubic = 0.044715f;
      constexpr float kRoot = 0.7978845608f;  // sqrt(2 / pi)
      for (int j = 0; j < samples; ++j) {
        const Column x = column(z, j) + shift;
        const Column t = (kRoot * (x + kCubic * x.cube())).tanh();
        column(z, j) = 0.5f * x * (1.0f + t);
        if (training) {
          column(slope, j) = 0.5f * (1.0f + t) + 0.5f * kRoot * x * (1.0f - t.square()) *
                                                     (1.0f + 3.0f * kCubic * x.square());
        }
      }
      break;
    }
  }
}

// Sets a share of the activations to zero and scales the others up to the same expectation. The
// draws depend on (seed, step, layer, sample, feature) alone, not on the panel layout.
void MlpNetwork::Impl::DropOut(Layer& layer, int index, int samples) {
  const auto threshold = static_cast<uint32_t>(std::lround(hyperparameters.dropout * 65536.0));
  const float kept = static_cast<float>(1.0 / (1.0 - hyperparameters.dropout));
  float* mask = layer.mask.data();
  RandomStream random(seed_, static_cast<uint64_t>(step_),
                      kDropoutStream + static_cast<uint32_t>(index));
  for (int j = 0; j < samples; ++j) {
    for (int r = 0; r < layer.outputs; r += 4) {
      uint64_t bits = random();
      float* to = mask + PanelIndex(r, j, samples);  // four rows of one panel: it has a multiple
      for (int i = 0; i < 4; ++i, bits >>= 16) to[i] = (bits & 0xffff) < threshold ? 0.0f : kept;
    }
  }
  const auto size = static_cast<Eigen::Index>(PanelSize(layer.outputs, samples));
  ArrayMap(layer.activation.data(), size) *= ConstArrayMap(mask, size);
  if (architecture.activation != MlpActivation::kRelu) {
    ArrayMap(layer.slope.data(), size) *= ConstArrayMap(mask, size);
  }
}

void MlpNetwork::Impl::Forward(int samples, bool training) {
  const float* below = input_.data();
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    Layer& layer = layers_[i];
    const std::size_t size = PanelSize(layer.outputs, samples);
    layer.activation.Reserve(size);
    if (training && !layer.last) {
      layer.delta.Reserve(size);
      if (architecture.activation != MlpActivation::kRelu) layer.slope.Reserve(size);
      if (layer.batch_norm) layer.normalised.Reserve(size);
      if (hyperparameters.dropout > 0) layer.mask.Reserve(size);
    }
    Multiply(layer.weight.value.data(), below, layer.outputs, layer.inputs, samples,
             layer.activation.data(),
             [&](int panel, float* z) { FinishPanel(layer, panel, z, samples, training); });
    if (training && !layer.last && hyperparameters.dropout > 0) {
      DropOut(layer, static_cast<int>(i), samples);
    }
    below = layer.activation.data();
  }
}

// Adds the scores of the last layer's outputs to *loss and *errors, and, when training, turns the
// outputs into the derivative of the mini-batch's mean loss: (softmax - one-hot) / samples.
void MlpNetwork::Impl::ScoreOutputs(const MlpExamples& examples, absl::Span<const int32_t> rows,
                                    bool training, double* loss, int64_t* errors) {
  Layer& layer = layers_.back();
  const int samples = static_cast<int>(rows.size());
  const int classes = layer.outputs;
  const int panels = PanelCount(classes);
  const std::size_t panel_size = static_cast<std::size_t>(samples) * kPanelRows;
  const int padding = PaddedRows(classes) - classes;
  const float share = 1.0f / static_cast<float>(samples);
  float* logits = layer.activation.data();
  for (int j = 0; j < samples; ++j) {
    const int label = examples.labels[rows[j]];
    int best = 0;
    float largest = logits[PanelIndex(0, j, samples)];
    for (int c = 1; c < classes; ++c) {
      const float logit = logits[PanelIndex(c, j, samples)];
      if (logit > largest) {
        largest = logit;
        best = c;
      }
    }
    const float own = logits[PanelIndex(label, j, samples)];
    float sum = 0.0f;
    for (int p = 0; p < panels; ++p) {
      ColumnMap column(logits + p * panel_size + j * kPanelRows);
      column = (column - largest).exp();
      if (p + 1 == panels) column.tail(padding).setZero();
      sum += column.sum();
    }
    const double example_loss = std::log(sum) + largest - own;
    *loss += example_loss;
    if (best != label || !std::isfinite(example_loss)) ++*errors;
    if (training) {
      for (int p = 0; p < panels; ++p) {
        ColumnMap column(logits + p * panel_size + j * kPanelRows);
        column *= share / sum;
      }
      logits[PanelIndex(label, j, samples)] -= share;
    }
  }
}

// From a finished panel of the derivative by a layer's output to that by its linear part, and the
// update of the shift and the scale.
void MlpNetwork::Impl::FinishDelta(Layer& layer, int panel, float* delta, int samples,
                                   const Update& update) {
  const int first = panel * kPanelRows;
  const std::size_t offset = static_cast<std::size_t>(first) * samples;
  const auto column = [](float* data, int j) { return ColumnMap(data + j * kPanelRows); };
  Column shift_gradient = Column::Zero();
  if (layer.last) {
    for (int j = 0; j < samples; ++j) shift_gradient += column(delta, j);
  } else if (architecture.activation == MlpActivation::kRelu) {
    // A dropped activation is zero, so its sign tells both.
    const float kept = static_cast<float>(1.0 / (1.0 - hyperparameters.dropout));
    float* activation = layer.activation.data() + offset;
    for (int j = 0; j < samples; ++j) {
      const Column d = (column(activation, j) > 0.0f).select(column(delta, j) * kept, 0.0f);
      column(delta, j) = d;
      shift_gradient += d;
    }
  } else {
    float* slope = layer.slope.data() + offset;
    for (int j = 0; j < samples; ++j) {
      const Column d = column(delta, j) * column(slope, j);
      column(delta, j) = d;
      shift_gradient += d;
    }
  }
  if (layer.batch_norm) {
    float* normalised = layer.normalised.data() + offset;
    Column scale_gradient = Column::Zero();
    for (int j = 0; j < samples; ++j) scale_gradient += column(delta, j) * column(normalised, j);
    const float share = 1.0f / static_cast<float>(samples);
    const Column factor = ConstColumnMap(layer.scale.value.data() + first) *
                          ConstColumnMap(layer.inverse_deviation.data() + first);
    const Column mean_shift = shift_gradient * share;
    const Column mean_scale = scale_gradient * share;
    for (int j = 0; j < samples; ++j) {
      column(delta, j) =
          factor * (column(delta, j) - mean_shift - column(normalised, j) * mean_scale);
    }
    update.Apply(layer.scale, first, scale_gradient.data(), kPanelRows, /*is_weight=*/false);
  }
  update.Apply(layer.shift, first, shift_gradient.data(), kPanelRows, /*is_weight=*/false);
}

void MlpNetwork::Impl::Backward(int samples, const Update& update) {
  // The last layer's outputs hold the loss's derivative by now.
  Layer& last = layers_.back();
  for (int p = 0; p < PanelCount(last.outputs); ++p) {
    FinishDelta(last, p,
                last.activation.data() + static_cast<std::size_t>(p) * kPanelRows * samples,
                samples, update);
  }
  for (std::size_t i = layers_.size(); i-- > 0;) {
    Layer& layer = layers_[i];
    const float* delta = layer.last ? layer.activation.data() : layer.delta.data();
    const float* below = input_.data();
    if (i > 0) {
      Layer& lower = layers_[i - 1];
      below = lower.activation.data();
      Transpose(layer.weight.value.data(), layer.outputs, layer.inputs, transposed_.data());
      Multiply(transposed_.data(), delta, layer.inputs, layer.outputs, samples, lower.delta.data(),
               [&](int panel, float* d) { FinishDelta(lower, panel, d, samples, update); });
    }
    // The gradient of a block of weights is used up at once, so it is never stored.
    OuterProduct(delta, below, layer.outputs, layer.inputs, samples,
                 [&](std::size_t offset, float* gradient, int size) {
                   update.Apply(layer.weight, offset, gradient, size, /*is_weight=*/true);
                 });
  }
}

bool MlpNetwork::Impl::TrainEpoch(const MlpExamples& examples, const std::function<bool()>& stop,
                                  MlpScore* score) {
  const ScopedFlushSubnormals flush;
  order_.assign(examples.rows.begin(), examples.rows.end());
  RandomStream(seed_, static_cast<uint64_t>(epoch), kShuffleStream).Shuffle(absl::MakeSpan(order_));
  const double rate = LearningRate();
  double loss = 0;
  int64_t errors = 0;
  const std::size_t batch = static_cast<std::size_t>(hyperparameters.batch_size);
  int batches = 0;
  for (std::size_t begin = 0; begin < order_.size(); begin += batch) {
    if (stop != nullptr && batches++ % kBatchesBetweenStops == 0 && stop()) return false;
    const absl::Span<const int32_t> rows = absl::MakeConstSpan(order_).subspan(begin, batch);
    const int samples = static_cast<int>(rows.size());
    beta1_power_ *= hyperparameters.beta1;
    beta2_power_ *= hyperparameters.beta2;
    const Update update(architecture.optimizer, hyperparameters, rate, beta1_power_, beta2_power_);
    GatherInputs(examples, rows);
    Forward(samples, /*training=*/true);
    ScoreOutputs(examples, rows, /*training=*/true, &loss, &errors);
    Backward(samples, update);
    ++step_;
  }
  ++epoch;
  const auto count = static_cast<double>(order_.size());
  *score = {loss / count, static_cast<double>(errors) / count};
  return true;
}

MlpScore MlpNetwork::Impl::Evaluate(const MlpExamples& examples) {
  const ScopedFlushSubnormals flush;
  double loss = 0;
  int64_t errors = 0;
  for (std::size_t begin = 0; begin < examples.rows.size(); begin += kEvaluationBatch) {
    const absl::Span<const int32_t> rows = examples.rows.subspan(begin, kEvaluationBatch);
    GatherInputs(examples, rows);
    Forward(static_cast<int>(rows.size()), /*training=*/false);
    ScoreOutputs(examples, rows, /*training=*/false, &loss, &errors);
  }
  const auto count = static_cast<double>(examples.rows.size());
  return {loss / count, static_cast<double>(errors) / count};
}

double MlpNetwork::Impl::LearningRate() const {
  const MlpHyperparameters& h = hyperparameters;
  const auto e = static_cast<double>(epoch);
  switch (h.decay) {
    case MlpDecay::kNone:
      break;
    case MlpDecay::kInverse:
      return h.learning_rate / (1 + h.decay_rate * e);
    case MlpDecay::kExponential:
      return h.learning_rate * std::exp(-h.decay_rate * e);
    case MlpDecay::kCosine: {
      constexpr double kPi = 3.14159265358979323846;
      return h.learning_rate * (1 + std::cos(kPi * std::min(e / h.decay_epochs, 1.0))) / 2;
    }
    case MlpDecay::kStep:
      return h.learning_rate *
             std::exp(-h.decay_rate * h.decay_epochs * std::floor(e / h.decay_epochs));
  }
  return h.learning_rate;
}

std::size_t MlpNetwork::Impl::NumberCount(bool complete) const {
  std::size_t count = 0;
  Visit(layers_, complete, [&](const PanelBuffer&, int rows, int columns) {
    count += static_cast<std::size_t>(rows) * columns;
  });
  return count;
}

std::vector<float> MlpNetwork::Impl::Numbers(bool complete) const {
  std::vector<float> numbers;
  numbers.reserve(NumberCount(complete));
  Visit(layers_, complete, [&](const PanelBuffer& buffer, int rows, int columns) {
    for (int r = 0; r < rows; ++r) {
      for (int c = 0; c < columns; ++c) {
        numbers.push_back(buffer.data()[PanelIndex(r, c, columns)]);
      }
    }
  });
  return numbers;
}

void MlpNetwork::Impl::SetNumbers(bool complete, const char* numbers) {
  Visit(layers_, complete, [&](PanelBuffer& buffer, int rows, int columns) {
    for (int r = 0; r < rows; ++r) {
      for (int c = 0; c < columns; ++c) {
        std::memcpy(buffer.data() + PanelIndex(r, c, columns), numbers, sizeof(float));
        numbers += sizeof(float);
      }
    }
  });
}

std::string MlpNetwork::Impl::Save() const {
  Writer out;
  out.PutBytes(kMagic, sizeof(kMagic));
  out.Put(kVersion);
  out.Put(static_cast<int32_t>(architecture.inputs));
  out.Put(static_cast<int32_t>(architecture.hidden.size()));
  for (int width : architecture.hidden) out.Put(static_cast<int32_t>(width));
  out.Put(static_cast<int32_t>(architecture.classes));
  out.Put(static_cast<int32_t>(architecture.activation));
  out.Put(static_cast<int32_t>(architecture.batch_norm));
  out.Put(static_cast<int32_t>(architecture.optimizer));
  out.Put(seed_);
  out.Put(epoch);
  out.Put(step_);
  out.Put(beta1_power_);
  out.Put(beta2_power_);
  const std::vector<float> numbers = Numbers(/*complete=*/true);
  out.PutBytes(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float));
  out.Put(Checksum(out.bytes()));
  return std::move(out.bytes());
}

absl::Status MlpNetwork::Impl::Restore(absl::string_view state) {
  const auto invalid = [](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat("cannot load the state: ", what));
  };
  if (state.size() < sizeof(kMagic) || std::memcmp(state.data(), kMagic, sizeof(kMagic)) != 0) {
    return invalid("it is not one that a network saved (its first bytes differ)");
  }
  Reader in(state.substr(sizeof(kMagic)));
  uint32_t version = 0;
  if (!in.Get(&version)) return invalid("it is cut off");
  if (version != kVersion) {
    return invalid(
        absl::StrCat("its format is version ", version, ", this program knows version ", kVersion));
  }
  uint64_t checksum = 0;
  if (in.rest().size() < sizeof(checksum)) return invalid("it is cut off");
  std::memcpy(&checksum, state.data() + state.size() - sizeof(checksum), sizeof(checksum));
  if (checksum != Checksum(state.substr(0, state.size() - sizeof(checksum)))) {
    return invalid("it is damaged or cut off (its checksum does not match)");
  }

  // Past the checksum, only a state written by other code can be malformed; it is checked as well.
  MlpArchitecture saved;
  int32_t depth = 0, classes = 0, inputs = 0, activation = 0, batch_norm = 0, optimizer = 0;
  bool complete = in.Get(&inputs) && in.Get(&depth) && depth >= 0;
  for (int32_t i = 0; complete && i < depth; ++i) {
    int32_t width = 0;
    complete = in.Get(&width);
    saved.hidden.push_back(width);
  }
  complete = complete && in.Get(&classes) && in.Get(&activation) && in.Get(&batch_norm) &&
             in.Get(&optimizer);
  uint64_t seed = 0;
  int64_t saved_epoch = 0, saved_step = 0;
  double beta1_power = 0, beta2_power = 0;
  complete = complete && in.Get(&seed) && in.Get(&saved_epoch) && in.Get(&saved_step) &&
             in.Get(&beta1_power) && in.Get(&beta2_power);
  if (!complete || saved_epoch < 0 || saved_step < 0) return invalid("its header is malformed");
  saved.inputs = inputs;
  saved.classes = classes;
  saved.activation = static_cast<MlpActivation>(activation);
  saved.batch_norm = batch_norm != 0;
  saved.optimizer = static_cast<MlpOptimizer>(optimizer);
  const std::string theirs = Describe(saved);
  const std::string ours = Describe(architecture);
  if (theirs != ours) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot load the state of a network ", theirs, " into a network ", ours));
  }
  if (in.rest().size() != NumberCount(true) * sizeof(float) + sizeof(checksum)) {
    return invalid("its length does not fit its architecture");
  }
  SetNumbers(/*complete=*/true, in.rest().data());
  seed_ = seed;
  epoch = saved_epoch;
  step_ = saved_step;
  beta1_power_ = beta1_power;
  beta2_power_ = beta2_power;
  return absl::OkStatus();
}

MlpNetwork::MlpNetwork(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MlpNetwork::~MlpNetwork() = default;

absl::StatusOr<std::unique_ptr<MlpNetwork>> MlpNetwork::Create(
    const MlpArchitecture& architecture, const MlpHyperparameters& hyperparameters, uint64_t seed) {
  absl::Status status = Validate(architecture);
  if (status.ok()) status = Validate(hyperparameters);
  if (!status.ok()) return status;
  return std::unique_ptr<MlpNetwork>(
      new MlpNetwork(std::make_unique<Impl>(architecture, hyperparameters, seed)));
}

absl::Status MlpNetwork::SetHyperparameters(const MlpHyperparameters& hyperparameters) {
  absl::Status status = Validate(hyperparameters);
  if (status.ok()) impl_->hyperparameters = hyperparameters;
  return status;
}

const MlpHyperparameters& MlpNetwork::hyperparameters() const { return impl_->hyperparameters; }
const MlpArchitecture& MlpNetwork::architecture() const { return impl_->architecture; }
int64_t MlpNetwork::epoch() const { return impl_->epoch; }
double MlpNetwork::LearningRate() const { return impl_->LearningRate(); }

absl::StatusOr<MlpScore> MlpNetwork::TrainEpoch(const MlpExamples& examples,
                                                const std::function<bool()>& stop) {
  absl::Status status = Validate(examples, impl_->architecture.classes);
  if (!status.ok()) return status;
  MlpScore score;
  if (!impl_->TrainEpoch(examples, stop, &score)) {
    return absl::CancelledError(absl::StrCat("stopped within epoch ", impl_->epoch));
  }
  return score;
}

absl::StatusOr<MlpScore> MlpNetwork::Evaluate(const MlpExamples& examples) {
  absl::Status status = Validate(examples, impl_->architecture.classes);
  if (!status.ok()) return status;
  return impl_->Evaluate(examples);
}

std::vector<float> MlpNetwork::Parameters() const { return impl_->Numbers(/*complete=*/false); }

absl::Status MlpNetwork::SetParameters(absl::Span<const float> parameters) {
  const std::size_t expected = impl_->NumberCount(/*complete=*/false);
  if (parameters.size() != expected) {
    return absl::InvalidArgumentError(
        absl::StrCat(parameters.size(), " parameters were given, the network has ", expected));
  }
  impl_->SetNumbers(/*complete=*/false, reinterpret_cast<const char*>(parameters.data()));
  return absl::OkStatus();
}

std::string MlpNetwork::Save() const { return impl_->Save(); }
absl::Status MlpNetwork::Restore(absl::string_view state) { return impl_->Restore(state); }

absl::string_view ToString(MlpActivation activation) {
  switch (activation) {
    case MlpActivation::kRelu:
      return "relu";
    case MlpActivation::kTanh:
      return "tanh";
    case MlpActivation::kGelu:
      return "gelu";
  }
  return "unknown";
}

absl::string_view ToString(MlpOptimizer optimizer) {
  switch (optimizer) {
    case MlpOptimizer::kSgd:
      return "sgd";
    case MlpOptimizer::kRmsprop:
      return "rmsprop";
    case MlpOptimizer::kAdam:
      return "adam";
    case MlpOptimizer::kAdamw:
      return "adamw";
  }
  return "unknown";
}

absl::string_view ToString(MlpDecay decay) {
  switch (decay) {
    case MlpDecay::kNone:
      return "none";
    case MlpDecay::kInverse:
      return "inverse";
    case MlpDecay::kExponential:
      return "exponential";
    case MlpDecay::kCosine:
      return "cosine";
    case MlpDecay::kStep:
      return "step";
  }
  return "unknown";
}

}  // namespace sturgeon
