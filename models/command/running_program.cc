#include "models/command/running_program.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/failure.h"

namespace sturgeon {
namespace {

// How often it is looked at: also how much later than asked for a limit takes effect.
constexpr absl::Duration kMoment = absl::Milliseconds(20);
constexpr size_t kLineMax = size_t{1} << 20;

// $1 the limit in KiB or "", $2 the folder, then the program and its arguments. File 3 ends when
// whoever started this does. The one who waits for that is nobody's child (a program may wait for
// all of its own), does not heed SIGTERM, and holds nobody's output open. `$$` is the program's
// process id, thus its group's: in a subshell, too, it is that of the first shell.
constexpr char kLeash[] = R"(
  (
    (trap '' HUP INT TERM; read -r _ <&3; kill -s KILL -- -$$) >/dev/null 2>&1 &
  )
  exec 3<&-
  [ -z "$1" ] || ulimit -d "$1" 2>/dev/null || :
  cd -- "$2" || exit 126
  shift 2
  exec "$@"
)";

struct Pipe {
  FileDescriptor read, write;
};

absl::StatusOr<Pipe> MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return absl::UnavailableError(absl::StrCat("no pipe: ", std::strerror(errno)));
  }
  return Pipe{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

}  // namespace

absl::StatusOr<std::unique_ptr<RunningProgram>> RunningProgram::Start(const Options& options) {
  absl::StatusOr<Pipe> leash = MakePipe(), output = MakePipe(), errors = MakePipe();
  for (const auto* pipe : {&leash, &output, &errors}) {
    if (!pipe->ok()) return pipe->status();
  }
  ChildProcess::Options child;
  child.program = "/bin/sh";
  child.arguments = {"sh",
                     "-c",
                     kLeash,
                     "sturgeon",
                     options.memory_bytes > 0 ? absl::StrCat(options.memory_bytes >> 10) : "",
                     options.folder};
  child.arguments.insert(child.arguments.end(), options.arguments.begin(), options.arguments.end());
  child.environment = options.environment;
  child.files = {nullptr, &output->write, &errors->write, &leash->read};
  absl::StatusOr<std::unique_ptr<ChildProcess>> process = ChildProcess::Start(child);
  if (!process.ok()) return process.status();

  std::unique_ptr<RunningProgram> program(new RunningProgram());
  program->options_ = options;
  program->deadline_ = absl::Now() + options.timeout;
  program->process_ = *std::move(process);
  program->leash_ = std::move(leash->write);
  program->output_ = std::move(output->read);
  program->errors_ = std::move(errors->read);
  fcntl(program->output_.get(), F_SETFL, O_NONBLOCK);
  fcntl(program->errors_.get(), F_SETFL, O_NONBLOCK);
  return program;
}

RunningProgram::~RunningProgram() { Stop(); }

absl::StatusOr<std::optional<std::string>> RunningProgram::NextLine(const StopToken& stop) {
  for (absl::Duration moment = absl::ZeroDuration();;) {
    std::optional<std::string> line = TakeLine(/*end=*/ended_.has_value());
    if (line.has_value()) return line;
    if (ended_.has_value()) {
      if (*ended_ == 0) return std::nullopt;
      return EndFailure(*ended_, LastLines());
    }
    if (process_->HasEnded()) {
      CollectEnd();
      continue;
    }
    if (moment > absl::ZeroDuration()) {
      if (stop.stop_requested()) {
        Stop();
        return absl::CancelledError("its program was stopped");
      }
      if (absl::Now() >= deadline_) {
        Stop();
        return FailureStatus(
            FailureKind::kTimeout,
            absl::StrCat("its program ran for longer than ", absl::FormatDuration(options_.timeout),
                         LastWords(LastLines())));
      }
    }
    // What is there already comes before any limit.
    Pump(moment);
    moment = std::min({kMoment, deadline_ - absl::Now(), stop.deadline() - absl::Now()});
    moment = std::max(moment, absl::Milliseconds(1));
  }
}

void RunningProgram::Note(absl::string_view line) {
  noted_.Add(line);
  noted_.Add("\n");
}

std::string RunningProgram::LastLines() const {
  const std::string said = said_.Lines();
  return said.empty() ? noted_.Lines() : said;
}

void RunningProgram::Stop() {
  if (ended_.has_value()) return;
  process_->Terminate();
  const absl::Time kill_at = absl::Now() + kTerminationGrace;
  // Read on: who is blocked in a write cannot end.
  while (!process_->HasEnded() && absl::Now() < kill_at) Pump(absl::Milliseconds(2));
  CollectEnd();
}

void RunningProgram::CollectEnd() {
  ended_ = process_->Kill();
  ReadOutput();
  ReadErrors();
  output_.Close();
  errors_.Close();
  leash_.Close();
}

void RunningProgram::Pump(absl::Duration moment) {
  pollfd files[2] = {{output_.get(), POLLIN, 0}, {errors_.get(), POLLIN, 0}};
  timespec timeout = absl::ToTimespec(moment);
  if (!output_.is_open() && !errors_.is_open()) {
    // It has closed both, most likely because it has just ended.
    timeout = absl::ToTimespec(std::min(moment, absl::Milliseconds(1)));
  }
  if (ppoll(files, 2, &timeout, nullptr) <= 0) return;
  if (files[0].revents != 0) ReadOutput();
  if (files[1].revents != 0) ReadErrors();
}

void RunningProgram::ReadOutput() {
  char buffer[1 << 14];
  // Bounded, should it print faster than we read: the rest waits in the pipe.
  for (int i = 0; i < 64 && output_.is_open(); ++i) {
    const ssize_t size = read(output_.get(), buffer, sizeof(buffer));
    if (size < 0) return;
    if (size == 0) return output_.Close();
    unread_.append(buffer, size);
  }
}

void RunningProgram::ReadErrors() {
  char buffer[1 << 14];
  for (int i = 0; i < 64 && errors_.is_open(); ++i) {
    const ssize_t size = read(errors_.get(), buffer, sizeof(buffer));
    if (size < 0) return;
    if (size == 0) return errors_.Close();
    said_.Add(absl::string_view(buffer, size));
  }
}

std::optional<std::string> RunningProgram::TakeLine(bool end) {
  for (;;) {
    const size_t newline = unread_.find('\n', scanned_);
    const bool whole = newline != std::string::npos;
    const size_t size = (whole ? newline : unread_.size()) - begin_;
    if (!whole && size < kLineMax && (!end || size == 0)) {
      unread_.erase(0, std::exchange(begin_, 0));
      scanned_ = unread_.size();
      return std::nullopt;
    }
    std::string line = unread_.substr(begin_, std::min(size, kLineMax));
    scanned_ = begin_ += size + (whole ? 1 : 0);
    if (!std::exchange(skipping_, !whole)) return line;
  }
}

}  // namespace sturgeon
