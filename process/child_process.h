// A program that runs as a process of ours: started, watched, and ended with all that it started.
//
//   ChildProcess::Options options;
//   options.program = "/usr/bin/python3";
//   options.arguments = {"python3", "train.py"};
//   options.files = {nullptr, &output, &output};      // stdin, stdout, stderr
//   auto child = ChildProcess::Start(options);
//   while (!(*child)->HasEnded()) …
//   const int status = (*child)->Kill();
//
// Used by the runners' isolation=process and by the model `command`. Linux.
#ifndef STURGEON_PROCESS_CHILD_PROCESS_H_
#define STURGEON_PROCESS_CHILD_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "process/file_descriptor.h"

namespace sturgeon {

// Threads: one at a time, but any; many processes may be started at once.
class ChildProcess {
 public:
  struct Options {
    std::string program;                   // the path of the executable
    std::vector<std::string> arguments;    // the name first
    std::vector<std::string> environment;  // NAME=VALUE, all of it
    // What the process has as its files 0, 1, 2, …; nullptr: /dev/null. It has no other.
    std::vector<const FileDescriptor*> files;
  };

  // The process leads a session and a group of its own (Ctrl-C is not for it, and it has no
  // terminal to ask at), and has no signal blocked or ignored. Unavailable: why the system starts
  // none.
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(const Options& options);

  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess() { Kill(); }

  // Whether it has ended. Its group may live on until Kill.
  bool HasEnded() const;

  // Asks it, and all of its group, to end (SIGTERM).
  void Terminate();

  // Ends it and all of its group that still runs; how it has ended, as waitpid says it.
  int Kill();

  // Of all its threads, while it runs.
  absl::Duration CpuTime() const;

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}

  pid_t pid_;  // -1: it has been waited for
  int wait_status_ = 0;
};

// This process's environment, as Options::environment wants it.
std::vector<std::string> CurrentEnvironment();

// How a process of a trial has ended, as that trial's failure: FailureKind::kExitCode (0, too),
// kSignal, or kOutOfMemory where `last_lines`, the end of what it printed, say that memory could
// not be had. The reason ends with them.
absl::Status EndFailure(int wait_status, absl::string_view last_lines);

}  // namespace sturgeon

#endif  // STURGEON_PROCESS_CHILD_PROCESS_H_
