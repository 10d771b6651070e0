// Whether a recorded study's decisions come out again.
//
// A stored trial that a strategy has proposed says what that strategy had been told by then
// (AskedView). Replay makes the strategy anew, tells it just that, asks, and compares.
//
// A strategy is a function of the set of trials that it was told, so what it knew may be told in
// one call; and where a worker knew less than another one before it, a fresh strategy stands in.
#ifndef STURGEON_CORE_REPLAY_H_
#define STURGEON_CORE_REPLAY_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/option_schema.h"
#include "core/plugins.h"
#include "core/storage.h"
#include "core/study_config.h"

namespace sturgeon {

// How one worker ran the study: workers may have had other flags.
struct ReplayPlan {
  StudyConfig config;  // with its warm start, and its hints
  PluginSpec strategy;
};

// What did not come out again.
struct ReplayDifference {
  int64_t trial = 0;
  // The parameter that differs; "": `what` says in words what else does.
  std::string parameter;
  double stored = 0, replayed = 0;  // flat values; NaN: inactive
  std::string what;
};

struct Replayed {
  int64_t proposals = 0;  // that came out again, bit for bit
  int64_t told = 0;       // trials that no strategy had proposed: enqueued, repeated, imported
  std::optional<ReplayDifference> difference;  // the first one; nothing behind it was looked at
};

// `plan` gives the plan of a worker, and may fail; what it gives is used again for the same name.
// `trials` are all of a study, by number. Internal: a strategy broke its contract. Else the errors
// of `plan`, and those of making the strategies and of calling them. Cost: that of the strategies;
// memory for the trials' copies, and for at most eight strategies.
absl::StatusOr<Replayed> Replay(
    const std::vector<TrialRecord>& trials, const Plugins& plugins,
    const std::function<absl::StatusOr<ReplayPlan>(absl::string_view worker)>& plan);

// The trials of a study, by number, so that whatever a trial of them was asked with had ended is
// there with its end.
absl::StatusOr<std::vector<TrialRecord>> ReadForReplay(Storage& storage, int64_t study);

}  // namespace sturgeon

#endif  // STURGEON_CORE_REPLAY_H_
