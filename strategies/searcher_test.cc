#include "strategies/searcher.h"

#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/option_schema.h"
#include "core/plugins.h"
#include "core/space.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// What the inner strategy was told and asked: "made", "tell 0=0.5 1=failed", "ask 3 of [2]".
std::vector<std::string>* journal = nullptr;
int times_made = 0;

struct NoOptions {};

// Proposes x = the number of the trial.
class Inner final : public Strategy {
 public:
  static const Schema<NoOptions>& OptionSchema() {
    static const auto* const schema = new Schema<NoOptions>();
    return *schema;
  }
  static absl::StatusOr<std::unique_ptr<Strategy>> Create(NoOptions,
                                                          const StrategyContext& context) {
    EXPECT_EQ(context.study.max_steps, 0);
    journal->push_back("made");
    context.note(absl::StrCat("made as number ", ++times_made));
    return std::unique_ptr<Strategy>(new Inner());
  }
  absl::StatusOr<std::vector<Proposal>> Ask(const AskRequest& request) override {
    std::string line = absl::StrCat("ask ", request.first_id, " of [");
    for (const PendingTrial& trial : request.pending) absl::StrAppend(&line, " ", trial.id);
    journal->push_back(line + " ]");
    EXPECT_EQ(request.count, 1);
    std::vector<Proposal> proposals(1);
    proposals[0].point = {static_cast<double>(request.first_id % 10)};
    return proposals;
  }
  absl::Status Tell(absl::Span<const Trial* const> finished) override {
    std::string line = "tell";
    for (const Trial* trial : finished) {
      absl::StrAppend(&line, " ", trial->id, "=");
      if (trial->values.empty()) {
        absl::StrAppend(&line, TrialStateName(trial->state));
      } else {
        absl::StrAppend(&line, trial->values[0],
                        trial->state == TrialState::kComplete ? "" : " stopped");
      }
    }
    journal->push_back(line);
    return absl::OkStatus();
  }
};

constexpr StrategyPlugin kInner = MakeStrategyPlugin<Inner>("inner", "For the test");

// Rungs of 1, 3 and 9 epochs; x in 0 … 9.
class SearcherTest : public testing::Test {
 protected:
  SearcherTest() {
    journal = &journal_;
    times_made = 0;
    EXPECT_TRUE(plugins_.strategies.Add(kInner).ok());
    study_.space = *SearchSpace::Create({Parameter::Int("x", 0, 9)});
    study_.max_steps = 9;
    rungs_ = std::make_unique<Rungs>(*Rungs::Create(3, 1, study_));
    history_ = std::make_unique<RungHistory>(*rungs_, study_);
    searcher_ = Make(0);
  }

  std::unique_ptr<Searcher> Make(double random_share) {
    auto made = Searcher::Create(
        {"inner", Value::Object()}, random_share, *history_,
        {study_, plugins_, [this](absl::string_view line) { notes_.emplace_back(line); }});
    EXPECT_TRUE(made.ok()) << made.status();
    return *std::move(made);
  }

  // A trial that has ended; no value: it failed.
  void Tell(int64_t id, std::optional<int64_t> budget, std::optional<int64_t> from,
            std::optional<double> value) {
    Trial& trial = trials_.emplace_back();
    trial.id = id;
    trial.point = {static_cast<double>(id % 10)};
    trial.budget = budget;
    trial.resume_from = from;
    trial.state = value.has_value() ? TrialState::kStopped : TrialState::kFailed;
    if (value.has_value()) trial.values = {*value};
    searcher_->Told(history_->Add(trial));
  }

  // What became of one Propose; the proposed x.
  std::vector<double> Propose(int64_t first_id, int count = 1,
                              std::vector<PendingTrial> pending = {}) {
    journal_.clear();
    auto points = searcher_->Propose(first_id, count, pending);
    EXPECT_TRUE(points.ok()) << points.status();
    std::vector<double> proposed;
    for (const Point& point : *points) proposed.push_back(point[0]);
    return proposed;
  }

  std::vector<std::string> journal_, notes_;
  Plugins plugins_;
  StudyConfig study_;
  std::unique_ptr<Rungs> rungs_;
  std::unique_ptr<RungHistory> history_;
  std::unique_ptr<Searcher> searcher_;
  std::deque<Trial> trials_;
};

