#include "strategies/cma_es/distribution.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "Eigen/Dense"

namespace sturgeon {
namespace {

using Vector = Eigen::VectorXd;
using Matrix = Eigen::MatrixXd;

// A parameter of more values is a continuum: its grid is finer than anybody looks.
constexpr int64_t kManyLevels = 1000000;
// The standard deviations of a distribution stay within these.
constexpr double kNarrowest = 1e-13, kWidest = 0.5;
// Of the coordinates that would leave the cube, how many stop at its wall.
constexpr double kOnTheWall = 0.2;
// Eigenvalues of C are at least so large, relative to the largest.
constexpr double kLeastEigenvalue = 1e-14;

// All arithmetic is on memory that Eigen has allocated: what it computes depends, in the last bit,
// on how its operands are aligned, and a vector's memory is aligned by chance.
Vector ToVector(absl::Span<const double> v) {
  return Eigen::Map<const Vector>(v.data(), static_cast<Eigen::Index>(v.size()));
}
Matrix ToMatrix(absl::Span<const double> v, int d) {
  return Eigen::Map<const Matrix>(v.data(), d, d);
}
std::vector<double> FromEigen(const Matrix& m) { return {m.data(), m.data() + m.size()}; }

// Φ^-1(p), by bisection.
double NormalQuantile(double p) {
  double low = -10, high = 10;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (std::erfc(-middle / std::sqrt(2.0)) / 2 < p ? low : high) = middle;
  }
  return (low + high) / 2;
}

// The constants of an update by n points in d dimensions (tutorial, table 1).
struct Constants {
  std::vector<double> weights;         // from the best to the worst; the positive ones sum to 1
  double effective = 0;                // μ_eff
  double sigma_rate = 0, damping = 0;  // c_σ, d_σ
  double path_rate = 0, rank_one = 0, rank_mu = 0;  // c_c, c_1, c_μ
  double expected_length = 0;                       // E |N(0, I)|

  Constants(int n, int d) : weights(n) {
    double plus = 0, minus = 0, plus_squares = 0, minus_squares = 0;
    for (int i = 0; i < n; ++i) {
      const double w = std::log((n + 1) / 2.0) - std::log(i + 1.0);
      weights[i] = w;
      (w > 0 ? plus : minus) += std::abs(w);
      (w > 0 ? plus_squares : minus_squares) += w * w;
    }
    effective = plus * plus / plus_squares;
    const double effective_minus = minus * minus / minus_squares;
    sigma_rate = (effective + 2) / (d + effective + 5);
    damping = 1 + 2 * std::max(0.0, std::sqrt((effective - 1) / (d + 1)) - 1) + sigma_rate;
    path_rate = (4 + effective / d) / (d + 4 + 2 * effective / d);
    rank_one = 2 / ((d + 1.3) * (d + 1.3) + effective);
    rank_mu = std::min(1 - rank_one, 2 * (0.25 + effective + 1 / effective - 2) /
                                         ((d + 2.0) * (d + 2.0) + effective));
    // So much that C stays positive definite.
    const double total_minus =
        std::min({1 + rank_one / rank_mu, 1 + 2 * effective_minus / (effective + 2),
                  (1 - rank_one - rank_mu) / (d * rank_mu)});
    for (double& w : weights) w *= w > 0 ? 1 / plus : total_minus / minus;
    const double dd = d;
    expected_length = std::sqrt(dd) * (1 - 1 / (4 * dd) + 1 / (21 * dd * dd));
  }

  // The mean weight of the ranks that a point shares with its equals.
  double WeightOf(const RankedPoint& point) const {
    double sum = 0;
    for (int k = 0; k < point.equal; ++k) sum += weights[point.better + k];
    return sum / point.equal;
  }
};

}  // namespace

SearchAxes::SearchAxes(const SearchSpace& search_space) : space(&search_space) {
  int few = 0;
  for (int i = 0; i < space->size(); ++i) {
    const int64_t levels = (*space)[i].Levels();
    if (levels == 1) continue;
    if ((*space)[i].is_categorical()) {
      categorical.push_back(i);
      ++few;
    } else {
      numeric.push_back(i);
      discrete.push_back(levels > 0 && levels <= kManyLevels);
      if (discrete.back()) ++few;
    }
  }
  if (few == 0) return;
  margin = 1 - std::pow(0.73, 1.0 / few);
  one_sided = NormalQuantile(1 - margin);
  two_sided = NormalQuantile(1 - margin / 2);
}

std::vector<double> MirroredNormals(int n, int d, RandomStream& rng) {
  std::vector<double> draws(static_cast<size_t>(n) * d);
  if (d == 0) return draws;
  Matrix basis(d, d);
  for (int pair = 0; 2 * pair < n; ++pair) {
    Vector z(d);
    for (double& v : z) v = rng.Normal();
    const double length = z.norm();
    const int known = pair % d;
    // Gram-Schmidt, twice for what rounding leaves.
    for (int k = 0; k < 2; ++k) {
      z -= basis.leftCols(known) * (basis.leftCols(known).transpose() * z);
    }
    basis.col(known) = z.normalized();
    for (int k = 2 * pair; k < std::min(n, 2 * pair + 2); ++k) {
      const double sign = k % 2 == 0 ? length : -length;
      for (int i = 0; i < d; ++i) draws[static_cast<size_t>(k) * d + i] = sign * basis(i, known);
    }
  }
  return draws;
}

