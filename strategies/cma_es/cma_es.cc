#include "strategies/cma_es/cma_es.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "core/random.h"
#include "strategies/start.h"

namespace sturgeon {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int64_t kNoTrial = std::numeric_limits<int64_t>::max();

enum : uint32_t {
  kNormalsStream = kFirstPluginStream,  // a generation's draws, by its first id
  kRestartStream,
  kUntriedStream,
  kFirstDrawStream,  // and as many after it as there are first draws
};

// More than enough for one of them to be untried, unless the space is nearly exhausted.
constexpr int kFirstDrawsOfFiniteSpaces = 16;

// The deviation at the start of a discrete coordinate, relative to that of a continuous one: the
// outermost values own cells up to the walls.
constexpr double kDiscreteSigma = 1.5;

// The share of earlier trials that say where it is good, and the neighbourhood of each.
constexpr double kGoodShare = 0.1;
constexpr double kWidthOnOtherTasks = 0.1, kWidthOnThisTask = 0.02;

// A prior is believed to be no sharper.
constexpr double kSharpestPrior = 0.02;

// A descent that is narrower has found its minimum.
constexpr double kConverged = 1e-6;

// A descent that has for so many generations found nothing but plateaus is on one.
constexpr int kLevel = 6;

constexpr size_t kKeptGenerations = 32;

size_t GoodOf(size_t trials) {
  return static_cast<size_t>(std::ceil(kGoodShare * static_cast<double>(trials)));
}

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<int64_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::vector<double> DiagonalOfSquares(absl::Span<const double> deviations) {
  const size_t d = deviations.size();
  std::vector<double> matrix(d * d, 0);
  for (size_t i = 0; i < d; ++i) matrix[i * d + i] = deviations[i] * deviations[i];
  return matrix;
}

int PopulationOf(const CmaEsOptions& options, const StudyConfig& study, const SearchAxes& axes) {
  if (options.population > 0) return options.population;
  const auto n = std::max<size_t>(1, axes.numeric.size() + axes.categorical.size());
  return std::max(4 + static_cast<int>(3 * std::log(static_cast<double>(n))), study.parallelism);
}

}  // namespace

const Schema<CmaEsOptions>& CmaEsStrategy::OptionSchema() {
  using Options = CmaEsOptions;
  static const auto* const schema = new Schema<Options>(
      Schema<Options>()
          .Add("population", &Options::population,
               "Trials a generation, at least 2. 0: 4 + 3 ln(parameters), but no fewer than run at "
               "once.",
               Range<int>{"0 or at least 2", [](const int& n) { return n == 0 || n >= 2; }})
          .Add("sigma", &Options::sigma,
               "The standard deviation at the start, as a share of a parameter's own scale.",
               Between(1e-4, 1.0))
          .Add("restarts", &Options::restarts,
               "What follows a descent that has converged or stagnates: nothing, one with twice "
               "the population (ipop), or large and small ones in turn (bipop).",
               OneOf({"none", "ipop", "bipop"})));
  return *schema;
}

absl::StatusOr<std::unique_ptr<Strategy>> CmaEsStrategy::Create(CmaEsOptions options,
                                                                const StrategyContext& context) {
  if (context.study.objectives.size() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("ranks trials by one objective, and the study has ",
                     context.study.objectives.size(), "; leave one, or use the strategy nsga2"));
  }
  return std::unique_ptr<Strategy>(new CmaEsStrategy(std::move(options), context));
}

CmaEsStrategy::CmaEsStrategy(CmaEsOptions options, const StrategyContext& context)
    : options_(std::move(options)),
      study_(context.study),
      space_(context.study.space),
      note_(context.note),
      axes_(space_),
      population_(PopulationOf(options_, study_, axes_)),
      first_draws_(std::find(axes_.discrete.begin(), axes_.discrete.end(), false) !=
                           axes_.discrete.end()
                       ? 1
                       : kFirstDrawsOfFiniteSpaces),
      base_(FromEarlierStudies()),
      history_(study_),
      tried_(study_),
      first_own_(kNoTrial) {}

