#include "strategies/auto/rules.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"

namespace sturgeon {
namespace {

constexpr int64_t kThroughout = std::numeric_limits<int64_t>::max();
constexpr double kNotWorthAChange = 1.2;  // times G

std::string Count(int64_t n, const char* what) {
  return absl::StrCat(n, " ", what, n == 1 ? "" : "s");
}

}  // namespace

AutoRules::AutoRules(const AutoOptions& options, const StudyConfig& study)
    : options_(options), study_(study) {
  const SearchSpace& space = study.space;
  for (int i = 0; i < space.size(); ++i) {
    if (space[i].Levels() == 1) continue;
    ++dimensions_;
    categorical_ |= space[i].is_categorical();
    conditional_ |= space.parent(i) >= 0;
  }
  if (!study.allow_duplicates) points_ = space.CountPoints(study.trials);

  const double share =
      std::min(1.0, static_cast<double>(options.gp_dimensions) / std::max(dimensions_, 1));
  gp_trials_ = std::llround(share * options.gp_trials);
  const double planned = static_cast<double>(study.trials);
  if (study.parallelism >= gp_trials_) {
    gp_trials_ = 0;
  } else if (planned > 0 && planned <= kNotWorthAChange * static_cast<double>(gp_trials_)) {
    gp_trials_ = kThroughout;
  }
}

AutoChoice AutoRules::Choose(const AutoProgress& progress) const {
  if (points_.has_value()) {
    return {{"grid", "random"},
            absl::StrCat("the space has ", Count(*points_, "point"), ", no more than the ",
                         study_.trials, " trials planned")};
  }
  // Where half of the trials or more failed, gp must come to its end too.
  const int64_t results = std::max(progress.measured, progress.asked / 2);
  return results < gp_trials_ ? Early() : Later(progress);
}

AutoChoice AutoRules::Early() const {
  AutoChoice choice = {{"gp", "tpe", "coarse_to_fine", "random"}, ""};
  if (study_.objectives.size() > 1) choice.names = {"gp", "tpe", "nsga2", "random"};
  choice.why = gp_trials_ == kThroughout
                   ? absl::StrCat("it makes the most of ", Count(study_.trials, "trial"))
                   : absl::StrCat("it makes the most of the first ", Count(gp_trials_, "result"));
  return choice;
}

AutoChoice AutoRules::Later(const AutoProgress& progress) const {
  const auto objectives = static_cast<int64_t>(study_.objectives.size());
  if (objectives > 1) {
    return {{"nsga2", "tpe", "random"}, absl::StrCat(objectives, " objectives and many trials")};
  }
  const bool constrained = progress.constrained || !study_.constraints.empty();
  if (!categorical_ && !conditional_ && !constrained && study_.trials > options_.cma_es_trials) {
    return {{"cma_es", "tpe", "differential_evolution", "random"},
            absl::StrCat(Count(dimensions_, "parameter"), ", all numeric, and ", study_.trials,
                         " trials planned")};
  }
  const char* const what = conditional_   ? "conditional parameters and many trials"
                           : categorical_ ? "categorical parameters and many trials"
                           : constrained  ? "constraints and many trials"
                                          : "many trials";
  return {{"tpe", "coarse_to_fine", "random"}, what};
}

}  // namespace sturgeon
