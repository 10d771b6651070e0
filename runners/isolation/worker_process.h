// A worker (worker.h) as its runner's process sees it: started, asked, and killed.
#ifndef STURGEON_RUNNERS_ISOLATION_WORKER_PROCESS_H_
#define STURGEON_RUNNERS_ISOLATION_WORKER_PROCESS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/stop_token.h"
#include "process/child_process.h"
#include "process/file_descriptor.h"
#include "process/output_tail.h"
#include "runners/isolation/message.h"

namespace sturgeon {

// Threads: one at a time.
class WorkerProcess {
 public:
  // Starts this program once more and waits until it serves, or `stop` asks for something else.
  // The worker has a session of its own (Ctrl-C is not for it), nothing to read on stdin, and
  // no file that is open here. FailedPrecondition: the program does not serve as a worker; says
  // what its main lacks. Cancelled. Else why the system starts no process.
  static absl::StatusOr<std::unique_ptr<WorkerProcess>> Start(const StopToken& stop);

  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;
  // Lets it end, kills what has not ended after kStopGrace.
  ~WorkerProcess();

  // A trial begins: what the worker prints from now on are the trial's last words, and so much time
  // of CPU is the trial's.
  void BeginTrial(absl::Duration cpu_limit);

  // Asks one thing and waits for the answer. If `stop` asks for it the worker is asked to stop, and
  // killed after kStopGrace if it has not answered. Errors are those that the answer says
  // (FailureKindOf: what kind of failure it is, exceptions included) and
  //   Cancelled            it was killed because of `stop`;
  //   FailureStatus        it died (kSignal, kExitCode, kOutOfMemory) or was killed because it had
  //                        used up its time of CPU (kTimeout). The reason has what it printed last.
  // One that does not run any more answers by why it died.
  absl::StatusOr<Message> Ask(Message question, const StopToken& stop);

  // Whether it lives, as far as is known; Check finds out.
  bool running() const { return process_ != nullptr; }
  bool Check();

  // Asks it to end, without waiting.
  void Close() { socket_.Close(); }
  // Ends it and all that it started. With `why`: what it answers from then on.
  void Kill();
  void Kill(absl::Status why) {
    ended_ = std::move(why);
    Kill();
  }

 private:
  WorkerProcess() = default;

  absl::Status Spawn();
  // Waits for an answer, whatever it says. An error: the worker is no more.
  absl::StatusOr<Message> Receive(const StopToken& stop);
  // Waits a moment for anything to happen; sends and receives what there is.
  void Pump(absl::Duration moment);
  void ReadOutput();
  // It died, or does not talk to us any more: ends it and says how it ended.
  absl::Status Ended();
  // LastWords of what it printed.
  std::string Said() const { return LastWords(printed_.Lines()); }

  std::unique_ptr<ChildProcess> process_;
  FileDescriptor socket_, output_;
  MessageReader reader_;
  std::string unsent_;
  OutputTail printed_;
  bool closed_ = false;  // nothing more will be received
  int64_t number_ = 0;   // of the last question
  int wait_status_ = 0;  // once it does not run any more
  absl::Status ended_ = absl::FailedPreconditionError("its process has ended");
  absl::Duration cpu_limit_ = absl::InfiniteDuration();
  absl::Duration cpu_end_ = absl::InfiniteDuration();
};

}  // namespace sturgeon

#endif  // STURGEON_RUNNERS_ISOLATION_WORKER_PROCESS_H_
