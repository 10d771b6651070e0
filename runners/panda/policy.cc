#include "runners/panda/policy.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sturgeon {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int64_t kFewestDays = 8;    // for a search
constexpr double kSearchShare = 0.3;  // of the budget, at most
constexpr double kNudgeShare = 0.2;   // likewise
constexpr double kCoolFrom = 0.4;     // of the budget
constexpr int kDaysBetweenNudges = 2;
constexpr int kPatience = 3;  // days without progress make a plateau
constexpr double kMoves[] = {0.1, -0.1, 0.25, -0.25};
constexpr double kExploration = 0.5;  // of UCB1
constexpr int kMostBroken = 3;

double Median(std::vector<double> values) {
  const auto middle = values.begin() + values.size() / 2;
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

Policy::Policy(PolicyConfig config, Point start)
    : config_(std::move(config)), start_(std::move(start)) {
  for (const double move : kMoves) {
    for (const int parameter : config_.nudged) arms_.push_back({parameter, move});
  }
  Begin();
}

std::vector<std::string> Policy::TakeLines() { return std::exchange(lines_, {}); }

std::string Policy::Shown(double loss) const {
  return std::isfinite(loss) ? FourDigits(config_.sign * loss) : "not finite";
}

std::string Policy::Change(const Point& before, const Point& after) const {
  std::string text;
  for (int i = 0; i < config_.space->size(); ++i) {
    if (before[i] == after[i] || std::isnan(after[i])) continue;
    absl::StrAppend(&text, text.empty() ? "" : ", ", (*config_.space)[i].name, " ",
                    FourDigits(before[i]), " → ", FourDigits(after[i]));
  }
  return text.empty() ? "nothing changed" : text;
}

Point Policy::WithRate(Point point, double rate) const {
  const Parameter& parameter = (*config_.space)[*config_.rate];
  const double clamped = std::clamp(rate, parameter.low, parameter.high);
  // Through the unit interval where there are steps; a value of a continuum stays as it is.
  point[*config_.rate] =
      parameter.Levels() == 0
          ? clamped
          : parameter.FromUnit(parameter.ToUnit(parameter.Level(parameter.LevelOf(clamped))));
  return point;
}

bool Policy::Searches() const {
  return config_.rate.has_value() && start_[*config_.rate] > 0 &&
         config_.steps / config_.day >= kFewestDays && config_.day < config_.max_steps;
}

int64_t Policy::Remaining() const {
  const int64_t behind = tip_.has_value() ? Tip().last_step : 0;
  return std::min(config_.steps - spent_, config_.max_steps - behind);
}

void Policy::Begin() {
  if (Searches()) {
    age_ = Age::kSearch;
    TrainTry(0);
    plan_.why = absl::StrCat("first day, ", DescribeChange(*config_.space, {}, start_));
  } else {
    next_point_ = start_;
    PlanDay();
  }
}

// --- The chain of days that has made the model.

std::vector<const Day*> Policy::Chain() const {
  std::vector<const Day*> chain;
  std::optional<int64_t> trial = tip_;
  while (trial.has_value()) {
    const auto day = days_.find(*trial);
    if (day == days_.end()) break;
    chain.push_back(&day->second);
    trial = day->second.from;
  }
  std::reverse(chain.begin(), chain.end());
  return chain;
}

const Day* Policy::Best() const {
  const Day* best = nullptr;
  for (const Day* day : Chain()) {
    if (day->ended_well() && (best == nullptr || day->loss < best->loss)) best = day;
  }
  return best;
}

double Policy::Noise() const {
  std::vector<double> losses;
  for (const Day* day : Chain()) {
    for (const double loss : day->losses) {
      if (std::isfinite(loss)) losses.push_back(loss);
    }
  }
  const size_t skipped = losses.size() > 12 ? losses.size() - 12 : 0;
  losses.erase(losses.begin(), losses.begin() + skipped);
  if (losses.size() < 5) return losses.empty() ? 0 : 0.005 * std::abs(losses.back());
  std::vector<double> differences;
  for (size_t i = 2; i < losses.size(); ++i) {
    differences.push_back(std::abs(losses[i] - 2 * losses[i - 1] + losses[i - 2]));
  }
  return Median(std::move(differences)) / (0.6745 * std::sqrt(6.0));
}

double Policy::Margin() const {
  const Day* const best = Best();
  return std::max(Noise(), best == nullptr ? 0 : 0.001 * std::abs(best->loss));
}

bool Policy::BlownUp(const Day& day) const {
  if (!day.ended_well()) return true;
  const std::vector<const Day*> chain = Chain();
  const Day* const best = Best();
  if (best == nullptr) return false;
  const double gained =
      chain.front()->losses.empty() ? 0 : chain.front()->losses.front() - best->loss;
  const double allowed =
      std::max({std::isfinite(gained) ? gained / 2 : 0, 6 * Noise(), 6 * Margin()});
  return day.loss > best->loss + allowed;
}

bool Policy::OnPlateau(double* before, double* after) const {
  const std::vector<const Day*> chain = Chain();
  if (chain.size() <= kPatience) return false;
  *before = *after = kInfinity;
  for (size_t i = 0; i < chain.size(); ++i) {
    double* const least = i + kPatience < chain.size() ? before : after;
    *least = std::min(*least, chain[i]->loss);
  }
  return *after > *before - Margin();
}

// --- The search for a learning rate.

void Policy::TrainTry(double decades) {
  trying_ = decades;
  plan_ = Plan();
  plan_.kind = Plan::kTrain;
  plan_.point = decades == 0 ? start_ : WithRate(start_, Rate(start_) * std::pow(10, decades));
  plan_.last_step = config_.day;
  plan_.why = absl::StrCat("learning rate search, ", Change(start_, plan_.point));
}

void Policy::GoOnSearching() {
  std::vector<const Try*> sorted;
  for (const Try& one : tries_) sorted.push_back(&one);
  std::sort(sorted.begin(), sorted.end(),
            [](const Try* a, const Try* b) { return a->decades < b->decades; });
  const auto least = std::min_element(tries_.begin(), tries_.end(),
                                      [](const Try& a, const Try& b) { return a.loss < b.loss; });
  const Try& best = *least;  // the earliest of equals
  const Try& lowest = *sorted.front();
  const Try& highest = *sorted.back();

  const auto fresh = [&](double decades) {
    const double rate = Rate(WithRate(start_, Rate(start_) * std::pow(10, decades)));
    for (const Try& one : tries_) {
      const double other = Rate(days_.at(one.trial).point);
      if (std::abs(std::log(rate / other)) < std::log(1.5)) return false;
    }
    return true;
  };
  const bool may_go_on = spent_ + config_.day <=
                         static_cast<int64_t>(kSearchShare * static_cast<double>(config_.steps));
  if (may_go_on && !refining_) {
    const bool any = std::isfinite(best.loss);
    if (any && &best == &highest && fresh(highest.decades + 1))
      return TrainTry(highest.decades + 1);
    if ((!any || &best == &lowest) && fresh(lowest.decades - 1))
      return TrainTry(lowest.decades - 1);
  }
  if (!std::isfinite(best.loss)) {
    return End(absl::StrCat(
        "no learning rate from ", FourDigits(Rate(days_.at(lowest.trial).point)), " to ",
        FourDigits(Rate(days_.at(highest.trial).point)), " trains this model for a day"));
  }
  if (may_go_on && !refining_) {
    refining_ = true;
    const auto place = std::find(sorted.begin(), sorted.end(), &best);
    const double below = place == sorted.begin() ? kInfinity : (*(place - 1))->loss;
    const double above = place + 1 == sorted.end() ? kInfinity : (*(place + 1))->loss;
    const double decades = best.decades + (above < below ? 0.5 : -0.5);
    if (std::min(above, below) < kInfinity && fresh(decades)) return TrainTry(decades);
  }
  EndSearch(best);
}

void Policy::EndSearch(const Try& best) {
  std::vector<std::pair<double, double>> sorted;
  for (const Try& one : tries_) sorted.emplace_back(Rate(days_.at(one.trial).point), one.loss);
  std::sort(sorted.begin(), sorted.end());
  std::string text;
  for (const std::pair<double, double>& result : sorted) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", FourDigits(result.first), ": ",
                    Shown(result.second));
  }
  const Day& day = days_.at(best.trial);
  Say(absl::StrCat((*config_.space)[*config_.rate].name, " ", FourDigits(Rate(day.point)),
                   " is the best for a first day (", text, "); going on from trial ", best.trial));
  tip_ = best.trial;
  age_ = Age::kHold;
  PlanDay();
}

