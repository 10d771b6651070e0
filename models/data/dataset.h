// Tables of labelled examples in memory.
#ifndef STURGEON_MODELS_DATA_DATASET_H_
#define STURGEON_MODELS_DATA_DATASET_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"

namespace sturgeon {

struct Examples {
  std::vector<float> features;  // [size(), d], row-major
  std::vector<int32_t> labels;  // [size()], classes from 0 on

  int64_t size() const { return static_cast<int64_t>(labels.size()); }
};

struct Dataset {
  std::string name;
  int dimensions = 0;                      // d, features of an example
  std::vector<std::string> feature_names;  // [d], or empty where they have none (pixels)
  std::vector<std::string> class_names;    // at least 2
  Examples train;
  Examples test;  // held back for the end; may be empty
  // Columns of numbers in units of their own, which Standardise should bring to a common scale.
  std::vector<int> numeric_columns;

  int classes() const { return static_cast<int>(class_names.size()); }
};

// Shifts and scales each numeric column to mean 0 and standard deviation 1 over the given rows of
// `train`; a column that is constant there becomes 0 for them. All rows of both tables change by
// the same map, so that nothing of the others enters it.
void Standardise(absl::Span<const int32_t> rows, Dataset* dataset);

}  // namespace sturgeon

#endif  // STURGEON_MODELS_DATA_DATASET_H_
