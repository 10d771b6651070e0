// How the pace of a study grows with the threads of caviar, where trials do nothing but compute:
// k cores should run k trials at k times the pace of one.
//
// Each iteration is a study of 32 trials, of about 0.07 s each (uneven:0) or between 0 and 0.3 s
// with the same mean (uneven:1, the same trials for every mode and number of threads). Compare
// `trials_per_second`; run it on an idle machine.
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "benchmark/benchmark.h"
#include "core/model.h"
#include "core/plugins.h"
#include "core/runner.h"
#include "core/space.h"
#include "core/study.h"
#include "runners/caviar/caviar.h"
#include "samplers/uniform/uniform.h"
#include "strategies/random/random.h"

namespace sturgeon {
namespace {

enum Mode { kAsynchronous, kWindow, kRounds };

constexpr int kTrials = 32;
constexpr int kStates = 64;
constexpr double kSteps = 13e6;

// `steps` steps of independent logistic maps, in registers.
double Compute(double x, int64_t steps) {
  double states[kStates];
  for (int i = 0; i < kStates; ++i) states[i] = (x + i) / (kStates + 1);
  for (int64_t step = 0; step < steps; ++step) {
    for (double& state : states) state = 3.9 * state * (1 - state);
  }
  double sum = 0;
  for (const double state : states) sum += state;
  return sum;
}

absl::StatusOr<RunSummary> RunStudy(const Plugins& plugins, const ModelFactory& model,
                                    const CaviarOptions& options) {
  auto space = SearchSpace::Create({Parameter::Float("x", 0, 1)});
  if (!space.ok()) return space.status();
  StudyConfig config;
  config.space = *std::move(space);
  auto study = Study::Create(std::move(config), {"random"}, plugins);
  if (!study.ok()) return study.status();
  auto runner = CaviarRunner::Create(options, RunnerContext());
  if (!runner.ok()) return runner.status();
  RunRequest request = {**study, model};
  request.trials = kTrials;
  return (*runner)->Run(request);
}

void BM_Caviar(benchmark::State& state) {
  CaviarOptions options;
  options.parallelism = static_cast<int>(state.range(0));
  options.deterministic = state.range(1) != kAsynchronous;
  options.schedule = state.range(1) == kRounds ? "rounds" : "window";
  const bool uneven = state.range(2) != 0;
  Plugins plugins;
  absl::Status added = plugins.strategies.Add(kRandomStrategy);
  added.Update(plugins.samplers.Add(kUniformSampler));
  const auto model =
      MakeFunctionModel({{"value", Goal::kMinimize}}, [uneven](const Value& assignment) {
        const double x = assignment.Find("x")->number();
        const double work = uneven ? 4 * x * x * x : 1;
        return std::vector<double>{Compute(x, std::llround(kSteps * work))};
      });
  for (auto _ : state) {
    const auto summary = RunStudy(plugins, *model, options);
    if (!added.ok() || !summary.ok() || summary->complete != kTrials) {
      state.SkipWithError("the study failed");
      break;
    }
  }
  state.counters["trials_per_second"] =
      benchmark::Counter(kTrials, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(BM_Caviar)
    ->ArgNames({"threads", "mode", "uneven"})
    ->ArgsProduct({{1, 2, 4, 8}, {kAsynchronous, kWindow, kRounds}, {0, 1}})
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sturgeon
