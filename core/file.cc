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

absl::StatusOr<std::unique_ptr<FileWriter>> FileWriter::Open(const std::string& path) {
  const absl::StatusOr<Target> target = FindTarget(path);
  if (!target.ok()) return target.status();
  std::unique_ptr<FileWriter> writer(new FileWriter());
  writer->path_ = path;
  writer->target_ = target->path;
  writer->in_place_ = target->in_place;
  writer->written_to_ = target->in_place ? target->path : target->temporary;
  writer->file_ = std::fopen(writer->written_to_.c_str(), "wb");
  if (writer->file_ == nullptr) return FileError("cannot write", path, errno);
  return writer;
}

FileWriter::~FileWriter() {
  if (file_ == nullptr) return;
  std::fclose(file_);
  if (!in_place_) std::remove(written_to_.c_str());
}

absl::Status FileWriter::Fail() { return FileError("cannot write", path_, errno); }

absl::Status FileWriter::Write(absl::string_view piece) {
  return std::fwrite(piece.data(), 1, piece.size(), file_) == piece.size() ? absl::OkStatus()
                                                                           : Fail();
}

absl::Status FileWriter::Commit() {
  if (std::fflush(file_) != 0) return Fail();
  if (in_place_) return absl::OkStatus();
  if (fsync(fileno(file_)) != 0) return Fail();
  if (std::rename(written_to_.c_str(), target_.c_str()) != 0) return Fail();
  std::fclose(file_);
  file_ = nullptr;
  return absl::OkStatus();
}

absl::Status WriteFile(const std::string& path, absl::string_view contents) {
  const absl::StatusOr<std::unique_ptr<FileWriter>> file = FileWriter::Open(path);
  if (!file.ok()) return file.status();
  absl::Status status = (*file)->Write(contents);
  return status.ok() ? (*file)->Commit() : status;
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
