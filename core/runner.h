// The contract of a runner: how do a study's trials run (one after another, one babysat, many at
// once)?
#ifndef STURGEON_CORE_RUNNER_H_
#define STURGEON_CORE_RUNNER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/model.h"
#include "core/option_schema.h"
#include "core/registry.h"
#include "core/value.h"

namespace sturgeon {

class CheckpointStore;
class Study;

struct RunRequest {
  Study& study;
  const ModelFactory& model;
  // Values of the model's parameters that the study does not tune; an object.
  Value fixed = Value::Object();
  // The study ends when it has this many trials (those it began with included); 0: no limit.
  int64_t trials = 0;
  // No trial starts after this long, and those that run are cancelled.
  absl::Duration time_limit = absl::InfiniteDuration();
  // Set from outside (a signal handler may) to end the run; nullptr: nobody will.
  const std::atomic<bool>* cancelled = nullptr;
  // Where trials are saved, and go on from (core/checkpoint_store.h); nullptr: nowhere.
  CheckpointStore* checkpoints = nullptr;
  // What `model` was made from, with the study's seed (ModelContext): wanted by runners that train
  // it in other processes.
  const PluginSpec* source = nullptr;
};

enum class RunEnd { kTrials, kBudget, kExhausted, kTimeLimit, kCancelled };

struct RunSummary {
  int64_t complete = 0, stopped = 0, failed = 0;  // trials that ended in this run
  RunEnd end = RunEnd::kTrials;
  absl::Duration elapsed;
};

class Runner {
 public:
  virtual ~Runner() = default;

  // Runs trials until the request's limits, the strategy's end, or cancellation. A trial that fails
  // is counted and the run goes on; a trial that was cut off by the time limit or by cancellation
  // is told to the study as failed (kCancelled). Errors are those of the study and its strategy
  // alone; what finished before one is kept. All of its threads have ended when it returns.
  virtual absl::StatusOr<RunSummary> Run(const RunRequest& request) = 0;

  // `request.model` as Run has it train, for whoever trains it beside Run (the test of the best
  // trial): in other processes, say. nullptr: in this one, as it is. The request must outlive it.
  virtual absl::StatusOr<std::unique_ptr<ModelFactory>> Isolated(const RunRequest& /*request*/) {
    return nullptr;
  }

  // How many trials Run will have under way at once, as the strategy sees it, where there are
  // trials enough: what StudyConfig::parallelism should be.
  virtual int Parallelism() const { return 1; }

  // Whether Run talks with the user, at stdin and stderr: nobody else should draw there.
  virtual bool Interactive() const { return false; }
};

struct RunnerContext {};

struct RunnerKind {
  using Interface = Runner;
  using Context = RunnerContext;
  static constexpr char kName[] = "runner";
};
using RunnerPlugin = Plugin<RunnerKind>;
using RunnerRegistry = Registry<RunnerKind>;
using LinkedRunner = Linked<RunnerKind>;

template <>
const LinkedRunner* LinkedRunner::head_;

template <typename Implementation>
constexpr RunnerPlugin MakeRunnerPlugin(const char* name, const char* summary) {
  return MakePlugin<RunnerKind, Implementation>(name, summary);
}

}  // namespace sturgeon

#endif  // STURGEON_CORE_RUNNER_H_
