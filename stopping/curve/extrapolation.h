// Where a learning curve will end: Bayesian model averaging over parametric families, in closed
// form.
//
// Of the losses y_1 … y_n at the steps t_1 < … < t_n, those from t_n / 4 on count, four at least:
// what is long past says little of the end. With w the first of them, R their range, T the last
// step of a full training and z = (y - y_n) / R, the model is
//
//   z(t) = c + a psi(t) + e,   psi(t) = (phi(t) - phi(T)) / (phi(w) - phi(T)),   e ~ N(0, s^2)
//
// so that c is where the curve ends and a what it still loses from w on. The shapes phi are
//   power law      t^-g                       g = 0.1, 0.3, 0.6, 1, 1.5, 2.5
//   exponential    exp(-t / u)                u = T, T/2, … T/32
//   log power      1 / (1 + (t / u)^g)        u = T/2, … T/32, g = 2, 4
// (of the families of Domhan, Springenberg, Hutter: "Speeding up automatic hyperparameter
// optimization of deep neural networks by extrapolation of learning curves", IJCAI 2015), each
// family as likely as another beforehand, and each of its shapes; s is one of 0.003, 0.01, 0.03,
// 0.1, 0.3; c has a flat prior, a ~ N(0, 2^2). For a given (phi, s) the model is linear: the
// posterior is normal, and the weight of (phi, s) is its prior times its marginal likelihood. (In
// place of Domhan et al.'s MCMC over all parameters: the same averages, without random numbers.)
//
// The end is then a mixture of normal distributions. To the variance of each the square of
// 1 - t_n / T's root is added, that is, R^2 (1 - t_n / T) in the loss's units: no curve is exactly
// of a family, and schedules of the learning rate bend them late.
//
// The forecast does not change with the units of loss (y -> k y + b, k > 0) or step.
// Cost: O(n) for each of 22 shapes.
#ifndef STURGEON_STOPPING_CURVE_EXTRAPOLATION_H_
#define STURGEON_STOPPING_CURVE_EXTRAPOLATION_H_

#include <cstdint>
#include <optional>

#include "absl/types/span.h"

namespace sturgeon {

struct Forecast {
  double mean = 0;    // of the final loss
  double chance = 0;  // that it is below the bound
};

// The forecast of the loss at step `last`. `steps` [n] are positive and grow, `losses` [n] are
// finite. nullopt: there is nothing to say, since there are fewer than four losses, the curve is
// there already, a step is below 1, or its range is no finite number.
std::optional<Forecast> Extrapolate(absl::Span<const int64_t> steps,
                                    absl::Span<const double> losses, int64_t last, double bound);

}  // namespace sturgeon

#endif  // STURGEON_STOPPING_CURVE_EXTRAPOLATION_H_
