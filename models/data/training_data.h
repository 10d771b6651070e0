// A dataset by name, split for tuning.
#ifndef STURGEON_MODELS_DATA_TRAINING_DATA_H_
#define STURGEON_MODELS_DATA_TRAINING_DATA_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "models/data/dataset.h"

namespace sturgeon {

// "fashion_mnist", or "csv:PATH" for a table of one's own (csv.h). InvalidArgument: neither.
absl::StatusOr<Dataset> LoadDataset(absl::string_view name);

// Immutable once made, so that all trials of a study share one copy.
struct TrainingData {
  Dataset dataset;
  // Rows of dataset.train: to learn from, to judge by, and both together for a last training.
  std::vector<int32_t> train;
  std::vector<int32_t> validation;
  std::vector<int32_t> train_and_validation;
  std::vector<int32_t> test;  // rows of dataset.test
};

// Draws round(validation_fraction * n) of the n training examples for validation, and of the others
// at most `train_limit` (0: all) for training, by `seed`; the limit does not change the validation
// rows. Numeric columns are standardised over the training rows. InvalidArgument: nothing would be
// left to train on or to judge by.
absl::StatusOr<TrainingData> SplitDataset(Dataset dataset, double validation_fraction,
                                          int64_t train_limit, uint64_t seed);

}  // namespace sturgeon

#endif  // STURGEON_MODELS_DATA_TRAINING_DATA_H_
