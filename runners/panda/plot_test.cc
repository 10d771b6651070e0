#include "runners/panda/plot.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

Curve MakeCurve(const std::vector<double>& values) {
  Curve curve;
  curve.metric = "error";
  curve.unit = "epoch";
  for (size_t i = 0; i < values.size(); ++i) {
    const auto step = static_cast<int64_t>(i + 1);
    curve.model.push_back({step, values[i]});
    curve.days.push_back({static_cast<int64_t>(i), step});
  }
  return curve;
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  EXPECT_EQ(lines.back(), "");
  lines.pop_back();
  return lines;
}

TEST(Plot, DrawsALineFromStepToStep) {
  EXPECT_EQ(DrawCurve(MakeCurve({0.5, 0.3, 0.2}), 40, 7),
            "error      * this model\n"
            "  0.5 +*\n"
            "      | ..\n"
            "  0.4 +   ..\n"
            "      |     ..\n"
            "  0.3 +       .*.\n"
            "      |          ....\n"
            "  0.2 +              ..*\n"
            "      +|-------|-------|\n"
            " epoch 1       2       3\n"
            "   day 0       1       2\n");
}

TEST(Plot, IsLogarithmicWhereValuesSpanMuch) {
  const std::vector<std::string> lines = Lines(DrawCurve(MakeCurve({1, 0.1, 0.01}), 40, 5));
  EXPECT_EQ(lines[0], "error, log axis      * this model");
  // A decade is as far as another.
  EXPECT_EQ(lines[1].substr(0, 8), "    1 +*");
  EXPECT_EQ(lines[3].substr(0, 16), "  0.1 +      ..*");
  EXPECT_EQ(lines[5].substr(0, 24), " 0.01 +              ..*");
  // Not where there are values that have no logarithm.
  EXPECT_EQ(Lines(DrawCurve(MakeCurve({1, 0.1, 0}), 40, 5))[0], "error      * this model");
}

TEST(Plot, KeepsWithinItsWidth) {
  std::vector<double> values;
  for (int i = 0; i < 1000; ++i) values.push_back(1 / (1.0 + i));
  for (const int width : {40, 80, 133}) {
    const std::vector<std::string> lines = Lines(DrawCurve(MakeCurve(values), width, 10));
    EXPECT_EQ(lines.size(), 14u);
    for (size_t i = 0; i < lines.size(); ++i) {
      EXPECT_LE(lines[i].size(), static_cast<size_t>(width)) << lines[i];
      if (i > 0 && i < 11) {
        EXPECT_NE(lines[i].find('*'), std::string::npos) << lines[i];
      }
    }
    // The last label is there, and none touches another.
    EXPECT_EQ(lines[12].substr(lines[12].size() - 5), " 1000");
    EXPECT_EQ(lines[13].substr(lines[13].size() - 4), " 999");
  }
}

TEST(Plot, DaysThatWereLeftAreCrossesAndDoNotPressTheCurveFlat) {
  Curve curve = MakeCurve({0.5, 0.3, 0.2});
  curve.left = {{2, 0.45}, {3, 1e30}, {3, std::numeric_limits<double>::quiet_NaN()}};
  const std::vector<std::string> lines = Lines(DrawCurve(curve, 60, 7));
  EXPECT_EQ(lines[0], "error      * this model   x days that were left");
  EXPECT_NE(lines[1].find('^'), std::string::npos);
  std::string all;
  for (size_t i = 1; i < lines.size(); ++i) all += lines[i];
  EXPECT_NE(all.find('x'), std::string::npos);
  // The model's own curve still has a third of the rows, and more.
  int top = 0, bottom = 0;
  for (int i = 1; i <= 7; ++i) {
    if (lines[i].find('*') == std::string::npos) continue;
    if (top == 0) top = i;
    bottom = i;
  }
  EXPECT_GE(bottom - top, 2);
}

TEST(Plot, WhatCannotBeDrawnIsSaid) {
  EXPECT_EQ(DrawCurve(MakeCurve({}), 80, 10), "there is no error to draw\n");
  EXPECT_EQ(DrawCurve(MakeCurve({std::nan(""), INFINITY}), 80, 10), "there is no error to draw\n");
}

TEST(Plot, EveryValueOfDoubleHasItsPlace) {
  constexpr double kMax = std::numeric_limits<double>::max();
  constexpr double kTiny = std::numeric_limits<double>::denorm_min();
  for (const std::vector<double>& values : std::vector<std::vector<double>>{
           {0.25}, {0, 0, 0}, {-1, -1}, {kMax, -kMax}, {kMax, kTiny}, {1, 1 + 1e-15}, {-5, 3}}) {
    const std::vector<std::string> lines = Lines(DrawCurve(MakeCurve(values), 60, 8));
    EXPECT_EQ(lines.size(), 12u);
    int marks = 0;
    for (size_t i = 1; i < lines.size(); ++i) {
      EXPECT_LE(lines[i].size(), 60u);
      for (const char c : lines[i]) marks += c == '*';
    }
    EXPECT_EQ(marks, static_cast<int>(values.size()));
  }
}

}  // namespace
}  // namespace sturgeon
