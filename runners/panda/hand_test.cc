#include "runners/panda/hand.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/checkpoint_store.h"
#include "core/study.h"
#include "core/trial.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runners/panda/console.h"
#include "runners/panda/testing.h"
#include "storage/memory/memory.h"

namespace sturgeon {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// Types lines that are known beforehand, and remembers what is answered to each.
class Script final : public Console {
 public:
  explicit Script(const std::string& lines)
      : lines_(absl::StrSplit(lines, '\n', absl::SkipEmpty())) {}

  std::optional<std::string> ReadLine(absl::string_view prompt,
                                      const std::atomic<bool>* /*cancelled*/) override {
    prompts.emplace_back(prompt);
    if (next_ == lines_.size()) return std::nullopt;
    answers.emplace_back();
    return lines_[next_++];
  }
  void Write(absl::string_view text) override {
    absl::StrAppend(answers.empty() ? &greeting : &answers.back(), text);
  }

  std::string greeting;
  std::vector<std::string> answers, prompts;  // one a line

 private:
  const std::vector<std::string> lines_;
  size_t next_ = 0;
};

std::string Short(double value) { return absl::StrFormat("%.4g", value); }

class HandTest : public testing::Test {
 protected:
  // Runs a session, and returns what was answered to each line.
  std::vector<std::string> Session(const std::string& lines, Case setup = {}) {
    Script script(lines);
    setup.console = &script;
    setup.options =
        absl::StrCat("interactive=true", setup.options.empty() ? "" : ",", setup.options);
    ran_ = RunPanda(setup);
    EXPECT_TRUE(ran_->summary.ok()) << ran_->summary.status();
    trials_ = ran_->study->Trials();
    greeting_ = script.greeting;
    prompts_ = script.prompts;
    return script.answers;
  }
  const Trial& trial(size_t i) const { return trials_.at(i); }

