// How good strategies are where trials train step by step, relative to each other:
//
//   fidelity_comparison FULL_TRAININGS WORKERS SEEDS STRATEGY...
//
// where a STRATEGY is NAME or NAME:OPTION=VALUE,..., and so many WORKERS train, in simulated time,
// for as long as FULL_TRAININGS of 27 epochs take them together.
//
// A trial's loss after t epochs is f(x) + a S (t^-p - 27^-p): f are the objectives of
// strategy_comparison, S the standard deviation of f over its space, p between 0.3 and 1.3
// depending on x, so that curves cross; a is 0.5 (early results tell much) or 3 (they tell little).
// Values are noisy, the more the earlier. An epoch takes a time of its own in each configuration,
// lognormal with a factor of 2.
//
// The table has a column each for a ninth, a third and all of the time, and for both kinds of
// curve: the geometric mean over objectives and seeds of the regret (what the best loss trained so
// far lacks to the optimum, without noise; before anything has ended the median of random
// configurations), relative to the first strategy's; then the trials, the share of the workers'
// time that was spent training, and the strategy's CPU time a trial.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "benchmarks/comparison.h"
#include "benchmarks/test_objectives.h"
#include "core/option_schema.h"
#include "core/plugins.h"
#include "core/random.h"
#include "core/space.h"
#include "core/study.h"

namespace sturgeon {
namespace {

constexpr int kEpochs = 27;
constexpr double kLeastRegret = 1e-9;
constexpr uint32_t kNoiseStream = 2001, kSpreadStream = 2002;
constexpr int kMoments = 3;  // a ninth, a third, all of the time

// Learning curves over an objective.
class Curves {
 public:
  Curves(Instance instance, double amplitude) : instance_(std::move(instance)) {
    std::vector<double> values;
    for (int i = 0; i < 500; ++i) {
      RandomStream rng(0, i, kSpreadStream);
      Point point(space().size());
      for (double& u : point) u = rng.Uniform();
      space().FromUnit(point, absl::MakeSpan(point));
      const double value = instance_.regret(point);
      if (!std::isnan(value)) values.push_back(value);
    }
    double mean = 0, variance = 0;
    for (const double v : values) mean += v / static_cast<double>(values.size());
    for (const double v : values) variance += (v - mean) * (v - mean);
    spread_ = std::sqrt(variance / static_cast<double>(values.size()));
    amplitude_ = amplitude * spread_;
    std::sort(values.begin(), values.end());
    median_ = values[values.size() / 2];
  }

  const SearchSpace& space() const { return instance_.space; }

  // Of random configurations the median of the regret after the last epoch.
  double median() const { return median_; }
  // The loss after t epochs, without noise; NaN: it has failed.
  double Loss(const Point& point, int64_t t) const {
    const double power = 0.3 + Mixed(point);
    return instance_.regret(point) +
           amplitude_ * (std::pow(static_cast<double>(t), -power) - std::pow(kEpochs, -power));
  }
  double Noise(int64_t t, RandomStream& rng) const {
    return spread_ * 0.01 * (1 + 3 / static_cast<double>(t)) * rng.Normal();
  }
  double TimeOfEpoch(uint64_t seed, int64_t configuration) const {
    return std::exp2(RandomStream(seed, configuration, kSpreadStream).Normal());
  }

 private:
  // Something in [0, 1] that depends on the point smoothly.
  double Mixed(const Point& point) const {
    Point unit(point.size());
    space().ToUnit(point, absl::MakeSpan(unit));
    return std::isnan(unit.back()) ? 0.5 : 0.7 * unit[0] + 0.3 * unit.back();
  }

