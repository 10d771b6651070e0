// The flags of `tune` that say where trials are saved: --checkpoints, --checkpoint_every,
// --checkpoint_limit.
#ifndef STURGEON_APPS_CHECKPOINTS_H_
#define STURGEON_APPS_CHECKPOINTS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/checkpoint_store.h"

namespace sturgeon {

// The store that the flags ask for, for a study of that name with a model of that plugin; a
// temporary one if they ask for none. `note`: CheckpointOptions::note. Errors name the flag.
absl::StatusOr<std::unique_ptr<CheckpointStore>> OpenCheckpoints(
    const std::string& study, const std::string& model,
    std::function<void(absl::string_view)> note);

// A number of bytes: "1048576", "512K", "200MiB", "1.5GB", "2T"; units are powers of 1024.
// InvalidArgument: not such a text, or not from 1 byte to 2^60.
absl::StatusOr<int64_t> ParseSize(absl::string_view text);

}  // namespace sturgeon

#endif  // STURGEON_APPS_CHECKPOINTS_H_
