#include "strategies/nsga2/nsga2.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>

#include "core/plugins.h"
#include "strategies/pareto.h"
#include "strategies/start.h"

namespace sturgeon {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr int kCheckpoint = 32;
constexpr int kFewest = 2;  // results that can be parents

// Small while the budget is: a large population spends a short study on its start.
int PopulationFor(int64_t planned) {
  if (planned <= 0) return 50;
  const double size = std::round(4 * std::cbrt(static_cast<double>(planned)));
  return static_cast<int>(std::min(100.0, std::max(10.0, size)));
}

// The value next to that of u on a discrete parameter's axis, in the unit coordinate; u's own at
// the end of the axis.
double Neighbour(const Parameter& p, double u, bool up) {
  const int64_t level = p.LevelOf(p.FromUnit(u)) + (up ? 1 : -1);
  return p.ToUnit(p.Level(std::min(std::max<int64_t>(level, 0), p.Levels() - 1)));
}

}  // namespace

const Schema<Nsga2Options>& Nsga2Strategy::OptionSchema() {
  using Options = Nsga2Options;
  static const auto* const schema = new Schema<Options>(
      Schema<Options>()
          .Add("population_size", &Options::population_size,
               "How many trials the next ones descend from. 0: 4 times the cube root of the "
               "trials planned, between 10 and 100; 50 where no number is planned.",
               Between(0, 100000))
          .Add("startup_trials", &Options::startup_trials,
               "How many trials finish before the first is bred. 0: the population's size.",
               AtLeast(0))
          .Add("sampler", &Options::sampler,
               "Where the first points lie: a sampler, with options of its own.")
          .Add("crossover_probability", &Options::crossover_probability,
               "How often a trial has two parents rather than one.", Between(0.0, 1.0))
          .Add("crossover_eta", &Options::crossover_eta,
               "Simulated binary crossover: the larger, the nearer the child is to a parent.",
               Between(0.0, 1000.0))
          .Add("mutation_probability", &Options::mutation_probability,
               "How often each parameter mutates. 0: once a trial, on average.", Between(0.0, 1.0))
          .Add("mutation_eta", &Options::mutation_eta,
               "Polynomial mutation: the larger, the smaller the steps.", Between(0.0, 1000.0)));
  return *schema;
}

absl::StatusOr<std::unique_ptr<Strategy>> Nsga2Strategy::Create(Nsga2Options options,
                                                                const StrategyContext& context) {
  const StudyConfig& study = context.study;
  if (options.population_size == 0) options.population_size = PopulationFor(study.trials);
  options.population_size = std::max(options.population_size, kFewest);
  if (options.startup_trials == 0) options.startup_trials = options.population_size;

  auto sampler =
      MakeEndlessSampler(options.sampler, context.plugins.samplers, study, options.startup_trials);
  if (!sampler.ok()) return sampler.status();
  return std::unique_ptr<Strategy>(
      new Nsga2Strategy(std::move(options), study, *std::move(sampler)));
}

Nsga2Strategy::Nsga2Strategy(Nsga2Options options, const StudyConfig& study,
                             std::unique_ptr<Sampler> sampler)
    : options_(std::move(options)),
      study_(study),
      space_(study.space),
      sampler_(std::move(sampler)),
      earlier_(BestOfEarlierStudies(study, (options_.startup_trials + 1) / 2)),
      history_(study),
      tried_(study),
      checkpoints_(1) {
  for (const Parameter& p : space_.parameters()) has_priors_ |= p.prior.has_value();
}

absl::Status Nsga2Strategy::Tell(absl::Span<const Trial* const> finished) {
  const int first_new = history_.Add(finished);
  for (const Trial* trial : finished) tried_.Add(trial->point);
  if (first_new < absorbed_) {
    // Back to the last checkpoint before it.
    const int k = first_new / kCheckpoint;
    checkpoints_.resize(k + 1);
    population_.members = checkpoints_[k];
    absorbed_ = k * kCheckpoint;
  }
  return absl::OkStatus();
}

void Nsga2Strategy::Update() {
  if (absorbed_ == history_.size()) return;
  while (absorbed_ < history_.size()) {
    if (!history_.failed(absorbed_)) Join(absorbed_);
    if (++absorbed_ % kCheckpoint == 0) checkpoints_.push_back(population_.members);
  }
  Measure();
}

