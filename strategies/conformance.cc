#include "strategies/conformance.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <deque>
#include <functional>
#include <limits>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/random.h"
#include "core/study.h"

namespace sturgeon {
namespace {

constexpr uint32_t kTestStream = 1000;  // far from those that plugins number

SearchSpace Space(std::vector<Parameter> parameters) {
  absl::StatusOr<SearchSpace> space = SearchSpace::Create(std::move(parameters));
  EXPECT_TRUE(space.ok()) << space.status();
  return space.ok() ? *std::move(space) : SearchSpace();
}

// How a trial ends, as a function of the study, its id and its point.
using Ending = std::function<Outcome(const StudyConfig&, const Trial&)>;

// A smooth bowl in unit coordinates, another one for every objective; inactive parameters cost
// nothing. What is not trained to the end is worth less, and by how much differs from one point to
// another.
Outcome Smooth(const StudyConfig& config, const Trial& trial) {
  Point unit(trial.point.size());
  config.space.ToUnit(trial.point, absl::MakeSpan(unit));
  Values values;
  for (size_t k = 0; k < config.objectives.size(); ++k) {
    const double optimum = 0.3 + 0.1 * static_cast<double>(k);
    double sum = 0;
    for (const double u : unit) sum += std::isnan(u) ? 0 : (u - optimum) * (u - optimum);
    if (trial.budget.has_value() && !unit.empty()) {
      sum += (0.5 + (unit[0] > 0.5 ? 0.3 : 0)) / static_cast<double>(*trial.budget);
    }
    values.push_back(config.objectives[k].Loss(sum));
  }
  return Outcome::Complete(std::move(values));
}

Outcome StopsWithoutValues(const StudyConfig& /*config*/, const Trial& /*trial*/) {
  Outcome outcome;
  outcome.state = TrialState::kStopped;
  outcome.reason = "before it had reported anything";
  return outcome;
}

// All the ways to end: complete, failed, stopped with and without values, infeasible.
Outcome AllKinds(const StudyConfig& config, const Trial& trial) {
  Outcome outcome = Smooth(config, trial);
  switch (RandomStream(config.seed, trial.id, kTestStream).Below(8)) {
    case 0:
      return Outcome::Failed(FailureKind::kException, "as the test wants it");
    case 1:
      return Outcome::Stopped(std::move(outcome.values), "as the test wants it");
    case 2:
      return StopsWithoutValues(config, trial);
    case 3:
      outcome.constraints = {-1, 0.5};
      break;
    case 4:
      outcome.constraints = {-1, 0};
      break;
    default:
      break;
  }
  return outcome;
}

Outcome Fails(const StudyConfig& /*config*/, const Trial& trial) {
  return Outcome::Failed(FailureKind::kExitCode, absl::StrCat("trial ", trial.id));
}

Outcome Infeasible(const StudyConfig& config, const Trial& trial) {
  Outcome outcome = Smooth(config, trial);
  outcome.constraints = {1.0 + static_cast<double>(trial.id % 3)};
  return outcome;
}

Outcome AllEqual(const StudyConfig& config, const Trial& /*trial*/) {
  return Outcome::Complete(Values(config.objectives.size(), 0.25));
}

// Finite, but sums, squares and differences of them overflow.
Outcome Huge(const StudyConfig& config, const Trial& trial) {
  constexpr double kHuge = std::numeric_limits<double>::max();
  constexpr double kTiny = std::numeric_limits<double>::denorm_min();
  constexpr double kValues[] = {kHuge, -kHuge, 0, kTiny, 1, -1e200, -kTiny};
  return Outcome::Complete(Values(config.objectives.size(), kValues[trial.id % 7]));
}

struct NamedEnding {
  const char* name;
  Ending ending;
};

std::vector<NamedEnding> Endings() {
  return {{"smooth", Smooth},
          {"all kinds", AllKinds},
          {"all fail", Fails},
          {"all stopped", StopsWithoutValues},
          {"infeasible", Infeasible},
          {"all equal", AllEqual},
          {"huge", Huge}};
}

bool SameBits(const Point& a, const Point& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!(std::isnan(a[i]) && std::isnan(b[i])) && std::memcmp(&a[i], &b[i], sizeof(double)) != 0) {
      return false;
    }
  }
  return true;
}

