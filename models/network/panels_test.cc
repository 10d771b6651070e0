#include "models/network/panels.h"

#include <cstdint>
#include <vector>

#include "core/random.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace network_internal {
namespace {

// A matrix with its plain row-major twin.
struct Matrix {
  Matrix(int rows_in, int columns_in, uint64_t seed)
      : rows(rows_in),
        columns(columns_in),
        plain(static_cast<std::size_t>(rows_in) * columns_in),
        panels(PanelSize(rows_in, columns_in)) {
    // Padding must not reach a result.
    std::fill_n(panels.data(), panels.size(), 1e30f);
    RandomStream random(seed, 0, kFirstPluginStream);
    for (int r = 0; r < rows; ++r) {
      for (int c = 0; c < columns; ++c) {
        const auto x = static_cast<float>(random.Uniform(-1, 1));
        plain[static_cast<std::size_t>(r) * columns + c] = x;
        panels.data()[PanelIndex(r, c, columns)] = x;
      }
    }
  }
  double at(int r, int c) const { return plain[static_cast<std::size_t>(r) * columns + c]; }

  int rows;
  int columns;
  std::vector<float> plain;
  PanelBuffer panels;
};

struct Shape {
  int rows, columns, depth;
};

class PanelsTest : public testing::TestWithParam<Shape> {};

// Each size below, at and above a panel's height, a tile's width and a pass's depth.
INSTANTIATE_TEST_SUITE_P(Shapes, PanelsTest,
                         testing::Values(Shape{1, 1, 1}, Shape{kPanelRows, kTileColumns, 7},
                                         Shape{kPanelRows + 1, kTileColumns + 1, kDepth},
                                         Shape{2 * kPanelRows - 1, 3 * kTileColumns - 1,
                                               kDepth + 1},
                                         Shape{10, 64, 100}, Shape{77, 5, 2 * kDepth + 9}));

TEST_P(PanelsTest, MultiplyIsTheMatrixProductAndFinishesEachPanelOnce) {
  const int rows = GetParam().rows, columns = GetParam().columns, depth = GetParam().depth;
  const Matrix w(rows, depth, 1);
  const Matrix x(depth, columns, 2);
  PanelBuffer z(PanelSize(rows, columns));
  std::vector<int> finished;
  Multiply(w.panels.data(), x.panels.data(), rows, depth, columns, z.data(),
           [&](int panel, float* data) {
             EXPECT_EQ(data, z.data() + PanelIndex(panel * kPanelRows, 0, columns));
             finished.push_back(panel);
           });
  ASSERT_EQ(finished.size(), PanelCount(rows));
  for (int p = 0; p < PanelCount(rows); ++p) EXPECT_EQ(finished[p], p);
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c) {
      double expected = 0;
      for (int k = 0; k < depth; ++k) expected += w.at(r, k) * x.at(k, c);
      ASSERT_NEAR(z.data()[PanelIndex(r, c, columns)], expected, 1e-4) << r << ", " << c;
    }
  }
}

TEST_P(PanelsTest, OuterProductIsDTimesXTransposed) {
  const auto [rows, columns, depth] = GetParam();
  const Matrix d(rows, depth, 3);
  const Matrix x(columns, depth, 4);
  PanelBuffer g(PanelSize(rows, columns));
  std::size_t total = 0;
  OuterProduct(d.panels.data(), x.panels.data(), rows, columns, depth,
               [&](std::size_t offset, const float* block, int size) {
                 std::copy_n(block, size, g.data() + offset);
                 total += size;
               });
  EXPECT_EQ(total, PanelSize(rows, columns));  // every element once
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c) {
      double expected = 0;
      for (int k = 0; k < depth; ++k) expected += d.at(r, k) * x.at(c, k);
      ASSERT_NEAR(g.data()[PanelIndex(r, c, columns)], expected, 1e-4) << r << ", " << c;
    }
  }
}

TEST_P(PanelsTest, TransposeSwapsAndPadsWithZeros) {
  const auto [rows, columns, depth] = GetParam();
  const Matrix w(rows, columns, 5 + depth);
  PanelBuffer t(PanelSize(columns, rows));
  std::fill_n(t.data(), t.size(), 1e30f);
  Transpose(w.panels.data(), rows, columns, t.data());
  for (int c = 0; c < PaddedRows(columns); ++c) {
    for (int r = 0; r < rows; ++r) {
      ASSERT_EQ(t.data()[PanelIndex(c, r, rows)], c < columns ? static_cast<float>(w.at(r, c)) : 0);
    }
  }
}

TEST_P(PanelsTest, StoreColumnFillsOneColumn) {
  const auto [rows, columns, depth] = GetParam();
  std::vector<float> values(rows);
  for (int r = 0; r < rows; ++r) values[r] = static_cast<float>(r + depth);
  PanelBuffer x(PanelSize(rows, columns));
  const int column = columns - 1;
  StoreColumn(values.data(), rows, column, columns, x.data());
  for (int r = 0; r < PaddedRows(rows); ++r) {
    for (int c = 0; c < columns; ++c) {
      ASSERT_EQ(x.data()[PanelIndex(r, c, columns)], c == column && r < rows ? values[r] : 0.0f);
    }
  }
}

}  // namespace
}  // namespace network_internal
}  // namespace sturgeon
