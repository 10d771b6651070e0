#include "strategies/gp/search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "strategies/gp/minimize.h"

namespace sturgeon::gp {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
// An int of more values than this is followed as a continuum and rounded at the end.
constexpr int64_t kManyLevels = 16;

class Searcher {
 public:
  Searcher(const SearchSpace& space, const AcquisitionFunction& function, const Matrix& anchors,
           const SearchEffort& effort, RandomStream& rng)
      : space_(space),
        d_(space.size()),
        function_(function),
        anchors_(anchors),
        effort_(effort),
        rng_(rng),
        point_(space.size()) {
    for (int i = 0; i < d_; ++i) {
      levels_.push_back(space[i].Levels());
      if (levels_[i] != 1) free_.push_back(i);
    }
  }

  std::vector<Found> Run() {
    Scatter();
    double scale = 0.1;
    for (int round = 0; round < effort_.rounds; ++round, scale *= 0.4) Refine(scale);
    const int ascents = std::min<int>(effort_.ascents, best_.size());
    for (int a = 0; a < ascents; ++a) Climb(best_[a]);
    Sort();
    return std::move(best_);
  }

 private:
  // Puts the coordinates on values of their parameters and makes NaN of inactive ones; what became
  // active is drawn at random.
  void Settle(Vector& unit) {
    for (const int i : space_.order()) {
      if (!space_.IsActive(i, point_)) {
        unit[i] = point_[i] = kNaN;
        continue;
      }
      if (std::isnan(unit[i])) unit[i] = rng_.Uniform();
      point_[i] = space_[i].FromUnit(unit[i]);
      unit[i] = levels_[i] > 0 ? space_[i].ToUnit(point_[i]) : std::clamp(unit[i], 0.0, 1.0);
    }
  }

  Vector Random() {
    Vector unit(d_);
    for (int i = 0; i < d_; ++i) unit[i] = rng_.Uniform();
    Settle(unit);
    return unit;
  }

  void MutateCoordinate(int i, double scale, Vector& unit) {
    if (space_[i].is_categorical()) {
      unit[i] = rng_.Uniform();
    } else if (levels_[i] > 0) {
      // At least one level, on average, whatever the scale.
      const double step = std::max(scale, 1.0 / static_cast<double>(levels_[i]));
      unit[i] += step * rng_.Normal();
    } else {
      unit[i] += scale * rng_.Normal();
    }
    unit[i] = std::clamp(unit[i], 0.0, 1.0);
  }

  // Changes each coordinate with a probability that leaves a few of them changed.
  Vector Mutated(const Vector& from, double scale) {
    Vector unit = from;
    const double share = std::exp(-rng_.Uniform() * std::log(static_cast<double>(free_.size())));
    const int always = free_[rng_.Below(free_.size())];
    for (const int i : free_) {
      if (std::isnan(unit[i])) continue;
      if (i != always && rng_.Uniform() >= share) continue;
      // Categories rarely change when the scale is small, so that refinement refines.
      if (i != always && space_[i].is_categorical() && rng_.Uniform() > 0.3) continue;
      MutateCoordinate(i, scale, unit);
    }
    Settle(unit);
    return unit;
  }

  void Consider(const std::vector<Vector>& candidates, int keep) {
    if (candidates.empty()) return;
    Matrix unit(candidates.size(), d_);
    for (size_t c = 0; c < candidates.size(); ++c) unit.row(c) = candidates[c].transpose();
    const Vector values = function_.values(unit);
    for (size_t c = 0; c < candidates.size(); ++c) {
      if (std::isfinite(values[c])) best_.push_back({candidates[c], values[c]});
    }
    Sort();
    if (static_cast<int>(best_.size()) > keep) best_.resize(keep);
  }

  static bool Equal(const Vector& a, const Vector& b) {
    for (Eigen::Index i = 0; i < a.size(); ++i) {
      if (a[i] != b[i] && !(std::isnan(a[i]) && std::isnan(b[i]))) return false;
    }
    return true;
  }

  void Sort() {
    std::stable_sort(best_.begin(), best_.end(),
                     [](const Found& a, const Found& b) { return a.value > b.value; });
    best_.erase(std::unique(best_.begin(), best_.end(),
                            [](const Found& a, const Found& b) {
                              return a.value == b.value && Equal(a.unit, b.unit);
                            }),
                best_.end());
  }