SearchDistribution::SearchDistribution(const SearchAxes& axes, std::vector<double> mean,
                                       std::vector<double> covariance,
                                       std::vector<std::vector<double>> probabilities)
    : axes_(&axes),
      mean_(std::move(mean)),
      grid_(axes.d(), 1),
      covariance_(std::move(covariance)),
      sigma_path_(axes.d(), 0),
      path_(axes.d(), 0),
      probabilities_(std::move(probabilities)) {
  if (axes.d() > 0) Decompose();
  KeepMargins();
}

void SearchDistribution::Decompose() {
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(ToMatrix(covariance_, axes_->d()));
  const double least = kLeastEigenvalue * solver.eigenvalues()[axes_->d() - 1];
  vectors_ = FromEigen(solver.eigenvectors());
  roots_ = FromEigen(solver.eigenvalues().cwiseMax(least).cwiseSqrt());
  decomposed_ = updates_;
}

double SearchDistribution::deviation(int i) const {
  return sigma_ * grid_[i] * std::sqrt(covariance_[static_cast<size_t>(i) * axes_->d() + i]);
}

std::vector<double> SearchDistribution::Covariance() const {
  std::vector<double> covariance = covariance_;
  const int d = axes_->d();
  for (int i = 0; i < d; ++i) {
    for (int k = 0; k < d; ++k) {
      covariance[static_cast<size_t>(i) * d + k] *= sigma_ * sigma_ * grid_[i] * grid_[k];
    }
  }
  return covariance;
}

SearchPoint SearchDistribution::Sample(absl::Span<const double> z, RandomStream& rng) const {
  const int d = axes_->d();
  SearchPoint point;
  if (d > 0) {
    const Vector y = ToMatrix(vectors_, d) * ToVector(roots_).cwiseProduct(ToVector(z));
    point.x = FromEigen(ToVector(mean_) + sigma_ * ToVector(grid_).cwiseProduct(y));
  }
  for (int i = 0; i < d; ++i) {
    double& x = point.x[i];
    if (x < 0 || x > 1) {
      const double u = rng.Uniform();
      const double share = u < kOnTheWall ? 0 : (u - kOnTheWall) / (1 - kOnTheWall);
      x = x < 0 ? mean_[i] * share : 1 - (1 - mean_[i]) * share;
    }
  }
  point.c.reserve(probabilities_.size());
  for (const std::vector<double>& q : probabilities_) {
    double u = rng.Uniform();
    size_t k = 0;
    while (k + 1 < q.size() && u >= q[k]) u -= q[k++];
    point.c.push_back(static_cast<int>(k));
  }
  return point;
}

double SearchDistribution::Distance(absl::Span<const double> x) const {
  const int d = axes_->d();
  if (d == 0) return 0;
  const Vector y = (ToVector(x) - ToVector(mean_)).cwiseQuotient(ToVector(grid_)) / sigma_;
  return (ToMatrix(vectors_, d).transpose() * y).cwiseQuotient(ToVector(roots_)).norm();
}

// The length of N(0, I) is about √d with a standard deviation of 0.7; of half-normal length for
// d = 1, where 4 is far out as well.
double SearchDistribution::Reach() const { return std::sqrt(static_cast<double>(axes_->d())) + 3; }

void SearchDistribution::Update(absl::Span<const RankedPoint> ranked) {
  if (ranked.size() < 2) return;
  ++updates_;
  if (ranked.front().equal == static_cast<int>(ranked.size())) {
    sigma_ *= std::exp(0.2);
  } else {
    if (axes_->d() > 0) UpdateNumeric(ranked);
    UpdateChoices(ranked);
  }
  KeepWidth();
  KeepMargins();
}

