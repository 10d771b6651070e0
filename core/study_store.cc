#include "core/study_store.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"

namespace sturgeon {

StudyStore::StudyStore(const StudyPlace& place) : place_(place), worker_(WorkerName()) {
  Look({});  // before anybody asks
  keeper_ = std::thread([this] { KeepAlive(); });
}

StudyStore::~StudyStore() {
  {
    absl::MutexLock lock(&mutex_);
    over_ = true;
  }
  keeper_.join();
}

void StudyStore::KeepAlive() {
  absl::Time beat = absl::Now() + place_.lost_after / 4;
  for (;;) {
    std::vector<int64_t> own;
    {
      absl::MutexLock lock(&mutex_);
      own.assign(own_.begin(), own_.end());
    }
    Look(own);
    {
      absl::MutexLock lock(&mutex_);
      const absl::Duration rest = std::min(place_.look_every, beat - absl::Now());
      if (mutex_.AwaitWithTimeout(absl::Condition(&over_), rest)) return;
      own.assign(own_.begin(), own_.end());
    }
    if (absl::Now() < beat) continue;
    beat = absl::Now() + place_.lost_after / 4;
    // What fails now is tried again next time; who has something to lose learns of it by Finish.
    if (!own.empty()) place_.storage->Heartbeat(place_.study, own).IgnoreError();
    SettleLost().IgnoreError();
  }
}

void StudyStore::Look(const std::vector<int64_t>& own) {
  absl::StatusOr<StudyWishes> wishes = place_.storage->ReadWishes(place_.study, own);
  if (!wishes.ok()) return;  // looks again
  absl::MutexLock lock(&mutex_);
  wishes_ = *std::move(wishes);
}

std::optional<std::string> StudyStore::StopReason(int64_t number) {
  absl::MutexLock lock(&mutex_);
  for (const auto& [stopped, reason] : wishes_.stop) {
    if (stopped == number) return reason;
  }
  return std::nullopt;
}

bool StudyStore::paused() {
  absl::MutexLock lock(&mutex_);
  return wishes_.paused;
}

absl::Status StudyStore::SettleLost() {
  return place_.storage
      ->SettleLost(place_.study, place_.lost_after, &WorkerIsGone, RetryRule{place_.retries})
      .status();
}

absl::Status StudyStore::Read(const std::function<absl::Status(TrialRecord)>& visit) {
  return place_.storage->Read(place_.study, &cursor_, visit);
}

absl::StatusOr<ClaimResult> StudyStore::Claim(int count, int64_t limit) {
  absl::StatusOr<ClaimResult> claim =
      place_.storage->Claim(place_.study, {count, limit, worker_}, &cursor_);
  if (!claim.ok()) return claim;
  absl::MutexLock lock(&mutex_);
  for (const TrialRecord& record : claim->claimed) {
    const int64_t id = record.trial.id;
    own_.insert(id);
    // The cursor is not to tell this store of its own trials.
    cursor_.next = std::max(cursor_.next, id + 1);
    cursor_.open.erase(std::remove(cursor_.open.begin(), cursor_.open.end(), id),
                       cursor_.open.end());
  }
  return claim;
}

absl::Status StudyStore::Propose(absl::Span<const StoredProposal> proposals) {
  return place_.storage->Propose(place_.study, proposals);
}

absl::Status StudyStore::Unclaim(absl::Span<const int64_t> numbers, absl::string_view reason) {
  absl::Status status = place_.storage->Unclaim(place_.study, numbers, reason);
  if (!status.ok()) return status;
  absl::MutexLock lock(&mutex_);
  for (const int64_t number : numbers) {
    own_.erase(number);
    // A number that was taken back may be given again, to anybody.
    cursor_.next = std::min(cursor_.next, number);
  }
  return absl::OkStatus();
}

absl::Status StudyStore::Report(int64_t number, int64_t step, absl::Span<const double> values) {
  return place_.storage->Report(place_.study, number, step, values);
}

absl::Status StudyStore::Finish(int64_t number, const Outcome& outcome, bool worth_repeating) {
  absl::Status status = place_.storage->Finish(place_.study, number, outcome,
                                               RetryRule{worth_repeating ? place_.retries : 0});
  if (!status.ok() && !absl::IsFailedPrecondition(status)) return status;
  absl::MutexLock lock(&mutex_);
  own_.erase(number);
  return status;
}

absl::StatusOr<int64_t> StudyStore::Enqueue(const Value& assignment) {
  return place_.storage->Enqueue(place_.study, {assignment});
}

absl::StatusOr<int64_t> StudyStore::Import(const Trial& trial) {
  TrialRecord record;
  record.trial = trial;
  return place_.storage->Import(place_.study, {record});
}

}  // namespace sturgeon
