#include "apps/checkpoints.h"

#include <algorithm>
#include <cmath>
#include <filesystem>  // NOLINT(build/c++17)
#include <random>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "apps/command.h"
#include "core/file.h"
#include "gflags/gflags.h"

DEFINE_string(checkpoints, "", "Where trials are saved: docs/checkpoints.md.");
DEFINE_int64(checkpoint_every, 0, "Steps after which a running trial is saved.");
DEFINE_string(checkpoint_limit, "1GiB", "What a study's checkpoints may take: 500M, 20G.");

namespace sturgeon {
namespace {

namespace fs = std::filesystem;

// An attribute of stored studies, followed by a folder's mark.
constexpr char kCheckpointsAttribute[] = "sturgeon:checkpoints@";
constexpr char kMarkFile[] = "owner";
constexpr size_t kMarkSize = 32;

// The folder's mark; "": it has none.
std::string MarkOf(const fs::path& folder) {
  absl::StatusOr<std::string> mark = ReadFile((folder / kMarkFile).string());
  const bool whole = mark.ok() && mark->size() == kMarkSize &&
                     std::all_of(mark->begin(), mark->end(), absl::ascii_isxdigit);
  return whole ? *std::move(mark) : "";
}

std::string NewMark() {
  std::random_device random;
  std::string mark;
  while (mark.size() < kMarkSize) absl::StrAppend(&mark, absl::Hex(random(), absl::kZeroPad8));
  return mark;
}

}  // namespace

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

absl::Status RememberCheckpoints(const CheckpointStore& checkpoints, bool fresh, int64_t study,
                                 Storage* storage) {
  if (FLAGS_checkpoints.empty()) return absl::OkStatus();
  std::error_code error;
  const fs::path folder = fs::canonical(checkpoints.folder(), error);
  if (error) {
    return absl::UnavailableError(absl::StrCat(checkpoints.folder(), ": ", error.message()));
  }
  std::string mark = MarkOf(folder);
  if (fresh || mark.empty()) {
    mark = NewMark();
    absl::Status status = WriteFile((folder / kMarkFile).string(), mark);
    if (!status.ok()) return status;
  }
  return storage->SetAttribute(study, kCheckpointsAttribute + mark, folder.string());
}

std::vector<std::string> CheckpointFoldersOf(const StudyRecord& study) {
  std::vector<std::string> folders;
  for (const Value::Field& field : study.attributes.object()) {
    absl::string_view mark = field.name;
    if (!absl::ConsumePrefix(&mark, kCheckpointsAttribute) || !field.value.is_string()) continue;
    if (!mark.empty() && MarkOf(field.value.string()) == mark) {
      folders.push_back(field.value.string());
    }
  }
  return folders;
}

absl::Status RemoveCheckpoints(const StudyRecord& study, const std::string& folder) {
  CheckpointOptions options;
  options.root = fs::path(folder).parent_path().string();
  options.study = study.config.name;
  const absl::StatusOr<std::unique_ptr<CheckpointStore>> store =
      CheckpointStore::Open(std::move(options));
  if (!store.ok()) return store.status();
  (*store)->Clear();
  std::error_code error;
  fs::remove(fs::path(folder) / kMarkFile, error);
  if (!error) fs::remove(folder, error);
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("not all of ", folder, " could be removed: ", error.message()));
}

Value WithoutCheckpoints(const Value& attributes) {
  Value::Object kept;
  for (const Value::Field& field : attributes.object()) {
    if (!absl::StartsWith(field.name, kCheckpointsAttribute)) kept.push_back(field);
  }
  return kept;
}

}  // namespace sturgeon
