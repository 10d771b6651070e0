#include "dashboard/dashboard.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "core/json.h"
#include "dashboard/edits.h"
#include "dashboard/pages.h"
#include "report/page.h"

namespace sturgeon {
namespace {

constexpr double kLongestWait = 25;  // seconds
// Who comes when so many wait already is answered at once, and asks again.
constexpr int kMostWaiting = 40;
constexpr size_t kMostCompared = 100;
constexpr absl::Duration kListEvery = absl::Seconds(1);
constexpr char kNothing[] = "default-src 'none'; frame-ancestors 'none'";

int StatusCode(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return 400;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kFailedPrecondition:
      return 409;
    case absl::StatusCode::kUnavailable:
      return 503;
    default:
      return 500;
  }
}

HttpResponse Json(int status, std::string body) {
  HttpResponse response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  response.headers.emplace_back("Content-Security-Policy", kNothing);
  return response;
}

HttpResponse JsonError(int status, absl::string_view message) {
  return Json(status, WriteJson(Value::Object{{"error", std::string(message)}}) + "\n");
}
HttpResponse JsonError(const absl::Status& status) {
  return JsonError(StatusCode(status), status.message());
}

HttpResponse Page(int status, HtmlPage page) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(page.html);
  response.headers.emplace_back("Content-Security-Policy",
                                absl::StrCat(page.policy, "; frame-ancestors 'none'"));
  return response;
}

HttpResponse ErrorPage(int status, absl::string_view message) {
  return Page(status, MessagePage(absl::StrCat(status, ": ", message)));
}

bool IsApi(absl::string_view path) { return absl::StartsWith(path, "/api/"); }

HttpResponse Error(absl::string_view path, int status, absl::string_view message) {
  return IsApi(path) ? JsonError(status, message) : ErrorPage(status, message);
}

HttpResponse PageOf(absl::string_view title, const std::vector<absl::string_view>& ids,
                    bool edits) {
  Value::List urls;
  for (const absl::string_view id : ids) urls.emplace_back(absl::StrCat("/api/study/", id));
  const Value source = Value::Object{{"kind", "live"}, {"urls", std::move(urls)}, {"edits", edits}};
  return Page(200, {LivePage(title, source), PagePolicy("'self'")});
}

std::string QueryOf(const HttpRequest& request, const char* name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? "" : found->second;
}

Value ListingToValue(const StudyListing& study) {
  Value::List goals;
  for (const Goal goal : study.goals) goals.emplace_back(std::string(GoalName(goal)));
  Value value = Value::Object{
      {"id", study.id},           {"name", study.name},       {"goals", std::move(goals)},
      {"waiting", study.waiting}, {"running", study.running}, {"complete", study.complete},
      {"stopped", study.stopped}, {"failed", study.failed},   {"started", Value()}};
  if (study.first_start != absl::InfinitePast()) {
    value.Set("started", absl::ToDoubleSeconds(study.first_start - absl::UnixEpoch()));
  }
  return value;
}

}  // namespace

Dashboard::Dashboard(Storage& storage, StudyDescriber describer, Access access, Options options)
    : storage_(storage),
      describer_(std::move(describer)),
      access_(std::move(access)),
      options_(options) {}

HttpResponse Dashboard::Handle(const HttpRequest& request) {
  HttpResponse response = Route(request);
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("X-Frame-Options", "DENY");
  response.headers.emplace_back("Cache-Control", "no-store");
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  response.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  response.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
  return response;
}

HttpResponse Dashboard::Route(const HttpRequest& request) {
  const std::string& path = request.path;
  absl::Status status = access_.CheckHost(request.host);
  if (!status.ok()) return Error(path, 403, status.message());
  if (path == "/favicon.ico") return Json(204, "");  // browsers ask for it, and complain
  if (access_.needs_token() && !access_.HasCookie(request.cookie)) {
    if (request.method != "GET" || !access_.IsToken(QueryOf(request, "token"))) {
      return Error(path, 401,
                   "this needs the token: open the address that `sturgeon dashboard` has printed");
    }
    // The token is not to stay in the address, which is copied, and kept by the browser.
    HttpResponse response = ErrorPage(303, "go on");
    response.headers.emplace_back("Set-Cookie", access_.SetCookie());
    response.headers.emplace_back("Location", "/");
    return response;
  }

  const std::vector<absl::string_view> parts = absl::StrSplit(absl::string_view(path), '/');
  if (request.method == "POST") {
    if (parts.size() != 5 || parts[1] != "api" || parts[2] != "study") {
      return Error(path, 404, "there is nothing here");
    }
    return MakeEdit(parts[3], parts[4], request);
  }
  if (request.method != "GET") return Error(path, 405, "only GET and POST are known here");
  if (path == "/") return Page(200, IndexPage(storage_.description()));
  if (path == "/api/studies") return Studies();
  if (parts.size() == 3 && parts[1] == "study") return StudyPage(parts[2]);
  if (parts.size() == 3 && parts[1] == "compare") return ComparisonPage(parts[2]);
  if (parts.size() == 4 && parts[1] == "api" && parts[2] == "study") return News(parts[3], request);
  return Error(path, 404, "there is nothing here");
}

