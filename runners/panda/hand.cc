#include "runners/panda/hand.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "core/json.h"
#include "core/suggest.h"
#include "core/value.h"
#include "runners/panda/plot.h"

namespace sturgeon {
namespace {

constexpr int kPlotRows = 14;
constexpr size_t kLongestWord = 80;  // that is repeated to the user
constexpr char kAnotherFirst[] =
    "what is enqueued, or a failed trial that is to be repeated, comes first; that was such a one";

// Words between blanks; quotes hold blanks together, and the first '=' of a word outside of them
// separates too. A comma at the end of a word is dropped.
std::vector<std::string> SplitWords(absl::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false, any_equals = false;
  const auto end = [&] {
    if (absl::EndsWith(word, ",")) word.pop_back();
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (!quoted && (absl::ascii_isspace(c) || (c == '=' && !any_equals))) {
      any_equals = c == '=';
      end();
    } else {
      word += c;
    }
  }
  end();
  return words;
}

std::string Shown(absl::string_view word) {
  return absl::StrCat(absl::CHexEscape(word.substr(0, kLongestWord)),
                      word.size() > kLongestWord ? "…" : "");
}

absl::Status NoArguments(absl::string_view command, const std::vector<std::string>& arguments) {
  if (arguments.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      command, " stands alone; \"", Shown(arguments.front()), "\" is one word too many"));
}

// The one argument, a count; `fallback` where there is none.
absl::StatusOr<int64_t> Count(absl::string_view command, const std::vector<std::string>& arguments,
                              int64_t fallback) {
  if (arguments.empty()) return fallback;
  int64_t count = 0;
  if (arguments.size() > 1 || !absl::SimpleAtoi(arguments.front(), &count) || count < 1) {
    return absl::InvalidArgumentError(absl::StrCat(command, " takes a number of days, as in ",
                                                   command, " 5; got \"",
                                                   Shown(absl::StrJoin(arguments, " ")), "\""));
  }
  return count;
}

std::string Plural(int64_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

}  // namespace

const std::vector<Hand::Command>& Hand::Commands() {
  static const auto* const commands = new std::vector<Command>({
      {"set", "[NAME VALUE]…", "changes hyperparameters from the next day on; alone: shows them",
       &Hand::Set},
      {"go", "[N]", "trains N days", &Hand::Go},
      {"back", "[N] | to DAY", "to the snapshot of N days before, or of that day of the diary",
       &Hand::Back},
      {"plot", "", "draws the learning curve", &Hand::Plot},
      {"diary", "", "the days, and why they were trained", &Hand::ShowDiary},
      {"why", "", "what the policy would do next, and why", &Hand::Why},
      {"auto", "[N]", "lets the policy do it: for N days, or to the end", &Hand::Auto},
      {"save", "", "the model as it is becomes the result; ends the session", &Hand::Save},
      {"help", "", "this", &Hand::Help},
      {"quit", "", "ends the session; the study may be gone on with", &Hand::Quit},
  });
  return *commands;
}

Hand::Hand(Keeper& keeper, PolicyConfig config, double minutes, Console& console)
    : keeper_(keeper), config_(std::move(config)), minutes_(minutes), console_(console) {
  const std::vector<Day>& days = keeper_.diary().days();
  const auto last =
      std::find_if(days.rbegin(), days.rend(), [](const Day& day) { return day.ended_well(); });
  GoTo(last == days.rend() ? std::nullopt : std::optional<int64_t>(last->trial));
}

void Hand::Work() {
  Say(absl::StrCat(tip_.has_value()
                       ? absl::StrCat("going on by hand ", Stand(), ": ", Metric(Tip().loss), ", ")
                       : "by hand, with a fresh model: ",
                   DescribeChange(*config_.space, {}, point_), "; help says what can be done"));
  while (!done_ && !keeper_.over()) {
    const std::optional<std::string> line =
        console_.ReadLine(absl::StrCat(config_.unit, " ", Behind(), "> "), keeper_.cancelled());
    if (!line.has_value()) {
      const std::atomic<bool>* const cancelled = keeper_.cancelled();
      if (cancelled == nullptr || !cancelled->load()) Quit({}).IgnoreError();
      return;
    }
    Do(*line);
  }
}

void Hand::Do(absl::string_view line) {
  Words words = SplitWords(line);
  if (words.empty() || absl::StartsWith(words.front(), "#")) return;
  const std::string name = absl::AsciiStrToLower(words.front());
  words.erase(words.begin());
  std::vector<std::string> known;
  for (const Command& command : Commands()) {
    if (name == command.name) {
      const absl::Status status = (this->*command.run)(words);
      if (!status.ok()) Say(status.message());
      return;
    }
    known.push_back(command.name);
  }
  Say(UnknownName("command", Shown(name), known));
}

// --- Where the model stands.

std::vector<const Day*> Hand::Chain() const {
  if (!tip_.has_value()) return {};
  std::vector<const Day*> chain = keeper_.diary().Chain(*tip_);
  chain.erase(
      std::remove_if(chain.begin(), chain.end(), [](const Day* day) { return day->steps() == 0; }),
      chain.end());
  return chain;
}

void Hand::GoTo(std::optional<int64_t> trial) {
  tip_ = trial;
  // One that took another's model for the result has no snapshot of its own.
  while (tip_.has_value() && Tip().steps() == 0 && Tip().from.has_value()) tip_ = Tip().from;
  const std::vector<Day>& days = keeper_.diary().days();
  point_ = tip_.has_value() ? Tip().point
           : days.empty()   ? config_.space->Default()
                            : days.front().point;
}

std::string Hand::Metric(double loss) const {
  return absl::StrCat(config_.metric, " ",
                      std::isfinite(loss) ? FourDigits(config_.sign * loss) : "not finite");
}

std::string Hand::Steps(const Day& day) const {
  if (day.steps() == 1) return absl::StrCat(config_.unit, " ", day.last_step);
  return absl::StrCat(config_.unit, "s ", day.first_step + 1, "-", day.last_step);
}

std::string Hand::Stand() const {
  if (!tip_.has_value()) return "before the first day";
  return absl::StrCat("after day ", *tip_, ", ", config_.unit, " ", Tip().last_step, " of ",
                      config_.max_steps);
}

std::string Hand::Described(const Day& day) const {
  const Day* const before = day.from.has_value() ? keeper_.diary().Find(*day.from) : nullptr;
  std::string text = absl::StrCat("day ", day.trial, ": ");
  if (!day.ended_well()) {
    return absl::StrCat(text, day.interrupted() ? "cut off" : "failed", ": ", day.reason);
  }
  if (day.steps() == 0 && day.from.has_value()) {
    return absl::StrCat(text, "takes the model of day ", *day.from, " for the result, ",
                        Metric(day.loss));
  }
  absl::StrAppend(&text, Steps(day), ", ", Metric(day.loss));
  if (before != nullptr) {
    absl::StrAppend(&text, " (", FourDigits(config_.sign * before->loss), " before)");
  }
  // A fresh model is told apart from the first one.
  const Day& other = before != nullptr ? *before : keeper_.diary().days().front();
  const std::string change = DescribeChange(*config_.space, other.point, day.point);
  if (!change.empty()) absl::StrAppend(&text, ", ", change);
  return text;
}

// --- set

std::vector<std::string> Hand::Changeable() const {
  if (!tip_.has_value()) return config_.space->Names();
  std::vector<std::string> names;
  for (const std::string& name : keeper_.model().settable()) {
    if (config_.space->Find(name).has_value()) names.push_back(name);
  }
  return names;
}

absl::StatusOr<Point> Hand::Changed(const Point& point, const Words& words) const {
  const SearchSpace& space = *config_.space;
  const std::vector<std::string> changeable = Changeable();
  Point changed = point;
  std::vector<int> given;
  for (size_t i = 0; i < words.size(); i += 2) {
    const std::string& name = words[i];
    const std::optional<int> found = space.Find(name);
    if (!found.has_value()) {
      return absl::InvalidArgumentError(
          UnknownName("parameter of the study", Shown(name), space.Names()));
    }
    if (std::find(changeable.begin(), changeable.end(), name) == changeable.end()) {
      return absl::FailedPreconditionError(absl::StrCat(
          name, " cannot change in mid-training",
          changeable.empty() ? "; no parameter of this model can"
                             : absl::StrCat(", only ", absl::StrJoin(changeable, ", "), " can"),
          "; back ", Chain().size(), " begins with a fresh model"));
    }
    if (i + 1 == words.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("set ", name, " to which value? As in: set ", name, " ",
                       WriteJson(space[*found].ToValue(space[*found].DefaultNumber()))));
    }
    const Parameter& parameter = space[*found];
    const std::string& word = words[i + 1];
    const absl::StatusOr<Value> json = ParseJson(word, "");
    absl::StatusOr<double> value = parameter.FromValue(json.ok() ? *json : Value(word));
    if (!value.ok() && json.ok() && parameter.is_categorical()) {
      // The choice may be the text "1", not the number.
      const absl::StatusOr<double> text = parameter.FromValue(Value(word));
      if (text.ok()) value = text;
    }
    if (!value.ok() && parameter.is_categorical()) {
      std::vector<std::string> choices;
      for (const Value& choice : parameter.choices) {
        choices.push_back(choice.is_string() ? choice.string() : WriteJson(choice));
      }
      return absl::InvalidArgumentError(
          UnknownName(absl::StrCat("choice of ", name), Shown(word), choices));
    }
    if (!value.ok() && !json.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(name, ": \"", Shown(word), "\" is no number"));
    }
    if (!value.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(name, ": ", value.status().message()));
    }
    changed[*found] = *value;
    given.push_back(*found);
  }
  space.Canonicalize(absl::MakeSpan(changed));
  for (const int i : given) {
    if (!std::isnan(changed[i])) continue;
    const Condition& condition = *space[i].condition;
    const int parent = *space.Find(condition.parent);
    return absl::FailedPreconditionError(absl::StrCat(
        space[i].name, " is of no effect here: ", condition.parent, " is ",
        std::isnan(changed[parent]) ? "of none either"
                                    : WriteJson(space[parent].ToValue(changed[parent]))));
  }
  // What depends on a changed one may have come or gone with it.
  for (int i = 0; tip_.has_value() && i < space.size(); ++i) {
    if (SameCoordinate(changed[i], Tip().point[i]) ||
        std::find(changeable.begin(), changeable.end(), space[i].name) != changeable.end()) {
      continue;
    }
    return absl::FailedPreconditionError(
        absl::StrCat("with that ", space[i].name, " would change, which cannot in mid-training"));
  }
  return changed;
}