bool SameProposals(const std::vector<Proposal>& a, const std::vector<Proposal>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Proposal& one, const Proposal& other) {
                      return SameBits(one.point, other.point) && one.budget == other.budget &&
                             one.resume_from == other.resume_from;
                    });
}

std::string Show(const std::vector<Proposal>& proposals) {
  std::string text;
  for (size_t i = 0; i < proposals.size(); ++i) {
    absl::StrAppend(&text, "\n  ", i, ":");
    for (const double v : proposals[i].point) absl::StrAppend(&text, " ", v);
  }
  return text;
}

// Plays the part of the study towards a bare strategy, and records what it proposed.
class Driver {
 public:
  Driver(const StudyConfig& config, Ending ending) : config_(config), ending_(std::move(ending)) {}

  // Asks for `count` trials and checks the answer; whether there was one.
  bool Ask(Strategy* strategy, int count) {
    std::vector<PendingTrial> pending;
    for (const Trial* trial : running_) {
      pending.push_back({trial->id, trial->point, trial->budget, trial->resume_from});
    }
    const auto first_id = static_cast<int64_t>(trials_.size());
    absl::StatusOr<std::vector<Proposal>> proposals = strategy->Ask({first_id, count, pending});
    EXPECT_TRUE(proposals.ok()) << proposals.status();
    if (!proposals.ok()) return false;
    EXPECT_LE(proposals->size(), count);
    for (Proposal& proposal : *proposals) {
      Trial& trial = trials_.emplace_back();
      trial.id = static_cast<int64_t>(trials_.size()) - 1;
      trial.point = proposal.point;
      trial.budget = proposal.budget;
      trial.resume_from = proposal.resume_from;
      running_.push_back(&trial);
      const absl::Status valid = config_.space.Validate(proposal.point);
      EXPECT_TRUE(valid.ok()) << "trial " << trial.id << ": " << valid;
      CheckTraining(trial);
      if (!valid.ok() || testing::Test::HasFailure()) return false;
    }
    const bool any = !proposals->empty();
    last_count_ = static_cast<int>(proposals->size());
    std::move(proposals->begin(), proposals->end(), std::back_inserter(proposals_));
    return any;
  }

  // Ends running trials, one after another in a scrambled order, until `keep` are left.
  void Finish(Strategy* strategy, size_t keep) {
    while (running_.size() > keep) {
      RandomStream rng(config_.seed, finished_++, kTestStream + 1);
      const auto chosen = running_.begin() + static_cast<int64_t>(rng.Below(running_.size()));
      Trial& trial = **chosen;
      running_.erase(chosen);
      Outcome outcome = ending_(config_, trial);
      PlayTraining(outcome, trial);
      trial.state = outcome.state;
      trial.failure = outcome.failure;
      trial.values = std::move(outcome.values);
      trial.constraints = std::move(outcome.constraints);
      trial.reason = std::move(outcome.reason);
      const Trial* const told[] = {&trial};
      const absl::Status status = strategy->Tell(told);
      EXPECT_TRUE(status.ok()) << status;
    }
  }

  // Tells a fresh strategy everything that has finished, in one call.
  void Resume(Strategy* strategy) const {
    std::vector<const Trial*> told;
    for (const Trial& trial : trials_) {
      if (trial.finished()) told.push_back(&trial);
    }
    const absl::Status status = strategy->Tell(told);
    EXPECT_TRUE(status.ok()) << status;
  }

  // Asks for batches and ends all but half a batch of what runs, until there are `total` trials or
  // the strategy is exhausted: it has nothing to try, and, if it divides trainings, nothing runs.
  void Run(Strategy* strategy, int batch, int total) {
    while (static_cast<int>(trials_.size()) < total) {
      const bool any = Ask(strategy, batch);
      if (!any && (running_.empty() || config_.max_steps == 0)) return;
      if (testing::Test::HasFailure()) return;
      Finish(strategy, any ? batch / 2 : 0);
    }
  }

  const std::vector<Proposal>& proposals() const { return proposals_; }
  int last_count() const { return last_count_; }
  std::vector<Trial*>& running() { return running_; }

 private:
  int64_t StepsOf(const Trial& trial) const { return trial.budget.value_or(config_.max_steps); }