  std::unique_ptr<Ran> ran_;
  std::vector<Trial> trials_;
  std::string greeting_;
  std::vector<std::string> prompts_;
};

TEST_F(HandTest, GoTrainsDaysAndSetChangesTheNextOnes) {
  const auto answers = Session("go\nset learning_rate 0.05\ngo 2\nquit");
  EXPECT_THAT(greeting_, StartsWith("by hand, with a fresh model: learning_rate 0.2, units 4;"));
  EXPECT_THAT(prompts_, ElementsAre("epoch 0> ", "epoch 1> ", "epoch 1> ", "epoch 3> "));
  ASSERT_EQ(trials_.size(), 3u);
  EXPECT_EQ(trial(0).point, Point({0.2, 4}));
  EXPECT_EQ(trial(1).point, Point({0.05, 4}));
  EXPECT_EQ(trial(2).point, Point({0.05, 4}));
  EXPECT_EQ(trial(0).resume_from, std::nullopt);
  EXPECT_EQ(trial(1).resume_from, 0);
  EXPECT_EQ(trial(2).resume_from, 1);
  for (int64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(trial(i).state, TrialState::kStopped);
    ASSERT_EQ(trial(i).reports.size(), 1u);
    EXPECT_EQ(trial(i).reports.step(0), i + 1);
  }
  EXPECT_EQ(trial(0).reason, "by hand, learning_rate 0.2, units 4");
  EXPECT_EQ(trial(1).reason, "by hand, learning_rate 0.05");
  EXPECT_EQ(trial(2).reason, "by hand");
  EXPECT_EQ(answers[0], absl::StrCat("day 0: epoch 1, loss ", Short(trial(0).values[0]), "\n"));
  EXPECT_EQ(answers[1], "from the next day on: learning_rate 0.05\n");
  EXPECT_EQ(answers[2], absl::StrCat("day 1: epoch 2, loss ", Short(trial(1).values[0]), " (",
                                     Short(trial(0).values[0]), " before), learning_rate 0.05\n",
                                     "day 2: epoch 3, loss ", Short(trial(2).values[0]), " (",
                                     Short(trial(1).values[0]), " before)\n"));
  EXPECT_EQ(answers[3], "the study stands after day 2, epoch 3 of 27\n");
}

TEST_F(HandTest, DaysByHandAreTheTrainingThatTheyMake) {
  Session("go 27");
  EXPECT_EQ(trials_.size(), 27u);
  EXPECT_EQ(trials_.back().state, TrialState::kComplete);
  RandomStream seed(1, 0, kModelStream);
  Quadratic whole({}, 0.2, 4, seed());
  EXPECT_EQ(trials_.back().values[0], whole.Train(kEpochs, StopToken())->front());
  EXPECT_EQ(ran_->study->Best()->id, 26);
  // It is over: what would go on says so.
  EXPECT_THAT(Session("go 28\ngo").at(1), StartsWith("day 26 has ended the training, 27 epochs"));
  EXPECT_EQ(trials_.size(), 27u);
}

TEST_F(HandTest, BackGoesToAnEarlierSnapshot) {
  const auto answers =
      Session("go 3\nset learning_rate 1\ngo\nback 2\ngo\nback to 3\ngo\nback 4\nset units 2\ngo");
  ASSERT_EQ(trials_.size(), 7u);
  EXPECT_EQ(answers[3], absl::StrCat("after day 1, epoch 2 of 27: loss ", Short(trial(1).values[0]),
                                     "; learning_rate 0.2, units 4\n"));
  EXPECT_EQ(trial(4).resume_from, 1);  // with that day's hyperparameters
  EXPECT_EQ(trial(4).point, Point({0.2, 4}));
  EXPECT_EQ(trial(4).values, trial(2).values);  // the same day once more
  EXPECT_EQ(trial(5).resume_from, 3);
  EXPECT_EQ(trial(5).point, Point({1, 4}));
  // Days 0, 1, 2 and 3 made day 5.
  EXPECT_EQ(answers[7], absl::StrCat("after day 0, epoch 1 of 27: loss ", Short(trial(0).values[0]),
                                     "; learning_rate 0.2, units 4\n"));
  EXPECT_THAT(answers[8], StartsWith("units cannot change in mid-training, only learning_rate "
                                     "can; back 1 begins with a fresh model"));
  EXPECT_EQ(trial(6).resume_from, 0);
}

TEST_F(HandTest, BeforeTheFirstDayEverythingMayChange) {
  const auto answers = Session("set units 2 learning_rate=0.1\ngo 2\nback 2\nset units = 8\ngo");
  EXPECT_EQ(answers[0], "from the next day on: learning_rate 0.1, units 2\n");
  EXPECT_EQ(trial(0).point, Point({0.1, 2}));
  EXPECT_THAT(answers[2], StartsWith("a fresh model"));
  EXPECT_EQ(trial(2).point, Point({0.1, 8}));
  EXPECT_EQ(trial(2).resume_from, std::nullopt);
  EXPECT_EQ(trial(2).reports.step(0), 1);
}

TEST_F(HandTest, WhatIsMisspeltIsAnsweredWithWhatIsRight) {
  const auto answers = Session(R"(bakc 2
set learning_rat 0.1
set learning_rate fast
set learning_rate 100
set learning_rate
set units 2.5
go many
go 0
back
back 1 2
plot
diary
save
go
back 2
back to 9
plot 3
stop
GO
# a remark
)");
  EXPECT_THAT(answers[0], AllOf(HasSubstr(R"(unknown command "bakc"; did you mean "back"?)"),
                                HasSubstr("Known: set, go, back, plot, diary, why, auto, save")));
  EXPECT_THAT(answers[1], HasSubstr(R"(did you mean "learning_rate"?)"));
  EXPECT_EQ(answers[2], "learning_rate: \"fast\" is no number\n");
  EXPECT_EQ(answers[3], "learning_rate: 100 is out of range; it must be in [0.0001, 10]\n");
  EXPECT_EQ(answers[4], "set learning_rate to which value? As in: set learning_rate 0.2\n");
  EXPECT_EQ(answers[5], "units: expected an integer, got 2.5\n");
  EXPECT_EQ(answers[6], "go takes a number of days, as in go 5; got \"many\"\n");
  EXPECT_EQ(answers[7], "go takes a number of days, as in go 5; got \"0\"\n");
  EXPECT_EQ(answers[8], "the model has not been trained yet; go does\n");
  EXPECT_EQ(answers[9], "back takes a number of days, as in back 5; got \"1 2\"\n");
  EXPECT_EQ(answers[10], "nothing has been trained yet; go does\n");
  EXPECT_EQ(answers[11], "no day has been trained yet; go does\n");
  EXPECT_EQ(answers[12], "there is no model to save yet; go trains one\n");
  EXPECT_EQ(answers[14], "it is 1 day old: back 1 is where it began\n");
  EXPECT_EQ(answers[15], "there is no day 9; diary shows those that there are\n");
  EXPECT_EQ(answers[16], "plot stands alone; \"3\" is one word too many\n");
  EXPECT_THAT(answers[17], StartsWith("unknown command \"stop\""));
  EXPECT_THAT(answers[18], StartsWith("day 1: epoch 2"));
  // The end of the input ends the session.
  EXPECT_EQ(answers[19], "the study stands after day 1, epoch 2 of 27\n");
  EXPECT_EQ(trials_.size(), 2u);
}

TEST_F(HandTest, ADayThatFailsLeavesTheModelWhereItStood) {
  Quadratic::Options options;
  options.nan_from = 3;
  options.nan_above = 0.5;
  const QuadraticFactory model(options);
  Case setup;
  setup.model = &model;
  const auto answers = Session(
      "go 2\nset learning_rate 1\ngo 5\nback to 2\nset learning_rate 0.1\ngo\ndiary", setup);
  EXPECT_EQ(answers[2],
            "day 2: failed: loss is nan after epoch 3\n"
            "the model stands after day 1, epoch 2 of 27 still: set something else, or go back\n");
  EXPECT_EQ(answers[3], "day 2 failed, and left no model (loss is nan after epoch 3)\n");
  ASSERT_EQ(trials_.size(), 4u);
  EXPECT_EQ(trial(2).failure, FailureKind::kNotFinite);
  EXPECT_EQ(trial(3).resume_from, 1);
  EXPECT_EQ(trial(3).state, TrialState::kStopped);
  EXPECT_THAT(answers[6],
              AllOf(HasSubstr("    2  3          -              1  failed: loss is nan"),
                    HasSubstr("*    3  3 "), HasSubstr("*    1  2 "),
                    HasSubstr("which stands after day 3, epoch 3 of 27")));
}

TEST_F(HandTest, SaveMakesTheModelTheResult) {
  CheckpointOptions options;
  options.root = testing::TempDir() + "/hand_save";
  options.study = "study";
  auto checkpoints = CheckpointStore::Open(options);
  ASSERT_TRUE(checkpoints.ok());
  (*checkpoints)->Clear();
  Case setup;
  setup.checkpoints = checkpoints->get();
  const auto answers = Session("go 3\nback 1\nset learning_rate 0.01\nsave\ngo", setup);
  ASSERT_EQ(answers.size(), 4u);  // it ends the session
  EXPECT_EQ(answers[3], absl::StrCat("not trained with: learning_rate 0.01\n"
                                     "saved: the result is the model after day 1, epoch 2 of 27, "
                                     "loss ",
                                     Short(trial(1).values[0]), " (trial 3)\n"));
  ASSERT_EQ(trials_.size(), 4u);
  EXPECT_EQ(trial(3).state, TrialState::kComplete);
  EXPECT_EQ(trial(3).values, trial(1).values);
  EXPECT_EQ(trial(3).point, trial(1).point);
  EXPECT_EQ(ran_->study->Best()->id, 3);
  // Its snapshot is kept, as that of a trial that is among the best.
  const auto checkpoint = (*checkpoints)->Load(3);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->step, 2);
  EXPECT_EQ(checkpoint->state, (*checkpoints)->Load(1)->state);
}

