#include "core/checkpoint_store.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>  // NOLINT(build/c++11)
#include <csignal>
#include <filesystem>  // NOLINT(build/c++17)
#include <fstream>
#include <memory>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/file.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

namespace fs = std::filesystem;

class CheckpointStoreTest : public testing::Test {
 protected:
  CheckpointStoreTest() {
    const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
    options_.root = absl::StrCat(testing::TempDir(), "/checkpoints_", test.name());
    fs::remove_all(options_.root);
    options_.study = "digits";
    options_.model = "mlp";
    options_.note = [this](absl::string_view line) { notes_.emplace_back(line); };
  }

  std::unique_ptr<CheckpointStore> Open() const {
    auto store = CheckpointStore::Open(options_);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }

  static Checkpoint At(int64_t trial, int64_t step, size_t bytes = 100) {
    Checkpoint checkpoint;
    checkpoint.trial = trial;
    checkpoint.step = step;
    checkpoint.metrics = {0.5};
    checkpoint.state = std::string(bytes, static_cast<char>('a' + step % 26));
    return checkpoint;
  }

  static Trial Finished(int64_t id, TrialState state, Values values = {}) {
    Trial trial;
    trial.id = id;
    trial.state = state;
    trial.values = std::move(values);
    return trial;
  }

  // A trial that was saved once, after it was trained to its end, and completed.
  void Complete(CheckpointStore* store, int64_t id, double value) const {
    ASSERT_TRUE(store->Save(At(id, 10), /*paused=*/false).ok());
    store->Ended(Finished(id, TrialState::kComplete, {value}), study_, false);
  }

  std::string Folder(int64_t trial) const {
    return absl::StrCat(options_.root, "/digits/trial-00000", trial);
  }
  // The names of a trial's files, in order.
  std::vector<std::string> Files(int64_t trial) const {
    std::vector<std::string> names;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(Folder(trial), none)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  std::vector<int64_t> TrialsWithCheckpoints(CheckpointStore* store) const {
    std::vector<int64_t> trials;
    for (int64_t trial = 0; trial < 10; ++trial) {
      if (store->Has(trial)) trials.push_back(trial);
    }
    return trials;
  }

  CheckpointOptions options_;
  StudyConfig study_ = [] {
    StudyConfig config;
    config.objectives = {{"value", Goal::kMinimize}};
    return config;
  }();
  std::vector<std::string> notes_;
};

using Names = std::vector<std::string>;
using Ids = std::vector<int64_t>;

TEST_F(CheckpointStoreTest, LoadsWhatWasSavedInThisAndInTheNextProcess) {
  Checkpoint saved = At(7, 27);
  saved.seed = 99;
  saved.train_seconds = 2.5;
  {
    const auto store = Open();
    EXPECT_FALSE(store->Has(7));
    EXPECT_EQ(store->Load(7).status().code(), absl::StatusCode::kNotFound);
    ASSERT_TRUE(store->Save(saved, false).ok());
    EXPECT_TRUE(store->Has(7));
    EXPECT_EQ(Files(7), Names({"step-000027.ckpt"}));
  }
  const auto loaded = Open()->Load(7);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->step, 27);
  EXPECT_EQ(loaded->seed, 99u);
  EXPECT_EQ(loaded->train_seconds, 2.5);
  EXPECT_EQ(loaded->model, "mlp");
  EXPECT_EQ(loaded->metrics, saved.metrics);
  EXPECT_EQ(loaded->state, saved.state);
}

TEST_F(CheckpointStoreTest, KeepsTheNewestOfATrial) {
  options_.keep_per_trial = 2;
  const auto store = Open();
  for (const int64_t step : {1, 2, 3, 4}) ASSERT_TRUE(store->Save(At(3, step), false).ok());
  EXPECT_EQ(Files(3), Names({"step-000003.ckpt", "step-000004.ckpt"}));
  ASSERT_TRUE(store->Save(At(3, 5), true).ok());
  EXPECT_EQ(Files(3), Names({"paused-000005.ckpt", "step-000004.ckpt"}));
  EXPECT_EQ(store->Load(3)->step, 5);
}