  void CheckTraining(const Trial& trial) const {
    EXPECT_GE(trial.budget.value_or(1), 1) << "trial " << trial.id;
    if (config_.max_steps > 0) {
      EXPECT_LE(trial.budget.value_or(1), config_.max_steps) << "trial " << trial.id;
    }
    if (!trial.resume_from.has_value()) return;
    ASSERT_GE(*trial.resume_from, 0) << "trial " << trial.id;
    ASSERT_LT(*trial.resume_from, trial.id) << "trial " << trial.id;
    const Trial& before = trials_[*trial.resume_from];
    EXPECT_TRUE(before.finished()) << "trial " << trial.id << " goes on from one that runs";
    EXPECT_FALSE(before.values.empty()) << "trial " << trial.id << " goes on from a failed one";
    EXPECT_GT(StepsOf(trial), StepsOf(before)) << "trial " << trial.id << " has nothing to train";
  }

  // The last step that a trial reports, and what the study makes of one that ends at its budget.
  void PlayTraining(Outcome& outcome, Trial& trial) const {
    if (config_.max_steps == 0 || outcome.values.empty()) return;
    const bool early = outcome.state == TrialState::kStopped;
    if (early && StepsOf(trial) == 1) return;
    trial.reports.Add(StepsOf(trial) - (early ? 1 : 0), outcome.values);
    if (!early && StepsOf(trial) < config_.max_steps) {
      outcome = Outcome::Stopped(std::move(outcome.values), "paused at its budget");
    }
  }

  const StudyConfig& config_;
  const Ending ending_;
  std::deque<Trial> trials_;  // a deque: trials never move
  std::vector<Trial*> running_;
  std::vector<Proposal> proposals_;
  int last_count_ = 0;
  uint64_t finished_ = 0;
};

bool IsConditional(const SearchSpace& space) {
  for (int i = 0; i < space.size(); ++i) {
    if (space.parent(i) >= 0) return true;
  }
  return false;
}

bool IsContinuous(const SearchSpace& space) {
  const std::vector<int64_t> levels = space.Levels();
  return std::find(levels.begin(), levels.end(), 0) != levels.end();
}

void ExpectInvalidArgument(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_GT(status.message().size(), 30) << "does not say what would be right: " << status;
}

}  // namespace

// A test of a plugin may want StrategyTestSpaces alone.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StrategyConformance);

std::string StrategyCaseName(const testing::TestParamInfo<StrategyCase>& info) {
  return info.param.name;
}

void PrintTo(const StrategyCase& strategy_case, std::ostream* os) { *os << strategy_case.name; }

