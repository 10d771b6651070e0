#include "strategies/gp/gaussian_process.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "Eigen/Cholesky"
#include "strategies/gp/minimize.h"

namespace sturgeon::gp {
namespace {

const double kSqrt5 = std::sqrt(5.0);

// Bounds of the search, in logarithms.
constexpr double kMinLength = -4.6, kMaxLength = 4.6;  // 0.01 to 100
constexpr double kMinSignal = -4.6, kMaxSignal = 4.6;
constexpr double kMinNoise = -16.1, kMaxNoise = 0.7;  // 1e-7 to 2
constexpr double kMaxWarping = 1.6;                   // a, b from 1/5 to 5

// 1 / ℓ of each column.
Vector ColumnScale(const Encoding& encoding, const Vector& log_lengths) {
  Vector scale(encoding.columns());
  for (size_t g = 0; g < encoding.groups().size(); ++g) {
    const Encoding::Group& group = encoding.groups()[g];
    scale.segment(group.first, group.size).setConstant(std::exp(-log_lengths[g]));
  }
  return scale;
}

// Squared distances between the rows of two matrices of features whose squared norms are given.
Matrix SquaredDistances(const Matrix& a, const Vector& a_norms, const Matrix& b,
                        const Vector& b_norms) {
  Matrix s;
  s.noalias() = -2.0 * (a * b.transpose());
  s.colwise() += a_norms;
  s.rowwise() += b_norms.transpose();
  s = s.cwiseMax(0.0);
  return s;
}

// The Cholesky factor of a covariance matrix with noise on its diagonal.
Matrix Factor(Matrix k) {
  double jitter = 1e-9 * k.diagonal().mean();
  for (int attempt = 0; attempt < 16; ++attempt) {
    k.diagonal().array() += jitter;
    const Eigen::LLT<Matrix> llt(k);
    if (llt.info() == Eigen::Success) return llt.matrixL();
    jitter *= 10;
  }
  return k.diagonal().cwiseSqrt().asDiagonal();  // by now it outweighs the rest
}

// The middle of the prior of ln ℓ. A parameter of a condition, active in some trials only, counts
// as half a dimension.
double LengthMiddle(const Encoding& encoding, const Priors& priors) {
  double dimensions = 0;
  for (const Encoding::Group& group : encoding.groups()) dimensions += group.conditional ? 0.5 : 1;
  return std::log(priors.length) + 0.5 * std::log(std::max(dimensions, 1.0));
}

double Square(double x) { return x * x; }

// The negative logarithm of the hyperparameters' posterior density, over their flat vector
// [ln ℓ, ln σ², ln ν, warping].
class Posterior {
 public:
  Posterior(const Encoding& encoding, const Matrix& unit, const Vector& y, const Priors& priors)
      : encoding_(encoding),
        unit_(unit),
        y_(y),
        priors_(priors),
        groups_(encoding.groups().size()),
        length_middle_(LengthMiddle(encoding, priors)) {
    encoding.Encode(unit, Vector(), &features_);
  }

  std::vector<double> Flat(const Hyperparameters& h) const {
    std::vector<double> x(h.log_lengths.begin(), h.log_lengths.end());
    x.push_back(h.log_signal);
    x.push_back(h.log_noise);
    if (priors_.warp) x.insert(x.end(), h.warping.begin(), h.warping.end());
    return x;
  }

  Hyperparameters FromFlat(absl::Span<const double> x) const {
    Hyperparameters h;
    h.log_lengths = Eigen::Map<const Vector>(x.data(), groups_);
    h.log_signal = x[groups_];
    h.log_noise = x[groups_ + 1];
    if (priors_.warp) h.warping = Eigen::Map<const Vector>(x.data() + groups_ + 2, 2 * groups_);
    return h;
  }

  void Bounds(std::vector<double>* lower, std::vector<double>* upper) const {
    lower->assign(groups_, kMinLength);
    upper->assign(groups_, kMaxLength);
    lower->insert(lower->end(), {kMinSignal, kMinNoise});
    upper->insert(upper->end(), {kMaxSignal, kMaxNoise});
    if (priors_.warp) {
      lower->resize(lower->size() + 2 * groups_, -kMaxWarping);
      upper->resize(upper->size() + 2 * groups_, kMaxWarping);
    }
  }

