// What a storage costs: durable trials a second (claimed, proposed, finished) of one process, with
// threads that share its transactions; opening a study of 100,000 trials; and a claim in such a
// study, which reads what is new.
//
//   storage_benchmark [PLACE]   a folder on the file system that is measured, by default the
//   current
//                               one; or a database, postgresql://…
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "core/storage.h"
#include "storage/postgresql/postgresql.h"
#include "storage/sqlite/sqlite.h"

namespace sturgeon {
namespace {

constexpr int64_t kManyTrials = 100000;
std::string* const place = new std::string(".");

void DieUnless(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(1);
}

StudyRecord MakeStudy() {
  StudyRecord study;
  auto space = SearchSpace::Create({
      Parameter::Float("learning_rate", 1e-4, 1, Scale::kLog),
      Parameter::Float("momentum", 0.9, 0.999, Scale::kReverseLog).Tier(2),
      Parameter::Int("hidden_units", 32, 512, Scale::kLog).Tier(2),
      Parameter::Int("layers", 1, 4).Tier(3),
      Parameter::Categorical("optimizer", {"sgd", "adam"}).Tier(3),
  });
  DieUnless(space.status());
  study.config.space = *std::move(space);
  study.config.metrics = {"value"};
  return study;
}

// A study, in a file of its own where it is in a file; both go with it.
class StudyFile {
 public:
  StudyFile() : path_(absl::StrCat(*place, "/storage_benchmark.", getpid(), ".db")) {
    Open();
    static int studies = 0;
    StudyRecord study = MakeStudy();
    study.config.name = absl::StrCat("benchmark ", getpid(), " ", ++studies);
    auto made = storage_->CreateStudy(study);
    DieUnless(made.status());
    study_ = *made;
  }
  ~StudyFile() {
    if (OnServer()) DieUnless(storage_->DeleteStudy(study_));
    storage_.reset();
    for (const char* suffix : {"", "-wal", "-shm"}) unlink((path_ + suffix).c_str());
  }
  void Open() {
    auto opened = OnServer() ? PostgresqlStorage::Create({*place}, {})
                             : SqliteStorage::Create({"sqlite:" + path_}, {});
    DieUnless(opened.status());
    storage_ = *std::move(opened);
  }
  Storage& storage() { return *storage_; }
  int64_t study() const { return study_; }

 private:
  static bool OnServer() { return absl::StartsWith(*place, "postgresql:"); }

  const std::string path_;
  std::unique_ptr<Storage> storage_;
  int64_t study_ = 0;
};

StoredProposal MakeProposal(int64_t number) {
  const double u = static_cast<double>(number % 1000) / 1000;
  StoredProposal proposal;
  proposal.number = number;
  proposal.point = {1e-4 + u * 0.5, 0.9 + 0.09 * u, 64, 2, static_cast<double>(number % 2)};
  proposal.asked = AskedView{number, 1, 0, {number - 1, number - 2}, {}};
  return proposal;
}

int64_t RunOne(Storage& storage, int64_t study, ReadCursor* cursor) {
  absl::StatusOr<ClaimResult> claim = storage.Claim(study, {1, 0, "host:1:2"}, cursor);
  DieUnless(claim.status());
  const int64_t number = claim->claimed[0].trial.id;
  DieUnless(storage.Propose(study, {MakeProposal(number)}));
  DieUnless(storage.Finish(study, number, Outcome::Complete({0.5}), {}));
  return number;
}

void DurableTrials(benchmark::State& state) {
  static StudyFile* file = nullptr;
  if (state.thread_index() == 0) file = new StudyFile;
  ReadCursor cursor;
  for (auto _ : state) RunOne(file->storage(), file->study(), &cursor);
  state.SetItemsProcessed(state.iterations());
  if (state.thread_index() == 0) delete file;
}
BENCHMARK(DurableTrials)->ThreadRange(1, 32)->UseRealTime()->MinTime(3);

StudyFile& ManyTrials() {
  static StudyFile* const file = [] {
    auto* made = new StudyFile;
    std::vector<TrialRecord> trials;
    for (int64_t i = 0; i < kManyTrials; ++i) {
      const StoredProposal proposal = MakeProposal(i);
      TrialRecord record;
      record.trial.state = TrialState::kComplete;
      record.trial.point = proposal.point;
      record.trial.values = {0.5};
      record.trial.started = 1.7e9;
      record.trial.reports.Add(1, {0.5});
      record.asked = proposal.asked;
      record.worker = "host:1:2";
      trials.push_back(std::move(record));
    }
    DieUnless(made->storage().Import(made->study(), trials).status());
    made->Open();  // closing writes the log back, which is not what is measured
    std::atexit([] { delete &ManyTrials(); });
    return made;
  }();
  return *file;
}

void OpenAndReadManyTrials(benchmark::State& state) {
  StudyFile& file = ManyTrials();
  for (auto _ : state) {
    file.Open();
    ReadCursor cursor;
    int64_t trials = 0;
    DieUnless(file.storage().Read(file.study(), &cursor, [&](const TrialRecord&) {
      ++trials;
      return absl::OkStatus();
    }));
    if (trials < kManyTrials) std::exit(1);
  }
}
BENCHMARK(OpenAndReadManyTrials)->UseRealTime()->Unit(benchmark::kMillisecond);

void ReadNothingNew(benchmark::State& state) {
  StudyFile& file = ManyTrials();
  ReadCursor cursor;
  cursor.next = kManyTrials;
  for (auto _ : state) {
    DieUnless(file.storage().Read(file.study(), &cursor,
                                  [](const TrialRecord&) { return absl::OkStatus(); }));
  }
}
BENCHMARK(ReadNothingNew)->UseRealTime()->Unit(benchmark::kMicrosecond);

void TrialAmongMany(benchmark::State& state) {
  StudyFile& file = ManyTrials();
  ReadCursor cursor;
  cursor.next = kManyTrials;
  for (auto _ : state) RunOne(file.storage(), file.study(), &cursor);
}
BENCHMARK(TrialAmongMany)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace sturgeon

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (argc > 1) *sturgeon::place = argv[1];
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
