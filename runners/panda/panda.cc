#include "runners/panda/panda.h"

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/json.h"
#include "core/suggest.h"
#include "runners/panda/console.h"
#include "runners/panda/diary.h"
#include "runners/panda/hand.h"
#include "runners/panda/keeper.h"
#include "runners/panda/policy.h"

namespace sturgeon {
namespace {

// A day where none is said: so many make a training.
constexpr int64_t kDays = 27;

// The parameters to nudge, the most important ones first. InvalidArgument: an unknown name.
absl::StatusOr<std::vector<int>> Nudged(const PandaOptions& options, const SearchSpace& space,
                                        const ModelFactory& model) {
  std::vector<int> nudged;
  if (options.nudge == "none") return nudged;
  const std::vector<std::string> settable = model.settable();
  for (const absl::string_view name : absl::StrSplit(options.nudge, ',', absl::SkipEmpty())) {
    const std::optional<int> i = space.Find(name);
    if (!i.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("nudge: ", UnknownName("parameter of the study", name, space.Names())));
    }
    if (space[*i].is_categorical()) {
      return absl::InvalidArgumentError(
          absl::StrCat("nudge: ", name, " is a category; numbers can be nudged"));
    }
    nudged.push_back(*i);
  }
  if (!nudged.empty()) return nudged;
  for (const std::string& name : settable) {
    const std::optional<int> i = space.Find(name);
    if (i.has_value() && !space[*i].is_categorical()) nudged.push_back(*i);
  }
  std::stable_sort(nudged.begin(), nudged.end(),
                   [&](int a, int b) { return space[a].tier < space[b].tier; });
  return nudged;
}

}  // namespace

const Schema<PandaOptions>& PandaRunner::OptionSchema() {
  static const auto* const schema = [] {
    auto* const made = new Schema<PandaOptions>();
    AddTrialOptions(*made);
    made->Add("day", &PandaOptions::day,
              "Steps of a day, between two evenings; 0: a 27th of the training.", AtLeast(0))
        .Add("minutes", &PandaOptions::minutes,
             "Instead of day: the first day lasts so many minutes, and the others as many steps as "
             "it took.",
             AtLeast(0.0))
        .Add("steps", &PandaOptions::steps,
             "Steps that may be trained in all, those that lead nowhere too; 0: as many as a full "
             "training has, or, interactive, as the user likes.",
             AtLeast(0))
        .Add("start", &PandaOptions::start,
             "Where to begin, unless something was enqueued: the parameters' defaults, or what the "
             "study's strategy proposes.",
             OneOf({"default", "strategy"}))
        .Add("models", &PandaOptions::models,
             "Models to train, one after the other; 0: until a limit of the study.", AtLeast(0))
        .Add("rate", &PandaOptions::rate,
             "The parameter that is searched first, cut after a blow-up, and cooled down at the "
             "end; of no effect where the study does not tune it.")
        .Add("nudge", &PandaOptions::nudge,
             "Parameters to nudge, separated by commas; empty: all numbers that the model lets "
             "change in mid-training; none: none.")
        .Add("interactive", &PandaOptions::interactive,
             "By hand: lines of stdin say how the model goes on, and answers go to stderr; the "
             "line \"help\" says what can be said.")
        .Add(
            "schedule", &PandaOptions::schedule,
            "A file of sturgeon export --to=schedule: its days are trained, and nothing is tried.");
    return made;
  }();
  return *schema;
}

absl::StatusOr<std::unique_ptr<Runner>> PandaRunner::Create(PandaOptions options,
                                                            const RunnerContext& /*context*/) {
  absl::Status status = CheckTrialOptions(options);
  if (!status.ok()) return status;
  std::optional<Schedule> schedule;
  if (!options.schedule.empty()) {
    if (options.interactive || options.minutes > 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("schedule says what the days are; leave out ",
                       options.interactive ? "interactive" : "minutes", ", or schedule"));
    }
    const std::string where = absl::StrCat("schedule: ", options.schedule);
    const absl::StatusOr<Value> json = ReadJsonFile(options.schedule);
    if (!json.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("schedule: ", json.status().message()));
    }
    absl::StatusOr<Schedule> read = ScheduleFromValue(*json, where);
    if (!read.ok()) return read.status();
    schedule = *std::move(read);
  }
  return std::unique_ptr<Runner>(new PandaRunner(std::move(options), std::move(schedule)));
}

const Day* PandaRunner::FirstDay(Keeper& keeper, const PolicyConfig& config) const {
  const bool by_steps = options_.minutes <= 0;
  if (options_.start == "strategy") {
    return by_steps ? keeper.TrainProposed(std::min(config.day, config.steps),
                                           config.day >= config.steps)
                    : keeper.TrainProposed(config.max_steps, /*last=*/false, options_.minutes);
  }
  Plan plan = Policy(config, config.space->Default()).plan();
  if (!by_steps) {
    plan.last_step = config.max_steps;
    plan.last = false;
  }
  return keeper.Train(plan, config.day, options_.minutes);
}

absl::StatusOr<std::unique_ptr<ModelFactory>> PandaRunner::Isolated(const RunRequest& request) {
  return StudyRun::Isolate(request, options_);
}

