// `sturgeon tune --checkpoints` by the shipped binary: a study whose process is killed goes on
// where its trials were saved last, and its folder stays small.

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>  // NOLINT(build/c++17)
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/json.h"
#include "core/random.h"
#include "core/value.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/program.h"

namespace sturgeon {
namespace {

namespace fs = std::filesystem;

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int kEpochs = 300;

// A folder with a study of a small model in it.
class CliCheckpointsTest : public testing::Test {
 protected:
  CliCheckpointsTest()
      : folder_(MakeFolder()),
        study_(folder_ + "study.json"),
        result_(folder_ + "r.json"),
        checkpoints_(folder_ + "checkpoints") {
    std::string table = "a,b,label\n";
    RandomStream random(4, 0, kFirstPluginStream);
    for (int i = 0; i < 100; ++i) {
      const double a = random.Normal(), b = random.Normal();
      absl::StrAppend(&table, a, ",", b, ",", a * b > 0 ? "yes\n" : "no\n");
    }
    WriteAll(folder_ + "table.csv", table);
    WriteAll(study_,
             absl::StrCat(
                 R"({"name": "small", "model": {"name": "softmax_regression", "dataset": "csv:)",
                 folder_, R"(table.csv", "epochs": )", kEpochs, R"(},
        "objectives": [{"metric": "validation_loss", "goal": "minimize"}],
        "strategy": "random", "runner": "sequential", "trials": 1, "seed": 7})"));
  }

