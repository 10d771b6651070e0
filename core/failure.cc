#include "core/failure.h"

#include <optional>
#include <string>

#include "absl/strings/cord.h"
#include "absl/types/optional.h"

namespace sturgeon {
namespace {

constexpr char kPayload[] = "sturgeon/failure_kind";

absl::StatusCode CodeOf(FailureKind kind) {
  switch (kind) {
    case FailureKind::kTimeout:
      return absl::StatusCode::kDeadlineExceeded;
    case FailureKind::kOutOfMemory:
      return absl::StatusCode::kResourceExhausted;
    case FailureKind::kCancelled:
      return absl::StatusCode::kCancelled;
    default:
      return absl::StatusCode::kAborted;
  }
}

}  // namespace

absl::Status FailureStatus(FailureKind kind, absl::string_view reason) {
  absl::Status status(CodeOf(kind), reason);
  status.SetPayload(kPayload, absl::Cord(FailureKindName(kind)));
  return status;
}

FailureKind FailureKindOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kPayload);
  if (!payload.has_value()) return FailureKind::kError;
  return FailureKindFromName(std::string(*payload)).value_or(FailureKind::kError);
}

}  // namespace sturgeon
