// A function of your own as a model, tuned by many threads: a runner drives the study.
#include <cmath>
#include <iostream>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/model.h"
#include "core/plugins.h"
#include "core/runner.h"
#include "core/study.h"
#include "core/value.h"

using namespace sturgeon;  // NOLINT(google-build-using-namespace): brief, for docs/embedding.md

// [START run]
// Called from several threads. What it throws, and NaN, is a failed trial.
absl::StatusOr<std::vector<double>> Evaluate(const Value& assignment) {
  const double x = assignment.Find("x")->number();
  const bool ripples = assignment.Find("ripples")->boolean();
  return std::vector<double>{(x - 2) * (x - 2) + (ripples ? std::sin(40 * x) : 0)};
}

absl::StatusOr<RunSummary> Run(const Plugins& plugins) {
  StudyConfig config;
  config.space = *SearchSpace::Create(
      {Parameter::Float("x", -10, 10), Parameter::Categorical("ripples", {false, true})});
  config.objectives = {{"loss", Goal::kMinimize}};
  config.trials = 64;
  StudyHooks hooks;
  hooks.on_finish = [best = INFINITY](const Trial& trial) mutable {
    if (trial.state != TrialState::kComplete || trial.values[0] >= best) return;
    best = trial.values[0];
    std::cout << "trial " << trial.id << ": " << best << '\n';
  };
  auto study = Study::Create(config, {"random"}, plugins, hooks);
  if (!study.ok()) return study.status();

  const auto model = MakeFunctionModel({{"loss", Goal::kMinimize}}, Evaluate);
  PluginSpec caviar = {"caviar"};
  caviar.options.Set("parallelism", 2);
  auto runner = plugins.runners.Create(caviar, {});
  if (!runner.ok()) return runner.status();
  RunRequest request{**study, *model};
  request.trials = config.trials;
  return (*runner)->Run(request);
}
// [END run]

int main() {
  const absl::StatusOr<Plugins> plugins = Plugins::FromLinked();
  const absl::StatusOr<RunSummary> summary = plugins.ok() ? Run(*plugins) : plugins.status();
  if (!summary.ok()) {
    std::cerr << summary.status().message() << '\n';
    return 1;
  }
  std::cout << summary->complete << " trials in " << summary->elapsed << '\n';
}
