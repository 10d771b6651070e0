// What `sturgeon plot` draws of a stored study. Each of these is given the study's trials one by
// one, in any order, and keeps no more of them than it draws.
#ifndef STURGEON_APPS_STUDY_PLOT_H_
#define STURGEON_APPS_STUDY_PLOT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "core/value.h"
#include "terminal/plot.h"

namespace sturgeon {

// An objective's values over the trials' numbers, with the best so far; or over one parameter, on
// the parameter's scale.
class ValuePlot {
 public:
  ValuePlot(const StudyConfig& config, size_t objective, std::optional<int> parameter)
      : config_(config), objective_(objective), parameter_(parameter) {}
  void Add(const Trial& trial);
  TextPlot Plot() const;

 private:
  PlotAxis Over() const;

  const StudyConfig& config_;
  const size_t objective_;
  const std::optional<int> parameter_;
  std::vector<PlotPoint> complete_, stopped_, infeasible_;
};

// A metric over the steps of training: some trials' curves as lines, and dots for all others.
class CurvePlot {
 public:
  // Which trials have lines, at most kMostLines, the first on top.
  static constexpr size_t kMostLines = 9;
  CurvePlot(const StudyConfig& config, size_t metric, std::string name, std::vector<int64_t> lines);
  void Add(const Trial& trial);
  TextPlot Plot() const;

 private:
  const StudyConfig& config_;
  const size_t metric_;  // which of those that are reported, and its name
  const std::string name_;
  const std::vector<int64_t> lines_;
  std::vector<std::vector<PlotPoint>> curves_;  // of `lines_`
  // Of all others one point in `every_`, so that a million curves find room.
  std::vector<PlotPoint> dots_;
  size_t every_ = 1, seen_ = 0;
};

// {"x": {"name", "scale"} or {"name", "choices"}, "y": …, "series": [{"name", "points": [[x,
// y]]}]}. A scale that is chosen when it is drawn is left out.
Value PlotToValue(const TextPlot& plot);

}  // namespace sturgeon

#endif  // STURGEON_APPS_STUDY_PLOT_H_