  Instance instance_;
  double spread_ = 0, amplitude_ = 0, median_ = 0;
};

struct Run {
  double regret[kMoments];
  double trials = 0, busy = 0, cpu_seconds = 0;
};

struct Training {
  Suggestion trial;
  int64_t configuration, from, to;
  double start, end;
};
struct EndsLater {
  bool operator()(const Training& a, const Training& b) const {
    return std::make_pair(a.end, a.trial.id) > std::make_pair(b.end, b.trial.id);
  }
};

Run Play(const Curves& curves, const PluginSpec& strategy, const Plugins& plugins, int trainings,
         int workers, uint64_t seed) {
  StudyConfig config;
  config.space = curves.space();
  config.max_steps = kEpochs;
  config.seed = seed;
  config.parallelism = workers;
  const std::unique_ptr<Study> study = OrDie(Study::Create(config, strategy, plugins));
  const double limit = static_cast<double>(trainings) * kEpochs / workers;
  std::priority_queue<Training, std::vector<Training>, EndsLater> running;
  std::map<int64_t, std::pair<int64_t, int64_t>> ended;  // trial -> its configuration and epochs
  Run run;
  double now = 0;
  std::optional<double> best;
  int moment = 0;
  const auto pass = [&](double until) {
    while (moment < kMoments && limit * std::pow(3, moment - kMoments + 1) <= until) {
      run.regret[moment++] = std::max(best.value_or(curves.median()), kLeastRegret);
    }
  };
  for (;;) {
    const auto idle = workers - static_cast<int>(running.size());
    if (idle > 0) {
      const std::clock_t begin = std::clock();
      std::vector<Suggestion> asked = OrDie(study->Ask(idle));
      run.cpu_seconds += static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
      for (Suggestion& trial : asked) {
        Training next = {std::move(trial), 0, 0, 0, now, 0};
        next.configuration = next.trial.id;
        if (next.trial.resume_from.has_value()) {
          std::tie(next.configuration, next.from) = ended[*next.trial.resume_from];
        }
        next.to = next.trial.budget.value_or(kEpochs);
        next.end = now + static_cast<double>(next.to - next.from) *
                             curves.TimeOfEpoch(seed, next.configuration);
        run.busy += std::min(next.end, limit) - now;
        running.push(std::move(next));
      }
    }
    if (running.empty() || running.top().end > limit) break;
    const Training done = running.top();
    running.pop();
    now = done.end;
    pass(now);
    ended[done.trial.id] = {done.configuration, done.to};
    const double loss = curves.Loss(done.trial.point, done.to);
    RandomStream rng(seed, done.trial.id, kNoiseStream);
    Outcome outcome = Outcome::Failed(FailureKind::kNotFinite, "diverged");
    if (!std::isnan(loss)) {
      best = std::min(best.value_or(loss), loss);
      outcome = Outcome::Complete({loss + curves.Noise(done.to, rng)});
    }
    const std::clock_t begin = std::clock();
    const absl::Status told = study->Tell(done.trial.id, std::move(outcome));
    run.cpu_seconds += static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    if (!told.ok()) OrDie<int>(told);
  }
  pass(limit);
  run.trials = static_cast<double>(study->counts().total());
  run.busy /= limit * workers;
  return run;
}

int Main(int argc, char** argv) {
  const Comparison given = ReadComparison(argc, argv, "FULL_TRAININGS");
  const int trainings = given.length, workers = given.workers, seeds = given.seeds;
  const Plugins plugins = OrDie(Plugins::FromLinked());
  constexpr double kAmplitudes[] = {0.5, 3};
  std::printf(
      "| %d full trainings, %d workers, %d seeds | T/9, telling | T/3 | T |"
      " T/9, hard | T/3 | T | trials | busy | ms a trial |\n"
      "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
      trainings, workers, seeds);
  std::vector<double> first;
  for (size_t k = 0; k < given.strategies.size(); ++k) {
    const PluginSpec& strategy = given.strategies[k];
    std::vector<double> logs;
    double trials = 0, busy = 0, cpu_seconds = 0, runs = 0;
    for (const double amplitude : kAmplitudes) {
      double sums[kMoments] = {};
      const double before = runs;
      for (const NamedObjective& objective : TestObjectives()) {
        for (int seed = 0; seed < seeds; ++seed) {
          const Curves curves(objective.make(seed), amplitude);
          const Run run = Play(curves, strategy, plugins, trainings, workers, seed);
          for (int m = 0; m < kMoments; ++m) sums[m] += std::log(run.regret[m]);
          trials += run.trials;
          busy += run.busy;
          cpu_seconds += run.cpu_seconds;
          ++runs;
        }
      }
      for (const double sum : sums) logs.push_back(sum / (runs - before));
    }
    if (first.empty()) first = logs;
    std::printf("| %s |", given.names[k].c_str());
    for (size_t c = 0; c < logs.size(); ++c) std::printf(" %.3f |", std::exp(logs[c] - first[c]));
    std::printf(" %.0f | %.3f | %.2f |\n", trials / runs, busy / runs, 1000 * cpu_seconds / trials);
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace sturgeon

int main(int argc, char** argv) { return sturgeon::Main(argc, argv); }