std::vector<NamedSpace> StrategyTestSpaces() {
  std::vector<Parameter> hundred;
  for (int i = 0; i < 100; ++i) {
    const std::string name = absl::StrCat("p", i);
    switch (i % 4) {
      case 0:
        hundred.push_back(Parameter::Float(name, -1, 1));
        break;
      case 1:
        hundred.push_back(Parameter::Float(name, 1e-5, 1, Scale::kLog).Tier(2));
        break;
      case 2:
        hundred.push_back(Parameter::Int(name, 1, 9).Tier(3));
        break;
      default:
        hundred.push_back(Parameter::Categorical(name, {"a", "b", "c"}).Tier(4));
        break;
    }
  }
  return {
      {"float", Space({Parameter::Float("x", -5, 10)})},
      {"log", Space({Parameter::Float("learning_rate", 1e-6, 1, Scale::kLog)})},
      {"wide", Space({Parameter::Float("x", 1e-300, 1e300, Scale::kLog),
                      Parameter::Float("y", -1e300, 1e-300)})},
      {"reverse_log", Space({Parameter::Float("momentum", 0.9, 0.999, Scale::kReverseLog)})},
      {"ints", Space({Parameter::Int("layers", 1, 4), Parameter::Int("width", 10, 95).Step(10),
                      Parameter::Int("batch", 16, 512, Scale::kLog).Factor(2),
                      Parameter::Int("units", 3, 3000, Scale::kLog),
                      Parameter::Int("huge", -4503599627370496, 4503599627370496).Tier(2)})},
      {"stepped_float", Space({Parameter::Float("dropout", 0, 0.5).Step(0.1),
                               Parameter::Float("decay", 1e-4, 1, Scale::kLog).Factor(10)})},
      {"categorical", Space({Parameter::Categorical("c", {Value(), true, 1, 0.5, "adam", ""}),
                             Parameter::Float("x", 0, 1)})},
      {"conditions",
       Space({Parameter::Float("beta2", 0.99, 0.9999, Scale::kReverseLog)
                  .When("optimizer", {"adam", "adamw"}),
              Parameter::Categorical("optimizer", {"sgd", "adam", "adamw", "none"}),
              Parameter::Float("momentum", 0.5, 0.99).When("optimizer", {"sgd"}),
              Parameter::Categorical("nesterov", {false, true}).When("optimizer", {"sgd"}),
              Parameter::Float("damping", 0, 1).When("nesterov", {true}),
              Parameter::Int("layers", 1, 3),
              Parameter::Int("units_2", 8, 64, Scale::kLog).WhenBetween("layers", 2, {}),
              Parameter::Int("units_3", 8, 64, Scale::kLog).WhenBetween("layers", 3, {})})},
      {"constants", Space({Parameter::Float("one", 1, 1), Parameter::Int("two", 2, 2),
                           Parameter::Categorical("three", {"only"}),
                           Parameter::Float("tiny", 1e-3, 1e-3, Scale::kLog)})},
      {"mixed",
       Space({Parameter::Float("a", 1e-4, 1, Scale::kLog),
              Parameter::Float("b", 0.9, 0.999, Scale::kReverseLog).Tier(2),
              Parameter::Int("c", 32, 512, Scale::kLog).Tier(2), Parameter::Int("d", 1, 4).Tier(3),
              Parameter::Categorical("e", {"sgd", "adam"}).Tier(3),
              Parameter::Float("f", 0.99, 0.9999, Scale::kReverseLog).Tier(4).When("e", {"adam"}),
              Parameter::Float("g", -1, 1), Parameter::Float("h", 0, 1).Step(0.25),
              Parameter::Int("i", 16, 256, Scale::kLog).Factor(2),
              Parameter::Categorical("j", {1, 2, 3})})},
      {"hundred", Space(std::move(hundred))},
      {"two_points", Space({Parameter::Categorical("flag", {false, true})})},
      {"twelve_points", Space({Parameter::Int("a", 0, 1), Parameter::Int("b", 1, 3),
                               Parameter::Categorical("c", {"x", "y"})})},
      {"conditional_points",
       Space({Parameter::Categorical("kind", {"a", "b"}),
              Parameter::Int("of_a", 1, 5).When("kind", {"a"}),
              Parameter::Categorical("of_b", {"x", "y", "z"}).When("kind", {"b"})})},
      {"empty", Space({})},
  };
}

void StrategyConformance::SetUp() {
  plugins_ = GetParam().plugins;
  (void)plugins_.strategies.Add(*GetParam().plugin);  // it may be there
}

absl::StatusOr<std::unique_ptr<Strategy>> StrategyConformance::TryMake(const StudyConfig& config,
                                                                       const Value& options) {
  const StrategyContext context = {config, plugins_,
                                   [this](absl::string_view line) { notes_.emplace_back(line); }};
  return GetParam().plugin->create(options, "strategy", context);
}

absl::StatusOr<std::unique_ptr<Strategy>> StrategyConformance::TryMake(const StudyConfig& config) {
  return TryMake(config, GetParam().options);
}

std::unique_ptr<Strategy> StrategyConformance::Make(const StudyConfig& config) {
  absl::StatusOr<std::unique_ptr<Strategy>> strategy = TryMake(config);
  EXPECT_TRUE(strategy.ok()) << strategy.status();
  return strategy.ok() ? *std::move(strategy) : nullptr;
}

bool StrategyConformance::Supports(const SearchSpace& space) const {
  const StrategyCase& declared = GetParam();
  return (declared.conditional_spaces || !IsConditional(space)) &&
         (declared.continuous_spaces || !IsContinuous(space)) &&
         (declared.max_dimensions == 0 || space.size() <= declared.max_dimensions);
}

std::vector<StudyConfig> StrategyConformance::Configs() const {
  std::vector<StudyConfig> configs;
  for (NamedSpace& named : StrategyTestSpaces()) {
    if (!Supports(named.space)) continue;
    StudyConfig& config = configs.emplace_back();
    config.name = std::move(named.name);
    config.space = std::move(named.space);
    config.metrics = {config.objectives[0].metric};
    config.trials = GetParam().trials;
    config.max_steps = GetParam().max_steps;
    config.settable = config.space.Names();
    config.seed = 7;
  }
  EXPECT_FALSE(configs.empty()) << "the case supports none of the suite's spaces";
  return configs;
}

