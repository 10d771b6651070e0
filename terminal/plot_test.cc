#include "terminal/plot.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "terminal/text.h"

namespace sturgeon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  EXPECT_EQ(lines.back(), "");
  lines.pop_back();
  return lines;
}

TextPlot Dots(const PlotAxis& x, std::vector<PlotPoint> points) {
  TextPlot plot;
  plot.x = x;
  plot.y = {"error"};
  plot.series = {{"complete", PlotStyle::kDots, '*', std::move(points)}};
  return plot;
}

TextPlot History() {
  TextPlot plot =
      Dots({"trial", Scale::kLinear, /*whole=*/true}, {{0, 4}, {1, 8}, {2, 2}, {3, 2}, {8, 0}});
  plot.series.push_back({"best so far", PlotStyle::kSteps, '-', {{0, 4}, {2, 2}, {8, 0}}});
  return plot;
}

TEST(Plot, InAscii) {
  EXPECT_EQ(DrawPlot(History(), {40, 5, false}),
            "error      - best so far   . complete\n"
            "  |    .\n"
            "  |\n"
            "5 +---------+\n"
            "  |         +-------------------------+\n"
            "0 +                                   +\n"
            "  +|--------|--------|-------|--------|\n"
            "   0        2        4       6        8\n"
            "                  trial\n");
}

TEST(Plot, InUtf8) {
  EXPECT_EQ(DrawPlot(History(), {40, 5, true}),
            "error      ─ best so far   ⠂ complete\n"
            "  │    ⠈\n"
            "  │\n"
            "5 ┤─────────┐\n"
            "  │         └─────────────────────────┐\n"
            "0 ┤                                   └\n"
            "  └┬────────┬────────┬───────┬────────┬\n"
            "   0        2        4       6        8\n"
            "                  trial\n");
}

// The columns of the marks in a line that has the axis at its left.
std::vector<size_t> MarksOf(const std::string& line) {
  std::vector<size_t> columns;
  for (size_t c = 0; c < line.size(); ++c) {
    if (line[c] == '*') columns.push_back(c - line.find_first_of("|+") - 1);
  }
  return columns;
}

TextPlot Marks(const PlotAxis& x, const PlotAxis& y, std::vector<PlotPoint> points) {
  TextPlot plot;
  plot.x = x;
  plot.y = y;
  plot.series = {{"", PlotStyle::kMarks, '*', std::move(points)}};
  return plot;
}

TEST(Plot, OnALogAxisADecadeIsAsFarAsAnother) {
  const std::string drawn = DrawPlot(
      Marks({"rate", Scale::kLog}, {"y"}, {{0.001, 1}, {0.01, 1}, {0.1, 1}}), {48, 5, false});
  EXPECT_THAT(MarksOf(Lines(drawn)[3]), ElementsAre(0, 20, 40));
  EXPECT_THAT(drawn, HasSubstr("0.001                0.01               0.1\n"));
  EXPECT_THAT(drawn, HasSubstr("rate, log axis\n"));
}

TEST(Plot, OnAReverseLogAxisTheDistanceToOneCounts) {
  const std::string drawn =
      DrawPlot(Marks({"momentum", Scale::kReverseLog}, {"y"}, {{0.9, 1}, {0.99, 1}, {0.999, 1}}),
               {48, 5, false});
  EXPECT_THAT(MarksOf(Lines(drawn)[3]), ElementsAre(0, 20, 40));
  EXPECT_THAT(drawn, HasSubstr("0.99 "));
  EXPECT_THAT(drawn, HasSubstr("momentum, reverse log axis\n"));
}

TEST(Plot, AnAxisWithoutAScaleIsLogarithmicWhereThatShowsMore) {
  const auto heading = [](std::vector<PlotPoint> points) {
    return Lines(DrawPlot(Marks({"x"}, {"y", std::nullopt}, std::move(points)), {}))[0];
  };
  EXPECT_EQ(heading({{0, 1}, {1, 5}}), "y, log axis");
  EXPECT_EQ(heading({{0, 1}, {1, 4}}), "y");
  EXPECT_EQ(heading({{0, 0}, {1, 5}}), "y");
}

TEST(Plot, CategoriesHaveTheirNamesAndPointsSideBySide) {
  const std::string drawn =
      DrawPlot(Dots({"optimizer", Scale::kLinear, false, {"sgd", "adam", "an unusually long name"}},
                    {{0, 1}, {0, 1}, {0, 1}, {2, 1}}),
               {48, 5, false});
  const std::vector<std::string> lines = Lines(drawn);
  EXPECT_EQ(std::count(lines[3].begin(), lines[3].end(), '.'), 4) << drawn;
  EXPECT_THAT(lines[7], HasSubstr("sgd          adam     an unusuall~"));
  EXPECT_THAT(lines[8], HasSubstr("optimizer"));
}

TEST(Plot, AnAxisGoesAsFarAsItIsToldTo) {
  PlotAxis x = {"units", Scale::kLinear, /*whole=*/true};
  x.least = {0, 100};
  const std::string drawn = DrawPlot(Marks(x, {"y"}, {{50, 1}}), {48, 5, false});
  EXPECT_THAT(drawn, HasSubstr(" 0 "));
  EXPECT_THAT(drawn, HasSubstr(" 100\n"));
}

