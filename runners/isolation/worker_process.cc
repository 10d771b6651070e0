#include "runners/isolation/worker_process.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "core/failure.h"
#include "runners/isolation/worker.h"

extern char** environ;

namespace sturgeon {
namespace {

// How often the limits are looked at: also how much later than asked for they take effect.
constexpr absl::Duration kMoment = absl::Milliseconds(20);
constexpr absl::Duration kStartTimeout = absl::Minutes(2);
constexpr size_t kPrintedKept = 4096;
constexpr size_t kLinesShown = 3;
constexpr size_t kLineShown = 200;

absl::Status SystemError(absl::string_view what, int error) {
  return absl::UnavailableError(
      absl::StrCat("cannot start a worker: ", what, ": ", std::strerror(error)));
}

std::string SignalName(int signal) {
  static constexpr struct {
    int signal;
    const char* name;
  } kNames[] = {{SIGABRT, "SIGABRT"}, {SIGALRM, "SIGALRM"}, {SIGBUS, "SIGBUS"},
                {SIGFPE, "SIGFPE"},   {SIGHUP, "SIGHUP"},   {SIGILL, "SIGILL"},
                {SIGINT, "SIGINT"},   {SIGKILL, "SIGKILL"}, {SIGPIPE, "SIGPIPE"},
                {SIGQUIT, "SIGQUIT"}, {SIGSEGV, "SIGSEGV"}, {SIGSYS, "SIGSYS"},
                {SIGTERM, "SIGTERM"}, {SIGTRAP, "SIGTRAP"}, {SIGUSR1, "SIGUSR1"},
                {SIGUSR2, "SIGUSR2"}, {SIGXCPU, "SIGXCPU"}, {SIGXFSZ, "SIGXFSZ"}};
  for (const auto& known : kNames) {
    if (known.signal == signal) return known.name;
  }
  return absl::StrCat("signal ", signal);
}

// A copy well above the numbers that the worker's descriptors get, so that making one of those
// never overwrites another; like its original, closed when a program is executed.
FileDescriptor MovedUp(FileDescriptor fd) {
  return FileDescriptor(fcntl(fd.get(), F_DUPFD_CLOEXEC, 16));
}

std::string ProgramName() {
  char name[PATH_MAX];
  const ssize_t size = readlink("/proc/self/exe", name, sizeof(name));
  return size <= 0 ? "sturgeon" : std::string(name, size);
}

// posix_spawn's two objects; both calls fail for want of memory alone.
struct SpawnArguments {
  SpawnArguments() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnArguments() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

}  // namespace

absl::Status WorkerProcess::Spawn() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return SystemError("no connection", errno);
  }
  socket_ = FileDescriptor(ends[0]);
  const FileDescriptor socket = MovedUp(FileDescriptor(ends[1]));
  if (pipe2(ends, O_CLOEXEC) != 0) return SystemError("no pipe", errno);
  output_ = FileDescriptor(ends[0]);
  const FileDescriptor output = MovedUp(FileDescriptor(ends[1]));
  if (!socket.is_open() || !output.is_open()) return SystemError("no descriptor", errno);
  fcntl(output_.get(), F_SETFL, O_NONBLOCK);

