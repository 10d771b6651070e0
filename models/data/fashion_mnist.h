// Fashion-MNIST: 60,000 training and 10,000 test images of clothes, 28 x 28 grey values, 10 classes
// (Xiao, Rasul, Vollgraf, 2017).
#ifndef STURGEON_MODELS_DATA_FASHION_MNIST_H_
#define STURGEON_MODELS_DATA_FASHION_MNIST_H_

#include <string>

#include "absl/status/statusor.h"
#include "models/data/dataset.h"

namespace sturgeon {

// Features are grey values, shifted and scaled by one mean and one standard deviation: those of all
// training pixels.
//
// The four gzip'd IDX files are looked for in $STURGEON_DATA/fashion-mnist and $STURGEON_DATA, in
// the program's Bazel runfiles, and where Debian's package dataset-fashion-mnist puts them.
// NotFound names all these places and the remedy; InvalidArgument names the file that is damaged.
// Takes about half a second.
absl::StatusOr<Dataset> LoadFashionMnist();

// The same from one folder.
absl::StatusOr<Dataset> LoadFashionMnist(const std::string& folder);

}  // namespace sturgeon

#endif  // STURGEON_MODELS_DATA_FASHION_MNIST_H_
