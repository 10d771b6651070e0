#include "models/network/network.h"

#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "core/random.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

// Examples in memory, with all rows chosen.
struct Data {
  std::vector<float> features;
  std::vector<int32_t> labels;
  std::vector<int32_t> rows;
  MlpExamples examples() const { return {features.data(), labels.data(), rows}; }
};

Data RandomData(int count, int inputs, int classes, uint64_t seed) {
  Data data;
  RandomStream random(seed, 0, kFirstPluginStream);
  for (int i = 0; i < count * inputs; ++i) {
    data.features.push_back(static_cast<float>(random.Normal()));
  }
  for (int i = 0; i < count; ++i) {
    data.labels.push_back(static_cast<int32_t>(random.Below(classes)));
  }
  data.rows.resize(count);
  std::iota(data.rows.begin(), data.rows.end(), 0);
  return data;
}

// Two interleaved spirals: not linearly separable.
Data Spirals(int count) {
  Data data;
  RandomStream random(7, 0, kFirstPluginStream);
  for (int i = 0; i < count; ++i) {
    const int label = i % 2;
    const double t = 0.3 + 2.7 * random.Uniform();
    const double angle = t * 2.0 + label * 3.14159265358979;
    data.features.push_back(static_cast<float>(t * std::cos(angle)));
    data.features.push_back(static_cast<float>(t * std::sin(angle)));
    data.labels.push_back(label);
    data.rows.push_back(i);
  }
  return data;
}

std::unique_ptr<MlpNetwork> Make(const MlpArchitecture& architecture,
                                 const MlpHyperparameters& hyperparameters, uint64_t seed = 1) {
  auto network = MlpNetwork::Create(architecture, hyperparameters, seed);
  EXPECT_TRUE(network.ok()) << network.status();
  return *std::move(network);
}

MlpArchitecture Architecture(int inputs, std::vector<int> hidden, int classes) {
  MlpArchitecture a;
  a.inputs = inputs;
  a.hidden = std::move(hidden);
  a.classes = classes;
  return a;
}

// --- Gradients --------------------------------------------------------------------------------

struct GradientCase {
  std::string name;
  std::vector<int> hidden;
  MlpActivation activation;
  bool batch_norm;
  double dropout;
  double weight_decay;
};

class GradientTest : public testing::TestWithParam<GradientCase> {};

INSTANTIATE_TEST_SUITE_P(
    Layers, GradientTest,
    testing::Values(GradientCase{"Softmax", {}, MlpActivation::kRelu, false, 0, 0},
                    GradientCase{"Relu", {7, 35}, MlpActivation::kRelu, false, 0, 0},
                    GradientCase{"Tanh", {7, 35}, MlpActivation::kTanh, false, 0, 0},
                    GradientCase{"Gelu", {7, 35}, MlpActivation::kGelu, false, 0, 0},
                    GradientCase{"TanhBatchNorm", {9, 5}, MlpActivation::kTanh, true, 0, 0},
                    GradientCase{
                        "GeluBatchNormDropout", {9, 6}, MlpActivation::kGelu, true, 0.3, 0},
                    GradientCase{"ReluDropout", {8, 8}, MlpActivation::kRelu, false, 0.4, 0},
                    GradientCase{"TanhDropout", {8, 8}, MlpActivation::kTanh, false, 0.4, 0},
                    GradientCase{"TanhPenalty", {6}, MlpActivation::kTanh, false, 0, 0.5}),
    [](const auto& test) { return test.param.name; });