SearchDistribution CmaEsStrategy::FromPriors() const {
  std::vector<double> mean(axes_.d(), 0.5), deviations(axes_.d());
  for (int i = 0; i < axes_.d(); ++i) {
    const Parameter& p = axes_.parameter(i);
    deviations[i] = options_.sigma * (axes_.discrete[i] ? kDiscreteSigma : 1);
    if (!p.prior.has_value()) continue;
    mean[i] = p.ToUnit(p.PriorNumber());
    deviations[i] = std::min(deviations[i], std::max(p.prior->width, kSharpestPrior));
  }
  std::vector<std::vector<double>> probabilities;
  for (const int parameter : axes_.categorical) {
    const Parameter& p = space_[parameter];
    const auto choices = static_cast<double>(p.choices.size());
    std::vector<double>& q = probabilities.emplace_back(p.choices.size(), 1 / choices);
    if (!p.prior.has_value()) continue;
    const double others = std::min(p.prior->width, 1 - 1 / choices);
    std::fill(q.begin(), q.end(), others / (choices - 1));
    q[static_cast<size_t>(p.PriorNumber())] = 1 - others;
  }
  return SearchDistribution(axes_, std::move(mean), DiagonalOfSquares(deviations),
                            std::move(probabilities));
}

SearchDistribution CmaEsStrategy::FromEarlierStudies() const {
  std::vector<Point> good;
  size_t trials = 0;
  for (const EarlierStudy& earlier : study_.warm_start) {
    std::vector<const EarlierTrial*> ranked = RankedTrials(earlier, study_);
    trials += ranked.size();
    ranked.resize(GoodOf(ranked.size()));
    for (const EarlierTrial* trial : ranked) {
      space_.ToUnit(trial->point, absl::MakeSpan(good.emplace_back(space_.size())));
    }
  }
  return Blend(FromPriors(), good, kWidthOnOtherTasks, trials);
}

SearchDistribution CmaEsStrategy::FromHistory(int64_t start) const {
  std::vector<int> ranked;
  for (int i = 0; i < history_.size() && history_.id(i) < start; ++i) {
    if (!history_.failed(i)) ranked.push_back(i);
  }
  std::sort(ranked.begin(), ranked.end(), [this](int a, int b) { return history_.Better(a, b); });
  const size_t trials = ranked.size();
  ranked.resize(GoodOf(trials));
  std::vector<Point> good;
  for (const int i : ranked) good.emplace_back(history_.unit(i).begin(), history_.unit(i).end());
  return Blend(base_, good, kWidthOnThisTask, trials);
}

SearchDistribution CmaEsStrategy::Blend(const SearchDistribution& base,
                                        absl::Span<const Point> good, double width,
                                        size_t trials) const {
  if (good.empty()) return base;
  const int d = axes_.d();
  const double theirs =
      static_cast<double>(trials) / static_cast<double>(trials + static_cast<size_t>(population_));
  const double each = theirs / static_cast<double>(good.size());
  std::vector<double> mean = base.mean();
  for (int i = 0; i < d; ++i) mean[i] *= 1 - theirs;
  std::vector<std::vector<double>> centres;
  for (const Point& unit : good) {
    std::vector<double>& centre = centres.emplace_back(base.mean());
    for (int i = 0; i < d; ++i) {
      const double u = unit[axes_.numeric[i]];
      if (!std::isnan(u)) centre[i] = u;
      mean[i] += each * centre[i];
    }
  }
  std::vector<double> covariance = base.Covariance();
  for (double& c : covariance) c *= 1 - theirs;
  const auto add_spread = [&](absl::Span<const double> centre, double weight) {
    for (int i = 0; i < d; ++i) {
      for (int k = 0; k < d; ++k) {
        covariance[static_cast<size_t>(i) * d + k] +=
            weight * (centre[i] - mean[i]) * (centre[k] - mean[k]);
      }
    }
  };
  add_spread(base.mean(), 1 - theirs);
  for (const std::vector<double>& centre : centres) add_spread(centre, each);
  for (int i = 0; i < d; ++i) {
    covariance[static_cast<size_t>(i) * d + i] += theirs * width * width;
  }

  std::vector<std::vector<double>> probabilities = base.probabilities();
  for (size_t j = 0; j < probabilities.size(); ++j) {
    const int parameter = axes_.categorical[j];
    std::vector<double>& q = probabilities[j];
    std::vector<double> counts(q.size(), 0);
    double active = 0;
    for (const Point& unit : good) {
      if (std::isnan(unit[parameter])) continue;
      ++counts[static_cast<size_t>(space_[parameter].FromUnit(unit[parameter]))];
      ++active;
    }
    if (active == 0) continue;
    for (size_t k = 0; k < q.size(); ++k) {
      q[k] = (1 - theirs) * q[k] + theirs * counts[k] / active;
    }
  }
  return SearchDistribution(axes_, std::move(mean), std::move(covariance),
                            std::move(probabilities));
}

