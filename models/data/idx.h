// IDX, the format of MNIST and its kin: an array of bytes with its shape.
//
// Layout: two zero bytes, the element type (8: unsigned byte), the number of dimensions, each
// dimension as a big-endian 32-bit integer, then the elements, the last dimension running fastest.
#ifndef STURGEON_MODELS_DATA_IDX_H_
#define STURGEON_MODELS_DATA_IDX_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sturgeon {

struct IdxArray {
  std::vector<int64_t> shape;
  absl::string_view elements;  // as many as the shape says; a part of the parsed bytes
};

// InvalidArgument: the bytes are no IDX of unsigned bytes, or their number does not fit the shape;
// the message says what is there and what should be, and does not name the file.
absl::StatusOr<IdxArray> ParseIdx(absl::string_view bytes);

}  // namespace sturgeon

#endif  // STURGEON_MODELS_DATA_IDX_H_
