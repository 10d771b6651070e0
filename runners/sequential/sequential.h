// One trial after another, in the calling thread (or in a process: isolation=process).
//
// The study hears of everything as it happens: a proposal sees the results of all trials before it.
// Prefer it where trials use all cores themselves, or must not run side by side (timings, a device
// that holds one model), and for debugging. The same study as caviar's with
// deterministic=true, schedule=window, width=1.
//
// Determinism: the study is a function of its config, its strategy and the model, unless a time
// limit, a timeout or cancellation cuts a trial off.
#ifndef STURGEON_RUNNERS_SEQUENTIAL_SEQUENTIAL_H_
#define STURGEON_RUNNERS_SEQUENTIAL_SEQUENTIAL_H_

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "core/option_schema.h"
#include "core/runner.h"
#include "runners/trial_options.h"

namespace sturgeon {

struct SequentialOptions : TrialOptions {};

class SequentialRunner final : public Runner {
 public:
  static const Schema<SequentialOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<Runner>> Create(SequentialOptions options,
                                                        const RunnerContext& context);

  absl::StatusOr<RunSummary> Run(const RunRequest& request) override;
  absl::StatusOr<std::unique_ptr<ModelFactory>> Isolated(const RunRequest& request) override;

 private:
  explicit SequentialRunner(SequentialOptions options) : options_(std::move(options)) {}

  const SequentialOptions options_;
};

inline constexpr RunnerPlugin kSequentialRunner =
    MakeRunnerPlugin<SequentialRunner>("sequential", "One trial after another");

}  // namespace sturgeon

#endif  // STURGEON_RUNNERS_SEQUENTIAL_SEQUENTIAL_H_