Point CmaEsStrategy::ToPoint(const SearchPoint& point) const {
  Point result(space_.size(), 0.5);
  for (int i = 0; i < axes_.d(); ++i) result[axes_.numeric[i]] = point.x[i];
  for (size_t j = 0; j < point.c.size(); ++j) {
    result[axes_.categorical[j]] = space_[axes_.categorical[j]].ToUnit(point.c[j]);
  }
  space_.FromUnit(result, absl::MakeSpan(result));
  return result;
}

void CmaEsStrategy::Overwrite(absl::Span<const double> unit, SearchPoint* point) const {
  for (int i = 0; i < axes_.d(); ++i) {
    const double u = unit[axes_.numeric[i]];
    if (!std::isnan(u)) point->x[i] = u;
  }
  for (size_t j = 0; j < point->c.size(); ++j) {
    const int parameter = axes_.categorical[j];
    if (std::isnan(unit[parameter])) continue;
    point->c[j] = static_cast<int>(space_[parameter].FromUnit(unit[parameter]));
  }
}

SearchPoint CmaEsStrategy::FirstDraw(int64_t id, int attempt) const {
  RandomStream rng(study_.seed, id, kFirstDrawStream + attempt);
  return base_.Sample(MirroredNormals(1, axes_.d(), rng), rng);
}

bool CmaEsStrategy::IsFirstDraw(int64_t id, absl::Span<const double> point) const {
  for (int attempt = 0; attempt < first_draws_; ++attempt) {
    if (SamePoint(ToPoint(FirstDraw(id, attempt)), point)) return true;
  }
  return false;
}

