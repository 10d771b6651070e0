#include "core/importance.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/marginal_forest.h"
#include "core/ped_anova.h"
#include "core/random.h"
#include "core/suggest.h"

namespace sturgeon {
namespace {

// Rows that a tree draws, and rows by which a forest is judged, at most.
constexpr size_t kMostDrawn = 1000;
constexpr uint32_t kMinLeaf = 3;
// Pairs of halves of the trials, and trees for each half.
constexpr int kHalvings = 10;
constexpr int kHalfTrees = 8;
// Trees that say what a parameter without influence gets.
constexpr int kNoiseTrees = 32;
// Levels of a discrete parameter up to which trees cut only where they meet.
constexpr int64_t kMostLevels = 1000;
constexpr double kDefaultGood = 0.1;

enum : uint32_t {
  kTreeStream = kFirstPluginStream,
  kHalvesStream,
  kShuffleStream,
  kRankStream,
};

absl::Status Invalid(std::string message) { return absl::InvalidArgumentError(std::move(message)); }

// A metric as trials have it.
struct Source {
  enum Kind { kObjective, kConstraint, kReport } kind = kObjective;
  size_t index = 0;
  std::string name;
  std::optional<Goal> goal;
};

const std::vector<std::string> ReportedMetrics(const StudyConfig& config) {
  if (!config.metrics.empty()) return config.metrics;
  std::vector<std::string> names;
  for (const Objective& objective : config.objectives) names.push_back(objective.metric);
  return names;
}

absl::StatusOr<Source> FindMetric(const StudyConfig& config, const ImportanceOptions& options) {
  std::vector<std::string> known;
  const auto matches = [&](const std::string& name) {
    known.push_back(name);
    return options.metric.empty() || name == options.metric;
  };
  for (size_t k = 0; k < config.objectives.size(); ++k) {
    const Objective& objective = config.objectives[k];
    if (!matches(objective.metric)) continue;
    return Source{Source::kObjective, k, objective.metric, options.goal.value_or(objective.goal)};
  }
  for (size_t c = 0; c < config.constraints.size(); ++c) {
    const MetricConstraint& constraint = config.constraints[c];
    if (!matches(constraint.metric)) continue;
    const Goal goal = constraint.at_least ? Goal::kMaximize : Goal::kMinimize;
    return Source{Source::kConstraint, c, constraint.metric, options.goal.value_or(goal)};
  }
  const std::vector<std::string> reported = ReportedMetrics(config);
  for (size_t m = 0; m < reported.size(); ++m) {
    if (!matches(reported[m])) continue;
    std::optional<Goal> goal = options.goal;
    if (!goal.has_value() && m < config.metric_goals.size()) goal = config.metric_goals[m];
    return Source{Source::kReport, m, reported[m], goal};
  }
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  return Invalid(UnknownName("metric", options.metric, known));
}

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// The metric of a trial that has ended; NaN if it has none.
double MetricOf(const StudyConfig& config, const Source& source, const Trial& trial) {
  switch (source.kind) {
    case Source::kObjective:
      return source.index < trial.values.size() ? trial.values[source.index] : kNone;
    case Source::kConstraint:
      return source.index < trial.constraints.size()
                 ? config.constraints[source.index].MetricOf(trial.constraints[source.index])
                 : kNone;
    case Source::kReport:
      break;
  }
  if (trial.reports.empty()) return kNone;
  const absl::Span<const double> last = trial.reports.values(trial.reports.size() - 1);
  return source.index < last.size() ? last[source.index] : kNone;
}

ForestAxis AxisOf(const Parameter& parameter) {
  ForestAxis axis;
  const int64_t levels = parameter.Levels();
  if (parameter.is_categorical()) {
    axis.categories = static_cast<int>(levels);
  } else if (levels > 0 && levels <= kMostLevels) {
    for (int64_t k = 0; k + 1 < levels; ++k) {
      axis.borders.push_back(parameter.ShareOf(parameter.Level(k)).high);
    }
  }
  return axis;
}

// Equal losses share the mean of their ranks, which are in (0, 1].
std::vector<double> Ranks(const std::vector<double>& losses) {
  std::vector<size_t> order(losses.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return losses[a] < losses[b]; });
  std::vector<double> ranks(losses.size());
  const double n = static_cast<double>(losses.size());
  for (size_t i = 0; i < order.size();) {
    size_t end = i;
    while (end < order.size() && losses[order[end]] == losses[order[i]]) ++end;
    const double mean = 0.5 * static_cast<double>(i + 1 + end) / n;
    for (; i < end; ++i) ranks[order[i]] = mean;
  }
  return ranks;
}

// The share of the cube, not of the trials, where the value is less, for each row's y (and half of
// where it is the same): ranks as they would be if the trials were uniform. A strategy that learns
// has many good trials close together, and the rank among trials is then about these alone. The
// boxes of trees that hold a trial each say what share each one stands for.
std::vector<double> SpaceRanks(const ForestData& data, int trees, uint64_t seed) {
  std::vector<uint32_t> all(data.rows);
  std::iota(all.begin(), all.end(), 0u);
  struct Box {
    double value, volume;
  };
  std::vector<Box> boxes;
  for (int t = 0; t < trees; ++t) {
    RandomStream rng(seed, t, kRankStream);
    const MarginalTree tree(data, Bootstrap(all, std::min(data.rows, kMostDrawn), &rng), 1, &rng);
    for (size_t leaf = 0; leaf < tree.leaves(); ++leaf) {
      boxes.push_back({tree.leaf_value(leaf), tree.leaf_volume(leaf) / trees});
    }
  }
  std::sort(boxes.begin(), boxes.end(),
            [](const Box& a, const Box& b) { return a.value < b.value; });
  std::vector<double> below = {0};  // the volume of the first so many
  for (const Box& box : boxes) below.push_back(below.back() + box.volume);
  std::vector<double> ranks;
  for (const double y : data.y) {
    const auto first = std::lower_bound(boxes.begin(), boxes.end(), y,
                                        [](const Box& box, double v) { return box.value < v; });
    const auto last = std::upper_bound(boxes.begin(), boxes.end(), y,
                                       [](double v, const Box& box) { return v < box.value; });
    ranks.push_back(0.5 * (below[first - boxes.begin()] + below[last - boxes.begin()]));
  }
  return ranks;
}

// Whether it is known where the trial lies: one may fail before it is.
bool HasPoint(const Trial& trial, size_t axes) {
  return trial.point.size() == axes && std::any_of(trial.point.begin(), trial.point.end(),
                                                   [](double v) { return !std::isnan(v); });
}

// The trials that count, as the measures see them.
struct Sample {
  ForestData data;            // y: less is better
  std::vector<uint8_t> good;  // ped_anova: [rows]
  int64_t failed = 0;
  bool constant = true;
};

Sample MakeSample(const StudyConfig& config, absl::Span<const Trial> trials, const Source& source,
                  const ImportanceOptions& options, double quantile) {
  const auto axes = static_cast<size_t>(config.space.size());
  Sample sample;
  std::vector<const Trial*> used;
  std::vector<double> losses;
  const Objective sign = {source.name, source.goal.value_or(Goal::kMinimize)};
  for (const Trial& trial : trials) {
    if (!trial.finished() || trial.failure == FailureKind::kCancelled) continue;
    if (!HasPoint(trial, axes)) continue;
    double loss = sign.Loss(MetricOf(config, source, trial));
    if (!(std::abs(loss) < std::numeric_limits<double>::infinity())) {
      if (source.kind != Source::kObjective) continue;
      loss = std::numeric_limits<double>::infinity();
      ++sample.failed;
    }
    used.push_back(&trial);
    losses.push_back(loss);
  }
  ForestData& data = sample.data;
  data.rows = used.size();
  for (const Parameter& parameter : config.space.parameters()) {
    data.axes.push_back(AxisOf(parameter));
  }
  data.x.resize(axes * data.rows);
  Point unit(axes);
  for (size_t row = 0; row < data.rows; ++row) {
    config.space.ToUnit(used[row]->point, absl::MakeSpan(unit));
    for (size_t axis = 0; axis < axes; ++axis) data.x[axis * data.rows + row] = unit[axis];
  }
  if (data.rows == 0) return sample;

  std::vector<double> sorted = losses;
  std::sort(sorted.begin(), sorted.end());
  sample.constant = sorted.front() == sorted.back();
  // The worst of the good trials.
  const auto goods = static_cast<size_t>(std::ceil(quantile * static_cast<double>(data.rows)));
  const double bar = sorted[std::min(data.rows, std::max<size_t>(1, goods)) - 1];
  const double infinity = std::numeric_limits<double>::infinity();
  const auto finite_end = std::lower_bound(sorted.begin(), sorted.end(), infinity);
  const double worst = finite_end == sorted.begin() ? 0 : finite_end[-1];
  for (const double loss : losses) sample.good.push_back(loss <= std::min(bar, worst) ? 1 : 0);
  if (options.ranks) {
    data.y = Ranks(losses);
    if (options.method != ImportanceMethod::kPedAnova && !sample.constant &&
        static_cast<int64_t>(data.rows) >= kFewestTrials) {
      data.y = SpaceRanks(data, options.trees, options.seed);
    }
  } else {
    for (const double loss : losses) data.y.push_back(std::min(loss, worst));
  }
  if (quantile >= 1) return sample;
  // What is no good is all as bad as the worst of the good.
  double most = -infinity;
  for (size_t row = 0; row < data.rows; ++row) {
    if (sample.good[row] != 0) most = std::max(most, data.y[row]);
  }
  for (double& y : data.y) y = std::min(y, most);
  return sample;
}

// What a forest says of the rows.
struct ForestResult {
  std::vector<double> main, total, permutation;
  std::vector<PairImportance> pairs;
  double explained = 0;
};

struct Wanted {
  bool main = false, total = false, pairs = false, permutation = false, explained = false;
};

// How much worse a tree predicts the rows when each axis is shuffled among them, added to `more`.
void AddPermutation(const ForestData& data, const MarginalTree& tree,
                    const std::vector<uint32_t>& rows, RandomStream* rng,
                    std::vector<double>* more) {
  const size_t axes = data.axes.size(), n = rows.size();
  std::vector<double> points(n * axes);
  std::vector<double> errors(n);
  for (size_t i = 0; i < n; ++i) {
    for (size_t axis = 0; axis < axes; ++axis) {
      const double u = data.at(axis, rows[i]);
      points[i * axes + axis] = std::isnan(u) ? rng->Uniform() : u;
    }
    const double off =
        data.y[rows[i]] - tree.Predict(absl::MakeConstSpan(points).subspan(i * axes, axes));
    errors[i] = off * off;
  }
  std::vector<size_t> from(n);
  std::iota(from.begin(), from.end(), size_t{0});
  std::vector<double> point(axes);
  for (size_t axis = 0; axis < axes; ++axis) {
    rng->Shuffle(absl::MakeSpan(from));
    double sum = 0;
    for (size_t i = 0; i < n; ++i) {
      std::copy_n(&points[i * axes], axes, point.begin());
      point[axis] = points[from[i] * axes + axis];
      const double off = data.y[rows[i]] - tree.Predict(point);
      sum += off * off - errors[i];
    }
    (*more)[axis] += sum;
  }
}

ForestResult GrowForest(const ForestData& data, absl::Span<const uint32_t> rows, int trees,
                        uint64_t seed, uint64_t number, const Wanted& wanted) {
  const size_t axes = data.axes.size();
  ForestResult result;
  result.main.assign(axes, 0);
  result.total.assign(axes, 0);
  result.permutation.assign(axes, 0);
  if (wanted.pairs) {
    for (size_t p = 0; p < axes; ++p) {
      for (size_t q = p + 1; q < axes; ++q) {
        result.pairs.push_back({static_cast<int>(p), static_cast<int>(q), 0});
      }
    }
  }
  double mean = 0, square = 0;
  for (const uint32_t row : rows) mean += data.y[row] / static_cast<double>(rows.size());
  for (const uint32_t row : rows) square += (data.y[row] - mean) * (data.y[row] - mean);
  const double variance = square / static_cast<double>(rows.size());
  if (!(variance > 0)) return result;

  // The rows by which the forest is judged, evenly spread over the trials.
  const size_t judged = std::min(rows.size(), kMostDrawn);
  std::vector<uint32_t> judges;
  for (size_t i = 0; i < judged; ++i) judges.push_back(rows[i * rows.size() / judged]);
  std::vector<double> sums(judged, 0.0), counts(judged, 0.0);
  double permuted = 0;

  const size_t drawn = std::min(rows.size(), kMostDrawn);
  std::vector<double> point(axes);
  int with_variance = 0;
  for (int t = 0; t < trees; ++t) {
    RandomStream rng(seed, number * 10000 + t, kTreeStream);
    const ForestSample sample = Bootstrap(rows, drawn, &rng);
    const MarginalTree tree(data, sample, kMinLeaf, &rng);
    const double total_variance = tree.Variance();
    if (total_variance > 0 && (wanted.main || wanted.pairs)) {
      ++with_variance;
      std::vector<double> main(axes);
      for (size_t p = 0; p < axes; ++p) {
        main[p] = tree.MainVariance(static_cast<int>(p));
        result.main[p] += main[p] / total_variance;
        if (wanted.total) {
          result.total[p] += tree.TotalVariance(static_cast<int>(p)) / total_variance;
        }
      }
      for (PairImportance& pair : result.pairs) {
        pair.importance +=
            tree.PairVariance(pair.first, pair.second, main[pair.first], main[pair.second]) /
            total_variance;
      }
    }
    if (!wanted.permutation && !wanted.explained) continue;
    std::vector<uint32_t> unseen;
    for (size_t i = 0; i < judged; ++i) {
      if (std::binary_search(sample.rows.begin(), sample.rows.end(), judges[i])) continue;
      unseen.push_back(judges[i]);
      if (!wanted.explained) continue;
      for (size_t axis = 0; axis < axes; ++axis) {
        const double u = data.at(axis, judges[i]);
        point[axis] = std::isnan(u) ? rng.Uniform() : u;
      }
      sums[i] += tree.Predict(point);
      counts[i] += 1;
    }
    if (wanted.permutation) {
      RandomStream shuffle(seed, number * 10000 + t, kShuffleStream);
      AddPermutation(data, tree, unseen, &shuffle, &result.permutation);
      permuted += static_cast<double>(unseen.size());
    }
  }
  for (size_t p = 0; p < axes; ++p) {
    if (with_variance > 0) {
      result.main[p] /= with_variance;
      result.total[p] /= with_variance;
    }
    if (permuted > 0) result.permutation[p] /= 2 * permuted * variance;
  }
  for (PairImportance& pair : result.pairs) {
    if (with_variance > 0) pair.importance /= with_variance;
  }
  double error = 0, spread = 0;
  for (size_t i = 0; i < judged; ++i) {
    if (counts[i] == 0) continue;
    const double y = data.y[judges[i]];
    error += (y - sums[i] / counts[i]) * (y - sums[i] / counts[i]);
    spread += (y - mean) * (y - mean);
  }
  if (spread > 0) result.explained = 1 - error / spread;
  return result;
}

// With one more axis, at the end, which has no influence: each tree draws it anew.
ForestData WithNoise(ForestData data) {
  data.axes.emplace_back();
  data.x.resize(data.x.size() + data.rows, kNone);
  return data;
}

std::vector<double> PedAnovaShares(const Sample& sample, absl::Span<const uint32_t> rows) {
  std::vector<double> shares(sample.data.axes.size());
  double sum = 0;
  for (size_t p = 0; p < shares.size(); ++p) {
    shares[p] = PedAnova(sample.data, static_cast<int>(p), rows, sample.good);
    sum += std::max(0.0, shares[p]);
  }
  for (double& share : shares) share = sum > 0 ? share / sum : 0;
  return shares;
}

// The tier of each parameter if they were dealt out by these importances, as many of each tier as
// the space has.
std::vector<int> DealTiers(const SearchSpace& space, const std::vector<double>& importances) {
  std::vector<int> tiers, order(importances.size());
  for (const Parameter& parameter : space.parameters()) tiers.push_back(parameter.tier);
  std::sort(tiers.begin(), tiers.end());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int a, int b) { return importances[a] > importances[b]; });
  std::vector<int> dealt(importances.size());
  for (size_t k = 0; k < order.size(); ++k) dealt[order[k]] = tiers[k];
  return dealt;
}

