#include "apps/study_plot.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "apps/trial_table.h"
#include "core/space.h"

namespace sturgeon {
namespace {

constexpr size_t kMostDots = 400000;

// Where most of the values are: all but the worst tenth. What is far beyond does not count.
PlotSpan FocusOf(const Objective& objective, const std::vector<PlotPoint>& points) {
  std::vector<double> values;
  for (const PlotPoint& point : points) values.push_back(point.y);
  if (values.empty()) return {};
  const size_t most = (values.size() - 1) * 9 / 10;
  std::nth_element(values.begin(), values.begin() + most, values.end(),
                   [&](double a, double b) { return objective.Loss(a) < objective.Loss(b); });
  PlotSpan focus;
  for (size_t i = 0; i <= most; ++i) focus.Add(values[i]);
  return focus;
}

PlotSeries Marks(const char* name, char mark, const std::vector<PlotPoint>& points) {
  return {name, PlotStyle::kMarks, mark, points};
}

// Those that were better than all before them.
std::vector<PlotPoint> Improvements(const Objective& objective, std::vector<PlotPoint> points) {
  std::sort(points.begin(), points.end(),
            [](const PlotPoint& a, const PlotPoint& b) { return a.x < b.x; });
  std::vector<PlotPoint> best;
  for (const PlotPoint& point : points) {
    if (best.empty() || objective.Loss(point.y) < objective.Loss(best.back().y)) {
      best.push_back(point);
    }
  }
  return best;
}

}  // namespace

void ValuePlot::Add(const Trial& trial) {
  if (objective_ >= trial.values.size() || !std::isfinite(trial.values[objective_])) return;
  PlotPoint point = {static_cast<double>(trial.id), trial.values[objective_]};
  if (parameter_.has_value()) {
    if (trial.point.empty() || std::isnan(trial.point[*parameter_])) return;  // inactive
    point.x = trial.point[*parameter_];
  }
  if (trial.state == TrialState::kStopped) stopped_.push_back(point);
  if (trial.state == TrialState::kComplete) {
    (trial.feasible() ? complete_ : infeasible_).push_back(point);
  }
}

PlotAxis ValuePlot::Over() const {
  if (!parameter_.has_value()) return {"trial", Scale::kLinear, /*whole=*/true};
  const Parameter& parameter = config_.space[*parameter_];
  PlotAxis axis = {parameter.name, parameter.scale, parameter.type == ParameterType::kInt};
  for (size_t i = 0; i < parameter.choices.size(); ++i) {
    axis.choices.push_back(ShowValue(parameter, static_cast<double>(i)));
  }
  if (!parameter.is_categorical()) axis.least = {parameter.low, parameter.high};
  return axis;
}

TextPlot ValuePlot::Plot() const {
  const Objective& objective = config_.objectives[objective_];
  TextPlot plot;
  plot.x = Over();
  plot.y = {objective.metric, std::nullopt};
  plot.focus = FocusOf(objective, complete_.empty() ? stopped_ : complete_);
  plot.series = {Marks("stopped early", 'x', stopped_),
                 Marks("infeasible", 'o', infeasible_),
                 {"complete", PlotStyle::kDots, '*', complete_}};
  std::vector<PlotPoint> best = complete_;
  if (!parameter_.has_value()) {
    plot.series.push_back(
        {"best so far", PlotStyle::kSteps, '-', Improvements(objective, std::move(best))});
  } else if (!best.empty()) {
    plot.series.push_back(
        Marks("best", '*', {*std::min_element(best.begin(), best.end(), [&](auto& a, auto& b) {
                return objective.Loss(a.y) < objective.Loss(b.y);
              })}));
  }
  return plot;
}

CurvePlot::CurvePlot(const StudyConfig& config, size_t metric, std::string name,
                     std::vector<int64_t> lines)
    : config_(config),
      metric_(metric),
      name_(std::move(name)),
      lines_(std::move(lines)),
      curves_(lines_.size()) {}

void CurvePlot::Add(const Trial& trial) {
  const auto line = std::find(lines_.begin(), lines_.end(), trial.id);
  for (size_t i = 0; i < trial.reports.size(); ++i) {
    const absl::Span<const double> values = trial.reports.values(i);
    if (metric_ >= values.size() || !std::isfinite(values[metric_])) continue;
    const PlotPoint point = {static_cast<double>(trial.reports.step(i)), values[metric_]};
    if (line != lines_.end()) {
      curves_[line - lines_.begin()].push_back(point);
      continue;
    }
    if (seen_++ % every_ != 0) continue;
    dots_.push_back(point);
    if (dots_.size() < kMostDots) continue;
    for (size_t k = 0; k < dots_.size() / 2; ++k) dots_[k] = dots_[2 * k];
    dots_.resize(dots_.size() / 2);
    every_ *= 2;
  }
}

TextPlot CurvePlot::Plot() const {
  TextPlot plot;
  plot.x = {config_.unit, Scale::kLinear, /*whole=*/true};
  plot.y = {name_, std::nullopt};
  plot.series.push_back({"other trials", PlotStyle::kDots, '*', dots_});
  for (size_t i = lines_.size(); i-- > 0;) {
    plot.series.push_back({absl::StrCat("trial ", lines_[i]), PlotStyle::kLine,
                           static_cast<char>('1' + i), curves_[i]});
    for (const PlotPoint& point : curves_[i]) plot.focus.Add(point.y);
  }
  return plot;
}

Value PlotToValue(const TextPlot& plot) {
  const auto axis_value = [](const PlotAxis& axis) {
    Value value = Value::Object();
    value.Set("name", axis.name);
    if (!axis.choices.empty()) {
      Value::List choices(axis.choices.begin(), axis.choices.end());
      value.Set("choices", std::move(choices));
    } else if (axis.scale.has_value()) {
      value.Set("scale", std::string(ScaleName(*axis.scale)));
    }
    return value;
  };
  Value value = Value::Object();
  value.Set("x", axis_value(plot.x));
  value.Set("y", axis_value(plot.y));
  Value::List list;
  for (const PlotSeries& series : plot.series) {
    if (series.points.empty()) continue;
    Value::List points;
    for (const PlotPoint& point : series.points) {
      points.push_back(Value::List{point.x, point.y});
    }
    Value one = Value::Object();
    one.Set("name", series.name);
    one.Set("points", std::move(points));
    list.push_back(std::move(one));
  }
  value.Set("series", std::move(list));
  return value;
}

}  // namespace sturgeon