TEST_F(HandTest, PlotDrawsTheModelAndWhatWasLeft) {
  const auto answers = Session("go 4\nplot\nback 2\nset learning_rate 0.02\ngo\nplot");
  EXPECT_THAT(answers[1], StartsWith("loss"));
  EXPECT_THAT(answers[1], HasSubstr("epoch 1       2       3       4\n"));
  EXPECT_THAT(answers[5], HasSubstr("      * this model   x days that were left\n"));
  EXPECT_THAT(answers[5], HasSubstr("day 0       1       4\n"));
}

TEST_F(HandTest, WhyAsksThePolicy) {
  const auto answers = Session(
      "why\ngo\nwhy\ngo 3\nwhy\nset learning_rate 10\ngo\nwhy\nback 1\nset learning_rate "
      "0.1\nwhy\nquit");
  EXPECT_EQ(answers[0],
            "the policy would train epoch 1 of a fresh model: first day, learning_rate 0.2, units "
            "4\n");
  EXPECT_EQ(answers[2],
            "the policy would train epoch 1 of a fresh model: learning rate search, learning_rate "
            "0.2 → 2\n");
  EXPECT_THAT(answers[4], HasSubstr("the policy would train epoch 5 from day 3: "));
  // Ten is far too much: the day has blown up, and is to be left.
  EXPECT_THAT(answers[7], AllOf(StartsWith("trial 4, which was not planned, has blown up (loss "),
                                HasSubstr("): back to trial 3\n"),
                                HasSubstr("the policy would train epoch 5 from day 3: ")));
  EXPECT_EQ(answers[10],
            "the policy would train epoch 5 from day 3: back to trial 3, learning_rate 0.2 → "
            "0.1\n");
  EXPECT_EQ(trials_.size(), 5u);
}

