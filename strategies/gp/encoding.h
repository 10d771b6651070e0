// The points of a search space as vectors of features, so that a kernel of Euclidean distances is
// one of mixed and conditional points.
//
// Each parameter has a group of columns, and one length scale for the group. With u the parameter's
// unit coordinate, warped by its own w (below), the squared distance within a group is
//   numeric                (w(u) - w(u'))²                  one column
//   categorical            0 for equal choices, otherwise 1  one column a choice, 1/√2 where chosen
//   numeric, conditional   2 - 2 cos(w(u) - w(u')), about the square, where both are active;
//                          1 where one is, 0 where none is   two columns, a point of the unit
//                          circle
//   categorical, conditional: "inactive" is one choice more.
// (The circle makes "inactive" equally far from every value: the arc kernel of Swersky et al.,
// "Raiders of the lost architecture", arXiv 1409.4011, with an angle of one radian.) A constant has
// no group.
//
// Warping: w(u) = 1 - (1 - u^a)^b, the Kumaraswamy distribution function (Snoek et al., "Input
// warping for Bayesian optimization", ICML 2014): an objective that changes quickly at one end of
// a scale becomes stationary. a = b = 1 is no warping.
#ifndef STURGEON_STRATEGIES_GP_ENCODING_H_
#define STURGEON_STRATEGIES_GP_ENCODING_H_

#include <vector>

#include "Eigen/Core"
#include "absl/types/span.h"
#include "core/space.h"

namespace sturgeon::gp {

using Matrix = Eigen::MatrixXd;  // column-major; a row a point
using Vector = Eigen::VectorXd;

class Encoding {
 public:
  // `space` must outlive this.
  explicit Encoding(const SearchSpace& space);

  struct Group {
    int parameter;
    int first, size;  // its columns
    bool numeric;
    bool conditional;
  };
  const std::vector<Group>& groups() const { return groups_; }
  int columns() const { return columns_; }

  // Logarithms of a and b of every numeric group: [2 groups]; those of categorical ones are unused.
  // `warping` empty: none.
  // unit [n, d], NaN where inactive; features [n, columns].
  void Encode(const Matrix& unit, const Vector& warping, Matrix* features) const;

  // The gradient by `warping`, [2 groups], given that by the features, [n, columns].
  Vector WarpingGradient(const Matrix& unit, const Vector& warping,
                         const Matrix& by_features) const;

  // The gradient by the unit coordinates of one point, [d], given that by its features.
  void UnitGradient(absl::Span<const double> unit, const Vector& warping, const Vector& by_features,
                    absl::Span<double> by_unit) const;

 private:
  const SearchSpace& space_;
  std::vector<Group> groups_;
  int columns_ = 0;
};

}  // namespace sturgeon::gp

#endif  // STURGEON_STRATEGIES_GP_ENCODING_H_