  double operator()(absl::Span<const double> x, absl::Span<double> gradient) {
    const Hyperparameters h = FromFlat(x);
    const Eigen::Index n = y_.size();
    if (priors_.warp) encoding_.Encode(unit_, h.warping, &features_);
    const Vector scale = ColumnScale(encoding_, h.log_lengths);
    const Matrix z = features_ * scale.asDiagonal();
    const Vector norms = z.rowwise().squaredNorm();
    const Matrix s = SquaredDistances(z, norms, z, norms);
    const double signal = std::exp(h.log_signal), noise = std::exp(h.log_noise);

    const Eigen::ArrayXXd r = kSqrt5 * s.array().sqrt();
    const Eigen::ArrayXXd decay = signal * (-r).exp();
    const Matrix k = ((1 + r + (5.0 / 3.0) * s.array()) * decay).matrix();
    Matrix noisy = k;
    noisy.diagonal().array() += noise;
    const Matrix factor = Factor(std::move(noisy));
    const auto lower = factor.triangularView<Eigen::Lower>();
    Vector alpha = lower.solve(y_);
    const double fit = 0.5 * alpha.squaredNorm();
    lower.transpose().solveInPlace(alpha);
    Matrix root = Matrix::Identity(n, n);
    lower.solveInPlace(root);
    Matrix w = Matrix::Zero(n, n);
    w.selfadjointView<Eigen::Lower>().rankUpdate(root.transpose());
    w = w.selfadjointView<Eigen::Lower>();
    w.noalias() -= alpha * alpha.transpose();
    w *= 0.5;  // the derivative by K

    double value = fit + factor.diagonal().array().log().sum();
    // By the squared distances: dk/ds = -5/6 σ² (1 + √5 r) exp(-√5 r).
    const Matrix by_s = (w.array() * (-5.0 / 6.0) * (1 + r) * decay).matrix();
    const Vector sums = by_s.rowwise().sum();
    const Matrix product = by_s * z;
    const Vector by_columns = 2 * ((z.array().square().colwise() * sums.array()).colwise().sum() -
                                   (z.array() * product.array()).colwise().sum())
                                      .transpose()
                                      .matrix();
    for (Eigen::Index g = 0; g < groups_; ++g) {
      const Encoding::Group& group = encoding_.groups()[g];
      gradient[g] = -2 * by_columns.segment(group.first, group.size).sum();
      const double d = (x[g] - length_middle_) / priors_.length_sd;
      value += 0.5 * d * d;
      gradient[g] += d / priors_.length_sd;
    }
    value += 0.5 * Square(h.log_signal / priors_.signal_sd);
    gradient[groups_] = (w.array() * k.array()).sum() + h.log_signal / Square(priors_.signal_sd);
    const double d = (h.log_noise - std::log(priors_.noise)) / priors_.noise_sd;
    value += 0.5 * d * d;
    gradient[groups_ + 1] = noise * w.trace() + d / priors_.noise_sd;
    if (priors_.warp) {
      const Matrix by_features =
          4 * ((z.array().colwise() * sums.array()).matrix() - product) * scale.asDiagonal();
      const Vector by_warping = encoding_.WarpingGradient(unit_, h.warping, by_features);
      for (Eigen::Index i = 0; i < 2 * groups_; ++i) {
        const double v = h.warping[i] / priors_.warping_sd;
        value += 0.5 * v * v;
        gradient[groups_ + 2 + i] = by_warping[i] + v / priors_.warping_sd;
      }
    }
    return value;
  }