  // Between fork and exec posix_spawn does only what is safe while other threads hold locks.
  SpawnArguments spawn;
  posix_spawn_file_actions_addopen(&spawn.actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&spawn.actions, output.get(), 1);
  posix_spawn_file_actions_adddup2(&spawn.actions, output.get(), 2);
  posix_spawn_file_actions_adddup2(&spawn.actions, socket.get(), kWorkerDescriptor);
#if defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 34)
  // What the rest of this program has opened without O_CLOEXEC.
  posix_spawn_file_actions_addclosefrom_np(&spawn.actions, kWorkerDescriptor + 1);
#endif
#endif
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setpgroup(&spawn.attributes, 0);
  posix_spawnattr_setsigmask(&spawn.attributes, &none);
  posix_spawnattr_setsigdefault(&spawn.attributes, &all);
  posix_spawnattr_setflags(&spawn.attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  std::string name = ProgramName(), command = kWorkerCommand;
  std::string mark = absl::StrCat(kWorkerVariable, "=", getpid());
  char* const arguments[] = {&name[0], &command[0], nullptr};
  std::vector<char*> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    environment.push_back(*variable);
  }
  environment.push_back(&mark[0]);
  environment.push_back(nullptr);
  const int error = posix_spawn(&pid_, "/proc/self/exe", &spawn.actions, &spawn.attributes,
                                arguments, environment.data());
  if (error != 0) {
    pid_ = -1;
    return SystemError(name, error);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<WorkerProcess>> WorkerProcess::Start(const StopToken& stop) {
  constexpr char kRemedy[] =
      "its main must begin with `if (sturgeon::IsWorker()) return sturgeon::ServeModels(models);` "
      "(runners/isolation/worker.h)";
  if (IsWorker()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "isolation=process: this process was started to serve as a worker, but did not; ",
        kRemedy));
  }
  std::unique_ptr<WorkerProcess> worker(new WorkerProcess());
  absl::Status spawned = worker->Spawn();
  if (!spawned.ok()) return spawned;
  const absl::StatusOr<Message> hello =
      worker->Receive(StopToken(&stop, nullptr, absl::Now() + kStartTimeout));
  if (hello.ok()) return worker;
  if (stop.stop_requested()) return absl::CancelledError("cancelled");
  return absl::FailedPreconditionError(absl::StrCat(
      "isolation=process: this program does not serve as a worker: ", hello.status().message(),
      "; ", kRemedy));
}

WorkerProcess::~WorkerProcess() {
  if (!running()) return;
  Close();
  const absl::Time kill_at = absl::Now() + kStopGrace;
  while (!HasEnded() && absl::Now() < kill_at) {
    Pump(absl::Milliseconds(1));
  }
  Kill();
}

void WorkerProcess::BeginTrial(absl::Duration cpu_limit) {
  ReadOutput();
  printed_.clear();
  cpu_limit_ = cpu_limit;
  cpu_end_ = CpuTime() + cpu_limit;
}

absl::StatusOr<Message> WorkerProcess::Ask(Message question, const StopToken& stop) {
  if (!running()) return ended_;
  question.value.Set("number", ++number_);
  unsent_ += EncodeMessage(question);
  absl::StatusOr<Message> answer = Receive(stop);
  if (!answer.ok()) return ended_ = answer.status();
  const Value* const failed = answer->value.Find("failed");
  if (failed == nullptr) return answer;
  const Value* const code = answer->value.Find("code");
  const FailureKind kind = FailureKindFromName(failed->is_string() ? failed->string() : "")
                               .value_or(FailureKind::kError);
  if (kind != FailureKind::kError) return FailureStatus(kind, answer->bytes);
  const auto status_code = code != nullptr && code->is_number()
                               ? static_cast<absl::StatusCode>(static_cast<int>(code->number()))
                               : absl::StatusCode::kUnknown;
  return absl::Status(status_code, answer->bytes);
}

absl::StatusOr<Message> WorkerProcess::Receive(const StopToken& stop) {
  absl::Time kill_at = absl::InfiniteFuture();
  for (;;) {
    absl::StatusOr<std::optional<Message>> message = reader_.Next();
    if (!message.ok()) {
      Kill();
      return absl::InternalError(absl::StrCat(
          "its worker sent what is no answer: ", message.status().message(), LastWords()));
    }
    if (message->has_value()) return **std::move(message);
    if (closed_) return Ended();
    if (kill_at == absl::InfiniteFuture() && stop.stop_requested()) {
      kill_at = absl::Now() + kStopGrace;
      Message cancel;
      cancel.value.Set("cancel", number_);
      unsent_ += EncodeMessage(cancel);
    }
    if (absl::Now() >= kill_at) {
      Kill();
      return absl::CancelledError(absl::StrCat("it did not stop, and was killed", LastWords()));
    }
    if (cpu_end_ != absl::InfiniteDuration() && CpuTime() >= cpu_end_) {
      Kill();
      return FailureStatus(FailureKind::kTimeout,
                           absl::StrCat("used more than ", absl::FormatDuration(cpu_limit_),
                                        " of CPU", LastWords()));
    }
    Pump(std::min({kMoment, stop.deadline() - absl::Now(), kill_at - absl::Now()}));
  }
}