TEST_P(StrategyConformance, ProposalsAreValidAndNoMoreThanAskedFor) {
  for (const StudyConfig& config : Configs()) {
    for (const int batch : {1, 3, 8}) {
      SCOPED_TRACE(absl::StrCat("space ", config.name, ", batches of ", batch));
      const auto strategy = Make(config);
      ASSERT_NE(strategy, nullptr);
      Driver driver(config, Smooth);
      driver.Run(strategy.get(), batch, GetParam().trials);
      ASSERT_FALSE(HasFailure());
      EXPECT_FALSE(driver.proposals().empty());
    }
  }
}

TEST_P(StrategyConformance, BatchesAreFullAsDeclared) {
  if (!GetParam().full_batches) GTEST_SKIP() << "not declared";
  for (const StudyConfig& config : Configs()) {
    SCOPED_TRACE(config.name);
    const auto strategy = Make(config);
    ASSERT_NE(strategy, nullptr);
    Driver driver(config, Smooth);
    int asked = 0;
    // Nothing finishes: a strategy must not wait for what runs.
    while (asked < GetParam().trials && driver.Ask(strategy.get(), 5)) {
      asked += 5;
      if (driver.last_count() < 5) break;
    }
    ASSERT_FALSE(HasFailure());
    if (driver.last_count() == 5) continue;
    EXPECT_TRUE(GetParam().exhausts) << "not declared to come to an end";
    EXPECT_FALSE(driver.Ask(strategy.get(), 5)) << "it was not exhausted";
  }
}

TEST_P(StrategyConformance, TheSameSeedGivesTheSameProposals) {
  for (const StudyConfig& config : Configs()) {
    for (const int batch : {1, 8}) {
      SCOPED_TRACE(absl::StrCat("space ", config.name, ", batches of ", batch));
      std::vector<Proposal> first;
      for (int run = 0; run < 2; ++run) {
        const auto strategy = Make(config);
        ASSERT_NE(strategy, nullptr);
        Driver driver(config, AllKinds);
        driver.Run(strategy.get(), batch, GetParam().trials);
        if (run == 0) first = driver.proposals();
        EXPECT_TRUE(SameProposals(first, driver.proposals()))
            << Show(first) << "\nand" << Show(driver.proposals());
      }
    }
  }
}

TEST_P(StrategyConformance, TheSeedMattersAsDeclared) {
  for (StudyConfig config : Configs()) {
    if (config.name != "hundred" && config.name != "ints" && config.name != "float") continue;
    SCOPED_TRACE(config.name);
    std::vector<std::vector<Proposal>> runs;
    for (const uint64_t seed : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 32}) {
      config.seed = seed;
      const auto strategy = Make(config);
      ASSERT_NE(strategy, nullptr);
      Driver driver(config, AllEqual);
      driver.Run(strategy.get(), 4, GetParam().trials);
      for (const std::vector<Proposal>& other : runs) {
        EXPECT_EQ(SameProposals(driver.proposals(), other), !GetParam().uses_seed)
            << "seed " << seed;
      }
      runs.push_back(driver.proposals());
    }
  }
}

// What storage and deterministic runners rest on.
TEST_P(StrategyConformance, AFreshStrategyToldEverythingGoesOnTheSame) {
  const int total = GetParam().trials;
  for (const StudyConfig& config : Configs()) {
    for (const int batch : {1, 3, 8}) {
      const auto strategy = Make(config);
      ASSERT_NE(strategy, nullptr);
      Driver uninterrupted(config, AllKinds);
      uninterrupted.Run(strategy.get(), batch, total);
      for (const int cut : {1, total / 3, total / 2, total - 1}) {
        SCOPED_TRACE(absl::StrCat("space ", config.name, ", batches of ", batch,
                                  ", a fresh strategy from trial ", cut, " on"));
        const auto before = Make(config);
        const auto after = Make(config);
        ASSERT_NE(before, nullptr);
        ASSERT_NE(after, nullptr);
        Driver driver(config, AllKinds);
        driver.Run(before.get(), batch, cut);
        driver.Resume(after.get());
        driver.Run(after.get(), batch, total);
        ASSERT_TRUE(SameProposals(uninterrupted.proposals(), driver.proposals()))
            << Show(uninterrupted.proposals()) << "\nand" << Show(driver.proposals());
      }
    }
  }
}