// --- Days.

std::optional<Point> Policy::Moved(const Point& point, const Arm& arm) const {
  const double value = point[arm.parameter];
  if (std::isnan(value)) return std::nullopt;
  const Parameter& parameter = (*config_.space)[arm.parameter];
  Point moved = point;
  moved[arm.parameter] =
      parameter.FromUnit(std::clamp(parameter.ToUnit(value) + arm.move, 0.0, 1.0));
  // A parameter may decide whether others are there.
  config_.space->Canonicalize(absl::MakeSpan(moved));
  if (SamePoint(moved, point)) return std::nullopt;
  return moved;
}

int Policy::ChooseArm(const Point& point) const {
  const std::vector<const Day*> chain = Chain();
  const bool rises =
      chain.size() > 1 && chain.back()->loss > chain[chain.size() - 2]->loss + Margin();
  int plays = 0;
  for (const Arm& arm : arms_) plays += arm.plays;
  int best = -1;
  double best_bound = 0;
  for (size_t i = 0; i < arms_.size(); ++i) {
    const Arm& arm = arms_[i];
    if (arm.broken || !Moved(point, arm).has_value()) continue;
    if (config_.rate == arm.parameter && (arm.move < 0) != rises) continue;
    const double bound =
        arm.plays == 0
            ? kInfinity
            : static_cast<double>(arm.wins) / arm.plays +
                  kExploration * std::sqrt(2 * std::log(static_cast<double>(plays)) / arm.plays);
    if (best < 0 || bound > best_bound) {
      best = static_cast<int>(i);
      best_bound = bound;
    }
  }
  return best;
}

