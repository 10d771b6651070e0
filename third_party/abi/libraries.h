#ifndef STURGEON_THIRD_PARTY_ABI_LIBRARIES_H_
#define STURGEON_THIRD_PARTY_ABI_LIBRARIES_H_

#include <string>

#include "absl/status/statusor.h"

namespace sturgeon {

// Passes `text` through a function of each library that is linked (zlib, nlohmann_json, Eigen,
// gflags, and Abseil's hash map, random numbers, mutex, time and strings) and returns it. An error
// names the library whose answer was wrong.
absl::StatusOr<std::string> RoundTrip(const std::string& text);

}  // namespace sturgeon

#endif  // STURGEON_THIRD_PARTY_ABI_LIBRARIES_H_