absl::Status Hand::Set(const Words& arguments) {
  const SearchSpace& space = *config_.space;
  if (arguments.empty()) {
    const std::vector<std::string> changeable = Changeable();
    size_t widest = 0;
    for (const std::string& name : space.Names()) widest = std::max(widest, name.size());
    for (int i = 0; i < space.size(); ++i) {
      if (std::isnan(point_[i])) continue;
      const bool may =
          std::find(changeable.begin(), changeable.end(), space[i].name) != changeable.end();
      const Value value = space[i].ToValue(point_[i]);
      const std::string range = space[i].is_categorical()
                                    ? ""
                                    : absl::StrCat("in [", FourDigits(space[i].low), ", ",
                                                   FourDigits(space[i].high), "]");
      Say(absl::StrFormat("  %-*s  %-10s  %s", static_cast<int>(widest), space[i].name,
                          value.is_number() ? FourDigits(value.number()) : WriteJson(value),
                          may ? range : "fixed once training has begun"));
    }
    return absl::OkStatus();
  }
  absl::StatusOr<Point> changed = Changed(point_, arguments);
  if (!changed.ok()) return changed.status();
  const std::string change = DescribeChange(space, point_, *changed);
  Say(change.empty() ? "it is so already" : absl::StrCat("from the next day on: ", change));
  point_ = *std::move(changed);
  touched_ = true;
  return absl::OkStatus();
}