void Policy::PlanDay() {
  round_.clear();
  const int64_t remaining = Remaining();
  if (remaining <= 0) return End("the budget is spent");
  const int64_t left = (remaining + config_.day - 1) / config_.day;  // days, this one included
  Candidate day;
  day.point = next_point_.has_value() ? *next_point_ : Tip().point;
  const bool forced = std::exchange(next_point_, std::nullopt).has_value();
  day.why = forced ? "" : "on as before";

  double before = 0, after = 0;
  const bool plateau = tip_.has_value() && !forced && OnPlateau(&before, &after);
  const bool may_nudge = tip_.has_value() && !forced && age_ == Age::kHold && left >= 4 &&
                         tentative_ + config_.day <=
                             static_cast<int64_t>(kNudgeShare * static_cast<double>(config_.steps));
  if (age_ == Age::kHold && tip_.has_value() && config_.rate.has_value() &&
      !std::isnan(day.point[*config_.rate])) {
    const bool late = static_cast<double>(spent_) >= kCoolFrom * static_cast<double>(config_.steps);
    const bool stuck = plateau && (!may_nudge || days_since_nudge_ == 0);
    if (late || stuck) {
      age_ = Age::kCool;
      Say(absl::StrCat("cooling down over the ", left, " days that are left",
                       late ? ""
                            : absl::StrCat(": no progress for ", kPatience, " days (", Shown(after),
                                           ", before ", Shown(before), ")")));
    }
  }
  if (age_ == Age::kCool && !forced) {
    const Point warm = day.point;
    day.point =
        WithRate(warm, Rate(warm) * static_cast<double>(left) / static_cast<double>(left + 1));
    day.why = absl::StrCat("cooling down, ", Change(warm, day.point));
  }
  round_.push_back(std::move(day));
  if (age_ == Age::kHold && may_nudge && (days_since_nudge_ >= kDaysBetweenNudges || plateau)) {
    const int arm = ChooseArm(round_.front().point);
    if (arm >= 0) {
      Candidate nudge;
      nudge.point = *Moved(round_.front().point, arms_[arm]);
      nudge.arm = arm;
      nudge.why = absl::StrCat(plateau ? "nudge against a plateau, " : "nudge, ",
                               Change(round_.front().point, nudge.point));
      round_.push_back(std::move(nudge));
    }
  }
  PlanCandidate();
}