TEST_P(StrategyConformance, NoOutcomeDoesHarm) {
  for (const StudyConfig& config : Configs()) {
    for (const NamedEnding& named : Endings()) {
      for (const int batch : {1, 5}) {
        SCOPED_TRACE(absl::StrCat("space ", config.name, ", ", named.name, ", batches of ", batch));
        const auto strategy = Make(config);
        ASSERT_NE(strategy, nullptr);
        Driver driver(config, named.ending);
        driver.Run(strategy.get(), batch, GetParam().trials);
        ASSERT_FALSE(HasFailure());
        if (!GetParam().exhausts) {
          EXPECT_GE(driver.proposals().size(), GetParam().trials);
        }
      }
    }
  }
}

// Beliefs and earlier studies may be of use, or wrong, or of no meaning at all.
TEST_P(StrategyConformance, PriorsAndEarlierStudiesDoNoHarm) {
  for (StudyConfig config : Configs()) {
    SCOPED_TRACE(config.name);
    std::vector<Parameter> parameters = config.space.parameters();
    for (size_t i = 0; i < parameters.size(); i += 2) {
      Parameter& p = parameters[i];
      p.prior = Prior{p.ToValue(p.FromUnit(i % 4 == 0 ? 0 : 1)), i % 4 == 0 ? 0.01 : 1.0};
    }
    config.space = Space(std::move(parameters));
    for (const NamedEnding& named : Endings()) {
      EarlierStudy& earlier = config.warm_start.emplace_back();
      earlier.name = named.name;
      for (int i = 0; i < 30; ++i) {
        Trial trial;
        trial.id = i;
        trial.point.resize(config.space.size());
        RandomStream rng(config.seed, i, kTestStream + 2);
        Point unit(trial.point.size());
        for (double& u : unit) u = rng.Uniform();
        config.space.FromUnit(unit, absl::MakeSpan(trial.point));
        const Outcome outcome = named.ending(config, trial);
        trial.constraints = outcome.constraints;
        if (outcome.state != TrialState::kComplete) continue;  // an earlier study may be empty
        earlier.trials.push_back({trial.point, outcome.values, trial.feasible()});
      }
    }
    const auto strategy = Make(config);
    ASSERT_NE(strategy, nullptr);
    Driver driver(config, AllKinds);
    driver.Run(strategy.get(), 3, GetParam().trials);
    ASSERT_FALSE(HasFailure());
    // Resuming half way is still a replay.
    const auto before = Make(config);
    const auto after = Make(config);
    ASSERT_NE(before, nullptr);
    ASSERT_NE(after, nullptr);
    Driver resumed(config, AllKinds);
    resumed.Run(before.get(), 3, GetParam().trials / 2);
    resumed.Resume(after.get());
    resumed.Run(after.get(), 3, GetParam().trials);
    EXPECT_TRUE(SameProposals(driver.proposals(), resumed.proposals()))
        << Show(driver.proposals()) << "\nand" << Show(resumed.proposals());
  }
}

TEST_P(StrategyConformance, MaximizingIsMinimizingTheNegative) {
  for (StudyConfig config : Configs()) {
    SCOPED_TRACE(config.name);
    std::vector<Proposal> minimizing;
    for (const Goal goal : {Goal::kMinimize, Goal::kMaximize}) {
      config.objectives[0].goal = goal;
      const auto strategy = Make(config);
      ASSERT_NE(strategy, nullptr);
      Driver driver(config, AllKinds);
      driver.Run(strategy.get(), 3, GetParam().trials);
      if (goal == Goal::kMinimize) minimizing = driver.proposals();
      EXPECT_TRUE(SameProposals(minimizing, driver.proposals()))
          << Show(minimizing) << "\nand" << Show(driver.proposals());
    }
  }
}

