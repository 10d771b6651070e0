#include "runners/isolation/worker.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <thread>  // NOLINT(build/c++11)
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "core/failure.h"
#include "core/stop_token.h"
#include "core/value_reader.h"
#include "runners/isolation/message.h"

namespace sturgeon {
namespace {

Message Ok() {
  Message message;
  message.value.Set("ok", true);
  return message;
}

// The text travels as bytes: it need not be UTF-8.
Message Failed(const absl::Status& status, FailureKind kind) {
  Message message;
  message.value.Set("failed", std::string(FailureKindName(kind)))
      .Set("code", static_cast<int>(status.code()));
  message.bytes = std::string(status.message());
  return message;
}

// Of new allocations: private memory that can be written to. (A limit on addresses would also count
// files that are mapped, and stacks that are never touched.)
void LimitMemory(int64_t bytes) {
  if (!kMemoryLimitsWork || bytes <= 0) return;
  struct rlimit limit = {};
  if (getrlimit(RLIMIT_DATA, &limit) != 0) return;
  const auto wanted = static_cast<rlim_t>(bytes);
  if (limit.rlim_max == RLIM_INFINITY || wanted < limit.rlim_max) limit.rlim_max = wanted;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_DATA, &limit);
}

// Two threads: the main one does what is asked, one thing after another; another listens, so that
// what is being done can be told to stop, and ends the process when nobody is there any more.
class Worker {
 public:
  Worker(const ModelRegistry& models, pid_t parent) : models_(models), parent_(parent) {}

  // The body of the listening thread.
  void Listen();
  // Does what is asked until the connection ends.
  void Serve();

 private:
  // False: there will be no other.
  bool Next(Message* request);
  void Hear(Message message);
  void Send(const Message& message);

  Message Answer(const Message& request);
  // Answer, with the exceptions of the model.
  absl::StatusOr<Message> Do(const Message& request);

  const ModelRegistry& models_;
  const pid_t parent_;
  std::unique_ptr<ModelFactory> factory_;
  std::unique_ptr<Model> model_;
  std::atomic<bool> stop_{false};  // what is being done is to stop

