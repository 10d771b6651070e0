#include "strategies/auto/auto.h"

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/plugins.h"
#include "core/random.h"
#include "core/study.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "strategies/conformance.h"
#include "strategies/grid/grid.h"

namespace sturgeon {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

struct NoOptions {};

// What the stand-ins did, in the order of the calls: "gp ask 3", "gp tell 0 2", "gp report 1".
std::vector<std::string>* journal = nullptr;

constexpr char kGp[] = "gp";
constexpr char kTpe[] = "tpe";
constexpr char kCmaEs[] = "cma_es";
constexpr char kNsga2[] = "nsga2";
constexpr char kRandom[] = "random";

// A strategy of that name whose proposals depend on all that it was told, and on the set alone: any
// trial that it lacks, or is told twice, changes what comes after.
template <const char* kName>
class StandIn final : public Strategy {
 public:
  static const Schema<NoOptions>& OptionSchema() {
    static const auto* const schema = new Schema<NoOptions>();
    return *schema;
  }
  static absl::StatusOr<std::unique_ptr<Strategy>> Create(NoOptions,
                                                          const StrategyContext& context) {
    if (kName == kCmaEs && context.study.name == "no cma_es") {
      return absl::InvalidArgumentError("not this study");
    }
    return std::unique_ptr<Strategy>(new StandIn(context));
  }
  explicit StandIn(const StrategyContext& context) : study_(context.study) {}

  absl::StatusOr<std::vector<Proposal>> Ask(const AskRequest& request) override {
    Note(absl::StrCat("ask ", request.first_id));
    std::vector<Proposal> proposals(request.count);
    for (int i = 0; i < request.count; ++i) {
      RandomStream rng(study_.seed + kName[0] + told_, request.first_id + i, kProposalStream);
      Point unit(study_.space.size());
      for (double& u : unit) u = rng.Uniform();
      proposals[i].point.resize(unit.size());
      study_.space.FromUnit(unit, absl::MakeSpan(proposals[i].point));
    }
    return proposals;
  }
  absl::Status Tell(absl::Span<const Trial* const> finished) override {
    std::string line = "tell";
    int64_t last = -1;
    for (const Trial* trial : finished) {
      EXPECT_GT(trial->id, last);  // in the order of their ids
      last = trial->id;
      absl::StrAppend(&line, " ", trial->id);
      told_ += RandomStream(1, trial->id, trial->values.size())();
    }
    Note(line);
    return study_.name == "cannot be told" ? absl::InternalError("cannot be told")
                                           : absl::OkStatus();
  }
  Decision OnReport(const RunningTrial& trial) override {
    Note(absl::StrCat("report ", trial.id));
    return study_.name == "stops" ? Decision::kStop : Decision::kContinue;
  }

 private:
  void Note(const std::string& line) const {
    if (journal != nullptr) journal->push_back(absl::StrCat(kName, " ", line));
  }

  const StudyConfig& study_;
  uint64_t told_ = 0;
};

template <const char* kName>
inline constexpr StrategyPlugin kStandIn = MakeStrategyPlugin<StandIn<kName>>(kName, "A stand-in");

Plugins StandIns() {
  Plugins plugins;
  for (const StrategyPlugin* plugin :
       {&kStandIn<kGp>, &kStandIn<kTpe>, &kStandIn<kCmaEs>, &kStandIn<kNsga2>, &kStandIn<kRandom>,
        &kGridStrategy, &kAutoStrategy}) {
    EXPECT_TRUE(plugins.strategies.Add(*plugin).ok());
  }
  return plugins;
}

// The suite's studies are long enough for a hand-over, to cma_es or to tpe.
INSTANTIATE_TEST_SUITE_P(Auto, StrategyConformance, testing::ValuesIn([] {
                           StrategyCase tested = {"auto", &kAutoStrategy, StandIns()};
                           tested.options.Set("gp_trials", 10);
                           tested.options.Set("cma_es_trials", 40);
                           tested.exhausts = true;
                           return std::vector<StrategyCase>{tested};
                         }()),
                         StrategyCaseName);

class AutoTest : public testing::Test {
 protected:
  AutoTest() { journal = &journal_; }
  ~AutoTest() override { journal = nullptr; }

  static StudyConfig Config(int64_t trials = 1000) {
    StudyConfig config;
    config.space = *SearchSpace::Create({Parameter::Float("x", 0, 1)});
    config.trials = trials;
    return config;
  }
  static Value GpTrials(int n) {
    Value options;
    return options.Set("gp_trials", n);
  }

  absl::StatusOr<std::unique_ptr<Study>> TryMake(StudyConfig config, const Value& options,
                                                 const Plugins& plugins) {
    StudyHooks hooks;
    hooks.on_note = [this](absl::string_view line) { notes_.emplace_back(line); };
    return Study::Create(std::move(config), {"auto", options}, plugins, std::move(hooks));
  }
  std::unique_ptr<Study> Make(StudyConfig config, const Value& options) {
    auto study = TryMake(std::move(config), options, plugins_);
    EXPECT_TRUE(study.ok()) << study.status();
    return study.ok() ? *std::move(study) : nullptr;
  }
  // Asks for a trial and ends it.
  static void RunTrial(Study& study) {
    const auto trials = study.Ask(1);
    ASSERT_TRUE(trials.ok()) << trials.status();
    ASSERT_EQ(trials->size(), 1u);
    ASSERT_TRUE(study.Tell(trials->front().id, Outcome::Complete({1})).ok());
  }

