#include "terminal/plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "terminal/text.h"

namespace sturgeon {
namespace {

constexpr double kLogFrom = 5;      // the largest value over the least
constexpr double kRowsPerTick = 2;  // at least, of a linear axis
constexpr double kColumnsPerTick = 8;
constexpr size_t kEnoughTicks = 3;  // of an axis that is not linear
constexpr int kWidestLabel = 12;    // left of the y axis
constexpr double kGoldenRatio = 0.6180339887498949;

// Text cut to so many columns, with a mark that the terminal can show.
std::string Cut(absl::string_view text, int columns, bool utf8) {
  constexpr absl::string_view kEllipsis = "…";
  std::string cut = Elided(text, columns);
  if (!utf8 && cut != text && absl::EndsWith(cut, kEllipsis)) {
    cut.replace(cut.size() - kEllipsis.size(), kEllipsis.size(), "~");
  }
  return cut;
}

// Where a value is on a scale; NaN if nowhere.
double AtScale(Scale scale, double value) {
  switch (scale) {
    case Scale::kLinear:
      break;
    case Scale::kLog:
      return value > 0 ? std::log10(value) : std::numeric_limits<double>::quiet_NaN();
    case Scale::kReverseLog:
      return value < 1 ? -std::log10(1 - value) : std::numeric_limits<double>::quiet_NaN();
  }
  return value;
}

Scale ChooseScale(const PlotSpan& all, const PlotSpan& focus) {
  return all.low > 0 && focus.high / kLogFrom >= focus.low ? Scale::kLog : Scale::kLinear;
}

// An axis of so many cells.
class Axis {
 public:
  // `focus` is `all` where nothing else is said.
  Axis(const PlotAxis& axis, const PlotSpan& all, const PlotSpan& focus, int cells, bool utf8)
      : axis_(axis),
        cells_(cells),
        utf8_(utf8),
        scale_(axis.scale.has_value() ? *axis.scale : ChooseScale(all, focus)) {
    if (!axis.choices.empty()) {
      range_ = {-0.5, static_cast<double>(axis.choices.size()) - 0.5};
      return;
    }
    range_ = {At(all.low), At(all.high)};
    if (focus.length() > 0) {
      const double allowance = At(focus.high) - At(focus.low);
      range_.low = std::max(range_.low, At(focus.low) - allowance);
      range_.high = std::min(range_.high, At(focus.high) + allowance);
    }
    if (!(range_.length() > 0)) {
      const double margin = range_.low == 0 ? 1 : std::abs(range_.low) * 0.05;
      range_ = {range_.low - margin, range_.high + margin};
    }
  }

  double At(double value) const { return AtScale(scale_, value); }
  const PlotSpan& range() const { return range_; }

  // The cell of a place, of `cells`; the first is at the left, or at the top.
  int Column(double at, int cells) const { return Cell(at, range_.low, cells); }
  int Column(double at) const { return Column(at, cells_); }
  int Row(double at, int cells) const { return Cell(range_.high, at, cells); }
  int Row(double at) const { return Row(at, cells_); }

  std::string name() const {
    return absl::StrCat(Printable(axis_.name), scale_ == Scale::kLog          ? ", log axis"
                                               : scale_ == Scale::kReverseLog ? ", reverse log axis"
                                                                              : "");
  }

  // Round numbers, as many as have room.
  std::vector<PlotLabels::Label> Ticks(double cells_per_tick) const {
    std::vector<PlotLabels::Label> labels;
    if (!axis_.choices.empty()) {
      const int room = std::max(1, static_cast<int>(cells_ / axis_.choices.size()) - 1);
      for (size_t i = 0; i < axis_.choices.size(); ++i) {
        labels.push_back({static_cast<double>(i), Cut(axis_.choices[i], std::max(room, 3), utf8_)});
      }
      return labels;
    }
    const std::vector<double> ticks =
        scale_ == Scale::kLinear ? LinearTicks(cells_per_tick) : DecadeTicks();
    for (const double tick : ticks) {
      labels.push_back({tick, scale_ == Scale::kReverseLog ? absl::StrCat(tick)  // six digits
                                                           : ShortNumber(tick)});
    }
    return labels;
  }

