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
#include <cstdlib>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "core/option_schema.h"
#include "core/plugins.h"
#include "strategies/pbt/trainings.h"

namespace sturgeon {
namespace {

template <typename T>
T OrDie(absl::StatusOr<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "%s\n", result.status().ToString().c_str());
    std::exit(2);
  }
  return *std::move(result);
}

int Main(int argc, char** argv) {
  int trainings = 0, workers = 0, seeds = 0;
  if (argc < 5 || !absl::SimpleAtoi(argv[1], &trainings) || !absl::SimpleAtoi(argv[2], &workers) ||
      !absl::SimpleAtoi(argv[3], &seeds) || trainings < 1 || workers < 1 || seeds < 1) {
    std::fprintf(stderr, "usage: %s TRAININGS WORKERS SEEDS STRATEGY[:OPTION=VALUE,...] ...\n",
                 argv[0]);
    return 2;
  }
  const Plugins plugins = OrDie(Plugins::FromLinked());
  std::vector<PluginSpec> strategies;
  std::string rule;
  std::printf("| %d trainings, %d workers, %d seeds | best constant |", trainings, workers, seeds);
  for (int i = 4; i < argc; ++i) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(argv[i], absl::MaxSplits(':', 1));
    strategies.push_back({parts.first, OrDie(ParseAssignments(parts.second))});
    std::printf(" %s |", argv[i]);
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
