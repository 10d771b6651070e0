// Whatever the file of a task, or a list of results, holds: an error, or what is written as it was
// read.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "apps/result_table.h"
#include "apps/trial_task.h"
#include "core/json.h"
#include "core/value.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::StatusOr<sturgeon::Value> value =
      sturgeon::ParseJson(absl::string_view(reinterpret_cast<const char*>(data), size), "");
  if (!value.ok()) return 0;
  sturgeon::EntriesFromValue(*value, "list").status().IgnoreError();
  const auto task = sturgeon::TaskFromValue(*value, "task");
  if (!task.ok()) return 0;
  const std::string written = sturgeon::WriteJson(sturgeon::ToValue(*task));
  const auto again = sturgeon::TaskFromValue(*sturgeon::ParseJson(written, ""), "again");
  if (!again.ok() || sturgeon::WriteJson(sturgeon::ToValue(*again)) != written) std::abort();
  return 0;
}
