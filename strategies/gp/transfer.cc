#include "strategies/gp/transfer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "strategies/gp/warping.h"

namespace sturgeon::gp {
namespace {

constexpr size_t kMinTrials = 3;
constexpr int kMaxTrials = 200;
constexpr double kBelief = 3;  // λ, in trials

// The best trials first; of many, the best half of kMaxTrials and an even spread of the others.
std::vector<const EarlierTrial*> Chosen(const EarlierStudy& earlier, const Objective& objective,
                                        int index) {
  std::vector<const EarlierTrial*> trials;
  for (const EarlierTrial& trial : earlier.trials) {
    if (trial.feasible) trials.push_back(&trial);
  }
  std::stable_sort(trials.begin(), trials.end(), [&](const EarlierTrial* a, const EarlierTrial* b) {
    return objective.Loss(a->values[index]) < objective.Loss(b->values[index]);
  });
  const size_t n = trials.size();
  if (n <= kMaxTrials) return trials;
  std::vector<const EarlierTrial*> chosen(trials.begin(), trials.begin() + kMaxTrials / 2);
  const size_t rest = n - chosen.size();
  for (size_t k = 0; k < kMaxTrials / 2; ++k) {
    chosen.push_back(trials[kMaxTrials / 2 + k * rest / (kMaxTrials / 2)]);
  }
  return chosen;
}

}  // namespace

TransferMean::TransferMean(const StudyConfig& study, int objective, const Encoding& encoding,
                           const Priors& priors) {
  const SearchSpace& space = study.space;
  std::vector<Vector> best;
  for (const EarlierStudy& earlier : study.warm_start) {
    const std::vector<const EarlierTrial*> trials =
        Chosen(earlier, study.objectives[objective], objective);
    if (trials.size() < kMinTrials) continue;
    Matrix unit(trials.size(), space.size());
    Vector y(trials.size());
    std::vector<double> row(space.size());
    for (size_t i = 0; i < trials.size(); ++i) {
      space.ToUnit(trials[i]->point, absl::MakeSpan(row));
      unit.row(i) = Eigen::Map<const Eigen::RowVectorXd>(row.data(), row.size());
      y[i] = study.objectives[objective].Loss(trials[i]->values[objective]);
    }
    y = PowerTransformed(y);
    const Hyperparameters fit =
        Fit(encoding, unit, y, priors, PriorMiddle(encoding, priors), /*evaluations=*/40);
    models_.emplace_back(encoding, fit, unit, y);
    best.push_back(unit.row(0));
  }
  best_.resize(best.size(), space.size());
  for (size_t s = 0; s < best.size(); ++s) best_.row(s) = best[s].transpose();
  weights_ = Vector::Constant(models_.size(), models_.empty() ? 0 : 1.0 / models_.size());
}

void TransferMean::Weigh(const Matrix& unit, const Vector& y) {
  const Eigen::Index studies = models_.size();
  if (studies == 0) return;
  Matrix means(unit.rows(), studies);
  Vector mean, variance;
  for (Eigen::Index s = 0; s < studies; ++s) {
    models_[s].Predict(unit, &mean, &variance);
    means.col(s) = mean;
  }
  const double believed = 1.0 / static_cast<double>(studies);
  Matrix a = means.transpose() * means;
  a.diagonal().array() += kBelief;
  const Vector b = means.transpose() * y + Vector::Constant(studies, kBelief * believed);
  // Coordinate descent of a strictly convex quadratic within b >= 0.
  weights_.setConstant(believed);
  for (int sweep = 0; sweep < 100; ++sweep) {
    for (Eigen::Index s = 0; s < studies; ++s) {
      const double rest = a.row(s).dot(weights_) - a(s, s) * weights_[s];
      weights_[s] = std::max(0.0, (b[s] - rest) / a(s, s));
    }
  }
}

Vector TransferMean::At(const Matrix& unit) const {
  Vector sum = Vector::Zero(unit.rows()), mean, variance;
  for (size_t s = 0; s < models_.size(); ++s) {
    if (weights_[s] == 0) continue;
    models_[s].Predict(unit, &mean, &variance);
    sum += weights_[s] * mean;
  }
  return sum;
}

double TransferMean::At(absl::Span<const double> unit, absl::Span<double> gradient) const {
  double sum = 0;
  std::vector<double> by_mean(unit.size()), by_variance(unit.size());
  for (size_t s = 0; s < models_.size(); ++s) {
    if (weights_[s] == 0) continue;
    double mean, variance;
    models_[s].Predict(unit, &mean, &variance, absl::MakeSpan(by_mean),
                       absl::MakeSpan(by_variance));
    sum += weights_[s] * mean;
    for (size_t i = 0; i < gradient.size(); ++i) gradient[i] += weights_[s] * by_mean[i];
  }
  return sum;
}

}  // namespace sturgeon::gp