// What a crash, a bad disk or another program may leave is as good as absent; an older one serves.
TEST_F(CheckpointStoreTest, ADamagedCheckpointIsNone) {
  options_.keep_per_trial = 2;
  const std::string newest = Folder(4) + "/step-000002.ckpt";
  const auto store = Open();
  ASSERT_TRUE(store->Save(At(4, 1), false).ok());
  ASSERT_TRUE(store->Save(At(4, 2), false).ok());
  const std::string whole = *ReadFile(newest);
  std::string flipped = whole;
  flipped[whole.size() / 2] ^= 1;
  const std::string damages[] = {"", whole.substr(0, whole.size() / 2), flipped, "not ours at all"};
  for (const std::string& damaged : damages) {
    ASSERT_TRUE(WriteFile(newest, damaged).ok());
    const auto loaded = store->Load(4);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    EXPECT_EQ(loaded->step, 1);
  }
  fs::remove(Folder(4) + "/step-000001.ckpt");
  for (const std::string& damaged : damages) {
    ASSERT_TRUE(WriteFile(newest, damaged).ok());
    const absl::Status status = store->Load(4).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_TRUE(absl::StrContains(status.message(), newest)) << status;
  }
  // It does not stay in the way.
  ASSERT_TRUE(store->Save(At(4, 2), false).ok());
  EXPECT_EQ(store->Load(4)->step, 2);
}

TEST_F(CheckpointStoreTest, AnothersCheckpointIsNone) {
  ASSERT_TRUE(Open()->Save(At(1, 5), false).ok());
  fs::create_directories(Folder(2));
  fs::copy(Folder(1) + "/step-000005.ckpt", Folder(2) + "/step-000005.ckpt");
  absl::Status status = Open()->Load(2).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(absl::StrContains(status.message(), "it is of trial 1 at step 5")) << status;
  options_.model = "softmax_regression";
  status = Open()->Load(1).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(absl::StrContains(status.message(), "of the model mlp")) << status;
}

TEST_F(CheckpointStoreTest, ANewStudyDoesNotFindWhatAnotherOfItsNameLeft) {
  ASSERT_TRUE(Open()->Save(At(1, 5), false).ok());
  std::ofstream(absl::StrCat(options_.root, "/digits/notes.txt")) << "the user's own";
  const auto store = Open();
  EXPECT_TRUE(store->Has(1));
  store->Clear();
  EXPECT_FALSE(store->Has(1));
  EXPECT_FALSE(fs::exists(Folder(1)));
  EXPECT_TRUE(fs::exists(absl::StrCat(options_.root, "/digits/notes.txt")));
}

TEST_F(CheckpointStoreTest, LeftoversOfAWriteAreSwept) {
  ASSERT_TRUE(Open()->Save(At(1, 5), false).ok());
  const std::string old = Folder(1) + "/step-000006.ckpt.123.tmp";
  const std::string young = Folder(1) + "/step-000006.ckpt.456.tmp";
  std::ofstream(old) << "half a";
  std::ofstream(young) << "being written";
  fs::last_write_time(old, fs::file_time_type::clock::now() - std::chrono::hours(1));
  const auto store = Open();
  EXPECT_EQ(Files(1), Names({"step-000005.ckpt", "step-000006.ckpt.456.tmp"}));
  EXPECT_EQ(store->Load(1)->step, 5);
  // Nobody writes for a trial that has ended.
  store->Ended(Finished(1, TrialState::kComplete, {0.5}), study_, false);
  EXPECT_EQ(Files(1), Names({"end", "step-000005.ckpt"}));
}