void WorkerProcess::Pump(absl::Duration moment) {
  pollfd files[2] = {{socket_.get(), POLLIN, 0}, {output_.get(), POLLIN, 0}};
  if (!unsent_.empty()) files[0].events |= POLLOUT;
  timespec timeout = absl::ToTimespec(std::max(moment, absl::Milliseconds(1)));
  const int ready = ppoll(files, 2, &timeout, nullptr);
  if (ready < 0) return;
  if (ready == 0) {
    // A process that it started may hold its end of the connection.
    if (HasEnded()) closed_ = true;
    return;
  }
  if (files[1].revents != 0) ReadOutput();
  if ((files[0].revents & POLLOUT) != 0) {
    const ssize_t sent =
        send(socket_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) unsent_.erase(0, sent);
    if (sent < 0 && errno != EINTR && errno != EAGAIN) unsent_.clear();  // it has died
  }
  if ((files[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
    char buffer[1 << 16];
    const ssize_t size = recv(socket_.get(), buffer, sizeof(buffer), MSG_DONTWAIT);
    if (size > 0) {
      reader_.Add(absl::string_view(buffer, size));
    } else if (size == 0 || (errno != EINTR && errno != EAGAIN)) {
      closed_ = true;
    }
  }
}

void WorkerProcess::ReadOutput() {
  char buffer[1 << 14];
  // Bounded, should it print faster than we read.
  for (int i = 0; i < 64 && output_.is_open(); ++i) {
    const ssize_t size = read(output_.get(), buffer, sizeof(buffer));
    if (size < 0) return;
    if (size == 0) return output_.Close();
    printed_.append(buffer, size);
    if (printed_.size() > 2 * kPrintedKept) printed_.erase(0, printed_.size() - kPrintedKept);
  }
}

bool WorkerProcess::HasEnded() const {
  siginfo_t info = {};
  const int waited = waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
  // An error: somebody else has taken its exit status.
  return (waited != 0 && errno == ECHILD) || (waited == 0 && info.si_pid == pid_);
}

bool WorkerProcess::Check() {
  if (running() && HasEnded()) Kill();
  return running();
}

void WorkerProcess::Kill() {
  if (!running()) return;
  // The group is there as long as its leader has not been waited for.
  kill(-pid_, SIGKILL);
  wait_status_ = 0;
  while (waitpid(pid_, &wait_status_, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  ReadOutput();
  socket_.Close();
  output_.Close();
}

absl::Status WorkerProcess::Ended() {
  const absl::Time kill_at = absl::Now() + kStopGrace;
  while (!HasEnded() && absl::Now() < kill_at) absl::SleepFor(absl::Milliseconds(1));
  const bool died = HasEnded();
  Kill();
  if (!died) {
    return FailureStatus(FailureKind::kLostWorker,
                         absl::StrCat("its process closed its connection", LastWords()));
  }
  if (WIFEXITED(wait_status_)) {
    return FailureStatus(
        FailureKind::kExitCode,
        absl::StrCat("its process exited with code ", WEXITSTATUS(wait_status_), LastWords()));
  }
  const int signal = WTERMSIG(wait_status_);
  // What is thrown in a thread of the model's, or where nothing may be thrown, ends the process.
  if (signal == SIGABRT && absl::StrContains(printed_, "std::bad_alloc")) {
    return FailureStatus(FailureKind::kOutOfMemory, absl::StrCat("out of memory", LastWords()));
  }
  return FailureStatus(
      FailureKind::kSignal,
      absl::StrCat("its process was killed by ", SignalName(signal),
                   signal == SIGKILL ? ", which it was not sent from here: most likely the system "
                                       "was short of memory"
                                     : "",
                   LastWords()));
}

std::string WorkerProcess::LastWords() const {
  std::vector<std::string> lines;
  for (absl::string_view line : absl::StrSplit(printed_, absl::ByAnyChar("\r\n"))) {
    line = absl::StripAsciiWhitespace(line);
    if (!line.empty()) lines.emplace_back(line.substr(0, kLineShown));
  }
  if (lines.empty()) return "";
  if (lines.size() > kLinesShown) lines.erase(lines.begin(), lines.end() - kLinesShown);
  return absl::StrCat("; its last output: ", absl::StrJoin(lines, " | "));
}

absl::Duration WorkerProcess::CpuTime() const {
  clockid_t clock;
  timespec time = {};
  if (!running() || clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &time) != 0) {
    return absl::ZeroDuration();
  }
  return absl::DurationFromTimespec(time);
}

}  // namespace sturgeon
