// The power fails while a study is written to SQLite: whatever was acknowledged is there
// afterwards.
//
// A layer beneath SQLite (a VFS around the system's, and fdatasync) writes down each write,
// truncation, sync and deletion of a scripted study, and at which of them the storage had
// acknowledged what. For each of these moments the files are then built anew as a disk may have
// them after a cut: what was synced, and of the rest nothing, everything, any part, or a torn last
// write.

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/file.h"
#include "core/plugins.h"
#include "core/random.h"
#include "core/storage.h"
#include "core/trial.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

// What SQLite asked of the disk, in order.
struct DiskCall {
  enum Kind { kWrite, kTruncate, kSync, kDelete } kind;
  std::string file;  // without its folder
  int64_t offset;    // of a write; the length of a truncation; of a deletion: 1 if it is synced
  std::string bytes;
};
std::vector<DiskCall>* recorded = nullptr;

std::string BaseName(const char* path) {
  const char* const slash = std::strrchr(path, '/');
  return slash == nullptr ? path : slash + 1;
}

sqlite3_vfs* SystemVfs() {
  static sqlite3_vfs* const vfs = sqlite3_vfs_find(nullptr);
  return vfs;
}

struct File {
  sqlite3_file base;  // first: SQLite knows this alone
  std::string* name;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
File* Of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
sqlite3_file* Real(sqlite3_file* file) { return Of(file)->real(); }
const sqlite3_io_methods* Methods(sqlite3_file* file) { return Real(file)->pMethods; }

int Close(sqlite3_file* file) {
  delete Of(file)->name;
  return Methods(file)->xClose(Real(file));
}
int Read(sqlite3_file* file, void* to, int n, sqlite3_int64 at) {
  return Methods(file)->xRead(Real(file), to, n, at);
}
int Write(sqlite3_file* file, const void* from, int n, sqlite3_int64 at) {
  recorded->push_back(
      {DiskCall::kWrite, *Of(file)->name, at, std::string(static_cast<const char*>(from), n)});
  return Methods(file)->xWrite(Real(file), from, n, at);
}
int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  recorded->push_back({DiskCall::kTruncate, *Of(file)->name, size, ""});
  return Methods(file)->xTruncate(Real(file), size);
}
int Sync(sqlite3_file* file, int flags) {
  recorded->push_back({DiskCall::kSync, *Of(file)->name, 0, ""});
  return Methods(file)->xSync(Real(file), flags);
}
int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  return Methods(file)->xFileSize(Real(file), size);
}
int Lock(sqlite3_file* file, int level) { return Methods(file)->xLock(Real(file), level); }
int Unlock(sqlite3_file* file, int level) { return Methods(file)->xUnlock(Real(file), level); }
int CheckReservedLock(sqlite3_file* file, int* out) {
  return Methods(file)->xCheckReservedLock(Real(file), out);
}
int FileControl(sqlite3_file* file, int op, void* argument) {
  return Methods(file)->xFileControl(Real(file), op, argument);
}
int SectorSize(sqlite3_file* file) { return Methods(file)->xSectorSize(Real(file)); }
int DeviceCharacteristics(sqlite3_file* file) {
  return Methods(file)->xDeviceCharacteristics(Real(file));
}
int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** at) {
  return Methods(file)->xShmMap(Real(file), page, size, extend, at);
}
int ShmLock(sqlite3_file* file, int offset, int n, int flags) {
  return Methods(file)->xShmLock(Real(file), offset, n, flags);
}
void ShmBarrier(sqlite3_file* file) { Methods(file)->xShmBarrier(Real(file)); }
int ShmUnmap(sqlite3_file* file, int remove) {
  return Methods(file)->xShmUnmap(Real(file), remove);
}

const sqlite3_io_methods kMethods = {2,
                                     &Close,
                                     &Read,
                                     &Write,
                                     &Truncate,
                                     &Sync,
                                     &FileSize,
                                     &Lock,
                                     &Unlock,
                                     &CheckReservedLock,
                                     &FileControl,
                                     &SectorSize,
                                     &DeviceCharacteristics,
                                     &ShmMap,
                                     &ShmLock,
                                     &ShmBarrier,
                                     &ShmUnmap,
                                     nullptr,
                                     nullptr};