 private:
  // How far `high` is above `low`. In halves: the length may be too large for a double.
  int Cell(double high, double low, int cells) const {
    const double share = (high / 2 - low / 2) / (range_.high / 2 - range_.low / 2);
    return static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * (cells - 1)));
  }

  std::vector<double> DecadeTicks() const {
    std::vector<double> ticks;
    const bool reverse = scale_ == Scale::kReverseLog;
    for (const std::vector<int>& digits :
         {std::vector<int>{1}, {1, 2, 5}, {1, 2, 3, 4, 5, 6, 7, 8, 9}}) {
      ticks.clear();
      for (double decade = std::floor(range_.low); decade <= std::ceil(range_.high); ++decade) {
        for (const int digit : digits) {
          const double value =
              reverse ? 1 - digit * std::pow(10, -decade) : digit * std::pow(10, decade);
          if ((reverse || value > 0) && range_.Has(At(value))) ticks.push_back(value);
        }
      }
      if (ticks.size() >= kEnoughTicks) break;
    }
    std::sort(ticks.begin(), ticks.end());
    return ticks;
  }

  std::vector<double> LinearTicks(double cells_per_tick) const {
    const double least = range_.length() * cells_per_tick / cells_;
    const double decade = std::pow(10, std::floor(std::log10(least)));
    double step = 10 * decade;
    for (const int digit : {5, 2, 1}) {
      if (digit * decade >= least) step = digit * decade;
    }
    if (axis_.whole) step = std::max(step, 1.0);
    std::vector<double> ticks;
    for (double k = std::ceil(range_.low / step); k * step <= range_.high; ++k) {
      ticks.push_back(k == 0 ? 0 : k * step);
      if (static_cast<int>(ticks.size()) > cells_) break;  // steps too small for a double
    }
    return ticks;
  }

  const PlotAxis& axis_;
  const int cells_;
  const bool utf8_;
  const Scale scale_;
  PlotSpan range_;  // as At has it
};

struct Glyphs {
  absl::string_view side, side_tick, corner, bottom, bottom_tick;
  absl::string_view across, down, right_down, down_right, right_up, up_right;
  absl::string_view between;  // points of a line
};
constexpr Glyphs kAscii = {"|", "+", "+", "-", "|", "-", "|", "+", "+", "+", "+", "."};
constexpr Glyphs kUtf8 = {"│", "┤", "└", "─", "┬", "─", "│", "┐", "└", "┘", "┌", "·"};

// A line of text cell by cell.
class Cells {
 public:
  explicit Cells(size_t size) : cells_(size, " ") {}

  size_t size() const { return cells_.size(); }
  bool Blank(size_t from, size_t to) const {
    return std::all_of(cells_.begin() + from, cells_.begin() + to,
                       [](const std::string& cell) { return cell == " "; });
  }
  // `text` must fit.
  void Put(size_t column, absl::string_view text) {
    for (int i = 1; i < TextColumns(text); ++i) cells_[column + i] = "";
    cells_[column] = std::string(text);
  }
  std::string Line() const {
    std::string line;
    for (const std::string& cell : cells_) line += cell;
    return absl::StrCat(absl::StripTrailingAsciiWhitespace(line), "\n");
  }

 private:
  std::vector<std::string> cells_;
};

// A line of labels under their columns; those that find no room are left out, the last one never.
std::string LabelLine(const std::string& shown, size_t margin, size_t columns,
                      const std::vector<std::pair<size_t, std::string>>& labels) {
  Cells line(margin + std::max<size_t>(columns, 8));
  const auto place = [&](size_t column, const std::string& label) {
    const auto size = static_cast<size_t>(TextColumns(label));
    if (size == 0 || size > line.size()) return;
    const size_t half = (size - 1) / 2;
    size_t begin = margin + column > half ? margin + column - half : 0;
    begin = std::min(begin, line.size() - size);
    if (!line.Blank(begin > 0 ? begin - 1 : 0, std::min(line.size(), begin + size + 1))) return;
    line.Put(begin, label);
  };
  if (!shown.empty()) line.Put(margin - 1 - TextColumns(shown), shown);
  if (!labels.empty()) place(labels.back().first, labels.back().second);
  for (const auto& [column, label] : labels) place(column, label);
  return line.Line();
}