// Any of the space's tiers.
void SetAllTiers(const SearchSpace& space, ParameterImportance* parameter) {
  parameter->first_tier = kLastTier;
  parameter->last_tier = kFirstTier;
  for (const Parameter& one : space.parameters()) {
    parameter->first_tier = std::min(parameter->first_tier, one.tier);
    parameter->last_tier = std::max(parameter->last_tier, one.tier);
  }
}

// Fills in intervals and tiers. `errors`: what the importances might be off by, a row an example.
void SetUncertainty(const SearchSpace& space, const std::vector<std::vector<double>>& errors,
                    ImportanceReport* report) {
  std::vector<std::vector<int>> tiers(report->parameters.size());
  std::vector<double> moved(report->parameters.size());
  for (const std::vector<double>& error : errors) {
    for (const double sign : {1.0, -1.0}) {
      for (size_t p = 0; p < moved.size(); ++p) {
        moved[p] = report->parameters[p].importance + sign * error[p];
      }
      const std::vector<int> dealt = DealTiers(space, moved);
      for (size_t p = 0; p < moved.size(); ++p) tiers[p].push_back(dealt[p]);
    }
  }
  for (size_t p = 0; p < moved.size(); ++p) {
    ParameterImportance& parameter = report->parameters[p];
    double squares = 0;
    for (const std::vector<double>& error : errors) squares += error[p] * error[p];
    const double error = std::sqrt(squares / static_cast<double>(errors.size()));
    constexpr double kNinetyPercent = 1.645;
    parameter.low = std::max(0.0, parameter.importance - kNinetyPercent * error);
    parameter.high = std::max(parameter.importance,
                              std::min(1.0, parameter.importance + kNinetyPercent * error));
    parameter.first_tier = *std::min_element(tiers[p].begin(), tiers[p].end());
    parameter.last_tier = *std::max_element(tiers[p].begin(), tiers[p].end());
  }
}

}  // namespace

