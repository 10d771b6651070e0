#include "runners/panda/plot.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "terminal/plot.h"

namespace sturgeon {
namespace {

constexpr int kWidestStep = 8;  // columns from one step to the next

PlotSeries SeriesOf(const std::vector<Curve::Sample>& samples, std::string name, PlotStyle style,
                    char mark) {
  PlotSeries series = {std::move(name), style, mark, {}};
  for (const Curve::Sample& sample : samples) {
    if (!std::isfinite(sample.value)) continue;
    series.points.push_back({static_cast<double>(sample.step), sample.value});
  }
  return series;
}

}  // namespace

std::string DrawCurve(const Curve& curve, int width, int height) {
  TextPlot plot;
  plot.y = {curve.metric, std::nullopt};
  plot.series = {SeriesOf(curve.left, "days that were left", PlotStyle::kMarks, 'x'),
                 SeriesOf(curve.model, "this model", PlotStyle::kLine, '*')};
  // One day that blew up must not press the curve flat.
  for (const PlotPoint& point : plot.series[1].points) plot.focus.Add(point.y);
  plot.labels = {{curve.unit, {}}, {"day", {}}};
  for (const Curve::Day& day : curve.days) {
    const auto x = static_cast<double>(day.last_step);
    plot.labels[0].labels.push_back({x, absl::StrCat(day.last_step)});
    plot.labels[1].labels.push_back({x, absl::StrCat(day.trial)});
  }
  plot.widest_step = kWidestStep;
  const std::string drawn = DrawPlot(plot, {width, height, /*utf8=*/false});
  return drawn.empty() ? absl::StrCat("there is no ", curve.metric, " to draw\n") : drawn;
}

}  // namespace sturgeon
