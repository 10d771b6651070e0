// A folder for as long as somebody needs it, in the system's place for such folders (TMPDIR).
//
//   const auto folder = TemporaryFolder::Make("checkpoints");
//   Write((*folder)->path() + "/file");            // /tmp/sturgeon-checkpoints-a8Xk2q/file
//
// It goes with its owner. Of a process that was killed it stays, until another process makes one of
// that name: an owner holds a lock on its folder (flock), so what nobody holds is nobody's. That is
// looked for once a process and name.
#ifndef STURGEON_CORE_TEMPORARY_FOLDER_H_
#define STURGEON_CORE_TEMPORARY_FOLDER_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sturgeon {

class TemporaryFolder {
 public:
  // Unavailable: it cannot be made. `name`: what it is for. May be called from any thread.
  static absl::StatusOr<std::unique_ptr<TemporaryFolder>> Make(absl::string_view name);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }  // absolute

 private:
  TemporaryFolder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

  const std::string path_;
  const int lock_;  // the folder, opened
};

}  // namespace sturgeon

#endif  // STURGEON_CORE_TEMPORARY_FOLDER_H_
