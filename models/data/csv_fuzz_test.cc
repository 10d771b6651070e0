// Any text is a table or an error; a table is consistent.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "models/data/csv.h"
#include "models/data/dataset.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto dataset =
      sturgeon::ParseCsv(absl::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
  if (!dataset.ok()) return 0;
  const auto& train = dataset->train;
  if (train.features.size() != train.labels.size() * dataset->dimensions) std::abort();
  if (dataset->feature_names.size() != static_cast<size_t>(dataset->dimensions)) std::abort();
  for (int32_t label : train.labels) {
    if (label < 0 || label >= dataset->classes()) std::abort();
  }
  return 0;
}
