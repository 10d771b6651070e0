// Gzip (RFC 1952), from memory to memory.
#ifndef STURGEON_MODELS_DATA_GZIP_H_
#define STURGEON_MODELS_DATA_GZIP_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sturgeon {

// The contents of a gzip file, all its members. InvalidArgument: not gzip, damaged, or cut off;
// ResourceExhausted: the contents would be larger than `limit` bytes. The message does not name the
// file.
absl::StatusOr<std::string> Gunzip(absl::string_view compressed, std::size_t limit);

}  // namespace sturgeon

#endif  // STURGEON_MODELS_DATA_GZIP_H_
