// The dashboard over a real connection: what it answers, and what it refuses.

#include "dashboard/dashboard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/json.h"
#include "dashboard/http.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/memory/memory.h"

namespace sturgeon {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;  // by names in small letters
  std::string body;
  std::vector<std::string> cookies;
};

enum class Then { kListen, kSayNoMore };

// Sends the bytes, and reads until the server closes the connection.
Answer Exchange(int port, const std::string& request, Then then = Then::kListen) {
  Answer answer;
  const int connection = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  EXPECT_EQ(connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  for (size_t sent = 0; sent < request.size();) {
    const ssize_t more =
        send(connection, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
    if (more <= 0) break;  // it has heard enough
    sent += static_cast<size_t>(more);
  }
  // Or the server would wait for the rest of what is no whole request.
  if (then == Then::kSayNoMore) shutdown(connection, SHUT_WR);
  std::string text;
  char bytes[4096];
  for (ssize_t got = 0; (got = recv(connection, bytes, sizeof(bytes), 0)) > 0;) {
    text.append(bytes, static_cast<size_t>(got));
  }
  close(connection);
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(text, absl::MaxSplits("\r\n\r\n", 1));
  answer.body = parts.second;
  for (const absl::string_view line : absl::StrSplit(parts.first, "\r\n")) {
    if (absl::StartsWith(line, "HTTP/1.1 ")) {
      EXPECT_TRUE(absl::SimpleAtoi(line.substr(9, 3), &answer.status)) << line;
      continue;
    }
    const std::pair<std::string, std::string> header =
        absl::StrSplit(line, absl::MaxSplits(": ", 1));
    answer.headers[absl::AsciiStrToLower(header.first)] = header.second;
  }
  return answer;
}

class DashboardTest : public testing::Test {
 protected:
  DashboardTest() : storage_(&absl::Now) { id_ = Create("<script>alert(1)</script>"); }
  ~DashboardTest() override { End(); }

  int64_t Create(const std::string& name) {
    StudyRecord record;
    record.config.name = name;
    record.config.space = *SearchSpace::Create(
        {Parameter::Float("</script><script>alert(2)</script>", 0, 1),
         Parameter::Categorical("__proto__", {Value("<img src=x onerror=alert(3)>"), Value("b")})});
    return *storage_.CreateStudy(record);
  }

  void Begin(Dashboard::Options options = {}, const std::string& token = "") {
    auto server = HttpServer::Listen({"127.0.0.1", 0}, [this](const HttpRequest& request) {
      return dashboard_->Handle(request);
    });
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    port_ = server_->address().port;
    StudyDescriber describer;
    describer.head = [](const StudyRecord& study) {
      ReportStudy report;
      report.config = study.config;
      return report;
    };
    describer.complete = [](ReportStudy*) {};
    dashboard_ = std::make_unique<Dashboard>(storage_, describer,
                                             Access(server_->address(), token, "machine"), options);
    thread_ = std::thread([this] { server_->Serve(stop_, [this] { dashboard_->Close(); }); });
  }
  void End() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }

  std::string Host() const { return absl::StrCat("127.0.0.1:", port_); }
  Answer Get(const std::string& path, const std::string& headers = "") const {
    return Exchange(port_, absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: ", Host(), "\r\n",
                                        headers, "Connection: close\r\n\r\n"));
  }
  Answer Post(const std::string& path, const std::string& body, const std::string& headers) const {
    return Exchange(port_, absl::StrCat("POST ", path, " HTTP/1.1\r\nHost: ", Host(),
                                        "\r\nContent-Length: ", body.size(), "\r\n", headers,
                                        "Connection: close\r\n\r\n", body));
  }
  // As our own page sends it.
  Answer Edit(const std::string& name, const std::string& body) const {
    return Post(absl::StrCat("/api/study/", id_, "/", name), body,
                absl::StrCat("Origin: http://", Host(), "\r\nContent-Type: application/json\r\n"));
  }
  static Dashboard::Options Edits() {
    Dashboard::Options options;
    options.allow_edits = true;
    return options;
  }
  static Value Json(const Answer& answer) {
    const absl::StatusOr<Value> json = ParseJson(answer.body, "body");
    EXPECT_TRUE(json.ok()) << answer.body;
    return json.ok() ? *json : Value();
  }

  MemoryStorage storage_;
  int64_t id_ = 0;
  std::unique_ptr<Dashboard> dashboard_;
  std::unique_ptr<HttpServer> server_;
  int port_ = 0;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

TEST_F(DashboardTest, ListsStudiesAndShowsThem) {
  Create("other");
  Begin();
  const Value studies = Json(Get("/api/studies"));
  ASSERT_EQ(studies.list().size(), 2);
  EXPECT_EQ(*studies.list()[1].Find("name"), Value("other"));
  const Answer page = Get(absl::StrCat("/study/", id_));
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.headers.at("content-type"), "text/html; charset=utf-8");
  const Value news = Json(Get(absl::StrCat("/api/study/", id_)));
  EXPECT_EQ(*news.Find("study")->Find("name"), Value("<script>alert(1)</script>"));
}

