// A model that trains in worker processes (worker.h): the runners' option isolation=process.
//
// It stands where the model itself would: whoever runs a trial creates, trains, saves and loads a
// model as ever, and each call is made in a worker and answered from there. So a study is the same,
// bit for bit, wherever its models train, and nobody else needs to know.
//
// A worker serves many trials, one after another: data is loaded once a worker. One that has died,
// was killed, or ran out of memory is replaced before the next trial, not on that trial's time.
#ifndef STURGEON_RUNNERS_ISOLATION_ISOLATED_MODEL_H_
#define STURGEON_RUNNERS_ISOLATION_ISOLATED_MODEL_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/model.h"
#include "core/option_schema.h"
#include "core/stop_token.h"
#include "core/trial.h"
#include "runners/isolation/worker_process.h"

namespace sturgeon {

struct WorkerLimits {
  // Of a call that has no token of its own (Create, Save, Load, …).
  absl::Duration call_time = absl::InfiniteDuration();
  int64_t memory_bytes = 0;                            // of a worker's data; 0: no limit
  absl::Duration cpu_time = absl::InfiniteDuration();  // of a trial
};

// Threads: every method may be called from any thread at any time; a model that it created belongs
// to one thread at a time.
class IsolatedModel final : public ModelFactory {
 public:
  // `local` is the same model in this process, made from `spec` and `seed`, and answers what needs
  // no training; it and `stop`'s flag must outlive this. Starts the first worker, so that what is
  // wrong with all of them is an error now and not that of every trial. FailedPrecondition: this
  // program does not serve as a worker. Else why a worker cannot load the model (out of memory,
  // say).
  static absl::StatusOr<std::unique_ptr<IsolatedModel>> Make(const ModelFactory& local,
                                                             const PluginSpec& spec, uint64_t seed,
                                                             const WorkerLimits& limits,
                                                             const StopToken& stop);
  // No model that it created may be left.
  ~IsolatedModel() override;

  // Calls `trial`, which may create models one at a time, when a worker is ready for it. Failed: no
  // worker could be made ready.
  absl::StatusOr<Outcome> WithWorker(const StopToken& stop,
                                     const std::function<absl::StatusOr<Outcome>()>& trial);

  const SearchSpace& default_space() const override { return local_.default_space(); }
  const std::vector<Metric>& metrics() const override { return local_.metrics(); }
  const std::vector<Metric>& test_metrics() const override { return local_.test_metrics(); }
  std::string unit() const override { return local_.unit(); }
  int64_t max_steps() const override { return local_.max_steps(); }
  std::vector<std::string> settable() const override { return local_.settable(); }

  absl::StatusOr<std::unique_ptr<Model>> Create(const Value& assignment,
                                                const ModelOptions& options) const override;

 private:
  class RemoteModel;

  IsolatedModel(const ModelFactory& local, const PluginSpec& spec, uint64_t seed,
                const WorkerLimits& limits, const StopToken& stop)
      : local_(local), spec_(spec), seed_(seed), limits_(limits), stop_(stop) {}

  // A worker that has loaded the model.
  absl::StatusOr<std::unique_ptr<WorkerProcess>> StartWorker(const StopToken& stop) const;
  // Makes sure that there are as many workers as trials that may want one.
  absl::Status Reserve(const StopToken& stop) ABSL_LOCKS_EXCLUDED(mutex_);
  void Release() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<std::unique_ptr<WorkerProcess>> TakeWorker() const ABSL_LOCKS_EXCLUDED(mutex_);
  // nullptr, or one that runs no more: it is lost.
  void PutBack(std::unique_ptr<WorkerProcess> worker) const ABSL_LOCKS_EXCLUDED(mutex_);
  // Asks, within the limits of a call without a token.
  absl::StatusOr<Message> Ask(WorkerProcess& worker, Message question) const;
  // Asks, and says what the limit on memory was where that was it.
  absl::StatusOr<Message> Ask(WorkerProcess& worker, Message question, const StopToken& stop) const;

  const ModelFactory& local_;
  const PluginSpec spec_;
  const uint64_t seed_;
  const WorkerLimits limits_;
  const StopToken stop_;

  mutable absl::Mutex mutex_;
  mutable std::vector<std::unique_ptr<WorkerProcess>> idle_ ABSL_GUARDED_BY(mutex_);
  mutable int workers_ ABSL_GUARDED_BY(mutex_) = 0;  // idle, at work, or being started
  int wanted_ ABSL_GUARDED_BY(mutex_) = 0;           // trials that may want one
};

}  // namespace sturgeon

#endif  // STURGEON_RUNNERS_ISOLATION_ISOLATED_MODEL_H_
