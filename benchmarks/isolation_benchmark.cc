// What a trial costs beside its training, where models train in threads and in processes: a study
// of a function that takes no time, one trial after another. `us_per_trial` includes all that the
// study and its strategy do.
//
// steps: 1, or 100 that each report. crash: the model crashes, so that each trial's worker is a new
// process.
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "benchmark/benchmark.h"
#include "core/model.h"
#include "core/option_schema.h"
#include "core/plugins.h"
#include "core/runner.h"
#include "core/space.h"
#include "core/study.h"
#include "runners/isolation/worker.h"
#include "runners/sequential/sequential.h"
#include "samplers/uniform/uniform.h"
#include "strategies/random/random.h"

namespace sturgeon {
namespace {

struct IdleOptions {
  int64_t steps = 1;
  bool crash = false;
};

class Idle final : public ModelFactory {
 public:
  static const Schema<IdleOptions>& OptionSchema() {
    static const auto* const schema =
        new Schema<IdleOptions>(Schema<IdleOptions>()
                                    .Add("steps", &IdleOptions::steps, "Steps.")
                                    .Add("crash", &IdleOptions::crash, "Whether it crashes."));
    return *schema;
  }
  static absl::StatusOr<std::unique_ptr<ModelFactory>> Create(const IdleOptions& options,
                                                              const ModelContext& /*context*/) {
    return std::unique_ptr<ModelFactory>(new Idle(options));
  }

  const SearchSpace& default_space() const override { return space_; }
  const std::vector<Metric>& metrics() const override { return metrics_; }
  int64_t max_steps() const override { return options_.steps; }
  absl::StatusOr<std::unique_ptr<Model>> Create(const Value& assignment,
                                                const ModelOptions&) const override {
    if (options_.crash) _exit(1);
    return std::unique_ptr<Model>(new Training(assignment.Find("x")->number()));
  }

 private:
  struct Training : public Model {
    explicit Training(double value) : x(value) {}
    absl::StatusOr<std::vector<double>> Train(int64_t, const StopToken&) override {
      return std::vector<double>{x};
    }
    const double x;
  };

  explicit Idle(const IdleOptions& options) : options_(options) {}

  const IdleOptions options_;
  const SearchSpace space_ = SearchSpace();
  const std::vector<Metric> metrics_ = {{"value", Goal::kMinimize}};
};

constexpr ModelPlugin kIdle = MakeModelPlugin<Idle>("idle", "Takes no time");

absl::StatusOr<RunSummary> RunStudy(const Plugins& plugins, const SequentialOptions& options,
                                    const PluginSpec& source, int64_t trials) {
  auto space = SearchSpace::Create({Parameter::Float("x", 0, 1)});
  if (!space.ok()) return space.status();
  StudyConfig config;
  config.space = *std::move(space);
  auto study = Study::Create(std::move(config), {"random"}, plugins);
  if (!study.ok()) return study.status();
  auto model = kIdle.create(source.options, "model", {});
  if (!model.ok()) return model.status();
  auto runner = SequentialRunner::Create(options, RunnerContext());
  if (!runner.ok()) return runner.status();
  RunRequest request = {**study, **model};
  request.source = &source;
  request.trials = trials;
  return (*runner)->Run(request);
}

void BM_Trial(benchmark::State& state, const char* isolation) {
  Plugins plugins;
  absl::Status added = plugins.strategies.Add(kRandomStrategy);
  added.Update(plugins.samplers.Add(kUniformSampler));
  SequentialOptions options;
  options.isolation = isolation;
  PluginSpec source = {"idle"};
  source.options.Set("steps", state.range(0)).Set("crash", state.range(1) != 0);
  const int64_t trials = state.range(1) != 0 ? 200 : 5000;
  for (auto _ : state) {
    const absl::StatusOr<RunSummary> summary = RunStudy(plugins, options, source, trials);
    if (!added.ok() || !summary.ok()) state.SkipWithError("the study failed");
  }
  state.counters["per_trial"] = benchmark::Counter(
      static_cast<double>(trials),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
void Arguments(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"steps", "crash"})->UseRealTime()->Unit(benchmark::kMillisecond);
}
BENCHMARK_CAPTURE(BM_Trial, thread, "thread")->Apply(Arguments)->Args({1, 0})->Args({100, 0});
BENCHMARK_CAPTURE(BM_Trial, process, "process")
    ->Apply(Arguments)
    ->Args({1, 0})
    ->Args({100, 0})
    ->Args({1, 1});

}  // namespace
}  // namespace sturgeon

int main(int argc, char** argv) {
  sturgeon::ModelRegistry models;
  models.Add(sturgeon::kIdle).IgnoreError();
  if (sturgeon::IsWorker()) return sturgeon::ServeModels(models);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