TEST_F(DashboardTest, ComparesStudies) {
  const int64_t other = Create("other");
  Begin();
  const Answer page = Get(absl::StrCat("/compare/", id_, ",", other));
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(
      page.body,
      AllOf(HasSubstr("<title>2 studies</title>"),
            HasSubstr(absl::StrCat("\"/api/study/", id_, "\", \"/api/study/", other, "\""))));
  for (const char* ids : {"", ",", "99", "1,99", "1,x", "1, 2"}) {
    EXPECT_EQ(Get(absl::StrCat("/compare/", ids)).status, ids == std::string("1, 2") ? 400 : 404)
        << ids;
  }
  EXPECT_EQ(Get("/compare/1" + std::string(300, ',')).status, 400);
}

TEST_F(DashboardTest, NothingIsCompressed) {
  // The library would take a minute to compress a large study.
  Begin();
  const Answer answer = Get("/", "Accept-Encoding: gzip, deflate, br\r\n");
  EXPECT_EQ(answer.headers.count("content-encoding"), 0);
  EXPECT_THAT(answer.body, HasSubstr("<h1>Studies</h1>"));
}

TEST_F(DashboardTest, EveryAnswerSaysWhatItIsNot) {
  Begin();
  const std::string study = absl::StrCat(id_);
  for (const std::string& path :
       {std::string("/"), "/study/" + study, std::string("/api/studies"), "/api/study/" + study,
        std::string("/nothing"), std::string("/api/nothing"), std::string("/study/99")}) {
    const Answer answer = Get(path);
    EXPECT_EQ(answer.headers.at("x-content-type-options"), "nosniff") << path;
    EXPECT_EQ(answer.headers.at("cache-control"), "no-store") << path;
    EXPECT_EQ(answer.headers.at("x-frame-options"), "DENY") << path;
    const std::string policy = answer.headers.at("content-security-policy");
    EXPECT_THAT(policy, AllOf(StartsWith("default-src 'none'"), HasSubstr("frame-ancestors 'none'"),
                              Not(HasSubstr("unsafe")), Not(HasSubstr("*"))))
        << path;
  }
}

TEST_F(DashboardTest, NamesAreTextEverywhere) {
  Begin();
  const std::string page = Get(absl::StrCat("/study/", id_)).body;
  EXPECT_THAT(page, HasSubstr("<title>&lt;script&gt;alert(1)&lt;/script&gt;</title>"));
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  const Answer none = Get("/<script>alert(4)</script>");
  EXPECT_EQ(none.status, 404);
  EXPECT_THAT(none.body, Not(HasSubstr("alert(4)")));
}

TEST_F(DashboardTest, WhatIsNotThereIsSaidSo) {
  Begin();
  for (const char* path : {"/study/", "/study/99", "/study/x", "/study/-1", "/study/1/2",
                           "/study/99999999999999999999", "//", "/..", "/api"}) {
    const Answer answer = Get(path);
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_THAT(answer.body, HasSubstr("<a href=\"/\">All studies</a>")) << path;
  }
  for (const char* path : {"/api/", "/api/study/99", "/api/study/x", "/api/study/1/enqueue"}) {
    const Answer answer = Get(path);
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_TRUE(Json(answer).Find("error")->is_string()) << path;
  }
  EXPECT_EQ(Get(absl::StrCat("/api/study/", id_, "?wait=-1")).status, 400);
  EXPECT_EQ(Get(absl::StrCat("/api/study/", id_, "?wait=long")).status, 400);
}

