#include "strategies/rung_play.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "samplers/sobol/sobol.h"
#include "samplers/uniform/uniform.h"
#include "strategies/grid/grid.h"
#include "strategies/random/random.h"
#include "strategies/tpe/tpe.h"

namespace sturgeon {

Plugins SearchersForTests() {
  Plugins plugins;
  EXPECT_TRUE(plugins.samplers.Add(kSobolSampler).ok());
  EXPECT_TRUE(plugins.samplers.Add(kUniformSampler).ok());
  EXPECT_TRUE(plugins.strategies.Add(kGridStrategy).ok());
  EXPECT_TRUE(plugins.strategies.Add(kRandomStrategy).ok());
  EXPECT_TRUE(plugins.strategies.Add(kTpeStrategy).ok());
  return plugins;
}

RungPlay::RungPlay(const StrategyPlugin& plugin, Value::Object options,
                   std::vector<Parameter> parameters)
    : plugin_(plugin), options_(std::move(options)) {
  study_.space = *SearchSpace::Create(std::move(parameters));
  study_.max_steps = kEpochs;
  study_.unit = "epoch";
  strategy_ = Make();
}

std::unique_ptr<Strategy> RungPlay::Make() {
  auto made = plugin_.create(
      options_, plugin_.name,
      {study_, plugins_, [this](absl::string_view line) { notes_.emplace_back(line); }});
  EXPECT_TRUE(made.ok()) << made.status();
  return *std::move(made);
}

Trial& RungPlay::Start() {
  Trial& trial = trials_.emplace_back();
  trial.id = static_cast<int64_t>(trials_.size()) - 1;
  running_[trial.id] = &trial;
  return trial;
}

std::string RungPlay::Ask(int count) {
  std::vector<PendingTrial> pending;
  for (const auto& [id, trial] : running_) {
    pending.push_back({id, trial->point, trial->budget, trial->resume_from});
  }
  auto proposals = strategy_->Ask({static_cast<int64_t>(trials_.size()), count, pending});
  EXPECT_TRUE(proposals.ok()) << proposals.status();
  if (!proposals.ok()) return "";
  std::vector<std::string> words;
  for (const Proposal& proposal : *proposals) {
    Trial& trial = Start();
    trial.point = proposal.point;
    trial.budget = proposal.budget;
    trial.resume_from = proposal.resume_from;
    std::string from = "new";
    if (proposal.resume_from.has_value()) {
      from = absl::StrCat(*proposal.resume_from);
      EXPECT_EQ(trial.point, trials_[*proposal.resume_from].point);
    }
    const std::string to = proposal.budget.has_value() ? absl::StrCat(*proposal.budget) : "end";
    words.push_back(absl::StrCat(from, "@", to));
  }
  return absl::StrJoin(words, " ");
}

void RungPlay::Tell(int64_t id, std::optional<double> value, int64_t last_step) {
  ASSERT_EQ(running_.count(id), 1) << "trial " << id << " does not run";
  Trial& trial = *running_[id];
  running_.erase(id);
  if (value.has_value()) {
    trial.state = trial.budget.has_value() ? TrialState::kStopped : TrialState::kComplete;
    trial.values = {*value};
    trial.reports.Add(last_step > 0 ? last_step : trial.budget.value_or(kEpochs), {*value});
  } else {
    trial.state = TrialState::kFailed;
    trial.failure = FailureKind::kExitCode;
  }
  const Trial* const told[] = {&trial};
  EXPECT_TRUE(strategy_->Tell(told).ok());
}

int64_t RungPlay::Repeat(int64_t id) {
  Trial& copy = Start();
  copy.point = trials_[id].point;
  copy.budget = trials_[id].budget;
  copy.resume_from = trials_[id].resume_from;
  return copy.id;
}

void RungPlay::Enqueue(Point point) { Start().point = std::move(point); }

void RungPlay::Resume() {
  strategy_ = Make();
  std::vector<const Trial*> told;
  for (const Trial& trial : trials_) {
    if (trial.finished()) told.push_back(&trial);
  }
  EXPECT_TRUE(strategy_->Tell(told).ok());
}

}  // namespace sturgeon
