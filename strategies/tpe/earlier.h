// An earlier study, as evidence of where good regions lie in this one (StudyConfig::warm_start).
//
// Values of two studies need not be comparable; the order of trials may be. An earlier study says
// two things: which points were its best, and, by the density ratio of its own trials, which of two
// points it expects to be better. How often that came true for this study's trials is what its best
// points are worth here:
//   agreement = max(0, (P + C - D) / (P + C + D)),
// C and D the numbers of pairs of trials that it put into the right and into the wrong order, and
// P = 10 as trust in advance. (Pairwise ranking as the measure: Feurer, Letham, Bakshy, "Scalable
// meta-learning for Bayesian optimization using ranking-weighted Gaussian process ensembles",
// 2018.)
#ifndef STURGEON_STRATEGIES_TPE_EARLIER_H_
#define STURGEON_STRATEGIES_TPE_EARLIER_H_

#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "core/study_config.h"
#include "strategies/tpe/density_ratio.h"
#include "strategies/tpe/mixture.h"
#include "strategies/tpe/split.h"

namespace sturgeon::tpe {

class Earlier {
 public:
  // `axes` are those of all parameters, and outlive this.
  Earlier(const EarlierStudy& earlier, const StudyConfig& study, absl::Span<const Axis> axes);

  // Its best trials, from the best on; empty if it has none.
  const std::vector<const Record*>& best() const { return best_; }

  // The higher, the better it expects a point to be. `row` as in Record.
  double Score(absl::Span<const double> row) const;

 private:
  Split split_;  // owns the records
  std::vector<const Record*> best_;
  std::unique_ptr<DensityRatio> ratio_;
};

// A sample of this study's trials, even and bounded, and what the earlier studies expected of them.
class Evidence {
 public:
  void Add(std::shared_ptr<const Record> record, absl::Span<const Earlier> earlier);

  // Of the k-th earlier study, in [0, 1].
  double Agreement(int k) const;

 private:
  struct Item {
    std::shared_ptr<const Record> record;
    std::vector<double> scores;  // one an earlier study
  };
  std::vector<Item> items_;  // by the hashes of the ids
};

}  // namespace sturgeon::tpe

#endif  // STURGEON_STRATEGIES_TPE_EARLIER_H_
