#include "strategies/gp/surrogate.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <numeric>
#include <utility>

#include "strategies/gp/acquisition.h"
#include "strategies/gp/warping.h"

namespace sturgeon::gp {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// Of a longer history, the best half of this and the newest of the others are used.
constexpr int kMaxTrials = 500;
// The hyperparameters change little with more.
constexpr int kMaxFitTrials = 200;
// With fewer, a fit takes some milliseconds, and each trial tells much.
constexpr int kQuickFitTrials = 100;
constexpr int kFitSteps = 40;
constexpr int kAnchors = 6;
constexpr double kPriorTrials = 10;

// The number of trials, at most n, whose hyperparameters are used for n trials.
int Milestone(int n) {
  int step = 1;
  while (n / step >= 32) step *= 2;
  return n - n % step;
}

double LogSumExp(const std::vector<double>& terms) {
  const double top = *std::max_element(terms.begin(), terms.end());
  if (!std::isfinite(top)) return top;
  double sum = 0;
  for (const double t : terms) sum += std::exp(t - top);
  return top + std::log(sum);
}

// Constraint values with the boundary at 0 kept there and outliers drawn in.
Vector Squashed(const Vector& c) {
  std::vector<double> sizes(c.size());
  for (Eigen::Index i = 0; i < c.size(); ++i) sizes[i] = std::abs(c[i]);
  std::nth_element(sizes.begin(), sizes.begin() + sizes.size() / 2, sizes.end());
  double scale = sizes[sizes.size() / 2];
  if (!(scale > 0)) scale = 1;
  return (c / scale).array().asinh();
}

// ln ∫ over the cells of the improvement that f dominates there, f_k ~ N(mean_k, variance_k).
// Writes the derivatives by the means and variances, if asked for.
double LogHypervolumeImprovement(const Cells& cells, const std::vector<double>& means,
                                 const std::vector<double>& variances, double* by_means,
                                 double* by_variances) {
  const size_t m = means.size(), count = cells.upper.size() / m;
  std::vector<double> terms(count, 0.0);
  std::vector<Score> factors(count * m);  // ln of a cell's share in one objective
  for (size_t c = 0; c < count; ++c) {
    for (size_t k = 0; k < m; ++k) {
      const double low = cells.lower[c * m + k], high = cells.upper[c * m + k];
      Score factor = LogExpectedImprovement(means[k], variances[k], high);
      if (std::isfinite(low)) {
        const Score below = LogExpectedImprovement(means[k], variances[k], low);
        const double share = std::exp(below.value - factor.value);  // in [0, 1)
        const double rest = std::max(1 - share, 1e-12);
        factor.value += std::log(rest);
        factor.by_mean = (factor.by_mean - share * below.by_mean) / rest;
        factor.by_variance = (factor.by_variance - share * below.by_variance) / rest;
      }
      factors[c * m + k] = factor;
      terms[c] += factor.value;
    }
  }
  const double total = LogSumExp(terms);
  if (by_means != nullptr) {
    for (size_t k = 0; k < m; ++k) by_means[k] = by_variances[k] = 0;
    for (size_t c = 0; c < count; ++c) {
      const double weight = std::exp(terms[c] - total);
      for (size_t k = 0; k < m; ++k) {
        by_means[k] += weight * factors[c * m + k].by_mean;
        by_variances[k] += weight * factors[c * m + k].by_variance;
      }
    }
  }
  return total;
}

}  // namespace

void Output::Fit(const Matrix& unit, const Vector& y) {
  // From the prior's middle, and from where noise explains much and distances are short.
  Hyperparameters start = PriorMiddle(encoding_, priors_);
  double value, other_value;
  fit_ = gp::Fit(encoding_, unit, y, priors_, start, kFitSteps, &value);
  start.log_lengths.array() -= 1.5;
  start.log_noise = std::log(0.05);
  Hyperparameters other = gp::Fit(encoding_, unit, y, priors_, start, kFitSteps, &other_value);
  if (other_value < value) fit_ = std::move(other);
}

void Output::Condition(const Matrix& unit, const Vector& y) {
  process_.clear();
  process_.emplace_back(encoding_, fit_, unit, y);
}

// The rows of a history that say something about each quantity.
struct Surrogate::Data {
  struct Rows {
    Matrix unit;
    Vector y;
  };
  std::vector<int> measured;  // the objectives' rows, as indices of the history
  std::vector<Rows> objectives, constraints;
};

