#include "storage/sqlite/sqlite.h"

#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
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
  auto file = std::make_shared<SqliteFile>(*std::move(absolute), where);
  const auto connect = [file]() -> absl::StatusOr<std::unique_ptr<SqlConnection>> {
    return SqliteConnection::Open(file);
  };
  auto storage = SqlStorage::Open(connect, where, absl::ZeroDuration());
  if (!storage.ok()) return storage.status();
  return std::unique_ptr<Storage>(*std::move(storage));
}

}  // namespace sturgeon