void SearchDistribution::UpdateNumeric(absl::Span<const RankedPoint> ranked) {
  const int d = axes_->d(), n = static_cast<int>(ranked.size());
  const Constants constants(n, d);
  const double cs = constants.sigma_rate, cc = constants.path_rate;
  const double c1 = constants.rank_one, cmu = constants.rank_mu;

  // The steps y, and as the distribution sees them, z = roots^-1 vectors^T y.
  const Matrix vectors = ToMatrix(vectors_, d);
  const Vector grid = ToVector(grid_);
  Vector mean = ToVector(mean_);
  Matrix y(d, n);
  for (int i = 0; i < n; ++i) {
    y.col(i) = (ToVector(ranked[i].point.x) - mean).cwiseQuotient(grid) / sigma_;
  }
  Matrix z = ToVector(roots_).cwiseInverse().asDiagonal() * (vectors.transpose() * y);
  const double longest = std::sqrt(static_cast<double>(d)) + 2.0 * d / (d + 2);
  for (int i = 0; i < n; ++i) {
    const double length = z.col(i).norm();
    if (!ranked[i].foreign || length <= longest) continue;
    z.col(i) *= longest / length;
    y.col(i) *= longest / length;
  }

  Vector weights(n), step_y = Vector::Zero(d), step_z = Vector::Zero(d);
  for (int i = 0; i < n; ++i) {
    weights[i] = constants.WeightOf(ranked[i]);
    if (weights[i] <= 0) continue;
    step_y += weights[i] * y.col(i);
    step_z += weights[i] * z.col(i);
  }
  mean += sigma_ * grid.cwiseProduct(step_y);
  mean_ = FromEigen(mean.cwiseMax(0).cwiseMin(1));

  const Vector sigma_path = (1 - cs) * ToVector(sigma_path_) +
                            std::sqrt(cs * (2 - cs) * constants.effective) * (vectors * step_z);
  sigma_path_ = FromEigen(sigma_path);
  const double length = sigma_path.norm() / constants.expected_length;
  // While σ grows fast, C must not grow as well.
  const double started = std::sqrt(1 - std::pow(1 - cs, 2.0 * static_cast<double>(updates_)));
  const bool steady = length / started < 1.4 + 2.0 / (d + 1);
  Vector path = (1 - cc) * ToVector(path_);
  if (steady) path += std::sqrt(cc * (2 - cc) * constants.effective) * step_y;
  path_ = FromEigen(path);

  const double kept = 1 + (steady ? 0 : c1 * cc * (2 - cc)) - c1 - cmu * weights.sum();
  for (int i = 0; i < n; ++i) {
    if (weights[i] < 0) weights[i] *= d / std::max(z.col(i).squaredNorm(), 1e-12);
  }
  const Matrix updated = kept * ToMatrix(covariance_, d) + c1 * path * path.transpose() +
                         cmu * (y * weights.asDiagonal() * y.transpose());
  covariance_ = FromEigen(0.5 * (updated + updated.transpose()));

  sigma_ *= std::exp(std::min(1.0, cs / constants.damping * (length - 1)));
  if (static_cast<double>(updates_ - decomposed_) * 10 * d * (c1 + cmu) >= 1) Decompose();
}

void SearchDistribution::UpdateChoices(absl::Span<const RankedPoint> ranked) {
  if (probabilities_.empty()) return;
  const Constants constants(static_cast<int>(ranked.size()), 1);
  for (size_t j = 0; j < probabilities_.size(); ++j) {
    std::vector<double>& q = probabilities_[j];
    std::vector<double> target(q.size(), 0);
    double sum = 0;
    for (const RankedPoint& one : ranked) {
      const double weight = constants.WeightOf(one);
      if (weight <= 0) continue;
      target[one.point.c[j]] += weight;
      sum += weight;
    }
    if (sum <= 0) continue;
    const double rate =
        constants.effective / (constants.effective + 2 * static_cast<double>(q.size()));
    for (size_t k = 0; k < q.size(); ++k) q[k] += rate * (target[k] / sum - q[k]);
  }
}

void SearchDistribution::KeepWidth() {
  double widest = 0;
  for (int i = 0; i < axes_->d(); ++i) widest = std::max(widest, deviation(i));
  if (widest > kWidest) sigma_ *= kWidest / widest;
  if (widest > 0 && widest < kNarrowest) sigma_ *= kNarrowest / widest;
}

void SearchDistribution::KeepMargins() {
  for (int i = 0; i < axes_->d(); ++i) {
    if (!axes_->discrete[i]) continue;
    // The thresholds to the values below and above are at most so many standard deviations away
    // that they are crossed with a probability of α (at the ends of the range) or α / 2 each.
    const Parameter& p = axes_->parameter(i);
    const Parameter::Share cell = p.ShareOf(p.FromUnit(mean_[i]));
    const double s = deviation(i);
    double& m = mean_[i];
    if (cell.low <= 0) {
      m = std::max(m, cell.high - s * axes_->one_sided);
    } else if (cell.high >= 1) {
      m = std::min(m, cell.low + s * axes_->one_sided);
    } else {
      const double below = std::min((m - cell.low) / s, axes_->two_sided);
      const double above = std::min((cell.high - m) / s, axes_->two_sided);
      const double wanted = (cell.high - cell.low) / (below + above);
      m = cell.low + wanted * below;
      grid_[i] *= wanted / s;
    }
  }
  for (std::vector<double>& q : probabilities_) {
    // What raises the least probable ones is taken from the others in proportion to their excess.
    const double least = axes_->margin / static_cast<double>(q.size() - 1);
    double sum = 0, excess = 0;
    for (double& p : q) {
      p = std::max(p, least);
      sum += p;
      excess += p - least;
    }
    for (double& p : q) p += (1 - sum) * (p - least) / excess;
  }
}

}  // namespace sturgeon