// What is drawn: a glyph a cell, and beneath these, dots.
class Canvas {
 public:
  Canvas(int columns, int rows, bool utf8)
      : columns_(columns),
        rows_(rows),
        utf8_(utf8),
        glyphs_(static_cast<size_t>(columns) * rows),
        dots_(glyphs_.size()) {}

  int columns() const { return columns_; }
  int rows() const { return rows_; }

  std::string& At(int column, int row) { return glyphs_[Index(column, row)]; }

  // How fine dots lie.
  int dot_columns() const { return utf8_ ? 2 * columns_ : columns_; }
  int dot_rows() const { return utf8_ ? 4 * rows_ : rows_; }
  void AddDot(int column, int row) {
    if (!utf8_) {
      ++dots_[Index(column, row)];
      At(column, row).clear();
      return;
    }
    At(column / 2, row / 4).clear();
    // The dots of a braille character, by column and row.
    constexpr std::array<std::array<uint8_t, 4>, 2> kBits = {
        {{{0x01, 0x02, 0x04, 0x40}}, {{0x08, 0x10, 0x20, 0x80}}}};
    dots_[Index(column / 2, row / 4)] |= kBits[column % 2][row % 4];
  }

  std::string Row(int row) const {
    const uint32_t most = *std::max_element(dots_.begin(), dots_.end());
    std::string line;
    for (int column = 0; column < columns_; ++column) {
      const size_t i = Index(column, row);
      if (!glyphs_[i].empty()) {
        line += glyphs_[i];
      } else if (dots_[i] == 0) {
        line += ' ';
      } else if (utf8_) {
        // U+2800 and the bits, in UTF-8.
        line += '\xE2';
        line += static_cast<char>(0xA0 | dots_[i] >> 6);
        line += static_cast<char>(0x80 | (dots_[i] & 0x3F));
      } else {
        constexpr absl::string_view kDense = ".:o@";
        const double share = most > 1 ? std::log(dots_[i]) / std::log(most) : 0;
        line += kDense[static_cast<size_t>(std::lround(share * 3))];
      }
    }
    return line;
  }

 private:
  size_t Index(int column, int row) const {
    return static_cast<size_t>(row) * static_cast<size_t>(columns_) + static_cast<size_t>(column);
  }

  const int columns_, rows_;
  const bool utf8_;
  std::vector<std::string> glyphs_;  // "": none
  std::vector<uint32_t> dots_;       // UTF-8: braille's bits; ASCII: how many points
};

class Drawing {
 public:
  Drawing(const Axis& x, const Axis& y, const Glyphs& glyphs, Canvas& canvas)
      : x_(x), y_(y), glyphs_(glyphs), canvas_(canvas) {}

  void Draw(const PlotSeries& series, bool categorical) {
    switch (series.style) {
      case PlotStyle::kDots:
        return Dots(series, categorical);
      case PlotStyle::kLine:
        Between(series);
        return Marks(series);
      case PlotStyle::kMarks:
        return Marks(series);
      case PlotStyle::kSteps:
        return Steps(series);
    }
  }

 private:
  int Column(double x) const { return x_.Column(x_.At(x)); }
  int Row(double at) const { return y_.Row(at); }
  bool Drawn(const PlotPoint& point) const {
    return std::isfinite(x_.At(point.x)) && std::isfinite(y_.At(point.y));
  }
  // '^' or 'v' where a value is beyond the axis; otherwise 0.
  char Edge(double at) const {
    return at > y_.range().high ? '^' : at < y_.range().low ? 'v' : '\0';
  }

  void Dots(const PlotSeries& series, bool categorical) {
    double shift = 0.5;
    for (const PlotPoint& point : series.points) {
      if (!Drawn(point)) continue;
      // Of a category the points stand side by side, those of one value too.
      shift = std::fmod(shift + kGoldenRatio, 1.0);
      const double x = x_.At(point.x) + (categorical ? 0.6 * (shift - 0.5) : 0);
      const double at = y_.At(point.y);
      if (const char edge = Edge(at)) {
        canvas_.At(x_.Column(x), Row(at)) = std::string(1, edge);
      } else {
        canvas_.AddDot(x_.Column(x, canvas_.dot_columns()), y_.Row(at, canvas_.dot_rows()));
      }
    }
  }