  void Scatter() {
    std::vector<Vector> candidates;
    for (int c = 0; c < effort_.random; ++c) candidates.push_back(Random());
    if (anchors_.rows() > 0 && !free_.empty()) {
      for (int c = 0; c < effort_.mutations; ++c) {
        const double scale = 0.3 * std::exp(-rng_.Uniform() * 6);
        candidates.push_back(Mutated(anchors_.row(c % anchors_.rows()), scale));
      }
    }
    Consider(candidates, effort_.elites);
  }

  void Refine(double scale) {
    if (free_.empty()) return;
    std::vector<Vector> candidates;
    for (const Found& elite : best_) {
      for (int c = 0; c < effort_.children; ++c) {
        candidates.push_back(Mutated(elite.unit, scale * std::exp(-rng_.Uniform() * 2)));
      }
    }
    Consider(candidates, effort_.elites);
  }

  // From one point: alternates between the continuous and the discrete coordinates until neither
  // finds better.
  void Climb(Found& from) {
    for (int turn = 0; turn < 3; ++turn) {
      const bool ascended = Ascend(from);
      const bool stepped = StepNeighbours(from);
      if (!stepped || (turn > 0 && !ascended)) break;
    }
  }

  bool Ascend(Found& from) {
    std::vector<int> active;
    for (const int i : free_) {
      if (!std::isnan(from.unit[i]) && !space_[i].is_categorical() &&
          (levels_[i] == 0 || levels_[i] > kManyLevels)) {
        active.push_back(i);
      }
    }
    if (active.empty()) return false;
    std::vector<double> start;
    for (const int i : active) start.push_back(from.unit[i]);
    const std::vector<double> lower(active.size(), 0.0), upper(active.size(), 1.0);
    Vector unit = from.unit, by_unit(d_);
    const Minimum minimum = MinimizeWithin(
        lower, upper, start, effort_.evaluations,
        [&](absl::Span<const double> x, absl::Span<double> gradient) {
          for (size_t k = 0; k < active.size(); ++k) unit[active[k]] = x[k];
          const double value = function_.gradient(absl::MakeConstSpan(unit.data(), d_),
                                                  absl::MakeSpan(by_unit.data(), d_));
          for (size_t k = 0; k < active.size(); ++k) {
            gradient[k] = -by_unit[active[k]];
          }
          return -value;
        });
    for (size_t k = 0; k < active.size(); ++k) unit[active[k]] = minimum.x[k];
    Settle(unit);
    const double value = function_.values(unit.transpose())[0];
    if (!(value > from.value + 1e-9)) return false;
    from = {unit, value};
    return true;
  }

  bool StepNeighbours(Found& from) {
    std::vector<Vector> candidates;
    for (const int i : free_) {
      if (std::isnan(from.unit[i]) || levels_[i] == 0) continue;
      if (space_[i].is_categorical()) {
        for (int64_t k = 0; k < std::min<int64_t>(levels_[i], 64); ++k) {
          candidates.push_back(from.unit);
          candidates.back()[i] = space_[i].ToUnit(static_cast<double>(k));
        }
      } else {
        for (const double step : {-2.0, -1.0, 1.0, 2.0}) {
          candidates.push_back(from.unit);
          candidates.back()[i] =
              std::clamp(from.unit[i] + step / static_cast<double>(levels_[i]), 0.0, 1.0);
        }
      }
    }
    if (candidates.empty()) return false;
    Matrix unit(candidates.size(), d_);
    for (size_t c = 0; c < candidates.size(); ++c) {
      Settle(candidates[c]);
      unit.row(c) = candidates[c].transpose();
    }
    const Vector values = function_.values(unit);
    Eigen::Index best;
    const double value = values.maxCoeff(&best);
    if (!(value > from.value + 1e-9)) return false;
    from = {candidates[best], value};
    return true;
  }

  const SearchSpace& space_;
  const int d_;
  const AcquisitionFunction& function_;
  const Matrix& anchors_;
  const SearchEffort& effort_;
  RandomStream& rng_;
  Point point_;  // scratch
  std::vector<int64_t> levels_;
  std::vector<int> free_;  // parameters that are not constants
  std::vector<Found> best_;
};

}  // namespace

std::vector<Found> Maximize(const SearchSpace& space, const AcquisitionFunction& function,
                            const Matrix& anchors, const SearchEffort& effort, RandomStream& rng) {
  return Searcher(space, function, anchors, effort, rng).Run();
}

}  // namespace sturgeon::gp
