// What every storage promises, as a test suite that a plugin's author runs over the plugin:
//
//   std::string FreshUrl() {
//     static int files = 0;
//     return absl::StrCat("sqlite:", testing::TempDir(), "/", ++files, ".db");
//   }
//   INSTANTIATE_TEST_SUITE_P(Sqlite, StorageConformance,
//                            testing::Values(StorageCase{"sqlite", &kSqliteStorage, FreshUrl}),
//                            StorageCaseName);
//
// The suite holds the storage to the contract of core/storage.h: what is written is read again, bit
// for bit, whatever the names and the numbers; each trial is claimed once, ends once, and is told
// once to every reader, also where many threads and several storages on the same URL work on one
// study; numbers have no gaps; what must be refused is refused, and has changed nothing. What a
// case declares to be shared is there again after it was closed. That it also survives a killed
// process, and the loss of power, needs processes: tests/storage_kill_test.cc,
// tests/power_cut_test.cc.
#ifndef STURGEON_STORAGE_CONFORMANCE_H_
#define STURGEON_STORAGE_CONFORMANCE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "core/storage.h"
#include "core/study_config.h"
#include "gtest/gtest.h"

namespace sturgeon {

struct StorageCase {
  std::string name;  // in the names of the tests: letters, digits, underscores
  const StoragePlugin* plugin;
  // The URL of a storage that is empty; another one each time.
  std::function<std::string()> fresh_url;
  // Declared capability: all that are opened by one URL are the same storage, which outlives them.
  bool shared = true;
  // How long the studies are that many threads work on; fewer where each write is slow.
  int trials = 240;
};

class StorageConformance : public testing::TestWithParam<StorageCase> {
 protected:
  void SetUp() override;

  Storage& storage() { return *storage_; }
  // The test's storage as another process would have it. Only where it is shared.
  std::unique_ptr<Storage> OpenAgain() const;
  void CloseAndOpen();
  // So many ways to the test's storage: where it is shared, each is one of its own.
  std::vector<std::shared_ptr<Storage>> Several(int count) const;

  // A study of two parameters, `x` and `y`, and one objective.
  int64_t CreateStudy(const std::string& name = "study");
  int64_t CreateStudy(const StudyConfig& config);

  // What there is: from the start, or from `cursor` on.
  std::vector<TrialRecord> ReadAll(int64_t study);
  static std::vector<TrialRecord> ReadOn(Storage& storage, int64_t study, ReadCursor* cursor);
  TrialRecord ReadOne(int64_t study, int64_t number);

  // Claims `count` trials, which it must get.
  std::vector<TrialRecord> Claim(int64_t study, int count = 1);
  // Claims one, gives it the point {x, 0.5}, and returns its number.
  int64_t Start(int64_t study, double x = 0.25);

 private:
  std::string url_;
  std::shared_ptr<Storage> storage_;
};

std::string StorageCaseName(const testing::TestParamInfo<StorageCase>& info);
void PrintTo(const StorageCase& storage_case, std::ostream* os);

}  // namespace sturgeon

#endif  // STURGEON_STORAGE_CONFORMANCE_H_
