#include "core/storage.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace sturgeon {
namespace {

std::string FirstLine(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// What a process number is good for: the host, since its last boot, and the namespace of process
// numbers (containers, sandboxes), which hosts of one name may have many of.
std::string Realm() {
  char name[256] = {}, space[64] = {};
  if (gethostname(name, sizeof(name) - 1) != 0) name[0] = '\0';
  if (readlink("/proc/self/ns/pid", space, sizeof(space) - 1) < 0) space[0] = '\0';
  std::string realm = absl::StrCat(
      name, "/", FirstLine("/proc/sys/kernel/random/boot_id").substr(0, 8), "/", space);
  std::replace(realm.begin(), realm.end(), ':', '-');
  return realm;
}

// The clock ticks after the system's boot at which a process began, so that a number that was given
// to another process since is not taken for the first; "" if there is no such process.
std::string StartOf(int64_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/stat"));
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  // The second field, the program's name, may hold anything; it ends with the last ')'.
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return "";
  const std::vector<std::string> fields =
      absl::StrSplit(absl::string_view(text).substr(name_end + 1), ' ', absl::SkipEmpty());
  constexpr size_t kState = 0, kStart = 19;  // fields 3 and 22 of proc(5)
  if (fields.size() <= kStart || fields[kState] == "Z") return "";
  return fields[kStart];
}

}  // namespace

template <>
const LinkedStorage* LinkedStorage::head_ = nullptr;

std::string WorkerName() { return absl::StrCat(Realm(), ":", getpid(), ":", StartOf(getpid())); }

bool WorkerIsGone(absl::string_view worker) {
  const std::vector<std::string> parts = absl::StrSplit(worker, ':');
  int64_t pid = 0;
  if (parts.size() != 3 || parts[0] != Realm() || !absl::SimpleAtoi(parts[1], &pid) || pid < 1 ||
      parts[2].empty()) {
    return false;
  }
  // Without /proc nothing is certain.
  if (StartOf(getpid()).empty()) return false;
  return StartOf(pid) != parts[2];
}

absl::Status Storage::ReadValues(int64_t study, const ValuesVisitor& visit) {
  ReadCursor cursor;
  return Read(study, &cursor, [&](const TrialRecord& record) {
    const Trial& trial = record.trial;
    if (trial.state == TrialState::kComplete) visit(trial.id, trial.values, trial.feasible());
    return absl::OkStatus();
  });
}

TrialRecord ImportNumbers::Next(TrialRecord record) {
  for (std::optional<int64_t>* const link : {&record.trial.resume_from, &record.retry_of}) {
    if (!link->has_value()) continue;
    const auto found = numbers_.find(**link);
    if (found != numbers_.end()) *link = found->second;
  }
  numbers_.emplace(record.trial.id, next_);
  record.trial.id = next_++;
  return record;
}

std::string WithoutPassword(absl::string_view url) {
  std::string shown(url);
  const size_t scheme = url.find("://");
  if (scheme != absl::string_view::npos) {
    const size_t begin = scheme + 3;
    // The last '@': a password may hold what should have been escaped, also '/' and '?'.
    const size_t at = url.rfind('@');
    const size_t colon = url.find(':', begin);
    if (at != absl::string_view::npos && colon < at) {
      shown.replace(colon + 1, at - colon - 1, "***");
    }
  }
  // libpq takes it as a parameter as well.
  for (size_t i = shown.find("password="); i != std::string::npos;
       i = shown.find("password=", i + 1)) {
    const size_t begin = i + 9;
    shown.replace(begin, std::min(shown.find_first_of("& ", begin), shown.size()) - begin, "***");
  }
  return shown;
}

absl::StatusOr<std::unique_ptr<Storage>> OpenStorage(const StorageRegistry& storages,
                                                     absl::string_view url,
                                                     const StorageContext& context) {
  const size_t colon = url.find(':');
  if (colon == absl::string_view::npos || colon == 0) {
    std::string known;
    for (const std::string& name : storages.Names()) {
      absl::StrAppend(&known, known.empty() ? "" : ", ", name, ":");
    }
    return absl::InvalidArgumentError(absl::StrCat("\"", WithoutPassword(url),
                                                   "\" is no storage's URL; it begins with one of ",
                                                   known, " such as sqlite:sturgeon.db"));
  }
  std::string scheme(url.substr(0, colon));
  if (scheme == "postgres") scheme = "postgresql";
  absl::StatusOr<const StoragePlugin*> plugin = storages.Find(scheme);
  if (!plugin.ok()) return absl::InvalidArgumentError(plugin.status().message());
  auto storage =
      (*plugin)->create(Value(Value::Object{{"url", std::string(url)}}), scheme, context);
  // A storage's messages say which one it is.
  absl::string_view message = storage.status().message();
  if (storage.ok() || !absl::ConsumePrefix(&message, scheme + ": ")) return storage;
  return absl::Status(storage.status().code(), message);
}

}  // namespace sturgeon