// --- go

double Hand::Minutes() const { return keeper_.diary().days().empty() ? minutes_ : 0; }

int64_t Hand::DaySteps() const {
  const std::vector<Day>& days = keeper_.diary().days();
  if (minutes_ <= 0) return config_.day;
  return days.empty() ? config_.max_steps : std::max<int64_t>(1, days.front().steps());
}

absl::StatusOr<bool> Hand::TrainDay() {
  int64_t left = config_.max_steps - Behind();
  if (left <= 0) {
    return absl::FailedPreconditionError(absl::StrCat("day ", *tip_, " has ended the training, ",
                                                      Plural(config_.max_steps, config_.unit),
                                                      " long; back goes to an earlier day"));
  }
  if (config_.steps > 0) left = std::min(left, config_.steps - keeper_.diary().steps());
  if (left <= 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("the ", Plural(config_.steps, config_.unit),
                     " are spent that may be trained in all (the option steps)"));
  }
  const bool in_one = !keeper_.can_save();
  Plan plan;
  plan.kind = Plan::kTrain;
  plan.point = point_;
  plan.from = tip_;
  plan.last_step = in_one ? config_.max_steps : Behind() + std::min(DaySteps(), left);
  plan.last = plan.last_step >= config_.max_steps && Minutes() <= 0;
  const std::string change =
      DescribeChange(*config_.space, tip_.has_value() ? Tip().point : Point(), point_);
  plan.why = absl::StrCat("by hand", change.empty() ? "" : ", ", change);
  const Day* const day = keeper_.Train(plan, DaySteps(), in_one ? 0 : Minutes());
  if (day == nullptr) {
    Ended();
    return false;
  }
  Say(Described(*day));
  if (day->from != plan.from || !SamePoint(day->point, plan.point)) {
    Say(kAnotherFirst);
    if (!touched_ && day->ended_well()) GoTo(day->trial);
    return !touched_;
  }
  if (!day->ended_well()) {
    if (!keeper_.over()) {
      Say(absl::StrCat("the model stands ", Stand(), " still: set something else, or go back"));
    }
    return false;
  }
  if (!keeper_.can_save() && day->last_step < config_.max_steps) {
    Say("this model cannot be saved, so no day can go on from another: go trains it afresh, in "
        "one");
    GoTo(std::nullopt);
    point_ = day->point;
    return false;
  }
  GoTo(day->trial);
  touched_ = false;
  if (keeper_.stopped_by_strategy()) {
    Say(absl::StrCat("it was ended early: ", day->reason));
    return false;
  }
  return true;
}