void Policy::PlanCandidate() {
  for (const Candidate& candidate : round_) {
    if (candidate.trial.has_value()) continue;
    const int64_t remaining = Remaining();
    if (remaining <= 0) return Evening();
    const int64_t behind = tip_.has_value() ? Tip().last_step : 0;
    plan_ = Plan();
    plan_.kind = Plan::kTrain;
    plan_.point = candidate.point;
    plan_.from = tip_;
    plan_.last_step = behind + std::min(config_.day, remaining);
    plan_.last = remaining <= config_.day;
    plan_.why = candidate.why;
    if (!tip_.has_value() && plan_.why.empty()) {
      plan_.why = absl::StrCat("first day, ", DescribeChange(*config_.space, {}, plan_.point));
    } else if (plan_.why.empty()) {
      plan_.why = absl::StrCat("back to trial ", *tip_, ", ", Change(Tip().point, plan_.point));
    }
    if (plan_.last) absl::StrAppend(&plan_.why, "; the last day");
    return;
  }
  Evening();
}

void Policy::Evening() {
  const Candidate& planned = round_.front();
  const Day* const day = planned.trial.has_value() ? &days_.at(*planned.trial) : nullptr;
  if (day == nullptr) return End("the budget is spent");
  const bool good = !BlownUp(*day);
  const double margin = Margin();
  const Day* kept = good ? day : nullptr;
  if (round_.size() > 1 && round_[1].trial.has_value()) {
    const Candidate& nudge = round_[1];
    const Day& other = days_.at(*nudge.trial);
    Arm& arm = arms_[nudge.arm];
    ++arm.plays;
    const bool wins =
        other.ended_well() && !BlownUp(other) && (!good || other.loss < day->loss - margin);
    arm.wins += wins ? 1 : 0;
    const std::string change = Change(planned.point, nudge.point);
    if (wins) kept = &other;
    tentative_ += wins ? day->steps() : other.steps();
    days_since_nudge_ = 0;
    if (!other.ended_well()) {
      Say(absl::StrCat("nudge dropped: ", change, ": ", other.reason));
    } else {
      const double better = day->loss - other.loss;
      Say(absl::StrCat(
          wins ? "nudge kept: " : "nudge dropped: ", change, ": ", config_.metric, " ",
          Shown(other.loss), " against ", Shown(day->loss),
          !good ? ", which had blown up"
                : absl::StrCat(", ", better > 0 ? "better by " : "worse by ",
                               FourDigits(std::abs(better)), wins ? ", more than" : ", the",
                               " noise", wins ? " of " : " is ", FourDigits(margin))));
    }
  } else {
    ++days_since_nudge_;
  }
  if (kept == nullptr && Remaining() > 0) return RollBack(*day);
  if (kept == nullptr) return End("the budget is spent");
  tip_ = kept->trial;
  if (Remaining() <= 0) return End("the budget is spent");
  PlanDay();
}

void Policy::RollBack(const Day& day) {
  const std::string what =
      !day.ended_well() ? absl::StrCat("trial ", day.trial, " failed (", day.reason, ")")
                        : absl::StrCat("trial ", day.trial, " has blown up (", config_.metric, " ",
                                       Shown(day.loss), " after ", Shown(Best()->loss), ")");
  const bool rated = config_.rate.has_value() && !std::isnan(day.point[*config_.rate]);
  // The snapshot that it went on from may carry the cause already.
  if (tip_.has_value() && (++offences_[*tip_] > 1 || !rated) && Tip().from.has_value()) {
    tip_ = Tip().from;
  }
  Point point = tip_.has_value() && !rated ? Tip().point : day.point;
  if (rated) {
    point = WithRate(day.point, Rate(day.point) * (day.ended_well() ? 1. / 3 : 0.1));
    if (SamePoint(point, day.point)) {
      return End(absl::StrCat(what, ", and the learning rate is as low as it may be"));
    }
  } else if (!tip_.has_value() || offences_[*tip_] > 2) {
    return End(absl::StrCat(what, ", and there is no learning rate to lower"));
  }
  Say(absl::StrCat(what, ": ",
                   tip_.has_value() ? absl::StrCat("back to trial ", *tip_, ", ", config_.unit, " ",
                                                   Tip().last_step)
                                    : "once more from the start",
                   ", ", Change(day.point, point)));
  next_point_ = std::move(point);
  PlanDay();
}

