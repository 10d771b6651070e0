// Processes that share a study are killed (SIGKILL) at any moment, again and again: no finished
// trial is lost, none is counted twice, no number is used twice, and the study completes.

#include <signal.h>
#include <sqlite3.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/plugins.h"
#include "core/random.h"
#include "core/storage.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/testing/postgres_server.h"

namespace sturgeon {
namespace {

constexpr char kStudy[] = "killed";

class Workers {
 public:
  Workers(std::string url, int64_t trials, std::string log_prefix)
      : url_(std::move(url)), trials_(trials), log_prefix_(std::move(log_prefix)) {}

  void Start() {
    const std::string trials = absl::StrCat(trials_);
    const std::string log = absl::StrCat(log_prefix_, logs_.size());
    logs_.push_back(log);
    const pid_t pid = fork();
    if (pid == 0) {
      execl("tests/storage_worker", "storage_worker", url_.c_str(), kStudy, trials.c_str(),
            log.c_str(), nullptr);
      _exit(127);
    }
    ASSERT_GT(pid, 0);
    running_.push_back(pid);
  }

  // Kills the i-th; false if it had ended.
  bool Kill(size_t i) {
    kill(running_[i], SIGKILL);
    int status = 0;
    waitpid(running_[i], &status, 0);
    running_.erase(running_.begin() + i);
    if (!WIFEXITED(status)) return true;
    EXPECT_EQ(WEXITSTATUS(status), 0);
    return false;
  }

  void WaitForAll() {
    for (const pid_t pid : running_) {
      int status = 0;
      waitpid(pid, &status, 0);
      EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status;
    }
    running_.clear();
  }

  size_t size() const { return running_.size(); }

  // The numbers of the trials whose ends were acknowledged, by all workers that ever were.
  std::vector<int64_t> Acknowledged() const {
    std::vector<int64_t> numbers;
    for (const std::string& log : logs_) {
      std::ifstream file(log);
      int64_t number = 0;
      while (file >> number) numbers.push_back(number);
    }
    return numbers;
  }

 private:
  const std::string url_;
  const int64_t trials_;
  const std::string log_prefix_;
  std::vector<pid_t> running_;
  std::vector<std::string> logs_;
};

struct Setting {
  int workers, kills;
  int64_t trials;
};

// Lets workers loose on a study at `url`, and checks what is left.
void KillAndCheck(const std::string& url, const Setting& setting, uint64_t seed) {
  const Plugins plugins = *Plugins::FromLinked();
  auto opened = OpenStorage(plugins.storages, url);
  ASSERT_TRUE(opened.ok()) << opened.status();
  Storage& storage = **opened;
  StudyRecord record;
  record.config.name = kStudy;
  record.config.space =
      *SearchSpace::Create({Parameter::Float("x", 0, 1), Parameter::Float("y", 0, 1)});
  record.config.metrics = {"value"};
  const auto study = storage.CreateStudy(record);
  ASSERT_TRUE(study.ok()) << study.status();

  Workers workers(url, setting.trials,
                  absl::StrCat(std::getenv("TEST_TMPDIR"), "/log-", seed, "-"));
  RandomStream rng(seed, 0, 0);
  int kills = 0;
  for (int i = 0; i < setting.workers; ++i) workers.Start();
  while (kills < setting.kills) {
    absl::SleepFor(absl::Microseconds(static_cast<int64_t>(rng.Uniform() * 60000)));
    const auto i = static_cast<size_t>(rng.Uniform() * static_cast<double>(workers.size()));
    kills += workers.Kill(std::min(i, workers.size() - 1));
    workers.Start();
  }
  workers.WaitForAll();

  std::set<int64_t> repeated;
  int64_t complete = 0, without_point = 0, retries = 0, next = 0;
  std::set<int64_t> complete_numbers;
  ReadCursor cursor;
  const absl::Status read = storage.Read(*study, &cursor, [&](const TrialRecord& stored) {
    const Trial& trial = stored.trial;
    EXPECT_EQ(trial.id, next++);
    EXPECT_TRUE(trial.finished()) << trial.id;
    if (stored.retry_of.has_value()) {
      ++retries;
      EXPECT_TRUE(repeated.insert(*stored.retry_of).second) << "repeated twice";
    }
    if (trial.state == TrialState::kComplete) {
      ++complete;
      complete_numbers.insert(trial.id);
      EXPECT_EQ(trial.values[0], trial.point[0] + trial.point[1]);
    } else {
      EXPECT_EQ(trial.failure, FailureKind::kLostWorker) << trial.reason;
      // One that died before it had a point has nothing to repeat.
      without_point += trial.point.empty();
    }
    return absl::OkStatus();
  });
  EXPECT_TRUE(read.ok()) << read;
  EXPECT_EQ(next - retries, setting.trials);
  EXPECT_EQ(complete, setting.trials - without_point);
  const std::vector<int64_t> acknowledged = workers.Acknowledged();
  EXPECT_EQ(std::set<int64_t>(acknowledged.begin(), acknowledged.end()).size(), acknowledged.size())
      << "counted twice";
  for (const int64_t number : acknowledged) {
    EXPECT_TRUE(complete_numbers.count(number) == 1) << "lost: " << number;
  }
}

class SqliteKillTest : public ::testing::TestWithParam<Setting> {};

TEST_P(SqliteKillTest, LosesNothingAndCountsNothingTwice) {
  const int workers = GetParam().workers;
  const std::string path = absl::StrCat(std::getenv("TEST_TMPDIR"), "/", workers, ".db");
  KillAndCheck("sqlite:" + path, GetParam(), workers);
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  std::string verdict;
  sqlite3_exec(
      database, "PRAGMA integrity_check",
      [](void* out, int, char** columns, char**) {
        *static_cast<std::string*>(out) += columns[0];
        return 0;
      },
      &verdict, nullptr);
  EXPECT_EQ(verdict, "ok");
  sqlite3_close(database);
}

INSTANTIATE_TEST_SUITE_P(Workers, SqliteKillTest,
                         ::testing::Values(Setting{1, 50, 300}, Setting{4, 80, 800},
                                           Setting{8, 80, 1200}),
                         [](const auto& test) { return absl::StrCat(test.param.workers); });

class PostgresqlKillTest : public ::testing::TestWithParam<Setting> {};

TEST_P(PostgresqlKillTest, LosesNothingAndCountsNothingTwice) {
  const auto server = PostgresServer::Start();
  ASSERT_TRUE(server.ok()) << server.status();
  const auto url = (*server)->FreshUrl();
  ASSERT_TRUE(url.ok()) << url.status();
  KillAndCheck(*url, GetParam(), 100 + GetParam().workers);
}

INSTANTIATE_TEST_SUITE_P(Workers, PostgresqlKillTest,
                         ::testing::Values(Setting{1, 50, 200}, Setting{4, 80, 400},
                                           Setting{8, 80, 600}),
                         [](const auto& test) { return absl::StrCat(test.param.workers); });

// 32 processes, 10,000 trials: nobody sees an error, and nothing is lost.
TEST(SqliteCrowdTest, ManyProcessesShareOneFile) {
  KillAndCheck(absl::StrCat("sqlite:", std::getenv("TEST_TMPDIR"), "/crowd.db"),
               Setting{32, 0, 10000}, 32);
}

}  // namespace
}  // namespace sturgeon
