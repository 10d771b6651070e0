#include "models/data/dataset.h"

#include <cmath>
#include <cstddef>

namespace sturgeon {

void Standardise(absl::Span<const int32_t> rows, Dataset* dataset) {
  const auto d = static_cast<std::size_t>(dataset->dimensions);
  for (int column : dataset->numeric_columns) {
    const auto value = [&](int32_t row) -> double {
      return dataset->train.features[static_cast<std::size_t>(row) * d + column];
    };
    const auto n = static_cast<double>(rows.size());
    double mean = 0;
    for (int32_t row : rows) mean += value(row) / n;
    double variance = 0;
    for (int32_t row : rows) variance += (value(row) - mean) * (value(row) - mean) / n;
    const double scale = variance > 0 ? 1 / std::sqrt(variance) : 1;
    for (Examples* examples : {&dataset->train, &dataset->test}) {
      for (std::size_t i = column; i < examples->features.size(); i += d) {
        examples->features[i] = static_cast<float>((examples->features[i] - mean) * scale);
      }
    }
  }
}

}  // namespace sturgeon