TEST_P(StrategyConformance, SeveralObjectivesAsDeclared) {
  for (StudyConfig config : Configs()) {
    SCOPED_TRACE(config.name);
    config.objectives = {
        {"error", Goal::kMinimize}, {"accuracy", Goal::kMaximize}, {"seconds", Goal::kMinimize}};
    config.metrics = {"error", "accuracy", "seconds"};
    const auto strategy = TryMake(config);
    if (!GetParam().several_objectives) {
      ExpectInvalidArgument(strategy.status());
      EXPECT_TRUE(absl::StrContains(strategy.status().message(), "objective")) << strategy.status();
      continue;
    }
    ASSERT_TRUE(strategy.ok()) << strategy.status();
    for (const NamedEnding& named : Endings()) {
      SCOPED_TRACE(named.name);
      const auto fresh = Make(config);
      ASSERT_NE(fresh, nullptr);
      Driver driver(config, named.ending);
      driver.Run(fresh.get(), 3, GetParam().trials);
      ASSERT_FALSE(HasFailure());
    }
  }
}

TEST_P(StrategyConformance, CreateRefusesWhatIsNotDeclaredAndNothingElse) {
  for (const NamedSpace& named : StrategyTestSpaces()) {
    for (const int64_t trials : {int64_t{0}, int64_t{1}, int64_t{2}, int64_t{100000}}) {
      for (const int parallelism : {1, 100}) {
        SCOPED_TRACE(absl::StrCat("space ", named.name, ", ", trials, " trials planned"));
        StudyConfig config;
        config.space = named.space;
        config.metrics = {config.objectives[0].metric};
        config.trials = trials;
        config.max_steps = GetParam().max_steps;
        config.settable = config.space.Names();
        config.parallelism = parallelism;
        const auto strategy = TryMake(config);
        if (!Supports(named.space)) {
          ExpectInvalidArgument(strategy.status());
        } else if (trials == 0 && !GetParam().unplanned && !strategy.ok()) {
          // It may still manage some spaces.
          ExpectInvalidArgument(strategy.status());
        } else {
          ASSERT_TRUE(strategy.ok()) << strategy.status();
          Driver driver(config, Smooth);
          EXPECT_TRUE(driver.Ask(strategy->get(), 2));
        }
      }
    }
  }
}

TEST_P(StrategyConformance, TheLengthOfATrainingIsNeededAsDeclared) {
  for (StudyConfig config : Configs()) {
    SCOPED_TRACE(config.name);
    for (const int64_t max_steps : {0, 1, 2, 1000}) {
      config.max_steps = max_steps;
      const auto strategy = TryMake(config);
      if (GetParam().max_steps > 0 && max_steps < 2) {
        ExpectInvalidArgument(strategy.status());
        continue;
      }
      ASSERT_TRUE(strategy.ok()) << strategy.status();
      Driver driver(config, AllKinds);
      driver.Run(strategy->get(), 3, GetParam().trials / 2);
      ASSERT_FALSE(HasFailure()) << "a full training of " << max_steps << " steps";
    }
  }
}

TEST_P(StrategyConformance, TheEndIsTheEnd) {
  for (const StudyConfig& config : Configs()) {
    constexpr int kLimit = 100;
    if (!config.space.CountPoints(kLimit).has_value()) continue;
    for (const int batch : {1, 7}) {
      SCOPED_TRACE(absl::StrCat("space ", config.name, ", batches of ", batch));
      const auto strategy = Make(config);
      ASSERT_NE(strategy, nullptr);
      Driver driver(config, AllKinds);
      driver.Run(strategy.get(), batch, 2 * kLimit);
      ASSERT_FALSE(HasFailure());
      if (!GetParam().exhausts) {
        EXPECT_GE(driver.proposals().size(), 2 * kLimit) << "declared never to come to an end";
        continue;
      }
      EXPECT_LT(driver.proposals().size(), 2 * kLimit) << "declared to come to an end";
      for (size_t i = 0; i < driver.proposals().size() && !GetParam().repeats; ++i) {
        if (driver.proposals()[i].resume_from.has_value()) continue;
        for (size_t j = 0; j < i; ++j) {
          EXPECT_FALSE(SameBits(driver.proposals()[i].point, driver.proposals()[j].point))
              << "trials " << j << " and " << i << " are the same";
        }
      }
      EXPECT_FALSE(driver.Ask(strategy.get(), 1));
      driver.Finish(strategy.get(), 0);
      EXPECT_FALSE(driver.Ask(strategy.get(), 1));
      EXPECT_FALSE(driver.Ask(strategy.get(), 10));
    }
  }
}

