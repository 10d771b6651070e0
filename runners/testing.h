// For the tests of runners: a strategy that remembers everything, models as lambdas, and trials as
// exact text.
#ifndef STURGEON_RUNNERS_TESTING_H_
#define STURGEON_RUNNERS_TESTING_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/model.h"
#include "core/option_schema.h"
#include "core/plugins.h"
#include "core/stop_token.h"
#include "core/strategy.h"
#include "core/study.h"
#include "core/value.h"

namespace sturgeon {

struct WitnessOptions {
  int64_t trials = 0;
  int64_t budget = 0;
  double stop_share = 0;
  int64_t error_at = -1;
  int64_t tell_error_at = -1;
};

// Its points and decisions are random functions of the whole history of its calls (which, in which
// order, with which arguments and pending trials): a runner that calls it differently even once
// gets another study from there on. It notes every call: "ask 4 x1 pending 2 3", "report 2 step 1",
// "tell 2 complete".
class WitnessStrategy final : public Strategy {
 public:
  static const Schema<WitnessOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<Strategy>> Create(WitnessOptions options,
                                                          const StrategyContext& context);

  absl::StatusOr<std::vector<Proposal>> Ask(const AskRequest& request) override;
  absl::Status Tell(absl::Span<const Trial* const> finished) override;
  Decision OnReport(const RunningTrial& trial) override;

 private:
  WitnessStrategy(const WitnessOptions& options, const StrategyContext& context)
      : options_(options), study_(context.study), note_(context.note), history_(study_.seed) {}

  // Note that a call happened.
  void Remember(const std::string& call, absl::Span<const double> values);

  const WitnessOptions options_;
  const StudyConfig& study_;
  const std::function<void(absl::string_view)> note_;
  uint64_t history_;
};

inline constexpr StrategyPlugin kWitnessStrategy =
    MakeStrategyPlugin<WitnessStrategy>("witness", "Remembers everything");

// Plugins with `witness` alone.
const Plugins& WitnessPlugins();

// A model out of a function from an assignment, a seed and a step (the first is 1) to metrics.
class LambdaModel final : public ModelFactory {
 public:
  struct Step {
    const Value& assignment;
    uint64_t seed;
    int64_t step;
    const StopToken& stop;
  };
  using Function = std::function<absl::StatusOr<std::vector<double>>(const Step&)>;

  LambdaModel(std::vector<Metric> metrics, int64_t max_steps, Function function)
      : metrics_(std::move(metrics)), max_steps_(max_steps), function_(std::move(function)) {}

  const SearchSpace& default_space() const override { return space_; }
  const std::vector<Metric>& metrics() const override { return metrics_; }
  int64_t max_steps() const override { return max_steps_; }
  absl::StatusOr<std::unique_ptr<Model>> Create(const Value& assignment,
                                                const ModelOptions& options) const override;

 private:
  const SearchSpace space_;
  const std::vector<Metric> metrics_;
  const int64_t max_steps_;
  const Function function_;
};

// A study of two floats in [0, 1], x and y, and a choice c of "a" and "b", to minimise `value`.
StudyConfig SmallStudy();

// Takes a time of its own for each (timing, seed, step), up to some 20 us and a yield to other
// threads: trials of different `timing` end in different orders.
void Dawdle(uint64_t timing, const LambdaModel::Step& step);

// All that must be the same where studies are the same (not times), a line a trial; numbers read
// back exactly.
std::string DescribeTrials(const Study& study);

}  // namespace sturgeon

#endif  // STURGEON_RUNNERS_TESTING_H_
