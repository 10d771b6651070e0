// A worker: a process that trains models for a runner in another process, so that a model that
// crashes takes nothing but its own trial with it (the runners' option isolation=process).
//
// Workers are started from the program that runs the study: the same executable once more. The
// program `sturgeon` knows that; a program of yours that wants isolation=process begins with
//
//   int main(int argc, char** argv) {
//     auto plugins = sturgeon::Plugins::FromLinked();
//     if (sturgeon::IsWorker()) return sturgeon::ServeModels(plugins->models);
//     …
//
// before it reads its arguments or starts a thread.
#ifndef STURGEON_RUNNERS_ISOLATION_WORKER_H_
#define STURGEON_RUNNERS_ISOLATION_WORKER_H_

#include "absl/time/time.h"
#include "core/model.h"

namespace sturgeon {

// The first argument of a worker's command line: for those who look at lists of processes.
inline constexpr char kWorkerCommand[] = "worker";

// The environment variable that makes a process a worker: its parent's process id.
inline constexpr char kWorkerVariable[] = "STURGEON_WORKER";

// The worker's end of the connection.
inline constexpr int kWorkerDescriptor = 3;

// How long a model may take to heed that it is to stop; what still runs then is killed.
inline constexpr absl::Duration kStopGrace = absl::Seconds(1);

// Whether limits on memory work: the sanitizers reserve terabytes of addresses for their own use,
// which count as the process's memory.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kMemoryLimitsWork = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
inline constexpr bool kMemoryLimitsWork = false;
#else
inline constexpr bool kMemoryLimitsWork = true;
#endif
#else
inline constexpr bool kMemoryLimitsWork = true;
#endif

// Whether a runner started this process to be a worker (and ServeModels has not been called).
bool IsWorker();

// Serves until the runner's process closes the connection or is gone, and returns the exit code for
// main. What still runs kStopGrace after that is killed, with all that the model started. The
// runner has given the process a group of its own. To be called once, by a process that IsWorker().
int ServeModels(const ModelRegistry& models);

}  // namespace sturgeon

#endif  // STURGEON_RUNNERS_ISOLATION_WORKER_H_
