#include "apps/checkpoints.h"

#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "apps/command.h"
#include "gflags/gflags.h"

DEFINE_string(checkpoints, "", "Where trials are saved: docs/checkpoints.md.");
DEFINE_int64(checkpoint_every, 0, "Steps after which a running trial is saved.");
DEFINE_string(checkpoint_limit, "1GiB", "What a study's checkpoints may take: 500M, 20G.");

namespace sturgeon {

absl::StatusOr<int64_t> ParseSize(absl::string_view text) {
  constexpr absl::string_view kUnits = "KMGT";
  std::string number = absl::AsciiStrToUpper(text);
  absl::string_view rest = number;
  absl::ConsumeSuffix(&rest, "B");
  const bool binary = absl::ConsumeSuffix(&rest, "I");
  double size = 1;
  const size_t unit = rest.empty() ? absl::string_view::npos : kUnits.find(rest.back());
  if (unit != absl::string_view::npos) {
    size = std::ldexp(1.0, 10 * (static_cast<int>(unit) + 1));
    rest.remove_suffix(1);
  }
  double count = 0;
  const bool is_number = !rest.empty() &&
                         absl::ascii_isdigit(static_cast<unsigned char>(rest[0])) &&
                         absl::SimpleAtod(rest, &count);
  const double bytes = std::floor(count * size);
  if (!is_number || (binary && unit == absl::string_view::npos) || !(bytes >= 1) ||
      bytes > std::ldexp(1.0, 60)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", text, "\" is no size; write a number of bytes, or with a unit, such as 500M or 20G"));
  }
  return static_cast<int64_t>(bytes);
}

absl::StatusOr<std::unique_ptr<CheckpointStore>> OpenCheckpoints(
    const std::string& study, const std::string& model,
    std::function<void(absl::string_view)> note) {
  CheckpointOptions options;
  options.study = study;
  options.model = model;
  options.note = std::move(note);
  if (FLAGS_checkpoints.empty()) {
    for (const char* flag : {"checkpoint_every", "checkpoint_limit"}) {
      if (!FlagGiven(flag)) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("--", flag, ": without a folder nothing is saved; give --checkpoints=DIR"));
    }
    return CheckpointStore::OpenTemporary(std::move(options));
  }
  options.root = FLAGS_checkpoints;
  if (FLAGS_checkpoint_every < 0) {
    return absl::InvalidArgumentError("--checkpoint_every: must be at least 0");
  }
  options.every = FLAGS_checkpoint_every;
  const absl::StatusOr<int64_t> limit = ParseSize(FLAGS_checkpoint_limit);
  if (!limit.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--checkpoint_limit: ", limit.status().message()));
  }
  options.max_bytes = *limit;
  options.max_checkpoint_bytes = *limit < 4 ? *limit : *limit / 4;
  absl::StatusOr<std::unique_ptr<CheckpointStore>> store =
      CheckpointStore::Open(std::move(options));
  if (!store.ok()) {
    return absl::Status(store.status().code(),
                        absl::StrCat("--checkpoints: ", store.status().message()));
  }
  return store;
}

}  // namespace sturgeon