TEST_P(StrategyConformance, ReportsAreAnswered) {
  for (const StudyConfig& config : Configs()) {
    SCOPED_TRACE(config.name);
    const auto strategy = Make(config);
    ASSERT_NE(strategy, nullptr);
    Driver driver(config, Smooth);
    while (static_cast<int>(driver.proposals().size()) < GetParam().trials &&
           driver.Ask(strategy.get(), 4)) {
      for (Trial* trial : driver.running()) {
        const int64_t step = trial->reports.empty() ? 1 : 10;
        const double value = Smooth(config, *trial).values[0] / static_cast<double>(step);
        trial->reports.Add(step, {value});
        const Decision decision = strategy->OnReport({trial->id, trial->point, trial->reports});
        if (!GetParam().stops_trials) {
          EXPECT_EQ(decision, Decision::kContinue);
        }
      }
      driver.Finish(strategy.get(), 2);
    }
  }
}

// The study checks what passes; here come also trials that the strategy did not propose.
TEST_P(StrategyConformance, WorksWithinAStudyWithEnqueuedAndImportedTrials) {
  for (const StudyConfig& config : Configs()) {
    SCOPED_TRACE(config.name);
    int notes = 0;
    StudyHooks hooks;
    hooks.on_note = [&notes](absl::string_view line) {
      ++notes;
      EXPECT_FALSE(line.empty());
      EXPECT_NE(line.back(), '\n');
    };
    auto made = Study::Create(config, {GetParam().plugin->name, GetParam().options}, plugins_,
                              std::move(hooks));
    ASSERT_TRUE(made.ok()) << made.status();
    Study& study = **made;
    const Point usual = config.space.Default();
    const auto import = [&](const Ending& ending) {
      Trial trial;
      trial.point = usual;
      trial.id = study.counts().total();
      Outcome outcome = ending(config, trial);
      trial.state = outcome.state;
      trial.values = std::move(outcome.values);
      trial.constraints = std::move(outcome.constraints);
      const auto id = study.Import(std::move(trial));
      EXPECT_TRUE(id.ok()) << id.status();
    };
    import(Smooth);
    import(Fails);
    std::vector<Suggestion> running;
    for (int round = 0; round < GetParam().trials / 3; ++round) {
      if (round % 4 == 1) {
        EXPECT_TRUE(study.Enqueue(usual).ok());
      }
      if (round % 5 == 2) import(Infeasible);
      const auto suggestions = study.Ask(3);
      ASSERT_TRUE(suggestions.ok()) << suggestions.status();
      running.insert(running.end(), suggestions->begin(), suggestions->end());
      while (running.size() > 2) {
        const Suggestion suggestion = running.front();
        running.erase(running.begin());
        Trial trial;
        trial.id = suggestion.id;
        trial.point = suggestion.point;
        const absl::Status told = study.Tell(suggestion.id, AllKinds(config, trial));
        ASSERT_TRUE(told.ok()) << told;
      }
    }
    EXPECT_GT(study.counts().complete, 0);
  }
}

TEST_P(StrategyConformance, NotesAreLines) {
  for (const StudyConfig& config : Configs()) {
    SCOPED_TRACE(config.name);
    const auto strategy = Make(config);
    ASSERT_NE(strategy, nullptr);
    Driver driver(config, Smooth);
    driver.Run(strategy.get(), 3, GetParam().trials);
    for (const std::string& note : notes_) {
      EXPECT_FALSE(note.empty());
      EXPECT_EQ(note.find('\n'), std::string::npos) << note;
    }
  }
}

TEST_P(StrategyConformance, UnknownOptionsAreErrorsThatNameTheNearest) {
  const StudyConfig config = Configs().front();
  const std::vector<OptionInfo>& known = GetParam().plugin->options();
  const std::string wrong = known.empty() ? "no_such_option" : absl::StrCat(known[0].name, "z");
  Value options = GetParam().options;
  options.Set(wrong, 1);
  const auto strategy = TryMake(config, options);
  ASSERT_EQ(strategy.status().code(), absl::StatusCode::kInvalidArgument) << strategy.status();
  EXPECT_TRUE(absl::StrContains(strategy.status().message(), wrong)) << strategy.status();
  if (!known.empty()) {
    EXPECT_TRUE(
        absl::StrContains(strategy.status().message(), absl::StrCat("\"", known[0].name, "\"")))
        << strategy.status();
  }
}

}  // namespace sturgeon