void Policy::Add(const Day& day) {
  spent_ += day.steps();
  const bool planned =
      plan_.kind == Plan::kTrain && day.from == plan_.from && SamePoint(day.point, plan_.point);
  const Plan plan = plan_;
  days_[day.trial] = day;
  if (day.interrupted()) {
    // Once more, with what is left.
    if (plan.kind != Plan::kTrain || age_ == Age::kSearch) return;
    return PlanCandidate();
  }
  if (!planned) {
    if (plan.kind == Plan::kTake && day.from == plan.from) return End("");
    if (!day.ended_well()) return;
    const bool goes_on = day.from == tip_ ||
                         std::any_of(round_.begin(), round_.end(), [&](const Candidate& candidate) {
                           return candidate.trial.has_value() && candidate.trial == day.from;
                         });
    if (day.from.has_value() && days_.count(*day.from) > 0) {
      tip_ = day.from;
      if (BlownUp(day)) {
        Say(absl::StrCat("trial ", day.trial, ", which was not planned, has blown up (",
                         config_.metric, " ", Shown(day.loss), " after ", Shown(Best()->loss),
                         "): back to trial ", *tip_));
        return GoOnFrom(*tip_, Tip().point);
      }
    }
    if (!goes_on) {
      Say(absl::StrCat("going on from trial ", day.trial, ", which was not planned"));
    }
    return GoOnFrom(day.trial, day.point);
  }
  const bool broke = day.state == TrialState::kFailed && day.failure != FailureKind::kNotFinite;
  broken_ = broke ? broken_ + 1 : 0;
  if (broke && (age_ == Age::kSearch || round_.size() == 1 || !round_[0].trial.has_value())) {
    if (broken_ >= kMostBroken || !tip_.has_value() || day.steps() == 0) {
      return End(absl::StrCat("trial ", day.trial, " failed: ", day.reason));
    }
    return;  // once more
  }
  if (age_ == Age::kSearch) {
    tries_.push_back({trying_, day.trial, day.ended_well() ? day.loss : kInfinity});
    return GoOnSearching();
  }
  for (Candidate& candidate : round_) {
    if (candidate.trial.has_value()) continue;
    candidate.trial = day.trial;
    if (broke && candidate.arm >= 0) {
      // Its kin of the same parameter will fare no better.
      const int parameter = arms_[candidate.arm].parameter;
      for (Arm& arm : arms_) arm.broken |= arm.parameter == parameter;
    }
    break;
  }
  PlanCandidate();
}

void Policy::GoOnFrom(int64_t trial, const Point& point) {
  tip_ = trial;
  if (age_ == Age::kSearch) age_ = Age::kHold;
  next_point_.reset();
  if (!SamePoint(point, Tip().point)) next_point_ = point;
  PlanDay();
}

void Policy::End(std::string why) {
  plan_ = Plan();
  if (!why.empty()) Say(absl::StrCat("over: ", why));
  const Day* const best = tip_.has_value() ? Best() : nullptr;
  if (best == nullptr || why.empty()) return;
  const Day* complete = nullptr;
  for (const auto& [trial, day] : days_) {
    const bool counts = day.state == TrialState::kComplete && std::isfinite(day.loss);
    if (counts && (complete == nullptr || day.loss < complete->loss)) complete = &day;
  }
  if (complete != nullptr && complete->loss <= best->loss + Margin()) return;
  plan_.kind = Plan::kTake;
  plan_.from = best->trial;
  plan_.point = best->point;
  plan_.last_step = best->last_step;
  plan_.last = true;
  plan_.why = absl::StrCat("the result is the model of trial ", best->trial);
  Say(complete == nullptr
          ? plan_.why
          : absl::StrCat("the last day ended at ", Shown(complete->loss), ", trial ", best->trial,
                         " at ", Shown(best->loss), ": ", plan_.why));
}

}  // namespace sturgeon
