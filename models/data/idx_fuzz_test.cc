// Any bytes are an IDX array, or a gzip file of one, or an error; an array is consistent.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "models/data/gzip.h"
#include "models/data/idx.h"

namespace {

void Check(absl::string_view bytes) {
  const auto array = sturgeon::ParseIdx(bytes);
  if (!array.ok()) return;
  uint64_t count = 1;
  for (int64_t extent : array->shape) count *= static_cast<uint64_t>(extent);
  if (count != array->elements.size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  Check(bytes);
  constexpr size_t kLimit = 1 << 20;
  const auto contents = sturgeon::Gunzip(bytes, kLimit);
  if (contents.ok()) {
    if (contents->size() > kLimit) std::abort();
    Check(*contents);
  }
  return 0;
}