Surrogate::Surrogate(const StudyConfig& study, const Priors& priors)
    : study_(study), encoding_(study.space), priors_(priors) {
  for (int i = 0; i < study.space.size(); ++i) {
    const Parameter& p = study.space[i];
    if (p.Levels() == 1 || (p.is_categorical() && !p.prior.has_value())) continue;
    Belief belief;
    belief.parameter = i;
    belief.categorical = p.is_categorical();
    if (p.prior.has_value()) {
      belief.centre = p.ToUnit(p.PriorNumber());
      belief.width = p.prior->width;
    }
    if (belief.categorical) {
      belief.log_if_right = std::log(std::max(1 - belief.width, 1e-6));
      belief.log_if_wrong = std::log(belief.width / static_cast<double>(p.Levels() - 1));
    }
    beliefs_.push_back(belief);
  }
  for (size_t m = 0; m < study.objectives.size(); ++m) {
    transfer_.emplace_back(study, static_cast<int>(m), encoding_, priors_);
  }
}

void Surrogate::Changed(int first) {
  if (first < fitted_) fitted_ = 0;
}

// Of the first `count` trials those that are used, in the order of their ids.
std::vector<int> Surrogate::Used(const History& history, int count) {
  std::vector<int> rows(count);
  std::iota(rows.begin(), rows.end(), 0);
  if (count > kMaxTrials) {
    std::stable_sort(rows.begin(), rows.end(), [&](int a, int b) { return history.Better(a, b); });
    std::sort(rows.begin() + kMaxTrials / 2, rows.end(), std::greater<int>());
    rows.resize(kMaxTrials);
    std::sort(rows.begin(), rows.end());
  }
  return rows;
}

Surrogate::Limits Surrogate::LimitsOf(const History& history, const std::vector<int>& rows) {
  Limits limits;
  for (const int i : rows) {
    limits.constraints = std::max(limits.constraints, history.constraints(i).size());
    limits.failures |= history.failed(i);
  }
  return limits;
}

Surrogate::Data Surrogate::Collect(const History& history, const std::vector<int>& rows) {
  const int d = history.dimensions();
  const auto collect = [&](const auto& wanted, const auto& value) {
    std::vector<int> chosen;
    for (const int i : rows) {
      if (wanted(i)) chosen.push_back(i);
    }
    Data::Rows result{Matrix(chosen.size(), d), Vector(chosen.size())};
    for (size_t r = 0; r < chosen.size(); ++r) {
      const absl::Span<const double> unit = history.unit(chosen[r]);
      result.unit.row(r) = Eigen::Map<const Eigen::RowVectorXd>(unit.data(), d);
      result.y[r] = value(chosen[r]);
    }
    return result;
  };

  Data data;
  const auto measured = [&](int i) { return !history.failed(i); };
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(data.measured), measured);
  for (int m = 0; m < history.objectives(); ++m) {
    Data::Rows objective = collect(measured, [&](int i) { return history.losses(i)[m]; });
    objective.y = PowerTransformed(objective.y);
    data.objectives.push_back(std::move(objective));
  }
  const Limits limits = LimitsOf(history, rows);
  for (size_t c = 0; c < limits.constraints; ++c) {
    Data::Rows constraint = collect([&](int i) { return history.constraints(i).size() > c; },
                                    [&](int i) { return history.constraints(i)[c]; });
    constraint.y = Squashed(constraint.y);
    data.constraints.push_back(std::move(constraint));
  }
  if (limits.failures) {
    data.constraints.push_back(
        collect([](int) { return true; }, [&](int i) { return history.failed(i) ? 1.0 : -1.0; }));
  }
  return data;
}

// The hyperparameters of the first `count` trials.
void Surrogate::FitAll(const History& history, int count) {
  Data data = Collect(history, Used(history, count));
  const auto fit = [&](Data::Rows& rows, Output& output) {
    const Eigen::Index n = rows.y.size();
    if (n <= kMaxFitTrials) return output.Fit(rows.unit, rows.y);
    Matrix unit(kMaxFitTrials, rows.unit.cols());
    Vector y(kMaxFitTrials);
    for (Eigen::Index k = 0; k < kMaxFitTrials; ++k) {  // an even spread over the study
      unit.row(k) = rows.unit.row(k * n / kMaxFitTrials);
      y[k] = rows.y[k * n / kMaxFitTrials];
    }
    output.Fit(unit, y);
  };
  objectives_ = std::vector<Output>(data.objectives.size(), Output(encoding_, priors_));
  for (size_t m = 0; m < objectives_.size(); ++m) {
    Data::Rows& rows = data.objectives[m];
    transfer_[m].Weigh(rows.unit, rows.y);
    rows.y -= transfer_[m].At(rows.unit);
    fit(rows, objectives_[m]);
  }
  constraints_ = std::vector<Output>(data.constraints.size(), Output(encoding_, priors_));
  for (size_t c = 0; c < constraints_.size(); ++c) fit(data.constraints[c], constraints_[c]);
  fitted_ = count;
}