TEST_F(HandTest, AutoHandsOverToThePolicy) {
  Case automatic;
  const std::string unaided = DescribeTrials(*RunPanda(automatic)->study);
  const auto answers = Session("auto\nwhy\nauto");
  EXPECT_EQ(DescribeTrials(*ran_->study), unaided);
  EXPECT_EQ(answers[0].find("day 1: epoch 1, loss "), answers[0].find('\n') + 1);
  EXPECT_THAT(answers[0], HasSubstr(", learning_rate 2\nday 2: epoch 1, "));
  EXPECT_THAT(answers[0], HasSubstr("cooling down over the "));
  EXPECT_THAT(answers[1], StartsWith("the training is over: day 26 is complete"));
  // A few days, then by hand again.
  Session("go\nset learning_rate 0.3\ngo 2\nauto 4\ngo\nauto");
  ASSERT_GT(trials_.size(), 8u);
  EXPECT_EQ(trials_.back().state, TrialState::kComplete);
  const Trial& mine = trial(7);
  EXPECT_TRUE(absl::StartsWith(mine.reason, "by hand")) << mine.reason;
  for (int i = 3; i < 7; ++i) {
    EXPECT_FALSE(absl::StartsWith(trial(i).reason, "by hand")) << trial(i).reason;
  }
}

TEST_F(HandTest, ASessionGoesOnWhereTheLastOneStood) {
  MemoryStorage storage(&absl::Now);
  StudyRecord record;
  record.config = QuadraticStudy();
  record.config.metrics = {"loss"};
  StudyPlace place;
  place.storage = &storage;
  place.study = *storage.CreateStudy(record);
  Case setup;
  setup.place = &place;
  const auto first = Session("go 2\nset learning_rate 0.1\ngo 2\nback 3\nquit", setup);
  // What no day has followed is forgotten.
  EXPECT_EQ(first.back(), "the study stands after day 3, epoch 4 of 27\n");
  Session("go\nset learning_rate 0.05\ngo", setup);
  EXPECT_THAT(greeting_, StartsWith("going on by hand after day 3, epoch 4 of 27: loss "));
  EXPECT_THAT(greeting_, HasSubstr("learning_rate 0.1, units 4"));
  const std::string parts = DescribeTrials(*ran_->study);
  Session("go 2\nset learning_rate 0.1\ngo 3\nset learning_rate 0.05\ngo");
  EXPECT_EQ(parts, DescribeTrials(*ran_->study));
  // Behind a result that was saved too.
  Session("save", setup);
  Session("go", setup);
  EXPECT_EQ(trials_.back().resume_from, 5);
  EXPECT_EQ(trials_.back().reports.step(0), 7);
}

