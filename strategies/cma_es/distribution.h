// The search distribution of CMA-ES over a mixed space: a normal distribution over the numeric
// coordinates times a categorical one over each choice; what it samples, and how a generation's
// ranked points move it.
//
// Numeric coordinates x [d] lie in the unit cube:   x ~ m + σ A N(0, C)
// Choices c [K]:                                    P(c_j = k) = q_jk
// The diagonal matrix A keeps the values next to a discrete coordinate's mean in reach (the
// margin): C learns what the landscape is like, A what the grid is like.
//
// Update, of n points ranked from the best to the worst with weights w (positive for the better
// half, negative for the others; equals share the mean of theirs), y_i = A^-1 (x_i - m) / σ:
//   m   += σ A Σ_{w>0} w_i y_i
//   p_σ  = (1 - c_σ) p_σ + √(c_σ (2 - c_σ) μ_eff) C^-1/2 Σ_{w>0} w_i y_i
//   σ   *= exp((c_σ / d_σ) (|p_σ| / E|N(0, I)| - 1))
//   C    = (1 + …) C + c_1 p_c p_cᵀ + c_μ Σ w_i y_i y_iᵀ
//   q_j += μ_eff / (μ_eff + 2 K_j) (Σ_{w>0} w_i onehot(c_ij) - q_j)
// Then every other value of a discrete coordinate or of a choice gets a probability of at least
// about α = 1 - 0.73^(1 / number of discrete parameters), so that one of four points differs from
// the mean in a discrete value however narrow the distribution has become.
//
// Sources: Hansen, "The CMA evolution strategy: a tutorial" (arXiv 1604.00772: the update with
// active weights, and its constants); Hansen, RR-7748, 2011 (points from elsewhere are cut to a
// plausible length); Hamano et al., "CMA-ES with margin" (arXiv 2205.13482) and "CatCMA with
// margin" (arXiv 2504.07884); Wang, Emmerich, Bäck, "Mirrored orthogonal sampling for covariance
// matrix adaptation evolution strategies" (Evolutionary Computation 27, 2019). Departures: what
// leaves the cube comes back by chance (see Sample); the margin's probabilities are not normalised
// again, the mean's own value gives what the others gain; the categorical rate is a plain function
// of μ_eff.
//
// Determinism: a value type; a function of its arguments. Cost: O(d^2) a sample, O(n d^2) an
// update, and a decomposition of C, O(d^3), every 1 / (10 d (c_1 + c_μ)) generations. Threads:
// const methods from any.
#ifndef STURGEON_STRATEGIES_CMA_ES_DISTRIBUTION_H_
#define STURGEON_STRATEGIES_CMA_ES_DISTRIBUTION_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "core/random.h"
#include "core/space.h"

namespace sturgeon {

// The coordinates of a space: its numeric and its categorical parameters, without those that have
// one value.
struct SearchAxes {
  // `space` must outlive this.
  explicit SearchAxes(const SearchSpace& space);

  const SearchSpace* space;
  std::vector<int> numeric;             // indices of parameters [d]
  std::vector<bool> discrete;           // [d]: has few enough values to need a margin
  std::vector<int> categorical;         // indices of parameters [K]
  double margin = 0;                    // α
  double one_sided = 0, two_sided = 0;  // Φ^-1(1 - α), Φ^-1(1 - α / 2)

  int d() const { return static_cast<int>(numeric.size()); }
  const Parameter& parameter(int i) const { return (*space)[numeric[i]]; }
};

// A point in the distribution's coordinates.
struct SearchPoint {
  std::vector<double> x;  // [d], in the unit cube
  std::vector<int> c;     // [K]
};

// A point of a generation, as the update sees it.
struct RankedPoint {
  SearchPoint point;
  // How many points of the generation are better, and how many are as good, itself included.
  int better = 0, equal = 1;
  // Was not drawn from this distribution: it may lie anywhere.
  bool foreign = false;
};

// n draws of N(0, I_d), [n, d] row-major, that cover all directions: pairs of opposites, and the
// pairs orthogonal to each other, as many as there are dimensions.
std::vector<double> MirroredNormals(int n, int d, RandomStream& rng);

class SearchDistribution {
 public:
  // N(mean [d], covariance [d, d]) and the choices' probabilities [K][choices]. `axes` must outlive
  // this.
  SearchDistribution(const SearchAxes& axes, std::vector<double> mean,
                     std::vector<double> covariance,
                     std::vector<std::vector<double>> probabilities);

  // The point of the normal draw z [d]. A coordinate that would leave the cube stops at the wall,
  // one time of five, as the optimum may lie there; otherwise at a uniformly random place between
  // the mean and the wall. `rng` serves for that and for the choices.
  SearchPoint Sample(absl::Span<const double> z, RandomStream& rng) const;

  // How far x [d] is from the mean, |C^-1/2 A^-1 (x - m) / σ|, and up to where a point may well
  // have been drawn from this distribution.
  double Distance(absl::Span<const double> x) const;
  double Reach() const;

  // Moves the distribution by the points of a generation, from the best to the worst. If all are
  // equal there is nothing to learn but to look further: σ grows.
  void Update(absl::Span<const RankedPoint> ranked);

  const std::vector<double>& mean() const { return mean_; }
  double deviation(int i) const;           // of x_i
  std::vector<double> Covariance() const;  // of x, [d, d]
  const std::vector<std::vector<double>>& probabilities() const { return probabilities_; }

 private:
  void UpdateNumeric(absl::Span<const RankedPoint> ranked);
  void UpdateChoices(absl::Span<const RankedPoint> ranked);
  void KeepMargins();
  void KeepWidth();
  void Decompose();

  const SearchAxes* axes_;
  std::vector<double> mean_;        // m [d]
  double sigma_ = 1;                // σ
  std::vector<double> grid_;        // the diagonal of A [d]
  std::vector<double> covariance_;  // C [d, d]
  std::vector<double> vectors_;     // the eigenvectors of C, [d, d], one after another …
  std::vector<double> roots_;       // … and the roots of its eigenvalues [d]
  std::vector<double> sigma_path_;  // p_σ [d]
  std::vector<double> path_;        // p_c [d]
  std::vector<std::vector<double>> probabilities_;  // q
  int64_t updates_ = 0, decomposed_ = 0;
};

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_CMA_ES_DISTRIBUTION_H_
