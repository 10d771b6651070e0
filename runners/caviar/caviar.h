// Many trials side by side, each in a thread of its own, or in a process (isolation=process).
//
// Asynchronous (the default, the fastest): each of `parallelism` threads asks for a trial as soon
// as it is free, and the study hears of everything as it happens. No thread waits for another
// trial, unless the strategy has none to give before that ends; but which results a proposal sees
// depends on how long trials take.
//
// Deterministic: the study is the same, bit for bit, on 1, 2 or 64 threads, whatever the trials'
// times. A logical clock replaces the wall clock; see in_order.h. A time limit, a timeout or
// cancellation still cuts off where it strikes: what was told before is the same.
//
// Threads: Run starts min(parallelism, trials to run, deterministic: width) threads, calls the
// study, its hooks and the model from them, and has joined them all when it returns.
// Errors of Run: ResourceExhausted, if the system refuses a thread.
#ifndef STURGEON_RUNNERS_CAVIAR_CAVIAR_H_
#define STURGEON_RUNNERS_CAVIAR_CAVIAR_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "core/option_schema.h"
#include "core/runner.h"
#include "runners/trial_options.h"

namespace sturgeon {

struct CaviarOptions : TrialOptions {
  int parallelism = 0;
  bool deterministic = false;
  std::string schedule = "window";
  int width = 8;
};

class CaviarRunner final : public Runner {
 public:
  static const Schema<CaviarOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<Runner>> Create(CaviarOptions options,
                                                        const RunnerContext& context);

  absl::StatusOr<RunSummary> Run(const RunRequest& request) override;
  absl::StatusOr<std::unique_ptr<ModelFactory>> Isolated(const RunRequest& request) override;
  int Parallelism() const override;

 private:
  int Threads() const;
  explicit CaviarRunner(CaviarOptions options) : options_(std::move(options)) {}

  const CaviarOptions options_;
};

inline constexpr RunnerPlugin kCaviarRunner =
    MakeRunnerPlugin<CaviarRunner>("caviar", "Many trials side by side, in threads or processes");

}  // namespace sturgeon

#endif  // STURGEON_RUNNERS_CAVIAR_CAVIAR_H_
