// For the tests of the panda: a model that trains as a network does, and runs of it.
#ifndef STURGEON_RUNNERS_PANDA_TESTING_H_
#define STURGEON_RUNNERS_PANDA_TESTING_H_

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/checkpoint_store.h"
#include "core/model.h"
#include "core/option_schema.h"
#include "core/random.h"
#include "core/runner.h"
#include "core/study.h"
#include "gtest/gtest.h"
#include "runners/panda/console.h"
#include "runners/panda/panda.h"
#include "runners/testing.h"

namespace sturgeon {

inline constexpr int64_t kEpochs = 27;
inline constexpr int kBatches = 40;

// A model whose loss depends on the history of its learning rate as a network's does: gradient
// descent on the noisy quadratic sum h w^2 / 2 with curvatures from 1 to 0.01. It diverges above a
// rate of 2, hardly moves at small ones, and does not settle at large ones.
class Quadratic final : public Model {
 public:
  struct Options {
    bool saves = true;
    // From this epoch on, a learning rate above `nan_above` gives NaN.
    int64_t nan_from = std::numeric_limits<int64_t>::max();
    double nan_above = 0;
    std::function<void()> on_step;  // called at each
  };

  Quadratic(const Options& options, double rate, double units, uint64_t seed)
      : options_(options), rate_(rate), units_(units), seed_(seed) {
    RandomStream rng(seed, 0, 0);
    for (double& w : w_) w = 5 + rng.Uniform();
  }

  absl::StatusOr<std::vector<double>> Train(int64_t steps, const StopToken&) override {
    for (int64_t i = 0; i < steps; ++i) {
      ++epoch_;
      if (options_.on_step) options_.on_step();
      RandomStream rng(seed_, epoch_, 1);
      for (int batch = 0; batch < kBatches; ++batch) {
        for (int k = 0; k < 3; ++k) {
          const double noise = rng.Uniform() + rng.Uniform() + rng.Uniform() - 1.5;
          w_[k] -= rate_ * (kCurvatures[k] * w_[k] + 0.5 * noise);
        }
      }
      if (epoch_ >= options_.nan_from && rate_ > options_.nan_above) w_[0] = std::nan("");
    }
    double loss = 0.05;
    for (int k = 0; k < 3; ++k) loss += kCurvatures[k] * w_[k] * w_[k] / 2;
    return std::vector<double>{loss};
  }

  absl::StatusOr<std::string> Save() const override {
    if (!options_.saves) return absl::UnimplementedError("no");
    return absl::StrFormat("%d %.17g %d %.17g %.17g %.17g", kEpochs, units_, epoch_, w_[0], w_[1],
                           w_[2]);
  }
  absl::Status Load(absl::string_view state) override {
    if (!options_.saves) return absl::UnimplementedError("no");
    const std::vector<std::string> parts = absl::StrSplit(state, ' ');
    double units = 0;
    if (parts.size() != 6 || !absl::SimpleAtod(parts[1], &units) || units != units_ ||
        !absl::SimpleAtoi(parts[2], &epoch_)) {
      return absl::InvalidArgumentError("a state of other units");
    }
    for (int k = 0; k < 3; ++k) {
      if (!absl::SimpleAtod(parts[3 + k], &w_[k])) return absl::InvalidArgumentError("no state");
    }
    return absl::OkStatus();
  }

 private:
  static constexpr double kCurvatures[] = {1, 0.2, 0.01};

  const Options options_;
  const double rate_, units_;
  const uint64_t seed_;
  int64_t epoch_ = 0;
  double w_[3];
};

class QuadraticFactory final : public ModelFactory {
 public:
  explicit QuadraticFactory(Quadratic::Options options = {})
      : options_(options),
        space_(*SearchSpace::Create(
            {Parameter::Float("learning_rate", 1e-4, 10, Scale::kLog).Default(0.2),
             Parameter::Int("units", 1, 8).Default(4)})) {}

  const SearchSpace& default_space() const override { return space_; }
  const std::vector<Metric>& metrics() const override { return metrics_; }
  int64_t max_steps() const override { return kEpochs; }
  std::string unit() const override { return "epoch"; }
  std::vector<std::string> settable() const override { return {"learning_rate"}; }
  absl::StatusOr<std::unique_ptr<Model>> Create(const Value& assignment,
                                                const ModelOptions& options) const override {
    return std::unique_ptr<Model>(
        std::make_unique<Quadratic>(options_, assignment.Find("learning_rate")->number(),
                                    assignment.Find("units")->number(), options.seed));
  }

 private:
  const Quadratic::Options options_;
  const SearchSpace space_;
  const std::vector<Metric> metrics_ = {{"loss", Goal::kMinimize}};
};

inline StudyConfig QuadraticStudy(uint64_t seed = 1) {
  StudyConfig config;
  config.space = QuadraticFactory().default_space();
  config.objectives = {{"loss", Goal::kMinimize}};
  config.seed = seed;
  return config;
}

struct Ran {
  std::unique_ptr<Study> study;
  absl::StatusOr<RunSummary> summary = absl::UnknownError("not run");
  std::vector<std::string> notes;
};

struct Case {
  const QuadraticFactory* model = nullptr;
  uint64_t seed = 1;
  std::string options;
  Value enqueue;
  int64_t trials = 0;
  CheckpointStore* checkpoints = nullptr;
  const StudyPlace* place = nullptr;
  Console* console = nullptr;
  std::function<absl::Time()> clock;
};

inline std::unique_ptr<Ran> RunPanda(const Case& setup) {
  static const auto* const kModel = new QuadraticFactory();
  auto ran = std::make_unique<Ran>();
  StudyHooks hooks;
  hooks.on_note = [notes = &ran->notes](absl::string_view line) { notes->emplace_back(line); };
  auto study = setup.place == nullptr
                   ? Study::Create(QuadraticStudy(setup.seed), {"witness"}, WitnessPlugins(), hooks)
                   : Study::Attach(QuadraticStudy(setup.seed), {"witness"}, WitnessPlugins(), hooks,
                                   *setup.place);
  EXPECT_TRUE(study.ok()) << study.status();
  ran->study = *std::move(study);
  ran->notes.clear();
  if (!setup.enqueue.is_null()) {
    EXPECT_TRUE(ran->study->Enqueue(setup.enqueue).ok());
  }
  auto options =
      PandaRunner::OptionSchema().Parse(*ParseAssignments(setup.options), "runner panda");
  EXPECT_TRUE(options.ok()) << options.status();
  options->console = setup.console;
  if (setup.clock != nullptr) options->clock = setup.clock;
  auto runner = PandaRunner::Create(*options, RunnerContext());
  EXPECT_TRUE(runner.ok()) << runner.status();
  RunRequest request = {*ran->study, setup.model != nullptr ? *setup.model : *kModel};
  request.trials = setup.trials;
  request.checkpoints = setup.checkpoints;
  ran->summary = (*runner)->Run(request);
  return ran;
}

inline int64_t StepsOf(const Study& study) {
  int64_t steps = 0;
  for (const Trial& trial : study.Trials()) steps += static_cast<int64_t>(trial.reports.size());
  return steps;
}

}  // namespace sturgeon

#endif  // STURGEON_RUNNERS_PANDA_TESTING_H_
