// For tests of strategies with one objective: a study, and functions of points that its trials are
// worth.
#ifndef STURGEON_STRATEGIES_PLAY_H_
#define STURGEON_STRATEGIES_PLAY_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "core/plugins.h"
#include "core/space.h"
#include "core/strategy.h"
#include "core/study.h"
#include "core/study_config.h"
#include "core/value.h"

namespace sturgeon {

using PointLoss = std::function<double(absl::Span<const double>)>;  // NaN: the trial fails

// Floats x0, x1 … in [-5, 5].
std::vector<Parameter> Cube(int d);
StudyConfig StudyOf(std::vector<Parameter> parameters, uint64_t seed = 1);

// Σ (x_i - c_i)², the centres c_i between -0.7 and 1.7.
double ShiftedSphere(absl::Span<const double> x);

class StudyPlay {
 public:
  StudyPlay(const StrategyPlugin& strategy, StudyConfig config, Value options = Value::Object());

  std::vector<Suggestion> Ask(int count);
  void Tell(const Suggestion& trial, double loss);
  // Runs trials one after another, or so many at once.
  std::vector<Suggestion> Run(int trials, const PointLoss& loss, int batch = 1);

  double Best() const { return study_->Best()->values[0]; }
  Study& study() { return *study_; }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  Plugins plugins_;
  std::vector<std::string> notes_;
  std::unique_ptr<Study> study_;
};

// The geometric mean over seeds of the best loss after so many trials in Cube(d).
double BestLossOver(int seeds, int d, int trials, const StrategyPlugin& strategy,
                    const PointLoss& loss, int batch = 1);

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_PLAY_H_
