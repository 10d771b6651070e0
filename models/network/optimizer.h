// One step of the network's optimisers on a block of parameters. Internal to the network, like
// panels.h; the formulas stand in network.h.
#ifndef STURGEON_MODELS_NETWORK_OPTIMIZER_H_
#define STURGEON_MODELS_NETWORK_OPTIMIZER_H_

#include <Eigen/Core>
#include <cmath>
#include <cstddef>

#include "models/network/network.h"
#include "models/network/panels.h"

namespace sturgeon {
namespace network_internal {

// Arrays whose address is aligned as Eigen aligns its own; panel buffers and their columns are.
using ArrayMap = Eigen::Map<Eigen::ArrayXf, Eigen::AlignedMax>;
using ConstArrayMap = Eigen::Map<const Eigen::ArrayXf, Eigen::AlignedMax>;

// Parameters of one layer with what its optimiser keeps for each.
struct Parameter {
  PanelBuffer value;
  PanelBuffer first;   // momentum, or the first moment
  PanelBuffer second;  // the squared gradient's average

  void Resize(std::size_t size, MlpOptimizer optimizer) {
    value.Resize(size);
    if (optimizer != MlpOptimizer::kRmsprop) first.Resize(size);
    if (optimizer != MlpOptimizer::kSgd) second.Resize(size);
  }
};

// One step of the optimiser; its constants are those of the whole step.
class Update {
 public:
  Update(MlpOptimizer optimizer, const MlpHyperparameters& h, double learning_rate,
         double beta1_power, double beta2_power)
      : optimizer_(optimizer),
        nesterov_(h.nesterov),
        rate_(static_cast<float>(learning_rate)),
        momentum_(static_cast<float>(h.momentum)),
        epsilon_(static_cast<float>(h.epsilon)),
        decay_(static_cast<float>(h.weight_decay)) {
    switch (optimizer) {
      case MlpOptimizer::kSgd:
        break;
      case MlpOptimizer::kRmsprop:
        beta2_ = static_cast<float>(h.rms_decay);
        one_minus_beta2_ = static_cast<float>(1 - h.rms_decay);
        break;
      case MlpOptimizer::kAdam:
      case MlpOptimizer::kAdamw:
        beta1_ = static_cast<float>(h.beta1);
        one_minus_beta1_ = static_cast<float>(1 - h.beta1);
        beta2_ = static_cast<float>(h.beta2);
        one_minus_beta2_ = static_cast<float>(1 - h.beta2);
        // m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon), as two constants.
        rate_ = static_cast<float>(learning_rate / (1 - beta1_power));
        root_scale_ = static_cast<float>(1 / std::sqrt(1 - beta2_power));
        break;
    }
    decoupled_ = optimizer == MlpOptimizer::kAdamw
                     ? static_cast<float>(1 - learning_rate * h.weight_decay)
                     : 1.0f;
  }

  // Updates `size` numbers from `offset` on, by their gradient g (which it may overwrite).
  // Penalties apply to weights only.
  void Apply(Parameter& parameter, std::size_t offset, float* gradient, int size,
             bool is_weight) const {
    ArrayMap w(parameter.value.data() + offset, size);
    ArrayMap g(gradient, size);
    if (is_weight && decay_ > 0) {
      if (optimizer_ == MlpOptimizer::kAdamw) {
        w *= decoupled_;
      } else {
        g += decay_ * w;
      }
    }
    switch (optimizer_) {
      case MlpOptimizer::kSgd: {
        ArrayMap v(parameter.first.data() + offset, size);
        v = momentum_ * v + g;
        if (nesterov_) {
          w -= rate_ * (g + momentum_ * v);
        } else {
          w -= rate_ * v;
        }
        break;
      }
      case MlpOptimizer::kRmsprop: {
        ArrayMap s(parameter.second.data() + offset, size);
        s = beta2_ * s + one_minus_beta2_ * g.square();
        w -= rate_ * g / (s.sqrt() + epsilon_);
        break;
      }
      case MlpOptimizer::kAdam:
      case MlpOptimizer::kAdamw: {
        ArrayMap m(parameter.first.data() + offset, size);
        ArrayMap v(parameter.second.data() + offset, size);
        m = beta1_ * m + one_minus_beta1_ * g;
        v = beta2_ * v + one_minus_beta2_ * g.square();
        w -= rate_ * m / (v.sqrt() * root_scale_ + epsilon_);
        break;
      }
    }
  }

 private:
  MlpOptimizer optimizer_;
  bool nesterov_;
  float rate_;
  float momentum_;
  float epsilon_;
  float decay_;
  float decoupled_ = 1;
  float beta1_ = 0;
  float one_minus_beta1_ = 0;
  float beta2_ = 0;
  float one_minus_beta2_ = 0;
  float root_scale_ = 1;
};

}  // namespace network_internal
}  // namespace sturgeon

#endif  // STURGEON_MODELS_NETWORK_OPTIMIZER_H_
