// The contract of a storage: what survives a crash, and who shares it?
//
// A storage keeps studies and their trials for any number of processes at once. It knows nothing of
// strategies; core/study.h drives it. A trial's life in a storage:
//
//   Enqueue                          waiting; a point to try, or some of its parameters
//   Claim                            running; its number is its worker's alone from now on
//   Propose                          its point is known
//   Report*, Heartbeat*
//   Finish, or SettleLost            complete, stopped or failed: it never changes again
//
//   auto storage = plugins.storages.Open("sqlite:sturgeon.db");
//   auto id = (*storage)->CreateStudy({config});
//   ReadCursor cursor;
//   auto claim = (*storage)->Claim(*id, {/*count=*/1}, &cursor);
//   (*storage)->Propose(*id, {{claim->claimed[0].trial.id, point}});
//   (*storage)->Finish(*id, claim->claimed[0].trial.id, Outcome::Complete({0.12}), {});
//
// What every storage promises, and //storage:conformance checks:
//   Atomic. Each call happens whole or not at all, also if the process is killed within it.
//   Durable. What CreateStudy, SetAttribute, Enqueue, Import, Finish, SettleLost and DeleteStudy
//     have acknowledged survives the loss of power; Claim, Propose, Report, RequestStop and
//     Heartbeat at least survive the death of the process.
//   Fenced. A trial ends once. A worker that was given up for lost and comes back is refused
//     (FailedPrecondition), whatever it brings.
//   Numbers. The trials of a study are numbered 0, 1, 2 … without gaps; no number is given twice.
//   Never "locked". Waiting for other processes is the storage's business, not the caller's.
//
// Errors: NotFound: no such study or trial. AlreadyExists: a study of that name is there.
// FailedPrecondition: the trial is not in the state that the call needs. InvalidArgument: values
// that do not fit the study. Unavailable: the medium (disk full, file gone, server away) after
// retries; the call may be made again. DataLoss: what is stored cannot be read. Messages say which
// storage and what would be right; a password in a URL is never part of one.
// Threads: every method may be called from any thread at any time.
#ifndef STURGEON_CORE_STORAGE_H_
#define STURGEON_CORE_STORAGE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/registry.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "core/value.h"

namespace sturgeon {

// A study as it is stored.
struct StudyRecord {
  // All of it but the parallelism, the warm start, the goals of metrics that are no objectives and
  // the stopping rules. Of a study that another tool has made, the space is what its trials'
  // distributions say, and parameters that a trial lacks are NaN in its point.
  StudyConfig config;
  // What whoever made the study keeps with it, by name: an object.
  Value attributes = Value::Object();
  int64_t id = 0;  // the storage's own
};

// What a list of studies shows.
struct StudyListing {
  int64_t id = 0;
  std::string name;
  std::vector<Goal> goals;
  int64_t waiting = 0, running = 0, complete = 0, stopped = 0, failed = 0;
  absl::Time first_start = absl::InfinitePast();  // of its trials; InfinitePast: none
};

// What a strategy had been told when it proposed a trial; `sturgeon replay` needs it. Told were the
// ended trials below `first_id` but those of `pending` and `hidden`.
struct AskedView {
  int64_t first_id = 0;          // AskRequest's
  int32_t count = 1;             // likewise
  int32_t index = 0;             // which of the proposals it is
  std::vector<int64_t> pending;  // running trials with a known point
  std::vector<int64_t> hidden;   // trials whose point, or whose end, was not known
};

// A trial as it is stored.
struct TrialRecord {
  Trial trial;  // its id is its number within the study; no point: not known yet
  // A waiting trial: the values that whoever enqueued it gave, an object; the rest take defaults.
  Value enqueued;
  std::optional<int64_t> retry_of;  // the failed trial that this one repeats
  int32_t attempt = 0;              // how often it has been repeated before
  std::string worker;               // who runs it, or ran it: WorkerName()
  std::optional<AskedView> asked;   // nullopt: it was enqueued or imported
  // Attributes that the user, or another tool, has given it: an object.
  Value attributes = Value::Object();
};

// How far a reader has read a study. A fresh one reads from the start.
struct ReadCursor {
  int64_t next = 0;           // every trial below was read,
  std::vector<int64_t> open;  // and of these, in order, that they had not ended (or had no point)
};

struct ClaimRequest {
  int count = 1;
  // New numbers are given only below it, those of retries not counted: 0: no limit.
  int64_t limit = 0;
  std::string worker;
};

struct ClaimResult {
  // Running trials, now the caller's: first those that waited, with `enqueued`, the oldest first,
  // then new ones. Fewer than asked for: the limit is reached.
  std::vector<TrialRecord> claimed;
  // What Read would have said at the same instant, of trials below the first new number.
  std::vector<TrialRecord> changes;
};

struct StoredProposal {
  int64_t number = 0;
  Point point;
  std::optional<int64_t> budget, resume_from;
  std::optional<AskedView> asked;
};

// What users want of those who run a study's trials.
struct StudyWishes {
  bool paused = false;  // no trial is to start
  // Of the trials that were asked about: which are to stop, and why; in the order of their numbers.
  std::vector<std::pair<int64_t, std::string>> stop;
};

// The study's attribute that pauses it: true. (Any other value, or none: it is not paused.)
inline constexpr char kPausedAttribute[] = "sturgeon:paused";
// What a user notes about the study, for people: a string.
inline constexpr char kNoteAttribute[] = "sturgeon:note";

// What is made of a trial that fails: whether a waiting copy of it is enqueued in the same step.
struct RetryRule {
  int32_t retries = 0;  // a trial is repeated while its `attempt` is below
};

class Storage {
 public:
  virtual ~Storage() = default;

