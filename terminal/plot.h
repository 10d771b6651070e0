// Plots drawn with characters.
//
//   TextPlot plot;
//   plot.x = {"learning_rate", Scale::kLog};
//   plot.y = {"validation_error", std::nullopt};  // logarithmic where that shows more
//   plot.series.push_back({"complete", PlotStyle::kDots, '*', {{0.001, 0.21}, {0.01, 0.14}}});
//   std::string lines = DrawPlot(plot, {TerminalWidth(STDOUT_FILENO), 16, SpeaksUtf8()});
//
//   validation_error      ⠂ complete
//    0.2 ┤⠁
//        │
//   0.16 ┤
//        │                              ⢀
//        └┬─────────────────────────────┬
//        0.001                        0.01
//               learning_rate, log axis
#ifndef STURGEON_TERMINAL_PLOT_H_
#define STURGEON_TERMINAL_PLOT_H_

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "core/space.h"

namespace sturgeon {

// A stretch of values; as it is: an empty one.
struct PlotSpan {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  bool empty() const { return low > high; }
  double length() const { return high - low; }
  bool Has(double value) const { return low <= value && value <= high; }
  // What is not finite adds nothing.
  void Add(double value);
};

struct PlotAxis {
  std::string name;
  // nullopt: logarithmic if all values are positive, and the largest of the focus is five times its
  // least. A value that the scale has no place for is not drawn.
  std::optional<Scale> scale = Scale::kLinear;
  bool whole = false;  // numbers at whole values alone
  // Of a categorical axis: what stands for the values 0, 1, 2 …
  std::vector<std::string> choices = {};
  PlotSpan least = {};  // the axis goes as far, whatever is drawn
};

enum class PlotStyle {
  kDots,   // many points: braille; in ASCII, characters that are denser where more points are
  kMarks,  // its mark at each point
  kLine,   // likewise, with dots between one point and the next; x grows
  kSteps,  // a line that stays at a point's height until the next; x grows
};

struct PlotPoint {
  double x = 0, y = 0;  // what is not finite is not drawn
};

struct PlotSeries {
  std::string name;  // in the legend; "": not there
  PlotStyle style = PlotStyle::kDots;
  char mark = '*';
  std::vector<PlotPoint> points;
};

// A line beneath the x axis: its name at the left, and texts under their places.
struct PlotLabels {
  struct Label {
    double x = 0;
    std::string text;
  };
  std::string name;
  std::vector<Label> labels;
};

// Names are shown as Printable has them.
struct TextPlot {
  PlotAxis x, y;
  std::vector<PlotSeries> series;  // later ones are drawn over earlier ones
  // The y axis goes beyond this no further than by as much again, so that a value that blew up does
  // not press the others flat; it stands at the edge as ^ or v. Empty: it goes as far as is needed.
  PlotSpan focus;
  // Instead of round numbers and the name of the x axis, which then has a mark at each of the first
  // one's labels.
  std::vector<PlotLabels> labels;
  // Columns from one x to x + 1, at most; 0: as many as there is room for.
  int widest_step = 0;
};

struct PlotRoom {
  int width = 80;     // columns; at least 40 are taken
  int height = 16;    // rows for the values, at least 5
  bool utf8 = false;  // otherwise ASCII
};

// Lines with their ends; "" if there is nothing to draw. Cost: linear in the points.
std::string DrawPlot(const TextPlot& plot, const PlotRoom& room);

// Values as bars of eight heights, "█▅▄▂▂▁" (UTF-8), a column each; on a logarithmic scale by the
// same rule as an axis. What is not finite is a blank.
std::string Sparkline(absl::Span<const double> values);

}  // namespace sturgeon

#endif  // STURGEON_TERMINAL_PLOT_H_
