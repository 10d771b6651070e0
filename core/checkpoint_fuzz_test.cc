// Any bytes are a checkpoint or DataLoss; what is a checkpoint is written as the same bytes again.
// Behind a checksum that fits, too: the rest of the input is the checked part of a file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/checkpoint.h"

namespace {

void Check(absl::string_view bytes) {
  const absl::StatusOr<sturgeon::Checkpoint> checkpoint = sturgeon::DecodeCheckpoint(bytes);
  if (checkpoint.ok()) {
    if (sturgeon::EncodeCheckpoint(*checkpoint) != bytes) std::abort();
  } else if (!absl::IsDataLoss(checkpoint.status()) || checkpoint.status().message().empty()) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  Check(bytes);
  const uint32_t checksum = sturgeon::Crc32c(bytes);
  std::string file("SturgCkp\x01\0\0\0", 12);
  for (int i = 0; i < 4; ++i) file.push_back(static_cast<char>((checksum >> (8 * i)) & 0xFF));
  Check(file.append(bytes.data(), bytes.size()));
  return 0;
}
