#include "process/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/failure.h"
#include "process/output_tail.h"

extern char** environ;

namespace sturgeon {
namespace {

// A copy well above the numbers that the child's files get, so that making one of those never
// overwrites another; like its original, closed when a program is executed.
FileDescriptor MovedUp(const FileDescriptor& fd) {
  return FileDescriptor(fcntl(fd.get(), F_DUPFD_CLOEXEC, 16));
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

std::vector<char*> Pointers(std::vector<std::string>* texts) {
  std::vector<char*> pointers;
  for (std::string& text : *texts) pointers.push_back(&text[0]);
  pointers.push_back(nullptr);
  return pointers;
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

// What C++, C, Python, Java and the frameworks for GPUs say.
bool SaysOutOfMemory(absl::string_view lines) {
  for (const char* words :
       {"std::bad_alloc", "MemoryError", "OutOfMemoryError", "Cannot allocate memory",
        "memory exhausted", "out of memory", "Out of memory"}) {
    if (absl::StrContains(lines, words)) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Start(const Options& options) {
  std::vector<FileDescriptor> files;
  for (const FileDescriptor* file : options.files) {
    files.push_back(file == nullptr ? FileDescriptor() : MovedUp(*file));
    if (file != nullptr && !files.back().is_open()) {
      return absl::UnavailableError(absl::StrCat("no descriptor: ", std::strerror(errno)));
    }
  }
  // Between fork and exec posix_spawn does only what is safe while other threads hold locks.
  SpawnArguments spawn;
  for (int i = 0; i < static_cast<int>(files.size()); ++i) {
    if (files[i].is_open()) {
      posix_spawn_file_actions_adddup2(&spawn.actions, files[i].get(), i);
    } else {
      posix_spawn_file_actions_addopen(&spawn.actions, i, "/dev/null", i == 0 ? O_RDONLY : O_WRONLY,
                                       0);
    }
  }
#if defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 34)
  // What the rest of this program has opened without O_CLOEXEC.
  posix_spawn_file_actions_addclosefrom_np(&spawn.actions, static_cast<int>(files.size()));
#endif
#endif
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&spawn.attributes, &none);
  posix_spawnattr_setsigdefault(&spawn.attributes, &all);
  posix_spawnattr_setflags(&spawn.attributes,
                           POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  std::vector<std::string> arguments = options.arguments, environment = options.environment;
  pid_t pid = -1;
  const int error = posix_spawn(&pid, options.program.c_str(), &spawn.actions, &spawn.attributes,
                                Pointers(&arguments).data(), Pointers(&environment).data());
  if (error != 0) {
    return absl::UnavailableError(absl::StrCat(options.program, ": ", std::strerror(error)));
  }
  return std::unique_ptr<ChildProcess>(new ChildProcess(pid));
}

bool ChildProcess::HasEnded() const {
  if (pid_ < 0) return true;
  siginfo_t info = {};
  const int waited = waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
  // An error: somebody else has taken its exit status.
  return (waited != 0 && errno == ECHILD) || (waited == 0 && info.si_pid == pid_);
}

void ChildProcess::Terminate() {
  if (pid_ > 0) kill(-pid_, SIGTERM);
}

int ChildProcess::Kill() {
  if (pid_ < 0) return wait_status_;
  // The group is there as long as its leader has not been waited for.
  kill(-pid_, SIGKILL);
  while (waitpid(pid_, &wait_status_, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return wait_status_;
}

absl::Duration ChildProcess::CpuTime() const {
  clockid_t clock;
  timespec time = {};
  if (pid_ < 0 || clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &time) != 0) {
    return absl::ZeroDuration();
  }
  return absl::DurationFromTimespec(time);
}

std::vector<std::string> CurrentEnvironment() {
  std::vector<std::string> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    environment.emplace_back(*variable);
  }
  return environment;
}

absl::Status EndFailure(int wait_status, absl::string_view last_lines) {
  // What is thrown where nothing may be thrown ends a process by SIGABRT.
  const bool exited = WIFEXITED(wait_status);
  if ((exited ? WEXITSTATUS(wait_status) != 0 : WTERMSIG(wait_status) == SIGABRT) &&
      SaysOutOfMemory(last_lines)) {
    return FailureStatus(FailureKind::kOutOfMemory,
                         absl::StrCat("out of memory", LastWords(last_lines)));
  }
  if (exited) {
    return FailureStatus(FailureKind::kExitCode,
                         absl::StrCat("its process exited with code ", WEXITSTATUS(wait_status),
                                      LastWords(last_lines)));
  }
  const int signal = WTERMSIG(wait_status);
  return FailureStatus(
      FailureKind::kSignal,
      absl::StrCat("its process was killed by ", SignalName(signal),
                   signal == SIGKILL ? ", which it was not sent from here: most likely the system "
                                       "was short of memory"
                                     : "",
                   LastWords(last_lines)));
}

}  // namespace sturgeon
