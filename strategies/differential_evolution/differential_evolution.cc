#include "strategies/differential_evolution/differential_evolution.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "strategies/start.h"

namespace sturgeon {
namespace {

constexpr int kPopulation = 12;
constexpr int kSmallestPopulation = 4;  // a member and three others
constexpr double kBestShare = 0.2;      // of the members, which p is one of
constexpr size_t kKept = 2;             // trials of a slot

enum : uint32_t { kUntriedStream = kFirstPluginStream };

}  // namespace

const Schema<DifferentialEvolutionOptions>& DifferentialEvolutionStrategy::OptionSchema() {
  using Options = DifferentialEvolutionOptions;
  static const auto* const schema = new Schema<Options>(
      Schema<Options>()
          .Add("population", &Options::population,
               "How many members, at least 4. 0: 12, but no fewer than run at once.",
               Range<int>{"0 or at least 4", [](const int& n) { return n == 0 || n >= 4; }})
          .Add("differential_weight", &Options::differential_weight,
               "F, the length of the steps relative to the differences of members.",
               Between(0.01, 2.0))
          .Add("crossover", &Options::crossover,
               "CR, the probability that a parameter changes in a challenge.", Between(0.0, 1.0)));
  return *schema;
}

absl::StatusOr<std::unique_ptr<Strategy>> DifferentialEvolutionStrategy::Create(
    DifferentialEvolutionOptions options, const StrategyContext& context) {
  if (context.study.objectives.size() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("compares trials by one objective, and the study has ",
                     context.study.objectives.size(), "; leave one, or use the strategy nsga2"));
  }
  return std::unique_ptr<Strategy>(new DifferentialEvolutionStrategy(options, context));
}

DifferentialEvolutionStrategy::DifferentialEvolutionStrategy(DifferentialEvolutionOptions options,
                                                             const StrategyContext& context)
    : options_(options), study_(context.study), space_(context.study.space), tried_(study_) {
  const int population =
      options.population > 0 ? options.population : std::max(kPopulation, study_.parallelism);
  slots_.resize(population);
  for (int i = 0; i < space_.size(); ++i) {
    std::vector<int>& strata = strata_.emplace_back(population);
    std::iota(strata.begin(), strata.end(), 0);
    RandomStream(study_.seed, i, kDesignStream).Shuffle(absl::MakeSpan(strata));
  }
  earlier_ = BestOfEarlierStudies(study_, slots_.size() / 2);
  for (Point& point : earlier_) space_.ToUnit(point, absl::MakeSpan(point));
}

bool DifferentialEvolutionStrategy::Member::operator<(const Member& other) const {
  return std::tie(violation, loss, id) < std::tie(other.violation, other.loss, other.id);
}

absl::Status DifferentialEvolutionStrategy::Tell(absl::Span<const Trial* const> finished) {
  for (const Trial* trial : finished) {
    tried_.Add(trial->point);
    if (trial->values.empty()) continue;
    Member member = {trial->id, 0, study_.objectives[0].Loss(trial->values[0]),
                     Point(space_.size())};
    for (const double c : trial->constraints) member.violation += std::max(c, 0.0);
    Slot& slot = slots_[SlotOf(trial->id)];
    const auto at = std::lower_bound(slot.begin(), slot.end(), member);
    if (at == slot.end() && slot.size() == kKept) continue;
    space_.ToUnit(trial->point, absl::MakeSpan(member.unit));
    slot.insert(at, std::move(member));
    if (slot.size() > kKept) slot.pop_back();
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Proposal>> DifferentialEvolutionStrategy::Ask(
    const AskRequest& request) {
  std::vector<const Member*> ranked;
  for (const Slot& slot : slots_) {
    if (!slot.empty()) ranked.push_back(&slot.front());
  }
  std::sort(ranked.begin(), ranked.end(), [](const Member* a, const Member* b) { return *a < *b; });

  tried_.SetPending(request.pending);
  std::vector<Proposal> proposals;
  for (int i = 0; i < request.count; ++i) {
    const int64_t id = request.first_id + i;
    RandomStream rng(study_.seed, id, kProposalStream);
    const bool initial =
        slots_[SlotOf(id)].empty() || static_cast<int>(ranked.size()) < kSmallestPopulation;
    Point wanted = initial ? Initial(id, rng) : Challenge(id, ranked, rng);
    space_.FromUnit(wanted, absl::MakeSpan(wanted));
    RandomStream untried(study_.seed, id, kUntriedStream);
    std::optional<Point> point = tried_.Untried(wanted, untried);
    if (!point.has_value()) break;
    tried_.AddPending(*point);
    proposals.push_back({*std::move(point), std::nullopt, std::nullopt});
  }
  return proposals;
}

Point DifferentialEvolutionStrategy::Initial(int64_t id, RandomStream& rng) const {
  Point unit(space_.size());
  const bool design = id < static_cast<int64_t>(slots_.size());
  const auto population = static_cast<double>(slots_.size());
  for (int i = 0; i < space_.size(); ++i) {
    if (space_[i].prior.has_value()) {
      unit[i] = DrawFromPrior(space_[i], rng);
    } else {
      unit[i] = rng.Uniform();
      if (design) unit[i] = (strata_[i][static_cast<size_t>(id)] + unit[i]) / population;
    }
    if (id < static_cast<int64_t>(earlier_.size())) {
      const double u = earlier_[static_cast<size_t>(id)][i];
      if (!std::isnan(u)) unit[i] = u;
    }
  }
  return unit;
}

Point DifferentialEvolutionStrategy::Challenge(int64_t id, const std::vector<const Member*>& ranked,
                                               RandomStream& rng) const {
  const int own = SlotOf(id);
  const auto members = static_cast<int>(ranked.size());
  const int best = std::max(2, static_cast<int>(std::lround(kBestShare * members)));
  const Point& x = slots_[own].front().unit;
  const Point& p = ranked[rng.Below(best)]->unit;
  // Two different slots, neither of them the challenged one.
  int a = own, b = own;
  while (a == own) a = SlotOf(ranked[rng.Below(members)]->id);
  while (b == own || b == a) b = SlotOf(ranked[rng.Below(members)]->id);
  const Slot& third = slots_[b];
  const Point& from = slots_[a].front().unit;
  const Point& to = third[rng.Uniform() < 0.5 ? third.size() - 1 : 0].unit;

  const double f = options_.differential_weight;
  Point unit(space_.size());
  const int certain = static_cast<int>(rng.Below(std::max(space_.size(), 1)));
  for (int i = 0; i < space_.size(); ++i) {
    const Parameter& parameter = space_[i];
    const auto coordinate = [&](const Point& point) {
      return std::isnan(point[i]) ? rng.Uniform() : point[i];
    };
    const double mine = coordinate(x);
    unit[i] = mine;
    if (i != certain && rng.Uniform() >= options_.crossover) continue;
    const double theirs = coordinate(p), one = coordinate(from), other = coordinate(to);
    if (parameter.is_categorical()) {
      if (rng.Uniform() < f) unit[i] = theirs;
      if (one != other && rng.Uniform() < f) unit[i] = rng.Uniform();
      continue;
    }
    double v = mine + f * (theirs - mine) + f * (one - other);
    if (parameter.Levels() > 0) {
      const Parameter::Share share = parameter.ShareOf(parameter.FromUnit(v));
      v += (share.high - share.low) * (rng.Uniform() - 0.5);
    }
    if (v < 0) v = mine * rng.Uniform();
    if (v > 1) v = 1 - (1 - mine) * rng.Uniform();
    unit[i] = v;
  }
  return unit;
}

}  // namespace sturgeon