absl::StatusOr<std::vector<StudyListing>> Dashboard::List() {
  absl::MutexLock lock(&list_mutex_);
  const absl::Time started = absl::Now();
  if (started - listed_ > kListEvery) {
    absl::StatusOr<std::vector<StudyListing>> list = storage_.ListStudies();
    if (!list.ok()) return list.status();
    list_ = *std::move(list);
    // What takes long is done seldom.
    listed_ = absl::Now() + std::min(20 * (absl::Now() - started), absl::Seconds(20));
  }
  return list_;
}

absl::StatusOr<std::shared_ptr<LiveStudy>> Dashboard::Find(absl::string_view id) {
  int64_t number = 0;
  const absl::Status none = absl::NotFoundError("there is no such study (any more)");
  const bool digits = !id.empty() && id.find_first_not_of("0123456789") == absl::string_view::npos;
  if (!digits || !absl::SimpleAtoi(id, &number)) return none;
  absl::MutexLock lock(&live_mutex_);
  for (auto entry = live_.begin(); entry != live_.end();) {
    const bool forget = absl::Now() - entry->second->last_used() > options_.forget_after;
    entry = forget ? live_.erase(entry) : std::next(entry);
  }
  std::shared_ptr<LiveStudy>& live = live_[number];
  if (live == nullptr) {
    const absl::StatusOr<std::vector<StudyListing>> list = List();
    const StudyListing* found = nullptr;
    if (list.ok()) {
      for (const StudyListing& study : *list) {
        if (study.id == number) found = &study;
      }
    }
    if (found == nullptr) {
      live_.erase(number);
      return list.ok() ? none : list.status();
    }
    live = std::make_shared<LiveStudy>(storage_, found->name, describer_);
  }
  live->Use();
  return live;
}

HttpResponse Dashboard::Studies() {
  const absl::StatusOr<std::vector<StudyListing>> list = List();
  if (!list.ok()) return JsonError(list.status());
  Value::List studies;
  for (const StudyListing& study : *list) studies.push_back(ListingToValue(study));
  return Json(200, WriteJson(studies));
}

HttpResponse Dashboard::StudyPage(absl::string_view id) {
  const absl::StatusOr<std::shared_ptr<LiveStudy>> live = Find(id);
  if (!live.ok()) return ErrorPage(StatusCode(live.status()), live.status().message());
  const absl::StatusOr<StudyRecord> record = (*live)->Record();
  if (!record.ok()) return ErrorPage(StatusCode(record.status()), record.status().message());
  return PageOf(record->config.name, {id}, options_.allow_edits);
}

HttpResponse Dashboard::ComparisonPage(absl::string_view ids) {
  const std::vector<absl::string_view> list = absl::StrSplit(ids, ',');
  if (list.size() > kMostCompared) {
    return ErrorPage(400, absl::StrCat(kMostCompared, " studies at most can be compared"));
  }
  for (const absl::string_view id : list) {
    const absl::StatusOr<std::shared_ptr<LiveStudy>> live = Find(id);
    if (!live.ok()) return ErrorPage(StatusCode(live.status()), live.status().message());
  }
  // What is edited is one study: it has a page of its own.
  return PageOf(absl::StrCat(list.size(), " studies"), list, /*edits=*/false);
}

HttpResponse Dashboard::News(absl::string_view id, const HttpRequest& request) {
  const absl::StatusOr<std::shared_ptr<LiveStudy>> live = Find(id);
  if (!live.ok()) return JsonError(live.status());
  double wait = 0;
  const std::string given = QueryOf(request, "wait");
  if (!given.empty() && (!absl::SimpleAtod(given, &wait) || !(wait >= 0))) {
    return JsonError(400, "wait: a number of seconds");
  }
  if (++waiting_ > kMostWaiting) wait = 0;
  const absl::StatusOr<StudyNews> news =
      (*live)->News(QueryOf(request, "since"),
                    absl::Now() + absl::Seconds(std::min(wait, kLongestWait)), closing_);
  --waiting_;
  if (!news.ok()) {
    if (absl::IsNotFound(news.status())) {
      absl::MutexLock lock(&live_mutex_);
      for (auto entry = live_.begin(); entry != live_.end();) {
        entry = entry->second == *live ? live_.erase(entry) : std::next(entry);
      }
    }
    return JsonError(news.status());
  }
  return Json(200, news->json);
}

HttpResponse Dashboard::MakeEdit(absl::string_view id, absl::string_view name,
                                 const HttpRequest& request) {
  absl::Status status = access_.CheckOrigin(request.origin, request.host);
  if (!status.ok()) return JsonError(status);
  if (!options_.allow_edits) {
    return JsonError(403, "this dashboard only shows; `sturgeon dashboard --allow_edits` edits");
  }
  // No form of another site can send this.
  if (!absl::StartsWith(absl::AsciiStrToLower(request.content_type), "application/json")) {
    return JsonError(415, "an edit is application/json");
  }
  const absl::StatusOr<std::shared_ptr<LiveStudy>> live = Find(id);
  if (!live.ok()) return JsonError(live.status());
  const absl::StatusOr<StudyRecord> record = (*live)->Record();
  if (!record.ok()) return JsonError(record.status());
  const absl::StatusOr<Edit> edit = ParseEdit(name, request.body, *record);
  if (!edit.ok()) return JsonError(edit.status());
  const absl::StatusOr<std::string> done = ApplyEdit(*edit, *record, storage_);
  if (!done.ok()) return JsonError(done.status());
  (*live)->Touch();
  return Json(200, WriteJson(Value::Object{{"done", *done}}));
}

}  // namespace sturgeon
