// The elastic net (Zou, Hastie: "Regularization and variable selection via the elastic net", JRSS B
// 67, 2005) on Longley's table of the US economy, whose six predictors nearly depend on each other:
// how much must the coefficients shrink, and how many of them may stay?
//
//   minimise over w   |y - X w|^2 / (2 n) + penalty (l1_ratio |w|_1 + (1 - l1_ratio) |w|_2^2 / 2)
//
// X [15, 6] and y [15], standardised, are all years but one; the metric `rmse` is the root mean
// square error of predicting each of the 16 years from the others, in thousands of employees. Least
// squares without a penalty has 424.8.
//
// A step of training ("round") is 50 passes of coordinate descent (Friedman, Hastie, Tibshirani:
// "Regularization paths for generalized linear models via coordinate descent", JSS 33, 2010) over
// each of the 16 fits. Both hyperparameters can be changed between rounds; the weights stay.
// Determinism: no randomness, the seed has no effect. Cost: about 25 us a round.
#ifndef ELASTIC_NET_ELASTIC_NET_H_
#define ELASTIC_NET_ELASTIC_NET_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "core/model.h"
#include "core/option_schema.h"
#include "core/space.h"
#include "core/value.h"

namespace elastic_net {

struct ElasticNetOptions {
  int rounds = 20;
};

class ElasticNetFactory final : public sturgeon::ModelFactory {
 public:
  static const sturgeon::Schema<ElasticNetOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<sturgeon::ModelFactory>> Create(
      ElasticNetOptions options, const sturgeon::ModelContext& context);

  const sturgeon::SearchSpace& default_space() const override { return space_; }
  const std::vector<sturgeon::Metric>& metrics() const override { return metrics_; }
  std::string unit() const override { return "round"; }
  int64_t max_steps() const override { return options_.rounds; }
  std::vector<std::string> settable() const override { return space_.Names(); }
  absl::StatusOr<std::unique_ptr<sturgeon::Model>> Create(
      const sturgeon::Value& assignment, const sturgeon::ModelOptions& options) const override;

 private:
  ElasticNetFactory(const ElasticNetOptions& options, sturgeon::SearchSpace space)
      : options_(options), space_(std::move(space)) {}

  const ElasticNetOptions options_;
  const sturgeon::SearchSpace space_;
  const std::vector<sturgeon::Metric> metrics_ = {{"rmse", sturgeon::Goal::kMinimize}};
};

inline constexpr sturgeon::ModelPlugin kElasticNetModel =
    sturgeon::MakeModelPlugin<ElasticNetFactory>("elastic_net", "Elastic net on Longley's table");

}  // namespace elastic_net

#endif  // ELASTIC_NET_ELASTIC_NET_H_