  std::vector<std::string> Arguments(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {"tune", "--study=" + study_, "--output=" + result_,
                                          "--storage=memory:"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  Value Tune(const std::vector<std::string>& more) const {
    const ProgramResult run = RunSturgeon(Arguments(more));
    EXPECT_EQ(run.exit_code, 0) << run.err;
    const absl::StatusOr<Value> value = ReadJsonFile(result_);
    EXPECT_TRUE(value.ok()) << value.status().message();
    return value.ok() ? *value : Value();
  }
  // The step of a trial's checkpoint; 0: it has none.
  int Step(int trial) const {
    int newest = 0;
    std::error_code none;
    const std::string folder = absl::StrCat(checkpoints_, "/small/trial-00000", trial);
    for (const auto& entry : fs::directory_iterator(folder, none)) {
      int step = 0;
      const std::string name = entry.path().filename().string();
      if (name.size() == 16 && absl::SimpleAtoi(name.substr(5, 6), &step))
        newest = std::max(newest, step);
    }
    return newest;
  }

  // Returns when trial 0 was saved at that step, or will not be.
  void WaitForStep(int step) const {
    const absl::Time give_up = absl::Now() + absl::Minutes(1);
    while (Step(0) < step && absl::Now() < give_up) usleep(1000);
  }

  const std::string folder_, study_, result_, checkpoints_;
};

TEST_F(CliCheckpointsTest, AKilledStudyGoesOnWhereItsTrialsWereSaved) {
  const Value whole = Tune({});

  const std::vector<std::string> flags = {absl::StrCat("--storage=sqlite:", folder_, "studies.db"),
                                          "--retries=1", "--checkpoints=" + checkpoints_,
                                          "--checkpoint_every=1"};
  Program program(Arguments(flags));
  WaitForStep(20);
  program.Signal(SIGKILL);
  ASSERT_EQ(program.Wait().exit_code, 128 + SIGKILL);
  const int saved = Step(0);
  ASSERT_GE(saved, 20);
  ASSERT_LT(saved, kEpochs);

  const Value result = Tune(flags);
  const Value::List& trials = result.Find("trials")->list();
  ASSERT_EQ(trials.size(), 2u);
  EXPECT_EQ(trials[0].Find("state")->string(), "failed");
  EXPECT_EQ(trials[1].Find("state")->string(), "complete");
  // It trained what was left alone, and is worth what it would have been worth without the kill.
  const Value::List& reports = trials[1].Find("reports")->list();
  EXPECT_EQ(reports.front().list()[0].integer(), saved + 1);
  EXPECT_EQ(reports.back().list()[0].integer(), kEpochs);
  EXPECT_EQ(*trials[1].Find("values"), *whole.Find("trials")->list()[0].Find("values"));
  // What it was is its best trial's model now; the failed trial's is gone.
  EXPECT_EQ(Step(0), 0);
  EXPECT_EQ(Step(1), kEpochs);
}

TEST_F(CliCheckpointsTest, WithoutCheckpointsAKilledTrialIsRepeatedFromItsStart) {
  const Value whole = Tune({});
  const std::vector<std::string> flags = {absl::StrCat("--storage=sqlite:", folder_, "studies.db"),
                                          "--retries=1"};
  {
    std::vector<std::string> saved = flags;
    saved.insert(saved.end(), {"--checkpoints=" + checkpoints_, "--checkpoint_every=1"});
    Program program(Arguments(saved));
    WaitForStep(5);
    program.Signal(SIGKILL);
    ASSERT_EQ(program.Wait().exit_code, 128 + SIGKILL);
  }
  const Value result = Tune(flags);
  const Value::List& trials = result.Find("trials")->list();
  ASSERT_EQ(trials.size(), 2u);
  EXPECT_EQ(*trials[1].Find("values"), *whole.Find("trials")->list()[0].Find("values"));
  EXPECT_EQ(*trials[1].Find("reports"), *whole.Find("trials")->list()[0].Find("reports"));
}

TEST_F(CliCheckpointsTest, TheBestTrialsStay) {
  const Value result =
      Tune({"--trials=6", "--checkpoints=" + checkpoints_, "--checkpoint_every=100"});
  int kept = 0;
  for (int trial = 0; trial < 6; ++trial) kept += Step(trial) == kEpochs ? 1 : 0;
  EXPECT_EQ(kept, 3);
  EXPECT_EQ(Step(static_cast<int>(result.Find("best")->Find("id")->integer())), kEpochs);
  // Another study of that name does not find them.
  Tune({"--checkpoints=" + checkpoints_});
  for (const auto& entry : fs::directory_iterator(checkpoints_ + "/small")) {
    EXPECT_EQ(entry.path().filename(), "owner");
  }
}

TEST_F(CliCheckpointsTest, AStudyIsDeletedWithItsCheckpoints) {
  const auto storage = [&](const char* name) {
    return absl::StrCat("--storage=sqlite:", folder_, name, ".db");
  };
  const auto run = [&](std::vector<std::string> arguments, const char* name) {
    arguments.push_back(storage(name));
    return RunSturgeon(arguments);
  };
  const std::vector<std::string> remove = {"delete", "--study_name=small", "--yes"};
  const std::string study = checkpoints_ + "/small";
  std::string shown;  // as it is from the root
  const auto tune = [&](const char* name) {
    Tune({storage(name), "--checkpoints=" + checkpoints_, "--checkpoint_every=100"});
    EXPECT_EQ(Step(0), kEpochs);
    shown = fs::canonical(study).string();
  };
  tune("a");
  tune("a");  // it goes on, with nothing to do
  const ProgramResult removed = run(remove, "a");
  EXPECT_EQ(removed.exit_code, 0) << removed.err;
  EXPECT_THAT(removed.out, HasSubstr("and its checkpoints, " + shown));
  EXPECT_FALSE(fs::exists(study));
  EXPECT_TRUE(fs::exists(checkpoints_));

  // A copy of the study has none, and what another has taken over is that one's.
  tune("a");
  EXPECT_EQ(run({"import", absl::StrCat("--from=sqlite:", folder_, "a.db")}, "b").exit_code, 0);
  EXPECT_EQ(run(remove, "b").exit_code, 0);
  EXPECT_EQ(Step(0), kEpochs);
  tune("c");
  EXPECT_EQ(run(remove, "a").exit_code, 0);
  EXPECT_EQ(Step(0), kEpochs);

  const ProgramResult kept =
      run({"delete", "--yes", "--study_name=small", "--keep_checkpoints"}, "c");
  EXPECT_EQ(kept.exit_code, 0);
  EXPECT_THAT(kept.err, HasSubstr("Its checkpoints stay: " + shown));
  EXPECT_EQ(Step(0), kEpochs);

  // Nor is what was not there by it removed.
  tune("a");
  WriteAll(study + "/notes.txt", "mine");
  const ProgramResult rest = run(remove, "a");
  EXPECT_EQ(rest.exit_code, 1);
  EXPECT_THAT(rest.err, HasSubstr("not all of " + shown + " could be removed: "));
  EXPECT_EQ(Step(0), 0);
  EXPECT_EQ(ReadAll(study + "/notes.txt"), "mine");
}

TEST_F(CliCheckpointsTest, WithoutRoomTheStudyGoesOn) {
  const ProgramResult run =
      RunSturgeon(Arguments({"--trials=3", "--checkpoints=" + checkpoints_, "--checkpoint_every=1",
                             "--checkpoint_limit=100"}));
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, AllOf(HasSubstr("checkpoints: the checkpoint of trial 0 at step 1 has "),
                             HasSubstr("the limit is 25 bytes")));
  EXPECT_EQ(run.err.find("checkpoints: "), run.err.rfind("checkpoints: ")) << run.err;
}

}  // namespace
}  // namespace sturgeon
