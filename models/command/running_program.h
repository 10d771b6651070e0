// A program at work for the model `command`: started with its limits, read line by line, ended as a
// whole.
//
// It is started by a few lines of /bin/sh, which set the limit of memory and the folder, leave a
// process behind that kills the whole group once this process is gone (even by kill -9: a pipe
// closes), and become the program. No word of the program's command line is the shell's to read.
#ifndef STURGEON_MODELS_COMMAND_RUNNING_PROGRAM_H_
#define STURGEON_MODELS_COMMAND_RUNNING_PROGRAM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/stop_token.h"
#include "process/child_process.h"
#include "process/file_descriptor.h"
#include "process/output_tail.h"

namespace sturgeon {

// How long a program may take to end when it is asked to (SIGTERM); what still runs then is killed.
// Well below the second within which a model is to heed a stop.
inline constexpr absl::Duration kTerminationGrace = absl::Milliseconds(500);

// Threads: one at a time.
class RunningProgram {
 public:
  struct Options {
    std::vector<std::string> arguments;    // the path of the program first, absolute
    std::vector<std::string> environment;  // NAME=VALUE, all of it
    std::string folder;                    // where it runs, absolute
    absl::Duration timeout = absl::InfiniteDuration();
    int64_t memory_bytes = 0;  // of the data of each of its processes; 0: no limit
  };

  // Unavailable: why the system starts none.
  static absl::StatusOr<std::unique_ptr<RunningProgram>> Start(const Options& options);

  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;
  // As Stop.
  ~RunningProgram();

  // Waits for the next line of its standard output; nullopt: it has ended with exit code 0, and all
  // was read. A line is cut at a mebibyte. Cancelled: `stop` asked for it; the program has been
  // stopped. FailureStatus: it ended otherwise (kExitCode, kSignal, kOutOfMemory), or ran out of
  // its time (kTimeout) and was stopped. The reason has what it said last. What was printed before
  // comes before that.
  absl::StatusOr<std::optional<std::string>> NextLine(const StopToken& stop);

  // Remembers a line as something said, for LastLines.
  void Note(absl::string_view line);
  // The last lines of its standard error, or where that has none, of the lines noted.
  std::string LastLines() const;

  // Ends it and all that it started: asks first, and kills after kTerminationGrace.
  void Stop();

 private:
  RunningProgram() = default;

  // Reads what there is, waiting for it at most so long.
  void Pump(absl::Duration moment);
  void ReadOutput();
  void ReadErrors();
  // A line of what was read; nullopt: there is no whole one (with `end`, no part of one either).
  std::optional<std::string> TakeLine(bool end);
  // It has ended by itself: ends what it left behind and reads the rest.
  void CollectEnd();

  Options options_;
  absl::Time deadline_;
  std::unique_ptr<ChildProcess> process_;
  // When the last copy of this end is closed, the group is killed.
  FileDescriptor leash_;
  FileDescriptor output_, errors_;
  std::string unread_;        // of its output, from
  size_t begin_ = 0;          // here on not taken yet
  size_t scanned_ = 0;        // no line ends between there and here
  bool skipping_ = false;     // the rest of a line that was too long
  std::optional<int> ended_;  // its wait status
  OutputTail said_, noted_;
};

}  // namespace sturgeon

#endif  // STURGEON_MODELS_COMMAND_RUNNING_PROGRAM_H_
