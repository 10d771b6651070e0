#include "runners/isolation/isolated_model.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/failure.h"
#include "runners/isolation/message.h"
#include "runners/isolation/worker.h"

namespace sturgeon {
namespace {

Message Question(const char* what) {
  Message message;
  message.value.Set("do", what);
  return message;
}

absl::StatusOr<std::vector<double>> MetricsOf(const absl::StatusOr<Message>& answer) {
  if (!answer.ok()) return answer.status();
  return NumbersFromValue(answer->value.Find("metrics"));
}

}  // namespace

class IsolatedModel::RemoteModel final : public Model {
 public:
  RemoteModel(const IsolatedModel& factory, std::unique_ptr<WorkerProcess> worker)
      : factory_(factory), worker_(std::move(worker)) {}
  ~RemoteModel() override {
    // Should it crash even now, no trial is to blame; nor the next one.
    if (worker_->running()) {
      const StopToken soon(nullptr, absl::Now() + kStopGrace);
      worker_->Ask(Question("destroy"), soon).status().IgnoreError();
    }
    factory_.PutBack(std::move(worker_));
  }

  absl::StatusOr<std::vector<double>> Train(int64_t steps, const StopToken& stop) override {
    Message question = Question("train");
    question.value.Set("steps", steps);
    return MetricsOf(factory_.Ask(*worker_, std::move(question), stop));
  }
  absl::StatusOr<std::string> Save() const override {
    absl::StatusOr<Message> answer = factory_.Ask(*worker_, Question("save"));
    if (!answer.ok()) return answer.status();
    return std::move(answer->bytes);
  }
  absl::Status Load(absl::string_view state) override {
    Message question = Question("load");
    question.bytes = std::string(state);
    return factory_.Ask(*worker_, std::move(question)).status();
  }
  absl::Status Set(absl::string_view parameter, const Value& value) override {
    Message question = Question("set");
    question.value.Set("parameter", std::string(parameter)).Set("value", value);
    return factory_.Ask(*worker_, std::move(question)).status();
  }
  absl::StatusOr<std::vector<double>> Test() override {
    return MetricsOf(factory_.Ask(*worker_, Question("test")));
  }

