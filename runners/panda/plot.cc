#include "runners/panda/plot.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "runners/panda/diary.h"

namespace sturgeon {
namespace {

constexpr double kLogFrom = 5;      // the largest value over the least
constexpr int kWidestStep = 8;      // columns from one step to the next
constexpr int kRowsPerTick = 2;     // at least, of a linear axis
constexpr size_t kEnoughTicks = 3;  // of a logarithmic one

// From and to; as they are: empty.
struct Span {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  bool empty() const { return low > high; }
  double length() const { return high - low; }
  bool Has(double value) const { return low <= value && value <= high; }
  void Add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

Span SpanOf(const std::vector<Curve::Sample>& samples) {
  Span span;
  for (const Curve::Sample& sample : samples) {
    if (std::isfinite(sample.value)) span.Add(sample.value);
  }
  return span;
}

// Where a value stands, on a linear or a logarithmic axis of so many rows; the first is the top.
class Axis {
 public:
  Axis(const Span& model, const Span& left, int rows) : rows_(rows) {
    Span all = model;
    if (!left.empty()) {
      all.Add(left.low);
      all.Add(left.high);
    }
    const Span& own = model.empty() ? left : model;
    log_ = all.low > 0 && own.high / kLogFrom >= own.low;
    range_ = {At(all.low), At(all.high)};
    // One day that blew up must not press the curve flat.
    if (!model.empty() && model.length() > 0) {
      const double allowance = At(model.high) - At(model.low);
      range_.low = std::max(range_.low, At(model.low) - allowance);
      range_.high = std::min(range_.high, At(model.high) + allowance);
    }
    if (!(range_.length() > 0)) {
      const double margin = range_.low == 0 ? 1 : std::abs(range_.low) * 0.05;
      range_ = {range_.low - margin, range_.high + margin};
    }
  }

  bool log() const { return log_; }
  double At(double value) const { return log_ ? std::log10(value) : value; }
  const Span& range() const { return range_; }
  int Row(double at) const {
    // In halves: the length may be too large for a double.
    const double share = (range_.high / 2 - at / 2) / (range_.high / 2 - range_.low / 2);
    return static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * (rows_ - 1)));
  }

  // Round numbers, as many as have room.
  std::vector<double> Ticks() const {
    std::vector<double> ticks;
    if (log_) {
      for (const std::vector<int>& digits :
           {std::vector<int>{1}, {1, 2, 5}, {1, 2, 3, 4, 5, 6, 7, 8, 9}}) {
        ticks.clear();
        for (double decade = std::floor(range_.low); decade <= range_.high; ++decade) {
          for (const int digit : digits) {
            const double value = digit * std::pow(10, decade);
            if (value > 0 && range_.Has(std::log10(value))) ticks.push_back(value);
          }
        }
        if (ticks.size() >= kEnoughTicks) break;
      }
      return ticks;
    }
    const double least = range_.length() * kRowsPerTick / rows_;
    const double decade = std::pow(10, std::floor(std::log10(least)));
    double step = 10 * decade;
    for (const int digit : {5, 2, 1}) {
      if (digit * decade >= least) step = digit * decade;
    }
    for (double k = std::ceil(range_.low / step); k * step <= range_.high; ++k) {
      ticks.push_back(k * step);
      if (static_cast<int>(ticks.size()) > rows_) break;  // steps too small for a double
    }
    return ticks;
  }

 private:
  const int rows_;
  bool log_ = false;
  Span range_;  // as At has it
};

// A line of numbers under their columns; those that find no room are left out, the last one never.
std::string Labels(absl::string_view name, size_t margin, size_t columns,
                   const std::vector<std::pair<size_t, std::string>>& labels) {
  std::string line(margin + std::max<size_t>(columns, 8), ' ');
  const auto place = [&](size_t column, const std::string& label) {
    const size_t half = (label.size() - 1) / 2;
    size_t begin = margin + (column > half ? column - half : 0);
    begin = std::min(begin, line.size() - std::min(line.size(), label.size()));
    const size_t from = begin > 0 ? begin - 1 : 0;
    const size_t to = std::min(line.size(), begin + label.size() + 1);
    if (line.find_first_not_of(' ', from) < to) return;
    line.replace(begin, label.size(), label);
  };
  const std::string shown(name.substr(0, margin - 1));
  line.replace(margin - 1 - shown.size(), shown.size(), shown);
  if (!labels.empty()) place(labels.back().first, labels.back().second);
  for (const auto& [column, label] : labels) place(column, label);
  return line;
}

std::string Lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    absl::StrAppend(&text, absl::StripTrailingAsciiWhitespace(line), "\n");
  }
  return text;
}

}  // namespace

