// One of the processes that tests/storage_kill_test.cc lets work on a study, and kills.
//
//   storage_worker URL STUDY TRIALS LOG
//
// Works on the study until it has TRIALS trials and none of them is left to be repeated. Writes the
// number of each trial to LOG once the storage has acknowledged its end.

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/plugins.h"
#include "core/storage.h"
#include "core/study.h"
#include "core/study_store.h"

namespace sturgeon {
namespace {

absl::Status Work(const std::string& url, const std::string& name, int64_t limit,
                  const std::string& log_path) {
  const absl::StatusOr<Plugins> plugins = Plugins::FromLinked();
  if (!plugins.ok()) return plugins.status();
  absl::StatusOr<std::unique_ptr<Storage>> storage = OpenStorage(plugins->storages, url);
  if (!storage.ok()) return storage.status();
  const absl::StatusOr<StudyRecord> record = (*storage)->FindStudy(name);
  if (!record.ok()) return record.status();
  StudyPlace place;
  place.storage = storage->get();
  place.study = record->id;
  place.retries = 1 << 20;
  // The kernel knows at once who is gone, so this is but how often it is asked.
  place.lost_after = absl::Seconds(10);
  const auto study = Study::Attach(record->config, {"random"}, *plugins, {}, place);
  if (!study.ok()) return study.status();
  const int log = open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0) return absl::InternalError("cannot open the log");
  for (;;) {
    const auto trials = (*study)->Ask(2, limit);
    if (!trials.ok()) return trials.status();
    for (const Suggestion& trial : *trials) {
      const double value = trial.point[0] + trial.point[1];
      absl::Status status = (*study)->Report(trial.id, 1, {value}).status();
      if (status.ok()) status = (*study)->Tell(trial.id, Outcome::Complete({value}));
      if (!status.ok()) return status;
      const std::string line = absl::StrCat(trial.id, "\n");
      if (write(log, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
        return absl::InternalError("cannot write the log");
      }
    }
    if (!trials->empty()) continue;
    const Study::Counts counts = (*study)->counts();
    if (counts.running + counts.waiting == 0) return absl::OkStatus();
    // Others still work, or are dead.
    absl::SleepFor(absl::Milliseconds(5));
    const auto lost = (*storage)->SettleLost(record->id, place.lost_after, &WorkerIsGone,
                                             RetryRule{place.retries});
    if (!lost.ok()) return lost.status();
  }
}

}  // namespace
}  // namespace sturgeon

int main(int argc, char** argv) {
  int64_t limit = 0;
  if (argc != 5 || !absl::SimpleAtoi(argv[3], &limit)) {
    std::fprintf(stderr, "storage_worker URL STUDY TRIALS LOG\n");
    return 2;
  }
  const absl::Status status = sturgeon::Work(argv[1], argv[2], limit, argv[4]);
  if (status.ok()) return 0;
  std::fprintf(stderr, "storage_worker: %s\n", status.ToString().c_str());
  return 1;
}
