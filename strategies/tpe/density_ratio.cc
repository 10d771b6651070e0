#include "strategies/tpe/density_ratio.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace sturgeon::tpe {
namespace {

using Eigen::ArrayXf;
using Eigen::ArrayXXf;

constexpr double kUnshrunk = 20;  // from so many trials on kernels shrink with their number

double TotalWeight(absl::Span<const Kernel> kernels) {
  double sum = 0;
  for (const Kernel& kernel : kernels) sum += kernel.weight;
  return sum;
}

}  // namespace

DensityRatio::DensityRatio(absl::Span<const Axis> axes, std::vector<int> columns, int decided)
    : columns_(std::move(columns)), decided_(decided), x_(columns_.size()) {
  for (const int column : columns_) axes_.push_back(axes[column]);
}

Mixture DensityRatio::MakeMixture(absl::Span<const Kernel> kernels, const RatioOptions& options,
                                  double prior_weight, double belief_weight) const {
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  const int first = belief_weight > 0 ? 2 : 1;
  const auto m = static_cast<int>(kernels.size());
  const auto d = static_cast<int>(axes_.size());
  ArrayXXf centres(first + m, d), widths = ArrayXXf::Ones(first + m, d);
  ArrayXf weights(first + m);
  centres.topRows(first).setConstant(kNaN);
  weights(0) = static_cast<float>(prior_weight);
  for (int k = 0; k < m; ++k) {
    weights(first + k) = static_cast<float>(kernels[k].weight);
    for (int j = 0; j < d; ++j) {
      centres(first + k, j) = static_cast<float>((*kernels[k].row)[columns_[j]]);
    }
  }
  const double sigma = options.bandwidth * std::pow(std::max(m, 1), -1.0 / (d - decided_ + 4)) *
                       std::sqrt(kUnshrunk / std::max(options.trials, kUnshrunk));
  for (int j = 0; j < d; ++j) {
    const auto levels = static_cast<double>(axes_[j].levels);
    double width = sigma;
    if (axes_[j].kind == Axis::Kind::kCategorical) {
      width = levels / (levels + 4 * (m + 1));
    } else if (axes_[j].kind == Axis::Kind::kOrdinal) {
      width = std::max(sigma, 1 / levels);
    }
    widths.col(j).tail(m) = static_cast<float>(width);
  }
  if (belief_weight > 0) {
    weights(1) = static_cast<float>(belief_weight);
    for (int j = 0; j < d; ++j) {
      const Parameter& parameter = *axes_[j].parameter;
      if (!parameter.prior.has_value()) continue;
      centres(1, j) = static_cast<float>(axes_[j].Coordinate(parameter.PriorNumber()));
      widths(1, j) = static_cast<float>(axes_[j].BeliefWidth());
    }
  }
  Mixture mixture;
  mixture.Build(axes_, std::move(centres), std::move(widths), weights);
  return mixture;
}

void DensityRatio::Gather(absl::Span<const double> row) {
  for (size_t j = 0; j < columns_.size(); ++j) x_[j] = row[columns_[j]];
}

void DensityRatio::Fit(absl::Span<const Kernel> good, absl::Span<const Kernel> others,
                       const RatioOptions& options, absl::Span<const double> row) {
  const double surplus = TotalWeight(others) / std::max(TotalWeight(good), 1.0);
  good_ = MakeMixture(good, options, options.prior_weight, options.belief_weight);
  others_ =
      MakeMixture(others, options, options.prior_weight * std::sqrt(std::max(surplus, 1.0)), 0);
  Gather(row);
  good_given_ = good_.log_weights();
  others_given_ = others_.log_weights();
  good_.AddLogKernels(0, decided_, x_, good_given_);
  others_.AddLogKernels(0, decided_, x_, others_given_);
  odds_ = (good_given_ - good_given_.maxCoeff()).exp();
}

void DensityRatio::Draw(RandomStream& rng, absl::Span<double> row) {
  float u = static_cast<float>(rng.Uniform()) * odds_.sum();
  int k = 0;
  while (k + 1 < good_.size() && u >= odds_(k)) u -= odds_(k++);
  good_.Draw(k, decided_, static_cast<int>(columns_.size()), rng, absl::MakeSpan(x_));
  for (size_t j = decided_; j < columns_.size(); ++j) row[columns_[j]] = x_[j];
}

double DensityRatio::Score(absl::Span<const double> row) {
  Gather(row);
  const auto d = static_cast<int>(columns_.size());
  log_ = good_given_;
  good_.AddLogKernels(decided_, d, x_, log_);
  const double l = LogSumExp(log_);
  log_ = others_given_;
  others_.AddLogKernels(decided_, d, x_, log_);
  return l - LogSumExp(log_);
}

}  // namespace sturgeon::tpe
