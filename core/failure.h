// A status that says how a trial failed: for models that know more than "an error", say, because a
// process of theirs was killed.
//
//   return FailureStatus(FailureKind::kSignal, "its process was killed by SIGSEGV");
//
// Runners make that kind of failed trial of it; a status without one is FailureKind::kError.
#ifndef STURGEON_CORE_FAILURE_H_
#define STURGEON_CORE_FAILURE_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/trial.h"

namespace sturgeon {

// DeadlineExceeded, ResourceExhausted and Cancelled for kTimeout, kOutOfMemory and kCancelled, else
// Aborted; with the kind.
absl::Status FailureStatus(FailureKind kind, absl::string_view reason);

// The kind that `status`, which is not OK, was made with; kError for any other.
FailureKind FailureKindOf(const absl::Status& status);

}  // namespace sturgeon

#endif  // STURGEON_CORE_FAILURE_H_
