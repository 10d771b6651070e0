// Whole files, read and written with errors that name the path and the cause.
#ifndef STURGEON_CORE_FILE_H_
#define STURGEON_CORE_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sturgeon {

// The bytes of a file. NotFound, PermissionDenied or Internal, naming the path and the cause.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// Writes through a temporary file in the same folder that then takes the name, so that a reader, a
// crash or a full disk never leaves half a file under `path`.
absl::Status WriteFile(const std::string& path, absl::string_view contents);

}  // namespace sturgeon

#endif  // STURGEON_CORE_FILE_H_