void Nsga2Strategy::Join(int trial) {
  std::vector<int>& members = population_.members;
  members.push_back(trial);
  if (static_cast<int>(members.size()) <= options_.population_size) return;
  Measure();
  size_t worst = 0;
  for (size_t i = 1; i < members.size(); ++i) {
    if (population_.ranks[i] > population_.ranks[worst] ||
        (population_.ranks[i] == population_.ranks[worst] &&
         population_.crowding[i] < population_.crowding[worst])) {
      worst = i;
    }
  }
  members.erase(members.begin() + static_cast<ptrdiff_t>(worst));
}

void Nsga2Strategy::Measure() {
  const int m = history_.objectives();
  const std::vector<int>& members = population_.members;
  std::vector<double> losses, violations;
  for (const int trial : members) {
    const absl::Span<const double> row = history_.losses(trial);
    losses.insert(losses.end(), row.begin(), row.end());
    violations.push_back(history_.violation(trial));
  }
  population_.ranks = NondominatedRanks(losses, m, violations);
  population_.crowding.assign(members.size(), 0.0);
  const int fronts =
      members.empty() ? 0
                      : 1 + *std::max_element(population_.ranks.begin(), population_.ranks.end());
  std::vector<std::vector<int>> by_rank(fronts);
  for (size_t i = 0; i < members.size(); ++i) by_rank[population_.ranks[i]].push_back(i);
  for (const std::vector<int>& front : by_rank) {
    std::vector<double> rows;
    for (const int i : front) {
      rows.insert(rows.end(), losses.begin() + static_cast<ptrdiff_t>(i) * m,
                  losses.begin() + static_cast<ptrdiff_t>(i + 1) * m);
    }
    const std::vector<double> crowding = CrowdingDistances(rows, m);
    for (size_t k = 0; k < front.size(); ++k) population_.crowding[front[k]] = crowding[k];
  }
}

absl::StatusOr<std::vector<Proposal>> Nsga2Strategy::Ask(const AskRequest& request) {
  Update();
  tried_.SetPending(request.pending);
  const bool starting = history_.size() < options_.startup_trials ||
                        static_cast<int>(population_.members.size()) < kFewest;
  std::vector<Proposal> proposals;
  for (int k = 0; k < request.count; ++k) {
    const int64_t id = request.first_id + k;
    RandomStream rng(study_.seed, id, kProposalStream);
    absl::StatusOr<Point> wanted = starting ? Start(id, rng) : Breed(rng);
    if (!wanted.ok()) return wanted.status();
    std::optional<Point> point = tried_.Untried(*wanted, rng);
    if (!point.has_value()) break;
    tried_.AddPending(*point);
    Proposal& proposal = proposals.emplace_back();
    proposal.point = *std::move(point);
  }
  return proposals;
}

absl::StatusOr<Point> Nsga2Strategy::Start(int64_t id, RandomStream& rng) const {
  const bool believing = id % 2 == 0;
  const auto number = id / 2;  // of the points that follow a belief
  const auto earlier = static_cast<int64_t>(earlier_.size());
  if (believing && number < earlier) return earlier_[number];
  absl::StatusOr<std::vector<double>> unit = SampleUnit(*sampler_, space_, id);
  if (!unit.ok()) return unit.status();
  if (believing && has_priors_) Believe(number - earlier, rng, *unit);
  Point point(space_.size());
  space_.FromUnit(*unit, absl::MakeSpan(point));
  return point;
}

void Nsga2Strategy::Believe(int64_t number, RandomStream& rng, Point& unit) const {
  for (int i = 0; i < space_.size(); ++i) {
    const Parameter& p = space_[i];
    if (!p.prior.has_value()) continue;
    unit[i] = number == 0 ? p.ToUnit(p.PriorNumber()) : DrawFromPrior(p, rng);
  }
}

int Nsga2Strategy::Tournament(RandomStream& rng) const {
  const auto n = static_cast<uint64_t>(population_.members.size());
  const auto a = static_cast<size_t>(rng.Below(n)), b = static_cast<size_t>(rng.Below(n));
  if (population_.ranks[a] != population_.ranks[b]) {
    return population_.members[population_.ranks[a] < population_.ranks[b] ? a : b];
  }
  return population_.members[population_.crowding[a] >= population_.crowding[b] ? a : b];
}