absl::StatusOr<RunSummary> PandaRunner::Run(const RunRequest& request) {
  const StudyConfig& study = request.study.config();
  const SearchSpace& space = study.space;
  absl::StatusOr<std::vector<int>> nudged = Nudged(options_, space, request.model);
  if (!nudged.ok()) return nudged.status();
  absl::StatusOr<std::unique_ptr<Keeper>> made = Keeper::Create(request, options_, options_.clock);
  if (!made.ok()) return made.status();
  Keeper& keeper = **made;

  PolicyConfig config;
  config.space = &space;
  config.metric = study.objectives.front().metric;
  config.sign = study.objectives.front().Loss(1);
  config.unit = request.model.unit();
  config.max_steps = request.model.max_steps();
  config.steps = options_.steps > 0 ? options_.steps : config.max_steps;
  config.day = options_.day > 0 ? options_.day : (config.steps + kDays - 1) / kDays;
  config.nudged = *std::move(nudged);
  const std::optional<int> rate = space.Find(options_.rate);
  if (rate.has_value() && !space[*rate].is_categorical()) config.rate = rate;

  if (options_.interactive) {
    std::unique_ptr<Console> standard;
    if (options_.console == nullptr) standard = MakeConsole(STDIN_FILENO, STDERR_FILENO);
    config.steps = options_.steps;
    Hand hand(keeper, std::move(config), options_.minutes,
              options_.console != nullptr ? *options_.console : *standard);
    hand.Work();
    return keeper.Finish();
  }
  if (schedule_.has_value()) {
    const absl::StatusOr<std::vector<ScheduledDay>> days =
        FitSchedule(*schedule_, space, request.model);
    if (!days.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("schedule: ", options_.schedule, ": ", days.status().message()));
    }
    if (schedule_->origin.has_value()) keeper.SeedLike(*schedule_->origin);
    Replay(keeper, *days);
    return keeper.Finish();
  }
  size_t read = 0;
  for (int64_t i = 0; !keeper.over() && (options_.models == 0 || i < options_.models); ++i) {
    Raise(keeper, config, &read);
  }
  return keeper.Finish();
}

void PandaRunner::Raise(Keeper& keeper, PolicyConfig config, size_t* read) const {
  std::optional<Policy> policy;
  const auto over = [&] { return policy.has_value() && policy->plan().kind == Plan::kOver; };
  const auto hear = [&](const Day& day) {
    if (!policy.has_value()) {
      if (options_.minutes > 0) config.day = std::max<int64_t>(1, day.steps());
      policy.emplace(config, day.point);
    }
    policy->Add(day);
  };
  while (*read < keeper.diary().days().size() && !over()) {
    hear(keeper.diary().days()[(*read)++]);
    policy->TakeLines();
  }
  if (policy.has_value() && !over()) {
    keeper.Note(absl::StrCat("going on ", policy->tip().has_value()
                                              ? absl::StrCat("from trial ", *policy->tip())
                                              : "with the first day"));
  }
  while (!keeper.over() && !over()) {
    const Day* const day =
        policy.has_value() ? keeper.Train(policy->plan(), config.day) : FirstDay(keeper, config);
    if (day == nullptr) return;
    *read = keeper.diary().days().size();
    if (day->ended_well() && !keeper.can_save() && day->state != TrialState::kComplete &&
        !keeper.stopped_by_strategy()) {
      keeper.Note("this model cannot be saved: it is trained afresh, in one day");
      config.day = config.steps;
      policy.emplace(config, day->point);
      continue;
    }
    hear(*day);
    for (const std::string& line : policy->TakeLines()) keeper.Note(line);
    if (keeper.stopped_by_strategy()) return;
  }
}

void PandaRunner::Replay(Keeper& keeper, const std::vector<ScheduledDay>& days) {
  std::optional<int64_t> tip;
  size_t next = 0;
  const auto is_next = [&](const Day& day) {
    return day.from == tip && SamePoint(day.point, days[next].point) &&
           day.last_step == days[next].until;
  };
  for (const Day& day : keeper.diary().days()) {
    if (next == days.size() || !day.ended_well() || !is_next(day)) continue;
    tip = day.trial;
    ++next;
  }
  if (next > 0 && next < days.size()) {
    keeper.Note(absl::StrCat("going on with day ", next + 1, " of the schedule's ", days.size()));
  }
  while (next < days.size() && !keeper.over()) {
    const int64_t behind = next == 0 ? 0 : days[next - 1].until;
    Plan plan;
    plan.kind = Plan::kTrain;
    plan.point = days[next].point;
    plan.from = tip;
    plan.last_step = days[next].until;
    plan.last = next + 1 == days.size();
    plan.why = absl::StrCat("day ", next + 1, " of the schedule");
    const Day* const day = keeper.Train(plan, days[next].until - behind);
    if (day == nullptr || day->interrupted()) return;
    if (day->from != tip || !SamePoint(day->point, plan.point)) continue;  // it was enqueued
    if (!is_next(*day) || !day->ended_well() || keeper.stopped_by_strategy()) {
      keeper.Note(absl::StrCat(plan.why, " did not come to its end: ", day->reason));
      return;
    }
    if (!plan.last && !keeper.can_save()) {
      keeper.Note("this model cannot be saved: the days of a schedule cannot follow each other");
      return;
    }
    tip = day->trial;
    ++next;
  }
}

}  // namespace sturgeon