 private:
  const IsolatedModel& factory_;
  std::unique_ptr<WorkerProcess> worker_;
};

absl::StatusOr<std::unique_ptr<IsolatedModel>> IsolatedModel::Make(const ModelFactory& local,
                                                                   const PluginSpec& spec,
                                                                   uint64_t seed,
                                                                   const WorkerLimits& limits,
                                                                   const StopToken& stop) {
  std::unique_ptr<IsolatedModel> model(new IsolatedModel(local, spec, seed, limits, stop));
  if (stop.stop_requested()) return model;  // no trial will be run
  absl::Status ready = model->Reserve(stop);
  if (!ready.ok() && !stop.stop_requested()) return ready;
  if (ready.ok()) model->Release();
  return model;
}

IsolatedModel::~IsolatedModel() {
  absl::MutexLock lock(&mutex_);
  // All at once; the destructors then wait.
  for (const std::unique_ptr<WorkerProcess>& worker : idle_) worker->Close();
}

absl::StatusOr<Outcome> IsolatedModel::WithWorker(
    const StopToken& stop, const std::function<absl::StatusOr<Outcome>()>& trial) {
  const absl::Status ready = Reserve(stop);
  if (!ready.ok()) {
    // Then the trial is cut off before it creates a model.
    if (stop.stop_requested()) return trial();
    return Outcome::Failed(FailureKindOf(ready), std::string(ready.message()));
  }
  absl::StatusOr<Outcome> outcome = trial();
  Release();
  return outcome;
}

absl::StatusOr<std::unique_ptr<Model>> IsolatedModel::Create(const Value& assignment,
                                                             const ModelOptions& options) const {
  absl::StatusOr<std::unique_ptr<WorkerProcess>> worker = TakeWorker();
  if (!worker.ok()) return worker.status();
  (*worker)->BeginTrial(limits_.cpu_time);
  Message question = Question("create");
  question.value.Set("assignment", assignment)
      .Set("seed", static_cast<int64_t>(options.seed))
      .Set("final", options.final)
      .Set("artifacts", options.artifacts);
  const absl::StatusOr<Message> answer = Ask(**worker, std::move(question));
  const Value* const made = answer.ok() ? answer->value.Find("made") : nullptr;
  if (made == nullptr || *made != Value(true)) {
    PutBack(*std::move(worker));
    if (!answer.ok()) return answer.status();
    return std::unique_ptr<Model>();
  }
  return std::unique_ptr<Model>(std::make_unique<RemoteModel>(*this, *std::move(worker)));
}

absl::StatusOr<std::unique_ptr<WorkerProcess>> IsolatedModel::StartWorker(
    const StopToken& stop) const {
  absl::StatusOr<std::unique_ptr<WorkerProcess>> worker = WorkerProcess::Start(stop);
  if (!worker.ok()) return worker.status();
  Message question = Question("open");
  question.value.Set("model", ToValue(spec_))
      .Set("seed", static_cast<int64_t>(seed_))
      .Set("memory_limit", limits_.memory_bytes);
  const absl::Status opened = Ask(**worker, std::move(question), stop).status();
  if (opened.ok()) return worker;
  return FailureStatus(FailureKindOf(opened), absl::StrCat("a worker cannot load the model ",
                                                           spec_.name, ": ", opened.message()));
}

absl::Status IsolatedModel::Reserve(const StopToken& stop) {
  {
    absl::MutexLock lock(&mutex_);
    ++wanted_;
    // Some may have died of themselves.
    const auto dead = std::remove_if(
        idle_.begin(), idle_.end(),
        [](const std::unique_ptr<WorkerProcess>& worker) { return !worker->Check(); });
    workers_ -= static_cast<int>(idle_.end() - dead);
    idle_.erase(dead, idle_.end());
    if (workers_ >= wanted_) return absl::OkStatus();
    ++workers_;
  }
  absl::StatusOr<std::unique_ptr<WorkerProcess>> worker = StartWorker(stop);
  absl::MutexLock lock(&mutex_);
  if (worker.ok()) {
    idle_.push_back(*std::move(worker));
    return absl::OkStatus();
  }
  --workers_;
  --wanted_;
  return worker.status();
}

void IsolatedModel::Release() {
  absl::MutexLock lock(&mutex_);
  --wanted_;
}

absl::StatusOr<std::unique_ptr<WorkerProcess>> IsolatedModel::TakeWorker() const {
  {
    absl::MutexLock lock(&mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<WorkerProcess> worker = std::move(idle_.back());
      idle_.pop_back();
      return worker;
    }
    ++workers_;
  }
  // The trial's first model was lost, or nobody reserved.
  absl::StatusOr<std::unique_ptr<WorkerProcess>> worker =
      StartWorker(StopToken(&stop_, nullptr, absl::Now() + limits_.call_time));
  if (!worker.ok()) PutBack(nullptr);
  return worker;
}

void IsolatedModel::PutBack(std::unique_ptr<WorkerProcess> worker) const {
  absl::MutexLock lock(&mutex_);
  if (worker != nullptr && worker->running()) {
    idle_.push_back(std::move(worker));
  } else {
    --workers_;
  }
}

absl::StatusOr<Message> IsolatedModel::Ask(WorkerProcess& worker, Message question) const {
  const StopToken stop(&stop_, nullptr, absl::Now() + limits_.call_time);
  absl::StatusOr<Message> answer = Ask(worker, std::move(question), stop);
  if (absl::IsCancelled(answer.status()) && !stop_.stop_requested() && stop.past_deadline()) {
    return FailureStatus(
        FailureKind::kTimeout,
        absl::StrCat("ran for longer than ", absl::FormatDuration(limits_.call_time)));
  }
  return answer;
}

absl::StatusOr<Message> IsolatedModel::Ask(WorkerProcess& worker, Message question,
                                           const StopToken& stop) const {
  absl::StatusOr<Message> answer = worker.Ask(std::move(question), stop);
  if (answer.ok() || FailureKindOf(answer.status()) != FailureKind::kOutOfMemory) return answer;
  if (limits_.memory_bytes > 0) {
    answer = FailureStatus(FailureKind::kOutOfMemory,
                           absl::StrCat(answer.status().message(), "; the limit is ",
                                        limits_.memory_bytes >> 20, " MiB"));
  }
  // What is left of its memory may be in pieces: the next trial gets a new one.
  if (worker.running()) worker.Kill(answer.status());
  return answer;
}

}  // namespace sturgeon
