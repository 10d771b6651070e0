#include "stopping/conformance.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "core/random.h"
#include "core/space.h"
#include "core/strategy.h"
#include "core/trial.h"

namespace sturgeon {
namespace {

constexpr uint32_t kTestStream = 1000;  // far from those that plugins number
constexpr int64_t kSteps = 20;
constexpr int kTrials = 30;

StudyConfig Config() {
  StudyConfig config;
  // Valid by construction.
  config.space = *SearchSpace::Create({Parameter::Float("x", 0, 1)});
  config.objectives = {{"value", Goal::kMinimize}};
  config.metrics = {"value", "other"};
  config.metric_goals = {Goal::kMinimize, Goal::kMinimize};
  config.seed = 5;
  return config;
}

// A trial that has ended after `steps` reports of value(step), and of 7 for the other metric.
template <typename Function>
Trial Ended(int64_t id, int64_t steps, const Function& value) {
  Trial trial;
  trial.id = id;
  trial.state = TrialState::kComplete;
  trial.point = {0.5};
  for (int64_t step = 1; step <= steps; ++step) trial.reports.Add(step, {value(step), 7.0});
  trial.values = {steps > 0 ? value(steps) : 0.5};
  return trial;
}

// A noisy learning curve; trial after trial another one.
double Noisy(int64_t id, int64_t step) {
  RandomStream rng(1, id, kTestStream);
  const double end = rng.Uniform(), speed = 0.1 + rng.Uniform();
  RandomStream noise(2, id * 1000 + step, kTestStream);
  return end + (1 - end) * std::exp(-speed * static_cast<double>(step)) + 0.02 * noise.Normal();
}

double Leading(int64_t step) { return 0.9 * std::exp(-1.5 * static_cast<double>(step)); }

std::vector<Trial> NoisyTrials() {
  std::vector<Trial> trials;
  for (int64_t id = 0; id < kTrials; ++id) {
    Trial trial = Ended(id, kSteps, [id](int64_t step) { return Noisy(id, step); });
    switch (id % 7) {
      case 3:
        trial = Ended(id, 4, [id](int64_t step) { return Noisy(id, step); });
        trial.state = TrialState::kStopped;
        trial.reason = "as the test wants it";
        break;
      case 5:
        trial.state = TrialState::kFailed;
        trial.failure = FailureKind::kException;
        trial.values.clear();
        break;
      case 6:
        trial.constraints = {0.5};
        break;
      default:
        break;
    }
    trials.push_back(std::move(trial));
  }
  return trials;
}

std::vector<const Trial*> Pointers(const std::vector<Trial>& trials) {
  std::vector<const Trial*> pointers;
  for (const Trial& trial : trials) pointers.push_back(&trial);
  return pointers;
}

void TellAll(StoppingRule* rule, const std::vector<Trial>& trials) {
  const absl::Status status = rule->Tell(Pointers(trials));
  EXPECT_TRUE(status.ok()) << status;
}

// What a rule says to each step of a trial that runs on whatever it says.
std::vector<std::optional<std::string>> Answers(const StoppingRule& rule, const Trial& trial) {
  std::vector<std::optional<std::string>> answers;
  ReportLog reports;
  for (size_t i = 0; i < trial.reports.size(); ++i) {
    reports.Add(trial.reports.step(i), trial.reports.values(i));
    answers.push_back(rule.ShouldStop({trial.id, trial.point, reports}));
    if (answers.back().has_value()) {
      EXPECT_GT(answers.back()->size(), 10) << *answers.back();
    }
  }
  return answers;
}

bool Any(const std::vector<std::optional<std::string>>& answers) {
  return std::any_of(answers.begin(), answers.end(),
                     [](const auto& answer) { return answer.has_value(); });
}

std::vector<bool> Stops(const std::vector<std::optional<std::string>>& answers) {
  std::vector<bool> stops;
  for (const auto& answer : answers) stops.push_back(answer.has_value());
  return stops;
}

// Trials still to be judged.
std::vector<Trial> Candidates() {
  std::vector<Trial> trials;
  for (int64_t id = 100; id < 120; ++id) {
    trials.push_back(Ended(id, kSteps, [id](int64_t step) { return Noisy(id, step); }));
  }
  trials.push_back(Ended(120, kSteps, Leading));
  trials.push_back(Ended(121, kSteps, [](int64_t) { return 50.0; }));
  return trials;
}

// The same trials, with every value changed.
template <typename Change>
std::vector<Trial> Changed(std::vector<Trial> trials, const Change& change) {
  for (Trial& trial : trials) {
    ReportLog reports;
    for (size_t i = 0; i < trial.reports.size(); ++i) {
      std::vector<double> row(trial.reports.values(i).begin(), trial.reports.values(i).end());
      change(&row);
      reports.Add(trial.reports.step(i), row);
    }
    trial.reports = std::move(reports);
  }
  return trials;
}

void ExpectInvalidArgument(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_GT(status.message().size(), 30) << "does not say what would be right: " << status;
}

}  // namespace

std::string StoppingRuleCaseName(const testing::TestParamInfo<StoppingRuleCase>& info) {
  return info.param.name;
}

void PrintTo(const StoppingRuleCase& rule_case, std::ostream* os) { *os << rule_case.name; }

absl::StatusOr<std::unique_ptr<StoppingRule>> StoppingRuleConformance::TryMake(
    const StudyConfig& config, const Value& options) const {
  Value all = GetParam().options;
  for (const Value::Field& field : options.object()) all.Set(field.name, field.value);
  return GetParam().plugin->create(all, GetParam().plugin->name, {config});
}

std::unique_ptr<StoppingRule> StoppingRuleConformance::Make(const StudyConfig& config,
                                                            const Value& options) const {
  auto rule = TryMake(config, options);
  EXPECT_TRUE(rule.ok()) << rule.status();
  return rule.ok() ? *std::move(rule) : nullptr;
}

TEST_P(StoppingRuleConformance, ALeaderGoesOnAndAHopelessTrialIsStopped) {
  const StudyConfig config = Config();
  const auto rule = Make(config);
  ASSERT_NE(rule, nullptr);
  const std::vector<Trial> trials = NoisyTrials();
  TellAll(rule.get(), trials);
  const auto leader = Answers(*rule, Ended(100, kSteps, Leading));
  EXPECT_FALSE(Any(leader)) << **std::find_if(leader.begin(), leader.end(),
                                              [](const auto& a) { return a.has_value(); });
  EXPECT_TRUE(Any(Answers(*rule, Ended(101, kSteps, [](int64_t) { return 50.0; }))));
}

TEST_P(StoppingRuleConformance, AnswersAreAFunctionOfTheSetOfTrials) {
  const StudyConfig config = Config();
  const std::vector<Trial> trials = NoisyTrials();
  const auto at_once = Make(config), one_by_one = Make(config);
  ASSERT_TRUE(at_once != nullptr && one_by_one != nullptr);
  TellAll(at_once.get(), trials);
  std::vector<const Trial*> left = Pointers(trials);
  const std::vector<Trial> candidates = Candidates();
  for (uint64_t i = 0; !left.empty(); ++i) {
    const auto chosen =
        left.begin() + static_cast<int64_t>(RandomStream(3, i, kTestStream).Below(left.size()));
    const Trial* const told[] = {*chosen};
    left.erase(chosen);
    ASSERT_TRUE(one_by_one->Tell(told).ok());
    // Being asked in between changes nothing.
    Answers(*one_by_one, candidates[i % candidates.size()]);
  }
  for (const Trial& trial : candidates) {
    const auto answers = Answers(*at_once, trial);
    EXPECT_EQ(answers, Answers(*one_by_one, trial)) << "trial " << trial.id;
    EXPECT_EQ(answers, Answers(*at_once, trial)) << "asked again, trial " << trial.id;
  }
}

TEST_P(StoppingRuleConformance, MinimizingAndMaximizingTheOppositeAreTheSame) {
  if (!GetParam().uses_goal) GTEST_SKIP() << "the goal does not matter to it";
  const auto negate = [](std::vector<double>* row) {
    for (double& value : *row) value = -value;
  };
  const StudyConfig config = Config();
  StudyConfig mirrored = config;
  mirrored.objectives[0].goal = Goal::kMaximize;
  mirrored.metric_goals = {Goal::kMaximize, Goal::kMaximize};
  const auto rule = Make(config), mirror = Make(mirrored);
  ASSERT_TRUE(rule != nullptr && mirror != nullptr);
  const std::vector<Trial> trials = NoisyTrials();
  std::vector<Trial> negated = Changed(trials, negate);
  for (Trial& trial : negated) {
    for (double& value : trial.values) value = -value;
  }
  TellAll(rule.get(), trials);
  TellAll(mirror.get(), negated);
  const std::vector<Trial> candidates = Candidates();
  const std::vector<Trial> negated_candidates = Changed(candidates, negate);
  for (size_t i = 0; i < candidates.size(); ++i) {
    EXPECT_EQ(Stops(Answers(*rule, candidates[i])), Stops(Answers(*mirror, negated_candidates[i])))
        << "trial " << candidates[i].id;
  }
}

TEST_P(StoppingRuleConformance, WatchesTheMetricThatItIsTold) {
  const StudyConfig config = Config();
  const auto first = Make(config), other = Make(config, Value::Object{{"metric", "other"}});
  ASSERT_TRUE(first != nullptr && other != nullptr);
  const auto swap = [](std::vector<double>* row) { std::swap((*row)[0], (*row)[1]); };
  const std::vector<Trial> trials = NoisyTrials(), swapped = Changed(trials, swap);
  TellAll(first.get(), trials);
  TellAll(other.get(), swapped);
  const std::vector<Trial> candidates = Candidates();
  const std::vector<Trial> swapped_candidates = Changed(candidates, swap);
  for (size_t i = 0; i < candidates.size(); ++i) {
    EXPECT_EQ(Stops(Answers(*first, candidates[i])), Stops(Answers(*other, swapped_candidates[i])))
        << "trial " << candidates[i].id;
  }
}

TEST_P(StoppingRuleConformance, LooksAfterTheWarmupAndAtIntervals) {
  const StudyConfig config = Config();
  const std::vector<Trial> trials = NoisyTrials();
  const auto rule = Make(config, Value::Object{{"warmup_steps", 6}, {"interval", 4}});
  ASSERT_NE(rule, nullptr);
  TellAll(rule.get(), trials);
  bool any = false;
  for (const Trial& trial : Candidates()) {
    const std::vector<bool> stops = Stops(Answers(*rule, trial));
    for (size_t i = 0; i < stops.size(); ++i) {
      const int64_t step = trial.reports.step(i);
      any = any || stops[i];
      if (step != 10 && step != 14 && step != 18) {
        EXPECT_FALSE(stops[i]) << "trial " << trial.id << " at step " << step;
      }
    }
  }
  EXPECT_TRUE(any);
}

TEST_P(StoppingRuleConformance, NothingToldIsNoReasonToStopALeader) {
  const StudyConfig config = Config();
  const auto rule = Make(config);
  ASSERT_NE(rule, nullptr);
  EXPECT_FALSE(Any(Answers(*rule, Ended(0, kSteps, Leading))));
}

TEST_P(StoppingRuleConformance, OddValuesDoNoHarm) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kHuge = std::numeric_limits<double>::max();
  const StudyConfig config = Config();
  const auto rule = Make(config);
  ASSERT_NE(rule, nullptr);
  const double odd[] = {kHuge, -kHuge, 0, kNan, 1e-320, HUGE_VAL, 1, -HUGE_VAL};
  std::vector<Trial> trials;
  for (int64_t id = 0; id < 40; ++id) {
    switch (id % 4) {
      case 0:
        trials.push_back(Ended(id, id % 11, [&](int64_t step) { return odd[(id + step) % 8]; }));
        break;
      case 1:
        trials.push_back(Ended(id, kSteps, [](int64_t) { return 0.25; }));
        break;
      case 2:
        trials.push_back(Ended(id, 0, [](int64_t) { return 0.0; }));
        break;
      default:
        trials.push_back(Ended(id, kSteps, [&](int64_t step) { return odd[(step * id) % 3]; }));
        break;
    }
    // The study takes no complete trial whose values are not finite.
    if (!std::isfinite(trials.back().values[0])) trials.back().values[0] = 0;
  }
  TellAll(rule.get(), trials);
  for (int64_t id = 100; id < 120; ++id) {
    // The last report is finite, as the study promises; those before it need not be.
    Trial trial = Ended(id, 0, [](int64_t) { return 0.0; });
    for (int64_t step = 1; step <= kSteps; ++step) {
      trial.reports.Add(step * (1 + id % 3), {odd[(id * step) % 8], 7.0});
      ReportLog reports = trial.reports;
      reports.Add(step * (1 + id % 3) + 1, {odd[(id + step) % 3], 7.0});
      rule->ShouldStop({id, trial.point, reports});
    }
  }
  EXPECT_FALSE(Any(Answers(*rule, Ended(200, 0, [](int64_t) { return 0.0; }))));
}

