#include "strategies/tpe/mixture.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace sturgeon::tpe {
namespace {

using Eigen::ArrayXd;
using Eigen::ArrayXXd;

constexpr double kSqrtHalf = 0.70710678118654752440;
constexpr double kLogSqrt2Pi = 0.91893853320467274178;
// No value is thought impossible: what underflows stays comparable.
constexpr double kSmallestMass = 1e-12;

// Φ, vectorised: Abramowitz and Stegun 7.1.26, absolute error below 1e-7.
ArrayXd NormalCdf(const ArrayXd& z) {
  const ArrayXd x = z.abs() * kSqrtHalf;
  const ArrayXd t = (1 + 0.3275911 * x).inverse();
  const ArrayXd tail =
      0.5 * t *
      (0.254829592 +
       t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) *
      (-x.square()).exp();
  return (z < 0).select(tail, 1 - tail);
}

bool IsLogInt(const Parameter& p) {
  return p.type == ParameterType::kInt && p.scale == Scale::kLog && p.factor == 0;
}

}  // namespace

Axis::Axis(const Parameter& p) : levels(p.Levels()), parameter(&p) {
  kind = p.is_categorical() ? Kind::kCategorical : levels > 0 ? Kind::kOrdinal : Kind::kContinuum;
}

double Axis::Coordinate(double value) const {
  return kind == Kind::kCategorical ? value : parameter->ToUnit(value);
}

double Axis::Value(double coordinate) const {
  return kind == Kind::kCategorical ? coordinate : parameter->FromUnit(coordinate);
}

Axis::Share Axis::ShareOf(double coordinate) const {
  if (levels <= 1) return {0, 1};
  if (IsLogInt(*parameter)) {
    const double value = parameter->FromUnit(coordinate);
    const double low = std::log(parameter->low - 0.5);
    const double span = std::log(parameter->high + 0.5) - low;
    return {(std::log(value - 0.5) - low) / span, (std::log(value + 0.5) - low) / span};
  }
  const double half = 0.5 / static_cast<double>(levels);
  return {coordinate - half, coordinate + half};
}

void Mixture::Build(absl::Span<const Axis> axes, ArrayXXd centres, ArrayXXd widths,
                    ArrayXd weights) {
  axes_ = axes;
  centres_ = std::move(centres);
  widths_ = std::move(widths);
  weights_ = std::move(weights);
  weights_ /= weights_.sum();
  log_weights_ = weights_.log();
  inverse_ = widths_.inverse();
  log_norms_.resize(centres_.rows(), centres_.cols());
  for (size_t j = 0; j < axes.size(); ++j) {
    const auto c = centres_.col(j);
    if (axes[j].kind == Axis::Kind::kCategorical) {
      log_norms_.col(j).setZero();
      continue;
    }
    log_norms_.col(j) =
        -(NormalCdf((1 - c) * inverse_.col(j)) - NormalCdf(-c * inverse_.col(j))).log();
    if (axes[j].kind == Axis::Kind::kContinuum) {
      log_norms_.col(j) += inverse_.col(j).log() - kLogSqrt2Pi;
    }
  }
}

void Mixture::AddLogKernels(absl::Span<const int> on, absl::Span<const double> point,
                            ArrayXd& log) const {
  for (const int j : on) {
    const double x = point[j];
    const auto c = centres_.col(j);
    const Axis& axis = axes_[j];
    ArrayXd term;
    switch (axis.kind) {
      case Axis::Kind::kContinuum:
        term = log_norms_.col(j) - 0.5 * ((x - c) * inverse_.col(j)).square();
        break;
      case Axis::Kind::kOrdinal: {
        const Axis::Share share = axis.ShareOf(x);
        term = log_norms_.col(j) + ((NormalCdf((share.high - c) * inverse_.col(j)) -
                                     NormalCdf((share.low - c) * inverse_.col(j)))
                                        .max(kSmallestMass) /
                                    (share.high - share.low))
                                       .log();
        break;
      }
      case Axis::Kind::kCategorical: {
        const auto s = widths_.col(j);
        term = (c == x).select(s + (1 - s) * static_cast<double>(axis.levels), s).log();
        break;
      }
    }
    log += c.isNaN().select(0.0, term);
  }
}

void Mixture::Draw(int k, absl::Span<const int> on, RandomStream& rng,
                   absl::Span<double> point) const {
  for (const int j : on) {
    const double c = centres_(k, j), s = widths_(k, j);
    const Axis& axis = axes_[j];
    if (axis.kind == Axis::Kind::kCategorical) {
      const bool any = std::isnan(c) || rng.Uniform() < s;
      point[j] = any ? static_cast<double>(rng.Below(axis.levels)) : c;
      continue;
    }
    double u = rng.Uniform();
    if (!std::isnan(c)) {
      // A wide kernel reaches far beyond the interval; the normal is then nearly uniform in it.
      for (int attempt = 0; attempt < 64; ++attempt) {
        const double drawn = c + s * rng.Normal();
        if (0 <= drawn && drawn <= 1) {
          u = drawn;
          break;
        }
      }
    }
    point[j] =
        axis.kind == Axis::Kind::kOrdinal ? axis.parameter->ToUnit(axis.parameter->FromUnit(u)) : u;
  }
}

double LogSumExp(const ArrayXd& v) {
  if (v.size() == 0) return -std::numeric_limits<double>::infinity();
  const double most = v.maxCoeff();
  return most + std::log((v - most).exp().sum());
}

}  // namespace sturgeon::tpe