absl::string_view ImportanceMethodName(ImportanceMethod method) {
  switch (method) {
    case ImportanceMethod::kFanova:
      return "fanova";
    case ImportanceMethod::kPedAnova:
      return "ped_anova";
    case ImportanceMethod::kPermutation:
      return "permutation";
  }
  return "";
}

std::optional<ImportanceMethod> ImportanceMethodFromName(absl::string_view name) {
  for (const ImportanceMethod method :
       {ImportanceMethod::kFanova, ImportanceMethod::kPedAnova, ImportanceMethod::kPermutation}) {
    if (name == ImportanceMethodName(method)) return method;
  }
  return std::nullopt;
}

std::vector<std::string> ImportanceMethodNames() { return {"fanova", "ped_anova", "permutation"}; }

absl::StatusOr<ImportanceReport> Importance(const StudyConfig& config,
                                            absl::Span<const Trial> trials,
                                            const ImportanceOptions& options) {
  const bool ped_anova = options.method == ImportanceMethod::kPedAnova;
  const absl::StatusOr<Source> source = FindMetric(config, options);
  if (!source.ok()) return source.status();
  const double quantile = options.quantile.value_or(ped_anova ? kDefaultGood : 1.0);
  if (!(quantile > 0 && quantile <= 1)) {
    return Invalid(absl::StrCat("the quantile ", quantile,
                                " is out of range; more than 0 and at most 1: the share of the "
                                "trials that count as good"));
  }
  if (quantile < 1 && !source->goal.has_value()) {
    return Invalid(
        absl::StrCat("what is good of ", source->name,
                     " is not known; say by the goal whether to minimize or to maximize it"));
  }
  if (options.pairs && options.method != ImportanceMethod::kFanova) {
    return Invalid(
        absl::StrCat("pairs are fanova's; ", ImportanceMethodName(options.method), " knows none"));
  }
  if (options.trees < 1 || options.trees > 10000) {
    return Invalid(
        absl::StrCat("a forest of ", options.trees, " trees: must be between 1 and 10000"));
  }

  const Sample sample = MakeSample(config, trials, *source, options, quantile);
  const size_t rows = sample.data.rows;
  ImportanceReport report;
  report.method = options.method;
  report.metric = source->name;
  report.quantile = quantile;
  report.trials = static_cast<int64_t>(rows);
  report.failed = sample.failed;
  report.parameters.resize(config.space.size());
  for (ParameterImportance& parameter : report.parameters) SetAllTiers(config.space, &parameter);
  if (report.trials < kFewestTrials || sample.constant || config.space.size() == 0) return report;

  std::vector<uint32_t> all(rows);
  std::iota(all.begin(), all.end(), 0u);
  // Each parameter's importance by some of the rows.
  const auto measure = [&](absl::Span<const uint32_t> some, uint64_t number) {
    if (ped_anova) return PedAnovaShares(sample, some);
    Wanted wanted;
    wanted.main = options.method == ImportanceMethod::kFanova;
    wanted.permutation = options.method == ImportanceMethod::kPermutation;
    ForestResult forest = GrowForest(sample.data, some, kHalfTrees, options.seed, number, wanted);
    return wanted.main ? std::move(forest.main) : std::move(forest.permutation);
  };
  std::vector<double> importances;
  if (ped_anova) {
    importances = PedAnovaShares(sample, all);
  } else {
    Wanted wanted;
    wanted.main = wanted.total = options.method == ImportanceMethod::kFanova;
    wanted.permutation = !wanted.main;
    wanted.explained = true;
    wanted.pairs = options.pairs;
    ForestResult forest = GrowForest(sample.data, all, options.trees, options.seed, 0, wanted);
    importances = wanted.main ? std::move(forest.main) : std::move(forest.permutation);
    report.explained = forest.explained;
    wanted = Wanted();
    wanted.main = options.method == ImportanceMethod::kFanova;
    wanted.permutation = !wanted.main;
    const ForestResult noise = GrowForest(WithNoise(sample.data), all, kNoiseTrees, options.seed,
                                          /*number=*/2 * kHalvings + 1, wanted);
    report.noise = std::max(0.0, wanted.main ? noise.main.back() : noise.permutation.back());
    report.pairs = std::move(forest.pairs);
    for (size_t p = 0; p < importances.size(); ++p) report.parameters[p].total = forest.total[p];
    std::stable_sort(report.pairs.begin(), report.pairs.end(),
                     [](const PairImportance& a, const PairImportance& b) {
                       return a.importance > b.importance;
                     });
  }
  for (size_t p = 0; p < importances.size(); ++p) {
    report.parameters[p].importance = std::max(0.0, importances[p]);
  }

  // Two halves of the trials differ twice as much from each other as all trials from all others.
  std::vector<std::vector<double>> errors;
  for (int h = 0; h < kHalvings; ++h) {
    RandomStream rng(options.seed, h, kHalvesStream);
    rng.Shuffle(absl::MakeSpan(all));
    const absl::Span<uint32_t> one = absl::MakeSpan(all).subspan(0, rows / 2);
    const absl::Span<uint32_t> other = absl::MakeSpan(all).subspan(rows / 2);
    std::sort(one.begin(), one.end());
    std::sort(other.begin(), other.end());
    std::vector<double> error = measure(one, 2 * h + 1);
    const std::vector<double> less = measure(other, 2 * h + 2);
    for (size_t p = 0; p < error.size(); ++p) error[p] = 0.5 * (error[p] - less[p]);
    errors.push_back(std::move(error));
  }
  SetUncertainty(config.space, errors, &report);
  if (!ped_anova && report.explained <= 0) {
    // The forest has learnt nothing that holds beyond the trials it knows.
    for (ParameterImportance& parameter : report.parameters) SetAllTiers(config.space, &parameter);
  }
  return report;
}

