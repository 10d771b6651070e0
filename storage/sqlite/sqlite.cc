#include "storage/sqlite/sqlite.h"

#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "storage/sql_storage.h"
#include "storage/sqlite/sqlite_connection.h"

namespace sturgeon {
namespace {

// The path from the root, links resolved, so that it leads to the file wherever the program goes
// later on, and so that the log stands beside the file itself.
absl::StatusOr<std::string> AbsolutePath(const std::string& path, const std::string& where) {
  char resolved[PATH_MAX];
  if (realpath(path.c_str(), resolved) != nullptr) return std::string(resolved);
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  if (errno == ENOENT && realpath(folder.c_str(), resolved) != nullptr) {
    const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    if (name.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(where, ": ", path, " is a folder"));
    }
    return absl::StrCat(resolved, absl::EndsWith(resolved, "/") ? "" : "/", name);
  }
  return absl::UnavailableError(absl::StrCat(where, ": ", std::strerror(errno), " (", folder, ")"));
}

// Makes the connections of one storage, all to the file that the first has found.
class Connector {
 public:
  Connector(std::string path, std::string where)
      : path_(std::move(path)), where_(std::move(where)) {}

  absl::StatusOr<std::unique_ptr<SqlConnection>> Connect() {
    std::optional<FileIdentity> known;
    {
      absl::MutexLock lock(&mutex_);
      known = known_;
    }
    auto connection = SqliteConnection::Open(path_, where_, known.has_value() ? &*known : nullptr);
    if (!connection.ok()) return connection.status();
    absl::MutexLock lock(&mutex_);
    if (!known_) known_ = (*connection)->identity();
    return std::unique_ptr<SqlConnection>(*std::move(connection));
  }

 private:
  const std::string path_, where_;
  absl::Mutex mutex_;
  std::optional<FileIdentity> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

const Schema<SqliteOptions>& SqliteStorage::OptionSchema() {
  static const auto* const schema = new Schema<SqliteOptions>(
      Schema<SqliteOptions>().Add("url", &SqliteOptions::url, "sqlite:PATH; PATH is a file."));
  return *schema;
}

absl::StatusOr<std::unique_ptr<Storage>> SqliteStorage::Create(const SqliteOptions& options,
                                                               const StorageContext& context) {
  absl::string_view path = options.url;
  absl::ConsumePrefix(&path, "sqlite:");
  if (path.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", options.url, "\" names no file; try sqlite:sturgeon.db"));
  }
  if (path == ":memory:") {
    return absl::InvalidArgumentError(
        "an SQLite database in memory is of no use; the storage memory: is faster");
  }
  const std::string where = absl::StrCat("sqlite:", path);
  absl::StatusOr<std::string> absolute = AbsolutePath(std::string(path), where);
  if (!absolute.ok()) return absolute.status();
  if (context.must_exist && access(absolute->c_str(), F_OK) != 0 && errno == ENOENT) {
    return absl::NotFoundError(absl::StrCat(where, ": there is no such file"));
  }
  auto connector = std::make_shared<Connector>(*std::move(absolute), where);
  auto storage =
      SqlStorage::Open([connector] { return connector->Connect(); }, where, absl::ZeroDuration());
  if (!storage.ok()) return storage.status();
  return std::unique_ptr<Storage>(*std::move(storage));
}

}  // namespace sturgeon
