// The contract of a strategy: given all results so far, what is worth trying next, and which
// running trial is worth going on?
//
// A short trace of calls, for a study with two workers:
//   Ask({first_id 0, count 2, pending {}})      -> points for trials 0 and 1
//   OnReport({id 1, …})                         -> kContinue
//   Tell({trial 1})
//   Ask({first_id 2, count 1, pending {0}})     -> a point for trial 2; trial 0 is still running
//   Tell({trial 0, trial 2}) …
//
// What the study guarantees: one call at a time; spaces, points and values are valid; every
// finished trial is told exactly once, whoever proposed it (enqueued and imported trials too); ids
// grow. What it asks for: a strategy is a function of (space, options, seed, what it was told and
// asked). Its draws for trial n come from RandomStream(seed, n, kProposalStream …), so that
// replaying the calls gives the same proposals, bit for bit. No clock, no global state, no threads
// left running.
#ifndef STURGEON_CORE_STRATEGY_H_
#define STURGEON_CORE_STRATEGY_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/registry.h"
#include "core/space.h"
#include "core/study_config.h"
#include "core/trial.h"

namespace sturgeon {

struct Plugins;

struct PendingTrial {
  int64_t id;
  absl::Span<const double> point;
  // As they were proposed.
  std::optional<int64_t> budget = std::nullopt, resume_from = std::nullopt;
};

struct AskRequest {
  int64_t first_id = 0;
  int count = 1;                           // at least 1
  absl::Span<const PendingTrial> pending;  // running trials, in the order of their ids
};

struct Proposal {
  Point point;  // in the study's space, inactive parameters NaN
  // How far to train, in the model's steps, those before `resume_from` included; nullopt: to the
  // end. A trial that comes to a budget below StudyConfig::max_steps ends stopped.
  std::optional<int64_t> budget;
  // The trial whose checkpoint this one starts from (successive halving, population based
  // training); an earlier one.
  std::optional<int64_t> resume_from;
};

struct RunningTrial {
  int64_t id;
  absl::Span<const double> point;
  const ReportLog& reports;  // the newest last; of its own steps alone
  std::optional<int64_t> resume_from = std::nullopt;
};

// A stage of a search that narrows down: the trials from `first_trial` on lie in a box of the
// space.
struct SearchRound {
  int64_t first_trial = 0;
  // For each parameter the lowest and the highest value; of a category, the choices that are left,
  // by their indices.
  std::vector<std::vector<double>> box;
};

enum class Decision { kContinue, kStop, kPause };

class Strategy {
 public:
  virtual ~Strategy() = default;

  // At most `request.count` proposals; the i-th becomes trial first_id + i. None: the strategy has
  // nothing to try before one of the running trials has ended, and nothing more if none runs.
  virtual absl::StatusOr<std::vector<Proposal>> Ask(const AskRequest& request) = 0;

  // Trials that finished since the last call, in the order of their ids. What is pointed to stays
  // where it is and as it is until the strategy is destroyed, so a wrapper may tell it again.
  virtual absl::Status Tell(absl::Span<const Trial* const> finished) = 0;

  // A running trial has reported.
  virtual Decision OnReport(const RunningTrial& trial) {
    (void)trial;
    return Decision::kContinue;
  }

  // The rounds that the trials told so far belong to, of a strategy that goes in rounds: for those
  // who look at a study, which tell its trials to a strategy of their own.
  virtual std::vector<SearchRound> Rounds() const { return {}; }
};

struct StrategyContext {
  const StudyConfig& study;  // outlives the strategy
  const Plugins& plugins;    // likewise; wrappers ask it for what they wrap
  // Takes a line that the user should see, such as "round 2: learning_rate in [0.001, 0.03]".
  // Never empty.
  std::function<void(absl::string_view)> note;
};

struct StrategyKind {
  using Interface = Strategy;
  using Context = StrategyContext;
  static constexpr char kName[] = "strategy";
};
using StrategyPlugin = Plugin<StrategyKind>;
using StrategyRegistry = Registry<StrategyKind>;
using LinkedStrategy = Linked<StrategyKind>;

template <>
const LinkedStrategy* LinkedStrategy::head_;

template <typename Implementation>
constexpr StrategyPlugin MakeStrategyPlugin(const char* name, const char* summary) {
  return MakePlugin<StrategyKind, Implementation>(name, summary);
}

}  // namespace sturgeon

#endif  // STURGEON_CORE_STRATEGY_H_