  // The URL, without a password: for messages.
  virtual std::string description() const = 0;

  // Returns the study's id; that of `study` is ignored.
  virtual absl::StatusOr<int64_t> CreateStudy(const StudyRecord& study) = 0;
  virtual absl::StatusOr<StudyRecord> FindStudy(absl::string_view name) = 0;
  // In the order of their ids.
  virtual absl::StatusOr<std::vector<StudyListing>> ListStudies() = 0;
  // With all its trials.
  virtual absl::Status DeleteStudy(int64_t study) = 0;
  // Sets one of the study's attributes; null removes it.
  virtual absl::Status SetAttribute(int64_t study, absl::string_view name, const Value& value) = 0;

  // Puts assignments (objects; not checked against the space) in front of what a strategy proposes.
  // Returns the number of the first; the others follow.
  virtual absl::StatusOr<int64_t> Enqueue(int64_t study, absl::Span<const Value> assignments) = 0;

  // Adds trials that have ended, and returns the number of the first; the others follow. Their ids
  // become their numbers, also where a later one of them goes on from, or repeats, an earlier one
  // (ImportNumbers).
  virtual absl::StatusOr<int64_t> Import(int64_t study, absl::Span<const TrialRecord> trials) = 0;

  // Starts up to `request.count` trials, which is their workers' first heartbeat, and reads on from
  // `cursor`.
  virtual absl::StatusOr<ClaimResult> Claim(int64_t study, const ClaimRequest& request,
                                            ReadCursor* cursor) = 0;
  // Gives claimed trials their points. A later one replaces an earlier, so the call may be made
  // again.
  virtual absl::Status Propose(int64_t study, absl::Span<const StoredProposal> proposals) = 0;
  // Takes back claimed trials that have no points. What was enqueued waits again; of the others the
  // last numbers vanish, and may be given anew, and those that a later number follows end as failed
  // (kCancelled) with `reason`.
  virtual absl::Status Unclaim(int64_t study, absl::Span<const int64_t> numbers,
                               absl::string_view reason) = 0;

  // The metrics of a running trial at a step, [metrics]. A step that was reported is replaced.
  virtual absl::Status Report(int64_t study, int64_t number, int64_t step,
                              absl::Span<const double> values) = 0;
  // Ends a running trial. If it failed and `retry` says so, a copy waits from the same instant on.
  virtual absl::Status Finish(int64_t study, int64_t number, const Outcome& outcome,
                              const RetryRule& retry) = 0;

