// What it costs to say what mattered: Importance() over random trials of ten parameters, one of
// them a category and one conditional.

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "benchmark/benchmark.h"
#include "core/importance.h"
#include "core/random.h"
#include "core/space.h"
#include "core/study_config.h"
#include "core/trial.h"

namespace sturgeon {
namespace {

StudyConfig Config() {
  StudyConfig config;
  std::vector<Parameter> parameters = {
      Parameter::Categorical("choice", {"a", "b", "c"}),
      Parameter::Float("sub", 0, 1).When("choice", {"c"}),
      Parameter::Int("layers", 1, 4),
      Parameter::Int("units", 32, 512, Scale::kLog),
  };
  for (const char* name : {"u", "v", "w", "x", "y", "z"}) {
    parameters.push_back(Parameter::Float(name, 0, 1));
  }
  config.space = *SearchSpace::Create(std::move(parameters));
  return config;
}

std::vector<Trial> Trials(const StudyConfig& config, int64_t count) {
  const auto size = static_cast<size_t>(config.space.size());
  std::vector<Trial> trials(count);
  for (int64_t i = 0; i < count; ++i) {
    RandomStream rng(1, i, 0);
    Point unit(size);
    double value = 0.1 * rng.Normal();
    for (size_t p = 0; p < size; ++p) {
      unit[p] = rng.Uniform();
      value += std::pow(unit[p] - 0.3, 2) / static_cast<double>(1 + p);
    }
    Trial& trial = trials[i];
    trial.id = i;
    trial.state = TrialState::kComplete;
    trial.point.resize(size);
    config.space.FromUnit(unit, absl::MakeSpan(trial.point));
    trial.values = {value};
  }
  return trials;
}

void BM_Importance(benchmark::State& state, ImportanceMethod method, bool pairs) {
  const StudyConfig config = Config();
  const std::vector<Trial> trials = Trials(config, state.range(0));
  ImportanceOptions options;
  options.method = method;
  options.pairs = pairs;
  for (auto unused : state) {
    const absl::StatusOr<ImportanceReport> report = Importance(config, trials, options);
    if (!report.ok()) state.SkipWithError("no report");
    benchmark::DoNotOptimize(report);
  }
}

void Sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->RangeMultiplier(10)->Range(100, 100000)->Unit(benchmark::kMillisecond);
}
BENCHMARK_CAPTURE(BM_Importance, fanova, ImportanceMethod::kFanova, false)->Apply(Sizes);
BENCHMARK_CAPTURE(BM_Importance, fanova_pairs, ImportanceMethod::kFanova, true)->Apply(Sizes);
BENCHMARK_CAPTURE(BM_Importance, ped_anova, ImportanceMethod::kPedAnova, false)->Apply(Sizes);
BENCHMARK_CAPTURE(BM_Importance, permutation, ImportanceMethod::kPermutation, false)->Apply(Sizes);

}  // namespace
}  // namespace sturgeon
