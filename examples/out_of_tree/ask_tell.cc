// A study as a plain library, inside a program of your own: no files, no flags, no threads.
//
// It tunes gradient descent with momentum in a valley that is a hundred times as steep across as it
// is along, where a learning rate above about 4 diverges.
#include <iostream>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/plugins.h"
#include "core/study.h"

using namespace sturgeon;  // NOLINT(google-build-using-namespace): brief, for the README

// The loss after 50 steps.
double Train(double learning_rate, double momentum) {
  double along = 1, across = 1, along_speed = 0, across_speed = 0;
  for (int step = 0; step < 50; ++step) {
    along_speed = momentum * along_speed - learning_rate * 0.01 * along;
    across_speed = momentum * across_speed - learning_rate * across;
    along += along_speed;
    across += across_speed;
  }
  return 0.01 * along * along + across * across;
}

int Fail(absl::string_view message) {
  std::cerr << message << '\n';
  return 1;
}

// [START tune]
absl::StatusOr<std::optional<Trial>> Tune(const Plugins& plugins) {
  StudyConfig config;
  config.space = *SearchSpace::Create({
      Parameter::Float("learning_rate", 1e-3, 10, Scale::kLog),
      Parameter::Float("momentum", 0.5, 0.999, Scale::kReverseLog),
  });
  config.trials = 100;
  auto study = Study::Create(config, {"auto"}, plugins);
  if (!study.ok()) return study.status();
  for (int i = 0; i < config.trials; ++i) {
    auto trials = (*study)->Ask(1);
    if (!trials.ok()) return trials.status();
    for (const Suggestion& trial : *trials) {
      const double loss = Train(trial.Number("learning_rate"), trial.Number("momentum"));
      absl::Status told = (*study)->Tell(trial.id, Outcome::Complete({loss}));
      if (!told.ok()) return told;
    }
  }
  return (*study)->Best();
}
// [END tune]

int main() {
  const absl::StatusOr<Plugins> plugins = Plugins::FromLinked();
  if (!plugins.ok()) return Fail(plugins.status().message());
  const absl::StatusOr<std::optional<Trial>> best = Tune(*plugins);
  if (!best.ok()) return Fail(best.status().message());
  if (!best->has_value()) return Fail("every trial failed");
  const Trial& trial = **best;
  std::cout << "trial " << trial.id << ": loss " << trial.values[0] << " with learning_rate "
            << trial.point[0] << ", momentum " << trial.point[1] << '\n';
}
