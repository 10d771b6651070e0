// What a strategy costs a trial: Study::Ask and Study::Tell with n finished trials, in a mixed
// space of ten parameters (the scoreboard's: four floats, three ints, three categories), on one
// core.
//
//   strategy_overhead_benchmark [BENCHMARK FLAGS] STRATEGY…
//
// where a STRATEGY is NAME or NAME:OPTION=VALUE,…; --benchmark_filter picks numbers of trials. The
// n trials are random ones, imported; a study that has grown by a tenth gives way to a fresh one,
// and what a strategy does at its first proposal, say to fit a model of n trials, is not counted.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "benchmark/benchmark.h"
#include "core/option_schema.h"
#include "core/plugins.h"
#include "core/random.h"
#include "core/study.h"

namespace sturgeon {
namespace {

void DieUnless(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(2);
}

template <typename T>
T OrDie(absl::StatusOr<T> result) {
  DieUnless(result.status());
  return *std::move(result);
}

SearchSpace MixedSpace() {
  return OrDie(SearchSpace::Create({
      Parameter::Float("f0", -5, 5),
      Parameter::Float("f1", 0, 1),
      Parameter::Float("f2", 1e-6, 1, Scale::kLog),
      Parameter::Float("f3", 1e-3, 1e3, Scale::kLog),
      Parameter::Int("i0", 1, 10),
      Parameter::Int("i1", 0, 100),
      Parameter::Int("i2", 1, 1024, Scale::kLog),
      Parameter::Categorical("c0", {"a", "b"}),
      Parameter::Categorical("c1", {"a", "b", "c"}),
      Parameter::Categorical("c2", {"a", "b", "c", "d", "e"}),
  }));
}

double Loss(absl::Span<const double> x) {
  return x[0] * x[0] + x[1] + std::abs(std::log10(x[2]) + 3) + std::abs(std::log10(x[3])) +
         std::abs(x[4] - 4) + std::abs(x[5] - 30) / 20 + std::abs(std::log2(x[6]) - 6) + x[7] +
         x[8] + x[9] / 2;
}

std::unique_ptr<Study> MakeStudy(const PluginSpec& strategy, const Plugins& plugins, int64_t n) {
  StudyConfig config;
  config.space = MixedSpace();
  config.seed = 1;
  auto study = OrDie(Study::Create(std::move(config), strategy, plugins));
  const SearchSpace& space = study->space();
  std::vector<double> unit(space.size());
  for (int64_t i = 0; i < n; ++i) {
    RandomStream rng(2, i, kProposalStream);
    for (double& u : unit) u = rng.Uniform();
    Trial trial;
    trial.state = TrialState::kComplete;
    trial.point.resize(space.size());
    space.FromUnit(unit, absl::MakeSpan(trial.point));
    trial.values = {Loss(trial.point)};
    DieUnless(study->Import(std::move(trial)).status());
  }
  return study;
}

void AskAndTell(Study& study) {
  for (const Suggestion& suggestion : OrDie(study.Ask(1))) {
    DieUnless(study.Tell(suggestion.id, Outcome::Complete({Loss(suggestion.point)})));
  }
}

void Overhead(benchmark::State& state, const PluginSpec& strategy, const Plugins& plugins) {
  const int64_t n = state.range(0);
  std::unique_ptr<Study> study;
  for (auto unused : state) {
    if (study == nullptr || study->counts().total() > n + std::max<int64_t>(n / 10, 10)) {
      state.PauseTiming();
      study = MakeStudy(strategy, plugins, n);
      AskAndTell(*study);
      state.ResumeTiming();
    }
    AskAndTell(*study);
  }
}

int Main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s [BENCHMARK FLAGS] STRATEGY[:OPTION=VALUE,…]…\n", argv[0]);
    return 2;
  }
  const Plugins plugins = OrDie(Plugins::FromLinked());
  for (int i = 1; i < argc; ++i) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(argv[i], absl::MaxSplits(':', 1));
    PluginSpec strategy = {parts.first, Value::Object()};
    if (!parts.second.empty()) strategy.options = OrDie(ParseAssignments(parts.second));
    MakeStudy(strategy, plugins, 0);  // what is wrong comes out now
    benchmark::RegisterBenchmark(
        argv[i],
        [strategy, &plugins](benchmark::State& state) { Overhead(state, strategy, plugins); })
        ->Arg(100)
        ->Arg(500)
        ->Arg(1000)
        ->Arg(2000)
        ->Arg(10000)
        ->Arg(100000)
        ->Unit(benchmark::kMillisecond);
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace sturgeon

int main(int argc, char** argv) { return sturgeon::Main(argc, argv); }