// One step of plain gradient descent with rate 1 moves each parameter by minus its gradient. The
// finite differences of the same mini-batch's loss (with the same dropout mask) must agree.
TEST_P(GradientTest, AgreesWithFiniteDifferences) {
  const GradientCase& c = GetParam();
  MlpArchitecture architecture = Architecture(5, c.hidden, 3);
  architecture.activation = c.activation;
  architecture.batch_norm = c.batch_norm;
  MlpHyperparameters h;
  h.learning_rate = 1;
  h.momentum = 0;
  h.dropout = c.dropout;
  h.weight_decay = c.weight_decay;
  h.batch_size = 12;
  const Data data = RandomData(12, 5, 3, 11);

  auto stepped = Make(architecture, h);
  const std::vector<float> before = stepped->Parameters();
  ASSERT_TRUE(stepped->TrainEpoch(data.examples()).ok());
  const std::vector<float> after = stepped->Parameters();

  h.learning_rate = 1e-30;  // leaves the parameters as they are
  auto probe = Make(architecture, h);
  const std::string start = probe->Save();
  const auto loss = [&](std::size_t i, float value) {
    EXPECT_TRUE(probe->Restore(start).ok());
    std::vector<float> parameters = before;
    parameters[i] = value;
    EXPECT_TRUE(probe->SetParameters(parameters).ok());
    return probe->TrainEpoch(data.examples())->loss;
  };
  // Which parameters are weights (the penalty is theirs alone).
  std::vector<bool> is_weight;
  int inputs = architecture.inputs;
  std::vector<int> widths = c.hidden;
  widths.push_back(architecture.classes);
  for (std::size_t l = 0; l < widths.size(); ++l) {
    is_weight.insert(is_weight.end(), inputs * widths[l], true);
    const bool scaled = c.batch_norm && l + 1 < widths.size();
    is_weight.insert(is_weight.end(), (scaled ? 2 : 1) * widths[l], false);
    inputs = widths[l];
  }
  ASSERT_EQ(is_weight.size(), before.size());

  constexpr float kStep = 2e-3f;
  const double centre = loss(0, before[0]);
  double largest = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double penalty = is_weight[i] ? c.weight_decay * before[i] : 0;
    const double right = (loss(i, before[i] + kStep) - centre) / kStep + penalty;
    const double left = (centre - loss(i, before[i] - kStep)) / kStep + penalty;
    const double actual = static_cast<double>(before[i]) - after[i];
    // A kink of the ReLU may lie within the step: then the slopes of its two sides differ, and the
    // derivative at the centre is between them.
    const double tolerance = 2e-3 + 0.01 * std::fabs(left + right) / 2;
    EXPECT_LE(actual, std::max(left, right) + tolerance) << "parameter " << i;
    EXPECT_GE(actual, std::min(left, right) - tolerance) << "parameter " << i;
    EXPECT_LT(std::fabs(left - right), 0.05) << "parameter " << i;
    largest = std::max(largest, std::fabs(left + right) / 2);
  }
  EXPECT_GT(largest, 0.05);  // there was something to compare
}

// --- Optimisers -------------------------------------------------------------------------------

// A reference in double precision, straight from the formulas in the header, over the gradients
// that a twin network shows by plain gradient steps.
class OptimizerTest : public testing::TestWithParam<std::tuple<MlpOptimizer, bool, double>> {};

INSTANTIATE_TEST_SUITE_P(
    All, OptimizerTest,
    testing::Combine(testing::Values(MlpOptimizer::kSgd, MlpOptimizer::kRmsprop,
                                     MlpOptimizer::kAdam, MlpOptimizer::kAdamw),
                     testing::Bool(), testing::Values(0.0, 0.1)));

