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
// crash or a full disk never leaves half a file under `path`. A link keeps pointing where it does;
// what is no ordinary file (a device, a pipe) is written to in place.
absl::Status WriteFile(const std::string& path, absl::string_view contents);

// Whether WriteFile would work, as far as can be told without doing it; its error if not. Leaves
// nothing behind.
absl::Status CheckWritable(const std::string& path);

}  // namespace sturgeon

#endif  // STURGEON_CORE_FILE_H_
