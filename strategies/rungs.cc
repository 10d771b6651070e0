#include "strategies/rungs.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sturgeon {
namespace {

constexpr int kMostPromotions = 3;  // by default

// How often a configuration may have to be promoted, if the planned trials are to train one to the
// end.
int PromotionsWithin(int64_t trials, int eta) {
  if (trials == 0) return kMostPromotions;
  int promotions = 0;
  int64_t level = 1, needed = 1;
  while (promotions < kMostPromotions && needed + level * eta <= trials) {
    level *= eta;
    needed += level;
    ++promotions;
  }
  return std::max(promotions, 1);
}

bool Failed(const Trial& trial) { return trial.values.empty(); }

// Whether the trial was trained as far as it was to be.
bool ReachedItsBudget(const Trial& trial, int64_t steps) {
  if (trial.state == TrialState::kComplete || trial.reports.empty()) return true;
  return trial.reports.step(trial.reports.size() - 1) >= steps;
}

}  // namespace

absl::StatusOr<Rungs> Rungs::Create(int eta, int64_t min_steps, const StudyConfig& study) {
  const int64_t most = study.max_steps;
  if (most < 2) {
    return absl::InvalidArgumentError(absl::StrCat(
        "trains many configurations a little and the better ones on, and ",
        most == 1 ? "a full training has one step" : "how long a full training is is not known",
        "; use a model that trains step by step (max_steps of at least 2), or another strategy"));
  }
  if (min_steps >= most) {
    return absl::InvalidArgumentError(absl::StrCat("min_steps: ", min_steps,
                                                   " is not below a full training of ", most,
                                                   "; 0 chooses it by eta"));
  }
  const auto top = static_cast<double>(most);
  const double bottom =
      min_steps > 0
          ? static_cast<double>(min_steps)
          : std::max(1.0, std::round(top / std::pow(eta, PromotionsWithin(study.trials, eta))));
  const auto promotions =
      std::max(1, static_cast<int>(std::lround(std::log(top / bottom) / std::log(eta))));
  std::vector<int64_t> steps;
  for (int k = 0; k < promotions; ++k) {
    const auto at =
        std::llround(bottom * std::pow(top / bottom, static_cast<double>(k) / promotions));
    if (at < most && (steps.empty() || at > steps.back())) steps.push_back(at);
  }
  steps.push_back(most);
  return Rungs(eta, std::move(steps));
}

int Rungs::RungOf(std::optional<int64_t> budget) const {
  if (!budget.has_value()) return top();
  return static_cast<int>(std::upper_bound(steps_.begin(), steps_.end(), *budget) -
                          steps_.begin()) -
         1;
}

std::string Rungs::Describe(const StudyConfig& study) const {
  return absl::StrCat(absl::StrJoin(steps_, ", "), " ", study.unit, "s");
}

absl::Status CheckOneObjective(const StudyConfig& study) {
  if (study.objectives.size() == 1) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "promotes the best trials by one objective, and the study has ", study.objectives.size(),
      " objectives; leave one, make constraints of the others, or use nsga2"));
}

RungHistory::Change RungHistory::Add(const Trial& trial) {
  Configuration* configuration = nullptr;
  if (trial.resume_from.has_value()) {
    const auto before = of_trial_.find(*trial.resume_from);
    if (before != of_trial_.end()) configuration = before->second;
  }
  if (configuration == nullptr) {
    configuration = &configurations_.emplace_back();
    configuration->first = &trial;
    configuration->results.resize(rungs_.size());
  }
  of_trial_[trial.id] = configuration;
  const int rung = rungs_.RungOf(trial.budget);
  if (rung < 0) return {configuration, rung, nullptr};

  const Trial*& result = configuration->results[rung];
  const Trial* const before = result;
  if (before == nullptr ||
      std::make_pair(Failed(trial), trial.id) < std::make_pair(Failed(*before), before->id)) {
    result = &trial;
  }
  if (rung > configuration->highest) {
    if (configuration->highest >= 0) by_highest_[configuration->highest].erase(configuration);
    configuration->highest = rung;
    by_highest_[rung].insert(configuration);
  }
  return {configuration, rung, before};
}

const Configuration* RungHistory::Find(int64_t trial) const {
  const auto found = of_trial_.find(trial);
  return found == of_trial_.end() ? nullptr : found->second;
}

Standing RungHistory::StandingOf(const Configuration& configuration, int rung) const {
  return StandingOf(configuration, rung, *configuration.results[rung]);
}

Standing RungHistory::StandingOf(const Configuration& configuration, int rung,
                                 const Trial& result) const {
  Standing standing;
  standing.id = configuration.id();
  standing.out = Failed(result) || !ReachedItsBudget(result, rungs_.steps(rung));
  if (Failed(result)) return standing;
  standing.loss = study_.objectives[0].Loss(result.values[0]);
  for (const double c : result.constraints) standing.violation += std::max(c, 0.0);
  return standing;
}

}  // namespace sturgeon
