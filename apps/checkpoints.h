// The flags of `tune` that say where trials are saved: --checkpoints, --checkpoint_every,
// --checkpoint_limit. And what a stored study knows of those folders, so that `delete` finds them.
//
// A folder has a mark (the file `owner`, a random number), and the study an attribute of that mark,
// which says where the folder is. So a folder that another study has taken over since, or one of
// the same path on another host, is not taken for the study's.
#ifndef STURGEON_APPS_CHECKPOINTS_H_
#define STURGEON_APPS_CHECKPOINTS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/checkpoint_store.h"
#include "core/storage.h"
#include "core/value.h"

namespace sturgeon {

// The store that the flags ask for, for a study of that name with a model of that plugin; a
// temporary one if they ask for none. `note`: CheckpointOptions::note. Errors name the flag.
absl::StatusOr<std::unique_ptr<CheckpointStore>> OpenCheckpoints(
    const std::string& study, const std::string& model,
    std::function<void(absl::string_view)> note);

// Writes down with the stored study that it is saved in the store's folder; nothing, if the flags
// name none. `fresh`: the study is new, and the folder was another's.
absl::Status RememberCheckpoints(const CheckpointStore& checkpoints, bool fresh, int64_t study,
                                 Storage* storage);

// The folders on this host that the study is saved in, from the root.
std::vector<std::string> CheckpointFoldersOf(const StudyRecord& study);

// Removes such a folder, but for what is none of the store's; says what stays, and why.
absl::Status RemoveCheckpoints(const StudyRecord& study, const std::string& folder);

// A study's attributes for a copy of it, which has no checkpoints.
Value WithoutCheckpoints(const Value& attributes);

// A number of bytes: "1048576", "512K", "200MiB", "1.5GB", "2T"; units are powers of 1024.
// InvalidArgument: not such a text, or not from 1 byte to 2^60.
absl::StatusOr<int64_t> ParseSize(absl::string_view text);

}  // namespace sturgeon

#endif  // STURGEON_APPS_CHECKPOINTS_H_