TEST_F(CheckpointStoreTest, KeepsTheBestTrials) {
  options_.keep_best = 2;
  {
    const auto store = Open();
    Complete(store.get(), 0, 0.5);
    Complete(store.get(), 1, 0.3);
    EXPECT_EQ(TrialsWithCheckpoints(store.get()), Ids({0, 1}));
    Complete(store.get(), 2, 0.7);
    EXPECT_EQ(TrialsWithCheckpoints(store.get()), Ids({0, 1}));
    Complete(store.get(), 3, 0.3);  // the earlier of equals is the better
    EXPECT_EQ(TrialsWithCheckpoints(store.get()), Ids({1, 3}));
  }
  // Another process knows what they were worth.
  const auto store = Open();
  EXPECT_TRUE(store->Unended().empty());
  Complete(store.get(), 4, 0.31);
  EXPECT_EQ(TrialsWithCheckpoints(store.get()), Ids({1, 3}));
  Complete(store.get(), 5, 0.1);
  EXPECT_EQ(TrialsWithCheckpoints(store.get()), Ids({1, 5}));
  EXPECT_FALSE(fs::exists(Folder(3)));
}

TEST_F(CheckpointStoreTest, MoreIsBetterWhereItIsMaximised) {
  options_.keep_best = 1;
  study_.objectives = {{"value", Goal::kMaximize}};
  const auto store = Open();
  Complete(store.get(), 0, 0.5);
  Complete(store.get(), 1, 0.7);
  Complete(store.get(), 2, 0.6);
  EXPECT_EQ(TrialsWithCheckpoints(store.get()), Ids({1}));
}

TEST_F(CheckpointStoreTest, TheBestOfSeveralObjectivesAreThoseThatTheFewestDominate) {
  options_.keep_best = 2;
  study_.objectives = {{"error", Goal::kMinimize}, {"speed", Goal::kMaximize}};
  const auto store = Open();
  const Values values[] = {{0.5, 1.0}, {0.4, 2.0}, {0.6, 3.0}, {0.6, 0.5}};
  for (int64_t id = 0; id < 4; ++id) {
    ASSERT_TRUE(store->Save(At(id, 10), false).ok());
    store->Ended(Finished(id, TrialState::kComplete, values[id]), study_, false);
  }
  EXPECT_EQ(TrialsWithCheckpoints(store.get()), Ids({1, 2}));
}

TEST_F(CheckpointStoreTest, NothingIsKeptOfTrialsThatAreOfNoUse) {
  const auto store = Open();
  for (int64_t id = 0; id < 3; ++id) ASSERT_TRUE(store->Save(At(id, 10), false).ok());
  store->Ended(Finished(0, TrialState::kStopped, {0.1}), study_, false);
  store->Ended(Finished(1, TrialState::kFailed), study_, /*repeated=*/false);
  Trial infeasible = Finished(2, TrialState::kComplete, {0.1});
  infeasible.constraints = {1.0};
  store->Ended(infeasible, study_, false);
  for (int64_t id = 0; id < 3; ++id) EXPECT_FALSE(fs::exists(Folder(id))) << id;
}

TEST_F(CheckpointStoreTest, WhatMayGoOnIsKept) {
  const auto store = Open();
  ASSERT_TRUE(store->Save(At(0, 3), /*paused=*/true).ok());
  store->Ended(Finished(0, TrialState::kStopped, {0.9}), study_, false);
  ASSERT_TRUE(store->Save(At(1, 3), /*paused=*/true).ok());
  store->Ended(Finished(1, TrialState::kComplete, {0.9}), study_, false);
  ASSERT_TRUE(store->Save(At(2, 3), false).ok());
  store->Ended(Finished(2, TrialState::kFailed), study_, /*repeated=*/true);
  ASSERT_TRUE(store->Save(At(3, 3), false).ok());  // runs
  for (int64_t id = 4; id < 10; ++id) Complete(store.get(), id, 0.1);
  EXPECT_EQ(TrialsWithCheckpoints(store.get()), Ids({0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(store->Unended(), Ids({3}));
  store->Remove(2);
  EXPECT_FALSE(fs::exists(Folder(2)));
}

// In a deterministic caviar, a trial may have trained on for some steps when it is paused.
TEST_F(CheckpointStoreTest, WhatCameAfterATrialsEndIsDropped) {
  options_.keep_per_trial = 3;
  const auto store = Open();
  ASSERT_TRUE(store->Save(At(0, 2), true).ok());
  ASSERT_TRUE(store->Save(At(0, 4), false).ok());
  Trial trial = Finished(0, TrialState::kStopped, {0.9});
  trial.reports.Add(2, {0.9});
  store->Ended(trial, study_, false);
  EXPECT_EQ(Files(0), Names({"end", "paused-000002.ckpt"}));
  EXPECT_EQ(store->Save(At(0, 6), false).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(store->Load(0)->step, 2);
}

TEST_F(CheckpointStoreTest, RefusesWhatIsTooLarge) {
  options_.max_checkpoint_bytes = 1000;
  const auto store = Open();
  EXPECT_TRUE(store->Save(At(0, 1, 500), false).ok());
  const absl::Status status = store->Save(At(0, 2, 1000), false);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(absl::StrContains(status.message(), "trial 0 at step 2")) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "limit is 1000 bytes")) << status;
  EXPECT_EQ(store->Load(0)->step, 1);
}

int64_t BytesBelow(const std::string& folder) {
  int64_t total = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) total += static_cast<int64_t>(entry.file_size());
  }
  return total;
}

