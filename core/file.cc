#include "core/file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"

namespace sturgeon {
namespace {

absl::Status FileError(absl::string_view doing, const std::string& path, int error) {
  const std::string message = absl::StrCat(doing, " ", path, ": ", std::strerror(error));
  switch (error) {
    case ENOENT:
      return absl::NotFoundError(message);
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(message);
    case ENOSPC:
    case EDQUOT:
      return absl::ResourceExhaustedError(message);
    default:
      return absl::InternalError(message);
  }
}

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File Open(const std::string& path, const char* mode) {
  return File(std::fopen(path.c_str(), mode), &std::fclose);
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const File file = Open(path, "rb");
  if (file == nullptr) return FileError("cannot open", path, errno);
  std::string contents;
  char buffer[1 << 16];
  size_t n;
  while ((n = std::fread(buffer, 1, sizeof(buffer), file.get())) > 0) contents.append(buffer, n);
  if (std::ferror(file.get()) != 0) return FileError("cannot read", path, errno);
  return contents;
}

absl::Status WriteFile(const std::string& path, absl::string_view contents) {
  const std::string temporary = absl::StrCat(path, ".", getpid(), ".tmp");
  File file = Open(temporary, "wb");
  if (file == nullptr) return FileError("cannot write", path, errno);
  const bool written =
      std::fwrite(contents.data(), 1, contents.size(), file.get()) == contents.size() &&
      std::fflush(file.get()) == 0 && fsync(fileno(file.get())) == 0;
  const int write_error = errno;
  file.reset();
  if (!written || std::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = written ? errno : write_error;
    std::remove(temporary.c_str());
    return FileError("cannot write", path, error);
  }
  return absl::OkStatus();
}

}  // namespace sturgeon