  const Plugins plugins_ = StandIns();
  std::vector<std::string> journal_, notes_;
};

TEST_F(AutoTest, AHandOverTellsTheNewStrategyEverything) {
  const auto study = Make(Config(), GpTrials(3));
  for (int i = 0; i < 5; ++i) RunTrial(*study);
  EXPECT_THAT(journal_, ElementsAre("gp ask 0", "gp tell 0", "gp ask 1", "gp tell 1", "gp ask 2",
                                    "tpe tell 0 1 2", "tpe ask 3", "tpe tell 3", "tpe ask 4"));
  EXPECT_THAT(notes_, ElementsAre("auto: gp (it makes the most of the first 3 results)",
                                  "auto: tpe from trial 3 on (many trials)"));
}

TEST_F(AutoTest, AfterAResumeOnlyWhoIsInChargeIsTold) {
  const auto study = Make(Config(), GpTrials(3));
  for (int i = 0; i < 4; ++i) {
    Trial trial;
    trial.state = TrialState::kComplete;
    trial.point = {0.5};
    trial.values = {1};
    ASSERT_TRUE(study->Import(std::move(trial)).ok());
  }
  RunTrial(*study);
  EXPECT_THAT(journal_, ElementsAre("tpe tell 0 1 2 3", "tpe ask 4"));
}

TEST_F(AutoTest, ReportsGoToTheStrategyInChargeAndItsAnswerBack) {
  StudyConfig config = Config();
  config.name = "stops";
  const auto study = Make(config, GpTrials(2));
  RunTrial(*study);
  ASSERT_TRUE(study->Ask(1).ok());
  const auto decision = study->Report(1, 1, {0.5});
  ASSERT_TRUE(decision.ok()) << decision.status();
  EXPECT_EQ(*decision, Decision::kStop);
  EXPECT_EQ(journal_.back(), "gp report 1");
}

TEST_F(AutoTest, WhatIsNotLinkedInIsPassedOverWithANote) {
  Plugins plugins;
  ASSERT_TRUE(plugins.strategies.Add(kAutoStrategy).ok());
  const auto none = TryMake(Config(), Value::Object(), plugins);
  EXPECT_EQ(none.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(none.status().message()),
              AllOf(StartsWith("strategy auto: none of the strategies"),
                    HasSubstr("gp is not linked in; tpe is not linked in"),
                    HasSubstr("link //strategies:all")));

  ASSERT_TRUE(plugins.strategies.Add(kStandIn<kRandom>).ok());
  const auto study = TryMake(Config(), GpTrials(2), plugins);
  ASSERT_TRUE(study.ok()) << study.status();
  ASSERT_EQ(notes_.size(), 1u);
  EXPECT_THAT(notes_[0], AllOf(StartsWith("auto: random ("), HasSubstr("gp is not linked in")));
  // It stays in charge where it is again the best to be had.
  for (int i = 0; i < 4; ++i) RunTrial(**study);
  EXPECT_THAT(journal_,
              ElementsAre("random ask 0", "random tell 0", "random ask 1", "random tell 1",
                          "random ask 2", "random tell 2", "random ask 3"));
  EXPECT_EQ(notes_.size(), 1u);
}

TEST_F(AutoTest, WhatRefusesTheStudyIsPassedOver) {
  StudyConfig config = Config(2000);
  config.name = "no cma_es";
  const auto study = Make(config, GpTrials(1));
  RunTrial(*study);
  RunTrial(*study);
  EXPECT_EQ(journal_.back(), "tpe ask 1");
  EXPECT_THAT(notes_.back(), HasSubstr("cma_es refuses the study: cma_es: not this study"));
}

TEST_F(AutoTest, AnErrorOfTheStrategyInChargeIsNotLost) {
  StudyConfig config = Config();
  config.name = "cannot be told";
  const auto study = Make(config, Value::Object());
  ASSERT_TRUE(study->Ask(2).ok());
  ASSERT_TRUE(study->Tell(0, Outcome::Complete({1})).ok());
  EXPECT_TRUE(study->Report(1, 1, {0.5}).ok());
  EXPECT_EQ(study->Ask(1).status(), absl::InternalError("cannot be told"));
  EXPECT_EQ(study->Ask(1).status(), absl::InternalError("cannot be told"));
}

TEST_F(AutoTest, ASmallSpaceIsTriedThroughAndThenItIsOver) {
  StudyConfig config = Config(10);
  config.space = *SearchSpace::Create({Parameter::Int("n", 1, 6)});
  const auto study = Make(config, Value::Object());
  for (int i = 0; i < 6; ++i) RunTrial(*study);
  const auto more = study->Ask(1);
  ASSERT_TRUE(more.ok());
  EXPECT_THAT(*more, IsEmpty());
  // What the chosen one has to say comes after the choice.
  EXPECT_THAT(notes_, ElementsAre("auto: grid (the space has 6 points, no more than the 10 trials "
                                  "planned)",
                                  HasSubstr("grid of 6 points")));
}

}  // namespace
}  // namespace sturgeon