TEST_F(CheckpointStoreTest, MakesRoomFromTheWorstOfThePaused) {
  options_.max_bytes = 5000;
  options_.keep_best = 1;
  const auto store = Open();
  const double values[] = {0.2, 0.6, 0.4, 0.5};
  for (int64_t id = 0; id < 4; ++id) {
    ASSERT_TRUE(store->Save(At(id, 3, 1000), true).ok());
    store->Ended(Finished(id, TrialState::kComplete, {values[id]}), study_, false);
  }
  EXPECT_EQ(TrialsWithCheckpoints(store.get()), Ids({0, 1, 2, 3}));
  store->Want(3);
  ASSERT_TRUE(store->Save(At(4, 1, 1000), false).ok());
  EXPECT_EQ(TrialsWithCheckpoints(store.get()), Ids({0, 2, 3, 4}));
  // 3 is the worst now, but wanted.
  ASSERT_TRUE(store->Save(At(5, 1, 1000), false).ok());
  EXPECT_EQ(TrialsWithCheckpoints(store.get()), Ids({0, 3, 4, 5}));
  EXPECT_LE(BytesBelow(options_.root), 5000);
}

TEST_F(CheckpointStoreTest, StaysWithinTheLimitWhereNothingMayBeGivenUp) {
  options_.max_bytes = 3000;
  const auto store = Open();
  ASSERT_TRUE(store->Save(At(0, 1, 1000), false).ok());
  ASSERT_TRUE(store->Save(At(1, 1, 1000), false).ok());
  const absl::Status status = store->Save(At(2, 1, 1000), false);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_FALSE(store->Has(2));
  EXPECT_LE(BytesBelow(options_.root), 3000);
  // Its own older checkpoint makes place for a new one.
  EXPECT_TRUE(store->Save(At(1, 2, 1000), false).ok());
  EXPECT_LE(BytesBelow(options_.root), 3000);
  // When one ends there is room again.
  store->Ended(Finished(0, TrialState::kStopped, {0.1}), study_, false);
  EXPECT_TRUE(store->Save(At(2, 1, 1000), false).ok());
}

TEST_F(CheckpointStoreTest, TheLimitCountsWhatOthersWrite) {
  options_.max_bytes = 3000;
  const auto one = Open(), other = Open();
  ASSERT_TRUE(one->Save(At(0, 1, 1000), false).ok());
  ASSERT_TRUE(one->Save(At(1, 1, 1000), false).ok());
  ASSERT_TRUE(other->Save(At(2, 1, 500), false).ok());
  const absl::Status refused = other->Save(At(3, 1, 1000), false);
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted) << refused;
  EXPECT_LE(BytesBelow(options_.root), 3000);
}

