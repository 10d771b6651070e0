#include "storage/postgresql/postgresql.h"

#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/space.h"
#include "core/trial.h"
#include "core/value.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/conformance.h"
#include "storage/testing/postgres_server.h"

namespace sturgeon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// One for all tests of the process. It ends before the process does: a sandbox kills whatever is
// left, the shell that would remove the server's folder too.
PostgresServer* server = nullptr;

PostgresServer* Server() {
  static const bool started = [] {
    auto made = PostgresServer::Start();
    EXPECT_TRUE(made.ok()) << made.status();
    if (made.ok()) server = made->release();
    std::atexit([] { delete server; });
    return made.ok();
  }();
  return started ? server : nullptr;
}

std::string FreshUrl() {
  if (Server() == nullptr) return "postgresql://nowhere.invalid";
  const auto url = Server()->FreshUrl();
  EXPECT_TRUE(url.ok()) << url.status();
  return url.value_or("postgresql://nowhere.invalid");
}

INSTANTIATE_TEST_SUITE_P(Postgresql, StorageConformance,
                         testing::Values(StorageCase{"postgresql", &kPostgresqlStorage, FreshUrl}),
                         StorageCaseName);

class PostgresqlTest : public testing::Test {
 protected:
  static std::unique_ptr<Storage> Open(const std::string& url, double outage = 60.0) {
    auto storage = PostgresqlStorage::Create({url, outage}, {});
    EXPECT_TRUE(storage.ok()) << storage.status();
    return storage.ok() ? *std::move(storage) : nullptr;
  }
  static int64_t MakeStudy(Storage& storage) {
    StudyRecord study;
    study.config.name = "digits";
    study.config.space = *SearchSpace::Create({Parameter::Float("x", 0, 1)});
    study.config.metrics = {"value"};
    const auto id = storage.CreateStudy(study);
    EXPECT_TRUE(id.ok()) << id.status();
    return id.value_or(-1);
  }
  // Runs one trial; returns its number, or -1 if the storage has failed.
  static int64_t RunTrial(Storage& storage, int64_t study, ReadCursor* cursor) {
    const auto claim = storage.Claim(study, {1, 0, "worker"}, cursor);
    EXPECT_TRUE(claim.ok()) << claim.status();
    if (!claim.ok()) return -1;
    const int64_t number = claim->claimed[0].trial.id;
    absl::Status status = storage.Propose(study, {{number, {0.5}, {}, {}, {}}});
    if (status.ok()) status = storage.Report(study, number, 1, {0.25});
    if (status.ok()) status = storage.Finish(study, number, Outcome::Complete({0.125}), {});
    EXPECT_TRUE(status.ok()) << status;
    return status.ok() ? number : -1;
  }
  static std::vector<TrialRecord> ReadAll(Storage& storage, int64_t study) {
    ReadCursor cursor;
    std::vector<TrialRecord> records;
    const absl::Status status = storage.Read(study, &cursor, [&](TrialRecord record) {
      records.push_back(std::move(record));
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return records;
  }
};

TEST_F(PostgresqlTest, AServerThatComesBackIsFoundAgain) {
  const std::string url = FreshUrl();
  const auto storage = Open(url);
  ASSERT_NE(storage, nullptr);
  const int64_t study = MakeStudy(*storage);
  ReadCursor cursor;
  EXPECT_EQ(RunTrial(*storage, study, &cursor), 0);
  EXPECT_EQ(RunTrial(*storage, study, &cursor), 1);
  ASSERT_TRUE(Server()->Kill().ok());
  ASSERT_TRUE(Server()->Restart().ok());
  EXPECT_EQ(RunTrial(*storage, study, &cursor), 2);

  // And one that is away while calls wait for it.
  ASSERT_TRUE(Server()->Kill().ok());
  std::thread starter([] { EXPECT_TRUE(Server()->Restart().ok()); });
  EXPECT_EQ(RunTrial(*storage, study, &cursor), 3);
  starter.join();
  const std::vector<TrialRecord> trials = ReadAll(*storage, study);
  ASSERT_EQ(trials.size(), 4);
  for (size_t i = 0; i < trials.size(); ++i) {
    EXPECT_EQ(trials[i].trial.id, static_cast<int64_t>(i));
    EXPECT_EQ(trials[i].trial.state, TrialState::kComplete);
    EXPECT_THAT(trials[i].trial.values, ElementsAre(0.125));
  }
}

// Servers die at any moment under workers that know nothing of it. What was acknowledged is there,
// and only once.
TEST_F(PostgresqlTest, NoAcknowledgedTrialIsLostWithTheServer) {
  const std::string url = FreshUrl();
  const auto first = Open(url);
  ASSERT_NE(first, nullptr);
  const int64_t study = MakeStudy(*first);
  constexpr int kWorkers = 3, kKills = 4;
  std::atomic<bool> stop{false};
  std::atomic<int> acknowledged{0};
  std::vector<std::vector<int64_t>> finished(kWorkers);
  std::vector<std::thread> workers;
  for (int w = 0; w < kWorkers; ++w) {
    workers.emplace_back([&, w] {
      const auto storage = Open(url);
      if (storage == nullptr) return;
      ReadCursor cursor;
      while (!stop) {
        const auto claim = storage->Claim(study, {1, 0, absl::StrCat("worker ", w)}, &cursor);
        EXPECT_TRUE(claim.ok()) << claim.status();
        if (!claim.ok()) return;
        const int64_t number = claim->claimed[0].trial.id;
        // The trial is this worker's, whatever becomes of the server meanwhile.
        absl::Status status = storage->Propose(study, {{number, {w / 8.0}, {}, {}, {}}});
        EXPECT_TRUE(status.ok()) << status;
        if (status.ok()) status = storage->Report(study, number, 1, {w / 8.0});
        EXPECT_TRUE(status.ok()) << status;
        if (status.ok()) status = storage->Finish(study, number, Outcome::Complete({w / 8.0}), {});
        EXPECT_TRUE(status.ok()) << status;
        if (!status.ok()) return;
        finished[w].push_back(number);
        ++acknowledged;
      }
    });
  }
  for (int kill = 0; kill < kKills; ++kill) {
    const int before = acknowledged;
    while (acknowledged < before + 20 && !HasFailure()) std::this_thread::yield();
    ASSERT_TRUE(Server()->Kill().ok());
    ASSERT_TRUE(Server()->Restart().ok());
  }
  stop = true;
  for (std::thread& worker : workers) worker.join();

  const std::vector<TrialRecord> trials = ReadAll(*first, study);
  for (size_t i = 0; i < trials.size(); ++i) {
    EXPECT_EQ(trials[i].trial.id, static_cast<int64_t>(i)) << "numbers without gaps";
  }
  std::vector<int> times(trials.size(), 0);
  for (int w = 0; w < kWorkers; ++w) {
    for (const int64_t number : finished[w]) {
      ASSERT_LT(number, static_cast<int64_t>(trials.size()));
      EXPECT_EQ(trials[number].trial.state, TrialState::kComplete) << number;
      EXPECT_THAT(trials[number].trial.values, ElementsAre(w / 8.0)) << number;
      EXPECT_THAT(trials[number].trial.point, ElementsAre(w / 8.0)) << number;
      EXPECT_EQ(++times[number], 1) << number;
    }
  }
  EXPECT_GE(acknowledged, 20 * kKills);
}

TEST_F(PostgresqlTest, AServerThatStaysAwayIsGivenUp) {
  const auto storage = Open(FreshUrl(), /*outage=*/0.2);
  ASSERT_NE(storage, nullptr);
  const int64_t study = MakeStudy(*storage);
  ASSERT_TRUE(Server()->Kill().ok());
  ReadCursor cursor;
  for (const absl::Status& status : {storage->Claim(study, {1, 0, "worker"}, &cursor).status(),
                                     storage->FindStudy("digits").status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(storage->description()));
  }
  ASSERT_TRUE(Server()->Restart().ok());
  EXPECT_EQ(RunTrial(*storage, study, &cursor), 0);
}

TEST_F(PostgresqlTest, DatabasesOfOthersAreLeftAlone) {
  const std::string url = FreshUrl();
  const std::string database = url.substr(url.find("fresh_"), url.find('?') - url.find("fresh_"));
  ASSERT_TRUE(Server()->Run(database, "CREATE TABLE invoices (id INTEGER)").ok());
  const absl::Status status = PostgresqlStorage::Create({url, 1.0}, {}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("invoices"));
}

TEST_F(PostgresqlTest, ManyMayMakeTheTablesAtOnce) {
  const std::string url = FreshUrl();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&url] { EXPECT_NE(Open(url), nullptr); });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(PostgresqlTest, IsOpenedByItsUrl) {
  StorageRegistry registry;
  ASSERT_TRUE(registry.Add(kPostgresqlStorage).ok());
  const std::string url = FreshUrl();
  EXPECT_TRUE(OpenStorage(registry, url).ok());
  EXPECT_TRUE(OpenStorage(registry, "postgres" + url.substr(url.find(':'))).ok());
  for (const char* wrong :
       {"postgresql://ann:hunter2@nowhere.invalid/db", "postgresql://ann:hunter2@host:port/db",
        "postgresql://ann:hunter2/x@host/db", "postgresql://host/db?password=hunter2&no=1"}) {
    const absl::Status status = OpenStorage(registry, wrong).status();
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("hunter2")));
  }
}

}  // namespace
}  // namespace sturgeon