  // Asks whoever runs the trial to stop it; `reason` is what it will have ended for. A later one
  // replaces an earlier. FailedPrecondition: the trial does not run.
  virtual absl::Status RequestStop(int64_t study, int64_t number, absl::string_view reason) = 0;
  // What is wanted of the workers of these trials. Cost: of two look-ups in indexes, and no lock.
  virtual absl::StatusOr<StudyWishes> ReadWishes(int64_t study,
                                                 absl::Span<const int64_t> numbers) = 0;

  // Says that the workers of these trials are alive. Of those that do not run it is ignored.
  virtual absl::Status Heartbeat(int64_t study, absl::Span<const int64_t> numbers) = 0;
  // Ends the running trials of workers that have been silent for `grace` by the storage's clock, or
  // that `dead` (may be null) knows to be gone, as failed (kLostWorker), and enqueues copies as
  // `retry` says (of those that had their points). Trials that never had a heartbeat, as other
  // tools may run them, are left alone unless `dead` knows. Returns their numbers.
  virtual absl::StatusOr<std::vector<int64_t>> SettleLost(
      int64_t study, absl::Duration grace, const std::function<bool(absl::string_view)>& dead,
      const RetryRule& retry) = 0;

  // Calls `visit` with each trial that is new since the cursor and each of its open ones that has
  // ended or has its point (again, while it runs), and moves the cursor. The open ones come first;
  // both are in the order of their numbers. An error of `visit` ends it, and is returned. Memory:
  // O(1) trials at a time, beside the cursor's.
  virtual absl::Status Read(int64_t study, ReadCursor* cursor,
                            const std::function<absl::Status(TrialRecord)>& visit) = 0;

  // Calls `visit` with what decides which trial is the best: the number of each complete trial, its
  // values, and whether it is feasible, in the order of the numbers. By Read, where a storage has
  // nothing faster.
  using ValuesVisitor =
      std::function<void(int64_t number, absl::Span<const double> values, bool feasible)>;
  virtual absl::Status ReadValues(int64_t study, const ValuesVisitor& visit);
};

// What Storage::Import makes of the trials' ids: gives them numbers from `first` on.
class ImportNumbers {
 public:
  explicit ImportNumbers(int64_t first) : next_(first) {}

  // The next trial, as it is to be stored. `resume_from` and `retry_of` follow the trial that had
  // that id, the first if several had it; where none before this one had, they stay.
  TrialRecord Next(TrialRecord record);

 private:
  int64_t next_;
  absl::flat_hash_map<int64_t, int64_t> numbers_;  // by the ids that they had
};

// "realm:pid:start", by which another process of the same host can tell that this one is gone.
std::string WorkerName();
// Whether the worker of that name ran on this host and is gone for certain. O(1), no locks.
bool WorkerIsGone(absl::string_view worker);

struct StorageContext {
  // A storage that is not there yet is NotFound; otherwise an empty one is made.
  bool must_exist = false;
};

struct StorageKind {
  using Interface = Storage;
  using Context = StorageContext;
  static constexpr char kName[] = "storage";
};
using StoragePlugin = Plugin<StorageKind>;
using StorageRegistry = Registry<StorageKind>;
using LinkedStorage = Linked<StorageKind>;

template <>
const LinkedStorage* LinkedStorage::head_;

template <typename Implementation>
constexpr StoragePlugin MakeStoragePlugin(const char* name, const char* summary) {
  return MakePlugin<StorageKind, Implementation>(name, summary);
}

// Opens a storage by its URL: "memory:", "sqlite:PATH", "postgresql://…". The scheme names the
// plugin, and the whole URL becomes its option `url`; options that follow a '?' are the plugin's
// own business. InvalidArgument: no such scheme (names those that are there). No message shows a
// password.
absl::StatusOr<std::unique_ptr<Storage>> OpenStorage(const StorageRegistry& storages,
                                                     absl::string_view url,
                                                     const StorageContext& context = {});

// The URL without its password: "postgresql://user:***@host/db".
std::string WithoutPassword(absl::string_view url);

}  // namespace sturgeon

#endif  // STURGEON_CORE_STORAGE_H_