  void Marks(const PlotSeries& series) {
    for (const PlotPoint& point : series.points) {
      if (!Drawn(point)) continue;
      const double at = y_.At(point.y);
      const char edge = Edge(at);
      canvas_.At(Column(point.x), Row(at)) = std::string(1, edge != '\0' ? edge : series.mark);
    }
  }

  // Dots from each point to the next, where nothing stands yet.
  void Between(const PlotSeries& series) {
    const PlotPoint* before = nullptr;
    for (const PlotPoint& point : series.points) {
      if (!Drawn(point)) continue;
      if (before != nullptr) {
        const int from = Column(before->x), to = Column(point.x);
        for (int c = from + 1; c < to; ++c) {
          const double share = static_cast<double>(c - from) / static_cast<double>(to - from);
          const double at = y_.At(before->y) + share * (y_.At(point.y) - y_.At(before->y));
          std::string& cell = canvas_.At(c, Row(at));
          if (cell.empty()) cell = std::string(glyphs_.between);
        }
      }
      before = &point;
    }
  }

  void Steps(const PlotSeries& series) {
    // The height at the end of each column; -1: before the first point.
    std::vector<int> rows(canvas_.columns(), -1);
    for (const PlotPoint& point : series.points) {
      if (Drawn(point)) rows[Column(point.x)] = Row(y_.At(point.y));
    }
    int before = -1;
    for (int c = 0; c < canvas_.columns(); ++c) {
      const int row = rows[c] < 0 ? before : rows[c];
      if (row < 0) continue;
      if (before < 0 || row == before) {
        canvas_.At(c, row) = std::string(glyphs_.across);
      } else {
        const bool falls = row > before;
        canvas_.At(c, before) = std::string(falls ? glyphs_.right_down : glyphs_.right_up);
        for (int r = std::min(row, before) + 1; r < std::max(row, before); ++r) {
          canvas_.At(c, r) = std::string(glyphs_.down);
        }
        canvas_.At(c, row) = std::string(falls ? glyphs_.down_right : glyphs_.up_right);
      }
      before = row;
    }
  }

  const Axis& x_;
  const Axis& y_;
  const Glyphs& glyphs_;
  Canvas& canvas_;
};

std::string MarkOf(const PlotSeries& series, const PlotRoom& room) {
  switch (series.style) {
    case PlotStyle::kDots:
      return room.utf8 ? "⠂" : ".";
    case PlotStyle::kSteps:
      return room.utf8 ? "─" : "-";
    case PlotStyle::kMarks:
    case PlotStyle::kLine:
      break;
  }
  return std::string(1, series.mark);
}

// The y axis' name and the legend, in as many lines as they need.
std::string Heading(const TextPlot& plot, const std::string& name, const PlotRoom& room) {
  std::string text = name;
  int column = TextColumns(name);
  for (auto series = plot.series.rbegin(); series != plot.series.rend(); ++series) {
    if (series->name.empty() || series->points.empty()) continue;
    const std::string entry = absl::StrCat(MarkOf(*series, room), " ", Printable(series->name));
    const char* const separator = text == name ? "      " : "   ";
    const int more = static_cast<int>(absl::string_view(separator).size()) + TextColumns(entry);
    if (column > 0 && column + more > room.width) {
      absl::StrAppend(&text, "\n", entry);
      column = TextColumns(entry);
    } else {
      absl::StrAppend(&text, separator, entry);
      column += more;
    }
  }
  return text + "\n";
}

}  // namespace

void PlotSpan::Add(double value) {
  if (!std::isfinite(value)) return;
  low = std::min(low, value);
  high = std::max(high, value);
}

