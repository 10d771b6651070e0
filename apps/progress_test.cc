#include "apps/progress.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "core/trial.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

ProgressState Some() {
  ProgressState state;
  state.done = 23;
  state.planned = 60;
  state.failed = 1;
  state.best = 0.12131;
  state.best_trial = 17;
  state.elapsed = absl::Seconds(23);
  return state;
}

TEST(ProgressLine, TellsWhatIsKnown) {
  EXPECT_EQ(ProgressLine(Some(), 100),
            "23 of 60 trials, best 0.1213 (trial 17), 37s left, 1 trials/s, 1 failed");
  EXPECT_EQ(ProgressLine(ProgressState(), 100), "0 trials");
}

TEST(ProgressLine, ThePaceIsThatOfThisRun) {
  ProgressState state = Some();
  state.found = 20;
  EXPECT_THAT(ProgressLine(state, 100), HasSubstr("4m44s left, 0.13 trials/s"));
}

TEST(ProgressLine, LeavesOutWhatDoesNotFit) {
  EXPECT_EQ(ProgressLine(Some(), 60), "23 of 60 trials, best 0.1213 (trial 17), 37s left");
  EXPECT_EQ(ProgressLine(Some(), 20), "23 of 60 trials");
  EXPECT_EQ(ProgressLine(Some(), 3), "");
}

TEST(ProgressLine, ASparklineTakesWhatRoomIsLeft) {
  ProgressState state = Some();
  state.improvements = {{2, 0.9}, {5, 0.5}, {12, 0.12131}};
  EXPECT_THAT(ProgressLine(state, 100), Not(HasSubstr("█")));
  state.sparkline = true;
  EXPECT_EQ(ProgressLine(state, 100),
            "23 of 60 trials, best 0.1213 (trial 17) ███▆▆▆▆▆▆▆▁▁▁▁▁▁▁▁▁▁, 37s left, "
            "1 trials/s, 1 failed");
  // 71 columns are the other parts'; below eight there is none.
  EXPECT_THAT(ProgressLine(state, 80), HasSubstr("(trial 17) █▆▆▆▁▁▁▁, 37s left"));
  EXPECT_EQ(ProgressLine(state, 79), ProgressLine(Some(), 79));
  // Before there is a best, and at the first one.
  state.best.reset();
  EXPECT_THAT(ProgressLine(state, 100), Not(HasSubstr("█")));
  state = Some();
  state.sparkline = true;
  state.done = 1;
  state.improvements = {{1, 0.12131}};
  EXPECT_THAT(ProgressLine(state, 100), HasSubstr("(trial 17) ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁,"));
}

TEST(ProgressLine, TheTimeLimitMayComeFirst) {
  ProgressState state = Some();
  state.time_limit = absl::Seconds(30);
  EXPECT_THAT(ProgressLine(state, 100), HasSubstr("7.0s left"));
  state.planned = 0;
  EXPECT_THAT(ProgressLine(state, 100), StartsWith("23 trials, "));
  state.time_limit = absl::Seconds(10);  // it takes a moment to end
  EXPECT_THAT(ProgressLine(state, 100), HasSubstr("0.0s left"));
}

class ProgressTest : public testing::Test {
 protected:
  ProgressTest() : file_(std::tmpfile()) { EXPECT_NE(file_, nullptr); }
  ~ProgressTest() override { std::fclose(file_); }

  Progress::Plan Plan() const { return {100, absl::InfiniteDuration(), {Objective()}}; }

  std::string Written() {
    std::rewind(file_);
    std::string text(10000, '\0');
    text.resize(std::fread(&text[0], 1, text.size(), file_));
    return text;
  }

  std::FILE* const file_;
};

Trial Complete(int64_t id, double value) {
  Trial trial;
  trial.id = id;
  trial.state = TrialState::kComplete;
  trial.values = {value};
  return trial;
}

TEST_F(ProgressTest, AFileGetsPlainLinesButNotOneATrial) {
  Progress progress(file_, Plan(), nullptr);
  progress.Note("a note");
  for (int i = 0; i < 50; ++i) progress.Finished(Complete(i, 100 - i));
  progress.End();
  progress.Note("too late");
  EXPECT_THAT(Written(), StartsWith("a note\n1 of 100 trials, best 100 (trial 0), "));
  EXPECT_THAT(Written(), Not(HasSubstr("\r")));
  EXPECT_THAT(Written(), Not(HasSubstr("too late")));
  EXPECT_THAT(Written(), Not(HasSubstr("█")));  // lines of a log are plain
  // At most one in two seconds; this takes milliseconds, or seconds under a sanitizer.
  const std::string text = Written();
  EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 25);
}

TEST_F(ProgressTest, TrialsThatWereCutOffDoNotCount) {
  Progress progress(file_, Plan(), nullptr);
  Trial cut_off;
  cut_off.state = TrialState::kFailed;
  cut_off.failure = FailureKind::kCancelled;
  progress.Finished(cut_off);
  progress.Finished(Complete(1, 0.5));
  progress.End();
  EXPECT_THAT(Written(), StartsWith("1 of 100 trials, best 0.5 (trial 1)"));
}

TEST_F(ProgressTest, SaysThatItWasInterrupted) {
  std::atomic<bool> interrupted{true};
  Progress progress(file_, Plan(), &interrupted);
  while (std::ftell(file_) == 0) std::this_thread::yield();
  progress.End();
  EXPECT_THAT(Written(), StartsWith("interrupted: "));
}

}  // namespace
}  // namespace sturgeon