void Hand::Ended() {
  const std::atomic<bool>* const cancelled = keeper_.cancelled();
  if (cancelled != nullptr && cancelled->load()) return;
  Say("no day can be trained any more: the study has all its trials, or its time or budget is "
      "over");
}

absl::Status Hand::Go(const Words& arguments) {
  const absl::StatusOr<int64_t> count = Count("go", arguments, 1);
  if (!count.ok()) return count.status();
  for (int64_t i = 0; i < *count && !keeper_.over(); ++i) {
    const absl::StatusOr<bool> well = TrainDay();
    if (!well.ok()) return i == 0 ? well.status() : absl::OkStatus();
    if (!*well) break;
  }
  return absl::OkStatus();
}

// --- back

absl::Status Hand::Back(const Words& arguments) {
  const std::vector<const Day*> chain = Chain();
  std::optional<int64_t> target;
  const bool by_name = arguments.size() == 2 && (arguments[0] == "to" || arguments[0] == "day");
  if (by_name) {
    int64_t trial = 0;
    if (!absl::SimpleAtoi(arguments[1], &trial)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "back to takes the number of a day, as in back to 3; got \"", Shown(arguments[1]), "\""));
    }
    const Day* const day = keeper_.diary().Find(trial);
    if (day == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("there is no day ", trial, "; diary shows those that there are"));
    }
    if (!day->ended_well()) {
      return absl::InvalidArgumentError(
          absl::StrCat("day ", trial, " failed, and left no model (", day->reason, ")"));
    }
    target = trial;
  } else {
    const absl::StatusOr<int64_t> count = Count("back", arguments, 1);
    if (!count.ok()) return count.status();
    const auto days = static_cast<int64_t>(chain.size());
    if (*count > days) {
      return absl::InvalidArgumentError(days == 0 ? "the model has not been trained yet; go does"
                                                  : absl::StrCat("it is ", Plural(days, "day"),
                                                                 " old: back ", days,
                                                                 " is where it began"));
    }
    if (*count < days) target = chain[days - 1 - *count]->trial;
  }
  const Point first = chain.empty() ? point_ : chain.front()->point;
  GoTo(target);
  if (!tip_.has_value()) point_ = first;
  touched_ = true;
  Say(tip_.has_value()
          ? absl::StrCat(Stand(), ": ", Metric(Tip().loss), "; ",
                         DescribeChange(*config_.space, {}, point_))
          : absl::StrCat("a fresh model, with other random numbers: every parameter may change"));
  return absl::OkStatus();
}

