// Speed and evenness of the samplers.
//
//   bazel run //benchmarks:samplers_benchmark
//
// BM_Sample/NAME/d/b: the time of b successive points in d dimensions (`per_point`: of one).
// BM_Maximin/d/n: the time of a latin hypercube of n points in d dimensions with 100 swaps a point.
// BM_Discrepancy/NAME/d/n: the centred L2 discrepancy of the first n points in d dimensions, n
// being planned (of a grid: of the points that it has), its root mean square over 64 seeds, divided
// by what n independent uniform points have in expectation: 1 is as even as chance.
// BM_MinimumDistance/NAME/d/n: the distance of the closest pair of those points, its mean.
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "benchmark/benchmark.h"
#include "core/sampler.h"
#include "core/value.h"
#include "samplers/discrepancy.h"
#include "samplers/grid/grid.h"
#include "samplers/halton/halton.h"
#include "samplers/latin_hypercube/latin_hypercube.h"
#include "samplers/sobol/sobol.h"
#include "samplers/uniform/uniform.h"

namespace sturgeon {
namespace {

constexpr int kSeeds = 64;

struct Entry {
  const char* name;
  const SamplerPlugin* plugin;
  Value options = Value::Object();
};

std::unique_ptr<Sampler> Make(const Entry& entry, const SamplerContext& context,
                              benchmark::State& state) {
  auto sampler = entry.plugin->create(entry.options, entry.name, context);
  if (!sampler.ok()) {
    state.SkipWithError(std::string(sampler.status().message()).c_str());
    return nullptr;
  }
  return *std::move(sampler);
}

void BM_Sample(benchmark::State& state, const Entry& entry) {
  SamplerContext context;
  context.dimensions = static_cast<int>(state.range(0));
  context.count = 1000;
  const int64_t block = state.range(1);
  const auto sampler = Make(entry, context, state);
  if (sampler == nullptr) return;
  std::vector<double> points(block * context.dimensions);
  int64_t first = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(sampler->Sample(first, absl::MakeSpan(points)));
    benchmark::ClobberMemory();
    first = first + 2 * block > sampler->size() ? 0 : first + block;
  }
  state.SetItemsProcessed(state.iterations() * block);
  state.counters["per_point"] =
      benchmark::Counter(static_cast<double>(state.iterations() * block),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

Value MaximinSwaps(int64_t swaps) {
  Value options = Value::Object();
  options.Set("maximin_swaps", swaps);
  return options;
}

void BM_Maximin(benchmark::State& state) {
  SamplerContext context;
  context.dimensions = static_cast<int>(state.range(0));
  context.count = state.range(1);
  const Entry entry{"latin_hypercube", &kLatinHypercubeSampler, MaximinSwaps(100 * context.count)};
  std::vector<double> point(context.dimensions);
  for (auto _ : state) {
    const auto sampler = Make(entry, context, state);
    if (sampler == nullptr) return;
    benchmark::DoNotOptimize(sampler->Sample(0, absl::MakeSpan(point)));
    ++context.seed;
  }
}
BENCHMARK(BM_Maximin)->ArgsProduct({{2, 10}, {16, 64, 256}})->Unit(benchmark::kMillisecond);

// The mean of `measure` over the point sets of all seeds.
template <typename Measure>
double MeanOverSeeds(benchmark::State& state, const Entry& entry, const Measure& measure) {
  SamplerContext context;
  context.dimensions = static_cast<int>(state.range(0));
  context.count = state.range(1);
  std::vector<double> points;
  double sum = 0;
  for (context.seed = 0; context.seed < kSeeds; ++context.seed) {
    const auto sampler = Make(entry, context, state);
    if (sampler == nullptr) return 0;
    points.resize(std::min(context.count, sampler->size()) * context.dimensions);
    const absl::Status status = sampler->Sample(0, absl::MakeSpan(points));
    if (!status.ok()) state.SkipWithError(std::string(status.message()).c_str());
    sum += measure(points, context.dimensions);
  }
  return sum / kSeeds;
}

void BM_Discrepancy(benchmark::State& state, const Entry& entry) {
  double mean_square = 0;
  for (auto _ : state) {
    mean_square =
        MeanOverSeeds(state, entry, [](const std::vector<double>& points, int dimensions) {
          return std::pow(CenteredL2Discrepancy(points, dimensions), 2);
        });
  }
  const double d = static_cast<double>(state.range(0));
  const double of_uniform =
      (std::pow(5.0 / 4, d) - std::pow(13.0 / 12, d)) / static_cast<double>(state.range(1));
  state.counters["of_uniform"] = std::sqrt(mean_square / of_uniform);
}

void BM_MinimumDistance(benchmark::State& state, const Entry& entry) {
  double mean = 0;
  for (auto _ : state) mean = MeanOverSeeds(state, entry, MinimumDistance);
  state.counters["distance"] = mean;
}

const bool registered = [] {
  const Entry entries[] = {
      {"uniform", &kUniformSampler},
      {"grid", &kGridSampler},
      {"latin_hypercube", &kLatinHypercubeSampler},
      {"latin_hypercube_maximin", &kLatinHypercubeSampler, MaximinSwaps(10000)},
      {"halton", &kHaltonSampler},
      {"sobol", &kSobolSampler},
  };
  for (const Entry& entry : entries) {
    const auto add = [&entry](const char* name, void (*function)(benchmark::State&, const Entry&)) {
      return benchmark::RegisterBenchmark(absl::StrCat(name, "/", entry.name).c_str(), function,
                                          entry);
    };
    if (entry.options.object().empty()) {  // otherwise BM_Maximin tells more
      add("BM_Sample", BM_Sample)->ArgsProduct({{2, 10, 100}, {1, 100}});
    }
    add("BM_Discrepancy", BM_Discrepancy)
        ->ArgsProduct({{2, 5, 10}, {16, 25, 64, 256}})
        ->Iterations(1)
        ->Unit(benchmark::kMillisecond);
    add("BM_MinimumDistance", BM_MinimumDistance)
        ->ArgsProduct({{2, 5, 10}, {16, 25, 64}})
        ->Iterations(1)
        ->Unit(benchmark::kMillisecond);
  }
  return true;
}();

}  // namespace
}  // namespace sturgeon