TEST(Plot, WhatIsFarBeyondTheFocusStandsAtTheEdge) {
  TextPlot plot = Dots({"trial"}, {{0, 1}, {1, 2}, {2, 1e9}, {3, -1e9}});
  plot.focus = {1, 2};
  const std::vector<std::string> lines = Lines(DrawPlot(plot, {40, 7, false}));
  EXPECT_THAT(lines[1], StartsWith("3 +"));
  EXPECT_THAT(lines[1], HasSubstr("^"));
  EXPECT_THAT(lines[7], StartsWith("0 +"));
  EXPECT_THAT(lines[7], HasSubstr("v"));
}

TEST(Plot, LaterSeriesStandOverEarlierOnes) {
  for (const bool utf8 : {false, true}) {
    TextPlot plot = Marks({"x"}, {"y"}, {{0, 0}, {1, 1}});
    plot.series.push_back({"", PlotStyle::kDots, '*', {{0, 0}}});
    const std::string drawn = DrawPlot(plot, {40, 5, utf8});
    EXPECT_EQ(std::count(drawn.begin(), drawn.end(), '*'), 1) << drawn;
  }
}

TEST(Plot, KeepsWithinItsWidthAndItsLegendToo) {
  TextPlot plot = History();
  for (int i = 0; i < 9; ++i) {
    plot.series.push_back({"trial " + std::to_string(i * 1000),
                           PlotStyle::kLine,
                           static_cast<char>('1' + i),
                           {{0, 1}, {8, 7}}});
  }
  for (const int width : {40, 79, 200}) {
    for (const bool utf8 : {false, true}) {
      for (const std::string& line : Lines(DrawPlot(plot, {width, 9, utf8}))) {
        EXPECT_LE(TextColumns(line), width) << line;
      }
    }
  }
}

TEST(Plot, HostileNamesAreShownEscapedAndInTheirColumns) {
  TextPlot plot = History();
  plot.x.name = "<script>\x1b[31m";
  plot.y.name = "名前\n";
  plot.series[0].name = "\x07";
  const std::string drawn = DrawPlot(plot, {60, 5, true});
  EXPECT_THAT(drawn, Not(HasSubstr("\x1b")));
  EXPECT_THAT(drawn, HasSubstr("<script>\\x1b[31m"));
  EXPECT_THAT(Lines(drawn)[0], HasSubstr("名前\\n      ─ best so far   ⠂ \\x07"));
}

TEST(Plot, WhatHasNoPlaceIsNotDrawn) {
  EXPECT_EQ(DrawPlot(Dots({"x"}, {}), {}), "");
  EXPECT_EQ(DrawPlot(Dots({"x"}, {{0, kNan}, {kNan, 0}, {0, kInfinity}}), {}), "");
  EXPECT_EQ(DrawPlot(Dots({"x", Scale::kLog}, {{0, 1}, {-1, 1}}), {}), "");
  EXPECT_EQ(DrawPlot(Dots({"x", Scale::kReverseLog}, {{1, 1}, {2, 1}}), {}), "");
  const std::string drawn =
      DrawPlot(Marks({"x", Scale::kLog}, {"y"}, {{0, 1000}, {1, 1}, {10, 2}}), {40, 5, false});
  EXPECT_THAT(drawn, Not(HasSubstr("1000")));
}

TEST(Plot, EveryValueOfDoubleHasItsPlace) {
  constexpr double kMax = std::numeric_limits<double>::max();
  constexpr double kTiny = std::numeric_limits<double>::denorm_min();
  for (const std::vector<double>& values : std::vector<std::vector<double>>{
           {0.25}, {0, 0, 0}, {-1, -1}, {kMax, -kMax}, {kMax, kTiny}, {1, 1 + 1e-15}, {-5, 3}}) {
    std::vector<PlotPoint> points;
    for (const double value : values) points.push_back({value, value});
    for (const bool utf8 : {false, true}) {
      for (const auto scale : {std::optional<Scale>(), std::optional<Scale>(Scale::kLinear)}) {
        const std::string drawn =
            DrawPlot(Marks({"x", scale}, {"y", scale}, points), {60, 8, utf8});
        EXPECT_GE(std::count(drawn.begin(), drawn.end(), '*'), 1) << drawn;
      }
    }
  }
}

TEST(Sparkline, EightHeights) {
  EXPECT_EQ(Sparkline({8, 7, 6, 5, 4, 3, 2.5, 2}), "█▇▆▅▃▂▂▁");
  EXPECT_EQ(Sparkline({1, 10, 100}), "▁▅█");  // logarithmic
  EXPECT_EQ(Sparkline({-1, kNan, 1}), "▁ █");
  EXPECT_EQ(Sparkline({3, 3}), "▁▁");
  EXPECT_EQ(Sparkline({}), "");
}

}  // namespace
}  // namespace sturgeon