TEST_F(SearcherTest, TellsEachConfigurationOnceMovedToTheTop) {
  Tell(0, 1, std::nullopt, 0.9);
  Tell(1, 1, std::nullopt, 0.8);
  Propose(2);
  EXPECT_THAT(journal_, ElementsAre("tell 0=0.9 1=0.8", "ask 2 of [ ]"));
  // What is new is added, while nothing that was told changes.
  Tell(2, 1, std::nullopt, 0.7);
  Propose(3);
  EXPECT_THAT(journal_, ElementsAre("tell 2=0.7", "ask 3 of [ ]"));
  // From 0.7 to 0.5: the others, too, would gain 0.25.
  Tell(3, 3, 2, 0.45);
  Propose(4);
  EXPECT_THAT(journal_, ElementsAre("made", "tell 0=0.65 1=0.55 2=0.45", "ask 4 of [ ]"));
  // Gains of 0.25 and 0.75 at the first promotion, and of 0.125 at the second.
  Tell(4, 3, 0, 0.15);
  Tell(5, std::nullopt, 3, 0.325);
  Propose(6);
  EXPECT_THAT(journal_, ElementsAre("made", "tell 0=0.025 1=0.175 2=0.325", "ask 6 of [ ]"));
  // Nothing has come.
  Propose(6);
  EXPECT_THAT(journal_, ElementsAre("ask 6 of [ ]"));
  EXPECT_THAT(notes_, ElementsAre("made as number 1"));
}

TEST_F(SearcherTest, AFreshOneIsToldTheSame) {
  Tell(0, 1, std::nullopt, 0.9);
  Tell(1, 1, std::nullopt, 0.8);
  Propose(2);
  Tell(2, 3, 1, 0.5);
  searcher_ = Make(0);
  for (const Trial& trial : trials_)
    searcher_->Told({const_cast<Configuration*>(history_->Find(trial.id)), 0, nullptr});
  Propose(3);
  EXPECT_THAT(journal_, ElementsAre("tell 0=0.6 1=0.5", "ask 3 of [ ]"));
}

TEST_F(SearcherTest, FailuresAndEarlyEndsAreToldAsSuch) {
  Tell(0, 1, std::nullopt, 0.9);
  Tell(1, 1, std::nullopt, std::nullopt);
  Tell(2, 3, 0, std::nullopt);
  Tell(3, 3, std::nullopt, 0.5);
  trials_[3].reports.Add(2, {0.5});
  Propose(4);
  EXPECT_THAT(journal_, ElementsAre("tell 0=failed 1=failed 3=0.5 stopped", "ask 4 of [ ]"));
}

TEST_F(SearcherTest, ARunningConfigurationThatIsNotToldIsPendingOnce) {
  Tell(0, 1, std::nullopt, 0.9);
  const Point five = {5}, zero = {0};
  Propose(7, 2, {{4, five, 1, std::nullopt}, {6, zero, 3, 0}});
  EXPECT_THAT(journal_, ElementsAre("tell 0=0.9", "ask 7 of [ 4 ]", "ask 8 of [ 4 7 ]"));
}

TEST_F(SearcherTest, ProposesNothingTwiceAndComesToAnEnd) {
  Tell(0, 1, std::nullopt, 0.9);
  Tell(1, 3, 0, 0.8);
  const std::vector<double> proposed = Propose(10, 20);
  EXPECT_EQ(proposed.size(), 9);
  EXPECT_THAT(proposed, testing::Not(testing::Contains(0)));
  EXPECT_EQ(std::set<double>(proposed.begin(), proposed.end()).size(), 9);
}

TEST_F(SearcherTest, DrawsAShareWithoutTheInnerStrategy) {
  study_.allow_duplicates = true;
  searcher_ = Make(0.25);
  Propose(0, 400);
  EXPECT_GT(journal_.size(), 270);
  EXPECT_LT(journal_.size(), 330);
}

TEST_F(SearcherTest, LeavesOutTheLowestRungsOfMany) {
  study_.allow_duplicates = true;
  for (int64_t id = 0; id < Searcher::kMostTold; ++id) Tell(id, 1, std::nullopt, 1);
  Tell(1000, 3, 7, 0.5);
  Propose(2000);
  ASSERT_EQ(journal_.size(), 2);
  EXPECT_EQ(journal_[0].substr(0, 13), "tell 0=0.5 1=");
  // One more at the lowest rung.
  Tell(1001, 1, std::nullopt, 1);
  Propose(2000);
  EXPECT_THAT(journal_, ElementsAre("made", "tell 7=0.5", "ask 2000 of [ ]"));
  Tell(1002, 1, std::nullopt, 1);
  Propose(2000);
  EXPECT_THAT(journal_, ElementsAre("ask 2000 of [ ]"));
  // It is pending again while it goes on.
  const Point point = {1};
  Propose(2000, 1, {{1003, point, 3, 11}});
  EXPECT_THAT(journal_, ElementsAre("ask 2000 of [ 11 ]"));
}

TEST_F(SearcherTest, HugeValuesStayFinite) {
  constexpr double kHuge = std::numeric_limits<double>::max();
  Tell(0, 1, std::nullopt, kHuge);
  Tell(1, 1, std::nullopt, -kHuge);
  Tell(2, 3, 0, -kHuge);
  Propose(3);
  EXPECT_EQ(journal_[0], absl::StrCat("tell 0=", -kHuge, " 1=", -kHuge));
}

}  // namespace
}  // namespace sturgeon