std::string DrawCurve(const Curve& curve, int width, int height) {
  const Span model = SpanOf(curve.model), left = SpanOf(curve.left);
  if (model.empty() && left.empty()) {
    return absl::StrCat("there is no ", curve.metric, " to draw\n");
  }
  const int rows = std::max(5, height);
  const Axis axis(model, left, rows);

  Span steps;
  for (const auto* samples : {&curve.model, &curve.left}) {
    for (const Curve::Sample& sample : *samples) steps.Add(static_cast<double>(sample.step));
  }
  for (const Curve::Day& day : curve.days) steps.Add(static_cast<double>(day.last_step));

  std::vector<std::string> tick_labels(rows);
  size_t margin = std::max<size_t>(curve.unit.size(), 3);
  for (const double tick : axis.Ticks()) {
    tick_labels[axis.Row(axis.At(tick))] = FourDigits(std::abs(tick) < 1e-12 ? 0 : tick);
  }
  for (const std::string& label : tick_labels) margin = std::max(margin, label.size());
  margin = std::min<size_t>(margin, 12) + 2;  // "0.01 |"

  const int room = std::max(40, width) - static_cast<int>(margin) - 1;
  // As wide as there is room for, and all steps alike.
  const double widest =
      steps.length() > 0 ? std::min<double>(kWidestStep, (room - 1) / steps.length()) : 0;
  const auto columns = static_cast<size_t>(widest >= 1 ? 1 + std::floor(widest) * steps.length()
                                                       : (widest > 0 ? room : 1));
  const auto column = [&](int64_t step) {
    if (!(steps.length() > 0)) return size_t{0};
    const double share = (static_cast<double>(step) - steps.low) / steps.length();
    return static_cast<size_t>(std::lround(share * static_cast<double>(columns - 1)));
  };

  std::vector<std::string> grid(rows, std::string(columns, ' '));
  const auto draw = [&](const std::vector<Curve::Sample>& samples, char mark) {
    for (const Curve::Sample& sample : samples) {
      if (!std::isfinite(sample.value)) continue;
      const double at = axis.At(sample.value);
      grid[axis.Row(at)][column(sample.step)] = at > axis.range().high  ? '^'
                                                : at < axis.range().low ? 'v'
                                                                        : mark;
    }
  };
  draw(curve.left, 'x');
  // Between the model's own steps a line of dots, where there is room.
  const Curve::Sample* before = nullptr;
  for (const Curve::Sample& sample : curve.model) {
    if (!std::isfinite(sample.value)) continue;
    if (before != nullptr) {
      const size_t from = column(before->step), to = column(sample.step);
      for (size_t c = from + 1; c < to; ++c) {
        const double share = static_cast<double>(c - from) / static_cast<double>(to - from);
        const double at =
            axis.At(before->value) + share * (axis.At(sample.value) - axis.At(before->value));
        char& cell = grid[axis.Row(at)][c];
        if (cell == ' ') cell = '.';
      }
    }
    before = &sample;
  }
  draw(curve.model, '*');

  std::vector<std::string> lines;
  lines.push_back(absl::StrCat(curve.metric, axis.log() ? ", log axis" : "", "      * this model",
                               left.empty() ? "" : "   x days that were left"));
  for (int row = 0; row < rows; ++row) {
    const std::string label = tick_labels[row].substr(0, margin - 2);
    lines.push_back(absl::StrCat(std::string(margin - 2 - label.size(), ' '), label,
                                 label.empty() ? " |" : " +", grid[row]));
  }
  std::string line(columns, '-');
  std::vector<std::pair<size_t, std::string>> ends, numbers;
  for (const Curve::Day& day : curve.days) {
    const size_t c = column(day.last_step);
    line[c] = '|';
    ends.emplace_back(c, absl::StrCat(day.last_step));
    numbers.emplace_back(c, absl::StrCat(day.trial));
  }
  lines.push_back(absl::StrCat(std::string(margin - 1, ' '), "+", line));
  if (!curve.days.empty()) {
    lines.push_back(Labels(curve.unit, margin, columns, ends));
    lines.push_back(Labels("day", margin, columns, numbers));
  }
  return Lines(lines);
}

}  // namespace sturgeon