TEST_F(CheckpointStoreTest, ArtifactsCountAndGoWithTheTrial) {
  options_.max_bytes = 3000;
  options_.keep_best = 1;
  const auto store = Open();
  const std::string artifacts = store->Artifacts(0);
  EXPECT_EQ(artifacts, Folder(0) + "/artifacts");
  std::ofstream(artifacts + "/log.txt") << std::string(500, 'x');
  store->Ended(Finished(0, TrialState::kComplete, {0.5}), study_, false);
  EXPECT_TRUE(fs::exists(artifacts + "/log.txt"));
  ASSERT_TRUE(store->Save(At(1, 1, 2000), false).ok());
  EXPECT_EQ(store->Save(At(2, 1, 600), false).code(), absl::StatusCode::kResourceExhausted);
  store->Ended(Finished(1, TrialState::kComplete, {0.4}), study_, false);
  EXPECT_FALSE(fs::exists(Folder(0)));
  // A folder that was not used does not stay.
  EXPECT_NE(store->Artifacts(3), "");
  store->Ended(Finished(3, TrialState::kComplete, {0.1}), study_, false);
  EXPECT_FALSE(fs::exists(Folder(3)));
}

// A trial's files are known to the process that settles it, though another wrote them.
TEST_F(CheckpointStoreTest, SettlesTrialsOfOtherProcesses) {
  const auto mine = Open();
  const auto gone = Open();
  ASSERT_TRUE(gone->Save(At(5, 1), false).ok());
  EXPECT_EQ(mine->Unended(), Ids({5}));
  ASSERT_TRUE(gone->Save(At(6, 1), false).ok());
  mine->Ended(Finished(6, TrialState::kStopped, {0.1}), study_, false);
  EXPECT_FALSE(fs::exists(Folder(6)));
  mine->Ended(Finished(5, TrialState::kFailed), study_, /*repeated=*/true);
  EXPECT_TRUE(mine->Unended().empty());
  EXPECT_TRUE(Open()->Unended().empty());
  EXPECT_TRUE(mine->Has(5));
}

TEST_F(CheckpointStoreTest, AnEndThatCannotBeReadIsNoEnd) {
  const auto store = Open();
  Complete(store.get(), 0, 0.5);
  for (const char* text : {"", "complete not_a_number", "complete nan", "fini 0.5"}) {
    ASSERT_TRUE(WriteFile(Folder(0) + "/end", text).ok());
    EXPECT_EQ(Open()->Unended(), Ids({0})) << text;
  }
}

// Where the system gives up in the middle of a write (as on a full disk), what was there stays.
TEST_F(CheckpointStoreTest, AWriteThatFailsLeavesWhatWasThere) {
  const auto store = Open();
  ASSERT_TRUE(store->Save(At(0, 1, 100), false).ok());
  struct rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  struct rlimit low = before;
  low.rlim_cur = 4096;
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &low), 0);
  const absl::Status status = store->Save(At(0, 2, 100000), false);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_FALSE(status.ok());
  EXPECT_TRUE(absl::StrContains(status.message(), "step-000002.ckpt")) << status;
  EXPECT_EQ(Files(0), Names({"step-000001.ckpt"}));
  EXPECT_EQ(store->Load(0)->step, 1);
  EXPECT_TRUE(store->Save(At(0, 3, 100), false).ok());
  EXPECT_EQ(Files(0), Names({"step-000003.ckpt"}));
}

TEST_F(CheckpointStoreTest, AFolderThatCannotBeWrittenIsRefusedAtOnce) {
  ASSERT_NE(Open(), nullptr);
  std::ofstream(options_.root + "/file") << "no folder";
  CheckpointOptions options = options_;
  options.root = options_.root + "/file";
  EXPECT_TRUE(absl::StrContains(CheckpointStore::Open(options).status().message(), options.root));

  // Root may write everywhere, and in a sandbox there may be no other user to be.
  const bool root = geteuid() == 0;
  const std::string folder = options_.root + "/digits";
  fs::permissions(folder, fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read |
                              fs::perms::others_exec);
  if (root && seteuid(65534) != 0) return;
  const absl::Status status = CheckpointStore::Open(options_).status();
  ASSERT_EQ(root ? seteuid(0) : 0, 0);
  fs::permissions(folder, fs::perms::owner_all);
  EXPECT_FALSE(status.ok());
  EXPECT_TRUE(absl::StrContains(status.message(), folder)) << status;
}

