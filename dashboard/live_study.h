// A study of a storage, as it is now: read once, and from then on what has changed. Whoever wants
// news looks for it, so nothing is read while nobody is there.
//
//   LiveStudy live(storage, "digits", describer);
//   auto news = live.News("", absl::Now(), stop);           // all of it
//   auto more = live.News(news->version, absl::Now() + absl::Seconds(20), stop);
//
// Threads: every method may be called from any thread; one of those that wait reads the storage.
// Memory: the trials with their reports, as in a Study.
#ifndef STURGEON_DASHBOARD_LIVE_STUDY_H_
#define STURGEON_DASHBOARD_LIVE_STUDY_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/storage.h"
#include "core/value.h"
#include "report/data.h"

namespace sturgeon {

// What is said of a study beside its trials; the program knows it.
struct StudyDescriber {
  // A report of the study without trials.
  std::function<ReportStudy(const StudyRecord&)> head;
  // Works out what follows from the trials (what mattered, rounds), into the same report.
  std::function<void(ReportStudy*)> complete;
};

// {"version": V, "all": true, "paused": false, "note": "", "running": [{"id", "worker", "started",
// "stop": whether it is to}], "study": report/data.h's, of the trials that are new or have changed
// alone}. Without news: {"version": V}. `all`: it is not to be added to what was there.
struct StudyNews {
  std::string version;
  std::string json;
};

class LiveStudy {
 public:
  // `storage` outlives it.
  LiveStudy(Storage& storage, std::string name, StudyDescriber describer);

  // What has changed since the version; "", or a version of another time: all. Waits until
  // something has, `deadline` is over, or `closing` is set. NotFound: the study is not there (any
  // more). Else the storage's errors.
  absl::StatusOr<StudyNews> News(absl::string_view since, absl::Time deadline,
                                 const std::atomic<bool>& closing);

  // The study as it was found last. NotFound and so on, as above.
  absl::StatusOr<StudyRecord> Record();

  // Lets the next News look at once: something was changed here.
  void Touch();

  absl::Time last_used() const { return absl::FromUnixMicros(last_used_.load()); }
  void Use() { last_used_ = absl::ToUnixMicros(absl::Now()); }

 private:
  struct Running {
    int64_t id = 0;
    std::string worker;
    double started = 0;
    bool stop = false;
    friend bool operator==(const Running& a, const Running& b) {
      return a.id == b.id && a.worker == b.worker && a.started == b.started && a.stop == b.stop;
    }
  };
  struct Change {
    Trial trial;
    std::string worker;
  };

  absl::Status Look() ABSL_EXCLUSIVE_LOCKS_REQUIRED(look_mutex_) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status Find() ABSL_EXCLUSIVE_LOCKS_REQUIRED(look_mutex_) ABSL_LOCKS_EXCLUDED(mutex_);
  bool Apply(Change change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Complete() ABSL_EXCLUSIVE_LOCKS_REQUIRED(look_mutex_) ABSL_LOCKS_EXCLUDED(mutex_);
  std::string Version() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  std::string Json(uint64_t since) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  Storage& storage_;
  const std::string name_;
  const StudyDescriber describer_;
  std::atomic<int64_t> last_used_;
  std::atomic<bool> touched_{false};

  absl::Mutex look_mutex_;  // one reads at a time; taken before mutex_
  ReadCursor cursor_ ABSL_GUARDED_BY(look_mutex_);
  absl::Time next_look_ ABSL_GUARDED_BY(look_mutex_) = absl::InfinitePast();
  absl::Time next_find_ ABSL_GUARDED_BY(look_mutex_) = absl::InfinitePast();
  absl::Time next_complete_ ABSL_GUARDED_BY(look_mutex_) = absl::InfinitePast();
  int64_t completed_ ABSL_GUARDED_BY(look_mutex_) = -1;  // trials that had ended then
  absl::Status status_ ABSL_GUARDED_BY(look_mutex_);     // of the last look

  mutable absl::Mutex mutex_;
  StudyRecord record_ ABSL_GUARDED_BY(mutex_);
  std::string boot_ ABSL_GUARDED_BY(mutex_);  // what all versions begin with
  uint64_t version_ ABSL_GUARDED_BY(mutex_) = 0;
  // All trials by their number; those that are not to be seen (yet) have the version 0.
  ReportStudy study_ ABSL_GUARDED_BY(mutex_);
  std::vector<uint64_t> changed_ ABSL_GUARDED_BY(mutex_);  // the version of each
  int64_t ended_ ABSL_GUARDED_BY(mutex_) = 0;              // trials
  std::vector<Running> running_ ABSL_GUARDED_BY(mutex_);
  bool paused_ ABSL_GUARDED_BY(mutex_) = false;
  bool loaded_ ABSL_GUARDED_BY(mutex_) = false;  // the trials were read once
  std::string note_ ABSL_GUARDED_BY(mutex_);
  // The last answer but those that have all, which many pages want at the same time.
  mutable absl::Mutex cache_mutex_;
  mutable uint64_t cached_since_ ABSL_GUARDED_BY(cache_mutex_) = 0;
  mutable StudyNews cached_ ABSL_GUARDED_BY(cache_mutex_);
};

}  // namespace sturgeon

#endif  // STURGEON_DASHBOARD_LIVE_STUDY_H_
