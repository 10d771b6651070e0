#include "core/trial.h"

namespace sturgeon {

absl::string_view TrialStateName(TrialState state) {
  switch (state) {
    case TrialState::kWaiting:
      return "waiting";
    case TrialState::kRunning:
      return "running";
    case TrialState::kComplete:
      return "complete";
    case TrialState::kStopped:
      return "stopped";
    case TrialState::kFailed:
      return "failed";
  }
  return "";
}

absl::string_view FailureKindName(FailureKind failure) {
  switch (failure) {
    case FailureKind::kNone:
      return "";
    case FailureKind::kError:
      return "error";
    case FailureKind::kException:
      return "exception";
    case FailureKind::kExitCode:
      return "exit_code";
    case FailureKind::kSignal:
      return "signal";
    case FailureKind::kTimeout:
      return "timeout";
    case FailureKind::kOutOfMemory:
      return "out_of_memory";
    case FailureKind::kLostWorker:
      return "lost_worker";
    case FailureKind::kNotFinite:
      return "not_finite";
    case FailureKind::kCancelled:
      return "cancelled";
  }
  return "";
}

std::optional<TrialState> TrialStateFromName(absl::string_view name) {
  for (const TrialState state : {TrialState::kWaiting, TrialState::kRunning, TrialState::kComplete,
                                 TrialState::kStopped, TrialState::kFailed}) {
    if (name == TrialStateName(state)) return state;
  }
  return std::nullopt;
}

std::optional<FailureKind> FailureKindFromName(absl::string_view name) {
  for (int i = 1; i <= static_cast<int>(FailureKind::kCancelled); ++i) {
    if (name == FailureKindName(static_cast<FailureKind>(i))) return static_cast<FailureKind>(i);
  }
  return std::nullopt;
}

}  // namespace sturgeon
