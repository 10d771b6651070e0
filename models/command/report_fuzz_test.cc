// Any line is JSON or an error; what is JSON is a report with all of its metrics, none, or an
// error.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "absl/strings/string_view.h"
#include "models/command/report.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view line(reinterpret_cast<const char*>(data), size);
  const auto value = sturgeon::ParseLenientJson(line);
  if (!value.ok()) {
    if (value.status().message().empty()) std::abort();
    return 0;
  }
  const std::vector<sturgeon::Metric> metrics = {{"validation_error"}, {"loss"}};
  const auto report = sturgeon::ReportFromValue(*value, metrics, "epoch");
  if (!report.ok()) {
    if (report.status().message().empty()) std::abort();
  } else if (report->has_value()) {
    if ((*report)->metrics.size() != metrics.size()) std::abort();
    if ((*report)->step.has_value() && *(*report)->step < 0) std::abort();
  }
  return 0;
}
