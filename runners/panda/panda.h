// One model, watched over closely: it trains a day at a time, and each evening its hyperparameters
// may change.
//
// A day is a trial of the study (runners/panda/diary.h): it goes on from the snapshot of the day
// before, or of any earlier one, with hyperparameters of its own. Days end stopped, with the reason
// why they were trained; the day that ends the training is the study's complete trial. What
// the days are is decided by a policy (policy.h), or, where it is interactive, by the user
// (hand.h).
//
// The study's strategy proposes no more than where to begin (start=strategy); what is enqueued is
// tried where it comes up, from a fresh model. Several objectives: InvalidArgument.
//
// Snapshots are checkpoints. Without a store of checkpoints they go to a temporary folder that is
// removed at the end; a study that is attached again then trains the days anew that it goes on
// from, which comes to the same model. A model that cannot be saved is trained in one day.
//
// Determinism: the study is a function of its config, its strategy and the model, and a study that
// was interrupted between days goes on as if it had not been; unless `minutes` measures the day, or
// a limit cuts one off. Threads: all work is done in the calling one (or in a process:
// isolation=process).
#ifndef STURGEON_RUNNERS_PANDA_PANDA_H_
#define STURGEON_RUNNERS_PANDA_PANDA_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/option_schema.h"
#include "core/runner.h"
#include "runners/schedule.h"
#include "runners/trial_options.h"

namespace sturgeon {

class Console;
class Keeper;
struct Day;
struct PolicyConfig;

struct PandaOptions : TrialOptions {
  int64_t day = 0;
  double minutes = 0;
  int64_t steps = 0;
  std::string start = "default";
  int64_t models = 1;
  std::string rate = "learning_rate";
  std::string nudge;
  bool interactive = false;
  std::string schedule;

  // Not for the command line: what measures `minutes`, and where the user is (nullptr: at stdin and
  // stderr).
  std::function<absl::Time()> clock = &absl::Now;
  Console* console = nullptr;
};

class PandaRunner final : public Runner {
 public:
  static const Schema<PandaOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<Runner>> Create(PandaOptions options,
                                                        const RunnerContext& context);

  absl::StatusOr<RunSummary> Run(const RunRequest& request) override;
  absl::StatusOr<std::unique_ptr<ModelFactory>> Isolated(const RunRequest& request) override;
  bool Interactive() const override { return options_.interactive; }

 private:
  PandaRunner(PandaOptions options, std::optional<Schedule> schedule)
      : options_(std::move(options)), schedule_(std::move(schedule)) {}

  // Trains one model by the policy, as it is or as far as the diary's days from the `read`-th on
  // have it; these are read then.
  void Raise(Keeper& keeper, PolicyConfig config, size_t* read) const;
  // Trains the first day of a model that nothing is known of; as Keeper::Train.
  const Day* FirstDay(Keeper& keeper, const PolicyConfig& config) const;

  // Trains the days of a schedule, from the first that the study does not have yet.
  static void Replay(Keeper& keeper, const std::vector<ScheduledDay>& days);

  const PandaOptions options_;
  const std::optional<Schedule> schedule_;
};

inline constexpr RunnerPlugin kPandaRunner =
    MakeRunnerPlugin<PandaRunner>("panda", "One model, babysat: a day at a time");

}  // namespace sturgeon

#endif  // STURGEON_RUNNERS_PANDA_PANDA_H_
