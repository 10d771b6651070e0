#include "runners/study_run.h"

#include <atomic>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/storage.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runners/testing.h"
#include "storage/memory/memory.h"

namespace sturgeon {
namespace {

using ::testing::HasSubstr;

// A study in a storage, and a run of it in a thread.
class WishesTest : public testing::Test {
 protected:
  WishesTest() : storage_(&absl::Now) {
    StudyRecord record;
    record.config = SmallStudy();
    StudyPlace place;
    place.storage = &storage_;
    place.study = study_id_ = *storage_.CreateStudy(record);
    place.look_every = absl::Milliseconds(5);
    StudyHooks hooks;
    hooks.on_note = [this](absl::string_view note) {
      absl::MutexLock lock(&mutex_);
      if (note.find("study") != note.npos) notes_.emplace_back(note);
    };
    place_ = place;
    hooks_ = hooks;
  }
  ~WishesTest() override {
    if (thread_.joinable()) thread_.join();
  }

  void Start(const LambdaModel::Function& function, int64_t max_steps) {
    study_ = *Study::Attach(SmallStudy(), {"witness"}, WitnessPlugins(), hooks_, place_);
    model_ = std::make_unique<LambdaModel>(std::vector<Metric>{{"value", Goal::kMinimize}},
                                           max_steps, function);
    thread_ = std::thread([this] {
      RunRequest request = {*study_, *model_};
      request.trials = 3;
      request.cancelled = &cancelled_;
      auto run = StudyRun::Create(request, TrialOptions());
      ASSERT_TRUE(run.ok()) << run.status();
      (*run)->Work();
      const auto summary = (*run)->Finish();
      ASSERT_TRUE(summary.ok()) << summary.status();
      end_ = summary->end;
    });
  }
  void Pause(bool paused) {
    ASSERT_TRUE(storage_.SetAttribute(study_id_, kPausedAttribute, paused).ok());
  }
  void WaitForNote(const std::string& text) {
    absl::MutexLock lock(&mutex_);
    const auto told = [&] {
      for (const std::string& note : notes_) {
        if (note.find(text) != std::string::npos) return true;
      }
      return false;
    };
    mutex_.Await(absl::Condition(&told));
  }

  MemoryStorage storage_;
  int64_t study_id_ = 0;
  StudyPlace place_;
  StudyHooks hooks_;
  absl::Mutex mutex_;
  std::vector<std::string> notes_;
  std::unique_ptr<Study> study_;
  std::unique_ptr<LambdaModel> model_;
  std::atomic<bool> cancelled_{false};
  RunEnd end_ = RunEnd::kTrials;
  std::thread thread_;
};

absl::StatusOr<std::vector<double>> One(const LambdaModel::Step&) { return std::vector<double>{1}; }

TEST_F(WishesTest, NoTrialStartsWhileTheStudyIsPaused) {
  Pause(true);
  Start(&One, 1);
  WaitForNote("the study is paused");
  EXPECT_EQ(study_->counts().total(), 0);
  EXPECT_EQ(storage_.ListStudies()->front().running, 0);
  Pause(false);
  thread_.join();
  EXPECT_EQ(study_->counts().complete, 3);
  WaitForNote("the study goes on");
}

TEST_F(WishesTest, ARunThatIsCancelledDoesNotWait) {
  Pause(true);
  Start(&One, 1);
  WaitForNote("the study is paused");
  cancelled_ = true;
  thread_.join();
  EXPECT_EQ(end_, RunEnd::kCancelled);
  EXPECT_EQ(study_->counts().total(), 0);
}

TEST_F(WishesTest, ATrialThatIsToStopStopsAtItsNextReport) {
  constexpr int64_t kForever = 1000000;
  std::atomic<bool> asked{false};
  Start(
      [&](const LambdaModel::Step& step) -> absl::StatusOr<std::vector<double>> {
        if (asked) absl::SleepFor(absl::Milliseconds(1));
        return std::vector<double>{static_cast<double>(step.step)};
      },
      kForever);
  for (int64_t id = 0; id < 3; ++id) {
    while (!storage_.RequestStop(study_id_, id, "seen enough").ok()) {
      absl::SleepFor(absl::Milliseconds(1));
    }
    asked = true;
  }
  thread_.join();
  for (int64_t id = 0; id < 3; ++id) {
    const Trial trial = *study_->Get(id);
    EXPECT_EQ(trial.state, TrialState::kStopped);
    EXPECT_EQ(trial.reason, "seen enough");
    EXPECT_LT(trial.reports.size(), kForever);
  }
}

}  // namespace
}  // namespace sturgeon
