// Matrix products for training on one core, on a packed storage layout.
//
// A general matrix product first copies both operands into an order that the vector unit can
// stream, and a training step pays for those copies three times a layer. Here every matrix lives in
// that order for good, so that no product copies anything, and a gradient block is handed to its
// consumer while it is still in the first-level cache.
//
// Layout ("panels"): a matrix [rows, columns] is cut into panels of kPanelRows consecutive rows;
// each panel is column-major and the panels follow one another. Element (r, c) stands at
//     ((r / kPanelRows) * columns + c) * kPanelRows + r % kPanelRows.
// The last panel is padded: padding may hold anything finite, and never reaches a real element,
// because products run over the true depth and lanes do not mix. Buffers are aligned to
// kPanelAlignment bytes.
//
// With activations [features, samples] and weights [outputs, inputs] in this layout, the three
// products of back-propagation are
//     Multiply      Z  [outputs, samples] = W [outputs, inputs] * X [inputs, samples]
//     Multiply      dX [inputs, samples]  = W^T * dZ, with W^T from Transpose
//     OuterProduct  dW [outputs, inputs]  = dZ [outputs, samples] * X^T
//
// Cost: 2 * m * n * k floating-point operations each; about 85 % of an AVX-512 core's peak at 64
// and more samples. Single-threaded, deterministic, no allocation. Internal to the network: this
// header depends on the instruction set, so one binary must compile all its users with one.
#ifndef STURGEON_MODELS_NETWORK_PANELS_H_
#define STURGEON_MODELS_NETWORK_PANELS_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

namespace sturgeon {
namespace network_internal {

// A register tile is two vectors high and kTileColumns wide: 24 accumulators where there are 32
// registers, 12 where there are 16.
#if defined(__AVX512F__)
inline constexpr int kLanes = 16;
inline constexpr int kTileColumns = 12;
#elif defined(__AVX__)
inline constexpr int kLanes = 8;
inline constexpr int kTileColumns = 6;
#elif defined(__aarch64__)
inline constexpr int kLanes = 4;
inline constexpr int kTileColumns = 12;
#else
inline constexpr int kLanes = 4;
inline constexpr int kTileColumns = 6;
#endif

inline constexpr int kPanelRows = 2 * kLanes;
inline constexpr std::size_t kPanelAlignment = 64;
// Depth of one pass over a panel: kPanelRows * kDepth floats stay in the first-level cache. A
// multiple of kPanelRows.
inline constexpr int kDepth = 256;

inline constexpr int PanelCount(int rows) { return (rows + kPanelRows - 1) / kPanelRows; }
inline constexpr int PaddedRows(int rows) { return PanelCount(rows) * kPanelRows; }

// Number of floats of a matrix [rows, columns], padding included.
inline constexpr std::size_t PanelSize(int rows, int columns) {
  return static_cast<std::size_t>(PaddedRows(rows)) * columns;
}

// Where element (row, column) of a matrix with `columns` columns stands.
inline constexpr std::size_t PanelIndex(int row, int column, int columns) {
  return (static_cast<std::size_t>(row / kPanelRows) * columns + column) * kPanelRows +
         row % kPanelRows;
}

// An aligned, zero-filled array of floats.
class PanelBuffer {
 public:
  PanelBuffer() = default;
  explicit PanelBuffer(std::size_t size) { Resize(size); }

