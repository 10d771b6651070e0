// Durable trials a second of many processes that share one study:
//
//   storage_processes URL PROCESSES TRIALS
//
// Each process claims, proposes and finishes trials of five parameters until the study has TRIALS
// of them, and is told of the others' as any strategy is. Prints the trials a second, from the
// start of the first process to the end of the last. An error in any process ends it with 1.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/storage.h"

namespace sturgeon {
namespace {

StudyRecord MakeStudy() {
  StudyRecord study;
  study.config.name = "processes";
  std::vector<Parameter> parameters;
  for (int i = 0; i < 5; ++i) parameters.push_back(Parameter::Float(absl::StrCat("x", i), 0, 1));
  study.config.space = *SearchSpace::Create(std::move(parameters));
  study.config.metrics = {"value"};
  return study;
}

absl::Status Work(const StorageRegistry& storages, const char* url, int64_t trials) {
  absl::StatusOr<std::unique_ptr<Storage>> storage = OpenStorage(storages, url);
  if (!storage.ok()) return storage.status();
  const absl::StatusOr<StudyRecord> study = (*storage)->FindStudy("processes");
  if (!study.ok()) return study.status();
  ReadCursor cursor;
  for (;;) {
    const absl::StatusOr<ClaimResult> claim =
        (*storage)->Claim(study->id, {1, trials, WorkerName()}, &cursor);
    if (!claim.ok()) return claim.status();
    if (claim->claimed.empty()) return absl::OkStatus();
    const int64_t number = claim->claimed[0].trial.id;
    const double u = static_cast<double>(number % 1000) / 1000;
    absl::Status status = (*storage)->Propose(
        study->id, {{number, {u, u, u, u, u}, {}, {}, AskedView{number, 1, 0, {}, {}}}});
    if (status.ok()) status = (*storage)->Finish(study->id, number, Outcome::Complete({u}), {});
    if (!status.ok()) return status;
  }
}

int Run(const char* url, int processes, int64_t trials) {
  const auto report = [](const absl::Status& status) {
    if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
    return status.ok() ? 0 : 1;
  };
  const absl::StatusOr<StorageRegistry> storages = StorageRegistry::FromLinked();
  if (!storages.ok()) return report(storages.status());
  {
    absl::StatusOr<std::unique_ptr<Storage>> storage = OpenStorage(*storages, url);
    if (!storage.ok()) return report(storage.status());
    const absl::Status made = (*storage)->CreateStudy(MakeStudy()).status();
    if (!made.ok()) return report(made);
  }
  const absl::Time start = absl::Now();
  for (int i = 0; i < processes; ++i) {
    if (fork() == 0) _exit(report(Work(*storages, url, trials)));
  }
  int failed = 0;
  for (int result = 0; wait(&result) > 0;) failed += result != 0;
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  std::printf("%d processes, %lld trials: %.0f trials/s\n", processes,
              static_cast<long long>(trials), static_cast<double>(trials) / seconds);
  if (failed != 0) std::fprintf(stderr, "%d processes failed\n", failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace sturgeon

int main(int argc, char** argv) {
  int processes = 0;
  int64_t trials = 0;
  if (argc != 4 || !absl::SimpleAtoi(argv[2], &processes) || !absl::SimpleAtoi(argv[3], &trials) ||
      processes < 1 || trials < 1) {
    std::fprintf(stderr, "usage: storage_processes URL PROCESSES TRIALS\n");
    return 2;
  }
  return sturgeon::Run(argv[1], processes, trials);
}