TEST_F(DashboardTest, ANameThatSomebodyHasPointedHereIsNotAnswered) {
  Begin();
  for (const std::string host : {"evil.example", "evil.example:80", "localhost.evil.example", ""}) {
    for (const char* path : {"/", "/api/studies"}) {
      const Answer answer = Exchange(port_, absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: ", host,
                                                         "\r\nConnection: close\r\n\r\n"));
      EXPECT_EQ(answer.status, 403) << host;
      EXPECT_THAT(answer.body, Not(HasSubstr("other"))) << host;
    }
  }
  EXPECT_EQ(Exchange(port_, absl::StrCat("GET / HTTP/1.1\r\nHost: localhost:", port_,
                                         "\r\nConnection: close\r\n\r\n"))
                .status,
            200);
}

TEST_F(DashboardTest, WithATokenNothingIsAnsweredWithout) {
  Begin(Edits(), "secret-token");
  const std::string api = absl::StrCat("/api/study/", id_);
  const std::string cookie = absl::StrCat("Cookie: sturgeon_", port_, "=secret-token\r\n");
  for (const std::string& path :
       {std::string("/"), std::string("/api/studies"), api, std::string("/nothing"),
        std::string("/?token=secret-toke"), std::string("/?token=")}) {
    EXPECT_EQ(Get(path).status, 401) << path;
    EXPECT_EQ(Get(path, absl::StrCat("Cookie: sturgeon_", port_, "=secret\r\n")).status, 401);
  }
  EXPECT_EQ(Edit("note", R"({"note": "x"})").status, 401);
  EXPECT_EQ(Post(api + "/note?token=secret-token", "{}", "").status, 401);
  const Answer let_in = Get("/?token=secret-token");
  EXPECT_EQ(let_in.status, 303);
  EXPECT_EQ(let_in.headers.at("location"), "/");
  EXPECT_EQ(let_in.headers.at("set-cookie"),
            absl::StrCat("sturgeon_", port_, "=secret-token; Path=/; HttpOnly; SameSite=Strict"));
  EXPECT_EQ(Get("/", cookie).status, 200);
  EXPECT_EQ(Get(api, cookie).status, 200);
}

TEST_F(DashboardTest, EditsAreRefusedWithoutTheFlag) {
  Begin();
  for (const char* edit : {"enqueue", "stop", "note", "pause", "nothing"}) {
    const Answer answer = Edit(edit, "{}");
    EXPECT_EQ(answer.status, 403) << edit;
    EXPECT_THAT(Json(answer).Find("error")->string(), HasSubstr("--allow_edits"));
  }
  EXPECT_EQ(storage_.FindStudy("<script>alert(1)</script>")->attributes, Value(Value::Object()));
}

TEST_F(DashboardTest, EditsComeFromOurOwnPagesAlone) {
  Begin(Edits());
  const std::string path = absl::StrCat("/api/study/", id_, "/note");
  const std::string json = "Content-Type: application/json\r\n", body = R"({"note": "x"})";
  const std::string ours = absl::StrCat("Origin: http://", Host(), "\r\n");
  EXPECT_EQ(Post(path, body, json).status, 403);
  EXPECT_EQ(Post(path, body, json + "Origin: http://evil.example\r\n").status, 403);
  EXPECT_EQ(Post(path, body, json + "Origin: null\r\n").status, 403);
  // What a form can send.
  EXPECT_EQ(Post(path, body, ours + "Content-Type: text/plain\r\n").status, 415);
  EXPECT_EQ(Post(path, body, ours).status, 415);
  EXPECT_EQ(storage_.FindStudy("<script>alert(1)</script>")->attributes, Value(Value::Object()));
  EXPECT_EQ(Post(path, body, ours + json).status, 200);
}

TEST_F(DashboardTest, EditsAreChecked) {
  Begin(Edits());
  const std::pair<const char*, std::string> wrong[] = {
      {"note", ""},
      {"note", "{"},
      {"note", "{}"},
      {"note", "[]"},
      {"note", R"({"note": 1})"},
      {"note", R"({"note": "x", "more": 1})"},
      {"note", absl::StrCat(R"({"note": ")", std::string(10001, 'x'), "\"}")},
      {"pause", R"({"paused": 1})"},
      {"stop", R"({"trial": -1})"},
      {"stop", R"({"trial": 1.5})"},
      {"stop", R"({"trial": "1"})"},
      {"enqueue", R"({"params": []})"},
      {"enqueue", R"({"params": {"__proto__": "c"}})"},
      {"enqueue", R"({"params": {"unknown": 1}})"},
      {"enqueue", R"({"params": {"</script><script>alert(2)</script>": 2}})"},
  };
  for (const auto& [name, body] : wrong) {
    const Answer answer = Edit(name, body);
    EXPECT_EQ(answer.status, 400) << name << " " << body;
    EXPECT_FALSE(Json(answer).Find("error")->string().empty());
  }
  EXPECT_EQ(Edit("stop", R"({"trial": 0})").status, 404);
  EXPECT_EQ(Edit("nothing", "{}").status, 404);
  EXPECT_EQ(storage_.ListStudies()->front().waiting, 0);
  // Neither read nor kept.
  const Answer large = Edit("note", std::string(100 << 10, ' '));
  EXPECT_NE(large.status, 200);
}