int Open(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* out) {
  File* const ours = Of(file);
  ours->base.pMethods = nullptr;
  const int result = SystemVfs()->xOpen(SystemVfs(), path, ours->real(), flags, out);
  if (result != SQLITE_OK) return result;
  ours->name = new std::string(path == nullptr ? "" : BaseName(path));
  ours->base.pMethods = &kMethods;
  return SQLITE_OK;
}
int Delete(sqlite3_vfs*, const char* path, int sync) {
  recorded->push_back({DiskCall::kDelete, BaseName(path), sync != 0 ? 1 : 0, ""});
  return SystemVfs()->xDelete(SystemVfs(), path, sync);
}

// While one lives, SQLite writes down what it does.
class Recording {
 public:
  Recording() : vfs_(*SystemVfs()) {
    vfs_.zName = "recording";
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + SystemVfs()->szOsFile;
    vfs_.xOpen = &Open;
    vfs_.xDelete = &Delete;
    vfs_.pNext = nullptr;
    recorded = &calls_;
    EXPECT_EQ(sqlite3_vfs_register(&vfs_, /*makeDflt=*/1), SQLITE_OK);
  }
  ~Recording() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(SystemVfs(), /*makeDflt=*/1);
    recorded = nullptr;
  }
  std::vector<DiskCall> calls_;

 private:
  sqlite3_vfs vfs_;
};

// What a disk may hold after a cut: of what was not synced …
enum class Unsynced { kNothing, kEverything, kAnyPart, kTornLastWrite };

std::map<std::string, std::string> AfterCut(const std::vector<DiskCall>& calls, size_t cut,
                                            Unsynced unsynced, uint64_t seed) {
  std::map<std::string, size_t> synced;  // the number of calls that are safe, by file
  for (size_t i = 0; i < cut; ++i) {
    const bool safe = calls[i].kind == DiskCall::kDelete && calls[i].offset == 1;
    if (calls[i].kind == DiskCall::kSync || safe) synced[calls[i].file] = i + 1;
  }
  RandomStream rng(seed, cut, 0);
  std::map<std::string, std::string> files;
  for (size_t i = 0; i < cut; ++i) {
    const DiskCall& call = calls[i];
    std::string bytes = call.bytes;
    if (i >= synced[call.file]) {
      if (unsynced == Unsynced::kNothing) continue;
      if (unsynced == Unsynced::kAnyPart && rng.Uniform() < 0.5) continue;
      if (unsynced == Unsynced::kTornLastWrite && i + 1 == cut) bytes.resize(bytes.size() / 2);
    }
    if (call.kind == DiskCall::kDelete) {
      files.erase(call.file);
      continue;
    }
    if (call.kind == DiskCall::kSync) continue;
    std::string& file = files[call.file];
    if (call.kind == DiskCall::kTruncate) {
      file.resize(call.offset);
    } else {
      file.resize(std::max<size_t>(file.size(), call.offset + bytes.size()));
      file.replace(call.offset, bytes.size(), bytes);
    }
  }
  return files;
}

std::string MakeFolder(const std::string& name) {
  const std::string folder = absl::StrCat(std::getenv("TEST_TMPDIR"), "/", name);
  mkdir(folder.c_str(), 0755);
  return folder;
}

StudyRecord Record() {
  StudyRecord record;
  record.config.name = "cut";
  record.config.space = *SearchSpace::Create({Parameter::Float("x", 0, 1)});
  record.config.metrics = {"value"};
  return record;
}

// What had been acknowledged when `calls` disk calls were made.
struct Acknowledged {
  size_t calls = 0;
  bool study = false;
  int64_t finished = 0;  // trials 0 … finished - 1
};

double ValueOf(int64_t trial) { return 0.5 + static_cast<double>(trial); }