 private:
  const Encoding& encoding_;
  const Matrix& unit_;
  const Vector& y_;
  const Priors& priors_;
  const Eigen::Index groups_;
  const double length_middle_;
  Matrix features_;
};

}  // namespace

Hyperparameters PriorMiddle(const Encoding& encoding, const Priors& priors) {
  const Eigen::Index groups = encoding.groups().size();
  Hyperparameters h;
  h.log_lengths = Vector::Constant(groups, LengthMiddle(encoding, priors));
  h.log_noise = std::log(priors.noise);
  if (priors.warp) h.warping = Vector::Zero(2 * groups);
  return h;
}

Hyperparameters Fit(const Encoding& encoding, const Matrix& unit, const Vector& y,
                    const Priors& priors, const Hyperparameters& start, int evaluations,
                    double* value) {
  Posterior posterior(encoding, unit, y, priors);
  std::vector<double> lower, upper;
  posterior.Bounds(&lower, &upper);
  const Minimum minimum =
      MinimizeWithin(lower, upper, posterior.Flat(start), evaluations,
                     [&](absl::Span<const double> x, absl::Span<double> gradient) {
                       return posterior(x, gradient);
                     });
  if (value != nullptr) *value = minimum.value;
  return posterior.FromFlat(minimum.x);
}

GaussianProcess::GaussianProcess(const Encoding& encoding, Hyperparameters hyperparameters,
                                 const Matrix& unit, const Vector& y)
    : encoding_(encoding),
      hyperparameters_(std::move(hyperparameters)),
      scale_(ColumnScale(encoding, hyperparameters_.log_lengths)),
      signal_(std::exp(hyperparameters_.log_signal)),
      noise_(std::exp(hyperparameters_.log_noise)),
      y_(y) {
  encoding_.Encode(unit, hyperparameters_.warping, &features_);
  features_ = features_ * scale_.asDiagonal();
  norms_ = features_.rowwise().squaredNorm();
  Matrix k = Covariances(features_);
  k.diagonal().array() += noise_;
  factor_ = Factor(std::move(k));
  alpha_ = factor_.triangularView<Eigen::Lower>().solve(y_);
  factor_.triangularView<Eigen::Lower>().transpose().solveInPlace(alpha_);
}

Matrix GaussianProcess::Covariances(const Matrix& features) const {
  const Vector norms = features.rowwise().squaredNorm();
  Matrix k = SquaredDistances(features_, norms_, features, norms);
  // √5 r in place of r²: 5/3 r² = (√5 r)² / 3.
  k = kSqrt5 * k.array().sqrt();
  k = signal_ * (1 + k.array() + k.array().square() / 3) * (-k.array()).exp();
  return k;
}

void GaussianProcess::Predict(const Matrix& unit, Vector* mean, Vector* variance) const {
  Matrix z;
  encoding_.Encode(unit, hyperparameters_.warping, &z);
  z = z * scale_.asDiagonal();
  mean->resize(unit.rows());
  variance->resize(unit.rows());
  // Blocks that stay in the cache.
  constexpr Eigen::Index kBlock = 64;
  for (Eigen::Index first = 0; first < unit.rows(); first += kBlock) {
    const Eigen::Index size = std::min(kBlock, unit.rows() - first);
    Matrix k = Covariances(z.middleRows(first, size));
    mean->segment(first, size).noalias() = k.transpose() * alpha_;
    factor_.triangularView<Eigen::Lower>().solveInPlace(k);
    variance->segment(first, size) =
        (signal_ - k.colwise().squaredNorm().transpose().array()).max(1e-12 * signal_);
  }
}

void GaussianProcess::Predict(absl::Span<const double> unit, double* mean, double* variance,
                              absl::Span<double> mean_gradient,
                              absl::Span<double> variance_gradient) const {
  const Matrix row = Eigen::Map<const Eigen::RowVectorXd>(unit.data(), unit.size());
  Matrix z;
  encoding_.Encode(row, hyperparameters_.warping, &z);
  const Eigen::RowVectorXd scaled = z.row(0) * scale_.asDiagonal();
  const Eigen::ArrayXd s = (features_.rowwise() - scaled).rowwise().squaredNorm();
  const Eigen::ArrayXd r = kSqrt5 * s.sqrt();
  const Eigen::ArrayXd decay = signal_ * (-r).exp();
  const Vector k = ((1 + r + (5.0 / 3.0) * s) * decay).matrix();
  *mean = k.dot(alpha_);
  Vector solved = factor_.triangularView<Eigen::Lower>().solve(k);
  *variance = std::max(signal_ - solved.squaredNorm(), 1e-12 * signal_);
  factor_.triangularView<Eigen::Lower>().transpose().solveInPlace(solved);

  // ds/dz = 2 (z - z_a) / ℓ, for each point a of the data.
  const Eigen::ArrayXd by_s = (-5.0 / 6.0) * (1 + r) * decay;
  const auto by_features = [&](const Eigen::ArrayXd& by_k) -> Vector {
    const Eigen::ArrayXd weight = by_k * by_s;
    return (2 * (scaled.transpose() * weight.sum() - features_.transpose() * weight.matrix()))
        .cwiseProduct(scale_);
  };
  encoding_.UnitGradient(unit, hyperparameters_.warping, by_features(alpha_.array()),
                         mean_gradient);
  encoding_.UnitGradient(unit, hyperparameters_.warping, by_features(-2 * solved.array()),
                         variance_gradient);
}

double GaussianProcess::AppendAtMean(absl::Span<const double> unit) {
  const Eigen::Index n = y_.size();
  const Matrix row = Eigen::Map<const Eigen::RowVectorXd>(unit.data(), unit.size());
  Matrix z;
  encoding_.Encode(row, hyperparameters_.warping, &z);
  const Matrix scaled = z * scale_.asDiagonal();
  const Vector k = Covariances(scaled);
  const double mean = k.dot(alpha_);
  const Vector solved = factor_.triangularView<Eigen::Lower>().solve(k);
  factor_.conservativeResize(n + 1, n + 1);
  factor_.col(n).setZero();
  factor_.row(n).head(n) = solved.transpose();
  factor_(n, n) = std::sqrt(std::max(signal_ + noise_ - solved.squaredNorm(), 1e-9 * signal_));
  features_.conservativeResize(n + 1, Eigen::NoChange);
  features_.row(n) = scaled.row(0);
  norms_.conservativeResize(n + 1);
  norms_[n] = scaled.row(0).squaredNorm();
  y_.conservativeResize(n + 1);
  y_[n] = mean;
  alpha_ = factor_.triangularView<Eigen::Lower>().solve(y_);
  factor_.triangularView<Eigen::Lower>().transpose().solveInPlace(alpha_);
  return mean;
}

}  // namespace sturgeon::gp