// --- plot and diary

absl::Status Hand::Plot(const Words& arguments) {
  absl::Status status = NoArguments("plot", arguments);
  if (!status.ok()) return status;
  if (keeper_.diary().days().empty()) {
    return absl::FailedPreconditionError("nothing has been trained yet; go does");
  }
  Curve curve;
  curve.metric = config_.metric;
  curve.unit = config_.unit;
  const auto add = [&](const Day& day, std::vector<Curve::Sample>* samples) {
    for (size_t i = 0; i < day.losses.size(); ++i) {
      samples->push_back(
          {day.first_step + 1 + static_cast<int64_t>(i), config_.sign * day.losses[i]});
    }
  };
  const std::vector<const Day*> chain = Chain();
  for (const Day* day : chain) {
    add(*day, &curve.model);
    curve.days.push_back({day->trial, day->last_step});
  }
  for (const Day& day : keeper_.diary().days()) {
    if (std::find(chain.begin(), chain.end(), &day) == chain.end()) add(day, &curve.left);
  }
  console_.Write(DrawCurve(curve, console_.width() - 1, kPlotRows));
  return absl::OkStatus();
}

absl::Status Hand::ShowDiary(const Words& arguments) {
  absl::Status status = NoArguments("diary", arguments);
  if (!status.ok()) return status;
  const std::vector<Day>& days = keeper_.diary().days();
  if (days.empty()) return absl::FailedPreconditionError("no day has been trained yet; go does");
  const std::vector<const Day*> chain = Chain();
  Say(absl::StrFormat("  %4s  %-9s  %-*s  %4s  %s", "day", config_.unit + "s", 10, config_.metric,
                      "from", "why"));
  const int width = static_cast<int>(std::max<size_t>(10, config_.metric.size()));
  for (const Day& day : days) {
    const bool ours = std::find(chain.begin(), chain.end(), &day) != chain.end();
    const std::string steps = day.steps() == 0 ? "-"
                              : day.steps() == 1
                                  ? absl::StrCat(day.last_step)
                                  : absl::StrCat(day.first_step + 1, "-", day.last_step);
    std::string why = day.reason;
    if (day.state == TrialState::kComplete) {
      why = day.steps() == 0 ? "taken for the result" : "a full training";
    }
    Say(absl::StrFormat("%s %4d  %-9s  %-*s  %4s  %s", ours ? "*" : " ", day.trial, steps, width,
                        day.ended_well() ? FourDigits(config_.sign * day.loss) : "-",
                        day.from.has_value() ? absl::StrCat(*day.from) : "-",
                        absl::StrCat(day.state == TrialState::kFailed ? "failed: " : "", why)));
  }
  Say(absl::StrCat("* made the model, which stands ", Stand()));
  return absl::OkStatus();
}