std::vector<std::string> TierNotes(const SearchSpace& space, const ImportanceReport& report) {
  std::vector<std::string> notes;
  for (int p = 0; p < space.size(); ++p) {
    const ParameterImportance& parameter = report.parameters[p];
    const int said = space[p].tier;
    if (said >= parameter.first_tier && said <= parameter.last_tier) continue;
    std::vector<int> tiers;
    for (int tier = parameter.first_tier; tier <= parameter.last_tier; ++tier)
      tiers.push_back(tier);
    notes.push_back(absl::StrCat(space[p].name, ": you said tier ", said, ", the data say tier ",
                                 absl::StrJoin(tiers, " or ")));
  }
  return notes;
}

Value ToValue(const StudyConfig& config, const ImportanceReport& report) {
  const SearchSpace& space = config.space;
  Value value;
  value.Set("study", config.name);
  value.Set("metric", report.metric);
  value.Set("method", std::string(ImportanceMethodName(report.method)));
  value.Set("quantile", report.quantile);
  value.Set("trials", report.trials);
  value.Set("failed", report.failed);
  if (report.method != ImportanceMethod::kPedAnova) {
    value.Set("explained", report.explained);
    value.Set("noise", report.noise);
  }
  std::vector<int> order(report.parameters.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return report.parameters[a].importance > report.parameters[b].importance;
  });
  Value::List parameters;
  for (const int p : order) {
    const ParameterImportance& parameter = report.parameters[p];
    Value entry = Value::Object{{"name", space[p].name}, {"importance", parameter.importance}};
    entry.Set("interval", Value::List{parameter.low, parameter.high});
    if (report.method == ImportanceMethod::kFanova) entry.Set("total", parameter.total);
    entry.Set("tier", space[p].tier);
    entry.Set("data_tiers", Value::List{parameter.first_tier, parameter.last_tier});
    parameters.push_back(std::move(entry));
  }
  value.Set("parameters", std::move(parameters));
  if (!report.pairs.empty()) {
    Value::List pairs;
    for (const PairImportance& pair : report.pairs) {
      pairs.push_back(Value::Object{
          {"parameters", Value::List{space[pair.first].name, space[pair.second].name}},
          {"importance", pair.importance}});
    }
    value.Set("pairs", std::move(pairs));
  }
  const std::vector<std::string> notes = TierNotes(space, report);
  value.Set("tier_notes", Value::List(notes.begin(), notes.end()));
  return value;
}

}  // namespace sturgeon
