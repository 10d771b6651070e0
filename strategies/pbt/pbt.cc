#include "strategies/pbt/pbt.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/json.h"
#include "core/plugins.h"
#include "core/value.h"
#include "strategies/pbt/gains.h"

namespace sturgeon {
namespace {

// Where nothing is said: stretches of a full training, members where nobody knows how many trials
// there will be, and the most and the fewest there are.
constexpr int64_t kStretches = 9;
constexpr int64_t kUnplanned = 20;
constexpr int64_t kFewest = 4, kMost = 40;
constexpr uint32_t kMemberStream = kFirstPluginStream;

constexpr char kPerturb[] = "perturb";  // in the place of a strategy `explore`
// What that is told: of rungs so near, and so many stretches at least.
constexpr int kNear = 2;
constexpr size_t kFewestTold = 10;

int DefaultPopulation(const StudyConfig& study, int stretches) {
  const int64_t planned = study.trials > 0 ? study.trials / stretches : kUnplanned;
  return static_cast<int>(
      std::max<int64_t>(std::clamp(planned, kFewest, kMost), study.parallelism));
}

// Whether a trial came to what it was to be trained to.
bool CameToItsEnd(const Trial& trial, const StudyConfig& study) {
  if (trial.values.size() != study.objectives.size()) return false;
  if (trial.state == TrialState::kComplete || trial.reports.empty()) return true;
  return trial.reports.step(trial.reports.size() - 1) >= trial.budget.value_or(study.max_steps);
}

bool Same(absl::Span<const double> a, absl::Span<const double> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

}  // namespace

const Schema<PbtOptions>& PbtStrategy::OptionSchema() {
  using Options = PbtOptions;
  static const auto* const schema = new Schema<Options>(
      Schema<Options>()
          .Add("population", &Options::population,
               "Members that are trained side by side; 0: so many that the trials planned train "
               "each to its end, but 4 to 40 (20 where no number is planned), and the number of "
               "trials at once at least.",
               AtLeast(0))
          .Add("interval", &Options::interval,
               "Steps of training between a member's turns; 0: a ninth of a full training.",
               AtLeast(0))
          .Add("quantile", &Options::quantile,
               "The worst and the best share of the results at a step: those that copy, and those "
               "that are copied.",
               Between(0.01, 0.5))
          .Add("step", &Options::step,
               "How far a copy's numeric parameters move by chance, as a share of their own scale.",
               Between(0.001, 1.0))
          .Add("resample", &Options::resample,
               "The probability with which a copy's parameter is then drawn anew instead.",
               Between(0.0, 1.0))
          .Add("over", &Options::over,
               "Where new members come from: a strategy, with options of its own.")
          .Add(
              "explore", &Options::explore,
              "What chooses a copy's new values: a strategy, with options of its own, that learns "
              "what stretches gained at this point of a training; or \"perturb\": chance, near the "
              "old values."));
  return *schema;
}

absl::StatusOr<std::unique_ptr<Strategy>> PbtStrategy::Create(PbtOptions options,
                                                              const StrategyContext& context) {
  const StudyConfig& study = context.study;
  if (study.objectives.size() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("copies the members that are best in one objective, and the study has ",
                     study.objectives.size(), "; leave one, or use the strategy nsga2"));
  }
  if (study.max_steps < 2) {
    return absl::InvalidArgumentError(absl::StrCat(
        "changes hyperparameters in mid-training, and a full training of this study's model ",
        study.max_steps == 0 ? "is of unknown length" : "has one step",
        "; it must have two at least (mlp's option epochs, \"max_steps\" in sturgeon serve)"));
  }
  const Rungs rungs = {
      options.interval > 0 ? options.interval : std::max<int64_t>(1, study.max_steps / kStretches),
      study.max_steps};
  if (rungs.count() < 2) {
    return absl::InvalidArgumentError(absl::StrCat("interval: a full training of ", study.max_steps,
                                                   " ", study.unit, "s has no two stretches of ",
                                                   rungs.interval, "; it must be ",
                                                   study.max_steps / 2, " at most"));
  }
  const Explorer explorer(study, options.step, options.resample);
  const std::vector<int64_t> levels = study.space.Levels();
  const bool varies = std::any_of(levels.begin(), levels.end(), [](int64_t n) { return n != 1; });
  if (varies && !explorer.CanChange()) {
    return absl::InvalidArgumentError(
        "changes hyperparameters in mid-training, and none of this study's can be changed then; "
        "tune one that can (a model says which: settable), or use asha");
  }
  std::unique_ptr<PbtStrategy> strategy(new PbtStrategy(options, rungs, context));
  absl::Status status = strategy->MakeOver(context);
  if (status.ok() && strategy->options_.explore.name != kPerturb) {
    status = strategy->MakeExplore().status();
  }
  if (!status.ok()) return status;
  return std::unique_ptr<Strategy>(std::move(strategy));
}

PbtStrategy::PbtStrategy(const PbtOptions& options, const Rungs& rungs,
                         const StrategyContext& context)
    : options_(options),
      rungs_(rungs),
      study_(context.study),
      note_(context.note),
      explorer_(study_, options.step, options.resample),
      population_(rungs.count(), options.population > 0 ? options.population
                                                        : DefaultPopulation(study_, rungs.count())),
      failed_(rungs.count() + 1),
      explore_study_(study_),
      plugins_(context.plugins),
      over_study_(study_) {
  // To the strategy that chooses a copy's values a trial is a stretch, and its loss the gain's
  // negative; values that were tried before may be the best now.
  explore_study_.max_steps = 0;
  explore_study_.objectives = {{"gain", Goal::kMaximize}};
  explore_study_.allow_duplicates = true;
  explore_study_.warm_start.clear();
  explore_study_.seed = ~study_.seed;  // other draws than those of this strategy for the same trial
  // To the strategy that proposes members a trial is a member's first stretch, and that is all.
  over_study_.max_steps = 0;
}

absl::Status PbtStrategy::MakeOver(const StrategyContext& context) {
  absl::StatusOr<std::unique_ptr<Strategy>> over = context.plugins.strategies.Create(
      options_.over, {over_study_, context.plugins, context.note});
  if (!over.ok()) return over.status();
  over_ = *std::move(over);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Strategy>> PbtStrategy::MakeExplore() const {
  return plugins_.strategies.Create(
      options_.explore, {explore_study_, plugins_, [](absl::string_view) {}}, "explore");
}

std::optional<Population::Stretch> PbtStrategy::StretchOf(
    absl::Span<const double> point, std::optional<int64_t> budget,
    std::optional<int64_t> resume_from) const {
  Population::Stretch stretch;
  const int64_t steps = budget.value_or(rungs_.max_steps);
  stretch.rung = static_cast<int>(std::min<int64_t>(steps / rungs_.interval, rungs_.count()));
  if (stretch.rung < 1 || rungs_.StepOf(stretch.rung) != steps) return std::nullopt;
  if (!resume_from.has_value()) {
    return stretch.rung == 1 ? std::make_optional(stretch) : std::nullopt;
  }
  const Population::Result* const parent = population_.Find(*resume_from);
  if (parent == nullptr || parent->rung != stretch.rung - 1) return std::nullopt;
  stretch.parent = resume_from;
  stretch.copy = !Same(point, parent->trial->point);
  return stretch;
}

absl::Status PbtStrategy::Tell(absl::Span<const Trial* const> finished) {
  std::vector<const Trial*> for_over;
  for (const Trial* trial : finished) {
    const std::optional<Population::Stretch> stretch =
        StretchOf(trial->point, trial->budget, trial->resume_from);
    const bool succeeded = CameToItsEnd(*trial, study_);
    if (stretch.has_value()) {
      if (started_.erase(trial->id) == 0) population_.Start(trial->id, *stretch);
      if (succeeded) {
        double violation = 0;
        for (const double c : trial->constraints) violation += std::max(c, 0.0);
        population_.Succeed(*trial, stretch->rung, study_.objectives[0].Loss(trial->values[0]),
                            violation);
      } else {
        population_.Fail(trial->id, *stretch);
        failed_[stretch->rung].push_back(trial);
      }
    }
    if (trial->resume_from.has_value()) continue;
    Trial& view = for_over_.emplace_back(*trial);
    view.budget.reset();
    if (succeeded) view.state = TrialState::kComplete;
    for_over.push_back(&view);
  }
  return for_over.empty() ? absl::OkStatus() : over_->Tell(for_over);
}

void PbtStrategy::SetPending(absl::Span<const PendingTrial> pending) {
  absl::flat_hash_set<int64_t> ids;
  for (const PendingTrial& trial : pending) ids.insert(trial.id);
  for (auto i = started_.begin(); i != started_.end();) {
    if (ids.contains(i->first)) {
      ++i;
      continue;
    }
    population_.Withdraw(i->first, i->second.stretch);
    i = started_.erase(i);
  }
  for (const PendingTrial& trial : pending) {
    if (started_.contains(trial.id)) continue;
    Started(trial.id, trial.point, trial.budget, trial.resume_from);
  }
}

void PbtStrategy::Started(int64_t id, absl::Span<const double> point, std::optional<int64_t> budget,
                          std::optional<int64_t> resume_from) {
  const std::optional<Population::Stretch> stretch = StretchOf(point, budget, resume_from);
  if (!stretch.has_value()) return;
  population_.Start(id, *stretch);
  started_[id] = {*stretch, Point(point.begin(), point.end())};
}

absl::StatusOr<std::vector<Proposal>> PbtStrategy::Ask(const AskRequest& request) {
  SetPending(request.pending);
  std::vector<Proposal> proposals;
  for (int64_t id = request.first_id; id < request.first_id + request.count; ++id) {
    absl::StatusOr<Proposal> proposal = Propose(id);
    if (!proposal.ok()) return proposal.status();
    Started(id, proposal->point, proposal->budget, proposal->resume_from);
    proposals.push_back(*std::move(proposal));
  }
  return proposals;
}

absl::StatusOr<Proposal> PbtStrategy::Propose(int64_t id) {
  const Population::Next next = population_.next();
  RandomStream rng(study_.seed, id, kProposalStream);
  switch (next.kind) {
    case Population::Next::Kind::kGoOn:
      return GoOn(id, *next.result, rng);
    case Population::Next::Kind::kReplaceFailed:
      return Copy(id, next.rung, nullptr, rng);
    case Population::Next::Kind::kNewMember:
      break;
  }
  return NewMember(id);
}

absl::StatusOr<Proposal> PbtStrategy::NewMember(int64_t id) {
  std::vector<PendingTrial> pending;
  for (const auto& [other, started] : started_) {
    if (!started.stretch.parent.has_value()) pending.push_back({other, started.point});
  }
  absl::StatusOr<std::vector<Proposal>> proposals = over_->Ask({id, 1, pending});
  if (!proposals.ok()) return proposals.status();
  Proposal proposal;
  proposal.budget = rungs_.StepOf(1);
  if (!proposals->empty()) {
    proposal.point = std::move(proposals->front().point);
    return proposal;
  }
  // It has nothing more to try; a member with the point of another one is still another one.
  RandomStream rng(study_.seed, id, kMemberStream);
  proposal.point.resize(study_.space.size());
  for (double& u : proposal.point) u = rng.Uniform();
  study_.space.FromUnit(proposal.point, absl::MakeSpan(proposal.point));
  return proposal;
}

size_t PbtStrategy::Share(int rung) const {
  const auto results = static_cast<double>(population_.ranked(rung).size());
  return static_cast<size_t>(options_.quantile * results);
}

absl::StatusOr<Proposal> PbtStrategy::GoOn(int64_t id, const Population::Result& result,
                                           RandomStream& rng) const {
  const size_t replaced = Share(result.rung);
  if (population_.RankOf(result) + replaced >= population_.ranked(result.rung).size()) {
    return Copy(id, result.rung, &result, rng);
  }
  return Continue(*result.trial, result.rung);
}

Proposal PbtStrategy::Continue(const Trial& trial, int rung) const {
  Proposal proposal;
  proposal.point = trial.point;
  if (rung + 1 < rungs_.count()) proposal.budget = rungs_.StepOf(rung + 1);
  proposal.resume_from = trial.id;
  return proposal;
}

absl::StatusOr<std::optional<Point>> PbtStrategy::Advice(int64_t id, int rung) const {
  const int next = rung + 1;
  std::deque<Trial> trials;
  const auto add = [&trials](const Trial& stretch) -> Trial& {
    Trial& trial = trials.emplace_back();
    trial.id = stretch.id;
    trial.point = stretch.point;
    trial.constraints = stretch.constraints;
    return trial;
  };
  for (int k = std::max(1, next - kNear); k <= std::min(rungs_.count(), next + kNear); ++k) {
    for (const auto& [stretch, gain] : GainsAt(population_, k)) {
      Trial& trial = add(*stretch);
      trial.state = TrialState::kComplete;
      trial.values = {gain};
    }
    for (const Trial* stretch : failed_[k]) {
      Trial& trial = add(*stretch);
      trial.state = TrialState::kFailed;
      trial.failure = stretch->failure;
    }
  }
  if (trials.size() < kFewestTold) return std::nullopt;
  std::vector<const Trial*> told;
  for (const Trial& trial : trials) told.push_back(&trial);
  std::sort(told.begin(), told.end(), [](const Trial* a, const Trial* b) { return a->id < b->id; });
  std::vector<PendingTrial> pending;
  for (const auto& [other, started] : started_) {
    if (std::abs(started.stretch.rung - next) <= kNear) pending.push_back({other, started.point});
  }
  absl::StatusOr<std::unique_ptr<Strategy>> strategy = MakeExplore();
  if (!strategy.ok()) return strategy.status();
  absl::Status status = (*strategy)->Tell(told);
  if (!status.ok()) return status;
  absl::StatusOr<std::vector<Proposal>> proposals = (*strategy)->Ask({id, 1, pending});
  if (!proposals.ok()) return proposals.status();
  if (proposals->empty()) return std::nullopt;
  return std::move(proposals->front().point);
}

absl::StatusOr<Proposal> PbtStrategy::Copy(int64_t id, int rung, const Population::Result* instead,
                                           RandomStream& rng) const {
  const size_t best = std::max<size_t>(Share(rung), 1);
  const Trial& source = *population_.ranked(rung)[rng.Below(best)]->trial;
  std::optional<Point> changed;
  if (options_.explore.name != kPerturb) {
    absl::StatusOr<std::optional<Point>> advice = Advice(id, rung);
    if (!advice.ok()) return advice.status();
    if (advice->has_value()) changed = explorer_.Adopt(source.point, **advice, rng);
  }
  if (!changed.has_value()) changed = explorer_.Explore(source.point, rng);
  // A copy that is the same in everything is no good.
  if (!changed.has_value()) return Continue(instead != nullptr ? *instead->trial : source, rung);
  Proposal proposal = Continue(source, rung);
  proposal.point = *changed;
  Note(id, source, proposal.point, rung, instead);
  return proposal;
}

void PbtStrategy::Note(int64_t id, const Trial& source, absl::Span<const double> point, int rung,
                       const Population::Result* instead) const {
  std::string line =
      absl::StrCat("trial ", id, ": a copy of trial ", source.id, " at ", study_.unit, " ",
                   rungs_.StepOf(rung), " (", absl::StrFormat("%.4g", source.values[0]), ")");
  if (instead != nullptr) {
    absl::StrAppend(&line, " instead of trial ", instead->trial->id, " (",
                    absl::StrFormat("%.4g", instead->trial->values[0]), ")");
  }
  const char* separator = ": ";
  for (int i = 0; i < study_.space.size(); ++i) {
    const Parameter& parameter = study_.space[i];
    if (std::isnan(point[i]) || point[i] == source.point[i]) continue;
    absl::StrAppend(&line, separator, parameter.name, " ",
                    parameter.is_categorical() ? WriteJson(parameter.ToValue(point[i]))
                                               : absl::StrFormat("%.4g", point[i]));
    separator = ", ";
  }
  note_(line);
}

}  // namespace sturgeon