// --- why and auto

absl::StatusOr<std::unique_ptr<Policy>> Hand::Advisor(std::vector<std::string>* lines) const {
  if (!keeper_.can_save()) {
    return absl::FailedPreconditionError(
        "this model cannot be saved, so the policy has nothing to go on from");
  }
  if (tip_.has_value() && !touched_ && Tip().state == TrialState::kComplete) {
    return absl::FailedPreconditionError(
        absl::StrCat("the training is over: day ", *tip_,
                     " is complete; back goes to an earlier day, save and quit end the session"));
  }
  const std::vector<Day>& days = keeper_.diary().days();
  const bool fresh = !tip_.has_value() && touched_;
  PolicyConfig config = config_;
  config.day = DaySteps();
  if (config.steps == 0) {
    config.steps = config.max_steps - Behind() + (fresh ? 0 : keeper_.diary().steps());
  } else if (fresh) {
    config.steps -= keeper_.diary().steps();
  }
  if (config.steps <= 0) {
    return absl::FailedPreconditionError("the steps are spent that may be trained in all");
  }
  auto policy =
      std::make_unique<Policy>(config, fresh || days.empty() ? point_ : days.front().point);
  if (fresh) return policy;
  for (const Day& day : days) {
    policy->TakeLines();
    policy->Add(day);
  }
  if (touched_ && tip_.has_value()) {
    policy->TakeLines();
    policy->GoOnFrom(*tip_, point_);
  }
  *lines = policy->TakeLines();
  return policy;
}

absl::Status Hand::Why(const Words& arguments) {
  absl::Status status = NoArguments("why", arguments);
  if (!status.ok()) return status;
  std::vector<std::string> lines;
  const absl::StatusOr<std::unique_ptr<Policy>> policy = Advisor(&lines);
  if (!policy.ok()) return policy.status();
  for (const std::string& line : lines) Say(line);
  const Plan& plan = (*policy)->plan();
  switch (plan.kind) {
    case Plan::kTrain: {
      Day day;
      const Day* const from = plan.from.has_value() ? keeper_.diary().Find(*plan.from) : nullptr;
      day.first_step = from == nullptr ? 0 : from->last_step;
      day.last_step = plan.last_step;
      Say(absl::StrCat(
          "the policy would train ", Steps(day),
          from == nullptr ? " of a fresh model" : absl::StrCat(" from day ", *plan.from), ": ",
          plan.why));
      break;
    }
    case Plan::kTake:
      break;  // its line has said so
    case Plan::kOver:
      if (lines.empty()) Say("the training is over");
      break;
  }
  return absl::OkStatus();
}