TEST_P(OptimizerTest, FollowsItsFormula) {
  const auto [optimizer, nesterov, weight_decay] = GetParam();
  MlpArchitecture architecture = Architecture(4, {}, 3);
  architecture.optimizer = optimizer;
  MlpHyperparameters h;
  h.learning_rate = 0.1;
  h.momentum = 0.8;
  h.nesterov = nesterov;
  h.rms_decay = 0.7;
  h.beta1 = 0.6;
  h.beta2 = 0.9;
  h.epsilon = 1e-3;
  h.weight_decay = weight_decay;
  h.batch_size = 20;
  const Data data = RandomData(20, 4, 3, 5);
  auto network = Make(architecture, h);

  MlpHyperparameters plain;
  plain.learning_rate = 1;
  plain.momentum = 0;
  plain.batch_size = 20;
  auto gradients = Make(Architecture(4, {}, 3), plain);

  const std::vector<float> initial = network->Parameters();
  const std::size_t n = initial.size();
  std::vector<double> w(initial.begin(), initial.end());
  std::vector<double> m(n), v(n);
  for (int t = 1; t <= 5; ++t) {
    const std::vector<float> at(w.begin(), w.end());
    ASSERT_TRUE(gradients->SetParameters(at).ok());
    ASSERT_TRUE(gradients->TrainEpoch(data.examples()).ok());
    const std::vector<float> moved = gradients->Parameters();
    for (std::size_t i = 0; i < n; ++i) {
      const bool is_weight = i < 12;
      double g = static_cast<double>(at[i]) - moved[i];
      if (is_weight && optimizer != MlpOptimizer::kAdamw) g += weight_decay * w[i];
      switch (optimizer) {
        case MlpOptimizer::kSgd:
          v[i] = 0.8 * v[i] + g;
          w[i] -= 0.1 * (nesterov ? g + 0.8 * v[i] : v[i]);
          break;
        case MlpOptimizer::kRmsprop:
          v[i] = 0.7 * v[i] + 0.3 * g * g;
          w[i] -= 0.1 * g / (std::sqrt(v[i]) + 1e-3);
          break;
        case MlpOptimizer::kAdam:
        case MlpOptimizer::kAdamw:
          if (is_weight && optimizer == MlpOptimizer::kAdamw) w[i] -= 0.1 * weight_decay * w[i];
          m[i] = 0.6 * m[i] + 0.4 * g;
          v[i] = 0.9 * v[i] + 0.1 * g * g;
          w[i] -= 0.1 * (m[i] / (1 - std::pow(0.6, t))) /
                  (std::sqrt(v[i] / (1 - std::pow(0.9, t))) + 1e-3);
          break;
      }
    }
    ASSERT_TRUE(network->TrainEpoch(data.examples()).ok());
    const std::vector<float> actual = network->Parameters();
    for (std::size_t i = 0; i < n; ++i) {
      ASSERT_NEAR(actual[i], w[i], 1e-4) << "step " << t << ", parameter " << i;
    }
  }
}

// --- Learning-rate decay ----------------------------------------------------------------------

TEST(LearningRateTest, FollowsItsSchedule) {
  const Data data = RandomData(4, 2, 2, 1);
  MlpHyperparameters h;
  h.learning_rate = 0.5;
  h.decay_rate = 0.2;
  h.decay_epochs = 4;
  const auto rates = [&](MlpDecay decay) {
    h.decay = decay;
    auto network = Make(Architecture(2, {}, 2), h);
    std::vector<double> result;
    for (int e = 0; e < 9; ++e) {
      result.push_back(network->LearningRate());
      EXPECT_TRUE(network->TrainEpoch(data.examples()).ok());
    }
    return result;
  };
  const auto none = rates(MlpDecay::kNone);
  const auto inverse = rates(MlpDecay::kInverse);
  const auto exponential = rates(MlpDecay::kExponential);
  const auto cosine = rates(MlpDecay::kCosine);
  const auto step = rates(MlpDecay::kStep);
  for (int e = 0; e < 9; ++e) {
    EXPECT_DOUBLE_EQ(none[e], 0.5);
    EXPECT_DOUBLE_EQ(inverse[e], 0.5 / (1 + 0.2 * e));
    EXPECT_DOUBLE_EQ(exponential[e], 0.5 * std::exp(-0.2 * e));
    EXPECT_DOUBLE_EQ(step[e], exponential[e - e % 4]);
  }
  EXPECT_DOUBLE_EQ(cosine[0], 0.5);
  EXPECT_NEAR(cosine[2], 0.25, 1e-12);
  EXPECT_NEAR(cosine[4], 0, 1e-12);
  EXPECT_NEAR(cosine[8], 0, 1e-12);
}

// --- Training ---------------------------------------------------------------------------------

struct LearningCase {
  std::string name;
  MlpOptimizer optimizer;
  MlpActivation activation;
  bool batch_norm;
  double dropout;
  double learning_rate;
};

class LearningTest : public testing::TestWithParam<LearningCase> {};

INSTANTIATE_TEST_SUITE_P(
    Kinds, LearningTest,
    testing::Values(
        LearningCase{"SgdRelu", MlpOptimizer::kSgd, MlpActivation::kRelu, false, 0, 0.05},
        LearningCase{"SgdTanh", MlpOptimizer::kSgd, MlpActivation::kTanh, false, 0, 0.05},
        LearningCase{"SgdReluBatchNorm", MlpOptimizer::kSgd, MlpActivation::kRelu, true, 0, 0.05},
        LearningCase{"RmspropGelu", MlpOptimizer::kRmsprop, MlpActivation::kGelu, false, 0, 0.005},
        LearningCase{"AdamReluDropout", MlpOptimizer::kAdam, MlpActivation::kRelu, false, 0.1,
                     0.01},
        LearningCase{"AdamwGeluBatchNormDropout", MlpOptimizer::kAdamw, MlpActivation::kGelu, true,
                     0.1, 0.01}),
    [](const auto& test) { return test.param.name; });

