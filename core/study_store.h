// A study's share of a storage: what core/study.h reads and writes there, and the thread that shows
// the other processes that this one lives.
//
// Threads: every method may be called from any thread, Claim and Read by one at a time.
#ifndef STURGEON_CORE_STUDY_STORE_H_
#define STURGEON_CORE_STUDY_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/storage.h"
#include "core/trial.h"

namespace sturgeon {

// Where a study is kept.
struct StudyPlace {
  Storage* storage = nullptr;  // outlives the study
  int64_t study = 0;           // its id there
  // How often a trial that fails is repeated: whoever failed it, and whatever the kind of failure
  // but kCancelled.
  int32_t retries = 0;
  // How often is looked whether a user wants a trial to stop, or the study to pause.
  absl::Duration look_every = absl::Seconds(1);
  // A worker that has been silent for as long is given up for lost, and its trials fail.
  absl::Duration lost_after = absl::Minutes(2);
};

class StudyStore {
 public:
  explicit StudyStore(const StudyPlace& place);
  ~StudyStore();

  int32_t retries() const { return place_.retries; }

  // Reads what is new, of trials that are not this store's own.
  absl::Status Read(const std::function<absl::Status(TrialRecord)>& visit);

  // Storage::Claim. From now on the claimed trials are this store's own.
  absl::StatusOr<ClaimResult> Claim(int count, int64_t limit);
  absl::Status Propose(absl::Span<const StoredProposal> proposals);
  absl::Status Unclaim(absl::Span<const int64_t> numbers, absl::string_view reason);

  absl::Status Report(int64_t number, int64_t step, absl::Span<const double> values);
  // FailedPrecondition: the trial was given up for lost meanwhile. Then, and if it is taken, the
  // trial is the store's own no longer. A failed one is repeated, as far as the place says, if it
  // is worth that: it had a point, and was not cut off.
  absl::Status Finish(int64_t number, const Outcome& outcome, bool worth_repeating);

  absl::StatusOr<int64_t> Enqueue(const Value& assignment);
  absl::StatusOr<int64_t> Import(const Trial& trial);

  // Ends the trials of workers that are gone.
  absl::Status SettleLost();

  // What users want, as of the last look: why a trial that runs here is to stop; whether no trial
  // is to start.
  std::optional<std::string> StopReason(int64_t number);
  bool paused();

 private:
  // Sends heartbeats, settles what others have lost, and looks what users want, until the end.
  void KeepAlive();
  // Reads what users want of the study and of these trials.
  void Look(const std::vector<int64_t>& own);

  const StudyPlace place_;
  const std::string worker_;
  ReadCursor cursor_;

  absl::Mutex mutex_;
  absl::btree_set<int64_t> own_ ABSL_GUARDED_BY(mutex_);  // trials that run here
  StudyWishes wishes_ ABSL_GUARDED_BY(mutex_);            // of the last look
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread keeper_;  // the last member: it uses the others
};

}  // namespace sturgeon

#endif  // STURGEON_CORE_STUDY_STORE_H_