TEST_F(HandTest, LimitsHold) {
  Case setup;
  setup.options = "day=2,steps=5";
  auto answers = Session("go 9\ngo\nquit", setup);
  EXPECT_EQ(answers[1], "the 5 epochs are spent that may be trained in all (the option steps)\n");
  ASSERT_EQ(trials_.size(), 3u);
  EXPECT_EQ(trial(2).budget, 5);
  setup.options = "";
  setup.trials = 2;
  answers = Session("go 3\ngo", setup);
  EXPECT_EQ(answers.size(), 1u);
  EXPECT_THAT(answers[0],
              HasSubstr("no day can be trained any more: the study has all its trials"));
  EXPECT_EQ(trials_.size(), 2u);
}

TEST_F(HandTest, AFirstDayOfMinutesSaysHowLongTheOthersAre) {
  absl::Time now = absl::UnixEpoch();
  Quadratic::Options options;
  options.on_step = [&now] { now += absl::Minutes(1); };
  const QuadraticFactory model(options);
  Case setup;
  setup.model = &model;
  setup.clock = [&now] { return now; };
  setup.options = "minutes=3.5";
  Session("go 2\nback 2\ngo", setup);
  ASSERT_EQ(trials_.size(), 3u);
  for (const Trial& trial : trials_) EXPECT_EQ(trial.reports.size(), 4u);
}

TEST_F(HandTest, WhatIsEnqueuedComesFirst) {
  Case setup;
  setup.enqueue = Value(Value::Object{{"learning_rate", 0.5}});
  auto answers = Session("go 2", setup);
  EXPECT_EQ(trial(0).point, Point({0.5, 4}));
  EXPECT_EQ(trial(1).point, Point({0.5, 4}));
  EXPECT_EQ(trial(1).resume_from, 0);
  // What was set meanwhile is not lost.
  answers = Session("set learning_rate 0.3\ngo\ngo", setup);
  EXPECT_THAT(answers[1], HasSubstr("what is enqueued"));
  EXPECT_EQ(trial(0).point, Point({0.5, 4}));
  EXPECT_EQ(trial(1).point, Point({0.3, 4}));
  EXPECT_EQ(trial(1).resume_from, std::nullopt);
}

TEST_F(HandTest, AModelThatCannotBeSavedIsTrainedInOne) {
  Quadratic::Options options;
  options.saves = false;
  const QuadraticFactory model(options);
  Case setup;
  setup.model = &model;
  const auto answers = Session("go 3\nwhy\ngo", setup);
  EXPECT_THAT(answers[0], HasSubstr("this model cannot be saved"));
  EXPECT_THAT(answers[1], HasSubstr("this model cannot be saved"));
  ASSERT_EQ(trials_.size(), 2u);
  EXPECT_EQ(trial(1).state, TrialState::kComplete);
  EXPECT_EQ(trial(1).reports.size(), static_cast<size_t>(kEpochs));
}

TEST_F(HandTest, HelpNamesEveryCommand) {
  const auto answers = Session("help\nset");
  for (const char* name :
       {"set ", "go ", "back ", "plot ", "diary ", "why ", "auto ", "save ", "help ", "quit "}) {
    EXPECT_THAT(answers[0], HasSubstr(absl::StrCat("  ", name)));
  }
  EXPECT_EQ(answers[1],
            "  learning_rate  0.2         in [0.0001, 10]\n"
            "  units          4           in [1, 8]\n"
            "");
  EXPECT_THAT(trials_, IsEmpty());
}

}  // namespace
}  // namespace sturgeon