  absl::Mutex mutex_;
  std::deque<Message> requests_ ABSL_GUARDED_BY(mutex_);
  int64_t doing_ ABSL_GUARDED_BY(mutex_) = 0;      // the number of the request
  int64_t cancelled_ ABSL_GUARDED_BY(mutex_) = 0;  // requests up to this one are to stop
  bool gone_ ABSL_GUARDED_BY(mutex_) = false;      // the connection
};

void Worker::Listen() {
  MessageReader reader;
  std::vector<char> buffer(1 << 16);
  for (bool connected = true; connected;) {
    pollfd waiting = {kWorkerDescriptor, POLLIN, 0};
    const int ready = poll(&waiting, 1, 1000);
    if (ready == 0) {
      // A process that our parent has forked may still hold its end.
      connected = getppid() == parent_;
      continue;
    }
    if (ready < 0) {
      connected = errno == EINTR;
      continue;
    }
    const ssize_t size = recv(kWorkerDescriptor, buffer.data(), buffer.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    reader.Add(absl::string_view(buffer.data(), size));
    for (;;) {
      absl::StatusOr<std::optional<Message>> message = reader.Next();
      connected = message.ok();
      if (!message.ok() || !message->has_value()) break;
      Hear(**std::move(message));
    }
  }
  {
    absl::MutexLock lock(&mutex_);
    gone_ = true;
    stop_ = true;
  }
  // Until then, main may return.
  absl::SleepFor(kStopGrace);
  kill(0, SIGKILL);
}

void Worker::Hear(Message message) {
  absl::MutexLock lock(&mutex_);
  const Value* const cancel = message.value.Find("cancel");
  if (cancel == nullptr) {
    requests_.push_back(std::move(message));
    return;
  }
  cancelled_ = std::max(cancelled_, static_cast<int64_t>(cancel->number()));
  if (doing_ <= cancelled_) stop_ = true;
}

bool Worker::Next(Message* request) {
  const auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !requests_.empty() || gone_;
  };
  absl::MutexLock lock(&mutex_, absl::Condition(&ready));
  if (gone_) return false;
  *request = std::move(requests_.front());
  requests_.pop_front();
  const Value* const number = request->value.Find("number");
  doing_ = number == nullptr ? 0 : static_cast<int64_t>(number->number());
  stop_ = doing_ <= cancelled_;
  return true;
}

void Worker::Send(const Message& message) {
  const std::string bytes = EncodeMessage(message);
  for (size_t sent = 0; sent < bytes.size();) {
    const ssize_t size =
        send(kWorkerDescriptor, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return;  // the listener sees that, too
    sent += size;
  }
}

void Worker::Serve() {
  Send(Ok());
  Message request;
  while (Next(&request)) Send(Answer(request));
  model_.reset();
  factory_.reset();
}

Message Worker::Answer(const Message& request) {
  try {
    absl::StatusOr<Message> answer = Do(request);
    if (answer.ok()) return *std::move(answer);
    return Failed(answer.status(), FailureKindOf(answer.status()));
  } catch (const std::bad_alloc&) {
    return Failed(absl::ResourceExhaustedError("out of memory"), FailureKind::kOutOfMemory);
  } catch (const std::exception& error) {
    return Failed(absl::InternalError(error.what()), FailureKind::kException);
  } catch (...) {
    return Failed(absl::InternalError("it threw what is no std::exception"),
                  FailureKind::kException);
  }
}

absl::StatusOr<Message> Worker::Do(const Message& request) {
  ObjectReader reader(request.value, "request");
  const std::string what = reader.Required<std::string>("do");
  Message answer = Ok();
  if (what == "open") {
    PluginSpec spec;
    const Value* const model = reader.Find("model");
    if (model != nullptr) reader.Note(ReadValue(*model, "model", &spec));
    LimitMemory(reader.Optional<int64_t>("memory_limit", 0));
    ModelContext context;
    context.seed = static_cast<uint64_t>(reader.Required<int64_t>("seed"));
    if (model == nullptr) return absl::InvalidArgumentError("there is no model to open");
    absl::StatusOr<std::unique_ptr<ModelFactory>> factory = models_.Create(spec, context);
    if (!factory.ok()) return factory.status();
    factory_ = *std::move(factory);
    return answer;
  }
  if (factory_ == nullptr) return absl::FailedPreconditionError("no model is open");
  if (what == "create") {
    model_.reset();
    const Value* const assignment = reader.Find("assignment");
    ModelOptions options;
    options.seed = static_cast<uint64_t>(reader.Required<int64_t>("seed"));
    options.final = reader.Optional<bool>("final", false);
    options.artifacts = reader.Optional<std::string>("artifacts", "");
    absl::StatusOr<std::unique_ptr<Model>> model =
        factory_->Create(assignment == nullptr ? Value::Object() : *assignment, options);
    if (!model.ok()) return model.status();
    model_ = *std::move(model);
    answer.value.Set("made", model_ != nullptr);
    return answer;
  }
  if (what == "destroy") {
    model_.reset();
    return answer;
  }
  if (model_ == nullptr) return absl::FailedPreconditionError("there is no model");
  if (what == "train") {
    const StopToken stop(&stop_);
    const absl::StatusOr<std::vector<double>> metrics =
        model_->Train(reader.Required<int64_t>("steps"), stop);
    if (!metrics.ok()) return metrics.status();
    answer.value.Set("metrics", NumbersToValue(*metrics));
    return answer;
  }
  if (what == "test") {
    const absl::StatusOr<std::vector<double>> metrics = model_->Test();
    if (!metrics.ok()) return metrics.status();
    answer.value.Set("metrics", NumbersToValue(*metrics));
    return answer;
  }
  if (what == "save") {
    absl::StatusOr<std::string> state = model_->Save();
    if (!state.ok()) return state.status();
    answer.bytes = *std::move(state);
    return answer;
  }
  absl::Status status = absl::UnimplementedError(absl::StrCat("cannot ", what));
  if (what == "load") status = model_->Load(request.bytes);
  if (what == "set") {
    const Value* const value = reader.Find("value");
    status =
        model_->Set(reader.Required<std::string>("parameter"), value == nullptr ? Value() : *value);
  }
  if (!status.ok()) return status;
  return answer;
}

}  // namespace

bool IsWorker() { return std::getenv(kWorkerVariable) != nullptr; }

int ServeModels(const ModelRegistry& models) {
  const char* const parent = std::getenv(kWorkerVariable);
  if (parent == nullptr || getpgrp() != getpid() ||
      fcntl(kWorkerDescriptor, F_SETFD, FD_CLOEXEC) != 0) {
    std::fputs("sturgeon: only a runner starts workers\n", stderr);
    return 2;
  }
  // For ever: the listener outlives main.
  static Worker* const worker = new Worker(models, static_cast<pid_t>(std::atoi(parent)));
  // What a model prints is to be there if it crashes.
  setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  // Programs that the model starts are no workers of ours.
  unsetenv(kWorkerVariable);
  try {
    std::thread([] { worker->Listen(); }).detach();
  } catch (const std::system_error& error) {
    std::fprintf(stderr, "sturgeon: a worker cannot start a thread: %s\n", error.what());
    return 1;
  }
  worker->Serve();
  return 0;
}

}  // namespace sturgeon
