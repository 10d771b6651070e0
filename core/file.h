// Whole files, read and written with errors that name the path and the cause.
#ifndef STURGEON_CORE_FILE_H_
#define STURGEON_CORE_FILE_H_

#include <cstdio>
#include <memory>
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

// The same, a piece at a time. Without Commit nothing has happened.
//
//   absl::StatusOr<std::unique_ptr<FileWriter>> file = FileWriter::Open(path);
//   for (…) (*file)->Write(piece);
//   (*file)->Commit();
class FileWriter {
 public:
  static absl::StatusOr<std::unique_ptr<FileWriter>> Open(const std::string& path);
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  absl::Status Write(absl::string_view piece);
  absl::Status Commit();

 private:
  FileWriter() = default;
  absl::Status Fail();

  std::string path_, target_, written_to_;
  bool in_place_ = false;
  std::FILE* file_ = nullptr;
};

// Whether WriteFile would work, as far as can be told without doing it; its error if not. Leaves
// nothing behind.
absl::Status CheckWritable(const std::string& path);

}  // namespace sturgeon

#endif  // STURGEON_CORE_FILE_H_
