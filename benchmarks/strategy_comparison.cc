// How good strategies are on test objectives, relative to each other:
//
//   strategy_comparison TRIALS WORKERS SEEDS STRATEGY...
//
// where a STRATEGY is NAME or NAME:OPTION=VALUE,..., and so many WORKERS run trials that all take
// equally long. The table, in Markdown, has a row an objective:
// the geometric mean, over the seeds, of the first strategy's regret (what its best trial lacks to
// the optimum), and for every strategy its own relative to that; below, the geometric mean of each
// column. Optima of the smooth objectives are shifted by the seed, so that no design is favoured
// for sampling the middle; where there is noise, the best trial is judged without it.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmarks/comparison.h"
#include "benchmarks/test_objectives.h"
#include "core/option_schema.h"
#include "core/plugins.h"
#include "core/random.h"
#include "core/study.h"

namespace sturgeon {
namespace {

constexpr double kLeastRegret = 1e-9;
constexpr uint32_t kNoiseStream = 2001;

// The regret of the best trial of one study.
double Regret(const Instance& instance, const PluginSpec& strategy, const Plugins& plugins,
              int trials, int workers, uint64_t seed) {
  StudyConfig config;
  config.space = instance.space;
  config.trials = trials;
  config.seed = seed;
  const std::unique_ptr<Study> study = OrDie(Study::Create(config, strategy, plugins));
  double best = 1e9, best_seen = 1e9;
  std::deque<Suggestion> running;
  const auto finish_oldest = [&] {
    const Suggestion trial = std::move(running.front());
    running.pop_front();
    const double regret = instance.regret(trial.point);
    RandomStream rng(seed, trial.id, kNoiseStream);
    const double seen = regret + instance.noise * rng.Normal();
    if (seen < best_seen) {
      best_seen = seen;
      best = regret;
    }
    const absl::Status told = study->Tell(trial.id, Outcome::Complete({seen}));
    if (!told.ok()) OrDie<int>(told);
  };
  for (int i = 0; i < trials; ++i) {
    for (Suggestion& suggestion : OrDie(study->Ask(1))) running.push_back(std::move(suggestion));
    if (static_cast<int>(running.size()) == workers) finish_oldest();
  }
  while (!running.empty()) finish_oldest();
  return std::max(best, kLeastRegret);
}

int Main(int argc, char** argv) {
  const Comparison given = ReadComparison(argc, argv, "TRIALS");
  const int trials = given.length, workers = given.workers, seeds = given.seeds;
  const Plugins plugins = OrDie(Plugins::FromLinked());
  const std::vector<PluginSpec>& strategies = given.strategies;
  std::string rule;
  std::printf("| %d trials, %d workers, %d seeds | regret |", trials, workers, seeds);
  for (const std::string& name : given.names) {
    std::printf(" %s |", name.c_str());
    rule += " --- |";
  }
  std::printf("\n| --- | --- |%s\n", rule.c_str());

  const std::vector<NamedObjective> objectives = TestObjectives();
  std::vector<double> overall(strategies.size());
  for (const NamedObjective& objective : objectives) {
    std::vector<double> log_regret(strategies.size());
    for (int seed = 0; seed < seeds; ++seed) {
      const Instance instance = objective.make(seed);
      for (size_t k = 0; k < strategies.size(); ++k) {
        log_regret[k] +=
            std::log(Regret(instance, strategies[k], plugins, trials, workers, seed)) / seeds;
      }
    }
    std::printf("| %s | %.2g |", objective.name, std::exp(log_regret[0]));
    for (size_t k = 0; k < strategies.size(); ++k) {
      const double ratio = log_regret[k] - log_regret[0];
      overall[k] += ratio / static_cast<double>(objectives.size());
      std::printf(" %.2f |", std::exp(ratio));
    }
    std::printf("\n");
  }
  std::printf("| all |  |");
  for (const double ratio : overall) std::printf(" %.2f |", std::exp(ratio));
  std::printf("\n");
  return 0;
}

}  // namespace
}  // namespace sturgeon

int main(int argc, char** argv) { return sturgeon::Main(argc, argv); }
