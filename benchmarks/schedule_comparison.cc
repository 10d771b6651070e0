// How good strategies are at trainings whose best hyperparameters change on the way
// (strategies/pbt/trainings.h):
//
//   schedule_comparison TRAININGS WORKERS SEEDS STRATEGY...
//
// where a STRATEGY is NAME or NAME:OPTION=VALUE,... and a study may train as many steps as
// TRAININGS full trainings have. The table, in Markdown, has a row a problem: the geometric mean,
// over the seeds, of the least loss that constant hyperparameters come to (by a fine grid), and for
// every strategy that of its best training relative to it: below 1 no constant can be. Then, in
// brackets, the standard error of the logarithm.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "benchmarks/comparison.h"
#include "core/option_schema.h"
#include "core/plugins.h"
#include "strategies/pbt/trainings.h"

namespace sturgeon {
namespace {

int Main(int argc, char** argv) {
  const Comparison given = ReadComparison(argc, argv, "TRAININGS");
  const int trainings = given.length, workers = given.workers, seeds = given.seeds;
  const Plugins plugins = OrDie(Plugins::FromLinked());
  const std::vector<PluginSpec>& strategies = given.strategies;
  std::string rule;
  std::printf("| %d trainings, %d workers, %d seeds | best constant |", trainings, workers, seeds);
  for (const std::string& name : given.names) {
    std::printf(" %s |", name.c_str());
    rule += " --- |";
  }
  std::printf("\n| --- | --- |%s\n", rule.c_str());

  const std::vector<std::function<Training(uint64_t)>> problems = {
      NoisyQuadratic, [](uint64_t seed) { return WanderingOptimum(seed, 1); },
      [](uint64_t seed) { return WanderingOptimum(seed, 2); },
      [](uint64_t seed) { return WanderingOptimum(seed, 4); }};
  for (const auto& problem : problems) {
    double constant = 0;
    std::vector<double> sum(strategies.size()), squares(strategies.size());
    for (int seed = 0; seed < seeds; ++seed) {
      const Training training = problem(seed);
      const int points = training.space.size() == 1 ? 1000 : training.space.size() == 2 ? 60 : 14;
      const double base = std::log(BestConstant(training, points));
      constant += base / seeds;
      for (size_t k = 0; k < strategies.size(); ++k) {
        const double ratio =
            std::log(OrDie(BestOfStudy(training, strategies[k], plugins,
                                       trainings * training.max_steps, workers, seed))) -
            base;
        sum[k] += ratio / seeds;
        squares[k] += ratio * ratio / seeds;
      }
    }
    std::printf("| %s | %.3g |", problem(0).name.c_str(), std::exp(constant));
    for (size_t k = 0; k < strategies.size(); ++k) {
      std::printf(" %.2f (%.2f) |", std::exp(sum[k]),
                  std::sqrt(std::max(0.0, squares[k] - sum[k] * sum[k]) / seeds));
    }
    std::printf("\n");
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace sturgeon

int main(int argc, char** argv) { return sturgeon::Main(argc, argv); }
