// Training speed of the network of models/mlp on one core: samples a second of a 784-H-H-10
// network, SGD with momentum, over 60,000 random examples of which half the features are zero, as
// in Fashion-MNIST.
//
//   mlp_benchmark HIDDEN BATCH [EPOCHS]
//
// prints "samples_per_second N" of each epoch. mlp_vs_pytorch.py runs it beside PyTorch.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <numeric>
#include <string>
#include <vector>

#include "core/random.h"
#include "models/network/network.h"

namespace {
// Processor time, so that other programs disturb the figure less.
double CpuSeconds() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}
}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: mlp_benchmark HIDDEN BATCH [EPOCHS]\n");
    return 2;
  }
  const int hidden = std::atoi(argv[1]);
  const int epochs = argc > 3 ? std::atoi(argv[3]) : 3;
  constexpr int kRows = 60000;
  constexpr int kInputs = 784;

  sturgeon::RandomStream random(1, 0, sturgeon::kFirstPluginStream);
  std::vector<float> features(static_cast<std::size_t>(kRows) * kInputs);
  for (float& x : features) {
    const auto u = static_cast<float>(random.Uniform());
    x = u < 0.5f ? 0.0f : u;
  }
  std::vector<int32_t> labels(kRows);
  for (int32_t& label : labels) label = static_cast<int32_t>(random.Below(10));
  std::vector<int32_t> rows(kRows);
  std::iota(rows.begin(), rows.end(), 0);

  sturgeon::MlpArchitecture architecture;
  architecture.inputs = kInputs;
  architecture.hidden = {hidden, hidden};
  architecture.classes = 10;
  sturgeon::MlpHyperparameters hyperparameters;
  hyperparameters.learning_rate = 0.01;
  hyperparameters.momentum = 0.9;
  hyperparameters.batch_size = std::atoi(argv[2]);
  auto network = sturgeon::MlpNetwork::Create(architecture, hyperparameters, 1);
  if (!network.ok()) {
    std::fprintf(stderr, "%s\n", std::string(network.status().message()).c_str());
    return 2;
  }
  const sturgeon::MlpExamples examples{features.data(), labels.data(), rows};
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const double start = CpuSeconds();
    const auto score = (*network)->TrainEpoch(examples);
    const double seconds = CpuSeconds() - start;
    if (!score.ok()) return 1;
    std::printf("samples_per_second %.0f loss %.4f\n", kRows / seconds, score->loss);
  }
  return 0;
}