std::string DrawPlot(const TextPlot& plot, const PlotRoom& room) {
  PlotSpan xs, ys;
  const Scale x_scale = plot.x.scale.value_or(Scale::kLinear);
  const Scale y_scale = plot.y.scale.value_or(Scale::kLinear);
  for (const PlotSeries& series : plot.series) {
    for (const PlotPoint& point : series.points) {
      if (!std::isfinite(AtScale(x_scale, point.x))) continue;
      if (!std::isfinite(AtScale(y_scale, point.y))) continue;
      xs.Add(point.x);
      ys.Add(point.y);
    }
  }
  if (ys.empty()) return "";
  xs.Add(plot.x.least.low), xs.Add(plot.x.least.high);
  ys.Add(plot.y.least.low), ys.Add(plot.y.least.high);
  for (const PlotLabels& line : plot.labels) {
    for (const PlotLabels::Label& label : line.labels) xs.Add(label.x);
  }

  const Glyphs& glyphs = room.utf8 ? kUtf8 : kAscii;
  const int rows = std::max(5, room.height);
  const Axis y(plot.y, ys, plot.focus.empty() ? ys : plot.focus, rows, room.utf8);
  std::vector<std::string> tick_labels(rows);
  for (const PlotLabels::Label& tick : y.Ticks(kRowsPerTick)) {
    tick_labels[y.Row(y.At(tick.x))] = tick.text;
  }
  int widest = 0;
  for (const std::string& label : tick_labels) widest = std::max(widest, TextColumns(label));
  for (const PlotLabels& line : plot.labels) widest = std::max(widest, TextColumns(line.name));
  const int margin = std::min(widest, kWidestLabel) + 2;  // "0.01 |"

  // As wide as there is room for, and all steps alike.
  int columns = std::max(40, room.width) - margin - 1;
  if (plot.widest_step > 0) {
    const double step =
        xs.length() > 0 ? std::min<double>(plot.widest_step, (columns - 1) / xs.length()) : 0;
    if (step >= 1) columns = static_cast<int>(1 + std::floor(step) * xs.length());
    if (step == 0) columns = 1;
  }
  const Axis x(plot.x, xs, xs, columns, room.utf8);

  Canvas canvas(columns, rows, room.utf8);
  Drawing drawing(x, y, glyphs, canvas);
  for (const PlotSeries& series : plot.series) drawing.Draw(series, !plot.x.choices.empty());

  std::string text = Heading(plot, y.name(), room);
  for (int row = 0; row < rows; ++row) {
    const std::string& label = tick_labels[row];
    const std::string line =
        absl::StrCat(std::string(margin - 2 - TextColumns(label), ' '), label, " ",
                     label.empty() ? glyphs.side : glyphs.side_tick, canvas.Row(row));
    absl::StrAppend(&text, absl::StripTrailingAsciiWhitespace(line), "\n");
  }

  std::vector<PlotLabels> labels = plot.labels;
  if (labels.empty()) labels.push_back({"", x.Ticks(kColumnsPerTick)});
  std::vector<absl::string_view> bottom(columns, glyphs.bottom);
  std::string beneath;
  for (const PlotLabels& line : labels) {
    std::vector<std::pair<size_t, std::string>> placed;
    for (const PlotLabels::Label& label : line.labels) {
      const int column = x.Column(x.At(label.x));
      if (&line == &labels.front()) bottom[column] = glyphs.bottom_tick;
      placed.emplace_back(column, label.text);
    }
    beneath += LabelLine(Cut(line.name, margin - 1, room.utf8), margin, columns, placed);
  }
  absl::StrAppend(&text, std::string(margin - 1, ' '), glyphs.corner);
  for (const absl::string_view cell : bottom) absl::StrAppend(&text, cell);
  absl::StrAppend(&text, "\n", beneath);
  if (plot.labels.empty() && !plot.x.name.empty()) {
    const std::string name = Cut(x.name(), columns, room.utf8);
    absl::StrAppend(&text, std::string(margin + (columns - TextColumns(name)) / 2, ' '), name,
                    "\n");
  }
  return text;
}

std::string Sparkline(absl::Span<const double> values) {
  PlotSpan span;
  for (const double value : values) span.Add(value);
  const Scale scale = ChooseScale(span, span);
  const double low = AtScale(scale, span.low), high = AtScale(scale, span.high);
  constexpr std::array<absl::string_view, 8> kBars = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  std::string line;
  for (const double value : values) {
    if (!std::isfinite(value)) {
      line += ' ';
      continue;
    }
    const double share =
        high > low ? (AtScale(scale, value) / 2 - low / 2) / (high / 2 - low / 2) : 0;
    absl::StrAppend(&line, kBars[static_cast<size_t>(std::lround(share * 7))]);
  }
  return line;
}

}  // namespace sturgeon