  // Drops the contents and holds `size` zeros.
  void Resize(std::size_t size) {
    data_.reset(static_cast<float*>(::operator new(std::max<std::size_t>(size, 1) * sizeof(float),
                                                   std::align_val_t(kPanelAlignment))));
    size_ = size;
    std::fill_n(data_.get(), size, 0.0f);
  }
  // Resize only where the buffer is smaller than `size`.
  void Reserve(std::size_t size) {
    if (size > size_) Resize(size);
  }

  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(float* p) const { ::operator delete(p, std::align_val_t(kPanelAlignment)); }
  };
  std::unique_ptr<float, Free> data_;
  std::size_t size_ = 0;
};

#if defined(__clang__)
#define STURGEON_UNROLL _Pragma("clang loop unroll(full)")
#else
#define STURGEON_UNROLL _Pragma("GCC unroll 16")
#endif

typedef float Vector __attribute__((vector_size(kLanes * sizeof(float)), may_alias));

// One register tile: c [kPanelRows, N] (+)= a [kPanelRows, depth] * b [depth, N], where element
// (k, j) of b stands at
//     b[(k / chunk) * chunk_stride + (k % chunk) * StepStride + j * ColumnStride].
// A tile starts from zero when `first`, else it adds to what c holds.
template <int N, int ColumnStride, int StepStride>
void Tile(const float* __restrict a, const float* __restrict b, int chunk,
          std::ptrdiff_t chunk_stride, int depth, bool first, float* __restrict c) {
  Vector sum[N][2];
  STURGEON_UNROLL
  for (int j = 0; j < N; ++j) {
    if (first) {
      sum[j][0] = sum[j][1] = Vector{};
    } else {
      sum[j][0] = *reinterpret_cast<const Vector*>(c + j * kPanelRows);
      sum[j][1] = *reinterpret_cast<const Vector*>(c + j * kPanelRows + kLanes);
    }
  }
  while (depth > 0) {
    const int steps = std::min(depth, chunk);
    for (int k = 0; k < steps; ++k) {
      const Vector a0 = *reinterpret_cast<const Vector*>(a);
      const Vector a1 = *reinterpret_cast<const Vector*>(a + kLanes);
      STURGEON_UNROLL
      for (int j = 0; j < N; ++j) {
        const float scalar = b[k * StepStride + j * ColumnStride];
        sum[j][0] += a0 * scalar;
        sum[j][1] += a1 * scalar;
      }
      a += kPanelRows;
    }
    b += chunk_stride;
    depth -= steps;
  }
  STURGEON_UNROLL
  for (int j = 0; j < N; ++j) {
    *reinterpret_cast<Vector*>(c + j * kPanelRows) = sum[j][0];
    *reinterpret_cast<Vector*>(c + j * kPanelRows + kLanes) = sum[j][1];
  }
}

using TileFunction = void (*)(const float*, const float*, int, std::ptrdiff_t, int, bool, float*);

template <int ColumnStride, int StepStride, std::size_t... I>
constexpr std::array<TileFunction, sizeof...(I)> TileTable(std::index_sequence<I...>) {
  return {{&Tile<static_cast<int>(I) + 1, ColumnStride, StepStride>...}};
}

// Runs `tile(first_column, count)` over [0, columns) in even shares of at most kTileColumns.
template <typename F>
inline void ForEachTile(int columns, F&& tile) {
  const int tiles = (columns + kTileColumns - 1) / kTileColumns;
  for (int t = 0, begin = 0; t < tiles; ++t) {
    const int end = static_cast<int>(static_cast<long long>(columns) * (t + 1) / tiles);
    tile(begin, end - begin);
    begin = end;
  }
}

// z [rows, columns] = w [rows, depth] * x [depth, columns]. `finish(panel, data)` is called once
// for each panel of z, [kPanelRows, columns] at `data`, as soon as it is complete.
template <typename F>
inline void Multiply(const float* w, const float* x, int rows, int depth, int columns, float* z,
                     F&& finish) {
  static constexpr auto kTiles = TileTable<kPanelRows, 1>(std::make_index_sequence<kTileColumns>());
  const std::size_t w_panel = static_cast<std::size_t>(depth) * kPanelRows;
  const std::size_t z_panel = static_cast<std::size_t>(columns) * kPanelRows;
  for (int p = 0; p < PanelCount(rows); ++p) {
    float* out = z + p * z_panel;
    for (int k = 0; k < depth; k += kDepth) {
      const float* block = w + p * w_panel + static_cast<std::size_t>(k) * kPanelRows;
      const float* operand = x + static_cast<std::size_t>(k) * columns;
      const int steps = std::min(kDepth, depth - k);
      ForEachTile(columns, [&](int begin, int count) {
        kTiles[count - 1](block, operand + begin * kPanelRows, kPanelRows, z_panel, steps, k == 0,
                          out + begin * kPanelRows);
      });
    }
    finish(p, out);
  }
}

// g [rows, columns] = d [rows, depth] * x [columns, depth]^T, without ever being stored as a whole:
// `consume(offset, g, size)` receives it block by block, where `offset` is the block's place in the
// layout of a matrix [rows, columns], `g` its `size` floats (aligned, valid during the call).
template <typename F>
inline void OuterProduct(const float* d, const float* x, int rows, int columns, int depth,
                         F&& consume) {
  static constexpr auto kTiles = TileTable<1, kPanelRows>(std::make_index_sequence<kTileColumns>());
  alignas(kPanelAlignment) float g[kPanelRows * kPanelRows];
  for (int q = 0; q < PanelCount(columns); ++q) {
    const int width = std::min(kPanelRows, columns - q * kPanelRows);
    const float* operand = x + static_cast<std::size_t>(q) * kPanelRows * depth;
    for (int p = 0; p < PanelCount(rows); ++p) {
      const float* panel = d + static_cast<std::size_t>(p) * kPanelRows * depth;
      for (int k = 0; k < depth; k += kDepth) {
        const std::size_t start = static_cast<std::size_t>(k) * kPanelRows;
        const int steps = std::min(kDepth, depth - k);
        ForEachTile(width, [&](int begin, int count) {
          kTiles[count - 1](panel + start, operand + start + begin, steps, 0, steps, k == 0,
                            g + begin * kPanelRows);
        });
      }
      const std::size_t offset =
          (static_cast<std::size_t>(p) * columns + q * kPanelRows) * kPanelRows;
      consume(offset, g, width * kPanelRows);
    }
  }
}

// t [columns, rows] = w [rows, columns]^T; padding rows of t become zero.
inline void Transpose(const float* w, int rows, int columns, float* t) {
  for (int p = 0; p < PanelCount(rows); ++p) {
    const int height = std::min(kPanelRows, rows - p * kPanelRows);
    for (int q = 0; q < PanelCount(columns); ++q) {
      const int width = std::min(kPanelRows, columns - q * kPanelRows);
      const float* from = w + (static_cast<std::size_t>(p) * columns + q * kPanelRows) * kPanelRows;
      float* to = t + (static_cast<std::size_t>(q) * rows + p * kPanelRows) * kPanelRows;
      for (int r = 0; r < height; ++r) {
        for (int c = 0; c < width; ++c) to[r * kPanelRows + c] = from[c * kPanelRows + r];
        for (int c = width; c < kPanelRows; ++c) to[r * kPanelRows + c] = 0.0f;
      }
    }
  }
}

// Copies one row-major vector of `rows` floats into column `column` of x [rows, columns].
inline void StoreColumn(const float* values, int rows, int column, int columns, float* x) {
  float* to = x + static_cast<std::size_t>(column) * kPanelRows;
  const std::size_t panel = static_cast<std::size_t>(columns) * kPanelRows;
  int r = 0;
  for (; r + kPanelRows <= rows; r += kPanelRows, to += panel) {
    std::memcpy(to, values + r, kPanelRows * sizeof(float));
  }
  if (r < rows) std::memcpy(to, values + r, (rows - r) * sizeof(float));
}

}  // namespace network_internal
}  // namespace sturgeon

#endif  // STURGEON_MODELS_NETWORK_PANELS_H_
