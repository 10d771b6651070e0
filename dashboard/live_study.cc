#include "dashboard/live_study.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "core/json.h"
#include "dashboard/access.h"

namespace sturgeon {
namespace {

constexpr absl::Duration kLookEvery = absl::Milliseconds(300), kLookAtLeastEvery = absl::Seconds(2);
// What takes long is done seldom: so much of the time, at most.
constexpr double kShare = 0.05;
constexpr absl::Duration kCompleteEvery = absl::Seconds(2),
                         kCompleteAtLeastEvery = absl::Minutes(2);
constexpr size_t kMostRunning = 200;  // that are listed

absl::Time NextAfter(absl::Time started, absl::Duration least, absl::Duration most) {
  const absl::Time now = absl::Now();
  return now + std::clamp((now - started) / kShare, least, most);
}

// Whether a page has nothing to show for it: a number that was claimed, and may be taken back.
bool Hidden(const Trial& trial) {
  return trial.state == TrialState::kRunning && trial.point.empty();
}

bool SameNews(const Trial& a, const Trial& b) {
  return a.state == b.state && a.point == b.point && a.started == b.started &&
         a.budget == b.budget && a.resume_from == b.resume_from &&
         a.reports.size() == b.reports.size() && a.values == b.values;
}

}  // namespace

LiveStudy::LiveStudy(Storage& storage, std::string name, StudyDescriber describer)
    : storage_(storage), name_(std::move(name)), describer_(std::move(describer)) {
  Use();
}

void LiveStudy::Touch() { touched_ = true; }

absl::StatusOr<StudyRecord> LiveStudy::Record() {
  absl::MutexLock looking(&look_mutex_);
  next_find_ = absl::InfinitePast();
  absl::Status status = Find();
  if (!status.ok()) return status;
  absl::ReaderMutexLock lock(&mutex_);
  return record_;
}

absl::Status LiveStudy::Find() {
  const absl::Time started = absl::Now();
  if (started < next_find_) return absl::OkStatus();
  absl::StatusOr<StudyRecord> found = storage_.FindStudy(name_);
  if (!found.ok()) return found.status();
  next_find_ = NextAfter(started, kLookEvery, absl::Seconds(30));
  absl::MutexLock lock(&mutex_);
  // Another study of that name; or one of another tool's, whose space its trials say.
  const bool another = boot_.empty() || found->id != record_.id ||
                       found->config.space.Names() != record_.config.space.Names();
  record_ = *std::move(found);
  const Value* const note = record_.attributes.Find(kNoteAttribute);
  std::string text = note != nullptr && note->is_string() ? note->string() : "";
  if (note_ != text) {
    note_ = std::move(text);
    ++version_;
  }
  if (!another) return absl::OkStatus();
  absl::StatusOr<std::string> boot = MakeToken();
  if (!boot.ok()) return boot.status();
  boot_ = boot->substr(0, 8);
  version_ = 1;
  study_ = describer_.head(record_);
  changed_.clear();
  running_.clear();
  loaded_ = false;
  ended_ = 0;
  cursor_ = ReadCursor();
  completed_ = -1;
  next_complete_ = absl::InfinitePast();
  absl::MutexLock cache(&cache_mutex_);
  cached_ = StudyNews();
  return absl::OkStatus();
}

bool LiveStudy::Apply(Change change) {
  Trial& trial = change.trial;
  while (static_cast<int64_t>(study_.trials.size()) <= trial.id) {
    Trial& added = study_.trials.emplace_back();
    added.id = static_cast<int64_t>(study_.trials.size()) - 1;
    study_.workers.emplace_back();
    changed_.push_back(0);
  }
  Trial& known = study_.trials[trial.id];
  if (Hidden(trial) || known.finished()) return false;
  if (changed_[trial.id] > 0 && SameNews(known, trial)) return false;
  ended_ += trial.finished() ? 1 : 0;
  changed_[trial.id] = version_ + 1;
  study_.workers[trial.id] = std::move(change.worker);
  known = std::move(trial);
  return true;
}

absl::Status LiveStudy::Look() {
  absl::Status status = Find();
  if (!status.ok()) return status;
  int64_t id = 0;
  {
    absl::ReaderMutexLock lock(&mutex_);
    id = record_.id;
  }
  std::vector<Change> changes;
  status = storage_.Read(id, &cursor_, [&](TrialRecord record) {
    changes.push_back({std::move(record.trial), std::move(record.worker)});
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  std::vector<int64_t> numbers;
  {
    absl::MutexLock lock(&mutex_);
    bool changed = false;
    for (Change& change : changes) changed |= Apply(std::move(change));
    if (changed) ++version_;
    for (const int64_t number : cursor_.open) {
      if (number < static_cast<int64_t>(study_.trials.size()) && changed_[number] > 0 &&
          study_.trials[number].state == TrialState::kRunning && numbers.size() < kMostRunning) {
        numbers.push_back(number);
      }
    }
  }
  std::sort(numbers.begin(), numbers.end());
  bool first = false;
  const absl::StatusOr<StudyWishes> wishes = storage_.ReadWishes(id, numbers);
  if (!wishes.ok()) return wishes.status();
  {
    absl::MutexLock lock(&mutex_);
    std::vector<Running> running;
    size_t stop = 0;
    for (const int64_t number : numbers) {
      Running one = {number, study_.workers[number], study_.trials[number].started, false};
      while (stop < wishes->stop.size() && wishes->stop[stop].first < number) ++stop;
      one.stop = stop < wishes->stop.size() && wishes->stop[stop].first == number;
      running.push_back(std::move(one));
    }
    if (running != running_ || wishes->paused != paused_) {
      running_ = std::move(running);
      paused_ = wishes->paused;
      ++version_;
    }
    first = !std::exchange(loaded_, true);
  }
  // What follows from the trials may take long; it comes when these have been handed out.
  if (!first) Complete();
  return absl::OkStatus();
}

void LiveStudy::Complete() {
  const absl::Time started = absl::Now();
  if (started < next_complete_) return;
  ReportStudy copy;
  {
    absl::ReaderMutexLock lock(&mutex_);
    if (ended_ == completed_) return;
    completed_ = ended_;
    copy.config = study_.config;
    copy.strategy = study_.strategy;
    copy.runner = study_.runner;
    for (const Trial& trial : study_.trials) {
      if (!trial.finished()) continue;
      Trial brief = trial;
      brief.reports = ReportLog();
      copy.trials.push_back(std::move(brief));
    }
  }
  describer_.complete(&copy);
  {
    absl::MutexLock lock(&mutex_);
    study_.importance = std::move(copy.importance);
    study_.rounds = std::move(copy.rounds);
    ++version_;
  }
  next_complete_ = NextAfter(started, kCompleteEvery, kCompleteAtLeastEvery);
}

std::string LiveStudy::Version() const { return absl::StrCat(boot_, ":", version_); }

std::string LiveStudy::Json(uint64_t since) const {
  std::vector<size_t> rows;
  for (size_t i = 0; i < changed_.size(); ++i) {
    if (changed_[i] > since) rows.push_back(i);
  }
  Value::List running;
  for (const Running& one : running_) {
    running.emplace_back(Value::Object{
        {"id", one.id}, {"worker", one.worker}, {"started", one.started}, {"stop", one.stop}});
  }
  const Value head = Value::Object{{"version", Version()},
                                   {"all", since == 0},
                                   {"paused", paused_},
                                   {"note", note_},
                                   {"running", std::move(running)}};
  std::string json = WriteJson(head);
  json.pop_back();
  absl::StrAppend(&json, ", \"study\": ", ReportJson(study_, rows), "}");
  return json;
}

absl::StatusOr<StudyNews> LiveStudy::News(absl::string_view since, absl::Time deadline,
                                          const std::atomic<bool>& closing) {
  Use();
  // "BOOT:VERSION" (there is no ':' in a token); what is none has seen nothing.
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(since, absl::MaxSplits(':', 1));
  for (;;) {
    bool loaded = false;
    {
      absl::ReaderMutexLock lock(&mutex_);
      loaded = loaded_;
    }
    // The first who comes reads; the others wait for it, if there is nothing to be had yet.
    const bool mine = loaded ? look_mutex_.TryLock() : (look_mutex_.Lock(), true);
    if (mine) {
      const absl::Time started = absl::Now();
      const bool touched = touched_.exchange(false);
      if (touched || started >= next_look_) {
        if (touched) next_find_ = absl::InfinitePast();
        status_ = Look();
        next_look_ = NextAfter(started, kLookEvery, kLookAtLeastEvery);
      }
      const absl::Status status = status_;
      look_mutex_.Unlock();
      if (!status.ok()) return status;
    }
    {
      absl::ReaderMutexLock lock(&mutex_);
      uint64_t seen = 0;
      if (parts.first != boot_ || !absl::SimpleAtoi(parts.second, &seen) || seen > version_) {
        seen = 0;
      }
      if (version_ > seen) {
        if (seen == 0) return StudyNews{Version(), Json(0)};
        absl::MutexLock cache(&cache_mutex_);
        if (cached_since_ != seen || cached_.version != Version()) {
          cached_since_ = seen;
          cached_ = {Version(), Json(seen)};
        }
        return cached_;
      }
      if (absl::Now() >= deadline || closing) {
        return StudyNews{Version(), WriteJson(Value::Object{{"version", Version()}})};
      }
    }
    absl::SleepFor(absl::Milliseconds(100));
  }
}

}  // namespace sturgeon