TEST_P(StoppingRuleConformance, StepsMayBeFarApart) {
  const StudyConfig config = Config();
  const auto rule = Make(config);
  ASSERT_NE(rule, nullptr);
  const auto apart = [](int64_t id, double end) {
    Trial trial = Ended(id, 0, [](int64_t) { return 0.0; });
    for (int64_t k = 1; k <= kSteps; ++k) {
      trial.reports.Add(k << 40, {end + std::exp(-static_cast<double>(k)), 7.0});
    }
    trial.values = {trial.reports.values(kSteps - 1)[0]};
    return trial;
  };
  std::vector<Trial> trials;
  for (int64_t id = 0; id < kTrials; ++id)
    trials.push_back(apart(id, 0.01 * static_cast<double>(id)));
  TellAll(rule.get(), trials);
  EXPECT_FALSE(Any(Answers(*rule, apart(100, -0.01))));
}

TEST_P(StoppingRuleConformance, SeveralObjectivesWorkOrAreRefused) {
  StudyConfig config = Config();
  config.objectives.push_back({"other", Goal::kMinimize});
  const auto rule = TryMake(config, Value::Object());
  if (!GetParam().several_objectives) return ExpectInvalidArgument(rule.status());
  ASSERT_TRUE(rule.ok()) << rule.status();
  std::vector<Trial> trials = NoisyTrials();
  for (Trial& trial : trials) {
    if (!trial.values.empty()) trial.values.push_back(7);
  }
  TellAll(rule->get(), trials);
  EXPECT_FALSE(Any(Answers(**rule, Ended(100, kSteps, Leading))));
}

TEST_P(StoppingRuleConformance, WhatIsUnknownIsRefused) {
  const StudyConfig config = Config();
  ExpectInvalidArgument(TryMake(config, Value::Object{{"no_such_option", 1}}).status());
  const absl::Status metric = TryMake(config, Value::Object{{"metric", "othr"}}).status();
  ExpectInvalidArgument(metric);
  EXPECT_TRUE(absl::StrContains(metric.message(), "other")) << metric;
  ExpectInvalidArgument(TryMake(config, Value::Object{{"warmup_steps", -1}}).status());
  ExpectInvalidArgument(TryMake(config, Value::Object{{"interval", 0}}).status());
  if (!GetParam().uses_goal) return;
  StudyConfig bare = config;
  bare.metric_goals.clear();
  ExpectInvalidArgument(TryMake(bare, Value::Object{{"metric", "other"}}).status());
  EXPECT_TRUE(
      TryMake(bare, Value::Object{{"metric", "other"}, {"goal", "minimize"}}).status().ok());
  ExpectInvalidArgument(TryMake(bare, Value::Object{{"goal", "maximize"}}).status());
}

}  // namespace sturgeon
