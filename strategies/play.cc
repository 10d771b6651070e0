#include "strategies/play.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sturgeon {

std::vector<Parameter> Cube(int d) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < d; ++i) {
    parameters.push_back(Parameter::Float(absl::StrCat("x", i), -5, 5));
  }
  return parameters;
}

StudyConfig StudyOf(std::vector<Parameter> parameters, uint64_t seed) {
  StudyConfig config;
  config.space = *SearchSpace::Create(std::move(parameters));
  config.seed = seed;
  return config;
}

double ShiftedSphere(absl::Span<const double> x) {
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double v = x[i] - 1.7 + 0.6 * static_cast<double>(i % 5);
    sum += v * v;
  }
  return sum;
}

StudyPlay::StudyPlay(const StrategyPlugin& strategy, StudyConfig config, Value options) {
  EXPECT_TRUE(plugins_.strategies.Add(strategy).ok());
  StudyHooks hooks;
  hooks.on_note = [this](absl::string_view line) { notes_.emplace_back(line); };
  auto study = Study::Create(std::move(config), {strategy.name, std::move(options)}, plugins_,
                             std::move(hooks));
  EXPECT_TRUE(study.ok()) << study.status();
  study_ = *std::move(study);
}

std::vector<Suggestion> StudyPlay::Ask(int count) {
  auto suggestions = study_->Ask(count);
  EXPECT_TRUE(suggestions.ok()) << suggestions.status();
  return *std::move(suggestions);
}

void StudyPlay::Tell(const Suggestion& trial, double loss) {
  EXPECT_TRUE(study_->Tell(trial.id, Outcome::Complete({loss})).ok());
}

std::vector<Suggestion> StudyPlay::Run(int trials, const PointLoss& loss, int batch) {
  std::vector<Suggestion> run;
  while (static_cast<int>(run.size()) < trials) {
    const std::vector<Suggestion> asked = Ask(batch);
    for (const Suggestion& one : asked) Tell(one, loss(one.point));
    run.insert(run.end(), asked.begin(), asked.end());
    if (asked.empty()) break;
  }
  return run;
}

double BestLossOver(int seeds, int d, int trials, const StrategyPlugin& strategy,
                    const PointLoss& loss, int batch) {
  double sum = 0;
  for (int seed = 0; seed < seeds; ++seed) {
    StudyConfig config = StudyOf(Cube(d), seed);
    config.parallelism = batch;
    StudyPlay play(strategy, std::move(config));
    play.Run(trials, loss, batch);
    sum += std::log(std::max(play.Best(), 1e-300)) / seeds;
  }
  return std::exp(sum);
}

}  // namespace sturgeon