TEST_F(DashboardTest, EditsAreMade) {
  Begin(Edits());
  EXPECT_EQ(Json(Edit("enqueue", R"({"params": {"__proto__": "b"}})")),
            Value(Value::Object{{"done", "Trial 0 waits"}}));
  ReadCursor cursor;
  const TrialRecord claimed = storage_.Claim(id_, {1, 0, "w"}, &cursor)->claimed[0];
  EXPECT_EQ(*claimed.enqueued.Find("__proto__"), Value("b"));
  EXPECT_EQ(Edit("stop", R"({"trial": 0})").status, 200);
  ASSERT_EQ(storage_.ReadWishes(id_, {0})->stop.size(), 1);
  EXPECT_EQ(Edit("pause", R"({"paused": true})").status, 200);
  EXPECT_TRUE(storage_.ReadWishes(id_, {})->paused);
  EXPECT_EQ(Edit("pause", R"({"paused": false})").status, 200);
  EXPECT_FALSE(storage_.ReadWishes(id_, {})->paused);
  EXPECT_EQ(Edit("note", R"({"note": "<b>good</b>"})").status, 200);
  EXPECT_EQ(*Json(Get(absl::StrCat("/api/study/", id_))).Find("note"), Value("<b>good</b>"));
  ASSERT_TRUE(storage_.Finish(id_, 0, Outcome::Failed(FailureKind::kError, "x"), {}).ok());
  EXPECT_EQ(Edit("stop", R"({"trial": 0})").status, 409);
}

TEST_F(DashboardTest, NewsComeAsSoonAsThereAreSome) {
  Begin();
  const std::string api = absl::StrCat("/api/study/", id_);
  const std::string version = Json(Get(api)).Find("version")->string();
  std::thread writer([&] {
    absl::SleepFor(absl::Milliseconds(300));
    ASSERT_TRUE(storage_.Enqueue(id_, {Value(Value::Object())}).ok());
  });
  const absl::Time before = absl::Now();
  Value news;
  std::string since = version;
  do {
    news = Json(Get(absl::StrCat(api, "?since=", since, "&wait=25")));
    since = news.Find("version")->string();
  } while (news.Find("study") == nullptr ||
           news.Find("study")->Find("trials")->Find("id")->list().empty());
  EXPECT_LT(absl::Now() - before, absl::Seconds(20));
  writer.join();
}

TEST_F(DashboardTest, EndsThoughPagesWait) {
  Begin();
  const std::string api = absl::StrCat("/api/study/", id_);
  const std::string version = Json(Get(api)).Find("version")->string();
  std::vector<std::thread> pages;
  for (int i = 0; i < 5; ++i) {
    pages.emplace_back([&] { Get(absl::StrCat(api, "?since=", version, "&wait=25")); });
  }
  absl::SleepFor(absl::Milliseconds(200));
  const absl::Time before = absl::Now();
  End();
  for (std::thread& page : pages) page.join();
  EXPECT_LT(absl::Now() - before, absl::Seconds(15));
}

TEST_F(DashboardTest, APortIsNobodyElses) {
  Begin();
  const auto second = HttpServer::Listen({"127.0.0.1", port_}, nullptr);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(second.status().message()),
              AllOf(HasSubstr(Host()), HasSubstr("is taken by another program")));
  EXPECT_EQ(HttpServer::Listen({"192.0.2.1", 80}, nullptr).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(DashboardTest, WhateverIsSentIsAnsweredOrDropped) {
  Begin();
  for (const std::string& request :
       {std::string("\r\n\r\n"), std::string("GET\r\n\r\n"),
        std::string("DELETE / HTTP/1.1\r\n\r\n"), std::string("GET / HTTP/9.9\r\n\r\n"),
        std::string(100000, 'x') + "\r\n\r\n",
        std::string("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", 30),
        std::string("POST /api/study/1/note HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n{}")}) {
    EXPECT_NE(Exchange(port_, request, Then::kSayNoMore).status, 200);
  }
  EXPECT_EQ(Get("/").status, 200);
}

}  // namespace
}  // namespace sturgeon
