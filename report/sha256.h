// SHA-256, as content security policies name the scripts that a page may run.
//
// Source: NIST, FIPS 180-4, "Secure Hash Standard", 2015. Cost: O(bytes), about 200 MB/s. It is not
// for secrets: nothing here takes care of timing.
#ifndef STURGEON_REPORT_SHA256_H_
#define STURGEON_REPORT_SHA256_H_

#include <array>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace sturgeon {

std::array<uint8_t, 32> Sha256(absl::string_view bytes);

// "sha256-…", in base 64: a source expression of a content security policy.
std::string Sha256Source(absl::string_view bytes);

}  // namespace sturgeon

#endif  // STURGEON_REPORT_SHA256_H_