double Nsga2Strategy::Cross(const Parameter& p, double a, double b, RandomStream& rng) const {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) ? b : a;
  if (rng.Uniform() < 0.5 || a == b) return a;
  if (p.is_categorical()) return b;
  // One of the two children, each spread round its own parent.
  const double exponent = 1 / (options_.crossover_eta + 1);
  const double low = std::min(a, b), high = std::max(a, b);
  const bool lower = rng.Uniform() < 0.5;
  const double room = lower ? low : 1 - high;
  const double reach = 1 + 2 * room / (high - low);  // the β that reaches the border
  const double alpha = 2 - std::pow(reach, -(options_.crossover_eta + 1));
  const double r = rng.Uniform() * alpha;
  const double beta = std::pow(r <= 1 ? r : 1 / (2 - r), exponent);
  const double half = 0.5 * beta * (high - low), middle = 0.5 * (low + high);
  return std::min(1.0, std::max(0.0, lower ? middle - half : middle + half));
}

double Nsga2Strategy::Mutate(const Parameter& p, double u, RandomStream& rng) const {
  const int64_t levels = p.Levels();
  if (p.is_categorical()) {
    auto choice = static_cast<double>(rng.Below(static_cast<uint64_t>(levels) - 1));
    if (choice >= p.FromUnit(u)) choice += 1;
    return p.ToUnit(choice);
  }
  // Deb's form for a bounded variable: the density is cut at the borders, and no probability lies
  // on them.
  const double eta = options_.mutation_eta + 1;
  const double r = rng.Uniform();
  const double delta = r < 0.5
                           ? std::pow(2 * r + (1 - 2 * r) * std::pow(1 - u, eta), 1 / eta) - 1
                           : 1 - std::pow(2 * (1 - r) + (2 * r - 1) * std::pow(u, eta), 1 / eta);
  const double mutated = std::min(1.0, std::max(0.0, u + delta));
  if (levels == 0 || p.FromUnit(mutated) != p.FromUnit(u)) return mutated;
  const double neighbour = Neighbour(p, u, r >= 0.5);
  return p.FromUnit(neighbour) != p.FromUnit(u) ? neighbour : Neighbour(p, u, r < 0.5);
}

double Nsga2Strategy::Impute(int parameter, RandomStream& rng) const {
  std::vector<double> known;
  for (const int trial : population_.members) {
    const double u = history_.unit(trial)[parameter];
    if (!std::isnan(u)) known.push_back(u);
  }
  return known.empty() ? rng.Uniform() : known[rng.Below(known.size())];
}

Point Nsga2Strategy::Express(RandomStream& rng, Point& unit) const {
  Point child(space_.size(), kNaN);
  for (const int i : space_.order()) {
    if (!space_.IsActive(i, child)) continue;
    if (std::isnan(unit[i])) unit[i] = Impute(i, rng);
    child[i] = space_[i].FromUnit(unit[i]);
  }
  return child;
}

Point Nsga2Strategy::Breed(RandomStream& rng) const {
  const absl::Span<const double> first = history_.unit(Tournament(rng));
  const absl::Span<const double> other = history_.unit(Tournament(rng));
  Point unit(first.begin(), first.end());
  if (rng.Uniform() < options_.crossover_probability) {
    for (int i = 0; i < space_.size(); ++i) unit[i] = Cross(space_[i], first[i], other[i], rng);
  }
  const auto can_change = [this](const Point& genes) {
    std::vector<int> indices;
    for (int i = 0; i < space_.size(); ++i) {
      if (!std::isnan(genes[i]) && space_[i].Levels() != 1) indices.push_back(i);
    }
    return indices;
  };
  const std::vector<int> genes = can_change(unit);
  const double rate = options_.mutation_probability > 0
                          ? options_.mutation_probability
                          : 1 / std::max(1.0, static_cast<double>(genes.size()));
  for (const int i : genes) {
    if (rng.Uniform() < rate) unit[i] = Mutate(space_[i], unit[i], rng);
  }

  Point child = Express(rng, unit);
  const auto equals = [&](absl::Span<const double> parent) {
    for (int i = 0; i < space_.size(); ++i) {
      const bool same =
          std::isnan(parent[i]) ? std::isnan(child[i]) : child[i] == space_[i].FromUnit(parent[i]);
      if (!same) return false;
    }
    return true;
  };
  if (equals(first) || equals(other)) {
    const std::vector<int> active = can_change(child);
    if (!active.empty()) {
      const int i = active[rng.Below(active.size())];
      unit[i] = Mutate(space_[i], unit[i], rng);
      child = Express(rng, unit);
    }
  }
  return child;
}

}  // namespace sturgeon