absl::Status CmaEsStrategy::Tell(absl::Span<const Trial* const> finished) {
  history_.Add(finished);
  for (const Trial* trial : finished) {
    tried_.Add(trial->point);
    changed_ = std::min(changed_, trial->id);
    if (trial->id < first_own_ && IsFirstDraw(trial->id, trial->point)) first_own_ = trial->id;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Proposal>> CmaEsStrategy::Ask(const AskRequest& request) {
  // Every trial below first_id has finished or is pending: the first of our own is among them, or
  // this call makes it.
  int64_t start = std::min(first_own_, request.first_id);
  for (const PendingTrial& pending : request.pending) {
    if (pending.id >= start) break;
    if (IsFirstDraw(pending.id, pending.point)) start = pending.id;
  }

  tried_.SetPending(request.pending);
  std::vector<Proposal> proposals;
  for (int i = 0; i < request.count; ++i) {
    const int64_t id = request.first_id + i;
    Point wanted;
    if (id == start) {
      for (int attempt = 0; attempt < first_draws_; ++attempt) {
        wanted = ToPoint(FirstDraw(id, attempt));
        if (!tried_.Contains(wanted)) break;
      }
    } else {
      Advance(start, id);
      wanted = ToPoint(Draw(generations_.back(), id));
    }
    RandomStream rng(study_.seed, id, kUntriedStream);
    std::optional<Point> point = tried_.Untried(wanted, rng);
    if (!point.has_value()) break;
    tried_.AddPending(*point);
    proposals.push_back({*std::move(point), std::nullopt, std::nullopt});
  }
  return proposals;
}

SearchPoint CmaEsStrategy::Draw(const Generation& generation, int64_t id) const {
  if (id == start_) return FirstDraw(id, 0);
  RandomStream rng(study_.seed, id, kProposalStream);
  const auto k = static_cast<size_t>(id - generation.begin);
  return generation.distribution.Sample(
      absl::MakeConstSpan(generation.normals).subspan(k * axes_.d(), axes_.d()), rng);
}

void CmaEsStrategy::Advance(int64_t start, int64_t id) {
  if (start != start_ || changed_ < start) generations_.clear();
  start_ = start;
  while (!generations_.empty() && generations_.back().begin > changed_) generations_.pop_back();
  changed_ = kNoTrial;
  if (generations_.empty()) generations_.push_back(First(start));
  while (id >= generations_.back().begin + generations_.back().descent.population) {
    Generation next = Next(generations_.back());
    if (next.descent.index > noted_) {
      noted_ = next.descent.index;
      note_(
          absl::StrCat("restart ", noted_, ", ", next.descent.population, " trials a generation"));
    }
    if (generations_.size() == kKeptGenerations) generations_.erase(generations_.begin());
    generations_.push_back(std::move(next));
  }
}

CmaEsStrategy::Generation CmaEsStrategy::First(int64_t start) const {
  Generation first{start, {}, FromHistory(start), {}, {kInfinity, kInfinity}};
  for (int i = 0; i < history_.size() && history_.id(i) < start; ++i) {
    if (history_.failed(i)) continue;
    first.best = std::min(first.best, {history_.violation(i), history_.loss(i)});
  }
  first.descent.population = first.descent.large_population = population_;
  DrawNormals(&first);
  return first;
}

CmaEsStrategy::Generation CmaEsStrategy::Next(const Generation& generation) const {
  Generation next = generation;
  Descent& descent = next.descent;
  next.begin += descent.population;
  Ranking ranking = Rank(generation);
  const size_t n = ranking.points.size();
  next.best = ranking.best;
  if (n >= 2 && 2 * n >= static_cast<size_t>(descent.population)) {
    next.distribution.Update(ranking.points);
    descent.medians.push_back(ranking.median);
    if (descent.medians.size() > 2 * Window(descent))
      descent.medians.erase(descent.medians.begin());
    descent.level = ranking.points.front().equal * 2 >= static_cast<int>(n) ? descent.level + 1 : 0;
    (descent.small ? descent.small_trials : descent.large_trials) += descent.population;
    if (HasEnded(next)) Restart(&next);
  }
  DrawNormals(&next);
  return next;
}

CmaEsStrategy::Ranking CmaEsStrategy::Rank(const Generation& generation) const {
  Ranking ranking;
  ranking.best = generation.best;
  int first = 0;
  for (int above = history_.size(); first < above;) {
    const int middle = first + (above - first) / 2;
    if (history_.id(middle) < generation.begin) {
      first = middle + 1;
    } else {
      above = middle;
    }
  }

  const int64_t end = generation.begin + generation.descent.population;
  std::vector<int> members;
  std::vector<RankedPoint> points;
  for (int i = first; i < history_.size() && history_.id(i) < end; ++i) {
    const Quality quality = {history_.violation(i), history_.loss(i)};
    RankedPoint point;
    point.point = Draw(generation, history_.id(i));
    Point drawn = ToPoint(point.point);
    space_.ToUnit(drawn, absl::MakeSpan(drawn));
    if (!SamePoint(drawn, history_.unit(i))) {
      point.foreign = true;
      Overwrite(history_.unit(i), &point.point);
      const bool discovery = !history_.failed(i) && quality < generation.best;
      if (!discovery &&
          generation.distribution.Distance(point.point.x) > generation.distribution.Reach()) {
        continue;
      }
    }
    if (!history_.failed(i)) ranking.best = std::min(ranking.best, quality);
    members.push_back(i);
    points.push_back(std::move(point));
  }

  const int n = static_cast<int>(members.size());
  if (n == 0) return ranking;
  std::vector<int> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](int a, int b) { return history_.Better(members[a], members[b]); });
  const auto equal = [&](int a, int b) {
    const int i = members[a], j = members[b];
    return history_.failed(i) == history_.failed(j) && history_.loss(i) == history_.loss(j) &&
           history_.violation(i) == history_.violation(j);
  };
  for (int i = 0, after = 0; i < n; i = after) {
    while (after < n && equal(order[i], order[after])) ++after;
    for (int k = i; k < after; ++k) {
      points[order[k]].better = i;
      points[order[k]].equal = after - i;
      ranking.points.push_back(std::move(points[order[k]]));
    }
  }
  const int middle = members[order[n / 2]];
  ranking.median =
      history_.failed(middle) || !history_.feasible(middle) ? kInfinity : history_.loss(middle);
  return ranking;
}

