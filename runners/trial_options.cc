#include "runners/trial_options.h"

#include "absl/strings/str_cat.h"

namespace sturgeon {

absl::Status CheckTrialOptions(const TrialOptions& options) {
  if (options.isolation == "process") return absl::OkStatus();
  const char* const limit = options.memory_limit > 0 ? "memory_limit"
                            : options.cpu_limit > 0  ? "cpu_limit"
                                                     : nullptr;
  if (limit == nullptr) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(limit, ": a thread cannot be limited; add isolation=process"));
}

}  // namespace sturgeon