void Surrogate::Update(const History& history, const std::vector<Vector>& pending,
                       int64_t lowest_pending) {
  const int n = history.size();
  // Once a fit takes long, hyperparameters rest on trials below which none is running, where that
  // is most of them: no late result then makes them stale.
  int settled = 0;
  while (settled < n && history.id(settled) < lowest_pending) ++settled;
  int count = Milestone(settled);
  if (n < kQuickFitTrials || 2 * count < Milestone(n)) count = Milestone(n);
  const std::vector<int> used = Used(history, n);
  // What the earlier ones know nothing of (the first failure, say) is fitted to all there are.
  if (!(LimitsOf(history, Used(history, count)) == LimitsOf(history, used))) count = n;
  if (count != fitted_) FitAll(history, count);
  const Data data = Collect(history, used);

  for (size_t m = 0; m < objectives_.size(); ++m) {
    const Data::Rows& rows = data.objectives[m];
    transfer_[m].Weigh(rows.unit, rows.y);
    objectives_[m].Condition(rows.unit, rows.y - transfer_[m].At(rows.unit));
  }
  for (size_t c = 0; c < constraints_.size(); ++c) {
    constraints_[c].Condition(data.constraints[c].unit, data.constraints[c].y);
  }
  Rank(history, data);
  prior_weight_ = kPriorTrials / (n + 1);
  for (const Vector& unit : pending) Append(unit);
}

// What there is to improve on, and the anchors.
void Surrogate::Rank(const History& history, const Data& data) {
  const int d = history.dimensions(), m = history.objectives();
  const std::vector<int>& rows = data.measured;
  feasible_ = std::any_of(rows.begin(), rows.end(), [&](int i) { return history.feasible(i); });
  std::vector<int> best;
  if (m == 1) {
    best = rows;
    const size_t k = std::min<size_t>(kAnchors, best.size());
    std::partial_sort(best.begin(), best.begin() + k, best.end(),
                      [&](int a, int b) { return history.Better(a, b); });
    best.resize(k);
    best_ = kInfinity;
    for (size_t r = 0; r < rows.size(); ++r) {
      if (history.feasible(rows[r])) best_ = std::min(best_, data.objectives[0].y[r]);
    }
  } else {
    // The front in transformed losses; while nothing is feasible, what violates least.
    std::vector<double> losses, violations;
    for (size_t r = 0; r < rows.size(); ++r) {
      for (int k = 0; k < m; ++k) losses.push_back(data.objectives[k].y[r]);
      violations.push_back(history.violation(rows[r]));
    }
    const std::vector<int> ranks = NondominatedRanks(losses, m, violations);
    front_.clear();
    std::vector<int> members;
    for (size_t r = 0; r < rows.size(); ++r) {
      if (ranks[r] != 0) continue;
      members.push_back(rows[r]);
      front_.insert(front_.end(), losses.begin() + r * m, losses.begin() + (r + 1) * m);
    }
    // Beyond all trials, not beyond the front alone: a front of one point, or a narrow one, must
    // not bound what there is to gain.
    reference_ = ReferencePoint(losses, m);
    cells_ = NondominatedCells(front_, reference_);
    for (const int k : SelectHypervolumeSubset(front_, reference_, kAnchors)) {
      best.push_back(members[k]);
    }
  }
  anchors_.resize(best.size(), d);
  for (size_t k = 0; k < best.size(); ++k) {
    const absl::Span<const double> unit = history.unit(best[k]);
    anchors_.row(k) = Eigen::Map<const Eigen::RowVectorXd>(unit.data(), d);
  }
}

void Surrogate::Append(const Vector& unit) {
  const absl::Span<const double> point(unit.data(), unit.size());
  bool feasible = feasible_;
  for (Output& output : constraints_) feasible &= output.process().AppendAtMean(point) <= 0;
  std::vector<double> expected;
  for (size_t m = 0; m < objectives_.size(); ++m) {
    const double mean = objectives_[m].process().AppendAtMean(point);
    expected.push_back(mean + transfer_[m].At(point, {}));
  }
  // The next has to improve on what is expected here: only so is it worth a trial of its own.
  if (!feasible) return;
  if (expected.size() == 1) {
    best_ = std::min(best_, expected[0]);
  } else {
    front_.insert(front_.end(), expected.begin(), expected.end());
    cells_ = NondominatedCells(front_, reference_);
  }
}

