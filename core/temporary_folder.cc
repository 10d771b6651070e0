#include "core/temporary_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>  // NOLINT(build/c++17)
#include <set>
#include <system_error>  // NOLINT(build/c++11)

#include "absl/base/const_init.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace sturgeon {
namespace {

namespace fs = std::filesystem;

// One that is younger may not be locked yet.
constexpr absl::Duration kYoung = absl::Minutes(1);

// The folder, locked; -1: somebody else has it, or it is not ours to lock.
int Lock(const std::string& path) {
  const int folder = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder < 0) return -1;
  if (flock(folder, LOCK_EX | LOCK_NB) == 0) return folder;
  close(folder);
  return -1;
}

// Removes what processes that are no more have left.
void RemoveLeft(const fs::path& parent, const std::string& prefix) {
  std::error_code error;
  fs::directory_iterator at(parent, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    if (!absl::StartsWith(at->path().filename().string(), prefix)) continue;
    const int folder = Lock(at->path().string());
    if (folder < 0) continue;
    struct stat info;
    const bool left = fstat(folder, &info) == 0 && info.st_uid == geteuid() &&
                      absl::TimeFromTimespec(info.st_mtim) < absl::Now() - kYoung;
    std::error_code ignored;
    if (left) fs::remove_all(at->path(), ignored);
    close(folder);
  }
}

// Whether it is the first time that this is asked of the prefix.
bool First(const std::string& prefix) {
  static absl::Mutex mutex(absl::kConstInit);
  static std::set<std::string>* const seen = new std::set<std::string>();
  absl::MutexLock lock(&mutex);
  return seen->insert(prefix).second;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TemporaryFolder>> TemporaryFolder::Make(absl::string_view name) {
  std::error_code error;
  fs::path parent = fs::temp_directory_path(error);
  if (error) parent = "/tmp";
  parent = fs::absolute(parent, error);
  const std::string prefix = absl::StrCat("sturgeon-", name, "-");
  if (First(prefix)) RemoveLeft(parent, prefix);
  std::string path = (parent / (prefix + "XXXXXX")).string();
  if (mkdtemp(&path[0]) == nullptr) {
    return absl::UnavailableError(absl::StrCat("cannot make a temporary folder, ", path, ": ",
                                               std::strerror(errno),
                                               "; TMPDIR says where there is room"));
  }
  const int lock = Lock(path);
  return std::unique_ptr<TemporaryFolder>(new TemporaryFolder(std::move(path), lock));
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  if (lock_ >= 0) close(lock_);
}

}  // namespace sturgeon