absl::Status Hand::Auto(const Words& arguments) {
  const absl::StatusOr<int64_t> count =
      Count("auto", arguments, std::numeric_limits<int64_t>::max());
  if (!count.ok()) return count.status();
  std::vector<std::string> lines;
  absl::StatusOr<std::unique_ptr<Policy>> policy = Advisor(&lines);
  if (!policy.ok()) return policy.status();
  for (const std::string& line : lines) Say(line);
  if ((*policy)->plan().kind == Plan::kOver && lines.empty()) Say("the training is over");
  for (int64_t i = 0; i < *count && (*policy)->plan().kind != Plan::kOver; ++i) {
    const double minutes = Minutes();
    Plan plan = (*policy)->plan();
    if (minutes > 0) {
      plan.last_step = config_.max_steps;
      plan.last = false;
    }
    const Day* const day = keeper_.Train(plan, DaySteps(), minutes);
    if (day == nullptr) {
      Ended();
      break;
    }
    Say(Described(*day));
    touched_ = false;
    if (minutes > 0) {
      // How long a day is was not known before.
      policy = Advisor(&lines);
      if (!policy.ok()) return policy.status();
    } else {
      (*policy)->Add(*day);
      lines = (*policy)->TakeLines();
    }
    for (const std::string& line : lines) Say(line);
    if (keeper_.stopped_by_strategy() || !keeper_.can_save()) break;
  }
  std::optional<int64_t> tip = (*policy)->tip();
  if (!tip.has_value() && !keeper_.diary().days().empty()) {
    const Day& last = keeper_.diary().days().back();  // in the search
    if (last.ended_well()) tip = last.trial;
  }
  GoTo(tip);
  touched_ = false;
  return absl::OkStatus();
}

// --- save, help, quit

absl::Status Hand::Save(const Words& arguments) {
  absl::Status status = NoArguments("save", arguments);
  if (!status.ok()) return status;
  if (!tip_.has_value()) {
    return absl::FailedPreconditionError("there is no model to save yet; go trains one");
  }
  if (touched_) {
    const std::string change = DescribeChange(*config_.space, Tip().point, point_);
    if (!change.empty()) Say(absl::StrCat("not trained with: ", change));
    point_ = Tip().point;
  }
  int64_t result = *tip_;
  if (Tip().state != TrialState::kComplete) {
    Plan plan;
    plan.kind = Plan::kTake;
    plan.point = Tip().point;
    plan.from = tip_;
    plan.last_step = Tip().last_step;
    plan.last = true;
    const Day* const day = keeper_.Train(plan, DaySteps());
    if (day == nullptr) {
      Ended();
      return absl::OkStatus();
    }
    if (day->from != plan.from || day->state != TrialState::kComplete) {
      return absl::FailedPreconditionError(
          absl::StrCat(Described(*day), "\n", kAnotherFirst, ": save again"));
    }
    result = day->trial;
  }
  Say(absl::StrCat("saved: the result is the model ", Stand(), ", ", Metric(Tip().loss),
                   result == *tip_ ? "" : absl::StrCat(" (trial ", result, ")")));
  for (const Day& day : keeper_.diary().days()) {
    if (day.state == TrialState::kComplete && day.loss < Tip().loss) {
      Say(absl::StrCat("trial ", day.trial, ", ", Metric(day.loss),
                       ", is complete too, and so stays the study's best"));
      break;
    }
  }
  done_ = true;
  return absl::OkStatus();
}

absl::Status Hand::Help(const Words&) {
  for (const Command& command : Commands()) {
    const std::string call =
        absl::StrCat(command.name, *command.arguments == '\0' ? "" : " ", command.arguments);
    // "…" is one column of three bytes.
    const int pad = absl::StrContains(call, "…") ? 22 : 20;
    Say(absl::StrFormat("  %-*s  %s", pad, call, command.help));
  }
  Say(absl::StrCat("A day is ", Plural(DaySteps(), config_.unit), ", a full training ",
                   Plural(config_.max_steps, config_.unit), "; days are numbered as trials are."));
  return absl::OkStatus();
}

absl::Status Hand::Quit(const Words& arguments) {
  absl::Status status = NoArguments("quit", arguments);
  if (!status.ok()) return status;
  done_ = true;
  if (tip_.has_value() && touched_) {
    const std::string change = DescribeChange(*config_.space, Tip().point, point_);
    if (!change.empty()) Say(absl::StrCat("not trained with, and forgotten: ", change));
  }
  // Whoever goes on begins where the last day ended.
  const Hand next(keeper_, config_, minutes_, console_);
  if (next.tip_.has_value()) Say(absl::StrCat("the study stands ", next.Stand()));
  return absl::OkStatus();
}

}  // namespace sturgeon