size_t CmaEsStrategy::Window(const Descent& descent) const {
  return 20 + static_cast<size_t>(30.0 * axes_.d() / descent.population);
}

bool CmaEsStrategy::HasEnded(const Generation& generation) const {
  if (options_.restarts == "none") return false;
  if (generation.descent.level >= kLevel) return true;
  bool continuous = false, narrow = true;
  for (int i = 0; i < axes_.d(); ++i) {
    if (axes_.discrete[i]) continue;
    continuous = true;
    narrow &= generation.distribution.deviation(i) < kConverged;
  }
  if (continuous && narrow) return true;

  const std::vector<double>& medians = generation.descent.medians;
  if (medians.size() < 2 * Window(generation.descent)) return false;
  const auto middle = medians.begin() + static_cast<int64_t>(medians.size() / 2);
  return Median({middle, medians.end()}) >= Median({medians.begin(), middle});
}

void CmaEsStrategy::Restart(Generation* generation) const {
  Descent& descent = generation->descent;
  ++descent.index;
  descent.medians.clear();
  descent.level = 0;
  descent.small = options_.restarts == "bipop" && descent.small_trials < descent.large_trials &&
                  descent.index > 1;
  RandomStream rng(study_.seed, descent.index, kRestartStream);
  double sigma = options_.sigma;
  if (descent.small) {
    // Hansen 2009: between the first population and half of the large one, and σ down to 1 %.
    const double u = rng.Uniform();
    const double ratio = std::max(1.0, 0.5 * descent.large_population / population_);
    descent.population = static_cast<int>(population_ * std::pow(ratio, u * u));
    sigma *= std::pow(10.0, -2 * rng.Uniform());
  } else {
    descent.large_population *= 2;
    descent.population = descent.large_population;
  }
  std::vector<double> mean(axes_.d()), deviations(axes_.d());
  for (int i = 0; i < axes_.d(); ++i) {
    mean[i] = rng.Uniform();
    deviations[i] = sigma * (axes_.discrete[i] ? kDiscreteSigma : 1);
  }
  std::vector<std::vector<double>> probabilities;
  for (const int parameter : axes_.categorical) {
    const size_t choices = space_[parameter].choices.size();
    probabilities.emplace_back(choices, 1 / static_cast<double>(choices));
  }
  generation->distribution = SearchDistribution(
      axes_, std::move(mean), DiagonalOfSquares(deviations), std::move(probabilities));
}

void CmaEsStrategy::DrawNormals(Generation* generation) const {
  RandomStream rng(study_.seed, generation->begin, kNormalsStream);
  generation->normals = MirroredNormals(generation->descent.population, axes_.d(), rng);
}

}  // namespace sturgeon
