// What a user of the dashboard may change about a study, if that is allowed: read from a request's
// body, which may be anything, and checked before the storage hears of it.
//
//   enqueue  {"params": {"learning_rate": 0.01}}   what is not given gets its default
//   stop     {"trial": 7}
//   note     {"note": "…"}                         "" takes it away
//   pause    {"paused": true}
#ifndef STURGEON_DASHBOARD_EDITS_H_
#define STURGEON_DASHBOARD_EDITS_H_

#include <cstdint>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/storage.h"
#include "core/value.h"

namespace sturgeon {

struct EnqueueEdit {
  Value params;  // an object of the space's parameters, checked
};
struct StopEdit {
  int64_t trial = 0;
};
struct NoteEdit {
  std::string note;
};
struct PauseEdit {
  bool paused = false;
};
using Edit = std::variant<EnqueueEdit, StopEdit, NoteEdit, PauseEdit>;

inline constexpr size_t kLongestNote = 10000;  // bytes

// NotFound: there is no edit of that name. InvalidArgument: the body is not the edit's, or what is
// to be enqueued is no point of the study's space.
absl::StatusOr<Edit> ParseEdit(absl::string_view name, absl::string_view body,
                               const StudyRecord& study);

// What was done, for people. FailedPrecondition: the trial does not run. Else the storage's errors.
absl::StatusOr<std::string> ApplyEdit(const Edit& edit, const StudyRecord& study, Storage& storage);

}  // namespace sturgeon

#endif  // STURGEON_DASHBOARD_EDITS_H_