TEST_P(LearningTest, SeparatesTwoSpirals) {
  const LearningCase& c = GetParam();
  MlpArchitecture architecture = Architecture(2, {32, 32}, 2);
  architecture.activation = c.activation;
  architecture.batch_norm = c.batch_norm;
  architecture.optimizer = c.optimizer;
  MlpHyperparameters h;
  h.learning_rate = c.learning_rate;
  h.dropout = c.dropout;
  h.batch_size = 20;
  const Data data = Spirals(410);  // the last mini-batch is smaller
  auto network = Make(architecture, h);
  const auto untrained = network->Evaluate(data.examples());
  ASSERT_TRUE(untrained.ok());
  MlpScore last;
  for (int epoch = 0; epoch < 100; ++epoch) {
    const auto score = network->TrainEpoch(data.examples());
    ASSERT_TRUE(score.ok()) << score.status();
    last = *score;
  }
  const auto trained = network->Evaluate(data.examples());
  ASSERT_TRUE(trained.ok());
  EXPECT_GT(untrained->error, 0.25);
  EXPECT_LT(trained->error, 0.03);
  EXPECT_LT(trained->loss, 0.15);
  EXPECT_LT(last.error, 0.15);
  EXPECT_EQ(network->epoch(), 100);
}

TEST(MlpNetworkTest, ALinearModelDoesNotSeparateThem) {
  MlpHyperparameters h;
  auto network = Make(Architecture(2, {}, 2), h);
  const Data data = Spirals(400);
  for (int epoch = 0; epoch < 30; ++epoch) ASSERT_TRUE(network->TrainEpoch(data.examples()).ok());
  EXPECT_GT(network->Evaluate(data.examples())->error, 0.2);
}

TEST(MlpNetworkTest, ScoresEqualTheFormula) {
  // Softmax regression with known weights: logits = features.
  auto network = Make(Architecture(3, {}, 3), MlpHyperparameters());
  ASSERT_TRUE(network->SetParameters({1, 0, 0, 0, 1, 0, 0, 0, 1, 0.5f, 0, 0}).ok());
  Data data;
  data.features = {1, 2, 3, 3, 2, 1};
  data.labels = {2, 1};
  data.rows = {0, 1};
  const auto score = network->Evaluate(data.examples());
  ASSERT_TRUE(score.ok());
  const double first = std::log(std::exp(1.5) + std::exp(2) + std::exp(3)) - 3;
  const double second = std::log(std::exp(3.5) + std::exp(2) + std::exp(1)) - 2;
  EXPECT_NEAR(score->loss, (first + second) / 2, 1e-5);
  EXPECT_EQ(score->error, 0.5);
}

TEST(MlpNetworkTest, ManyClassesSpanSeveralPanels) {
  Data data = RandomData(300, 20, 100, 3);
  for (int i = 0; i < 300; ++i) data.labels[i] = i % 100;
  MlpHyperparameters h;
  h.batch_size = 32;
  auto network = Make(Architecture(20, {64}, 100), h);
  EXPECT_NEAR(network->Evaluate(data.examples())->loss, std::log(100.0), 1.0);
  for (int epoch = 0; epoch < 150; ++epoch) ASSERT_TRUE(network->TrainEpoch(data.examples()).ok());
  EXPECT_LT(network->Evaluate(data.examples())->error, 0.05);
}

TEST(MlpNetworkTest, DivergenceIsVisible) {
  MlpHyperparameters h;
  h.learning_rate = 1e20;
  auto network = Make(Architecture(4, {16, 16}, 3), h);
  const Data data = RandomData(200, 4, 3, 1);
  for (int epoch = 0; epoch < 5; ++epoch) ASSERT_TRUE(network->TrainEpoch(data.examples()).ok());
  const auto score = network->Evaluate(data.examples());
  ASSERT_TRUE(score.ok());
  EXPECT_FALSE(std::isfinite(score->loss));
  EXPECT_EQ(score->error, 1);  // never a good error by accident
}

