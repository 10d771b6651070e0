#include "core/file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
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

// Where WriteFile writes to.
struct Target {
  std::string path;       // links followed
  std::string temporary;  // the file beside it that becomes it
  bool in_place = false;  // it is there already and no ordinary file
};

absl::StatusOr<Target> FindTarget(const std::string& path) {
  Target target;
  target.path = path;
  struct stat info = {};
  if (stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return FileError("cannot write", path, EISDIR);
    target.in_place = !S_ISREG(info.st_mode);
    char* const resolved = realpath(path.c_str(), nullptr);
    if (resolved != nullptr) target.path = resolved;
    std::free(resolved);
  } else if (errno != ENOENT || path.empty()) {
    return FileError("cannot write", path, errno);
  }
  target.temporary = absl::StrCat(target.path, ".", getpid(), ".tmp");
  return target;
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
  const absl::StatusOr<Target> target = FindTarget(path);
  if (!target.ok()) return target.status();
  const std::string& written_to = target->in_place ? target->path : target->temporary;
  File file = Open(written_to, "wb");
  if (file == nullptr) return FileError("cannot write", path, errno);
  bool written = std::fwrite(contents.data(), 1, contents.size(), file.get()) == contents.size() &&
                 std::fflush(file.get()) == 0;
  if (target->in_place) return written ? absl::OkStatus() : FileError("cannot write", path, errno);
  written = written && fsync(fileno(file.get())) == 0;
  const int write_error = errno;
  file.reset();
  if (!written || std::rename(written_to.c_str(), target->path.c_str()) != 0) {
    const int error = written ? errno : write_error;
    std::remove(written_to.c_str());
    return FileError("cannot write", path, error);
  }
  return absl::OkStatus();
}

absl::Status CheckWritable(const std::string& path) {
  const absl::StatusOr<Target> target = FindTarget(path);
  if (!target.ok()) return target.status();
  if (target->in_place) {
    return access(path.c_str(), W_OK) == 0 ? absl::OkStatus()
                                           : FileError("cannot write", path, errno);
  }
  if (Open(target->temporary, "wb") == nullptr) return FileError("cannot write", path, errno);
  std::remove(target->temporary.c_str());
  return absl::OkStatus();
}

}  // namespace sturgeon