TEST(PowerCutTest, WhatWasAcknowledgedIsThere) {
  constexpr int64_t kTrials = 5;
  const Plugins plugins = *Plugins::FromLinked();
  std::vector<DiskCall> script;
  std::vector<Acknowledged> acknowledged(1);
  {
    Recording recording;
    auto storage =
        *OpenStorage(plugins.storages, absl::StrCat("sqlite:", MakeFolder("whole"), "/s.db"));
    const auto acknowledge = [&](bool study, int64_t finished) {
      acknowledged.push_back({recording.calls_.size(), study, finished});
    };
    const int64_t study = *storage->CreateStudy(Record());
    acknowledge(true, 0);
    ReadCursor cursor;
    for (int64_t i = 0; i < kTrials; ++i) {
      ASSERT_TRUE(storage->Claim(study, {1, 0, "w"}, &cursor).ok());
      ASSERT_TRUE(storage->Propose(study, {{i, {0.25}, {}, {}, {}}}).ok());
      ASSERT_TRUE(storage->Report(study, i, 1, {0.75}).ok());
      const Outcome outcome = i % 3 == 2 ? Outcome::Failed(FailureKind::kError, "for a reason")
                                         : Outcome::Complete({ValueOf(i)});
      ASSERT_TRUE(storage->Finish(study, i, outcome, {}).ok());
      acknowledge(true, i + 1);
    }
    storage.reset();
    script = std::move(recording.calls_);
  }
  ASSERT_GT(script.size(), 3 * kTrials);
  ASSERT_EQ(acknowledged.back().finished, kTrials);

  int checked = 0;
  for (size_t cut = 0; cut <= script.size(); ++cut) {
    Acknowledged must;
    for (const Acknowledged& one : acknowledged) {
      if (one.calls <= cut) must = one;
    }
    for (const Unsynced unsynced : {Unsynced::kNothing, Unsynced::kEverything, Unsynced::kAnyPart,
                                    Unsynced::kTornLastWrite}) {
      SCOPED_TRACE(absl::StrCat("after ", cut, " of ", script.size(), " calls, variant ",
                                static_cast<int>(unsynced)));
      const std::string folder = MakeFolder(absl::StrCat("cut-", checked++));
      for (const auto& [name, bytes] : AfterCut(script, cut, unsynced, 17)) {
        ASSERT_TRUE(WriteFile(absl::StrCat(folder, "/", name), bytes).ok());
      }
      auto storage = OpenStorage(plugins.storages, absl::StrCat("sqlite:", folder, "/s.db"));
      ASSERT_TRUE(storage.ok()) << storage.status();
      const absl::StatusOr<StudyRecord> study = (*storage)->FindStudy("cut");
      if (!must.study && absl::IsNotFound(study.status())) continue;
      ASSERT_TRUE(study.ok()) << study.status();
      int64_t finished = 0, next = 0;
      ReadCursor cursor;
      ASSERT_TRUE((*storage)
                      ->Read(study->id, &cursor,
                             [&](const TrialRecord& record) {
                               const Trial& trial = record.trial;
                               EXPECT_EQ(trial.id, next++);
                               if (!trial.finished()) return absl::OkStatus();
                               EXPECT_EQ(trial.id, finished++);
                               EXPECT_EQ(trial.point, Point{0.25});
                               EXPECT_EQ(trial.reports.size(), 1);
                               if (trial.id % 3 == 2) {
                                 EXPECT_EQ(trial.state, TrialState::kFailed);
                                 EXPECT_EQ(trial.reason, "for a reason");
                               } else {
                                 EXPECT_EQ(trial.values, Values{ValueOf(trial.id)});
                               }
                               return absl::OkStatus();
                             })
                      .ok());
      EXPECT_GE(finished, must.finished);
      // It goes on from there.
      EXPECT_TRUE((*storage)->Claim(study->id, {1, 0, "w"}, &cursor).ok());
    }
  }
}

}  // namespace

// A sync beside SQLite: the storage makes several commits safe by one.
void RecordSync(int file) {
  if (recorded == nullptr) return;
  char path[4096] = {};
  if (readlink(absl::StrCat("/proc/self/fd/", file).c_str(), path, sizeof(path) - 1) < 0) return;
  recorded->push_back({DiskCall::kSync, BaseName(path), 0, ""});
}

}  // namespace sturgeon

// Takes the place of the system's for this program.
extern "C" int fdatasync(int file) {
  sturgeon::RecordSync(file);
  return static_cast<int>(syscall(SYS_fdatasync, file));
}
