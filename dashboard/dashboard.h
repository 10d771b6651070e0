// The dashboard: a storage's studies as pages that are kept up to date, and what may be changed
// about them. It answers requests and knows nothing of sockets (dashboard/http.h).
//
//   GET  /                        the studies
//   GET  /study/ID                the report's page, live
//   GET  /compare/ID,ID,…         likewise, of several studies beside each other
//   GET  /api/studies             [{"id", "name", "goals", "waiting", …, "started"}]
//   GET  /api/study/ID?since=V&wait=S   dashboard/live_study.h's news; waits S seconds for some
//   POST /api/study/ID/EDIT       dashboard/edits.h; answers {"done": "…"}
// What is wrong is answered by {"error": "…"}, or a page that says so.
//
// Every answer says what browsers are to make of it: no sniffing, no framing, no cache, and a
// content security policy by which a page runs its own script alone. Threads: any.
#ifndef STURGEON_DASHBOARD_DASHBOARD_H_
#define STURGEON_DASHBOARD_DASHBOARD_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/storage.h"
#include "dashboard/access.h"
#include "dashboard/http.h"
#include "dashboard/live_study.h"

namespace sturgeon {

class Dashboard {
 public:
  struct Options {
    bool allow_edits = false;
    // A study that nobody has looked at for as long is forgotten, and read anew.
    absl::Duration forget_after = absl::Minutes(2);
  };

  // `storage` outlives it.
  Dashboard(Storage& storage, StudyDescriber describer, Access access, Options options);

  HttpResponse Handle(const HttpRequest& request);

  // Lets those that wait for news go.
  void Close() { closing_ = true; }

 private:
  HttpResponse Route(const HttpRequest& request);
  HttpResponse Studies();
  HttpResponse StudyPage(absl::string_view id);
  HttpResponse ComparisonPage(absl::string_view ids);  // "1,3,4"
  HttpResponse News(absl::string_view id, const HttpRequest& request);
  HttpResponse MakeEdit(absl::string_view id, absl::string_view name, const HttpRequest& request);

  // The studies, as they were a moment ago.
  absl::StatusOr<std::vector<StudyListing>> List();
  // NotFound: the storage has none of that id.
  absl::StatusOr<std::shared_ptr<LiveStudy>> Find(absl::string_view id);

  Storage& storage_;
  const StudyDescriber describer_;
  const Access access_;
  const Options options_;
  std::atomic<bool> closing_{false};
  std::atomic<int> waiting_{0};  // requests for news

  absl::Mutex list_mutex_;
  std::vector<StudyListing> list_ ABSL_GUARDED_BY(list_mutex_);
  absl::Time listed_ ABSL_GUARDED_BY(list_mutex_) = absl::InfinitePast();

  absl::Mutex live_mutex_;
  std::map<int64_t, std::shared_ptr<LiveStudy>> live_ ABSL_GUARDED_BY(live_mutex_);
};

}  // namespace sturgeon

#endif  // STURGEON_DASHBOARD_DASHBOARD_H_
