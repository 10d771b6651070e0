#include "runners/isolation/worker_process.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/failure.h"
#include "runners/isolation/worker.h"

namespace sturgeon {
namespace {

// How often the limits are looked at: also how much later than asked for they take effect.
constexpr absl::Duration kMoment = absl::Milliseconds(20);
constexpr absl::Duration kStartTimeout = absl::Minutes(2);

absl::Status SystemError(absl::string_view what, int error) {
  return absl::UnavailableError(
      absl::StrCat("cannot start a worker: ", what, ": ", std::strerror(error)));
}

std::string ProgramName() {
  char name[PATH_MAX];
  const ssize_t size = readlink("/proc/self/exe", name, sizeof(name));
  return size <= 0 ? "sturgeon" : std::string(name, size);
}

}  // namespace

absl::Status WorkerProcess::Spawn() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return SystemError("no connection", errno);
  }
  socket_ = FileDescriptor(ends[0]);
  const FileDescriptor socket(ends[1]);
  if (pipe2(ends, O_CLOEXEC) != 0) return SystemError("no pipe", errno);
  output_ = FileDescriptor(ends[0]);
  const FileDescriptor output(ends[1]);
  fcntl(output_.get(), F_SETFL, O_NONBLOCK);

  ChildProcess::Options options;
  options.program = "/proc/self/exe";
  options.arguments = {ProgramName(), kWorkerCommand};
  options.environment = CurrentEnvironment();
  options.environment.push_back(absl::StrCat(kWorkerVariable, "=", getpid()));
  options.files = {nullptr, &output, &output, &socket};
  static_assert(kWorkerDescriptor == 3, "the last of the files");
  absl::StatusOr<std::unique_ptr<ChildProcess>> process = ChildProcess::Start(options);
  if (!process.ok()) {
    return absl::UnavailableError(
        absl::StrCat("cannot start a worker: ", process.status().message()));
  }
  process_ = *std::move(process);
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
  while (!process_->HasEnded() && absl::Now() < kill_at) {
    Pump(absl::Milliseconds(1));
  }
  Kill();
}

void WorkerProcess::BeginTrial(absl::Duration cpu_limit) {
  ReadOutput();
  printed_.Clear();
  cpu_limit_ = cpu_limit;
  cpu_end_ = cpu_limit + (running() ? process_->CpuTime() : absl::ZeroDuration());
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
      return absl::InternalError(
          absl::StrCat("its worker sent what is no answer: ", message.status().message(), Said()));
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
      return absl::CancelledError(absl::StrCat("it did not stop, and was killed", Said()));
    }
    if (cpu_end_ != absl::InfiniteDuration() && process_->CpuTime() >= cpu_end_) {
      Kill();
      return FailureStatus(
          FailureKind::kTimeout,
          absl::StrCat("used more than ", absl::FormatDuration(cpu_limit_), " of CPU", Said()));
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
    if (process_->HasEnded()) closed_ = true;
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
    printed_.Add(absl::string_view(buffer, size));
  }
}

bool WorkerProcess::Check() {
  if (running() && process_->HasEnded()) Kill();
  return running();
}

void WorkerProcess::Kill() {
  if (!running()) return;
  wait_status_ = process_->Kill();
  process_.reset();
  ReadOutput();
  socket_.Close();
  output_.Close();
}

absl::Status WorkerProcess::Ended() {
  const absl::Time kill_at = absl::Now() + kStopGrace;
  while (!process_->HasEnded() && absl::Now() < kill_at) absl::SleepFor(absl::Milliseconds(1));
  const bool died = process_->HasEnded();
  Kill();
  if (died) return EndFailure(wait_status_, printed_.Lines());
  return FailureStatus(FailureKind::kLostWorker,
                       absl::StrCat("its process closed its connection", Said()));
}

}  // namespace sturgeon
