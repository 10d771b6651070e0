// Studies in this process's memory: what a storage is, without anything that survives.
#ifndef STURGEON_STORAGE_MEMORY_MEMORY_H_
#define STURGEON_STORAGE_MEMORY_MEMORY_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/option_schema.h"
#include "core/storage.h"

namespace sturgeon {

struct MemoryOptions {
  std::string url = "memory:";
};

// Cost: every call O(log n) and what it reads or writes, but ListStudies and SettleLost, which look
// at all studies, and at all running trials.
class MemoryStorage final : public Storage {
 public:
  using Clock = std::function<absl::Time()>;

  static const Schema<MemoryOptions>& OptionSchema();
  // InvalidArgument: the URL is more than "memory:".
  static absl::StatusOr<std::unique_ptr<Storage>> Create(MemoryOptions options,
                                                         const StorageContext& context);

  // `clock` is what heartbeats go by.
  explicit MemoryStorage(Clock clock);

  std::string description() const override { return "memory:"; }
  absl::StatusOr<int64_t> CreateStudy(const StudyRecord& study) override;
  absl::StatusOr<StudyRecord> FindStudy(absl::string_view name) override;
  absl::StatusOr<std::vector<StudyListing>> ListStudies() override;
  absl::Status DeleteStudy(int64_t study) override;
  absl::Status SetAttribute(int64_t study, absl::string_view name, const Value& value) override;
  absl::StatusOr<int64_t> Enqueue(int64_t study, absl::Span<const Value> assignments) override;
  absl::StatusOr<int64_t> Import(int64_t study, absl::Span<const TrialRecord> trials) override;
  absl::StatusOr<ClaimResult> Claim(int64_t study, const ClaimRequest& request,
                                    ReadCursor* cursor) override;
  absl::Status Propose(int64_t study, absl::Span<const StoredProposal> proposals) override;
  absl::Status Unclaim(int64_t study, absl::Span<const int64_t> numbers,
                       absl::string_view reason) override;
  absl::Status Report(int64_t study, int64_t number, int64_t step,
                      absl::Span<const double> values) override;
  absl::Status Finish(int64_t study, int64_t number, const Outcome& outcome,
                      const RetryRule& retry) override;
  absl::Status RequestStop(int64_t study, int64_t number, absl::string_view reason) override;
  absl::StatusOr<StudyWishes> ReadWishes(int64_t study, absl::Span<const int64_t> numbers) override;
  absl::Status Heartbeat(int64_t study, absl::Span<const int64_t> numbers) override;
  absl::StatusOr<std::vector<int64_t>> SettleLost(
      int64_t study, absl::Duration grace, const std::function<bool(absl::string_view)>& dead,
      const RetryRule& retry) override;
  absl::Status Read(int64_t study, ReadCursor* cursor,
                    const std::function<absl::Status(TrialRecord)>& visit) override;

 private:
  struct Study {
    StudyRecord record;
    std::deque<TrialRecord> trials;  // by number
    absl::btree_set<int64_t> waiting;
    std::map<int64_t, absl::Time> running;  // the last heartbeat of each
    std::map<int64_t, std::string> stop;    // running trials that are to stop, and why
    int64_t retries = 0;                    // trials that repeat others
  };

  absl::StatusOr<Study*> Find(int64_t study) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static absl::StatusOr<TrialRecord*> FindRunning(Study& study, int64_t number);
  static TrialRecord& Append(Study& study, TrialState state);
  void End(Study& study, TrialRecord& record, const Outcome& outcome, const RetryRule& retry);
  // Reads again those that were open, and goes on to `end`.
  static void ReadOpen(const Study& study, ReadCursor* cursor, std::vector<TrialRecord>* changes);
  static void ReadNew(const Study& study, int64_t end, ReadCursor* cursor,
                      std::vector<TrialRecord>* changes);
  double Now() const;

  const Clock clock_;
  absl::Mutex mutex_;
  std::map<int64_t, Study> studies_ ABSL_GUARDED_BY(mutex_);
  int64_t next_study_ ABSL_GUARDED_BY(mutex_) = 1;
};

inline constexpr StoragePlugin kMemoryStorage =
    MakeStoragePlugin<MemoryStorage>("memory", "In this process's memory; nothing survives it");

}  // namespace sturgeon

#endif  // STURGEON_STORAGE_MEMORY_MEMORY_H_
