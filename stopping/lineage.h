// The whole learning curve of a trial that goes on from another one's checkpoint: such a trial
// reports its own steps alone, and the curve before them is that of the trials that it goes on
// from.
//
//   lineage_.Add(finished);                                               // in Tell
//   const Curve curve = lineage_.CurveOf(watch_, trial.reports, trial.resume_from);
//
// Memory: a pointer for each trial that has reported. Cost: O(log n) a trial of the chain, and its
// reports.
#ifndef STURGEON_STOPPING_LINEAGE_H_
#define STURGEON_STOPPING_LINEAGE_H_

#include <cstdint>
#include <optional>

#include "absl/container/btree_map.h"
#include "absl/types/span.h"
#include "core/trial.h"
#include "stopping/watch.h"

namespace sturgeon {

class Lineage {
 public:
  // The trials must outlive this.
  void Add(absl::Span<const Trial* const> finished);

  // Of each trial that it goes on from, the steps below those of the next one. Trials that were not
  // added, or reported nothing, leave their steps out.
  Curve CurveOf(const Watch& watch, const ReportLog& reports,
                std::optional<int64_t> resume_from) const;

 private:
  absl::btree_map<int64_t, const Trial*> trials_;  // by id
};

}  // namespace sturgeon

#endif  // STURGEON_STOPPING_LINEAGE_H_
