#include "strategies/gp/encoding.h"

#include <algorithm>
#include <cmath>

namespace sturgeon::gp {
namespace {

constexpr double kEdge = 1e-9;  // keeps the warping's derivatives finite at 0 and 1

// w(u) = 1 - (1 - u^a)^b and its derivatives.
struct Kumaraswamy {
  Kumaraswamy(double log_a, double log_b) : a(std::exp(log_a)), b(std::exp(log_b)) {}

  double Value(double u) const {
    u = std::clamp(u, kEdge, 1 - kEdge);
    return 1 - std::pow(1 - std::pow(u, a), b);
  }
  double ByUnit(double u) const {
    u = std::clamp(u, kEdge, 1 - kEdge);
    return a * b * std::pow(u, a - 1) * std::pow(1 - std::pow(u, a), b - 1);
  }
  double ByLogA(double u) const {
    u = std::clamp(u, kEdge, 1 - kEdge);
    const double power = std::pow(u, a);
    return a * b * std::pow(1 - power, b - 1) * power * std::log(u);
  }
  double ByLogB(double u) const {
    u = std::clamp(u, kEdge, 1 - kEdge);
    const double rest = 1 - std::pow(u, a);
    return -b * std::pow(rest, b) * std::log(rest);
  }

  double a, b;
};

}  // namespace

Encoding::Encoding(const SearchSpace& space) : space_(space) {
  for (int i = 0; i < space.size(); ++i) {
    const Parameter& p = space[i];
    if (p.Levels() == 1) continue;
    const bool conditional = p.condition.has_value();
    int size = conditional ? 2 : 1;
    if (p.is_categorical()) {
      const int choices = static_cast<int>(p.Levels()) + (conditional ? 1 : 0);
      size = choices == 2 ? 1 : choices;
    }
    groups_.push_back({i, columns_, size, !p.is_categorical(), conditional});
    columns_ += size;
  }
}

void Encoding::Encode(const Matrix& unit, const Vector& warping, Matrix* features) const {
  const Eigen::Index n = unit.rows();
  features->resize(n, columns_);
  features->setZero();
  for (size_t g = 0; g < groups_.size(); ++g) {
    const Group& group = groups_[g];
    const auto u = unit.col(group.parameter);
    if (!group.numeric) {
      const int choices = static_cast<int>(space_[group.parameter].Levels());
      for (Eigen::Index r = 0; r < n; ++r) {
        const int choice =
            std::isnan(u[r]) ? choices : static_cast<int>(space_[group.parameter].FromUnit(u[r]));
        if (group.size == 1) {
          (*features)(r, group.first) = choice;
        } else {
          (*features)(r, group.first + choice) = M_SQRT1_2;
        }
      }
      continue;
    }
    const bool warped = warping.size() > 0;
    const Kumaraswamy warp(warped ? warping[2 * g] : 0, warped ? warping[2 * g + 1] : 0);
    for (Eigen::Index r = 0; r < n; ++r) {
      if (std::isnan(u[r])) continue;
      const double w = warped ? warp.Value(u[r]) : u[r];
      if (group.conditional) {
        (*features)(r, group.first) = std::sin(w);
        (*features)(r, group.first + 1) = std::cos(w);
      } else {
        (*features)(r, group.first) = w;
      }
    }
  }
}

Vector Encoding::WarpingGradient(const Matrix& unit, const Vector& warping,
                                 const Matrix& by_features) const {
  Vector gradient = Vector::Zero(2 * groups_.size());
  for (size_t g = 0; g < groups_.size(); ++g) {
    const Group& group = groups_[g];
    if (!group.numeric) continue;
    const Kumaraswamy warp(warping[2 * g], warping[2 * g + 1]);
    for (Eigen::Index r = 0; r < unit.rows(); ++r) {
      const double u = unit(r, group.parameter);
      if (std::isnan(u)) continue;
      double by_w = by_features(r, group.first);
      if (group.conditional) {
        const double w = warp.Value(u);
        by_w = by_w * std::cos(w) - by_features(r, group.first + 1) * std::sin(w);
      }
      gradient[2 * g] += by_w * warp.ByLogA(u);
      gradient[2 * g + 1] += by_w * warp.ByLogB(u);
    }
  }
  return gradient;
}

void Encoding::UnitGradient(absl::Span<const double> unit, const Vector& warping,
                            const Vector& by_features, absl::Span<double> by_unit) const {
  std::fill(by_unit.begin(), by_unit.end(), 0.0);
  for (size_t g = 0; g < groups_.size(); ++g) {
    const Group& group = groups_[g];
    const double u = unit[group.parameter];
    if (!group.numeric || std::isnan(u)) continue;
    const bool warped = warping.size() > 0;
    const Kumaraswamy warp(warped ? warping[2 * g] : 0, warped ? warping[2 * g + 1] : 0);
    double by_w = by_features[group.first];
    if (group.conditional) {
      const double w = warped ? warp.Value(u) : u;
      by_w = by_w * std::cos(w) - by_features[group.first + 1] * std::sin(w);
    }
    by_unit[group.parameter] = warped ? by_w * warp.ByUnit(u) : by_w;
  }
}

}  // namespace sturgeon::gp
