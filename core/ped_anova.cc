#include "core/ped_anova.h"

#include <algorithm>
#include <cmath>

namespace sturgeon {
namespace {

constexpr int kCells = 64;  // of an axis without categories

// How a point in one cell spreads over the others: [from, to], each row a density's masses.
std::vector<double> Kernels(int cells, bool categorical, double width) {
  std::vector<double> kernels(static_cast<size_t>(cells) * cells, 0.0);
  for (int from = 0; from < cells; ++from) {
    double* const row = &kernels[static_cast<size_t>(from) * cells];
    double sum = 0;
    for (int to = 0; to < cells; ++to) {
      const double z = (to - from) / (cells * width);
      row[to] = categorical ? (to == from ? 1.0 : 0.0) : std::exp(-0.5 * z * z);
      sum += row[to];
    }
    for (int to = 0; to < cells; ++to) row[to] /= sum;
  }
  return kernels;
}

}  // namespace

double PedAnova(const ForestData& data, int axis, absl::Span<const uint32_t> rows,
                absl::Span<const uint8_t> good) {
  const int categories = data.axes[axis].categories;
  const int cells = categories > 0 ? categories : kCells;
  // Points in each cell; those without a coordinate count as a part of one in every cell.
  std::vector<double> all(cells, 0.0), best(cells, 0.0);
  double n = 0, m = 0, sum = 0, squares = 0, active = 0, spread = 0, spread_good = 0;
  for (const uint32_t row : rows) {
    const double u = data.at(axis, row);
    n += 1;
    m += good[row];
    if (std::isnan(u)) {
      spread += 1;
      spread_good += good[row];
      continue;
    }
    const int cell = std::min(cells - 1, static_cast<int>(u * cells));
    all[cell] += 1;
    best[cell] += good[row];
    active += 1;
    sum += u;
    squares += u * u;
  }
  if (m == 0 || m == n || active < 2) return 0;
  const double deviation =
      std::sqrt(std::max(0.0, squares / active - sum * sum / (active * active)));
  // Scott, "Multivariate density estimation", 1992: 1.06 s m^(-1/5); not below a cell.
  const double width = std::max(1.0 / kCells, 1.06 * deviation * std::pow(m, -0.2));
  const std::vector<double> kernels = Kernels(cells, categories > 0, width);
  double divergence = 0, expected = 0;
  for (int to = 0; to < cells; ++to) {
    const double even = 1.0 / cells;
    double g = spread_good * even, b = spread * even, b2 = spread * even * even;
    for (int from = 0; from < cells; ++from) {
      const double k = kernels[static_cast<size_t>(from) * cells + to];
      g += best[from] * k;
      b += all[from] * k;
      b2 += all[from] * k * k;
    }
    g /= m;
    b /= n;
    if (b <= 0) continue;
    divergence += (g - b) * (g - b) / b;
    // The variance with n - 1, of drawing without replacement.
    expected += (b2 / n - b * b) * n / (n - 1) / b;
  }
  return divergence - expected * (1 - m / n) / m;
}

}  // namespace sturgeon
