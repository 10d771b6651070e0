#include "strategies/tpe/mixture.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace sturgeon::tpe {
namespace {

using Eigen::ArrayXf;
using Eigen::ArrayXXf;

// Beyond so many levels a value's share is too small to be told from a point.
constexpr int64_t kMostLevels = 10000;
constexpr float kLogSqrt2Pi = 0.918938533F;
// No value is thought impossible: what underflows stays comparable.
constexpr float kLeastMass = 1e-9F;

// 2 Φ(z) - 1 by its logistic approximation (Page, "Approximations to the cumulative normal
// function", Applied Statistics 26, 1977), whose tanh Eigen vectorises.
template <typename Expression>
auto TwicePhi(const Eigen::ArrayBase<Expression>& z) {
  return (z * (0.7978846F + 0.0356774F * z.square())).tanh();
}

// From the kernel κ.
double DrawKernel(const Axis& axis, double centre, double width, RandomStream& rng) {
  if (axis.kind == Axis::Kind::kCategorical) {
    return rng.Uniform() < width ? axis.FromUniform(rng.Uniform()) : centre;
  }
  // A wide kernel reaches far beyond the interval, and within it is nearly uniform.
  for (int attempt = 0; attempt < 64; ++attempt) {
    const double u = centre + width * rng.Normal();
    if (0 <= u && u <= 1) return axis.FromUniform(u);
  }
  return axis.FromUniform(rng.Uniform());
}

}  // namespace

Axis::Axis(const Parameter& p) : levels(p.Levels()), parameter(&p) {
  if (p.is_categorical()) {
    kind = Kind::kCategorical;
  } else if (0 < levels && levels <= kMostLevels) {
    kind = Kind::kOrdinal;
  }
}

double Axis::Coordinate(double value) const {
  return kind == Kind::kCategorical ? value : parameter->ToUnit(value);
}

double Axis::Value(double coordinate) const {
  return kind == Kind::kCategorical ? coordinate : parameter->FromUnit(coordinate);
}

double Axis::FromUniform(double u) const {
  return levels == 0 ? u : Coordinate(parameter->FromUnit(u));
}

double Axis::BeliefWidth() const {
  const double width = parameter->prior->width;
  if (kind != Kind::kCategorical) return width;
  // The chance of another choice, as that of a draw from all.
  const auto n = static_cast<double>(levels);
  return levels > 1 ? std::min(width * n / (n - 1), 1.0) : 1;
}

double Axis::DrawBelief(RandomStream& rng) const {
  return DrawKernel(*this, Coordinate(parameter->PriorNumber()), BeliefWidth(), rng);
}

std::vector<double> RowOf(absl::Span<const Axis> axes, absl::Span<const double> point) {
  std::vector<double> row(point.begin(), point.end());
  for (size_t i = 0; i < row.size(); ++i) {
    if (!std::isnan(row[i])) row[i] = axes[i].Coordinate(row[i]);
  }
  return row;
}

void Mixture::Build(absl::Span<const Axis> axes, ArrayXXf centres, ArrayXXf widths,
                    const ArrayXf& weights) {
  axes_ = axes;
  centres_ = std::move(centres);
  widths_ = std::move(widths);
  log_weights_ = (weights / weights.sum()).log();
  first_.resize(centres_.rows(), centres_.cols());
  second_.resize(centres_.rows(), centres_.cols());
  opinion_ = (!centres_.isNaN()).cast<float>();
  for (Eigen::Index j = 0; j < centres_.cols(); ++j) {
    const auto c = centres_.col(j);
    const auto s = widths_.col(j);
    const auto silent = c.isNaN();
    if (axes[j].kind == Axis::Kind::kCategorical) {
      const auto levels = static_cast<float>(axes[j].levels);
      first_.col(j) = silent.select(0, (s + (1 - s) * levels).log());
      second_.col(j) = silent.select(0, s.log());
      continue;
    }
    first_.col(j) = silent.select(0, s.inverse());
    second_.col(j) = (0.5F * (TwicePhi((1 - c) * s.inverse()) - TwicePhi(-c * s.inverse()))).log();
    if (axes[j].kind == Axis::Kind::kContinuum) second_.col(j) += s.log() + kLogSqrt2Pi;
    second_.col(j) = silent.select(0, second_.col(j)).eval();
    centres_.col(j) = silent.select(0.5F, c).eval();
  }
}

void Mixture::AddLogKernels(int first, int last, absl::Span<const double> point,
                            ArrayXf& log) const {
  for (int j = first; j < last; ++j) {
    const auto x = static_cast<float>(point[j]);
    const auto c = centres_.col(j);
    const auto one = first_.col(j);
    const auto two = second_.col(j);
    switch (axes_[j].kind) {
      case Axis::Kind::kContinuum:
        log -= 0.5F * ((x - c) * one).square() + two;
        break;
      case Axis::Kind::kOrdinal: {
        const Parameter& p = *axes_[j].parameter;
        const Parameter::Share share = p.ShareOf(p.FromUnit(point[j]));
        const auto low = static_cast<float>(share.low), high = static_cast<float>(share.high);
        log += opinion_.col(j) *
               (((0.5F / (high - low)) * (TwicePhi((high - c) * one) - TwicePhi((low - c) * one)))
                    .max(kLeastMass)
                    .log() -
                two);
        break;
      }
      case Axis::Kind::kCategorical:
        log += (c == x).select(one, two);
        break;
    }
  }
}

void Mixture::Draw(int k, int first, int last, RandomStream& rng, absl::Span<double> point) const {
  for (int j = first; j < last; ++j) {
    const bool silent =
        axes_[j].kind == Axis::Kind::kCategorical ? std::isnan(centres_(k, j)) : first_(k, j) == 0;
    point[j] = silent ? axes_[j].FromUniform(rng.Uniform())
                      : DrawKernel(axes_[j], centres_(k, j), widths_(k, j), rng);
  }
}

float LogSumExp(const ArrayXf& v) {
  const float most = v.maxCoeff();
  return most + std::log((v - most).exp().sum());
}

}  // namespace sturgeon::tpe
