// Any text is JSON or an error; what is JSON stays the same when it is written and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/json.h"
#include "core/value.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto value = sturgeon::ParseJson(text, "fuzz");
  if (!value.ok()) {
    if (value.status().message().empty()) std::abort();
    return 0;
  }
  const std::string line = sturgeon::WriteJson(*value);
  const auto again = sturgeon::ParseJson(line, "line");
  if (!again.ok() || *again != *value || sturgeon::WriteJson(*again) != line) std::abort();
  const auto pretty = sturgeon::ParseJson(sturgeon::WriteJsonPretty(*value), "page");
  if (!pretty.ok() || *pretty != *value) std::abort();
  return 0;
}
