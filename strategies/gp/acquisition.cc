#include "strategies/gp/acquisition.h"

#include <cmath>

namespace sturgeon::gp {
namespace {

constexpr double kLogSqrt2Pi = 0.91893853320467274178;

// Mills' ratio m(t) = Φ(-t) / φ(t), for t >= 0.
double Mills(double t) {
  if (t > 20) {  // beyond here the asymptotic series is exact to a double
    const double q = 1 / (t * t);
    return (1 - q * (1 - 3 * q * (1 - 5 * q * (1 - 7 * q)))) / t;
  }
  return std::sqrt(M_PI_2) * std::exp(0.5 * t * t) * std::erfc(t * M_SQRT1_2);
}

// 1 - t m(t) for t >= 0, which is about 1 / t².
double OneMinusTMills(double t) {
  if (t < 20) return 1 - t * Mills(t);
  const double q = 1 / (t * t);
  return q * (1 - 3 * q * (1 - 5 * q * (1 - 7 * q)));
}

double NormalDensity(double z) { return std::exp(-0.5 * z * z - kLogSqrt2Pi); }
double NormalBelow(double z) { return 0.5 * std::erfc(-z * M_SQRT1_2); }

}  // namespace

Score LogExpectedImprovement(double mean, double variance, double best) {
  const double sigma = std::sqrt(variance);
  const double z = (best - mean) / sigma;
  // With h = φ + z Φ: its logarithm, Φ / h and φ / h.
  double log_h, below, density;
  if (z > -1) {
    const double h = NormalDensity(z) + z * NormalBelow(z);
    log_h = std::log(h);
    below = NormalBelow(z) / h;
    density = NormalDensity(z) / h;
  } else {
    const double rest = OneMinusTMills(-z);
    log_h = -0.5 * z * z - kLogSqrt2Pi + std::log(rest);
    below = Mills(-z) / rest;
    density = 1 / rest;
  }
  // dEI/dμ = -Φ, dEI/dσ = φ, EI = σ h.
  return {std::log(sigma) + log_h, -below / sigma, density / (2 * variance)};
}

Score LogProbabilityBelow(double mean, double variance, double threshold) {
  const double sigma = std::sqrt(variance);
  const double z = (threshold - mean) / sigma;
  double value, slope;  // ln Φ and φ / Φ
  if (z > -1) {
    const double below = NormalBelow(z);
    value = std::log(below);
    slope = NormalDensity(z) / below;
  } else {
    const double mills = Mills(-z);
    value = -0.5 * z * z - kLogSqrt2Pi + std::log(mills);
    slope = 1 / mills;
  }
  return {value, -slope / sigma, -0.5 * slope * z / variance};
}

}  // namespace sturgeon::gp