TEST(MlpNetworkTest, DropoutKeepsTheExpectationAndItsShare) {
  // With identity-like parameters, the mean training loss over many masks differs from the loss
  // without dropout; without it they agree.
  const Data data = RandomData(64, 8, 3, 2);
  MlpHyperparameters h;
  h.learning_rate = 1e-30;
  h.batch_size = 64;
  auto network = Make(Architecture(8, {32}, 3), h);
  const double plain = network->Evaluate(data.examples())->loss;
  EXPECT_NEAR(network->TrainEpoch(data.examples())->loss, plain, 1e-5);
  h.dropout = 0.5;
  ASSERT_TRUE(network->SetHyperparameters(h).ok());
  const double first = network->TrainEpoch(data.examples())->loss;
  const double second = network->TrainEpoch(data.examples())->loss;
  EXPECT_NE(first, second);  // another mask each step
  EXPECT_GT(std::fabs(first - plain), 1e-4);
  EXPECT_NEAR(network->Evaluate(data.examples())->loss, plain, 1e-6);
}

// --- Determinism, saving ----------------------------------------------------------------------

struct StateCase {
  std::string name;
  MlpOptimizer optimizer;
  bool batch_norm;
  double dropout;
};

class StateTest : public testing::TestWithParam<StateCase> {
 protected:
  std::unique_ptr<MlpNetwork> Make(uint64_t seed = 1) {
    MlpArchitecture architecture = Architecture(6, {20, 9}, 4);
    architecture.optimizer = GetParam().optimizer;
    architecture.batch_norm = GetParam().batch_norm;
    MlpHyperparameters h;
    h.learning_rate = 0.01;
    h.dropout = GetParam().dropout;
    h.batch_size = 16;
    h.decay = MlpDecay::kInverse;
    h.decay_rate = 0.1;
    return sturgeon::Make(architecture, h, seed);
  }
  const Data data_ = RandomData(100, 6, 4, 9);
};

INSTANTIATE_TEST_SUITE_P(
    Kinds, StateTest,
    testing::Values(StateCase{"Sgd", MlpOptimizer::kSgd, false, 0},
                    StateCase{"RmspropDropout", MlpOptimizer::kRmsprop, false, 0.2},
                    StateCase{"AdamBatchNorm", MlpOptimizer::kAdam, true, 0},
                    StateCase{"AdamwBatchNormDropout", MlpOptimizer::kAdamw, true, 0.2}),
    [](const auto& test) { return test.param.name; });

TEST_P(StateTest, TheSeedDecides) {
  auto a = Make(), b = Make(), c = Make(2);
  for (int epoch = 0; epoch < 3; ++epoch) {
    ASSERT_TRUE(a->TrainEpoch(data_.examples()).ok());
    ASSERT_TRUE(b->TrainEpoch(data_.examples()).ok());
    ASSERT_TRUE(c->TrainEpoch(data_.examples()).ok());
  }
  EXPECT_EQ(a->Save(), b->Save());
  EXPECT_NE(a->Parameters(), c->Parameters());
}

TEST_P(StateTest, ResumingEqualsNoBreak) {
  auto whole = Make();
  for (int epoch = 0; epoch < 6; ++epoch) ASSERT_TRUE(whole->TrainEpoch(data_.examples()).ok());

  auto first = Make();
  for (int epoch = 0; epoch < 2; ++epoch) ASSERT_TRUE(first->TrainEpoch(data_.examples()).ok());
  auto second = Make(99);  // what it was before does not matter
  ASSERT_TRUE(second->TrainEpoch(data_.examples()).ok());
  ASSERT_TRUE(second->Restore(first->Save()).ok());
  EXPECT_EQ(second->epoch(), 2);
  for (int epoch = 2; epoch < 6; ++epoch) {
    ASSERT_TRUE(second->Evaluate(data_.examples()).ok());  // looking changes nothing
    ASSERT_TRUE(second->TrainEpoch(data_.examples()).ok());
  }
  EXPECT_EQ(second->Save(), whole->Save());
}

