// What a study costs beside the model: random trials a second through ask and tell, and the bytes
// that a trial leaves behind, in a 10-dimensional mixed space on one core.
//
// Bytes are what the allocator handed out (mallinfo2), so they hold its own overhead as well.
#include <malloc.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "benchmark/benchmark.h"
#include "core/plugins.h"
#include "core/study.h"
#include "samplers/sobol/sobol.h"
#include "samplers/uniform/uniform.h"
#include "strategies/random/random.h"

namespace sturgeon {
namespace {

void DieUnless(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(1);
}

const Plugins& BenchmarkPlugins() {
  static const Plugins* const plugins = [] {
    auto* all = new Plugins();
    DieUnless(all->samplers.Add(kUniformSampler));
    DieUnless(all->samplers.Add(kSobolSampler));
    DieUnless(all->strategies.Add(kRandomStrategy));
    return all;
  }();
  return *plugins;
}

std::unique_ptr<Study> MakeStudy(const char* sampler) {
  StudyConfig config;
  auto space = SearchSpace::Create({
      Parameter::Float("learning_rate", 1e-4, 1, Scale::kLog),
      Parameter::Float("momentum", 0.9, 0.999, Scale::kReverseLog).Tier(2),
      Parameter::Int("hidden_units", 32, 512, Scale::kLog).Tier(2),
      Parameter::Int("batch_size", 16, 256, Scale::kLog).Factor(2).Tier(2),
      Parameter::Int("layers", 1, 4).Tier(3),
      Parameter::Categorical("optimizer", {"sgd", "adam"}).Tier(3),
      Parameter::Float("beta2", 0.99, 0.9999, Scale::kReverseLog)
          .Tier(4)
          .When("optimizer", {"adam"}),
      Parameter::Float("dropout", 0, 0.5),
      Parameter::Float("smoothing", 0, 0.3).Step(0.1),
      Parameter::Categorical("activation", {"relu", "tanh", "gelu"}),
  });
  DieUnless(space.status());
  config.space = *std::move(space);
  config.seed = 1;
  auto study =
      Study::Create(std::move(config), {"random", Value(Value::Object{{"sampler", sampler}})},
                    BenchmarkPlugins());
  DieUnless(study.status());
  return *std::move(study);
}

// Asks for `batch` trials and tells them.
void AskAndTell(Study* study, int batch) {
  const auto suggestions = study->Ask(batch);
  DieUnless(suggestions.status());
  for (const Suggestion& suggestion : *suggestions) {
    DieUnless(study->Tell(suggestion.id, Outcome::Complete({suggestion.point[0]})));
  }
}

void BM_AskTell(benchmark::State& state, const char* sampler) {
  const auto batch = static_cast<int>(state.range(0));
  std::unique_ptr<Study> study = MakeStudy(sampler);
  int64_t trials = 0;
  for (auto unused : state) {
    AskAndTell(study.get(), batch);
    trials += batch;
    if (study->counts().total() >= 1000000) {  // what a large study holds
      state.PauseTiming();
      study = MakeStudy(sampler);
      state.ResumeTiming();
    }
  }
  state.SetItemsProcessed(trials);
}
BENCHMARK_CAPTURE(BM_AskTell, uniform, "uniform")->Arg(1)->Arg(8)->Arg(100);
BENCHMARK_CAPTURE(BM_AskTell, sobol, "sobol")->Arg(1)->Arg(100);

void BM_BytesPerTrial(benchmark::State& state) {
  const int64_t trials = state.range(0);
  double bytes = 0;
  for (auto unused : state) {
    const std::unique_ptr<Study> study = MakeStudy("uniform");
    const auto before = mallinfo2();
    for (int64_t i = 0; i < trials; i += 100) AskAndTell(study.get(), 100);
    const auto after = mallinfo2();
    bytes = static_cast<double>(after.uordblks + after.hblkhd) -
            static_cast<double>(before.uordblks + before.hblkhd);
  }
  state.counters["bytes_per_trial"] = bytes / static_cast<double>(trials);
}
BENCHMARK(BM_BytesPerTrial)->Arg(1000000)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sturgeon
