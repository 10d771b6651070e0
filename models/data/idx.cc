#include "models/data/idx.h"

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sturgeon {

absl::StatusOr<IdxArray> ParseIdx(absl::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  constexpr int kUnsignedByte = 8;
  if (bytes.size() < 4 || byte(0) != 0 || byte(1) != 0) {
    return absl::InvalidArgumentError("it is no IDX file: it does not begin with two zero bytes");
  }
  if (byte(2) != kUnsignedByte) {
    return absl::InvalidArgumentError(absl::StrCat("its elements are of IDX type ", byte(2),
                                                   "; only unsigned bytes (8) can be read"));
  }
  const std::size_t dimensions = byte(3);
  const std::size_t header = 4 + 4 * dimensions;
  if (dimensions == 0 || bytes.size() < header) {
    return absl::InvalidArgumentError(
        absl::StrCat("its IDX header, of ", dimensions, " dimensions, is cut off"));
  }
  IdxArray array;
  array.elements = bytes.substr(header);
  uint64_t count = 1;
  bool fits = true;
  for (std::size_t i = 0; i < dimensions; ++i) {
    const std::size_t at = 4 + 4 * i;
    const uint64_t extent = uint64_t{byte(at)} << 24 | uint64_t{byte(at + 1)} << 16 |
                            uint64_t{byte(at + 2)} << 8 | byte(at + 3);
    array.shape.push_back(static_cast<int64_t>(extent));
    // Beyond the number of bytes there are, the product is wrong in any case.
    fits = fits && extent > 0 && count <= bytes.size() / extent;
    if (fits) count *= extent;
  }
  if (!fits || count != array.elements.size()) {
    return absl::InvalidArgumentError(absl::StrCat("its shape [", absl::StrJoin(array.shape, ", "),
                                                   "] does not fit its ", array.elements.size(),
                                                   " elements"));
  }
  return array;
}

}  // namespace sturgeon