TEST_P(StateTest, BadStatesAreErrors) {
  auto network = Make();
  ASSERT_TRUE(network->TrainEpoch(data_.examples()).ok());
  const std::string state = network->Save();
  auto victim = Make(3);
  const std::string before = victim->Save();
  for (std::size_t size = 0; size < state.size(); size += 1 + state.size() / 40) {
    EXPECT_EQ(victim->Restore(state.substr(0, size)).code(), absl::StatusCode::kInvalidArgument);
  }
  for (std::size_t i = 0; i < state.size(); i += 1 + state.size() / 40) {
    std::string damaged = state;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    EXPECT_EQ(victim->Restore(damaged).code(), absl::StatusCode::kInvalidArgument) << i;
  }
  auto other = sturgeon::Make(Architecture(6, {20}, 4), MlpHyperparameters());
  const absl::Status status = other->Restore(state);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("6-20-9-4 relu"), absl::string_view::npos) << status;
  EXPECT_EQ(victim->Save(), before);
}

TEST(MlpNetworkTest, StopsWithinAnEpoch) {
  const Data data = RandomData(1000, 3, 2, 1);
  MlpHyperparameters h;
  h.batch_size = 10;
  auto network = Make(Architecture(3, {4}, 2), h);
  int asked = 0;
  const auto score = network->TrainEpoch(data.examples(), [&] { return ++asked == 3; });
  EXPECT_EQ(score.status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(network->epoch(), 0);
}

TEST(MlpNetworkTest, HyperparametersChangeBetweenEpochs) {
  const Data data = RandomData(50, 3, 2, 1);
  MlpHyperparameters h;
  auto network = Make(Architecture(3, {4}, 2), h);
  h.learning_rate = 0.125;
  h.batch_size = 7;
  ASSERT_TRUE(network->SetHyperparameters(h).ok());
  EXPECT_EQ(network->LearningRate(), 0.125);
  ASSERT_TRUE(network->TrainEpoch(data.examples()).ok());
  h.momentum = 1.0;
  const absl::Status status = network->SetHyperparameters(h);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "momentum is 1; it must be in [0, 1)");
  EXPECT_EQ(network->hyperparameters().momentum, 0.9);
}

TEST(MlpNetworkTest, InvalidArgumentsAreErrors) {
  const MlpHyperparameters h;
  EXPECT_FALSE(MlpNetwork::Create(Architecture(0, {4}, 2), h, 1).ok());
  EXPECT_FALSE(MlpNetwork::Create(Architecture(3, {0}, 2), h, 1).ok());
  EXPECT_FALSE(MlpNetwork::Create(Architecture(3, {4}, 1), h, 1).ok());
  EXPECT_EQ(MlpNetwork::Create(Architecture(3, {1 << 30, 1 << 30}, 2), h, 1).status().message(),
            "a network 3-1073741824-1073741824-2 has more than 67108864 weights, which is the most "
            "that can be trained");
  for (double MlpHyperparameters::*field :
       {&MlpHyperparameters::learning_rate, &MlpHyperparameters::momentum,
        &MlpHyperparameters::rms_decay, &MlpHyperparameters::beta1, &MlpHyperparameters::beta2,
        &MlpHyperparameters::epsilon, &MlpHyperparameters::weight_decay,
        &MlpHyperparameters::dropout, &MlpHyperparameters::decay_rate,
        &MlpHyperparameters::decay_epochs}) {
    for (double bad : {-0.5, std::nan(""), static_cast<double>(INFINITY)}) {
      MlpHyperparameters wrong;
      wrong.*field = bad;
      EXPECT_EQ(MlpNetwork::Create(Architecture(3, {4}, 2), wrong, 1).status().code(),
                absl::StatusCode::kInvalidArgument);
    }
  }
  auto network = Make(Architecture(3, {4}, 2), h);
  Data data = RandomData(5, 3, 2, 1);
  data.labels[4] = 2;
  EXPECT_EQ(network->TrainEpoch(data.examples()).status().message(),
            "the label of row 4 is 2; labels of 2 classes must be in [0, 2)");
  EXPECT_FALSE(network->Evaluate(data.examples()).ok());
  data.rows.clear();
  EXPECT_FALSE(network->TrainEpoch(data.examples()).ok());
  EXPECT_FALSE(network->SetParameters({1, 2, 3}).ok());
}

}  // namespace
}  // namespace sturgeon