double Surrogate::LogPrior(absl::Span<const double> unit, absl::Span<double> gradient) const {
  double sum = 0;
  for (const Belief& belief : beliefs_) {
    const int i = belief.parameter;
    if (std::isnan(unit[i])) continue;
    if (belief.categorical) {
      sum += std::abs(unit[i] - belief.centre) < 1e-9 ? belief.log_if_right : belief.log_if_wrong;
    } else {
      const double z = (unit[i] - belief.centre) / belief.width;
      sum -= 0.5 * z * z;
      if (!gradient.empty()) gradient[i] -= prior_weight_ * z / belief.width;
    }
  }
  return prior_weight_ * sum;
}

Vector Surrogate::Values(const Matrix& unit) const {
  const Eigen::Index n = unit.rows();
  const size_t m = objectives_.size();
  Vector values = Vector::Zero(n), mean, variance;
  if (feasible_) {
    Matrix means(n, m), variances(n, m);
    for (size_t k = 0; k < m; ++k) {
      objectives_[k].process().Predict(unit, &mean, &variance);
      if (!transfer_[k].empty()) mean += transfer_[k].At(unit);
      means.col(k) = mean;
      variances.col(k) = variance;
    }
    std::vector<double> point_means(m), point_variances(m);
    for (Eigen::Index i = 0; i < n; ++i) {
      if (m == 1) {
        values[i] = LogExpectedImprovement(means(i, 0), variances(i, 0), best_).value;
        continue;
      }
      for (size_t k = 0; k < m; ++k) {
        point_means[k] = means(i, k);
        point_variances[k] = variances(i, k);
      }
      values[i] = LogHypervolumeImprovement(cells_, point_means, point_variances, nullptr, nullptr);
    }
  }
  for (const Output& constraint : constraints_) {
    constraint.process().Predict(unit, &mean, &variance);
    for (Eigen::Index i = 0; i < n; ++i) {
      values[i] += LogProbabilityBelow(mean[i], variance[i], 0).value;
    }
  }
  std::vector<double> row(unit.cols());
  for (Eigen::Index i = 0; i < n; ++i) {
    Eigen::Map<Eigen::RowVectorXd>(row.data(), row.size()) = unit.row(i);
    values[i] += LogPrior(row, {});
  }
  return values;
}

double Surrogate::Value(absl::Span<const double> unit, absl::Span<double> gradient) const {
  const size_t d = unit.size(), m = objectives_.size();
  std::fill(gradient.begin(), gradient.end(), 0.0);
  std::vector<double> by_mean(d), by_variance(d);
  const auto add = [&](double mean_factor, double variance_factor) {
    for (size_t i = 0; i < d; ++i) {
      gradient[i] += mean_factor * by_mean[i] + variance_factor * by_variance[i];
    }
  };
  double total = 0;
  if (feasible_) {
    std::vector<double> means(m), variances(m), mean_factors(m), variance_factors(m);
    std::vector<std::vector<double>> mean_gradients(m), variance_gradients(m);
    for (size_t k = 0; k < m; ++k) {
      objectives_[k].process().Predict(unit, &means[k], &variances[k], absl::MakeSpan(by_mean),
                                       absl::MakeSpan(by_variance));
      if (!transfer_[k].empty()) means[k] += transfer_[k].At(unit, absl::MakeSpan(by_mean));
      mean_gradients[k] = by_mean;
      variance_gradients[k] = by_variance;
    }
    if (m == 1) {
      const Score score = LogExpectedImprovement(means[0], variances[0], best_);
      total = score.value;
      mean_factors[0] = score.by_mean;
      variance_factors[0] = score.by_variance;
    } else {
      total = LogHypervolumeImprovement(cells_, means, variances, mean_factors.data(),
                                        variance_factors.data());
    }
    for (size_t k = 0; k < m; ++k) {
      by_mean = mean_gradients[k];
      by_variance = variance_gradients[k];
      add(mean_factors[k], variance_factors[k]);
    }
  }
  for (const Output& constraint : constraints_) {
    double mean, variance;
    constraint.process().Predict(unit, &mean, &variance, absl::MakeSpan(by_mean),
                                 absl::MakeSpan(by_variance));
    const Score score = LogProbabilityBelow(mean, variance, 0);
    total += score.value;
    add(score.by_mean, score.by_variance);
  }
  return total + LogPrior(unit, gradient);
}

}  // namespace sturgeon::gp
