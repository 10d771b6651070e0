#include "strategies/pbt/trainings.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "core/random.h"
#include "core/study.h"
#include "core/study_config.h"

namespace sturgeon {
namespace {

constexpr uint32_t kShapeStream = 2000, kNoiseStream = 2001;

}  // namespace

Training NoisyQuadratic(uint64_t seed) {
  constexpr int kModes = 5, kUpdates = 20;  // updates a step
  RandomStream rng(seed, 0, kShapeStream);
  const double noise = std::pow(10, rng.Uniform(-2.5, -1.5));
  Training training;
  training.name = "noisy quadratic";
  training.space =
      *SearchSpace::Create({Parameter::Float("learning_rate", 1e-4, 1.5, Scale::kLog).Tier(1)});
  training.max_steps = 27;
  training.start.assign(kModes, 1);
  const auto curvature = [](int mode) { return std::pow(10, -0.5 * mode); };
  training.train = [=](const Point& point, int64_t /*step*/, Training::State& v) {
    for (int update = 0; update < kUpdates; ++update) {
      for (int i = 0; i < kModes; ++i) {
        const double kept = 1 - point[0] * curvature(i);
        v[i] = kept * kept * v[i] + point[0] * point[0] * curvature(i) * noise;
      }
    }
  };
  training.loss = [=](const Training::State& v) {
    double sum = 0;
    for (int i = 0; i < kModes; ++i) sum += curvature(i) * v[i] / 2;
    return sum;
  };
  training.noise = 0.02;
  return training;
}

Training WanderingOptimum(uint64_t seed, int dimensions) {
  constexpr double kWidth = 0.2, kRate = 0.2;
  Training training;
  training.name = absl::StrCat("wandering optimum, ", dimensions);
  std::vector<Parameter> parameters;
  std::vector<double> from(dimensions), to(dimensions);
  for (int j = 0; j < dimensions; ++j) {
    parameters.push_back(Parameter::Float(absl::StrCat("x", j), 0, 1));
    RandomStream rng(seed, j, kShapeStream);
    from[j] = rng.Uniform(0.1, 0.9);
    to[j] = rng.Uniform(0.1, 0.9);
  }
  training.space = *SearchSpace::Create(std::move(parameters));
  training.max_steps = 27;
  training.start = {1};
  const auto last = static_cast<double>(training.max_steps);
  training.train = [=](const Point& point, int64_t step, Training::State& state) {
    const double t = static_cast<double>(step) / last;
    double sum = 0;
    for (int j = 0; j < dimensions; ++j) {
      const double away = (point[j] - (from[j] + t * (to[j] - from[j]))) / kWidth;
      sum += away * away;
    }
    state[0] *= 1 - kRate * std::exp(-sum);
  };
  training.loss = [](const Training::State& state) { return state[0]; };
  training.noise = 0.01;
  return training;
}

absl::StatusOr<double> BestOfStudy(const Training& training, const PluginSpec& strategy,
                                   const Plugins& plugins, int64_t steps, int workers,
                                   uint64_t seed) {
  StudyConfig config;
  config.space = training.space;
  config.settable = training.space.Names();
  config.max_steps = training.max_steps;
  config.parallelism = workers;
  config.seed = seed;
  absl::StatusOr<std::unique_ptr<Study>> study = Study::Create(config, strategy, plugins);
  if (!study.ok()) return study.status();

  std::map<int64_t, std::pair<Training::State, int64_t>> trained;  // by trial, with its steps
  std::multimap<int64_t, Suggestion> running;                      // by the time of its end
  int64_t now = 0, used = 0;
  double best = std::numeric_limits<double>::infinity(), best_seen = best;
  for (;;) {
    while (static_cast<int>(running.size()) < workers && used < steps) {
      absl::StatusOr<std::vector<Suggestion>> asked = (*study)->Ask(1);
      if (!asked.ok()) return asked.status();
      if (asked->empty()) break;
      Suggestion& trial = asked->front();
      auto [state, step] = trial.resume_from.has_value()
                               ? trained.at(*trial.resume_from)
                               : std::make_pair(training.start, int64_t{0});
      const int64_t begin = step;
      while (step < trial.budget.value_or(training.max_steps)) {
        training.train(trial.point, ++step, state);
      }
      used += step - begin;
      trained[trial.id] = {std::move(state), step};
      running.emplace(now + step - begin, std::move(trial));
    }
    if (running.empty()) return best;
    const auto first = running.begin();
    const Suggestion trial = first->second;
    now = first->first;
    running.erase(first);
    const double loss = training.loss(trained[trial.id].first);
    RandomStream rng(seed, trial.id, kNoiseStream);
    const double seen = loss * std::exp(training.noise * rng.Normal());
    if (trained[trial.id].second == training.max_steps && seen < best_seen) {
      best_seen = seen;
      best = loss;
    }
    const absl::Status told = (*study)->Tell(trial.id, Outcome::Complete({seen}));
    if (!told.ok()) return told;
  }
}

double BestConstant(const Training& training, int points) {
  const int d = training.space.size();
  std::vector<int> digits(d, 0);
  Point unit(d), point(d);
  double best = std::numeric_limits<double>::infinity();
  for (;;) {
    for (int j = 0; j < d; ++j) unit[j] = (digits[j] + 0.5) / points;
    training.space.FromUnit(unit, absl::MakeSpan(point));
    Training::State state = training.start;
    for (int64_t step = 1; step <= training.max_steps; ++step) training.train(point, step, state);
    best = std::min(best, training.loss(state));
    int j = 0;
    while (j < d && ++digits[j] == points) digits[j++] = 0;
    if (j == d) return best;
  }
}

}  // namespace sturgeon