TEST_F(CheckpointStoreTest, OptionsAreChecked) {
  const auto refused = [](CheckpointOptions options) {
    return CheckpointStore::Open(std::move(options)).status().code() ==
           absl::StatusCode::kInvalidArgument;
  };
  CheckpointOptions options = options_;
  options.root = "";
  EXPECT_TRUE(refused(options));
  for (int64_t CheckpointOptions::*limit :
       {&CheckpointOptions::max_bytes, &CheckpointOptions::max_checkpoint_bytes}) {
    options = options_;
    options.*limit = 0;
    EXPECT_TRUE(refused(options));
  }
  options = options_;
  options.every = -1;
  EXPECT_TRUE(refused(options));
  options = options_;
  options.keep_per_trial = 0;
  EXPECT_TRUE(refused(options));
}

TEST_F(CheckpointStoreTest, WhatCannotBeDoneIsSaidOnce) {
  const auto store = Open();
  store->NoteOnce(absl::ResourceExhaustedError("the disk is full"));
  store->NoteOnce(absl::ResourceExhaustedError("the disk is full still"));
  store->NoteOnce(absl::DataLossError("damaged"));
  ASSERT_EQ(notes_.size(), 2u);
  EXPECT_TRUE(absl::StrContains(notes_[0], "the disk is full;")) << notes_[0];
}

TEST(CheckpointFolderTest, IsAFileNameAndOneAStudy) {
  EXPECT_EQ(CheckpointFolder("digits-2.b_c"), "digits-2.b_c");
  const std::string names[] = {"",
                               ".",
                               "..",
                               "a/b",
                               "a b",
                               "a_b",
                               "a\"b;",
                               "\xF0\x9F\x90\x9F",
                               std::string(500, 'x'),
                               std::string(501, 'x'),
                               std::string("a\0b", 3)};
  std::vector<std::string> folders;
  for (const std::string& name : names) {
    const std::string folder = CheckpointFolder(name);
    EXPECT_FALSE(folder.empty());
    EXPECT_NE(folder[0], '.');
    EXPECT_LT(folder.size(), 128u);
    EXPECT_FALSE(absl::StrContains(folder, "/")) << folder;
    EXPECT_EQ(std::count(folders.begin(), folders.end(), folder), 0) << folder;
    folders.push_back(folder);
  }
}

TEST_F(CheckpointStoreTest, ManyThreadsShareIt) {
  options_.max_bytes = 40000;
  const auto store = Open();
  std::vector<std::thread> threads;
  for (int64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int64_t id = t; id < 80; id += 4) {
        for (const int64_t step : {1, 2, 3}) {
          const absl::Status status = store->Save(At(id, step, 1000), step == 3 && id % 3 == 0);
          EXPECT_TRUE(status.ok() || absl::IsResourceExhausted(status)) << status;
        }
        store->Ended(Finished(id, TrialState::kComplete, {static_cast<double>(id)}), study_, false);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(store->Unended().empty());
  EXPECT_LE(BytesBelow(options_.root), 40000);
  for (int64_t best = 0; best < 3; ++best) EXPECT_TRUE(store->Has(best)) << best;
}

TEST(TemporaryCheckpoints, LastAsLongAsTheStore) {
  CheckpointOptions options;
  options.study = "s";
  options.model = "m";
  std::string root;
  {
    auto store = CheckpointStore::OpenTemporary(options);
    ASSERT_TRUE(store.ok()) << store.status();
    root = (*store)->options().root;
    Checkpoint checkpoint;
    checkpoint.trial = 3;
    checkpoint.step = 2;
    checkpoint.state = "state";
    ASSERT_TRUE((*store)->Save(checkpoint, /*paused=*/true).ok());
    EXPECT_EQ((*store)->Load(3)->state, "state");
    EXPECT_EQ((*store)->Artifacts(3), "");
    EXPECT_TRUE(std::filesystem::exists(root));
  }
  EXPECT_FALSE(std::filesystem::exists(root));
}

}  // namespace
}  // namespace sturgeon
