#include "strategies/gp/minimize.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "nlopt.h"

namespace sturgeon::gp {
namespace {

struct Search {
  absl::FunctionRef<double(absl::Span<const double>, absl::Span<double>)> function;
  nlopt_opt optimizer;
  Minimum best;
  std::vector<double> gradient;
};

double Evaluate(unsigned n, const double* x, double* gradient, void* data) {
  Search& search = *static_cast<Search*>(data);
  absl::Span<double> by_x =
      gradient != nullptr ? absl::MakeSpan(gradient, n) : absl::MakeSpan(search.gradient);
  const double value = search.function(absl::MakeConstSpan(x, n), by_x);
  if (!std::isfinite(value)) {
    nlopt_force_stop(search.optimizer);
    std::fill(by_x.begin(), by_x.end(), 0.0);
    return std::numeric_limits<double>::max();
  }
  if (value < search.best.value) search.best = {std::vector<double>(x, x + n), value};
  return value;
}

}  // namespace

Minimum MinimizeWithin(
    absl::Span<const double> lower, absl::Span<const double> upper, std::vector<double> start,
    int evaluations,
    absl::FunctionRef<double(absl::Span<const double>, absl::Span<double>)> function) {
  const unsigned n = static_cast<unsigned>(start.size());
  for (unsigned i = 0; i < n; ++i) start[i] = std::clamp(start[i], lower[i], upper[i]);
  Search search{
      function, nullptr, {start, std::numeric_limits<double>::infinity()}, std::vector<double>(n)};
  const std::unique_ptr<nlopt_opt_s, void (*)(nlopt_opt)> optimizer(nlopt_create(NLOPT_LD_LBFGS, n),
                                                                    nlopt_destroy);
  search.optimizer = optimizer.get();
  nlopt_set_min_objective(optimizer.get(), Evaluate, &search);
  nlopt_set_lower_bounds(optimizer.get(), lower.data());
  nlopt_set_upper_bounds(optimizer.get(), upper.data());
  nlopt_set_maxeval(optimizer.get(), evaluations);
  nlopt_set_ftol_rel(optimizer.get(), 1e-6);
  nlopt_set_ftol_abs(optimizer.get(), 1e-6);
  double value;
  // Whatever ended it (a line search that found nothing counts as an error there), the best point
  // stands.
  nlopt_optimize(optimizer.get(), start.data(), &value);
  return std::move(search.best);
}

}  // namespace sturgeon::gp
